// IANA time zones, from the system's tz database (through Howard Hinnant's date library).
#pragma once

#include <string_view>

namespace onggi {

// Whether `name` is a zone or a link of the tz database ("UTC", "Asia/Seoul", "Asia/Kathmandu").
// Thread-safe; quick after the first call.
bool is_time_zone(std::string_view name);

}  // namespace onggi
