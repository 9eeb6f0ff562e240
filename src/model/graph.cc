#include "model/graph.h"

#include <cstring>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "base/utf8.h"
#include "model/decode.h"
#include "model/encode.h"

namespace onggi::model {
namespace {

class Anatomist {
 public:
  Anatomist(const json::Value& definition, std::string pointer)
      : definition_(definition), pointer_(std::move(pointer)) {}

  Result<Graph> run(std::string_view canonical) {
    take_list("nodes", nodes_max, [this](const json::Object& node) { take_node(node); });
    if (errors_.empty()) check_parents();
    if (errors_.empty())
      take_list("edges", edges_max, [this](const json::Object& edge) { take_edge(edge); });
    if (!errors_.empty()) return std::unexpected(invalid(std::move(errors_)));
    render(canonical);
    return std::move(graph_);
  }

 private:
  template <class Take>
  void take_list(std::string_view name, std::size_t max, Take take) {
    const json::Value* value = definition_.get_object().if_contains(name);
    if (value == nullptr) return;
    const std::size_t size = pointer_.size();
    json::append_pointer(pointer_, name);
    const json::Array* list = value->if_array();
    if (list == nullptr)
      complain("must be an array");
    else if (list->size() > max)
      complain(fmt::format("must have at most {} entries", max));
    else
      take_entries(*list, take);
    pointer_.resize(size);
  }

  template <class Take>
  void take_entries(const json::Array& list, Take take) {
    for (std::size_t i = 0; i < list.size() && errors_.size() < max_field_errors; ++i) {
      const std::size_t size = pointer_.size();
      json::append_pointer(pointer_, i);
      if (const json::Object* object = list[i].if_object())
        take(*object);
      else
        complain("must be an object");
      pointer_.resize(size);
    }
  }

  void take_node(const json::Object& object) {
    WorkflowNode& node = graph_.nodes.emplace_back();
    node.id = text(object, "id", true).value_or("");
    node.type = text(object, "type", false);
    node.position = document(object, "position", node.position);
    node.data = document(object, "data", node.data);
    node.parent_id = text(object, "parentId", false);
    if (!node.parent_id) node.parent_id = text(object, "parentNode", false);
    if (!node_index_.emplace(node.id, graph_.nodes.size() - 1).second)
      complain_at("id", fmt::format("'{}' is the id of more than one node", brief(node.id)));
    const json::Value* data = object.if_contains("data");
    if (data == nullptr || !data->is_object()) return;
    const std::size_t size = pointer_.size();
    json::append_pointer(pointer_, "data");
    node.agent_id = reference(data->get_object(), "agent_id", true);
    node.block_id = reference(data->get_object(), "block_id", false);
    pointer_.resize(size);
  }

  std::optional<Uuid> reference(const json::Object& data, std::string_view name, bool to_agent) {
    const json::Value* value = data.if_contains(name);
    if (value == nullptr || value->is_null()) return {};
    const auto id = value->is_string() ? Uuid::parse(value->get_string()) : std::nullopt;
    if (!id) {
      complain_at(name, "must be the id of an agent or block that you can see");
      return {};
    }
    const auto [at, is_new] =
        reference_index_.emplace(std::pair(to_agent, *id), graph_.references.size());
    if (is_new) {
      Reference& made = graph_.references.emplace_back();
      (to_agent ? made.agent_id : made.block_id) = *id;
      made.pointer = pointer_;
      json::append_pointer(made.pointer, name);
    }
    return id;
  }

  void take_edge(const json::Object& object) {
    WorkflowEdge& edge = graph_.edges.emplace_back();
    edge.id = text(object, "id", true).value_or("");
    edge.source = text(object, "source", true).value_or("");
    edge.target = text(object, "target", true).value_or("");
    edge.source_handle = text(object, "sourceHandle", false);
    edge.target_handle = text(object, "targetHandle", false);
    edge.data = document(object, "data", edge.data);
    if (!edge_ids_.emplace(edge.id, true).second)
      complain_at("id", fmt::format("'{}' is the id of more than one edge", brief(edge.id)));
    check_end("source", edge.source, edge.id);
    check_end("target", edge.target, edge.id);
  }

  void check_end(std::string_view name, const std::string& node, const std::string& edge) {
    if (!node_index_.contains(node))
      complain_at(name, fmt::format("edge '{}' leads to a node '{}' that is not there", brief(edge),
                                    brief(node)));
  }

  // Every parent is there, and no node lies in itself. Each node is walked over once: marks tell
  // the walk that met it.
  void check_parents() {
    std::vector<std::size_t> mark(graph_.nodes.size(), 0);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (std::size_t at = i; mark[at] == 0 && graph_.nodes[at].parent_id;) {
        mark[at] = i + 1;
        const auto parent = node_index_.find(*graph_.nodes[at].parent_id);
        if (parent == node_index_.end()) {
          complain_of_node(
              at, fmt::format("node '{}' lies in a node '{}' that is not there",
                              brief(graph_.nodes[at].id), brief(*graph_.nodes[at].parent_id)));
          break;
        }
        at = parent->second;
        if (mark[at] == i + 1)
          complain_of_node(at, fmt::format("node '{}' lies in itself", brief(graph_.nodes[at].id)));
      }
    }
  }

