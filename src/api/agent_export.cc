#include "api/agent_export.h"

#include <fmt/format.h>

#include "model/encode.h"

namespace onggi::api {
namespace {

constexpr std::string_view export_format = "onggi-agent";
constexpr std::int64_t export_version = 1;

}  // namespace

std::string write_agent_export(model::Agent& agent) {
  return fmt::format("{{\"format\":\"{}\",\"format_version\":{},\"agent\":{}}}", export_format,
                     export_version, model::to_json(model::agent_content_shape, agent));
}

Result<json::Value> read_agent_export(const json::Value& body) {
  const json::Object* object = body.if_object();
  if (object == nullptr) return invalid("", "must be an object");
  for (const auto& [name, value] : *object)
    if (name != "format" && name != "format_version" && name != "agent")
      return invalid(json::pointer_to(name), "is not a field of an export");
  const json::Value* format = object->if_contains("format");
  if (format == nullptr || !json::equal(*format, json::Value(export_format)))
    return invalid("/format", "must be \"onggi-agent\"");
  const json::Value* version = object->if_contains("format_version");
  if (version == nullptr || !json::equal(*version, json::Value(export_version)))
    return invalid("/format_version", "must be 1");
  const json::Value* agent = object->if_contains("agent");
  if (agent == nullptr || !agent->is_object()) return invalid("/agent", "must be an object");
  if (agent->get_object().contains("id"))
    return invalid("/agent/id", "is not a field of AgentContent");
  return *agent;
}

}  // namespace onggi::api
