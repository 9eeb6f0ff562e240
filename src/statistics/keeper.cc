#include "statistics/keeper.h"

#include <array>
#include <chrono>

#include <pthread.h>
#include <spdlog/spdlog.h>

#include "base/log_text.h"
#include "statistics/build.h"
#include "statistics/fold.h"
#include "statistics/verify.h"
#include "statistics/weeks.h"

namespace onggi::statistics {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds fold_interval{250};
// Short: where clients try again as soon as they are refused, a fold must find its place as well.
constexpr std::chrono::milliseconds give_way{2};
constexpr std::chrono::seconds look_interval{5};
// Servers of the version before record without telling, until they have noticed the new schema.
constexpr std::chrono::seconds patience_with_old_servers{3};
constexpr int absorbed_in_a_row = 10;
constexpr int folds_in_a_row = 5;  // then what waits is counted again
constexpr std::int64_t few = 1'000;
constexpr std::int64_t waiting_max = 100'000;  // as many are counted

std::int64_t count_waiting(store::Batches& batches, Kind kind, std::int64_t most) {
  std::function<Task<std::int64_t>(db::Connection&)> body =
      [kind, most](db::Connection& connection) -> Task<std::int64_t> {
    const db::Rows rows =
        co_await connection.many(statements_of(kind).count_waiting, db::Params::of(most));
    co_return rows[0].integer(0);
  };
  return run_now(batches.read<std::int64_t>(std::move(body)));
}

}  // namespace

struct Keeper::OwnBatches final : store::Batches {
  OwnBatches(db::Database& database, const Clock& clock, const Keeper& keeper)
      : Batches(database, clock), keeper_(keeper) {}
  bool is_to_stop() const override { return keeper_.is_stopping(); }

 private:
  // While others write more than can be written, what they write waits here: soon again.
  bool wait_out(const Unavailable& refused, int) override {
    const bool gives_way =
        refused.cause() == Cause::overload || refused.cause() == Cause::collision;
    if (!gives_way || is_to_stop()) return false;
    std::this_thread::sleep_for(give_way);
    return true;
  }

  const Keeper& keeper_;
};

Keeper::Keeper(db::Database& database, const Clock& clock, Registry& registry)
    : database_(database),
      clock_(clock),
      folded_(registry.counter("onggi_statistics_folded_total",
                               "Changes of executions that were added to daily statistics.")),
      built_(registry.counter("onggi_statistics_built_total",
                              "Times that daily statistics of a user were made of executions.")),
      differences_(differences_counter(registry)),
      empty_at_ms_(clock.now().ms) {
  registry.gauge_from("onggi_statistics_waiting_changes",
                      "Changes of executions that are not in daily statistics yet, up to 100,000 "
                      "of each kind.",
                      [this] { return static_cast<double>(waiting_.load()); });
  registry.gauge_from("onggi_statistics_fold_lag_seconds",
                      "Time since no change was waiting; 0: none is.", [this] {
                        if (waiting_.load() == 0) return 0.0;
                        return static_cast<double>(clock_.now().ms - empty_at_ms_.load()) / 1'000;
                      });
}

void Keeper::start() {
  folds_ = std::thread([this] { run_folds(); });
  builds_ = std::thread([this] { run_builds(); });
}

Keeper::~Keeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (folds_.joinable()) folds_.join();
  if (builds_.joinable()) builds_.join();
}

bool Keeper::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Keeper::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

void Keeper::tell(std::string& told, const std::string& failure) {
  if (failure == told) return;
  told = failure;
  if (failure.empty())
    spdlog::info("statistics_recovered");
  else
    spdlog::error("statistics_failed error={}", log_text(failure));
}

// A few batches. True: there is more, and it is not in vain to go on.
bool Keeper::fold_some(store::Batches& batches, Kind kind, std::int64_t waiting) {
  const std::int64_t most = waiting < many_waiting ? fold_max : fold_max_of_many;
  std::int64_t after = 0;
  std::size_t done = 0;
  for (int i = 0; i < folds_in_a_row; ++i) {
    const Folded folded = run_now(fold(batches, kind, after, most));
    folded_.add(folded.folded);
    done += folded.folded;
    if (!folded.spoilt.empty() || !folded.unknown.empty()) {
      const std::lock_guard lock(mutex_);
      for (const auto& day : folded.spoilt) spoilt_.emplace(kind, day);
      for (const Uuid& user : folded.unknown) incomplete_.emplace(kind, user);
      changed_.notify_all();
    }
    if (!folded.has_turn || !folded.has_more || is_stopping()) return false;
    after = folded.last_id;
  }
  return done != 0;
}

