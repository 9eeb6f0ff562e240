// The seam to the databases, kept low: a named statement goes in, rows come out. Stores and row
// mapping stand above it once; a driver (db/sqlite, db/postgres) stands behind it.
//
// Promises that every driver keeps, and tests/conformance/database_test.cc holds it to:
//  - a write is acknowledged (write() returns a value) only when it is durable; an Error or an
//  exception means: nothing happened;
//  - a reader sees everything that was acknowledged before it began (read your own writes);
//  - one snapshot for the statements of one read() body;
//  - a body of write() may be run more than once (after the members of a group were rolled back
//  together), so it must not change
//    anything but its own result and the database.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "db/params.h"
#include "db/rows.h"
#include "db/statement.h"

namespace onggi::db {

// What one request has spent; shown as Onggi-Queries and Server-Timing. A statement that is run
// once for each of many rows of parameters (run_each, many_each) counts once, for no rows as well:
// it is prepared once and handed over as one piece of work, and a count must not depend on the
// data. Transaction control is not counted.
struct Cost {
  std::uint32_t statements = 0;  // of a write, those of the run that counted
  std::chrono::nanoseconds
      time{};  // of a write, from its call to its answer: waiting and COMMIT included
  // Whose id it is that the log shows beside what happens on its behalf; outlives the request's
  // cursors. Empty: nobody's (background work).
  std::string_view request;
  // Its writes are batches of long work: what others wait for does not wait for their bodies more
  // than it must, and they are not refused because they would wait long.
  bool is_batch = false;
};

// Where statements run: one caller at a time. Throws Unavailable (disk full, queue full) or
// std::runtime_error (damage, bugs).
class Connection {
 public:
  virtual ~Connection() = default;

  // For INSERT, UPDATE, DELETE: how many rows changed. A violated UNIQUE or PRIMARY KEY throws
  // UniqueViolation (statements that expect it say ON CONFLICT DO NOTHING).
  virtual Task<std::int64_t> run(const Statement& statement, Params params) = 0;
  // The same statement for every row of parameters, in order; the sum of rows changed.
  virtual Task<std::int64_t> run_each(const Statement& statement, std::vector<Params> rows) = 0;
  // As run_each(), for who does not need the sum: it need not have happened yet when the task is
  // done. What goes wrong is thrown by what comes next, the end of write() at the latest. The
  // parameters are copied.
  virtual Task<void> send_each(const Statement& statement, std::vector<Params> rows) {
    co_await run_each(statement, std::move(rows));
  }
  virtual Task<Rows> many(const Statement& statement, Params params) = 0;
  // As many(), but ends behind the row with which the texts reach max_bytes; the rows then say
  // is_cut(). For lists, whose rows may be of any size.
  virtual Task<Rows> many_within(const Statement& statement, Params params,
                                 std::size_t max_bytes) = 0;
  // Hands over row after row until `take` says that it has enough (false): for reads of which
  // nobody knows beforehand how far they must go. A Row is valid during its call alone.
  virtual Task<void> scan(const Statement& statement, Params params,
                          std::function<bool(const Row&)> take) = 0;
  // The same query for every row of parameters; what they return, one after the other. Counts once,
  // like run_each.
  virtual Task<Rows> many_each(const Statement& statement, std::vector<Params> rows) = 0;

  // Whether the store has a type for JSON, so that documents that are searched are left as they
  // are.
  virtual bool has_json_type() const { return false; }

  // Inside write() only: `published` runs once, after COMMIT and before write() returns, on the
  // thread that committed; never after a roll-back. For caches. Must be quick and must not throw.
  virtual void after_commit(std::move_only_function<void()> published) = 0;
};

struct UniqueViolation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A row refers to another that is gone.
struct ForeignKeyViolation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A long read that is taken piece by piece: one statement, one snapshot, a bounded number of them
// at a time.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // Up to max_rows further rows or about max_bytes, whichever comes first; empty at the end. Blocks
  // for as long as the reads take: call it on Workers.
  virtual Rows next(std::size_t max_rows, std::size_t max_bytes) = 0;
  // From now on the rows of another statement, over the same snapshot; what is left of the one
  // before is passed over. Of a lasting cursor alone (Database::open_lasting). The parameters are
  // copied. Counts as one statement.
  virtual void go_on(Cost& cost, const Statement& statement, const Params& params) = 0;
  // From now on rows are of some kilobytes at most, by what the statements read: many of them may
  // come with one answer of the database.
  virtual void expect_small_rows() {}
};

class Database {
 public:
  virtual ~Database() = default;

  // Runs `body` over one snapshot. Bodies are coroutines that take values. A body may be run once
  // more, from its beginning, when the connection was lost under it.
  template <class T>
  Task<T> read(Cost& cost, std::function<Task<T>(Connection&)> body) {
    return read_as<T>(cost, Reads::several, std::move(body));
  }
  // The same for a body that runs one statement at most, which needs no snapshot to be held for it:
  // a second one throws std::logic_error.
  template <class T>
  Task<T> read_one(Cost& cost, std::function<Task<T>(Connection&)> body) {
    return read_as<T>(cost, Reads::one, std::move(body));
  }

  // One statement on a snapshot of its own.
  virtual Task<Rows> many(Cost& cost, const Statement& statement, Params params) = 0;

  // Runs `body` in a transaction. A value commits; an Error rolls back and is returned; an
  // exception rolls back and is thrown. Throws Unavailable at once, without having run it, when too
  // many writes are waiting. The waiting coroutine goes on on the executor it came from.
  template <class T>
  Task<Result<T>> write(Cost& cost, std::function<Task<Result<T>>(Connection&)> body) {
    std::optional<Result<T>> result;
    std::function<Task<bool>(Connection&)> erased = [&result,
                                                     &body](Connection& connection) -> Task<bool> {
      result.reset();
      Result<T> value = co_await body(connection);
      const bool commit = value.has_value();
      result.emplace(std::move(value));
      co_return commit;
    };
    co_await do_write(cost, std::move(erased));
    co_return std::move(*result);
  }

  // Starts a long read, which sees what was committed before this call; throws Unavailable when all
  // places for long reads are taken. Counts as one statement. The parameters are copied. The Cursor
  // must be gone before the Database is.
  virtual std::unique_ptr<Cursor> open(Cost& cost, const Statement& statement, Params params) = 0;
  // The same for several statements, one after the other, over one snapshot (Cursor::go_on): its
  // place is kept until it is gone, and not only until the last row.
  virtual std::unique_ptr<Cursor> open_lasting(Cost& cost, const Statement& statement,
                                               Params params) = 0;

  // Whether other servers may write to the same database: what is kept in memory must be confirmed.
  virtual bool is_shared() const { return false; }

 protected:
  enum class Reads : std::uint8_t { one, several };
  virtual Task<void> do_read(Cost& cost, Reads reads,
                             std::function<Task<void>(Connection&)> body) = 0;
  virtual Task<void> do_write(Cost& cost, std::function<Task<bool>(Connection&)> body) = 0;

 private:
  template <class T>
  Task<T> read_as(Cost& cost, Reads reads, std::function<Task<T>(Connection&)> body) {
    std::optional<T> result;
    std::function<Task<void>(Connection&)> erased = [&result,
                                                     &body](Connection& connection) -> Task<void> {
      result.reset();
      T value = co_await body(connection);
      result.emplace(std::move(value));
    };
    co_await do_read(cost, reads, std::move(erased));
    co_return std::move(*result);
  }
};

}  // namespace onggi::db
