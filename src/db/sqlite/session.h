// What the bodies of read() and write() see. Every task of it is done when start() returns: nothing
// here waits for another thread.
#pragma once

#include <cstddef>
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

// The savepoint before a member of a group. It is given up once the member has changed `most` rows:
// SQLite keeps in memory, as a list, what a savepoint would bring back, and goes through all of it
// at the end of each statement that has a trigger, so that the time grows with the square of the
// rows. A member that fails afterwards takes its group along, which then runs again one by one.
class Guard {
 public:
  static constexpr std::size_t most = 1'000;

  // Sets it, where it `is_needed`.
  Guard(Handle& handle, bool is_needed);
  // So many rows are about to be changed.
  void count(std::size_t rows);
  void release();
  void roll_back();
  // Whether what the member has done can be undone alone.
  bool holds() const { return is_set_; }

 private:
  Handle& handle_;
  std::size_t rows_ = 0;
  bool is_set_;
};

class WriteSession final : public Connection {
 public:
  using Published = std::vector<std::move_only_function<void()>>;

  WriteSession(Handle& handle, Cost& cost, Published& published, Guard& guard)
      : handle_(handle), cost_(cost), published_(published), guard_(guard) {}

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

  Handle& handle_;
  Cost& cost_;
  Published& published_;
  Guard& guard_;
};

// What a write is told whose transaction SQLite has ended without an error that could be passed on.
Unavailable transaction_lost();

}  // namespace onggi::db::sqlite
