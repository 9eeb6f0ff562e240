// A store of a realistic size, filled with plain statements: for plans and the cost of reads, not
// for what stores promise.
#pragma once

#include <cstdint>
#include <string>

#include <sqlite3.h>

namespace onggi::conformance {

struct Amounts {
  std::int64_t users = 100;
  std::int64_t agents = 5'000;
  std::int64_t workflows = 300;
  std::int64_t agent_executions = 200'000;
  std::int64_t workflow_executions = 50'000;
};

// One in four executions is of user 0; of these one in four is of subject 0, and one in four is in
// the session "heavy".
std::string user_id(std::int64_t n);
std::string agent_id(std::int64_t n);
std::string workflow_id(std::int64_t n);

// When the n-th execution started.
constexpr std::int64_t first_start_ms = 1'790'000'000'000;
constexpr std::int64_t between_starts_ms = 1'000;

// Fills a store that has the schema and no rows, in one transaction. Throws std::runtime_error.
void fill(sqlite3* connection, const Amounts& amounts);

}  // namespace onggi::conformance
