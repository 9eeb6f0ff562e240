// A long read on a connection of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string_view>

#include "db/database.h"
#include "db/sqlite/readers.h"
#include "db/sqlite/running.h"

namespace onggi::db::sqlite {

// One of the places for long reads, taken for as long as it lives.
class LongRead {
 public:
  // Throws Unavailable when `most` are taken.
  LongRead(std::atomic<std::size_t>& taken, std::size_t most);
  ~LongRead() { taken_.fetch_sub(1, std::memory_order_relaxed); }
  LongRead(const LongRead&) = delete;
  LongRead& operator=(const LongRead&) = delete;

 private:
  std::atomic<std::size_t>& taken_;
};

enum class Life { one_statement, lasting };

// The snapshot is taken at construction; the parameters are copied.
class SqliteCursor final : public Cursor {
 public:
  SqliteCursor(std::atomic<std::size_t>& taken, std::size_t most, Readers& readers,
               Observations& observations, Life life, Cost& cost, const Statement& statement,
               const Params& params);
  ~SqliteCursor() override;

  Rows next(std::size_t max_rows, std::size_t max_bytes) override;
  void go_on(Cost& cost, const Statement& statement, const Params& params) override;

 private:
  void finish();

  LongRead place_;
  Observations& observations_;
  const Life life_;
  const Statement* statement_;  // the one that is being read
  const std::string_view request_;
  std::optional<Readers::Lease> lease_;  // given back at the end of the rows
  std::optional<Running> running_;
};

}  // namespace onggi::db::sqlite
