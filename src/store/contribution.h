// What an execution counts for in statistics, and how a change of it is told to them.
#pragma once

#include <optional>
#include <vector>

#include "db/database.h"
#include "model/execution.h"

namespace onggi::store {

struct Contribution {
  Uuid user_id;
  Uuid subject_id;  // agent or workflow
  Time started_at;
  model::Status status = model::Status::running;
  std::optional<std::int64_t> duration_ms;  // of a finished one
  std::int64_t llm_call_count = 0;
  std::int64_t llm_prompt_tokens = 0;
  std::int64_t llm_completion_tokens = 0;
  std::int64_t llm_total_tokens = 0;
  std::int64_t tool_call_count = 0;
  std::int64_t cost_nanos = 0;

  static Contribution of(const model::Execution& execution);
  // From the columns of a row from `first` on, in this order: subject_id, started_at, status,
  // duration_ms and the six metrics.
  static Contribution of(const db::Row& row, int first, const Uuid& user);
  bool operator==(const Contribution&) const = default;
};

// Throws std::logic_error for a name that is none.
model::Status status_of(std::string_view name);

// Changes of executions of one kind, gathered in the transaction that makes them: what counts from
// now on, and what counts no more. They are in the statistics at once: who reads these adds what
// was not folded yet (statistics/).
class Changes {
 public:
  // `note` is the statement that writes one.
  explicit Changes(const db::Statement& note) : note_(note) {}

  void add(const Contribution& contribution) { told_.emplace_back(contribution, 1); }
  void remove(const Contribution& contribution) { told_.emplace_back(contribution, -1); }
  // One statement, also where nothing has changed.
  Task<void> write(db::Connection& connection);

 private:
  const db::Statement& note_;
  std::vector<std::pair<Contribution, int>> told_;
};

}  // namespace onggi::store
