#include "app/watch.h"

#include <chrono>
#include <stdexcept>

#include <pthread.h>
#include <spdlog/spdlog.h>

#include "base/log_text.h"
#include "sql/catalogue.h"

namespace onggi::app {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds interval{250};
constexpr std::chrono::seconds schema_interval{1};
constexpr auto months_interval = std::chrono::hours(1);
constexpr auto stuck_interval = std::chrono::minutes(1);
constexpr std::int64_t stuck_after_ms = day_ms / 24;

Gauge& stuck(Registry& registry, std::string_view kind) {
  return registry.gauge("onggi_stuck_executions",
                        "Executions that have been running for over an hour, up to 10,000.",
                        {{"kind", std::string(kind)}});
}

}  // namespace

Watch::Watch(Storage& storage, auth::Authenticator& authenticator, feed::Feed& feed,
             const onggi::Clock& clock, Registry& registry, std::function<void()> prepare)
    : storage_(storage),
      authenticator_(authenticator),
      clock_(clock),
      prepare_(std::move(prepare)),
      stuck_agents_(stuck(registry, "agent")),
      stuck_workflows_(stuck(registry, "workflow")),
      relay_(storage.database(), feed, clock, registry) {
  authenticator_.require_confirmation();
  if (prepare_) trouble_ = Trouble{Cause::unprepared, "The database is not ready yet."};
  thread_ = std::thread([this] { run(); });
}

Watch::~Watch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

std::optional<Trouble> Watch::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

bool Watch::rest() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, interval, [this] { return stopping_; });
}

bool Watch::try_to_prepare() {
  std::optional<Trouble> trouble;
  bool is_told = false;
  try {
    prepare_();
    prepare_ = nullptr;
    spdlog::info("database_ready");
  } catch (const Unavailable& unavailable) {
    trouble = unavailable.trouble();
    is_told = unavailable.is_told();
  } catch (const std::exception& error) {
    trouble = Trouble{Cause::unprepared, error.what()};
  }
  const std::lock_guard lock(mutex_);
  if (trouble && !is_told && (!trouble_ || trouble->detail != trouble_->detail))
    spdlog::warn("database_not_ready error={}", log_text(trouble->detail));
  trouble_ = trouble;
  return !trouble;
}

void Watch::run() {
  pthread_setname_np(pthread_self(), "onggi-watch");
  Steady::time_point schema_due{};
  Steady::time_point months_due{};
  Steady::time_point stuck_due{};
  do {
    if ((prepare_ && !try_to_prepare()) || is_outgrown_) continue;
    try {
      // Finds connections that have died in silence before requests do.
      if (storage_.trouble()) continue;
      if (Steady::now() >= schema_due) {
        look_at_schema();
        schema_due = Steady::now() + schema_interval;
      }
      look_at_keys();
      relay_.tick();
      if (Steady::now() >= months_due) {
        look_at_months();
        months_due = Steady::now() + months_interval;
      }
      if (Steady::now() >= stuck_due) {
        count_stuck();
        stuck_due = Steady::now() + stuck_interval;
      }
      tell({});
    } catch (const Unavailable&) {
      // Requests say so, and /readyz: nothing to add four times a second.
    } catch (const std::exception& error) {
      tell(error.what());
    }
  } while (rest());
}

void Watch::look_at_schema() {
  try {
    storage_.look_again();
  } catch (const Unavailable&) {
    throw;
  } catch (const std::exception& outgrown) {
    spdlog::error("database_outgrown error={}", log_text(outgrown.what()));
    const std::lock_guard lock(mutex_);
    trouble_ = Trouble{Cause::unprepared, outgrown.what()};
    is_outgrown_ = true;
  }
}

// Four times a second it would say the same.
void Watch::tell(const std::string& failure) {
  if (failure == failure_) return;
  failure_ = failure;
  if (failure.empty())
    spdlog::info("watch_recovered");
  else
    spdlog::error("watch_failed error={}", log_text(failure));
}

void Watch::look_at_keys() {
  const Steady::time_point asked = Steady::now();
  db::Cost cost;
  const db::Rows rows = run_now(storage_.database().many(cost, sql::pages_keys, {}));
  const std::int64_t keys = rows[0].integer(0);
  if (keys_ != keys && !authenticator_.refresh()) return;
  keys_ = keys;
  authenticator_.confirm(asked);
}

void Watch::look_at_months() {
  const Time now = clock_.now();
  storage_.make_room(Time{now.ms - room_behind_ms}, Time{now.ms + room_ahead_ms});
}

void Watch::count_stuck() {
  db::Cost cost;
  const db::Params before = db::Params::of(Time{clock_.now().ms - stuck_after_ms});
  db::Database& database = storage_.database();
  stuck_agents_.set(
      run_now(database.many(cost, sql::executions_stuck_agent, before))[0].integer(0));
  stuck_workflows_.set(
      run_now(database.many(cost, sql::executions_stuck_workflow, before))[0].integer(0));
}

}  // namespace onggi::app
