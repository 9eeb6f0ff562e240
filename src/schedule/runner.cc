#include "schedule/runner.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include "base/log_text.h"
#include "json/json.h"

namespace onggi::schedule {
namespace {

using store::Jobs;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds interval{1};
constexpr std::array<double, 10> duration_bounds{0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 1'800, 7'200};
constexpr int moments = 8;  // runs that can be asked for at the same millisecond

std::optional<Timetable> timetable_of(const Job& job, const std::string& zone) {
  if (job.cron.empty()) return std::nullopt;
  std::string why;
  const std::optional<Cron> cron = Cron::parse(job.cron, why);
  if (!cron) throw std::runtime_error(fmt::format("job {}: {}", job.id, why));
  return Timetable(*cron, zone);
}

// What a run was asked for: its progress without what it has counted since.
json::Object asked_of(std::string_view progress) {
  const json::Object members = json::parse_stored(progress).as_object();
  json::Object asked;
  for (const auto& [name, value] : members)
    if (!value.is_number()) asked.emplace(name, value);
  return asked;
}

Counter& runs_of(Registry& registry, const std::string& job, std::string_view outcome) {
  return registry.counter("onggi_job_runs_total",
                          "Attempts of jobs that have ended on this server, by what became of "
                          "them.",
                          {{"job", job}, {"outcome", std::string(outcome)}});
}

std::string_view reason_of(const std::exception& error) {
  const auto* const unavailable = dynamic_cast<const Unavailable*>(&error);
  return unavailable != nullptr ? std::string_view(unavailable->detail()) : error.what();
}

}  // namespace

Runner::Active::Active(Runner& runner, Known& of, Jobs::Taken taken)
    : known(of),
      started(std::move(taken.run)),
      run(runner.database_, runner.clock_, std::move(taken.turn), started.progress.text,
          runner.stopping_) {}

Runner::Runner(db::Database& database, const Clock& clock, Registry& registry,
               std::vector<Job> jobs, RunnerOptions options, Tell tell)
    : database_(database),
      clock_(clock),
      options_(std::move(options)),
      tell_(std::move(tell)),
      server_(Uuid::v7(clock.now())) {
  for (Job& job : jobs) {
    const std::string id = job.id;
    std::optional<Timetable> timetable = timetable_of(job, options_.timezone);
    known_.emplace(id, Known{.job = std::move(job),
                             .timetable = timetable,
                             .completed = runs_of(registry, id, "completed"),
                             .failed = runs_of(registry, id, "failed"),
                             .retried = runs_of(registry, id, "retried"),
                             .interrupted = runs_of(registry, id, "interrupted"),
                             .overtaken = runs_of(registry, id, "overtaken"),
                             .duration = registry.histogram("onggi_job_duration_seconds",
                                                            "How long attempts of jobs took.",
                                                            duration_bounds, {{"job", id}}),
                             .running = registry.gauge(
                                 "onggi_job_running", "Whether this server is at a run of the job.",
                                 {{"job", id}}),
                             .next = registry.gauge("onggi_job_next_run_timestamp_seconds",
                                                    "When the job is due next.", {{"job", id}})});
  }
}

Runner::~Runner() {
  stop();
}

void Runner::begin() {
  thread_ = std::thread([this] { serve(); });
}

void Runner::tell_to_stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true, std::memory_order_relaxed);
  }
  changed_.notify_all();
}

void Runner::wait_for_end(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [this] {
    return std::ranges::all_of(active_, [](const Active& active) { return active.is_done.load(); });
  });
}

void Runner::stop() {
  tell_to_stop();
  if (thread_.joinable()) thread_.join();
  wait_until_idle();
}

void Runner::wait_until_idle() {
  for (;;) {
    std::thread ending;
    {
      const std::lock_guard lock(mutex_);
      if (active_.empty()) return;
      ending = std::move(active_.front().thread);
    }
    if (ending.joinable()) ending.join();
    const std::lock_guard lock(mutex_);
    active_.pop_front();
  }
}

bool Runner::rest() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, interval, [this] { return stopping_.load(); });
}

void Runner::serve() {
  pthread_setname_np(pthread_self(), "onggi-jobs");
  do {
    look();
  } while (rest());
}

void Runner::look() {
  try {
    look_once();
    tell_failure({});
  } catch (const Unavailable&) {
    // Requests say so, and /readyz.
  } catch (const std::exception& error) {
    tell_failure(error.what());
  }
}

// It would say the same every second.
void Runner::tell_failure(const std::string& failure) {
  if (failure == failure_) return;
  failure_ = failure;
  if (failure.empty())
    spdlog::info("scheduler_recovered");
  else
    spdlog::error("scheduler_failed error={}", log_text(failure));
}

