#include <cstdio>

#include <fmt/format.h>

#include "api/api.h"
#include "cli/commands.h"

namespace onggi::cli {

int run(const PrintOpenapi&, const config::Settings&) {
  fmt::print("{}\n", api::openapi_document());
  return 0;
}

}  // namespace onggi::cli
