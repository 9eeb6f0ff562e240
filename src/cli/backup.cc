#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "app/data_directory.h"
#include "cli/commands.h"
#include "db/sqlite/sqlite.h"

namespace onggi::cli {

int run(const Backup& command, const config::Settings& settings) {
  const app::Places places(settings.options.data);
  std::error_code error;
  if (!std::filesystem::exists(places.database(), error)) {
    throw std::runtime_error(
        fmt::format("there is no store in the data directory {}", settings.options.data));
  }
  db::backup(places.database(), command.file);
  fmt::print(stderr, "{}: {} bytes\n", command.file, std::filesystem::file_size(command.file));
  return 0;
}

}  // namespace onggi::cli
