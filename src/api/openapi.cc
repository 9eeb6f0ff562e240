// The OpenAPI 3.1 document, derived from the endpoints and the field lists.
#include <map>
#include <set>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "api/endpoint.h"
#include "api/query.h"
#include "base/version.h"
#include "model/definitions.h"
#include "model/encode.h"
#include "model/execution.h"
#include "model/graph.h"
#include "model/job.h"

namespace onggi::api {
namespace {

using json::Array;
using json::Object;
using json::Value;
using model::Field;
using model::Shape;
using model::Type;

Value reference(std::string_view name) {
  return Object{{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

Value array_of(Value items) {
  return Object{{"type", "array"}, {"items", std::move(items)}};
}

Array strings(std::span<const std::string_view> names) {
  Array array;
  for (const std::string_view name : names) array.emplace_back(name);
  return array;
}

class Components {
 public:
  // The component for a shape as answers show it, or as requests send it.
  Value of(const Shape& shape, bool is_input) {
    const std::string name =
        fmt::format("{}{}", shape.name, is_input && needs_input(shape) ? "Input" : "");
    if (schemas_.emplace(name, nullptr).second) {
      Value schema = object(shape, is_input && needs_input(shape));
      schemas_[name] = std::move(schema);
    }
    return reference(name);
  }

  void add(std::string_view name, Value schema) { schemas_[std::string(name)] = std::move(schema); }

  Object take() {
    Object schemas;
    for (auto& [name, schema] : schemas_) schemas[name] = std::move(schema);
    return schemas;
  }

 private:
  // Shapes without read-only, write-only or embedded fields look the same both ways.
  static bool needs_input(const Shape& shape) {
    for (const Field& field : shape.fields) {
      if (field.is_read_only || field.is_write_only || field.is_required ||
          field.type == Type::embedded)
        return true;
      if (field.shape != nullptr && needs_input(*field.shape)) return true;
    }
    return false;
  }

  Value object(const Shape& shape, bool is_input) {
    Object properties;
    Array required;
    const Value defaults = json::parse_stored(model::to_json(shape, *shape.make()));
    for (const Field& field : shape.fields) {
      if (is_input ? field.is_read_only : field.is_write_only) continue;
      properties[field.name] = property(field, is_input, defaults);
      if (is_input && field.is_required) required.emplace_back(field.name);
    }
    Object schema{
        {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    return schema;
  }

  Value property(const Field& field, bool is_input, const Value& defaults) {
    Object schema = bare(field, is_input);
    schema["description"] = field.help;
    if (field.is_read_only) schema["readOnly"] = true;
    if (field.is_write_only) schema["writeOnly"] = true;
    if (!field.pattern.empty()) schema["pattern"] = field.pattern;
    const bool takes_null = field.nullable || (is_input && !field.is_required);
    if (takes_null && schema.contains("type")) schema["type"] = Array{schema["type"], "null"};
    if (takes_null && schema.contains("enum")) schema["enum"].get_array().emplace_back(nullptr);
    const bool has_default = is_input && !field.is_required && !field.is_write_only &&
                             field.type != Type::record && field.name != "id" &&
                             field.type != Type::uuid;
    if (has_default) schema["default"] = defaults.at(field.name);
    return schema;
  }

  Object bare(const Field& field, bool is_input) {
    switch (field.type) {
      case Type::text:
        return text(field);
      case Type::integer:
        return with_bounds({{"type", "integer"}, {"format", "int64"}}, field, "minimum", "maximum");
      case Type::boolean:
        return {{"type", "boolean"}};
      case Type::uuid:
        return {{"type", "string"}, {"format", "uuid"}};
      case Type::time:
        return {{"type", "string"}, {"format", "date-time"}};
      case Type::money:
        return with_bounds({{"type", "number"}}, field, "minimum", "maximum");
      case Type::choice:
        return {{"type", "string"}, {"enum", strings(field.names)}};
      case Type::object:
        return {{"type", "object"}};
      case Type::any:
        return {};
      case Type::numbers:
        return with_bounds({{"type", "array"}, {"items", Object{{"type", "number"}}}}, field,
                           "minItems", "maxItems");
      case Type::record:
        return is_input ? nullable(of(*field.shape, true)) : of(*field.shape, false).get_object();
      case Type::list:
        return with_bounds({{"type", "array"}, {"items", of(*field.shape, is_input)}}, field,
                           "minItems", "maxItems");
      case Type::embedded:
        if (field.embeds_flag) return {{"type", "boolean"}};
        return shown(field);
    }
    return {};
  }

  static Object nullable(Value schema) {
    return {{"oneOf", Array{std::move(schema), Object{{"type", "null"}}}}};
  }

  static Object text(const Field& field) {
    return with_bounds({{"type", "string"}}, field, "minLength", "maxLength");
  }

  static Object with_bounds(Object schema, const Field& field, std::string_view low,
                            std::string_view high) {
    if (field.min != std::numeric_limits<std::int64_t>::min() && field.min != 0)
      schema[low] = field.min;
    if (field.min == 0 && low == "minimum") schema[low] = 0;
    if (field.max != std::numeric_limits<std::int64_t>::max()) schema[high] = field.max;
    return schema;
  }

  // What is put beside a record's own data at read.
  Object shown(const Field& field) {
    if (field.name == "latest_version")
      return {{"type", "object"},
              {"properties",
               Object{{"version", Object{{"type", "integer"}}},
                      {"created_at", Object{{"type", "string"}, {"format", "date-time"}}}}}};
    if (field.shape == nullptr) return {{"type", Array{"string", "null"}}};
    if (field.embeds_list) return array_of(of(*field.shape, false)).get_object();
    Value inner = of(*field.shape, false);
    return field.nullable ? nullable(std::move(inner)) : inner.get_object();
  }

  std::map<std::string, Value> schemas_;
};

Object parameter(std::string_view name, std::string_view in, bool required, std::string_view help,
                 Value schema) {
  return {{"name", name},
          {"in", in},
          {"required", required},
          {"description", help},
          {"schema", std::move(schema)}};
}

Object query_schema(const Parameter& p) {
  switch (p.type) {
    case Type::integer:
      return {{"type", "integer"}, {"minimum", p.min}, {"maximum", p.max}};
    case Type::boolean:
      return {{"type", "boolean"}};
    case Type::uuid:
      return {{"type", "string"}, {"format", "uuid"}};
    case Type::time:
      return {{"type", "string"}, {"format", "date-time"}};
    case Type::choice:
      return {{"type", "string"}, {"enum", strings(p.names)}};
    default:
      return {{"type", "string"}};
  }
}

Object containment(const Parameter& p) {
  return {{"name", p.name},
          {"in", "query"},
          {"required", false},
          {"description",
           fmt::format("{}, by the rules of PostgreSQL's @>. ?{}.key=value is short for one "
                       "value (JSON if it parses as JSON, else a string); keys may be nested.",
                       p.help, p.name)},
          {"content", Object{{"application/json", Object{{"schema", Object{}}}}}}};
}

Array parameters_of(const Endpoint& endpoint) {
  Array all;
  const std::string_view path = endpoint.path;
  for (std::size_t at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    const std::string_view name = path.substr(at + 1, path.find('}', at) - at - 1);
    Object schema = name == "tool_id" || name == "job_id" ? Object{{"type", "string"}}
                    : name == "version"                   ? Object{{"type", "integer"}}
                                        : Object{{"type", "string"}, {"format", "uuid"}};
    all.push_back(parameter(name, "path", true,
                            name == "version" ? "Number of the version" : "Its id",
                            std::move(schema)));
  }
  for (const Parameter& p : endpoint.query)
    all.push_back(p.type == Type::any
                      ? containment(p)
                      : parameter(p.name, "query", p.is_required, p.help, query_schema(p)));
  if (endpoint.shows == Shows::list)
    for (const Parameter& p : list_parameters())
      all.push_back(parameter(p.name, "query", false, p.help, query_schema(p)));
  if (takes_user(endpoint)) {
    const Parameter& of = user_id_parameter(endpoint);
    all.push_back(parameter(of.name, "query", false, of.help, query_schema(of)));
  }
  if (endpoint.method == http::Method::post && endpoint.is_repeatable &&
      endpoint.access != Access::open)
    all.push_back(
        parameter("Idempotency-Key", "header", false,
                  "A repetition under the same key within 24 h gets the first answer again",
                  Object{{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}));
  if (endpoint.shows == Shows::events)
    all.push_back(parameter("Last-Event-ID", "header", false,
                            "The id of the last event that was seen: goes on behind it",
                            Object{{"type", "string"}}));
  if (endpoint.method == http::Method::put || endpoint.method == http::Method::patch ||
      endpoint.method == http::Method::del)
    all.push_back(
        parameter("If-Match", "header", false,
                  "ETag of the version that may be changed; its version alone is compared",
                  Object{{"type", "string"}}));
  return all;
}

Value content(std::string_view media_type, Value schema) {
  return Object{{media_type, Object{{"schema", std::move(schema)}}}};
}

// Any part of the input may be sent in a merge patch.
Value body_schema(const Endpoint& endpoint, Components& components) {
  if (endpoint.operation == "create_key") return reference("KeyInput");
  if (endpoint.operation == "import_agent") return reference("AgentExport");
  if (endpoint.operation == "clone_agent") return reference("CloneInput");
  if (endpoint.body == Body::empty)
    return Object{{"type", "object"}, {"additionalProperties", false}};
  if (endpoint.operation == "replace_prices") return reference("Prices");
  if (endpoint.body_shape == nullptr) return Object{{"type", "object"}};
  if (endpoint.body == Body::merge_patch)
    return Object{
        {"type", "object"},
        {"description", fmt::format("A merge patch (RFC 7396) of {}", endpoint.body_shape->name)}};
  return components.of(*endpoint.body_shape, true);
}

Object request_body(const Endpoint& endpoint, Components& components) {
  Value schema = body_schema(endpoint, components);
  Object types;
  if (endpoint.body == Body::one_or_many)
    schema = Object{{"oneOf", Array{schema, array_of(schema)}}};
  if (endpoint.body == Body::batch) {
    types["application/json"] =
        Object{{"schema", Object{{"type", "array"}, {"items", schema}, {"maxItems", 10'000}}}};
    types["application/x-ndjson"] = Object{{"schema", schema}};
  } else {
    types["application/json"] = Object{{"schema", schema}};
    if (endpoint.body == Body::merge_patch)
      types["application/merge-patch+json"] = Object{{"schema", schema}};
  }
  return {{"required", endpoint.body != Body::optional && endpoint.body != Body::empty},
          {"content", std::move(types)}};
}

// A list item: the shape without what a list leaves out.
Value item_schema(const Endpoint& endpoint, Components& components) {
  if (endpoint.operation == "list_keys") return reference("Key");
  if (endpoint.operation == "list_agent_versions") return reference("AgentVersion");
  return components.of(*endpoint.answer_shape, false);
}

Value list_schema(Value item) {
  return Object{{"type", "object"},
                {"required", Array{"items", "next_cursor"}},
                {"properties", Object{{"items", array_of(std::move(item))},
                                      {"next_cursor", Object{{"type", Array{"string", "null"}}}},
                                      {"total", Object{{"type", "integer"}}},
                                      {"total_is_capped", Object{{"type", "boolean"}}}}},
                {"additionalProperties", false}};
}

// What a search answers: an array, best first.
Value found_schema(Value item) {
  const Value score = Object{{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  return array_of(Object{{"type", "object"},
                         {"required", Array{"memory", "relevance_score", "snippet"}},
                         {"properties", Object{{"memory", std::move(item)},
                                               {"relevance_score", score},
                                               {"snippet", Object{{"type", "string"}}},
                                               {"explanation", Object{{"type", "object"}}}}},
                         {"additionalProperties", false}});
}

// A stream has no schema of its own; what stands behind each `data:` has.
Value event_stream_schema(Components& components) {
  components.of(model::agent_execution_event_shape, false);
  components.of(model::workflow_execution_event_shape, false);
  components.of(model::job_event_shape, false);
  return Object{
      {"type", "string"},
      {"description",
       "Events of the caller's own objects, each with an id. `execution.started` and "
       "`execution.finished`: data is an ExecutionEvent. `workflow_execution.started` and "
       "`workflow_execution.finished`: data is a WorkflowExecutionEvent. To admins "
       "`job.started` (of each attempt) and `job.finished`: data is a JobEvent. `reset`: data is a "
       "ResetEvent; events may have been missed between Last-Event-ID and now, so that lists are "
       "to be read again. Ids are opaque. A comment and an id without data keep a quiet stream "
       "alive every 15 seconds."}};
}

// As store/prices.cc reads and writes them.
Value prices_schema() {
  const Object name{{"type", "string"}, {"minLength", 1}, {"maxLength", 200}};
  const auto dollars = [](std::string_view of) {
    return Object{{"type", "number"},
                  {"minimum", 0},
                  {"maximum", 1'000'000},
                  {"description", fmt::format("US dollars per million {}", of)}};
  };
  const Object price{
      {"type", "object"},
      {"required",
       Array{"llm_provider", "llm_model", "prompt_usd_per_million", "completion_usd_per_million"}},
      {"properties", Object{{"llm_provider", name},
                            {"llm_model", name},
                            {"prompt_usd_per_million", dollars("tokens of prompts")},
                            {"completion_usd_per_million", dollars("tokens of completions")}}},
      {"additionalProperties", false}};
  return Object{
      {"type", "object"},
      {"required", Array{"prices"}},
      {"properties", Object{{"prices", Object{{"type", "array"},
                                              {"items", price},
                                              {"maxItems", 10'000},
                                              {"description", "One of each model, in order"}}}}},
      {"additionalProperties", false}};
}

Value readiness_schema() {
  Array words{"ready"};
  for (std::size_t i = 0; i < causes; ++i) words.emplace_back(to_string(static_cast<Cause>(i)));
  const Object part{{"type", "string"}, {"enum", words}};
  return Object{
      {"type", "object"},
      {"required", Array{"status", "parts"}},
      {"properties",
       Object{{"status", Object{{"type", "string"}, {"enum", Array{"ok", "unavailable"}}}},
              {"detail", Object{{"type", "string"}, {"description", "What is wrong, for people"}}},
              {"parts", Object{{"type", "object"},
                               {"description",
                                "Each part: ready, or why not. What is not looked at, since "
                                "the server is stopping, is left out"},
                               {"required", Array{"server"}},
                               {"properties", Object{{"server", part}, {"database", part}}},
                               {"additionalProperties", part}}}}},
      {"additionalProperties", false}};
}

Value answer_content(const Endpoint& endpoint, Components& components) {
  if (endpoint.operation == "get_metrics")
    return content("text/plain; version=0.0.4; charset=utf-8", Object{{"type", "string"}});
  if (endpoint.operation == "get_readiness")
    return content("application/json", reference("Readiness"));
  if (endpoint.operation == "create_key") return content("application/json", reference("NewKey"));
  if (endpoint.operation == "export_agent")
    return content("application/json", reference("AgentExport"));
  if (endpoint.operation == "get_scheduler_status")
    return content("application/json", reference("SchedulerStatus"));
  if (endpoint.operation == "get_prices" || endpoint.operation == "replace_prices")
    return content("application/json", reference("Prices"));
  switch (endpoint.shows) {
    case Shows::list:
      return content("application/json", list_schema(item_schema(endpoint, components)));
    case Shows::items:
      return content("application/json", reference("BatchAnswer"));
    case Shows::lines:
      return content("application/x-ndjson", components.of(*endpoint.answer_shape, false));
    case Shows::events:
      return content("text/event-stream", event_stream_schema(components));
    case Shows::found:
      return content("application/json", found_schema(item_schema(endpoint, components)));
    case Shows::object:
      break;
    default:
      return content("application/json", Object{{"type", "object"}});
  }
  Value shown = components.of(*endpoint.answer_shape, false);
  if (endpoint.body != Body::one_or_many) return content("application/json", std::move(shown));
  Value many = Object{{"type", "object"},
                      {"required", Array{"items"}},
                      {"properties", Object{{"items", array_of(shown)}}},
                      {"additionalProperties", false}};
  return content("application/json", Object{{"oneOf", Array{std::move(shown), std::move(many)}}});
}

Object responses(const Endpoint& endpoint, Components& components) {
  Object all;
  Object good{{"description", endpoint.summary}};
  if (endpoint.shows != Shows::nothing) good["content"] = answer_content(endpoint, components);
  const bool has_id = endpoint.body == Body::object || endpoint.operation == "create_memory";
  const bool creates = endpoint.status == 201 && endpoint.body_shape != nullptr && has_id;
  if (creates)
    all["200"] =
        Object{{"description", "The same was created before"}, {"content", good.at("content")}};
  const bool has_tag = endpoint.method == http::Method::get && endpoint.shows != Shows::lines &&
                       endpoint.shows != Shows::events;
  if (has_tag) all["304"] = Object{{"description", "As If-None-Match has it"}};
  if (endpoint.operation == "get_readiness")
    all["503"] = Object{{"description", "It cannot serve"}, {"content", good.at("content")}};
  all[std::to_string(endpoint.status)] = std::move(good);
  all["default"] = Object{{"description", "Problem details (RFC 9457)"},
                          {"content", content("application/problem+json", reference("Problem"))}};
  return all;
}

std::string_view tag_of(const Endpoint& endpoint) {
  if (endpoint.is_absolute) return "service";
  const std::string_view path = endpoint.path.substr(1);
  return path.substr(0, path.find('/'));
}

void add_components(Components& components) {
  const auto text = [] { return Value(Object{{"type", "string"}}); };
  const auto time = [] { return Value(Object{{"type", "string"}, {"format", "date-time"}}); };
  const auto id = [] { return Value(Object{{"type", "string"}, {"format", "uuid"}}); };
  const auto object = [](Object properties, Array required) {
    return Value(Object{{"type", "object"},
                        {"properties", std::move(properties)},
                        {"required", std::move(required)},
                        {"additionalProperties", false}});
  };
  Value complaint = object({{"field", text()}, {"message", text()}}, {"field", "message"});
  components.add("Problem", object({{"type", text()},
                                    {"title", text()},
                                    {"status", Object{{"type", "integer"}}},
                                    {"detail", text()},
                                    {"request_id", text()},
                                    {"errors", array_of(std::move(complaint))}},
                                   {"type", "title", "status", "detail"}));
  components.add(
      "KeyInput",
      object({{"name", Object{{"type", "string"}, {"minLength", 1}, {"maxLength", 200}}}},
             {"name"}));
  components.add("Key", object({{"id", id()}, {"name", text()}, {"created_at", time()}},
                               {"id", "name", "created_at"}));
  components.add("NewKey",
                 object({{"id", id()}, {"name", text()}, {"key", text()}, {"created_at", time()}},
                        {"id", "name", "key", "created_at"}));
  components.add("CloneInput", object({{"name", Object{{"type", Array{"string", "null"}}}}}, {}));
  Value content = components.of(model::agent_content_shape, false);
  components.add("AgentExport", object({{"format", Object{{"const", "onggi-agent"}}},
                                        {"format_version", Object{{"const", 1}}},
                                        {"agent", content}},
                                       {"format", "format_version", "agent"}));
  components.add(
      "AgentVersion",
      object({{"version", Object{{"type", "integer"}}}, {"created_at", time()}, {"agent", content}},
             {"version", "created_at", "agent"}));
  components.add("Readiness", readiness_schema());
  components.add("Prices", prices_schema());
  Value item = object(
      {{"status", Object{{"type", "integer"}}}, {"id", id()}, {"error", reference("Problem")}},
      {"status"});
  components.add(
      "ResetEvent",
      object(
          {{"reason", Object{{"type", "string"},
                             {"enum", Array{"expired", "restarted", "unknown"}},
                             {"description",
                              "expired: the id is older than what is kept; restarted: it is from "
                              "before the server's start; unknown: it is no id"}}},
           {"detail", text()}},
          {"reason", "detail"}));
  Value last_run =
      object({{"status", Object{{"type", "string"}, {"enum", Array{"completed", "failed"}}}},
              {"started_at", time()},
              {"duration_ms", Object{{"type", "integer"}}},
              {"result", Object{{"type", "object"}}},
              {"error", Object{{"type", Array{"string", "null"}}}}},
             {"status", "started_at", "duration_ms", "result", "error"});
  Value job = object(
      {{"id", text()},
       {"name", text()},
       {"next_run_time", Object{{"type", Array{"string", "null"}}, {"format", "date-time"}}},
       {"last_run", Object{{"oneOf", Array{std::move(last_run), Object{{"type", "null"}}}}}}},
      {"id", "name", "next_run_time", "last_run"});
  Value scheduler =
      object({{"running", Object{{"type", "boolean"}}}, {"jobs", array_of(std::move(job))}},
             {"running", "jobs"});
  components.add("SchedulerStatus",
                 object({{"success", Object{{"const", true}}}, {"scheduler", std::move(scheduler)}},
                        {"success", "scheduler"}));
  components.add("BatchAnswer", object({{"items", array_of(std::move(item))}}, {"items"}));
}

}  // namespace

std::string openapi_document() {
  Components components;
  add_components(components);
  Object paths;
  for (const Endpoint& endpoint : endpoints()) {
    const std::string path =
        (endpoint.is_absolute ? std::string() : std::string(prefix)) + std::string(endpoint.path);
    std::string method(http::to_string(endpoint.method));
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    Object operation{{"operationId", endpoint.operation},
                     {"summary", endpoint.summary},
                     {"tags", Array{tag_of(endpoint)}},
                     {"x-query-budget", endpoint.budget}};
    if (endpoint.access == Access::admin) operation["description"] = "For admins.";
    if (endpoint.access == Access::open) operation["security"] = Array();
    operation["parameters"] = parameters_of(endpoint);
    if (endpoint.body != Body::none) operation["requestBody"] = request_body(endpoint, components);
    operation["responses"] = responses(endpoint, components);
    if (!paths.contains(path)) paths[path] = Object();
    paths[path].get_object()[method] = std::move(operation);
  }
  Object document{{"openapi", "3.1.0"},
                  {"info", Object{{"title", "onggi"},
                                  {"version", version},
                                  {"summary", "The state server for AI agents"},
                                  {"license", Object{{"name", "Apache-2.0"}}}}},
                  {"security", Array{Object{{"key", Array()}}}},
                  {"paths", std::move(paths)}};
  document["components"] =
      Object{{"schemas", components.take()},
             {"securitySchemes", Object{{"key", Object{{"type", "http"}, {"scheme", "bearer"}}}}}};
  return boost::json::serialize(document);
}

}  // namespace onggi::api
