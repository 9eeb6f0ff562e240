#include "store/check.h"

#include <cstdio>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "app/data_directory.h"
#include "cli/commands.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"

namespace onggi::cli {
namespace {

// What the database's own check found; nothing if all is well.
std::vector<std::string> damage(db::Sqlite& database) {
  std::vector<std::string> found;
  std::istringstream lines(database.check_integrity());
  for (std::string line; std::getline(lines, line);) {
    if (line != "ok") found.push_back(line);
  }
  return found;
}

}  // namespace

int run(const Check&, const config::Settings& settings) {
  const app::Places places(settings.options.data);
  std::error_code error;
  if (!std::filesystem::exists(places.database(), error)) {
    throw std::runtime_error(
        fmt::format("there is no store in the data directory {}", settings.options.data));
  }
  Registry registry;
  // Without the lock: a running server is not disturbed, and none is kept from starting.
  db::Sqlite database(places.database(), sql::sqlite_schema(), {}, registry);
  std::vector<std::string> wrong = damage(database);
  store::CheckReport report;
  if (wrong.empty()) report = store::check(database);
  wrong.insert(wrong.end(), report.troubles.begin(), report.troubles.end());
  for (const std::string& line : wrong) fmt::print("{}\n", line);
  if (wrong.empty()) fmt::print("ok\n");
  for (const auto& [table, count] : report.counts) fmt::print("{:>10} {}\n", count, table);
  return wrong.empty() ? 0 : 1;
}

}  // namespace onggi::cli
