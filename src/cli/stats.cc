#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "app/storage.h"
#include "cli/commands.h"
#include "statistics/verify.h"

namespace onggi::cli {
namespace {

std::optional<Date> date_of(const std::string& text, std::string_view flag) {
  if (text.empty()) return std::nullopt;
  const std::optional<Date> date = parse_date(text);
  if (!date) throw std::runtime_error(fmt::format("{} must be a date such as 2026-11-22", flag));
  return date;
}

}  // namespace

int run(const StatsVerify& command, const config::Settings& settings) {
  const std::optional<Date> from = date_of(command.from, "--from");
  const std::optional<Date> to = date_of(command.to, "--to");
  const config::Options& options = settings.options;
  const app::Places places(options.data);
  std::error_code error;
  if (options.database_url.empty() && !std::filesystem::exists(places.database(), error))
    throw std::runtime_error(
        fmt::format("there is no store in the data directory {}", options.data));
  Registry registry;
  // Without the lock, as `onggi check`: it only reads.
  const std::unique_ptr<app::Storage> storage = app::make_storage(options, places, registry);
  storage->prepare_as_it_is();
  const SystemClock clock;
  store::Batches batches(storage->database(), clock);
  const statistics::Verified verified = run_now(statistics::verify_all(batches, from, to));
  for (const statistics::Difference& difference : verified.differences)
    fmt::print("{} differ\n", statistics::to_string(difference));
  if (verified.differences.empty()) fmt::print("ok\n");
  fmt::print("{:>10} users\n{:>10} rows\n{:>10} differences\n", verified.users, verified.rows,
             verified.differences.size());
  return verified.differences.empty() ? 0 : 1;
}

}  // namespace onggi::cli
