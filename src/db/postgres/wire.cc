#include "db/postgres/wire.h"

#include <algorithm>

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include "db/postgres/failure.h"
#include "db/postgres/result.h"
#include "db/postgres/values.h"

namespace onggi::db::postgres {
namespace {

// Rows of parameters that one run of a statement over sets takes.
constexpr std::size_t set_rows = 1'000;
// What a list may run over its bound before its connection is given up rather than read to the end.
constexpr std::size_t surplus_max = 32u << 20;

std::int64_t rows_changed(const PGresult* result) {
  const char* const text = PQcmdTuples(const_cast<PGresult*>(result));
  return *text == '\0' ? 0 : std::stoll(text);
}

std::vector<Values> runs_of(const Query& query) {
  const Prepared& prepared = query.prepared;
  const std::vector<Oid>& types = *prepared.types();
  const std::size_t at_once = prepared.takes_sets() ? set_rows : 1;
  std::vector<Values> runs;
  for (std::size_t first = 0; first < query.rows.size(); first += at_once) {
    const auto rows = query.rows.subspan(first, std::min(at_once, query.rows.size() - first));
    Values& values = runs.emplace_back();
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (prepared.takes_sets())
        values.add_column(rows, prepared.parameters[i], types[i]);
      else
        values.add(rows[0].values().at(prepared.parameters[i]), types[i]);
    }
  }
  return runs;
}

}  // namespace

struct Wire::Ready {
  Wire& wire;
  bool for_write;
  Clock::time_point deadline;

