// Jobs and their runs, as the database has them: who may work on what, and what has become of it.
//
// A job has at most one run that is not over. Whoever works on it holds a lease, which is by the
// clock of the database and has to be renewed, and a token that grows with every lease: a
// transaction that finds another token than its own has been overtaken, and writes nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/job.h"
#include "store/batches.h"
#include "store/page.h"

namespace onggi::store {

class Jobs {
 public:
  struct Lease {
    std::string job;
    std::int64_t token = 0;
    Time taken_until{};           // scheduled times up to this one are taken
    std::optional<Uuid> run{};    // that is not over
    std::optional<Uuid> owner{};  // who works on it
    std::optional<Time> until{};  // of the lease, or when a waiting run may go on
  };

  // Whose turn it is, as somebody who works has it.
  struct Turn {
    std::string job{};
    std::int64_t token = 0;
    Uuid run{};
  };
  struct Taken {
    Turn turn;
    model::JobRun run;
  };

  // By the database's clock; `server` is the server's.
  static Task<Time> now(db::Connection& connection, Time server);

  static Task<void> declare(db::Connection& connection, std::string job, Time now);
  static Task<std::vector<Lease>> leases(db::Connection& connection);
  // Locked until the transaction ends. nullopt: it is locked, so somebody is at work.
  static Task<std::optional<Lease>> lease(db::Connection& connection, std::string job);

  struct Terms {
    Uuid owner;
    Time until;        // by the database's clock
    Time taken_until;  // scheduled times up to this one are taken with it
    Time scheduled_for;
    Time now;  // by the server's
  };
  // A new run. Of a lease that is locked and has none. nullopt: the time is taken already; then
  // nothing is taken but taken_until.
  static Task<std::optional<Taken>> take(db::Connection& connection, Lease lease, Terms terms);
  // Of a run that was taken in this transaction: what it begins with.
  static Task<void> set_progress(db::Connection& connection, Uuid run, std::string progress);
  // Goes on with the run of a lease that is locked: as the next attempt, but where it was only
  // interrupted. nullopt: that was its last, and it has failed now.
  static Task<std::optional<Taken>> take_over(db::Connection& connection, Lease lease, Terms terms,
                                              std::int64_t attempts_max);

  // All that follow throw Overtaken where it is not this one's turn any more.
  static Task<void> confirm(db::Connection& connection, Turn turn);
  // `progress` empty: as it was.
  static Task<void> renew(db::Connection& connection, Turn turn, Time until, std::string progress);
  // To be taken up again, by anybody, from then on (by the database's clock). `error` absent: it
  // was interrupted and is no attempt.
  static Task<void> pause(db::Connection& connection, Turn turn, Time until, std::string progress,
                          std::optional<std::string> error);
  struct End {
    model::RunStatus status;
    Time now;
    std::string progress;
    std::string result;
    std::optional<std::string> error{};
  };
  static Task<void> finish(db::Connection& connection, Turn turn, End end);

  static Task<std::optional<model::JobRun>> run(db::Connection& connection, Uuid id);
  struct Runs {
    std::vector<model::JobRun> current;  // of each job that has one
    std::vector<model::JobRun> last;
  };
  // Of one job, or of all.
  static Task<Runs> state(db::Connection& connection, std::optional<std::string> job);
  // Newest scheduled time first.
  static Task<Items> runs(db::Connection& connection, std::string job, Range range);
  static Task<Total> count_runs(db::Connection& connection, std::string job);

  // Who is told of jobs.
  static Task<std::vector<Uuid>> admins(db::Connection& connection);
};

}  // namespace onggi::store
