#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "app/data_directory.h"
#include "cli/commands.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"

namespace onggi::cli {
namespace {

constexpr std::string_view not_ours =
    "a database of PostgreSQL is restored by the tool that has backed it up: pg_restore, "
    "pgBackRest";

}  // namespace

int run(const Restore& command, const config::Settings& settings) {
  if (!settings.options.database_url.empty()) throw std::runtime_error(std::string(not_ours));
  const app::DataDirectory directory(settings.options.data);
  db::restore(command.file, directory.places.database(), sql::sqlite_schema().migrations);
  fmt::print(stderr, "restored {} to {}\n", command.file, settings.options.data);
  return 0;
}

}  // namespace onggi::cli
