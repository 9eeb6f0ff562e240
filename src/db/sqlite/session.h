// What the bodies of read() and write() see. Every task of it is done when start() returns: nothing
// here waits for another thread.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "db/database.h"
#include "db/sqlite/handle.h"

namespace onggi::db::sqlite {

class ReadSession final : public Connection {
 public:
  static constexpr std::uint32_t any_number = std::numeric_limits<std::uint32_t>::max();
  // Beyond `most` statements throws std::logic_error.
  ReadSession(Handle& handle, Cost& cost, std::uint32_t most = any_number)
      : handle_(handle), cost_(cost), left_(most) {}

  Task<Rows> many(const Statement& statement, Params params) override;
  Task<Rows> many_within(const Statement& statement, Params params, std::size_t max_bytes) override;
  Task<void> scan(const Statement& statement, Params params,
                  std::function<bool(const Row&)> take) override;
  Task<Rows> many_each(const Statement& statement, std::vector<Params> rows) override;
  // Throw std::logic_error: a snapshot is for reading.
  Task<std::int64_t> run(const Statement& statement, Params params) override;
  Task<std::int64_t> run_each(const Statement& statement, std::vector<Params> rows) override;
  void after_commit(std::move_only_function<void()> published) override;

 private:
  void count_down();

  Handle& handle_;
  Cost& cost_;
  std::uint32_t left_;
};

class WriteSession final : public Connection {
 public:
  using Published = std::vector<std::move_only_function<void()>>;

  // `is_guarded`: behind a savepoint, until this says otherwise.
  WriteSession(Handle& handle, Cost& cost, Published& published, bool& is_guarded)
      : handle_(handle), cost_(cost), published_(published), is_guarded_(is_guarded) {}

  Task<Rows> many(const Statement& statement, Params params) override;
  Task<Rows> many_within(const Statement& statement, Params params, std::size_t max_bytes) override;
  Task<void> scan(const Statement& statement, Params params,
                  std::function<bool(const Row&)> take) override;
  Task<Rows> many_each(const Statement& statement, std::vector<Params> rows) override;
  Task<std::int64_t> run(const Statement& statement, Params params) override;
  Task<std::int64_t> run_each(const Statement& statement, std::vector<Params> rows) override;
  void after_commit(std::move_only_function<void()> published) override;

 private:
  // A body may have caught the error with which SQLite ended the transaction; what it runs next
  // would commit by itself.
  void require_transaction() const;
  // Behind a savepoint SQLite keeps a copy of every page that is changed, and walks over all copies
  // once a statement: who writes much goes on without.
  void give_up_guard(std::size_t rows);

  Handle& handle_;
  Cost& cost_;
  Published& published_;
  bool& is_guarded_;
  std::size_t rows_ = 0;  // behind the savepoint
};

// What a write is told whose transaction SQLite has ended without an error that could be passed on.
Unavailable transaction_lost();

}  // namespace onggi::db::sqlite
