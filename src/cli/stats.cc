#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>

#include "app/engine.h"
#include "app/storage.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/users.h"
#include "statistics/verify.h"

namespace onggi::cli {
namespace {

std::optional<Date> date_of(const std::string& text, std::string_view flag) {
  if (text.empty()) return std::nullopt;
  const std::optional<Date> date = parse_date(text);
  if (!date) throw std::runtime_error(fmt::format("{} must be a date such as 2026-11-22", flag));
  return date;
}

// By the server on the data directory, which alone writes there.
void repair_by(Client& server, const statistics::Verified& verified) {
  struct Span {
    Date first = latest_date;
    Date last = earliest_date;
  };
  std::map<Uuid, Span> spans;
  for (const statistics::Difference& difference : verified.differences) {
    Span& span = spans[difference.user_id];
    if (difference.level != statistics::Level::day) continue;
    span.first = std::min(span.first, difference.date);
    span.last = std::max(span.last, difference.date);
  }
  const auto wait = [&server] {
    while (text(server.get("jobs/statistics_rebuild"), "state") == "running")
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  };
  for (const auto& [user, span] : spans) {
    wait();
    json::Object asked{{"user_id", to_string(user)}};
    if (span.first <= span.last) {
      asked.emplace("from", to_string(span.first));
      asked.emplace("to", to_string(span.last));
    }
    server.call(http::Method::post, "statistics/rebuild", asked);
  }
  wait();
}

std::int64_t repair(const config::Options& options, const statistics::Verified& verified) {
  if (!options.database_url.empty()) {
    // Without the lock: servers write beside each other there.
    const app::Places places(options.data);
    Registry registry;
    const std::unique_ptr<app::Storage> storage = app::make_storage(options, places, registry);
    storage->prepare_as_it_is();
    const SystemClock clock;
    store::Batches batches(storage->database(), clock);
    return run_now(statistics::repair(batches, verified));
  }
  if (const std::unique_ptr<Client> server = connect_to_server(options)) {
    repair_by(*server, verified);
    return static_cast<std::int64_t>(verified.differences.size());
  }
  const SystemClock clock;
  app::Engine engine(options, clock);
  store::Batches batches(engine.database, clock);
  return run_now(statistics::repair(batches, verified));
}

statistics::Verified verify(const config::Options& options, std::optional<Date> from,
                            std::optional<Date> to) {
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
  return run_now(statistics::verify_all(batches, from, to));
}

}  // namespace

int run(const StatsVerify& command, const config::Settings& settings) {
  const std::optional<Date> from = date_of(command.from, "--from");
  const std::optional<Date> to = date_of(command.to, "--to");
  if (from && to && *from > *to) throw std::runtime_error("--from must not be after --to");
  const config::Options& options = settings.options;
  const statistics::Verified verified = verify(options, from, to);
  for (const statistics::Difference& difference : verified.differences)
    fmt::print("{} differ\n", statistics::to_string(difference));
  if (verified.differences.empty()) fmt::print("ok\n");
  fmt::print("{:>10} users\n{:>10} rows\n{:>10} differences\n", verified.users, verified.rows,
             verified.differences.size());
  if (verified.differences.empty()) return 0;
  if (!command.is_dry) fmt::print("{:>10} repaired\n", repair(options, verified));
  return 1;
}

}  // namespace onggi::cli
