// What an execution derives and what it refuses: everything that needs no database.
#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "model/decode.h"
#include "store/executions.h"

namespace onggi::store {
namespace {

using model::Execution;
using model::Status;

void sort_steps(Execution& execution, Time now) {
  for (model::Step& step : execution.steps)
    if (!step.timestamp) step.timestamp = now;
  std::ranges::sort(execution.steps, {}, &model::Step::step_number);
}

Result<void> check_step_numbers(const std::vector<model::Step>& steps, const std::string& pointer) {
  std::unordered_set<std::int64_t> seen;
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (!seen.insert(steps[i].step_number).second)
      return invalid(fmt::format("{}/{}/step_number", pointer, i), "stands twice");
  return {};
}

// When a finished execution ended and how long it took, from whichever of the two is given.
Result<void> derive_end(Execution& execution, Time now, const std::string& pointer) {
  if (execution.status == Status::running) {
    if (execution.completed_at)
      return invalid(pointer + "/completed_at",
                     "a running execution has not ended; send a status as well");
    if (execution.duration_ms)
      return invalid(pointer + "/duration_ms",
                     "a running execution has not ended; send a status as well");
    return {};
  }
  const Time started = *execution.started_at;
  if (!execution.completed_at && execution.duration_ms)
    execution.completed_at = Time{started.ms + *execution.duration_ms};
  if (!execution.completed_at) {
    execution.completed_at = std::max(now, started);
    execution.given.completed_at = true;  // the time of arrival does not come again
  }
  if (*execution.completed_at < started)
    return invalid(pointer + "/completed_at", "lies before started_at");
  if (execution.completed_at->ms > now.ms + ahead_max_ms)
    return invalid(pointer + "/completed_at", "lies more than 24 hours ahead");
  if (!execution.duration_ms) execution.duration_ms = execution.completed_at->ms - started.ms;
  return {};
}

}  // namespace

Result<void> Executions::check_start(const Execution& execution, Time now,
                                     const std::string& pointer) const {
  const Time started = *execution.started_at;
  if (std::abs(execution.id.time().ms - started.ms) > id_drift_max_ms)
    return invalid(pointer + "/started_at",
                   "lies more than 24 hours from the time that the id carries");
  if (started.ms > now.ms + ahead_max_ms)
    return invalid(pointer + "/started_at", "lies more than 24 hours ahead");
  if (rules_.retention_days != 0 && started.ms < now.ms - rules_.retention_days * day_ms)
    return invalid(pointer + "/started_at",
                   fmt::format("lies before the {} days for which executions are kept",
                               rules_.retention_days));
  return {};
}

Result<void> Executions::derive(Execution& execution, Time now, const std::string& pointer) const {
  auto ended = derive_end(execution, now, pointer);
  if (!ended) return ended;
  model::Metrics& metrics = execution.metrics;
  if (!metrics.llm_total_tokens)
    metrics.llm_total_tokens = metrics.llm_prompt_tokens + metrics.llm_completion_tokens;
  auto numbers = check_step_numbers(execution.steps, pointer + "/steps");
  if (!numbers) return numbers;
  sort_steps(execution, now);
  return {};
}

namespace {

bool has_cost(const json::Value& body) {
  const json::Value* metrics = body.get_object().if_contains("metrics");
  if (metrics == nullptr || !metrics->is_object()) return false;
  const json::Value* cost = metrics->get_object().if_contains("cost_usd");
  return cost != nullptr && !cost->is_null();
}

}  // namespace

Result<ExecutionDraft> Executions::draft(const json::Value& body, const Uuid& owner, Time now,
                                         std::string pointer) const {
  ExecutionDraft draft{std::make_shared<Execution>(), std::nullopt};
  Execution& execution = *draft.record;
  auto decoded = model::decode(shape_, body, execution, model::Source::creation, pointer);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  const json::Value* id = body.get_object().if_contains("id");
  if (id != nullptr && !id->is_null()) {
    if (execution.id.version() != 7) return invalid(pointer + "/id", "must be a UUID of version 7");
    draft.request_hash = request_hash(body);
    if (!execution.started_at) execution.started_at = execution.id.time();
  } else {
    if (!execution.started_at) execution.started_at = now;
    execution.id = Uuid::v7(*execution.started_at);
  }
  auto started = check_start(execution, now, pointer);
  if (!started) return std::unexpected(std::move(started.error()));
  execution.given = {execution.completed_at.has_value(), execution.duration_ms.has_value(),
                     execution.metrics.llm_total_tokens.has_value(), has_cost(body)};
  auto derived = derive(execution, now, pointer);
  if (!derived) return std::unexpected(std::move(derived.error()));
  execution.user_id = owner;
  execution.created_at = now;
  execution.updated_at = now;
  return draft;
}

Result<void> Executions::correct(const Execution& before, Execution& after, Time now) const {
  if (before.status != Status::running && after.status == Status::running)
    return fail(Code::conflict, "A finished execution cannot run again.");
  if (after.started_at != before.started_at) {
    auto started = check_start(after, now, {});
    if (!started) return started;
  }
  return derive(after, now, {});
}

bool is_estimated_anew(const Execution& before, const Execution& after) {
  if (after.given.cost_usd) return false;
  const model::Metrics& had = before.metrics;
  const model::Metrics& has = after.metrics;
  // The cost differs where it, or an estimate, was taken back.
  return before.given.cost_usd || before.subject_id != after.subject_id ||
         had.llm_prompt_tokens != has.llm_prompt_tokens ||
         had.llm_completion_tokens != has.llm_completion_tokens || had.cost_usd != has.cost_usd;
}

model::Given forget_derived(json::Value& present, const json::Value& patch, model::Given given) {
  json::Object& shown = present.get_object();
  const auto note = [](json::Object& where, const json::Object& sent, std::string_view name,
                       bool& is_given) {
    const json::Value* value = sent.if_contains(name);
    if (value != nullptr) is_given = !value->is_null();
    if (!is_given) where[name] = nullptr;
  };
  note(shown, patch.get_object(), "completed_at", given.completed_at);
  note(shown, patch.get_object(), "duration_ms", given.duration_ms);
  const json::Value* metrics = patch.get_object().if_contains("metrics");
  const json::Object none;
  const bool sends_metrics = metrics != nullptr && metrics->is_object();
  if (metrics != nullptr && metrics->is_null()) given.llm_total_tokens = given.cost_usd = false;
  note(shown.at("metrics").get_object(), sends_metrics ? metrics->get_object() : none,
       "llm_total_tokens", given.llm_total_tokens);
  // An estimate stays until there is another, or the cost is given.
  const json::Value* cost = sends_metrics ? metrics->get_object().if_contains("cost_usd") : nullptr;
  if (cost != nullptr) given.cost_usd = !cost->is_null();
  return given;
}

Result<std::vector<model::Step>> draft_steps(const json::Value& body, Time now) {
  const json::Array* many = body.if_array();
  const std::size_t count = many != nullptr ? many->size() : 1;
  if (count > static_cast<std::size_t>(steps_at_once_max))
    return invalid("", fmt::format("must have at most {} entries", steps_at_once_max));
  std::vector<model::Step> steps(count);
  model::FieldErrors errors;
  for (std::size_t i = 0; i < count; ++i) {
    std::string pointer = many != nullptr ? fmt::format("/{}", i) : std::string();
    model::decode(model::step_shape, many != nullptr ? (*many)[i] : body, steps[i],
                  model::Source::creation, pointer, errors);
  }
  if (!errors.empty()) return std::unexpected(model::invalid(std::move(errors)));
  auto numbers = check_step_numbers(steps, "");
  if (!numbers) return std::unexpected(std::move(numbers.error()));
  for (model::Step& step : steps)
    if (!step.timestamp) step.timestamp = now;
  return steps;
}

}  // namespace onggi::store
