#include <cstdio>

#include <fmt/format.h>

#include "cli/commands.h"

namespace onggi::cli {

int run(const PrintConfig&, const config::Settings& settings) {
  fmt::print("{}", config::to_toml(settings));
  return 0;
}

}  // namespace onggi::cli
