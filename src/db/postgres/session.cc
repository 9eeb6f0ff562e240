#include "db/postgres/session.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "db/postgres/failure.h"

namespace onggi::db::postgres {
namespace {

const std::string begin_snapshot = "begin isolation level repeatable read read only";
const std::string begin_write = "begin isolation level repeatable read";
// Nobody can refer to a user meanwhile. Not a query: the snapshot is taken after it has waited.
const std::string alone_text = "lock table users in exclusive mode";
const std::string commit_text = "commit";
const std::string rollback_text = "rollback";

template <class Failure>
bool is_a(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const Failure&) {
    return true;
  } catch (...) {
    return false;
  }
}

bool is_cut_off(const std::exception_ptr& error) {
  if (!error) return false;
  try {
    std::rethrow_exception(error);
  } catch (const Unavailable& unavailable) {
    return unavailable.cause() == Cause::lost;
  } catch (...) {
    return false;
  }
}

struct LeavingSlow {
  explicit LeavingSlow(Lane& entered) : lane(entered) {}
  ~LeavingSlow() { lane.leave_slow(); }
  LeavingSlow(const LeavingSlow&) = delete;
  LeavingSlow& operator=(const LeavingSlow&) = delete;
  Lane& lane;
};

}  // namespace

Task<void> introduce(Wire& wire, Query& query, Clock::time_point deadline) {
  if (query.prepared.types() != nullptr) co_return;
  wire.describe(query.prepared, query);
  wire.sync();
  co_await wire.settle(deadline);
  if (wire.is_broken() && !query.error)
    query.error = std::make_exception_ptr(Lost("the connection was lost before"));
}

// --- what all of them have in common -------------------------------------------------------------

Task<void> Session::ask(Query& query) {
  const Clock::time_point started = Clock::now();
  if (!query.rows.empty()) co_await execute(query);
  const std::chrono::nanoseconds took = Clock::now() - started;
  cost_.time += took;
  note_time(query);
  if (query.error) std::rethrow_exception(query.error);
  ++cost_.statements;
  around_.observed.statements.add();
  query.prepared.counters.calls->add();
  query.prepared.counters.time->add(took);
}

// What has failed because it took too long has no other line. What was cut off was not slow.
void Session::note_time(const Query& query) {
  if (query.sent == Clock::time_point{}) return;
  const std::chrono::nanoseconds took = Clock::now() - query.sent;
  SlowStatements& slow = around_.observed.slow;
  const bool is_slow = slow.is_slow(took);
  if (is_slow && is_cut_off(query.error)) return;
  slow.note(query.prepared.counters, is_slow ? name_of(query) : std::string(), took, cost_.request);
  if (is_slow) set_told(query.error);
}

Task<Rows> Session::many(const Statement& statement, Params params) {
  Query query(around_.catalogue.find(statement), {&params, 1});
  co_await ask(query);
  co_return std::move(query.result);
}

Task<Rows> Session::many_within(const Statement& statement, Params params, std::size_t max_bytes) {
  Query query(around_.catalogue.find(statement), {&params, 1});
  query.max_bytes = max_bytes;
  co_await ask(query);
  co_return std::move(query.result);
}

// Statements that are scanned say themselves how many rows they give.
Task<void> Session::scan(const Statement& statement, Params params,
                         std::function<bool(const Row&)> take) {
  Query query(around_.catalogue.find(statement), {&params, 1});
  co_await ask(query);
  for (const Row row : query.result)
    if (!take(row)) co_return;
}

Task<Rows> Session::many_each(const Statement& statement, std::vector<Params> rows) {
  Query query(around_.catalogue.find(statement), rows);
  co_await ask(query);
  co_return std::move(query.result);
}

Task<std::int64_t> Session::run(const Statement& statement, Params params) {
  if (!may_write()) throw std::logic_error("read() cannot run(); use write()");
  Query query(around_.catalogue.find(statement), {&params, 1});
  co_await ask(query);
  co_return query.changed;
}

Task<std::int64_t> Session::run_each(const Statement& statement, std::vector<Params> rows) {
  if (!may_write()) throw std::logic_error("read() cannot run_each(); use write()");
  Query query(around_.catalogue.find(statement), rows);
  co_await ask(query);
  co_return query.changed;
}

void Session::after_commit(std::move_only_function<void()>) {
  throw std::logic_error("read() does not commit");
}

// --- one statement -------------------------------------------------------------------------------

Task<void> SingleRead::execute(Query& query) {
  if (std::exchange(is_used_, true)) throw std::logic_error("read_one() runs one statement");
  Prepared& prepared = query.prepared;
  const Clock::time_point started = Clock::now();
  bool is_quick = lane_ != nullptr && prepared.types() != nullptr && prepared.settings.empty() &&
                  !prepared.is_slow();
  if (is_quick) {
    co_await lane_->run(query);
    if (is_a<Stuck>(query.error)) {
      prepared.took(Clock::now() - query.sent);  // the next ones keep away from the quick lane
      is_quick = false;
      query.begin_again();
    }
  }
  if (!is_quick && lane_ != nullptr) {
    co_await lane_->enter_slow();
    const LeavingSlow leaving(*lane_);
    co_await execute_alone(query);
  } else if (!is_quick) {
    co_await execute_alone(query);
  }
  // What it has waited for before is not its own time.
  prepared.took(Clock::now() - std::max(started, query.sent));
}

