// Executions of agents and of workflows: the same record, told apart by what was executed.
#pragma once

#include "model/field.h"

namespace onggi::model {

enum class Status : std::uint8_t { running, completed, failed, timeout, cancelled };
inline constexpr std::array<std::string_view, 5> status_names{"running", "completed", "failed",
                                                              "timeout", "cancelled"};
template <>
inline constexpr std::span<const std::string_view> names_of<Status>{status_names};

enum class StepType : std::uint8_t { thought, action, observation, response, error };
inline constexpr std::array<std::string_view, 5> step_type_names{"thought", "action", "observation",
                                                                 "response", "error"};
template <>
inline constexpr std::span<const std::string_view> names_of<StepType>{step_type_names};

struct Metrics : Record {
  std::int64_t llm_call_count = 0;
  std::int64_t llm_prompt_tokens = 0;
  std::int64_t llm_completion_tokens = 0;
  std::optional<std::int64_t>
      llm_total_tokens;  // absent: the sum of the two; never absent in a stored execution
  std::int64_t tool_call_count = 0;
  std::int64_t tool_total_duration_ms = 0;
  std::int64_t cache_hit_count = 0;
  std::int64_t cache_miss_count = 0;
  Money cost_usd;
};

struct Step : Record {
  std::int64_t step_number = 0;
  StepType step_type = StepType::thought;
  std::optional<std::string> content;
  Document step_metadata;
  std::optional<Time> timestamp;  // absent: the time of arrival
};

// Which of the fields that can be derived were given, so that a correction derives the others anew.
// A time of arrival counts as given.
struct Given {
  bool completed_at = false;
  bool duration_ms = false;
  bool llm_total_tokens = false;
  bool cost_usd = true;  // else it is 0, or estimated by a price

  std::int64_t bits() const {
    return (completed_at ? 1 : 0) | (duration_ms ? 2 : 0) | (llm_total_tokens ? 4 : 0) |
           (cost_usd ? 0 : 8);
  }
  static Given of(std::int64_t bits) {
    return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) == 0};
  }
};

struct Execution : Record {
  Uuid id;  // version 7; carries started_at
  Uuid user_id;
  Uuid subject_id;  // agent_id or workflow_id
  std::optional<std::string> session_id;
  Document input_data{"null"};
  Document output_data{"null"};
  Status status = Status::running;
  std::optional<std::string> error_message;
  std::optional<Time> started_at;  // never absent in a stored execution
  std::optional<Time> completed_at;
  std::optional<std::int64_t> duration_ms;
  Metrics metrics;
  Time created_at;
  Time updated_at;
  std::int64_t version = 1;
  Document execution_context;
  std::vector<Step> steps;
  Given given;  // not a field
};

extern const Shape metrics_shape;
extern const Shape step_shape;
extern const Shape agent_execution_shape;
extern const Shape workflow_execution_shape;
// What the live feed tells of an execution.
extern const Shape agent_execution_event_shape;
extern const Shape workflow_execution_event_shape;

}  // namespace onggi::model
