// What every driver counts, and what it says of slow statements.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/few_lines.h"
#include "base/metrics.h"
#include "db/statement.h"

namespace onggi::db {

struct StatementCounters {
  Counter* calls = nullptr;
  TimeCounter* time = nullptr;
  Counter* slow = nullptr;
};

// Takes a lock: asked once for each connection and statement.
StatementCounters counters_of(Registry& registry, const Statement& statement);

// Statements that took long: one line in the log for each, `slow_statement name=... ms=...
// request=...` without the last for background work, never with parameters. At most ten lines a
// second, then one that says how many were left out. Thread-safe.
class SlowStatements {
 public:
  // What takes longer than `from` is slow; zero: nothing is.
  explicit SlowStatements(std::chrono::milliseconds from) : from_(from) {}
  ~SlowStatements();
  SlowStatements(const SlowStatements&) = delete;
  SlowStatements& operator=(const SlowStatements&) = delete;

  bool is_slow(std::chrono::nanoseconds took) const {
    return from_ != std::chrono::milliseconds::zero() && took > from_;
  }
  // One has taken so long: counts it and tells of it, if that was long. True: it was.
  bool note(const StatementCounters& counters, std::string_view name, std::chrono::nanoseconds took,
            std::string_view request) {
    if (is_slow(took)) return tell(counters, name, took, request), true;
    if (lines_.has_left_out()) tell_left_out();
    return false;
  }

 private:
  void tell(const StatementCounters& counters, std::string_view name, std::chrono::nanoseconds took,
            std::string_view request);
  void tell_left_out();

  const std::chrono::milliseconds from_;
  FewLines lines_{10};
};

// Work that the database did not do, by why: it took too long (onggi_db_timeouts_total), or was not
// begun (onggi_db_shed_total). Causes of other kinds are not counted here.
class Failures {
 public:
  explicit Failures(Registry& registry);
  void count(Cause cause);

 private:
  Counter& statement_;
  Counter& lock_;
  Counter& answer_;
  Counter& connection_;
  Counter& waiting_;
  Counter& long_reads_;
};

}  // namespace onggi::db