template <class T>
T Runner::write(std::function<Task<T>(db::Connection&)> body) {
  db::Cost cost;
  const std::function<Task<Result<T>>(db::Connection&)> kept =
      [&body](db::Connection& connection) -> Task<Result<T>> {
    T value = co_await body(connection);
    co_return std::move(value);
  };
  Result<T> result = run_now(database_.write<T>(cost, kept));
  return std::move(*result);
}

Runner::Look Runner::read() {
  db::Cost cost;
  const std::function<Task<Look>(db::Connection&)> body =
      [server = clock_.now()](db::Connection& connection) -> Task<Look> {
    Look look;
    look.leases = co_await Jobs::leases(connection);
    look.now = co_await Jobs::now(connection, server);
    co_return look;
  };
  return run_now(database_.read<Look>(cost, body));
}

void Runner::look_once() {
  reap();
  Look look = read();
  const auto is_declared = [&look](const auto& entry) {
    return std::ranges::find(look.leases, entry.first, &Jobs::Lease::job) != look.leases.end();
  };
  if (!std::ranges::all_of(known_, is_declared)) {
    write<bool>([this](db::Connection& connection) -> Task<bool> {
      for (const auto& [id, known] : known_) co_await Jobs::declare(connection, id, clock_.now());
      co_return true;
    });
    look = read();
  }
  std::exception_ptr failure;
  for (const Jobs::Lease& lease : look.leases) {
    Known* const known = find(lease.job);
    if (known == nullptr) continue;  // of another version
    const std::optional<Time> next = next_of(*known);
    known->next.set(next ? next->ms / 1'000 : 0);
    try {
      if (Active* const active = active_of(*known))
        renew(*active, lease, look.now);
      else
        take_what_is_due(*known, lease, look.now);
    } catch (const std::exception&) {
      failure = std::current_exception();  // the others have their turn
    }
  }
  if (failure) std::rethrow_exception(failure);
}

// When a third of the lease is gone, or there is something to be shown.
void Runner::renew(Active& active, const Jobs::Lease& lease, Time now) {
  if (lease.token > active.run.turn().token) active.run.lose();
  // A smaller one was read before the run was ordered.
  if (lease.token != active.run.turn().token) return;
  const std::string progress = active.run.take_progress();
  const std::int64_t left = lease.until ? lease.until->ms - now.ms : 0;
  if (progress.empty() && left > options_.lease.count() * 2 / 3) return;
  try {
    write<bool>([&](db::Connection& connection) -> Task<bool> {
      const Time at = co_await Jobs::now(connection, clock_.now());
      co_await Jobs::renew(connection, active.run.turn(), Time{at.ms + options_.lease.count()},
                           progress);
      co_return true;
    });
  } catch (const store::Overtaken&) {
    // Or it has just ended by itself.
    active.run.lose();
  }
}

std::optional<Time> Runner::due(Known& known, const Jobs::Lease& lease) const {
  if (!known.timetable) return std::nullopt;
  if (known.behind != lease.taken_until || !known.due) {
    known.behind = lease.taken_until;
    known.due = known.timetable->next(lease.taken_until);
  }
  const Time now = clock_.now();
  if (!known.due || *known.due > now) return std::nullopt;
  return known.timetable->newest(lease.taken_until, now);
}

bool Runner::is_free(const Jobs::Lease& lease, Time now) const {
  if (!lease.until || *lease.until <= now) return true;
  return options_.is_alone && lease.owner && *lease.owner != server_;
}

void Runner::take_what_is_due(Known& known, const Jobs::Lease& lease, Time now) {
  if (!options_.is_scheduling || stopping_.load(std::memory_order_relaxed)) return;
  if (lease.run) {
    if (is_free(lease, now)) take(known, lease, std::nullopt);
    return;
  }
  const std::optional<Time> scheduled = due(known, lease);
  if (scheduled) take(known, lease, scheduled);
}

Jobs::Terms Runner::terms(Time scheduled_for, Time taken_until, Time now) const {
  return {.owner = server_,
          .until = Time{now.ms + options_.lease.count()},
          .taken_until = taken_until,
          .scheduled_for = scheduled_for,
          .now = clock_.now()};
}

Task<std::optional<Jobs::Taken>> Runner::take_in(db::Connection& connection, Known& known,
                                                 Jobs::Lease seen, std::optional<Time> scheduled) {
  const std::optional<Jobs::Lease> lease = co_await Jobs::lease(connection, seen.job);
  if (!lease || lease->token != seen.token) co_return std::nullopt;
  const Time now = co_await Jobs::now(connection, clock_.now());
  // Renewed meanwhile.
  if (lease->run && !is_free(*lease, now)) co_return std::nullopt;
  std::optional<Jobs::Taken> taken;
  if (lease->run) {
    const auto attempts = static_cast<std::int64_t>(options_.back_off.size()) + 1;
    taken = co_await Jobs::take_over(connection, *lease, terms({}, {}, now), attempts);
  } else if (scheduled) {
    taken = co_await Jobs::take(connection, *lease, terms(*scheduled, *scheduled, now));
  }
  const bool has_failed = lease->run && !taken;
  if (!taken && !has_failed) co_return std::nullopt;
  const std::vector<Uuid> admins = co_await Jobs::admins(connection);
  model::JobRun shown;
  if (taken) {
    shown = taken->run;
  } else {
    const std::optional<model::JobRun> run = co_await Jobs::run(connection, *lease->run);
    shown = *run;
  }
  connection.after_commit([this, &known, admins, shown, has_failed]() mutable {
    if (has_failed) {
      known.failed.add();
      spdlog::error("job_failed job={} run={} attempt={} error={}", shown.job_id,
                    to_string(shown.id), shown.attempt, log_text(shown.error.value_or("")));
    }
    if (tell_) tell_(has_failed ? "job.finished" : "job.started", admins, shown);
  });
  co_return taken;
}

void Runner::take(Known& known, const Jobs::Lease& seen, std::optional<Time> scheduled) {
  std::optional<Jobs::Taken> taken = write<std::optional<Jobs::Taken>>(
      [&](db::Connection& connection) { return take_in(connection, known, seen, scheduled); });
  if (!taken) return;
  if (taken->run.attempt > 1)
    spdlog::info("job_taken_up job={} run={} attempt={}", known.job.id, to_string(taken->run.id),
                 taken->run.attempt);
  start(known, std::move(*taken));
}

Task<Result<model::JobRun>> Runner::order(db::Connection& connection, std::string job,
                                          std::optional<std::string> asked) {
  Known* const known = find(job);
  if (known == nullptr) co_return fail(Code::not_found, "There is no such job.");
  const Time server = clock_.now();
  co_await Jobs::declare(connection, job, server);
  const std::optional<Jobs::Lease> lease = co_await Jobs::lease(connection, job);
  const Time now = co_await Jobs::now(connection, server);
  if (!lease || (lease->run && lease->owner && !is_free(*lease, now))) {
    if (asked) {
      Jobs::Runs runs = co_await Jobs::state(connection, job);
      for (model::JobRun& run : runs.current)
        if (asked_of(run.progress.text) == asked_of(*asked)) co_return std::move(run);
    }
    co_return fail(Code::conflict, "A run of this job is going on.");
  }
  if (lease->run && asked)
    co_return fail(Code::conflict, "A run of this job waits to be tried again.");
  std::optional<Jobs::Taken> taken;
  if (lease->run) {
    // One more than there may be by themselves: somebody wants it.
    taken = co_await Jobs::take_over(connection, *lease, terms({}, {}, now),
                                     std::numeric_limits<std::int64_t>::max());
  } else {
    Jobs::Lease free = *lease;
    for (int later = 0; !taken && later < moments; ++later) {
      taken = co_await Jobs::take(connection, free,
                                  terms(Time{server.ms + later}, free.taken_until, now));
      if (!taken) ++free.token;
    }
    if (!taken) co_return fail(Code::conflict, "Another run was asked for at this very moment.");
    if (asked) {
      taken->run.progress.text = std::move(*asked);
      co_await Jobs::set_progress(connection, taken->run.id, taken->run.progress.text);
    }
  }
  const std::vector<Uuid> admins = co_await Jobs::admins(connection);
  model::JobRun run = taken->run;
  connection.after_commit([this, known, admins, begun = std::move(*taken)]() mutable {
    if (tell_) tell_("job.started", admins, begun.run);
    start(*known, std::move(begun));
  });
  co_return run;
}

void Runner::start(Known& known, Jobs::Taken taken) {
  const std::lock_guard lock(mutex_);
  // Its lease runs out, and somebody else takes it up.
  if (stopping_.load(std::memory_order_relaxed)) return;
  Active& active = active_.emplace_back(*this, known, std::move(taken));
  known.running.set(1);
  active.thread = std::thread([this, &active] { work(active); });
}

void Runner::work(Active& active) {
  pthread_setname_np(pthread_self(), "onggi-job");
  const Known& known = active.known;
  try {
    std::string result = run_now(known.job.work(active.run));
    if (active.run.was_stopped()) {
      pause(active, std::chrono::milliseconds(0), std::nullopt);
      active.known.interrupted.add();
    } else {
      complete(active, std::move(result));
    }
  } catch (const store::Overtaken&) {
    active.known.overtaken.add();
    spdlog::warn("job_overtaken job={} run={}", known.job.id, to_string(active.started.id));
  } catch (const std::exception& error) {
    try {
      if (stopping_.load(std::memory_order_relaxed)) {
        pause(active, std::chrono::milliseconds(0), std::nullopt);
        active.known.interrupted.add();
      } else {
        attempt_failed(active, std::string(reason_of(error)));
      }
    } catch (const std::exception& further) {
      // Nothing can be written: the lease runs out, and the run is taken up then.
      spdlog::error("job_abandoned job={} run={} error={} further={}", known.job.id,
                    to_string(active.started.id), log_text(error.what()), log_text(further.what()));
    }
  }
  const std::chrono::duration<double> took = Steady::now() - active.since;
  active.known.duration.observe(took.count());
  active.known.running.set(0);
  {
    const std::lock_guard lock(mutex_);
    active.is_done.store(true, std::memory_order_release);
  }
  changed_.notify_all();
}

void Runner::complete(Active& active, std::string result) {
  end(active, {.status = model::RunStatus::completed,
               .now = clock_.now(),
               .progress = active.run.progress(),
               .result = std::move(result)});
  active.known.completed.add();
  const std::chrono::duration<double, std::milli> took = Steady::now() - active.since;
  spdlog::info("job_completed job={} run={} attempt={} duration_ms={:.0f}", active.known.job.id,
               to_string(active.started.id), active.started.attempt, took.count());
}

void Runner::end(Active& active, Jobs::End end) {
  write<bool>([&](db::Connection& connection) -> Task<bool> {
    co_await Jobs::now(connection, end.now);  // see sql/jobs.postgres.sql
    co_await Jobs::finish(connection, active.run.turn(), end);
    const std::vector<Uuid> admins = co_await Jobs::admins(connection);
    model::JobRun shown = active.started;
    shown.status = end.status;
    shown.finished_at = end.now;
    shown.duration_ms = std::max<std::int64_t>(0, end.now.ms - shown.started_at.ms);
    shown.error = end.error;
    connection.after_commit([this, admins, shown]() mutable {
      if (tell_) tell_("job.finished", admins, shown);
    });
    co_return true;
  });
}

void Runner::pause(Active& active, std::chrono::milliseconds delay,
                   std::optional<std::string> error) {
  write<bool>([&](db::Connection& connection) -> Task<bool> {
    const Time now = co_await Jobs::now(connection, clock_.now());
    co_await Jobs::pause(connection, active.run.turn(), Time{now.ms + delay.count()},
                         active.run.progress(), error);
    co_return true;
  });
}

void Runner::attempt_failed(Active& active, const std::string& error) {
  const std::int64_t attempt = active.started.attempt;
  if (attempt <= static_cast<std::int64_t>(options_.back_off.size())) {
    const std::chrono::milliseconds delay =
        options_.back_off[static_cast<std::size_t>(attempt - 1)];
    pause(active, delay, error);
    active.known.retried.add();
    spdlog::warn("job_attempt_failed job={} run={} attempt={} again_in_ms={} error={}",
                 active.known.job.id, to_string(active.started.id), attempt, delay.count(),
                 log_text(error));
    return;
  }
  end(active, {.status = model::RunStatus::failed,
               .now = clock_.now(),
               .progress = active.run.progress(),
               .result = "{}",
               .error = error});
  active.known.failed.add();
  spdlog::error("job_failed job={} run={} attempt={} error={}", active.known.job.id,
                to_string(active.started.id), attempt, log_text(error));
}

void Runner::reap() {
  std::list<Active> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto active = active_.begin(); active != active_.end();) {
      const auto next = std::next(active);
      if (active->is_done.load(std::memory_order_acquire))
        ended.splice(ended.end(), active_, active);
      active = next;
    }
  }
  for (Active& active : ended) active.thread.join();
}

Runner::Active* Runner::active_of(const Known& known) {
  const std::lock_guard lock(mutex_);
  for (Active& active : active_)
    if (&active.known == &known && !active.is_done.load(std::memory_order_acquire)) return &active;
  return nullptr;
}

Runner::Known* Runner::find(std::string_view job) {
  const auto found = known_.find(job);
  return found == known_.end() ? nullptr : &found->second;
}

std::optional<Time> Runner::next_of(const Known& known) const {
  return known.timetable ? known.timetable->next(clock_.now()) : std::nullopt;
}

std::vector<Runner::Planned> Runner::planned() const {
  std::vector<Planned> all;
  for (const auto& [id, known] : known_)
    if (known.timetable) all.push_back({&known.job, next_of(known)});
  return all;
}

std::optional<Runner::Planned> Runner::planned(std::string_view job) const {
  const auto found = known_.find(job);
  if (found == known_.end()) return std::nullopt;
  return Planned{&found->second.job, next_of(found->second)};
}

}  // namespace onggi::schedule
