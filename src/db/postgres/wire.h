// One connection to PostgreSQL, in pipeline mode and never blocking by itself: statements go out
// one behind the other, their answers come back in the same order.
//
// Behind a pooler that lends a session for one transaction at a time nothing may be left in it:
// statements go with their text, unnamed, and every transaction begins with its settings.
//
// Used by one thread at a time. What waits for answers does so through `ready()`: on a thread with
// a Reactor the coroutine is suspended, on any other the thread waits.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <libpq-fe.h>

#include "base/error.h"
#include "base/reactor.h"
#include "base/task.h"
#include "db/params.h"
#include "db/postgres/prepared.h"
#include "db/rows.h"

namespace onggi::db::postgres {

using Clock = std::chrono::steady_clock;

// A statement on its way, with the rows of parameters that it is run with. Stays where it is until
// it is done.
struct Query {
  Query(Prepared& known, std::span<const Params> given) : prepared(known), rows(given) {}

  Prepared& prepared;
  std::span<const Params> rows;
  // Beyond so many bytes of texts further rows are passed over, and `result` says is_cut().
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();

  Rows result;
  std::int64_t changed = 0;
  std::exception_ptr error;
  Clock::time_point sent{};  // when it was last handed to a connection; what it has waited for
                             // before is not its own time
  std::size_t runs = 0;      // that are not answered yet
  std::size_t bytes = 0;

  void begin_again() {
    result = {};
    changed = 0;
    error = nullptr;
    sent = {};
    runs = 0;
    bytes = 0;
  }
};

class Wire {
 public:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Connected {
    std::unique_ptr<PGconn, Closer> handle;
    // Behind a pooler: a statement that sets, for one transaction, what the session has otherwise.
    // Null where the session is ours.
    const std::string* settings = nullptr;
  };

  // `reactor` is that of the thread that will use it, or null.
  Wire(Connected connection, Reactor* reactor);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Nothing goes out before sync(). The types of the query's parameters must be known.
  void send(Query& query);
  // A statement without parameters and without an answer that matters, unless it fails: the error
  // is in the query then.
  void send_text(const std::string& text, Query* blamed);
  // Follows BEGIN; a statement that is sent without one brings them itself. Nothing where the
  // session has its settings.
  void send_settings(Query* blamed);
  // Takes back what the statement's own settings have changed for the rest of the transaction.
  void send_resets(const Prepared& prepared);
  // The same as send_text(), with rows for the query.
  void send_rows_of(const std::string& text, Query& query);
  // Makes a cursor of the query, which has one row of parameters.
  void declare(const std::string& cursor, Query& query);
  // Asks for the types of a statement's parameters, which are known when it is answered.
  void describe(Prepared& prepared, Query& blamed);
  // Whoever asked does not want to know any more: the queries may go.
  void disown();
  // Ends what belongs together: after an error everything up to here is passed over.
  void sync();

  // Takes what has come; true when everything that was asked is answered. Queries of a connection
  // that is lost are answered with Lost.
  bool take();
  // How many answers to sync() are due, that nobody waits for.
  bool is_quiet() const { return expected_.empty(); }
  bool is_broken() const { return broken_; }

  // Waits until everything is answered, or `deadline` is over: then the connection is given up as
  // by give_up_late().
  Task<void> settle(Clock::time_point deadline);

  // For who waits by call-back: `ready` runs whenever there may be something to take, until
  // everything is answered.
  void on_ready(std::function<void()> ready) { on_ready_ = std::move(ready); }
  // False: there is nothing to wait for, the connection is broken.
  bool watch_for_answers();

  // Gives the connection up: it does not answer in time.
  void give_up(const std::string& why, Cause cause = Cause::lost);
  // The same; queries are told that they were Late.
  void give_up_late();
  // The same; the query that is being waited for is told that it was Stuck. The server ends what
  // it is still at when it finds the connection closed.
  void give_up_stuck();
  // Ends it for the thread that uses it, from another.
  void cut() const;
  // Since when the oldest answer is due.
  Clock::time_point waiting_since() const { return waiting_since_; }

  PGTransactionStatusType state() const { return PQtransactionStatus(connection_.get()); }

 private:
  enum class Kind : std::uint8_t { prepare, describe, run, text, sync };
  struct Expected {
    Kind kind;
    Query* query = nullptr;
    Prepared* prepared = nullptr;
    bool is_begun = false;
  };
  struct Ready;

  void expect(Expected expected);
  void introduce(Prepared& prepared, Query& query);
  void handed_over(int accepted);
  bool take_one(Expected& expected);
  void take_result(Expected& expected, const PGresult* result);
  void lose(const std::string& why, Cause cause = Cause::lost);
  void lose(const std::exception_ptr& error);
  int flush();
  void wait_on_reactor(bool for_write);
  void woken();

  bool is_pooled() const { return settings_ != nullptr; }

  const std::unique_ptr<PGconn, Closer> connection_;
  const std::string* const settings_;
  Reactor* const reactor_;
  const int descriptor_;
  std::unique_ptr<Reactor::Watch> watch_;
  bool waits_to_read_ = false;
  bool waits_to_write_ = false;
  std::coroutine_handle<> waiting_;
  std::function<void()> on_ready_;
  std::deque<Expected> expected_;
  std::unordered_set<const Prepared*> known_;
  Clock::time_point waiting_since_ = Clock::time_point::max();
  bool settings_due_ = true;
  bool broken_ = false;
};

}  // namespace onggi::db::postgres