  bool await_ready() const {
    if (wire.reactor_ != nullptr) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd descriptor{PQsocket(wire.connection_.get()),
                      static_cast<short>(for_write ? POLLIN | POLLOUT : POLLIN), 0};
    ::poll(&descriptor, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    return true;
  }
  void await_suspend(std::coroutine_handle<> waiting) const {
    wire.waiting_ = waiting;
    wire.wait_on_reactor(for_write);
  }
  void await_resume() const {}
};

Wire::Wire(Connected connection, Reactor* reactor)
    : connection_(std::move(connection.handle)),
      settings_(connection.settings),
      reactor_(reactor),
      descriptor_(PQsocket(connection_.get())) {
  PQsetnonblocking(connection_.get(), 1);
  PQenterPipelineMode(connection_.get());
  if (reactor_ != nullptr) watch_ = reactor_->watch(PQsocket(connection_.get()));
}

Wire::~Wire() {
  watch_.reset();  // before the descriptor is closed
}

void Wire::expect(Expected expected) {
  if (expected_.empty()) waiting_since_ = Clock::now();
  expected_.push_back(expected);
}

void Wire::handed_over(int accepted) {
  if (accepted == 0) lose(one_line(PQerrorMessage(connection_.get())));
}

void Wire::introduce(Prepared& prepared, Query& query) {
  if (is_pooled() || !known_.insert(&prepared).second) return;
  const std::vector<Oid>* types = prepared.types();
  expect({Kind::prepare, &query, &prepared});
  handed_over(PQsendPrepare(connection_.get(), prepared.name.c_str(), prepared.text.c_str(),
                            types != nullptr ? static_cast<int>(types->size()) : 0,
                            types != nullptr ? types->data() : nullptr));
}

void Wire::describe(Prepared& prepared, Query& blamed) {
  if (broken_) return;
  introduce(prepared, blamed);
  if (is_pooled()) {
    expect({Kind::prepare, &blamed, &prepared});
    handed_over(PQsendPrepare(connection_.get(), "", prepared.text.c_str(), 0, nullptr));
  }
  if (broken_) return;
  expect({Kind::describe, &blamed, &prepared});
  handed_over(PQsendDescribePrepared(connection_.get(), is_pooled() ? "" : prepared.name.c_str()));
}

void Wire::send(Query& query) {
  // Before anything is expected: what cannot be written throws, and the query goes.
  std::vector<Values> runs = runs_of(query);
  if (settings_due_ && state() != PQTRANS_INTRANS) send_settings(&query);
  introduce(query.prepared, query);
  query.sent = Clock::now();
  for (Values& values : runs) {
    if (broken_) break;
    values.seal();
    ++query.runs;
    expect({Kind::run, &query, &query.prepared});
    if (is_pooled())
      handed_over(PQsendQueryParams(connection_.get(), query.prepared.text.c_str(), values.count(),
                                    query.prepared.types()->data(), values.pointers(),
                                    values.lengths(), values.formats(), 1));
    else
      handed_over(PQsendQueryPrepared(connection_.get(), query.prepared.name.c_str(),
                                      values.count(), values.pointers(), values.lengths(),
                                      values.formats(), 1));
  }
  if (broken_ && !query.error)
    query.error = std::make_exception_ptr(Lost("the connection was lost before"));
}

void Wire::send_text(const std::string& text, Query* blamed) {
  if (broken_) return;
  expect({Kind::text, blamed});
  handed_over(
      PQsendQueryParams(connection_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
}

void Wire::send_settings(Query* blamed) {
  if (is_pooled()) send_text(*settings_, blamed);
  settings_due_ = false;
}

void Wire::send_resets(const Prepared& prepared) {
  if (prepared.resets.empty()) return;
  send_text(prepared.resets, nullptr);
  send_settings(nullptr);
}

void Wire::send_rows_of(const std::string& text, Query& query) {
  if (broken_) {
    query.error = std::make_exception_ptr(Lost("the connection was lost before"));
    return;
  }
  ++query.runs;
  query.sent = Clock::now();
  expect({Kind::run, &query, &query.prepared});
  handed_over(
      PQsendQueryParams(connection_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1));
}

void Wire::declare(const std::string& cursor, Query& query) {
  Values values = std::move(runs_of(query).front());
  values.seal();
  const std::string text =
      fmt::format("declare {} no scroll cursor for {}", cursor, query.prepared.text);
  const std::vector<Oid>& types = *query.prepared.types();
  expect({Kind::text, &query});
  handed_over(PQsendQueryParams(connection_.get(), text.c_str(), values.count(), types.data(),
                                values.pointers(), values.lengths(), values.formats(), 1));
}

void Wire::disown() {
  for (Expected& expected : expected_) expected.query = nullptr;
}

void Wire::sync() {
  if (broken_) return;
  settings_due_ = true;
  expect({Kind::sync});
  handed_over(PQpipelineSync(connection_.get()));
}

int Wire::flush() {
  const int left = PQflush(connection_.get());
  if (left < 0) lose(one_line(PQerrorMessage(connection_.get())));
  return left;
}

void Wire::lose(const std::string& why, Cause cause) {
  if (!broken_) lose(std::make_exception_ptr(Lost(why, cause)));
}

void Wire::lose(const std::exception_ptr& error) {
  if (broken_) return;
  broken_ = true;
  // libpq may have closed the descriptor, and its number soon be another's.
  watch_.reset();
  for (Expected& expected : expected_) {
    if (expected.query == nullptr) continue;
    if (!expected.query->error) expected.query->error = error;
    if (expected.kind == Kind::run) --expected.query->runs;
  }
  expected_.clear();
  waiting_since_ = Clock::time_point::max();
}

void Wire::give_up(const std::string& why, Cause cause) {
  lose(why, cause);
  woken();
}

void Wire::give_up_late() {
  lose(std::make_exception_ptr(Late()));
  woken();
}

void Wire::give_up_stuck() {
  const auto first = std::ranges::find_if(
      expected_, [](const Expected& expected) { return expected.query != nullptr; });
  if (first != expected_.end() && !first->query->error)
    first->query->error = std::make_exception_ptr(Stuck("held others up"));
  give_up("a statement has held others up");
}

void Wire::cut() const {
  ::shutdown(descriptor_, SHUT_RDWR);
}

bool Wire::take() {
  if (broken_) return true;
  if (PQconsumeInput(connection_.get()) == 0) {
    lose(one_line(PQerrorMessage(connection_.get())));
    return true;
  }
  while (!expected_.empty() && !broken_) {
    if (!take_one(expected_.front())) return broken_;
    if (!broken_) expected_.pop_front();
  }
  waiting_since_ = Clock::time_point::max();
  return true;
}

// True when it is answered to the end.
bool Wire::take_one(Expected& expected) {
  if (expected.kind == Kind::run && !expected.is_begun && expected.query != nullptr &&
      expected.query->max_bytes != std::numeric_limits<std::size_t>::max())
    PQsetSingleRowMode(connection_.get());
  expected.is_begun = true;
  while (PQisBusy(connection_.get()) == 0) {
    const PgResult result(PQgetResult(connection_.get()));
    if (!result) {
      if (PQstatus(connection_.get()) == CONNECTION_BAD) {
        lose(one_line(PQerrorMessage(connection_.get())));
        return true;
      }
      if (expected.kind == Kind::sync) {
        lose("an answer did not come");
        return true;
      }
      if (expected.kind == Kind::run && expected.query != nullptr) --expected.query->runs;
      return true;
    }
    if (expected.kind == Kind::sync) {
      if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) return true;
      lose("an answer came that nobody asked for");
      return true;
    }
    take_result(expected, result.get());
    if (broken_) return true;
  }
  if (PQstatus(connection_.get()) == CONNECTION_BAD) {
    lose(one_line(PQerrorMessage(connection_.get())));
    return true;
  }
  return false;
}

void Wire::take_result(Expected& expected, const PGresult* result) {
  Query* const query = expected.query;
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
      if (expected.kind == Kind::describe) {
        std::vector<Oid> types;
        for (int i = 0; i < PQnparams(result); ++i) types.push_back(PQparamtype(result, i));
        expected.prepared->learn(std::move(types));
      } else if (expected.kind == Kind::run && query != nullptr) {
        query->changed += rows_changed(result);
      }
      return;
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
      if (expected.kind != Kind::run || query == nullptr) return;
      if (query->bytes < query->max_bytes) {
        query->bytes += append_rows(result, query->result);
      } else if (PQntuples(result) != 0) {
        query->result.set_cut();
        for (int column = 0; column < PQnfields(result); ++column)
          query->bytes += static_cast<std::size_t>(PQgetlength(result, 0, column));
        if (query->bytes - query->max_bytes > surplus_max) {
          --query->runs;
          expected.query = nullptr;  // is answered
          lose("a list was longer than it may be");
        }
      }
      return;
    case PGRES_PIPELINE_ABORTED:
      if (expected.kind == Kind::prepare) known_.erase(expected.prepared);
      if (query != nullptr && !query->error)
        query->error = std::make_exception_ptr(Lost("a statement before this one has failed"));
      return;
    default:
      if (expected.kind == Kind::prepare) known_.erase(expected.prepared);
      if (query != nullptr && !query->error)
        query->error = failure_of(result, query->prepared.statement.name);
      return;
  }
}

void Wire::wait_on_reactor(bool for_write) {
  if (!watch_) return;
  if (!waits_to_read_) {
    waits_to_read_ = true;
    watch_->wait(Reactor::Interest::read, [this] {
      waits_to_read_ = false;
      woken();
    });
  }
  if (for_write && !waits_to_write_) {
    waits_to_write_ = true;
    watch_->wait(Reactor::Interest::write, [this] {
      waits_to_write_ = false;
      woken();
    });
  }
}

void Wire::woken() {
  if (waiting_) {
    const std::coroutine_handle<> waiting = std::exchange(waiting_, {});
    waiting.resume();
  } else if (on_ready_) {
    on_ready_();
  }
}

bool Wire::watch_for_answers() {
  if (!broken_) wait_on_reactor(flush() > 0);
  return !broken_;
}

Task<void> Wire::settle(Clock::time_point deadline) {
  while (!broken_) {
    const bool for_write = flush() > 0;
    if (take()) co_return;  // also where flush() has found it broken
    if (Clock::now() >= deadline) {
      lose(std::make_exception_ptr(Late()));
      co_return;
    }
    co_await Ready{*this, for_write, deadline};
  }
}

}  // namespace onggi::db::postgres
