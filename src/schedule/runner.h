// When jobs run, and who runs them.
//
// Several servers may share a database. Each looks once a second at whose turn it is. A scheduled
// time that has come is taken in one transaction: the row of the job and the row of the run say so
// together, so that each is taken once. Who has taken it holds a lease, by the database's clock,
// and renews it while the work goes on; when it runs out, because the server died or stands still,
// another takes the run over as its next attempt, under a higher token, and the first can write
// nothing more. Of scheduled times that were missed the newest is made up, once. A job has one run
// at a time; several jobs run beside each other, each on a thread of its own.
//
// An attempt that fails is followed by others after the times of `back_off`; then the run has
// failed, which the next scheduled time does not mind. A server that stops ends its runs at their
// next batch, for any server to go on at once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"
#include "base/uuid.h"
#include "db/database.h"
#include "model/job.h"
#include "schedule/job.h"
#include "schedule/run.h"
#include "schedule/timetable.h"
#include "store/jobs.h"

namespace onggi::schedule {

struct RunnerOptions {
  bool is_scheduling = true;  // false: runs only what it is asked for
  // No other server can be there: who holds a lease is one that was before, and is gone.
  bool is_alone = false;
  std::string timezone = "UTC";
  std::chrono::milliseconds lease{15'000};
  std::vector<std::chrono::milliseconds> back_off{std::chrono::minutes(1), std::chrono::minutes(5),
                                                  std::chrono::minutes(15)};
};

class Runner {
 public:
  // Told in order of what a run does: "job.started" or "job.finished", once that is durable. Must
  // be quick, and must not throw.
  using Tell = std::function<void(std::string_view event, const std::vector<Uuid>& admins,
                                  model::JobRun& run)>;

  // What it is given must outlive it. Throws std::runtime_error for a cron or a zone that is none.
  Runner(db::Database& database, const Clock& clock, Registry& registry, std::vector<Job> jobs,
         RunnerOptions options, Tell tell = nullptr);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // From now on it looks by itself.
  void begin();
  // All runs end at their next batch, and none begins any more. Thread-safe.
  void tell_to_stop();
  // Then: waits until they have, for so long at most.
  void wait_for_end(std::chrono::milliseconds most);
  // Both, however long it takes.
  void stop();

  // One look: renews what is held, takes what is due. For tests, which do not begin(); throws
  // nothing.
  void look();
  // Waits until nothing runs here.
  void wait_until_idle();

  struct Planned {
    const Job* job;
    std::optional<Time> next_run_time;
  };
  bool is_scheduling() const { return options_.is_scheduling; }
  const std::string& timezone() const { return options_.timezone; }
  // Those that have a schedule, in the order of their ids.
  std::vector<Planned> planned() const;
  // With one or without.
  std::optional<Planned> planned(std::string_view job) const;

  // Takes a run now, in the caller's transaction; begins when that is committed. A run that waits
  // to be tried again goes on. `conflict` while one is going on, `not_found` for a job that is
  // none. With `asked`, a JSON object without numbers that the run finds as its progress, it is a
  // new one, or the one that goes on if that was asked for the same.
  Task<Result<model::JobRun>> order(db::Connection& connection, std::string job,
                                    std::optional<std::string> asked = std::nullopt);

 private:
  struct Known {
    Job job;
    std::optional<Timetable> timetable;  // absent: it has no schedule
    Counter& completed;
    Counter& failed;
    Counter& retried;
    Counter& interrupted;
    Counter& overtaken;
    Histogram& duration;
    Gauge& running;
    Gauge& next;
    // Of the thread that looks: when it is due next, behind which time.
    Time behind{};
    std::optional<Time> due{};
  };
  struct Active {
    Active(Runner& runner, Known& known, store::Jobs::Taken taken);
    Known& known;
    model::JobRun started;
    Run run;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    std::atomic<bool> is_done{false};
    std::thread thread{};
  };
  struct Look {
    Time now{};  // by the database's clock
    std::vector<store::Jobs::Lease> leases{};
  };

  void serve();
  bool rest();
  void look_once();
  Look read();
  void renew(Active& active, const store::Jobs::Lease& lease, Time now);
  void take_what_is_due(Known& known, const store::Jobs::Lease& lease, Time now);
  std::optional<Time> due(Known& known, const store::Jobs::Lease& lease) const;
  bool is_free(const store::Jobs::Lease& lease, Time now) const;
  void take(Known& known, const store::Jobs::Lease& seen, std::optional<Time> scheduled);
  Task<std::optional<store::Jobs::Taken>> take_in(db::Connection& connection, Known& known,
                                                  store::Jobs::Lease seen,
                                                  std::optional<Time> scheduled);
  store::Jobs::Terms terms(Time scheduled_for, Time taken_until, Time now) const;

  void start(Known& known, store::Jobs::Taken taken);
  void work(Active& active);
  void complete(Active& active, std::string result);
  void pause(Active& active, std::chrono::milliseconds delay, std::optional<std::string> error);
  void end(Active& active, store::Jobs::End end);
  void attempt_failed(Active& active, const std::string& error);
  void reap();
  Active* active_of(const Known& known);
  Known* find(std::string_view job);
  std::optional<Time> next_of(const Known& known) const;
  void tell_failure(const std::string& failure);
  template <class T>
  T write(std::function<Task<T>(db::Connection&)> body);

  db::Database& database_;
  const Clock& clock_;
  const RunnerOptions options_;
  const Tell tell_;
  const Uuid server_;
  std::map<std::string, Known, std::less<>> known_;
  std::string failure_;  // that has been told, and has not ended

  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Active> active_;
  std::thread thread_;
};

}  // namespace onggi::schedule
