#include "db/postgres/cursor.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "db/postgres/values.h"

namespace onggi::db::postgres {
namespace {

// Rows that come with one answer. They may be large, and wait in memory until they are asked for.
constexpr std::size_t fetch_rows = 50;
constexpr std::size_t fetch_small_rows = 1'000;
const std::string begin_text = "begin isolation level repeatable read read only";
// Whoever reads it may be slow; HTTP's own limits end it.
const std::string patient_text = "set local idle_in_transaction_session_timeout = 0";
const std::string close_text = "close long_read";
const std::string end_text = "commit";
const std::string fetch_text = fmt::format("fetch {} from long_read", fetch_rows);
const std::string fetch_small_text = fmt::format("fetch {} from long_read", fetch_small_rows);

constexpr Statement fetching{"fetch", ""};

}  // namespace

PostgresCursor::Place::Place(std::atomic<std::size_t>& taken, std::size_t most) : count(taken) {
  if (count.fetch_add(1, std::memory_order_relaxed) < most) return;
  count.fetch_sub(1, std::memory_order_relaxed);
  throw Unavailable("Too many long reads are running; try again later.",
                    fmt::format("{} cursors are open", most), Cause::long_reads);
}

PostgresCursor::PostgresCursor(std::atomic<std::size_t>& taken, std::size_t most,
                               Surroundings& around, Owner& owner, Life life, Cost& cost,
                               const Statement& statement, const Params& params)
    : place_(taken, most),
      around_(around),
      life_(life),
      prepared_(&around.catalogue.find(statement)),
      request_(cost.request) {
  const Clock::time_point started = Clock::now();
  wire_.emplace(owner, run_now(owner.take()));
  Query query(*prepared_, {&params, 1});
  (*wire_)->send_text(begin_text, &query);
  (*wire_)->send_settings(&query);
  (*wire_)->send_text(patient_text, &query);
  declare(query, cost, started);
}

void PostgresCursor::go_on(Cost& cost, const Statement& statement, const Params& params) {
  if (!wire_) throw std::logic_error("a cursor of one statement does not go on");
  const Clock::time_point started = Clock::now();
  prepared_ = &around_.catalogue.find(statement);
  forget_ahead();
  fetched_ = {};
  given_ = 0;
  is_over_ = false;
  Query query(*prepared_, {&params, 1});
  (*wire_)->send_text(close_text, &query);
  declare(query, cost, started);
}

void PostgresCursor::declare(Query& query, Cost& cost, Clock::time_point started) {
  run_now(introduce(**wire_, query, started + around_.patience));
  if (!query.error) (*wire_)->declare("long_read", query);
  settle(query);
  // The first rows: what the cursor sees was settled when it was declared.
  ++cost.statements;
  cost.time += Clock::now() - started;
  around_.observed.statements.add();
  prepared_->counters.calls->add();
}

PostgresCursor::~PostgresCursor() {
  finish();
}

void PostgresCursor::settle(Query& query) {
  if (!query.error) (*wire_)->sync();
  wait_for(query);
}

void PostgresCursor::wait_for(Query& query) {
  if (!query.error) run_now((*wire_)->settle(Clock::now() + around_.patience));
  if (!query.error) return;
  finish();
  std::rethrow_exception(query.error);
}

void PostgresCursor::ask_ahead() {
  ahead_ = std::make_unique<Query>(around_.catalogue.find(fetching), std::span<const Params>());
  (*wire_)->send_rows_of(is_of_small_rows_ ? fetch_small_text : fetch_text, *ahead_);
  (*wire_)->sync();
}

// To its end: nothing may be on its way when the connection goes to somebody else.
void PostgresCursor::forget_ahead() {
  if (!ahead_) return;
  run_now((*wire_)->settle(Clock::now() + around_.patience));
  ahead_.reset();
}

void PostgresCursor::fetch() {
  const Clock::time_point started = Clock::now();
  if (!ahead_) ask_ahead();
  const std::unique_ptr<Query> query = std::move(ahead_);
  wait_for(*query);
  is_over_ = query->result.size() < (is_of_small_rows_ ? fetch_small_rows : fetch_rows);
  fetched_ = std::move(query->result);
  given_ = 0;
  if (is_of_small_rows_ && !is_over_) ask_ahead();
  const auto took = Clock::now() - started;
  prepared_->counters.time->add(took);
  around_.observed.slow.note(prepared_->counters, prepared_->statement.name, took, request_);
  if (is_over_ && life_ == Life::one_statement) finish();
}

Rows PostgresCursor::next(std::size_t max_rows, std::size_t max_bytes) {
  Rows rows;
  std::size_t bytes = 0;
  while (rows.size() < max_rows && bytes < max_bytes) {
    if (given_ == fetched_.size()) {
      if (is_over_) break;
      fetch();
      if (fetched_.empty()) break;
    }
    if (is_of_small_rows_ && given_ == 0 && rows.empty() && fetched_.size() <= max_rows)
      return std::exchange(fetched_, {});
    bytes += rows.append(fetched_[given_++]);
  }
  return rows;
}

void PostgresCursor::finish() {
  if (!wire_) return;
  forget_ahead();
  if (!(*wire_)->is_broken()) {
    (*wire_)->send_text(end_text, nullptr);
    (*wire_)->sync();
  }
  wire_.reset();
  is_over_ = true;
}

}  // namespace onggi::db::postgres
