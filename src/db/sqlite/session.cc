#include "db/sqlite/session.h"

#include <stdexcept>

namespace onggi::db::sqlite {

Task<Rows> ReadSession::many(const Statement& statement, Params params) {
  count_down();
  co_return handle_.many(statement, params, cost_);
}

Task<Rows> ReadSession::many_within(const Statement& statement, Params params,
                                    std::size_t max_bytes) {
  count_down();
  co_return handle_.many(statement, params, cost_, max_bytes);
}

Task<void> ReadSession::scan(const Statement& statement, Params params,
                             std::function<bool(const Row&)> take) {
  count_down();
  handle_.scan(statement, params, cost_, take);
  co_return;
}

Task<Rows> ReadSession::many_each(const Statement& statement, std::vector<Params> rows) {
  count_down();
  co_return handle_.many_each(statement, rows, cost_);
}

Task<std::int64_t> ReadSession::run(const Statement&, Params) {
  throw std::logic_error("read() cannot run(); use write()");
}

Task<std::int64_t> ReadSession::run_each(const Statement&, std::vector<Params>) {
  throw std::logic_error("read() cannot run_each(); use write()");
}

void ReadSession::after_commit(std::move_only_function<void()>) {
  throw std::logic_error("read() does not commit");
}

void ReadSession::count_down() {
  if (left_-- == 0) throw std::logic_error("read_one() runs one statement");
}

Guard::Guard(Handle& handle, bool is_needed) : handle_(handle), is_set_(is_needed) {
  if (is_set_) handle_.control(control::savepoint);
}

void Guard::count(std::size_t rows) {
  rows_ += rows;
  if (rows_ > most) release();
}

void Guard::release() {
  if (is_set_) handle_.control(control::release);
  is_set_ = false;
}

void Guard::roll_back() {
  handle_.control(control::rollback_to);
  release();
}

Task<Rows> WriteSession::many(const Statement& statement, Params params) {
  require_transaction();
  co_return handle_.many(statement, params, cost_);
}

Task<Rows> WriteSession::many_within(const Statement& statement, Params params,
                                     std::size_t max_bytes) {
  require_transaction();
  co_return handle_.many(statement, params, cost_, max_bytes);
}

Task<void> WriteSession::scan(const Statement& statement, Params params,
                              std::function<bool(const Row&)> take) {
  require_transaction();
  handle_.scan(statement, params, cost_, take);
  co_return;
}

Task<Rows> WriteSession::many_each(const Statement& statement, std::vector<Params> rows) {
  require_transaction();
  co_return handle_.many_each(statement, rows, cost_);
}

Task<std::int64_t> WriteSession::run(const Statement& statement, Params params) {
  require_transaction();
  guard_.count(1);
  co_return handle_.run(statement, params, cost_);
}

Task<std::int64_t> WriteSession::run_each(const Statement& statement, std::vector<Params> rows) {
  require_transaction();
  guard_.count(rows.size());
  co_return handle_.run_each(statement, rows, cost_);
}

void WriteSession::after_commit(std::move_only_function<void()> published) {
  published_.push_back(std::move(published));
}

void WriteSession::require_transaction() const {
  if (!handle_.in_transaction()) throw transaction_lost();
}

Unavailable transaction_lost() {
  return {"The store cannot write at the moment.", "SQLite has ended the transaction",
          Cause::disk_error};
}

}  // namespace onggi::db::sqlite
