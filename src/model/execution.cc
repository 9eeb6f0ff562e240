#include "model/execution.h"

namespace onggi::model {
namespace {

// Sums of millions of such executions fit 64 bits; beyond, sums stay at the bound (statistics/).
constexpr std::int64_t figure_max = 1'000'000'000'000;
constexpr std::int64_t cost_max_usd = 1'000'000;
constexpr std::int64_t duration_max_ms = 100LL * 365 * 24 * 3'600'000;

constexpr std::array metrics_fields{
    field<&Metrics::llm_call_count>("llm_call_count", "Calls of a model").between(0, figure_max),
    field<&Metrics::llm_prompt_tokens>("llm_prompt_tokens", "Tokens in").between(0, figure_max),
    field<&Metrics::llm_completion_tokens>("llm_completion_tokens", "Tokens out")
        .between(0, figure_max),
    field<&Metrics::llm_total_tokens>("llm_total_tokens", "Tokens together; default the sum")
        .between(0, 2 * figure_max),
    field<&Metrics::tool_call_count>("tool_call_count", "Calls of tools").between(0, figure_max),
    field<&Metrics::tool_total_duration_ms>("tool_total_duration_ms", "Time in tools")
        .between(0, figure_max),
    field<&Metrics::cache_hit_count>("cache_hit_count", "Answers from a cache")
        .between(0, figure_max),
    field<&Metrics::cache_miss_count>("cache_miss_count", "Answers that a cache did not have")
        .between(0, figure_max),
    field<&Metrics::cost_usd>("cost_usd", "US dollars, kept to the nano-dollar")
        .between(0, cost_max_usd),
};

constexpr std::array step_fields{
    field<&Step::step_number>("step_number", "Its place; unique within the execution")
        .required()
        .between(0, 1'000'000'000),
    field<&Step::step_type>("step_type", "What kind of step it is").required(),
    field<&Step::content>("content", "What was thought, done or seen"),
    field<&Step::step_metadata>("step_metadata", "Whatever the platform keeps with it"),
    field<&Step::timestamp>("timestamp", "When; default the time of arrival"),
};

// The same list for both kinds; only the subject is called otherwise.
constexpr auto execution_fields(std::string_view subject, std::string_view subject_help,
                                std::string_view subject_name) {
  return std::array{
      field<&Execution::id>(
          "id", "UUIDv7 that carries started_at, made by the server unless sent at creation"),
      field<&Execution::user_id>("user_id", "The owner").read_only(),
      field<&Execution::subject_id>(subject, subject_help).required(),
      field<&Execution::session_id>("session_id", "Groups executions").between(1, 500),
      field<&Execution::input_data>("input_data", "What it was given: any JSON").any_json(),
      field<&Execution::output_data>("output_data", "What it gave: any JSON").any_json(),
      field<&Execution::status>("status", "running, or how it ended"),
      field<&Execution::error_message>("error_message", "Why it failed").between(0, 1'000'000),
      field<&Execution::started_at>("started_at",
                                    "When it started; default the time in the id, else now"),
      field<&Execution::completed_at>("completed_at", "When it ended; up to 24 h ahead"),
      field<&Execution::duration_ms>("duration_ms",
                                     "How long it took; default completed_at - started_at")
          .between(0, duration_max_ms),
      field<&Execution::metrics>("metrics", "What it cost").of(metrics_shape),
      field<&Execution::created_at>("created_at", "When it was recorded").read_only(),
      field<&Execution::updated_at>("updated_at", "When it was last changed").read_only(),
      field<&Execution::version>("version",
                                 "Counts its changes, from 1; the first part of its ETag")
          .read_only(),
      embedded(subject_name, "The name of what was executed, where the reader may see it"),
      embedded_flag("cost_is_estimated",
                    "There, and true, where cost_usd was not given but estimated by a price"),
      field<&Execution::execution_context>("execution_context",
                                           "Whatever the platform keeps with it")
          .heavy(),
      field<&Execution::steps>("steps", "What it did, in order")
          .between(0, 10'000)
          .of(step_shape)
          .heavy(),
  };
}

constexpr auto agent_execution_fields =
    execution_fields("agent_id", "The agent that was executed", "agent_name");
constexpr auto workflow_execution_fields =
    execution_fields("workflow_id", "The workflow that was executed", "workflow_name");

constexpr auto event_fields(std::string_view subject, std::string_view subject_help) {
  return std::array{
      field<&Execution::id>("id", "The execution"),
      field<&Execution::subject_id>(subject, subject_help),
      field<&Execution::session_id>("session_id", "Its session"),
      field<&Execution::status>("status", "running, or how it ended"),
      field<&Execution::started_at>("started_at", "When it started"),
      field<&Execution::completed_at>("completed_at", "When it ended"),
      field<&Execution::duration_ms>("duration_ms", "How long it took"),
  };
}

constexpr auto agent_event_fields = event_fields("agent_id", "The agent that is executed");
constexpr auto workflow_event_fields = event_fields("workflow_id", "The workflow that is executed");

}  // namespace

const Shape metrics_shape{"Metrics", metrics_fields, make_record<Metrics>};
const Shape step_shape{"Step", step_fields, make_record<Step>};
const Shape agent_execution_shape{"Execution", agent_execution_fields, make_record<Execution>};
const Shape workflow_execution_shape{"WorkflowExecution", workflow_execution_fields,
                                     make_record<Execution>};
const Shape agent_execution_event_shape{"ExecutionEvent", agent_event_fields,
                                        make_record<Execution>};
const Shape workflow_execution_event_shape{"WorkflowExecutionEvent", workflow_event_fields,
                                           make_record<Execution>};

}  // namespace onggi::model
