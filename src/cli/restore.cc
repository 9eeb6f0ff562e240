#include <cstdio>

#include <fmt/format.h>

#include "app/data_directory.h"
#include "cli/commands.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"

namespace onggi::cli {

int run(const Restore& command, const config::Settings& settings) {
  const app::DataDirectory directory(settings.options.data);
  db::restore(command.file, directory.places.database(), sql::sqlite_schema().migrations);
  fmt::print(stderr, "restored {} to {}\n", command.file, settings.options.data);
  return 0;
}

}  // namespace onggi::cli