Task<void> SingleRead::execute_alone(Query& query) {
  const Prepared& prepared = query.prepared;
  std::unique_ptr<Wire> taken = co_await owner_.take();
  const Lease wire(owner_, std::move(taken));
  const Clock::time_point deadline = Clock::now() + around_.patience;
  co_await introduce(*wire, query, deadline);
  if (query.error) co_return;
  if (!prepared.settings.empty()) {
    wire->send_text(begin_snapshot, &query);
    wire->send_settings(&query);
    wire->send_text(prepared.settings, &query);
  }
  wire->send(query);
  if (!prepared.settings.empty()) wire->send_text(commit_text, nullptr);
  wire->sync();
  co_await wire->settle(deadline);
  if (query.error && !wire->is_broken() && wire->state() != PQTRANS_IDLE) {
    wire->send_text(rollback_text, nullptr);
    wire->sync();
  }
}

// --- a transaction -------------------------------------------------------------------------------

void Transaction::begin(Query& blamed) {
  if (std::exchange(is_begun_, true)) return;
  wire_.send_text(mode_ == Mode::snapshot ? begin_snapshot : begin_write, &blamed);
  if (mode_ == Mode::write_alone) wire_.send_text(alone_text, &blamed);
  wire_.send_settings(&blamed);  // a query
}

void Transaction::check_sent() {
  for (const Query& query : sent_) {
    if (!query.error) continue;
    met_another_ = is_a<UniqueViolation>(query.error);
    std::rethrow_exception(query.error);
  }
}

std::string Transaction::name_of(const Query& query) const {
  std::string names;
  for (std::size_t i = together_from_; i < sent_.size(); ++i)
    names += std::string(sent_[i].prepared.statement.name) + ',';
  return names + Session::name_of(query);
}

Task<void> Transaction::execute(Query& query) {
  together_from_ = std::exchange(settled_, sent_.size());
  const Clock::time_point deadline = Clock::now() + around_.patience;
  begin(query);
  co_await introduce(wire_, query, deadline);
  check_sent();
  if (query.error) co_return;
  const Prepared& prepared = query.prepared;
  if (!prepared.settings.empty()) wire_.send_text(prepared.settings, &query);
  wire_.send(query);
  wire_.send_resets(prepared);
  wire_.sync();
  co_await wire_.settle(deadline);
  check_sent();
  if (query.error) met_another_ = is_a<UniqueViolation>(query.error);
}

Task<void> Transaction::send_each(const Statement& statement, std::vector<Params> rows) {
  if (!may_write()) throw std::logic_error("read() cannot send_each(); use write()");
  Prepared& prepared = around_.catalogue.find(statement);
  if (prepared.types() == nullptr || !prepared.settings.empty()) {
    co_await run_each(statement, std::move(rows));
    co_return;
  }
  ++cost_.statements;
  around_.observed.statements.add();
  prepared.counters.calls->add();
  if (rows.empty()) co_return;
  Query& query = sent_.emplace_back(prepared, rows);
  begin(query);
  wire_.send(query);
}

void Transaction::after_commit(std::move_only_function<void()> published) {
  if (mode_ == Mode::snapshot) throw std::logic_error("read() does not commit");
  published_.push_back(std::move(published));
}

Task<void> Transaction::commit() {
  if (!is_begun_) co_return;
  if (mode_ == Mode::snapshot) {
    is_begun_ = false;
    wire_.send_text(commit_text, nullptr);
    wire_.sync();
    co_return;
  }
  static constexpr Statement stated{"commit", ""};
  Query query(around_.catalogue.find(stated), {});
  const Clock::time_point started = Clock::now();
  together_from_ = std::exchange(settled_, sent_.size());
  asked_to_commit_ = !wire_.is_broken();
  wire_.send_text(commit_text, &query);
  wire_.sync();
  co_await wire_.settle(started + around_.patience);
  cost_.time += Clock::now() - started;
  query.sent = started;
  note_time(query);
  check_sent();
  if (!asked_to_commit_ && !query.error)
    query.error = std::make_exception_ptr(Lost("the connection was lost before COMMIT"));
  if (query.error) std::rethrow_exception(query.error);
  is_begun_ = false;
}

void Transaction::roll_back() {
  if (!std::exchange(is_begun_, false)) return;
  // A COMMIT that has failed has ended it; one that was passed over has not.
  if (wire_.is_quiet() && wire_.state() == PQTRANS_IDLE) return;
  wire_.disown();
  wire_.send_text(rollback_text, nullptr);
  wire_.sync();
}

}  // namespace onggi::db::postgres
