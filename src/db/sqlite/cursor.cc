#include "db/sqlite/cursor.h"

#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "base/error.h"

namespace onggi::db::sqlite {

LongRead::LongRead(std::atomic<std::size_t>& taken, std::size_t most) : taken_(taken) {
  if (taken_.fetch_add(1, std::memory_order_relaxed) < most) return;
  taken_.fetch_sub(1, std::memory_order_relaxed);
  throw Unavailable("Too many long reads are running; try again later.",
                    fmt::format("{} cursors are open", most), Cause::long_reads);
}

SqliteCursor::SqliteCursor(std::atomic<std::size_t>& taken, std::size_t most, Readers& readers,
                           Observations& observations, Life life, Cost& cost,
                           const Statement& statement, const Params& params)
    : place_(taken, most),
      observations_(observations),
      life_(life),
      statement_(&statement),
      request_(cost.request),
      lease_(readers.lease(Readers::For::several)) {
  // Reads come later, but what they see is settled now.
  (*lease_)->control(control::look);
  SqliteCursor::go_on(cost, statement, params);
}

void SqliteCursor::go_on(Cost& cost, const Statement& statement, const Params& params) {
  if (!lease_) throw std::logic_error("a cursor of one statement does not go on");
  const auto started = std::chrono::steady_clock::now();
  running_.reset();
  statement_ = &statement;
  running_.emplace(**lease_, statement);
  running_->start(params, Running::Values::are_copied);
  running_->observed().calls->add();
  ++cost.statements;
  cost.time += std::chrono::steady_clock::now() - started;
}

SqliteCursor::~SqliteCursor() {
  finish();
}

Rows SqliteCursor::next(std::size_t max_rows, std::size_t max_bytes) {
  Rows rows;
  if (!running_) return rows;
  const auto started = std::chrono::steady_clock::now();
  std::size_t bytes = 0;
  bool more = true;
  while (rows.size() < max_rows && bytes < max_bytes && (more = running_->next())) {
    bytes += running_->append_to(rows);
  }
  const auto took = std::chrono::steady_clock::now() - started;
  running_->observed().time->add(took);
  observations_.slow.note(running_->observed(), statement_->name, took, request_);
  if (!more && life_ == Life::lasting) running_.reset();
  if (!more && life_ == Life::one_statement) finish();
  return rows;
}

void SqliteCursor::finish() {
  running_.reset();
  if (!lease_) return;
  execute((*lease_)->raw(), "commit");
  lease_.reset();
}

}  // namespace onggi::db::sqlite
