#include "base/version.h"

#include <cstdio>

#include <fmt/format.h>

#include "base/build_info.h"
#include "cli/commands.h"

namespace onggi::cli {

int run(const PrintVersion&, const config::Settings&) {
  fmt::print("onggi {} (build {})\n", version, build);
  return 0;
}

}  // namespace onggi::cli
