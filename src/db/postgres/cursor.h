// A long read: a cursor of the server's, in a transaction on a connection of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "db/postgres/session.h"

namespace onggi::db::postgres {

// Blocks; for threads without a Reactor.
class PostgresCursor final : public Cursor {
 public:
  enum class Life { one_statement, lasting };
  // Throws Unavailable when `most` are taken.
  PostgresCursor(std::atomic<std::size_t>& taken, std::size_t most, Surroundings& around,
                 Owner& owner, Life life, Cost& cost, const Statement& statement,
                 const Params& params);
  ~PostgresCursor() override;

  Rows next(std::size_t max_rows, std::size_t max_bytes) override;
  void go_on(Cost& cost, const Statement& statement, const Params& params) override;
  void expect_small_rows() override { is_of_small_rows_ = true; }

 private:
  // One of the places for long reads.
  struct Place {
    Place(std::atomic<std::size_t>& taken, std::size_t most);
    ~Place() { count.fetch_sub(1, std::memory_order_relaxed); }
    std::atomic<std::size_t>& count;
  };
  void declare(Query& query, Cost& cost, Clock::time_point started);
  void fetch();
  void ask_ahead();
  void forget_ahead();
  void finish();
  void settle(Query& query);
  void wait_for(Query& query);

  const Place place_;
  Surroundings& around_;
  const Life life_;
  Prepared* prepared_;
  const std::string_view request_;
  std::optional<Lease> wire_;  // given back at the end of the rows, or of a lasting cursor
  bool is_of_small_rows_ = false;
  // What comes while the rows before it are worked on: only of small rows, so that little waits.
  std::unique_ptr<Query> ahead_;
  Rows fetched_;  // and not given yet, from `given_` on
  std::size_t given_ = 0;
  bool is_over_ = false;
};

}  // namespace onggi::db::postgres
