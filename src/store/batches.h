// How work that goes over many rows is done beside the traffic: as small transactions, one after
// the other, so that no writer waits for all of it, and it can stop and go on anywhere in between.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "db/database.h"

namespace onggi::store {

// Where such work runs: one caller at a time. As it is here, for work that somebody has asked for
// and waits for; a run of a job (schedule/run.h) adds whose turn it is, and that it is to stop.
class Batches {
 public:
  // Both must outlive it.
  Batches(db::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  virtual ~Batches() = default;
  Batches(const Batches&) = delete;
  Batches& operator=(const Batches&) = delete;

  db::Database& database() const { return database_; }
  const db::Cost& cost() const { return cost_; }
  Time now() const { return clock_.now(); }

  // One batch: `body` in a transaction of its own, durable when this returns. The body must be
  // short (some ten milliseconds at most), may run more than once, and changes nothing but its own
  // result and the database. Throws Unavailable, and Overtaken where the work is not ours any more:
  // then nothing was written.
  template <class T>
  Task<T> write(std::function<Task<T>(db::Connection&)> body) {
    std::function<Task<Result<T>>(db::Connection&)> confirmed =
        [this, body = std::move(body)](db::Connection& connection) -> Task<Result<T>> {
      co_await confirm(connection);
      T value = co_await body(connection);
      co_return std::move(value);
    };
    for (int times = 0;; ++times) {
      std::optional<Result<T>> result;
      try {
        Result<T> done = co_await database_.write<T>(cost_, confirmed);
        result.emplace(std::move(done));
      } catch (const Unavailable& refused) {
        if (!wait_out(refused, times)) throw;
      }
      if (result) co_return std::move(**result);
    }
  }

  // One snapshot; for what is to be looked up between batches.
  template <class T>
  Task<T> read(std::function<Task<T>(db::Connection&)> body) {
    T value = co_await database_.read<T>(cost_, std::move(body));
    co_return std::move(value);
  }

  // Asked between batches: whether to stop here. What was done is done; the next run goes on.
  virtual bool is_to_stop() const { return false; }

  // What was reported last, by an attempt before as well; of a run that was asked for with
  // something particular, that.
  virtual std::string progress() const { return "{}"; }

  // How far it is, for who looks: `progress` is a JSON object of counts. Shown at once, kept now
  // and then.
  virtual void report(std::string progress) { static_cast<void>(progress); }

 private:
  // First in each batch's transaction. Throws Overtaken.
  virtual Task<void> confirm(db::Connection&) { co_return; }

  // Whether a batch that was refused so many times, and never executed, is to be tried again now:
  // work that nobody waits for gives way to requests. May block.
  virtual bool wait_out(const Unavailable& refused, int times) {
    static_cast<void>(refused);
    static_cast<void>(times);
    return false;
  }

  db::Database& database_;
  const Clock& clock_;
  db::Cost cost_{.is_batch = true};
};

// Somebody else has taken this work over meanwhile (a lease was lost): nothing more may be written.
struct Overtaken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace onggi::store
