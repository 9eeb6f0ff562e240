#include "base/time_zone.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include <date/tz.h>

namespace onggi {
namespace {

// The names of the tz database, sorted. Asking the list, not the file system, is what makes
// "../../etc/passwd" harmless.
std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      if (zone.name() != "localtime")
        names.push_back(zone.name());  // this machine's setting, no zone
    }
  } catch (const std::exception&) {
    names = {"UTC"};  // a machine without tzdata
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

bool is_time_zone(std::string_view name) {
  static const std::vector<std::string> names = zone_names();
  return std::ranges::binary_search(names, name);
}

}  // namespace onggi
