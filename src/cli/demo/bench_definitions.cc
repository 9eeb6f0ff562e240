#include "cli/demo/bench_definitions.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace onggi::cli::demo {
namespace {

constexpr std::size_t ollama_every = 100;
constexpr std::size_t private_every = 20;  // of the groups of `ollama_every`
constexpr std::size_t tools_every = 20;
constexpr std::size_t rare_every = 100;

struct Model {
  std::string_view provider;
  std::string_view name;
};
constexpr std::array<Model, 10> models{{{"openai", "gpt-4o"},
                                        {"anthropic", "claude-3-5-sonnet"},
                                        {"openai", "gpt-4o-mini"},
                                        {"google", "gemini-1.5-pro"},
                                        {"openai", "gpt-4o"},
                                        {"anthropic", "claude-3-5-haiku"},
                                        {"openai", "gpt-4o-mini"},
                                        {"upstage", "solar-pro"},
                                        {"google", "gemini-1.5-flash"},
                                        {"anthropic", "claude-3-5-sonnet"}}};
constexpr Model rare_model{"ollama", "llama3.1"};

constexpr std::array<std::string_view, 10> tools{
    "web_search", "vector_search", "sql_query",    "http_request", "code_interpreter",
    "summarize",  "send_email",    "order_status", "log_search",   "create_ticket"};
constexpr std::array<std::string_view, 8> fields{"Billing", "Logistics", "Research", "Support",
                                                 "Legal",   "Hiring",    "Security", "Sales"};
constexpr std::array<std::string_view, 6> duties{"assistant", "reviewer",   "analyst",
                                                 "writer",    "dispatcher", "summariser"};
constexpr std::array<std::string_view, 5> regions{"kr", "eu", "us-east", "us-west", "np"};

const Model& model_of(std::size_t agent) {
  return agent % ollama_every == 37 ? rare_model : models[agent % models.size()];
}

std::string_view field_of(std::size_t index) {
  return fields[index / 3 % fields.size()];
}
std::string_view duty_of(std::size_t index) {
  return duties[index / 5 % duties.size()];
}

json::Object configuration(std::size_t index) {
  const Model& model = model_of(index);
  return {{"llm_provider", model.provider},
          {"llm_model", model.name},
          {"temperature", static_cast<double>(index % 10) / 10},
          {"top_p", 0.95},
          {"max_tokens", 512 << (index % 4)},
          {"system_prompt",
           fmt::format(
               "You are the {} of the {} team. Answer in the language of the question, name the "
               "record that each figure comes from, and say so when the records do not hold "
               "the answer. Never promise a date or a price that is not written down.",
               duty_of(index), field_of(index))},
          {"retry",
           {{"attempts", 3}, {"backoff_ms", 250 * (1 + static_cast<std::int64_t>(index % 4))}}},
          {"memory", {{"window", 20}, {"summarise_after", 40}}},
          {"guardrails", {"pii", "no_legal_advice"}},
          {"tags",
           {field_of(index), regions[index % regions.size()], fmt::format("tier-{}", index % 3)}},
          {"region", regions[index % regions.size()]},
          {"response_format", {{"type", "json_object"}, {"strict", true}}},
          {"cost_center", fmt::format("CC-{:04}", index % 400)}};
}

json::Array tools_of(std::size_t agent) {
  json::Array links;
  if (agent % tools_every != 3) return links;
  for (const std::string_view tool : tools) {
    const auto order = static_cast<std::int64_t>(links.size());
    links.push_back(
        {{"tool_id", tool},
         {"order", order},
         {"configuration", {{"timeout_ms", 5'000 + 500 * order}, {"max_results", 10}}}});
  }
  return links;
}

constexpr std::size_t node_count = 50;
constexpr std::size_t edge_count = 60;
constexpr std::size_t agent_every = 5;  // nodes
constexpr std::size_t columns = 10;

std::string node_id(std::size_t node) {
  return fmt::format("n{}", node + 1);
}

std::string_view type_of(std::size_t workflow, std::size_t node) {
  if (workflow % rare_every == 41 && node == 23) return "rare_review";
  if (node == 0) return "start";
  if (node + 1 == node_count) return "end";
  if (node % agent_every == 2) return "agent";
  constexpr std::array<std::string_view, 4> others{"llm", "tool", "condition", "transform"};
  return others[node % others.size()];
}

json::Object node_of(std::size_t workflow, std::size_t node,
                     const std::vector<std::string>& agents) {
  const std::string_view type = type_of(workflow, node);
  json::Object data{{"label", fmt::format("{} {}", type, node + 1)},
                    {"timeout_ms", 30'000 + 100 * static_cast<int>(node)}};
  if (type == "agent")
    data["agent_id"] = agents[(workflow * columns + node / agent_every) % agents.size()];
  else if (type == "llm")
    data["prompt"] = fmt::format("Summarise {{{{n{}.output}}}} in three sentences", node);
  else if (type == "tool")
    data["tool_id"] = tools[node % tools.size()];
  return {{"id", node_id(node)},
          {"type", type},
          {"position",
           {{"x", 260 * static_cast<int>(node / columns)},
            {"y", 120 * static_cast<int>(node % columns)}}},
          {"data", std::move(data)}};
}

// A chain through all nodes, and what is left as shortcuts over a few of them.
json::Object edge_of(std::size_t edge) {
  const bool is_shortcut = edge + 1 >= node_count;
  const std::size_t source = is_shortcut ? 4 * (edge + 1 - node_count) : edge;
  const std::size_t target = source + (is_shortcut ? 3 : 1);
  return {{"id", fmt::format("e{}", edge + 1)},
          {"source", node_id(source)},
          {"target", node_id(target)},
          {"sourceHandle", is_shortcut ? "no" : "out"},
          {"targetHandle", "in"}};
}

}  // namespace

json::Object bench_user(std::size_t index) {
  return {{"name", fmt::format("bench-{:03}", index + 1)}};
}

std::size_t owner_of_agent(std::size_t index) {
  return (index + index / bench_users) % bench_users;
}

bool is_private_agent(std::size_t index) {
  return index / ollama_every % private_every == 7;
}

json::Object bench_agent(std::size_t index) {
  const Model& model = model_of(index);
  return {{"name", fmt::format("{} {} {}", field_of(index), duty_of(index), index + 1)},
          {"description", fmt::format("Works for the {} team", field_of(index))},
          {"llm_provider", model.provider},
          {"llm_model", model.name},
          {"configuration", configuration(index)},
          {"is_public", !is_private_agent(index)},
          {"tools", tools_of(index)}};
}

std::size_t owner_of_workflow(std::size_t index) {
  return index % bench_users;
}

json::Object bench_workflow(std::size_t index, const std::vector<std::string>& agents) {
  json::Array nodes;
  for (std::size_t node = 0; node < node_count; ++node)
    nodes.push_back(node_of(index, node, agents));
  json::Array edges;
  for (std::size_t edge = 0; edge < edge_count; ++edge) edges.push_back(edge_of(edge));
  return {{"name", fmt::format("{} flow {}", field_of(index), index + 1)},
          {"description", fmt::format("What the {} team does in one go", field_of(index))},
          {"is_public", true},
          {"graph_definition",
           {{"nodes", std::move(nodes)},
            {"edges", std::move(edges)},
            {"viewport", {{"x", 0}, {"y", 0}, {"zoom", 0.75}}}}}};
}

}  // namespace onggi::cli::demo
