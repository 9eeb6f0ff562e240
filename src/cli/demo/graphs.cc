#include "cli/demo/graphs.h"

#include <vector>

#include <fmt/format.h>

namespace onggi::cli::demo {
namespace {

constexpr std::int64_t column_width = 260;
constexpr std::int64_t row_height = 120;

using Ends = std::vector<std::string>;  // ids of nodes

class Drawing {
 public:
  explicit Drawing(const References& references) : references_(references) {}

  void add_stage(const json::Object& stage);
  json::Object finish();

 private:
  std::string add_node(const json::Object& spec, std::string_view label_prefix, std::int64_t column,
                       std::int64_t row, const std::string& parent);
  std::string add_group(std::string_view label, std::int64_t row, const std::string& parent);
  void connect(const Ends& from, const std::string& to);
  // Gives the id of the last node.
  std::string add_chain(const json::Array& chain, std::string_view label_prefix, std::int64_t row,
                        const std::string& parent);
  json::Object data_of(const json::Object& spec, std::string_view label_prefix) const;

  const References& references_;
  json::Array nodes_;
  json::Array edges_;
  Ends ends_;
  std::int64_t column_ = 0;
};

std::string_view text_of(const json::Object& object, std::string_view member) {
  const json::Value* value = object.if_contains(member);
  if (value == nullptr) return {};
  return {value->as_string().data(), value->as_string().size()};
}

json::Object Drawing::data_of(const json::Object& spec, std::string_view label_prefix) const {
  json::Object data;
  for (const auto& [name, value] : spec) {
    if (name == "type") continue;
    if (name == "agent")
      data["agent_id"] = references_.agent(text_of(spec, "agent"));
    else if (name == "block")
      data["block_id"] = references_.block(text_of(spec, "block"));
    else
      data[name] = value;
  }
  if (!label_prefix.empty())
    data["label"] = fmt::format("{}: {}", label_prefix, text_of(spec, "label"));
  return data;
}

std::string Drawing::add_node(const json::Object& spec, std::string_view label_prefix,
                              std::int64_t column, std::int64_t row, const std::string& parent) {
  std::string id = fmt::format("{}_{}", text_of(spec, "type"), nodes_.size() + 1);
  json::Object node{{"id", id},
                    {"type", text_of(spec, "type")},
                    {"position", {{"x", column * column_width}, {"y", row * row_height}}},
                    {"data", data_of(spec, label_prefix)}};
  if (!parent.empty()) {
    node["parentId"] = parent;
    node["extent"] = "parent";
  }
  nodes_.emplace_back(std::move(node));
  return id;
}

std::string Drawing::add_group(std::string_view label, std::int64_t row,
                               const std::string& parent) {
  return add_node({{"type", "group"}, {"label", label}}, "", column_, row, parent);
}

void Drawing::connect(const Ends& from, const std::string& to) {
  for (const std::string& source : from) {
    json::Object edge{{"id", fmt::format("{}-{}", source, to)},
                      {"source", source},
                      {"target", to},
                      {"targetHandle", "in"},
                      {"data", json::Object{}}};
    if (source.starts_with("condition"))
      edge["sourceHandle"] = edges_.size() % 2 == 0 ? "yes" : "no";
    edges_.emplace_back(std::move(edge));
  }
}

std::string Drawing::add_chain(const json::Array& chain, std::string_view label_prefix,
                               std::int64_t row, const std::string& parent) {
  Ends before = ends_;
  std::int64_t column = column_;
  for (const json::Value& spec : chain) {
    const std::string id = add_node(spec.as_object(), label_prefix, column++, row, parent);
    connect(before, id);
    before = {id};
  }
  return before.front();
}

void Drawing::add_stage(const json::Object& stage) {
  const std::string outer =
      stage.contains("group") ? add_group(text_of(stage, "group"), 0, "") : std::string();
  Ends ends;
  std::int64_t width = 1;
  if (const json::Value* parallel = stage.if_contains("parallel")) {
    for (const json::Value& spec : parallel->as_array())
      ends.push_back(add_chain({spec}, "", static_cast<std::int64_t>(ends.size()), outer));
  } else {
    const json::Array& chain = stage.at("chain").as_array();
    width = static_cast<std::int64_t>(chain.size());
    const json::Value* labels = stage.if_contains("for_each");
    if (labels == nullptr) {
      ends.push_back(add_chain(chain, "", 0, outer));
    } else {
      for (const json::Value& each : labels->as_array()) {
        const std::string_view label{each.as_string().data(), each.as_string().size()};
        const auto row = static_cast<std::int64_t>(ends.size());
        ends.push_back(add_chain(chain, label, row, add_group(label, row, outer)));
      }
    }
  }
  ends_ = std::move(ends);
  column_ += width;
}

json::Object Drawing::finish() {
  return {{"nodes", std::move(nodes_)},
          {"edges", std::move(edges_)},
          {"viewport", {{"x", 0}, {"y", 0}, {"zoom", 0.75}}}};
}

}  // namespace

json::Object draw(const json::Array& stages, const References& references) {
  Drawing drawing(references);
  for (const json::Value& stage : stages) drawing.add_stage(stage.as_object());
  return drawing.finish();
}

}  // namespace onggi::cli::demo
