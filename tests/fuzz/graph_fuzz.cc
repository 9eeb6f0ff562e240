// A workflow's graph taken apart.
#include <map>
#include <set>

#include "model/graph.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

using json::Array;
using json::Object;
using json::Value;

const Value* member(const Object& object, std::string_view name) {
  const Value* value = object.if_contains(name);
  return value != nullptr && !value->is_null() ? value : nullptr;
}

bool is_text_or_absent(const Object& object, std::string_view name) {
  const Value* value = member(object, name);
  return value == nullptr || value->is_string();
}

bool is_object_or_absent(const Object& object, std::string_view name) {
  const Value* value = member(object, name);
  return value == nullptr || value->is_object();
}

bool is_id(const Object& object, std::string_view name) {
  const Value* value = member(object, name);
  return value != nullptr && value->is_string() && !value->get_string().empty();
}

bool is_uuid_or_absent(const Object& object, std::string_view name) {
  const Value* value = member(object, name);
  return value == nullptr || (value->is_string() && Uuid::parse(value->get_string()));
}

bool is_sound_node(const Value& value) {
  const Object* node = value.if_object();
  if (node == nullptr || !is_id(*node, "id") || !is_text_or_absent(*node, "type") ||
      !is_text_or_absent(*node, "parentId") || !is_object_or_absent(*node, "position") ||
      !is_object_or_absent(*node, "data"))
    return false;
  if (member(*node, "parentId") == nullptr && !is_text_or_absent(*node, "parentNode")) return false;
  const Value* data = member(*node, "data");
  return data == nullptr || (is_uuid_or_absent(data->get_object(), "agent_id") &&
                             is_uuid_or_absent(data->get_object(), "block_id"));
}

bool is_sound_edge(const Value& value) {
  const Object* edge = value.if_object();
  return edge != nullptr && is_id(*edge, "id") && is_id(*edge, "source") &&
         is_id(*edge, "target") && is_text_or_absent(*edge, "sourceHandle") &&
         is_text_or_absent(*edge, "targetHandle") && is_object_or_absent(*edge, "data");
}

std::string text_of(const Value& object, std::string_view name) {
  return std::string(object.at(name).get_string());
}

// Every node by its id, with the id of the node that it lies in, "" for none.
using Parents = std::map<std::string, std::string>;

bool read_nodes(const Array& nodes, Parents& parents) {
  for (const Value& node : nodes) {
    if (!is_sound_node(node)) return false;
    std::string parent;
    for (const std::string_view name : {"parentNode", "parentId"})
      if (const Value* value = member(node.get_object(), name); value && value->is_string())
        parent = value->get_string().empty() ? "?" : std::string(value->get_string());
    if (!parents.emplace(text_of(node, "id"), parent).second) return false;
  }
  return true;
}

bool ends_somewhere(const Parents& parents, std::string at) {
  for (std::size_t steps = 0; steps <= parents.size(); ++steps) {
    const auto found = parents.find(at);
    if (found == parents.end()) return false;
    if (found->second.empty()) return true;
    at = found->second;
  }
  return false;
}

// The promises of take_apart, checked by hand.
bool is_sound(const Object& definition) {
  static const Value nothing = Array();
  const Value* nodes = definition.if_contains("nodes");
  const Value* edges = definition.if_contains("edges");
  if (nodes == nullptr) nodes = &nothing;
  if (edges == nullptr) edges = &nothing;
  Parents parents;
  if (!nodes->is_array() || !edges->is_array() || !read_nodes(nodes->get_array(), parents))
    return false;
  for (const auto& [id, parent] : parents)
    if (!ends_somewhere(parents, id)) return false;
  std::set<std::string> ids;
  for (const Value& edge : edges->get_array())
    if (!is_sound_edge(edge) || !ids.insert(text_of(edge, "id")).second ||
        !parents.contains(text_of(edge, "source")) || !parents.contains(text_of(edge, "target")))
      return false;
  return true;
}

Value parsed(const std::string& text) {
  Result<Value> value = json::parse(text, {}, json::max_enclosed_depth);
  hold(value.has_value(), "a page is JSON");
  return std::move(*value);
}

void check_page(const Value& definition, const model::Graph& graph) {
  const auto places = model::unpack_name_places(model::pack(graph.name_places));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < graph.references.size(); ++i)
    names.push_back("\"name " + std::to_string(i) + "\"");
  std::string page;
  model::append_with_names(graph.page, places, names, page);
  const Value shown = parsed("{" + page + "}");
  hold(json::equal(shown.at("graph_definition"), definition), "the page shows the definition");
  const Array& nodes = shown.at("nodes").get_array();
  hold(nodes.size() == graph.nodes.size(), "the page shows every node");
  hold(shown.at("edges").get_array().size() == graph.edges.size(), "the page shows every edge");
  std::size_t named = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const model::WorkflowNode& node = graph.nodes[i];
    hold(nodes[i].at("id").get_string() == std::string_view(node.id), "nodes keep their order");
    const bool refers = node.agent_id || node.block_id;
    hold(nodes[i].at("ref_name").is_string() == refers, "a node that refers has a name");
    named += refers;
  }
  hold(named == places.size(), "there is a place for each name");
}

}  // namespace

void try_input(std::string_view input) {
  const Result<Value> definition = json::parse(input);
  if (!definition || !definition->is_object()) return;
  const Value body = Object{{"graph_definition", *definition}};
  const Result<model::Graph> graph =
      model::take_apart(*definition, json::canonical(*definition), "/graph_definition");
  hold(graph.has_value() == is_sound(definition->get_object()), "a sound graph alone is taken");
  if (!graph) return check_refusal_of(body, graph.error());
  check_page(*definition, *graph);
}

}  // namespace onggi::fuzz
