// Bodies of creations: JSON into records, as the stores take them. The first byte picks the kind.
#include <memory>

#include "api/agent_export.h"
#include "model/decode.h"
#include "model/encode.h"
#include "store/stores.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

constexpr Time now{1'795'312'800'000};  // 2026-11-22T02:00:00Z
const Uuid owner = *Uuid::parse("0193f000-0000-7000-8000-000000000001");

const store::Stores& stores() {
  static const store::Stores all{store::ExecutionRules{}};
  return all;
}

// What holds for a record that was taken: its document leads back to it, and can be sent again.
void check_record(const model::Shape& shape, model::Record& record) {
  const std::string text = model::to_json(shape, record);
  const Result<json::Value> document = json::parse(text, {}, json::max_enclosed_depth);
  hold(document.has_value(), "a record is written as JSON");
  const std::shared_ptr<model::Record> stored = shape.make();
  model::decode_stored(shape, *document, *stored);
  hold(model::to_json(shape, *stored) == text, "what was stored comes back");
  const std::shared_ptr<model::Record> sent = shape.make();
  hold(model::decode(shape, *document, *sent, model::Source::change).has_value(),
       "what is shown can be sent back");
  std::string item = "{";
  model::append_members(shape, record, model::View::item, item);
  std::string heavy = "{";
  model::append_members(shape, record, model::View::heavy, heavy);
  hold(json::parse(item + "}").has_value(), "an item of a list is JSON");
  hold(json::parse(heavy + "}", {}, json::max_enclosed_depth).has_value(), "its rest is JSON");
}

void try_definition(const store::Definitions& definitions, const json::Value& body) {
  const Result<store::Draft> draft = definitions.draft(body, owner, now);
  if (!draft) return check_refusal_of(body, draft.error());
  check_record(definitions.shape(), *draft->record);
}

void try_execution(const store::Executions& executions, const json::Value& body) {
  const Result<store::ExecutionDraft> draft = executions.draft(body, owner, now);
  if (!draft) return check_refusal_of(body, draft.error());
  const model::Execution& execution = *draft->record;
  check_record(executions.shape(), *draft->record);
  hold(execution.started_at.has_value(), "every execution has started");
  hold(execution.metrics.llm_total_tokens.has_value(), "its tokens are counted");
  const bool has_ended = execution.status != model::Status::running;
  hold(execution.completed_at.has_value() == has_ended, "a finished one alone has ended");
  hold(execution.duration_ms.has_value() == has_ended, "and took its time");
}

void try_steps(const json::Value& body) {
  Result<std::vector<model::Step>> steps = store::draft_steps(body, now);
  if (!steps) return check_refusal_of(body, steps.error());
  for (model::Step& step : *steps) {
    hold(step.timestamp.has_value(), "every step has a time");
    check_record(model::step_shape, step);
  }
}

void try_import(const json::Value& body) {
  const Result<json::Value> content = api::read_agent_export(body);
  if (!content) return check_refusal_of(body, content.error());
  try_definition(stores().agents, *content);
}

}  // namespace

void try_input(std::string_view input) {
  const std::size_t kind = choose(input, 10);
  const Result<json::Value> body = json::parse(input);
  if (!body) return;
  const store::Definitions* const definitions[] = {&stores().users,          &stores().tools,
                                                   &stores().knowledgebases, &stores().blocks,
                                                   &stores().agents,         &stores().workflows};
  if (kind < std::size(definitions)) return try_definition(*definitions[kind], *body);
  if (kind == 6) return try_execution(stores().agent_executions, *body);
  if (kind == 7) return try_execution(stores().workflow_executions, *body);
  if (kind == 8) return try_steps(*body);
  try_import(*body);
}

}  // namespace onggi::fuzz
