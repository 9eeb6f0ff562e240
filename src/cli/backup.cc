#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "app/data_directory.h"
#include "cli/commands.h"
#include "db/sqlite/sqlite.h"

namespace onggi::cli {
namespace {

constexpr std::string_view not_ours =
    "a database of PostgreSQL is backed up by PostgreSQL's own tools: pg_dump for one that is "
    "small, "
    "pgBackRest or pg_basebackup with an archive of the write-ahead log for one that is not";

}  // namespace

int run(const Backup& command, const config::Settings& settings) {
  if (!settings.options.database_url.empty()) throw std::runtime_error(std::string(not_ours));
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
