#include "store/check.h"

#include <cstdio>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "app/storage.h"
#include "cli/commands.h"
#include "statistics/verify.h"

namespace onggi::cli {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) found.push_back(line);
  return found;
}

}  // namespace

int run(const Check&, const config::Settings& settings) {
  const config::Options& options = settings.options;
  const app::Places places(options.data);
  std::error_code error;
  if (options.database_url.empty() && !std::filesystem::exists(places.database(), error)) {
    throw std::runtime_error(
        fmt::format("there is no store in the data directory {}", options.data));
  }
  Registry registry;
  // Without the lock: a running server is not disturbed, and none is kept from
  // starting.
  const std::unique_ptr<app::Storage> storage = app::make_storage(options, places, registry);
  storage->prepare_as_it_is();
  std::vector<std::string> wrong = lines_of(storage->damage());
  store::CheckReport report;
  if (wrong.empty()) report = store::check(storage->database());
  wrong.insert(wrong.end(), report.troubles.begin(), report.troubles.end());
  if (wrong.empty()) {
    const SystemClock clock;
    store::Batches batches(storage->database(), clock);
    const statistics::Verified verified =
        run_now(statistics::verify_all(batches, std::nullopt, std::nullopt));
    for (const statistics::Difference& difference : verified.differences)
      wrong.push_back(statistics::to_string(difference) + " differ from executions");
    report.counts["rows of daily statistics"] = verified.rows;
  }
  for (const std::string& line : wrong) fmt::print("{}\n", line);
  if (wrong.empty()) fmt::print("ok\n");
  for (const auto& [table, count] : report.counts) fmt::print("{:>10} {}\n", count, table);
  return wrong.empty() ? 0 : 1;
}

}  // namespace onggi::cli
