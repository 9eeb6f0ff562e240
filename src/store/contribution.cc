#include "store/contribution.h"

#include <stdexcept>

namespace onggi::store {

Contribution Contribution::of(const model::Execution& execution) {
  const model::Metrics& metrics = execution.metrics;
  const bool is_finished = execution.status != model::Status::running;
  return {.user_id = execution.user_id,
          .subject_id = execution.subject_id,
          .started_at = execution.started_at.value(),
          .status = execution.status,
          .duration_ms = is_finished ? execution.duration_ms : std::nullopt,
          .llm_call_count = metrics.llm_call_count,
          .llm_prompt_tokens = metrics.llm_prompt_tokens,
          .llm_completion_tokens = metrics.llm_completion_tokens,
          .llm_total_tokens = metrics.llm_total_tokens.value_or(0),
          .tool_call_count = metrics.tool_call_count,
          .cost_nanos = metrics.cost_usd.nanos};
}

Contribution Contribution::of(const db::Row& row, int first, const Uuid& user) {
  const model::Status status = status_of(row.text(first + 2));
  return {
      .user_id = user,
      .subject_id = row.uuid(first),
      .started_at = row.time(first + 1),
      .status = status,
      .duration_ms = status == model::Status::running ? std::nullopt : row.maybe_integer(first + 3),
      .llm_call_count = row.integer(first + 4),
      .llm_prompt_tokens = row.integer(first + 5),
      .llm_completion_tokens = row.integer(first + 6),
      .llm_total_tokens = row.integer(first + 7),
      .tool_call_count = row.integer(first + 8),
      .cost_nanos = row.integer(first + 9)};
}

model::Status status_of(std::string_view name) {
  for (std::size_t i = 0; i < model::status_names.size(); ++i)
    if (model::status_names[i] == name) return static_cast<model::Status>(i);
  throw std::logic_error("no status: " + std::string(name));
}

Task<void> Changes::write(db::Connection& connection) {
  std::vector<db::Params> rows;
  rows.reserve(told_.size());
  for (const auto& [told, weight] : told_) {
    db::Params params = db::Params::of(told.user_id, told.subject_id, told.started_at, weight);
    params.add(model::status_names[static_cast<std::size_t>(told.status)])
        .add(told.duration_ms)
        .add(told.llm_call_count)
        .add(told.llm_prompt_tokens)
        .add(told.llm_completion_tokens)
        .add(told.llm_total_tokens)
        .add(told.tool_call_count)
        .add(told.cost_nanos);
    rows.push_back(std::move(params));
  }
  co_await connection.send_each(note_, std::move(rows));
}

}  // namespace onggi::store
