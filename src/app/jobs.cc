#include "app/jobs.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "model/encode.h"
#include "statistics/build.h"
#include "statistics/verify.h"
#include "store/prices.h"
#include "store/space.h"

namespace onggi::app {
namespace {

schedule::Job statistics_job(const config::Options& options, Counter& differences) {
  return {"stats_aggregation", "Closes yesterday's statistics, and verifies those of seven days",
          options.stats_aggregation_cron, [&differences](store::Batches& batches) {
            return statistics::aggregate(batches, differences);
          }};
}

schedule::Job rebuild_job() {
  return {"statistics_rebuild", "Makes statistics anew of executions", "",
          [](store::Batches& batches) { return statistics::rebuild_as_asked(batches); }};
}

Task<std::string> apply_prices(store::Batches& batches) {
  const std::int64_t changed = co_await store::reprice(batches);
  co_return fmt::format(R"({{"executions":{}}})", changed);
}

schedule::Job prices_job() {
  return {"prices_apply", "Estimates costs anew by the present prices", "", apply_prices};
}

schedule::Job retention_job(const config::Options& options, const store::Retention& retention) {
  return {"retention", "Removes what was kept long enough", options.retention_cron,
          [&retention](store::Batches& batches) { return retention.apply(batches); }};
}

Task<std::string> clean_up(store::Batches& batches, const memory::Life& life) {
  const auto begin = std::chrono::steady_clock::now();
  const memory::CleanUpResult result = co_await life.clean_up(batches, {});
  const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  co_return memory::to_json(result, duration.count());
}

schedule::Job clean_up_job(const config::Options& options, const memory::Life& life) {
  return {"memory_cleanup", "Promotes memories that are used, and removes what has expired",
          options.memory_cleanup_cron,
          [&life](store::Batches& batches) { return clean_up(batches, life); }};
}

// The watch makes partitions as well, every hour and at start; this is the record of it.
schedule::Job partition_job(const config::Options& options, Storage& storage, const Clock& clock) {
  return {"partition_maintenance", "Makes partitions for the months to come",
          options.partition_maintenance_cron,
          [&storage, &clock](store::Batches&) -> Task<std::string> {
            const Time until{clock.now().ms + room_ahead_ms};
            storage.make_room(Time{clock.now().ms - room_behind_ms}, until);
            if (!storage.database().is_shared()) co_return "{}";
            co_return fmt::format(R"({{"until":"{}"}})", to_string(until).substr(0, 7));
          }};
}

Task<std::string> reclaim(store::Batches& batches, Storage& storage, Counter& returned) {
  std::int64_t counted = 0;
  const auto result = [](std::int64_t bytes) {
    return fmt::format(R"({{"bytes_returned":{}}})", bytes);
  };
  std::function<void(std::int64_t)> progress = [&](std::int64_t bytes) {
    returned.add(static_cast<std::uint64_t>(bytes - std::exchange(counted, bytes)));
    batches.report(result(bytes));
  };
  const std::int64_t bytes =
      co_await store::return_space(batches, [&storage] { storage.settle(); }, std::move(progress));
  co_return result(bytes);
}

schedule::Job space_job(const config::Options& options, Storage& storage, Registry& registry) {
  return {"reclaim_space", "Gives free room back to the file system", options.reclaim_space_cron,
          [&storage, &returned = store::bytes_returned(registry)](store::Batches& batches) {
            return reclaim(batches, storage, returned);
          }};
}

}  // namespace

std::vector<schedule::Job> make_jobs(const config::Options& options, Storage& storage,
                                     const Clock& clock, const store::Retention& retention,
                                     const memory::Life& life, Registry& registry) {
  std::vector<schedule::Job> jobs;
  jobs.push_back(clean_up_job(options, life));
  jobs.push_back(partition_job(options, storage, clock));
  jobs.push_back(retention_job(options, retention));
  jobs.push_back(space_job(options, storage, registry));
  jobs.push_back(statistics_job(options, statistics::differences_counter(registry)));
  jobs.push_back(rebuild_job());
  jobs.push_back(prices_job());
  return jobs;
}

store::Retention::Settle settle_statistics() {
  return [](store::Batches& batches, std::string_view kind, Time horizon) {
    using statistics::Kind;
    return statistics::settle(batches, kind == "agent" ? Kind::agent : Kind::workflow, horizon);
  };
}

schedule::RunnerOptions runner_options(const config::Options& options,
                                       const db::Database& database) {
  schedule::RunnerOptions made;
  made.is_scheduling = options.scheduler;
  made.is_alone = !database.is_shared();
  made.timezone = options.timezone;
  return made;
}

schedule::Runner::Tell tell_admins(feed::Feed& feed) {
  return [&feed](std::string_view event, const std::vector<Uuid>& admins, model::JobRun& run) {
    std::vector<feed::Event> events;
    const std::string data = model::to_json(model::job_event_shape, run);
    for (const Uuid& admin : admins) events.push_back({event, admin, data});
    feed.publish(std::move(events));
  };
}

void tell_retention(const config::Options& options) {
  if (options.execution_retention_days == 0)
    spdlog::info("executions_kept days=\"for ever\"");
  else
    spdlog::info("executions_kept days={}", options.execution_retention_days);
}

}  // namespace onggi::app