// Counts what waits, and folds some of it. True: there is more.
bool Keeper::fold_pass(store::Batches& batches) {
  constexpr std::array kinds{Kind::agent, Kind::workflow};
  const std::int64_t now = clock_.now().ms;
  std::array<std::int64_t, kinds.size()> waiting{};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    waiting[i] = count_waiting(batches, kinds[i], waiting_max);
    if (waiting[i] < crowd_looked_at) continue;
    const std::lock_guard lock(mutex_);
    crowded_.insert(kinds[i]);
    changed_.notify_all();
  }
  waiting_ = waiting[0] + waiting[1];
  if (waiting_ == 0) empty_at_ms_ = now;
  bool has_more = false;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (waiting[i] != 0 && fold_some(batches, kinds[i], waiting[i])) has_more = true;
  return has_more;
}

void Keeper::run_folds() {
  pthread_setname_np(pthread_self(), "onggi-folds");
  OwnBatches batches(database_, clock_, *this);
  std::string told;
  bool has_more = false;
  while (has_more ? !is_stopping() : rest(fold_interval)) {
    has_more = false;
    try {
      has_more = fold_pass(batches);
      tell(told, {});
    } catch (const Unavailable&) {
      // Requests say so, and /readyz.
    } catch (const std::exception& error) {
      tell(told, error.what());
    }
  }
}

void Keeper::look_for_incomplete(store::Batches& batches) {
  for (const Kind kind : {Kind::agent, Kind::workflow}) {
    Uuid after{};
    for (;;) {
      const std::vector<Uuid> users = run_now(incomplete(batches, kind, after));
      if (users.empty() || is_stopping()) break;
      after = users.back();
      const std::lock_guard lock(mutex_);
      for (const Uuid& user : users) incomplete_.emplace(kind, user);
    }
  }
}

void Keeper::absorb_crowds(store::Batches& batches, Kind kind) {
  for (int i = 0; i < absorbed_in_a_row && !is_stopping(); ++i) {
    const std::vector<Crowd> found = run_now(crowds(batches, kind));
    if (found.empty()) return;
    for (const Crowd& crowd : found) {
      const bool is_done = run_now(absorb(batches, kind, crowd.user, crowd.from, crowd.to));
      built_.add();
      if (!is_done) return;  // overtaken, or to stop: folds go on
    }
  }
}

void Keeper::run_builds() {
  pthread_setname_np(pthread_self(), "onggi-builds");
  OwnBatches batches(database_, clock_, *this);
  std::string told;
  Steady::time_point look_due = Steady::now();
  if (database_.is_shared()) look_due += patience_with_old_servers;
  for (;;) {
    Todo users;
    std::set<std::pair<Kind, std::pair<Uuid, Date>>> days;
    std::set<Kind> crowded;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_until(lock, look_due, [this] {
        return stopping_ || !incomplete_.empty() || !spoilt_.empty() || !crowded_.empty();
      });
      if (stopping_) return;
      std::swap(users, incomplete_);
      std::swap(days, spoilt_);
      std::swap(crowded, crowded_);
    }
    try {
      if (Steady::now() >= look_due) {
        look_due = Steady::now() + look_interval;
        look_for_incomplete(batches);
      }
      for (const Kind kind : crowded) absorb_crowds(batches, kind);
      for (const auto& [kind, user] : users) {
        run_now(complete(batches, kind, user));
        built_.add();
        // While much is folded, weeks would be given up again at once.
        if (waiting_ < few) run_now(sum_up(batches, kind, user));
      }
      for (const auto& [kind, day] : days) {
        run_now(statistics::rebuild(batches, kind, day.first, day.second, day.second));
        built_.add();
      }
      tell(told, {});
    } catch (const Unavailable&) {
      // They are looked for again.
    } catch (const std::exception& error) {
      tell(told, error.what());
    }
  }
}

}  // namespace onggi::statistics