  void complain_of_node(std::size_t index, std::string message) {
    if (errors_.size() < max_field_errors)
      errors_.push_back({fmt::format("{}/nodes/{}", pointer_, index), std::move(message)});
  }

  std::optional<std::string> text(const json::Object& object, std::string_view name,
                                  bool required) {
    const json::Value* value = object.if_contains(name);
    if (value == nullptr || value->is_null()) {
      if (required) complain_at(name, "is required");
      return {};
    }
    if (!value->is_string()) {
      complain_at(name, "must be a string");
      return {};
    }
    if (required && value->get_string().empty()) complain_at(name, "must not be empty");
    return std::string(value->get_string());
  }

  Document document(const json::Object& object, std::string_view name, const Document& otherwise) {
    const json::Value* value = object.if_contains(name);
    if (value == nullptr || value->is_null()) return otherwise;
    if (!value->is_object()) {
      complain_at(name, "must be an object");
      return otherwise;
    }
    return Document{json::canonical(*value)};
  }

  void render(std::string_view canonical) {
    std::string& page = graph_.page;
    page.reserve(canonical.size() * 2 + 64);
    page += "\"graph_definition\":";
    page += canonical;
    page += ",\"nodes\":[";
    for (WorkflowNode& node : graph_.nodes) {
      if (&node != graph_.nodes.data()) page += ',';
      page += '{';
      append_members(workflow_node_shape, node, View::whole, page);
      page += ",\"ref_name\":";
      if (node.agent_id)
        place(reference_index_.at({true, *node.agent_id}));
      else if (node.block_id)
        place(reference_index_.at({false, *node.block_id}));
      page += "null}";
    }
    page += "],\"edges\":[";
    for (WorkflowEdge& edge : graph_.edges) {
      if (&edge != graph_.edges.data()) page += ',';
      append_object(workflow_edge_shape, edge, page);
    }
    page += ']';
  }

  void place(std::size_t ordinal) {
    graph_.name_places.push_back(
        {static_cast<std::uint32_t>(graph_.page.size()), static_cast<std::uint32_t>(ordinal)});
  }

  static std::string_view brief(std::string_view id) { return start_of(id, 100); }

  void complain(std::string message) {
    if (errors_.size() < max_field_errors) errors_.push_back({pointer_, std::move(message)});
  }
  void complain_at(std::string_view name, std::string message) {
    const std::size_t size = pointer_.size();
    json::append_pointer(pointer_, name);
    complain(std::move(message));
    pointer_.resize(size);
  }

  const json::Value& definition_;
  std::string pointer_;
  Graph graph_;
  FieldErrors errors_;
  std::unordered_map<std::string, std::size_t> node_index_;
  std::unordered_map<std::string, bool> edge_ids_;
  std::map<std::pair<bool, Uuid>, std::size_t> reference_index_;  // (is an agent, id) to ordinal
};

void append_u32(std::uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::uint32_t read_u32(std::string_view packed, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::uint32_t{static_cast<std::uint8_t>(packed[at + i])} << (8 * i);
  return value;
}

}  // namespace

Result<Graph> take_apart(const json::Value& definition, std::string_view canonical,
                         std::string pointer) {
  return Anatomist(definition, std::move(pointer)).run(canonical);
}

std::string pack(const std::vector<NamePlace>& places) {
  std::string packed;
  packed.reserve(places.size() * 8);
  for (const NamePlace& place : places) {
    append_u32(place.offset, packed);
    append_u32(place.ordinal, packed);
  }
  return packed;
}

std::vector<NamePlace> unpack_name_places(std::string_view packed) {
  std::vector<NamePlace> places;
  places.reserve(packed.size() / 8);
  for (std::size_t at = 0; at + 8 <= packed.size(); at += 8)
    places.push_back({read_u32(packed, at), read_u32(packed, at + 4)});
  return places;
}

void append_with_names(std::string_view page, const std::vector<NamePlace>& places,
                       const std::vector<std::string>& names, std::string& out) {
  constexpr std::size_t null_size = 4;
  std::size_t done = 0;
  for (const NamePlace& place : places) {
    if (place.offset < done || place.offset + null_size > page.size() ||
        place.ordinal >= names.size())
      throw std::runtime_error("a stored workflow page does not fit its name_places");
    out += page.substr(done, place.offset - done);
    out += names[place.ordinal];
    done = place.offset + null_size;
  }
  out += page.substr(done);
}

}  // namespace onggi::model
