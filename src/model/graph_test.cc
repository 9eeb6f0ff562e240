#include "model/graph.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace onggi::model {
namespace {

using json::Array;
using json::Object;
using json::Value;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Result<Graph> take_value(const Value& definition) {
  return take_apart(definition, json::canonical(definition), "/graph_definition");
}
Result<Graph> take(std::string_view text) {
  return take_value(json::parse_stored(text));
}

// Where the complaints are; empty where there are none.
std::vector<std::string> places(const Result<Graph>& graph) {
  std::vector<std::string> fields;
  if (!graph)
    for (const FieldError& error : graph.error().errors) fields.push_back(error.field);
  return fields;
}

constexpr std::string_view agent = "018f0000-0000-7000-8000-000000000001";
constexpr std::string_view block = "018f0000-0000-7000-8000-000000000002";

TEST(GraphTest, a_graph_may_be_empty) {
  const auto graph = take("{}");
  ASSERT_TRUE(graph.has_value());
  EXPECT_THAT(graph->nodes, IsEmpty());
  EXPECT_EQ(graph->page, R"("graph_definition":{},"nodes":[],"edges":[])");
}

TEST(GraphTest, nodes_and_edges_become_rows_and_are_shown_with_all_their_members) {
  const auto graph = take(
      R"({"nodes":[{"id":"a","type":"agent","position":{"x":1,"y":2},"data":{"k":1}},{"id":"b","parentId":"a"}],
                               "edges":[{"id":"e","source":"a","target":"b","sourceHandle":"out"}],"viewport":{"zoom":1}})");
  ASSERT_TRUE(graph.has_value());
  const Value page = json::parse_stored('{' + graph->page + '}');
  EXPECT_EQ(
      json::canonical(page.at("nodes")),
      R"([{"id":"a","data":{"k":1},"type":"agent","agent_id":null,"block_id":null,"position":{"x":1,"y":2},"ref_name":null,"parent_id":null},)"
      R"({"id":"b","data":{},"type":null,"agent_id":null,"block_id":null,"position":{"x":0,"y":0},"ref_name":null,"parent_id":"a"}])");
  EXPECT_EQ(
      json::canonical(page.at("edges")),
      R"([{"id":"e","data":{},"source":"a","target":"b","source_handle":"out","target_handle":null}])");
  EXPECT_EQ(json::canonical(page.at("graph_definition").at("viewport")), R"({"zoom":1})");
}

TEST(GraphTest, lists_must_be_arrays_of_objects) {
  EXPECT_THAT(places(take(R"({"nodes":{}})")), ElementsAre("/graph_definition/nodes"));
  EXPECT_THAT(places(take(R"({"edges":"none"})")), ElementsAre("/graph_definition/edges"));
  EXPECT_THAT(places(take(R"({"nodes":[{"id":"a"},7]})")),
              ElementsAre("/graph_definition/nodes/1"));
}

TEST(GraphTest, members_of_a_wrong_type_are_named) {
  EXPECT_THAT(
      places(take(R"({"nodes":[{"id":1,"type":2,"position":[],"data":"x","parentId":3}]})")),
      ElementsAre("/graph_definition/nodes/0/id", "/graph_definition/nodes/0/type",
                  "/graph_definition/nodes/0/position", "/graph_definition/nodes/0/data",
                  "/graph_definition/nodes/0/parentId"));
  EXPECT_THAT(places(take(R"({"nodes":[{"id":""}]})")),
              ElementsAre("/graph_definition/nodes/0/id"));
  EXPECT_THAT(places(take(R"({"nodes":[{}]})")), ElementsAre("/graph_definition/nodes/0/id"));
}

TEST(GraphTest, an_id_stands_once) {
  EXPECT_THAT(places(take(R"({"nodes":[{"id":"a"},{"id":"b"},{"id":"a"}]})")),
              ElementsAre("/graph_definition/nodes/2/id"));
  EXPECT_THAT(
      places(take(
          R"({"nodes":[{"id":"a"}],"edges":[{"id":"e","source":"a","target":"a"},{"id":"e","source":"a","target":"a"}]})")),
      ElementsAre("/graph_definition/edges/1/id"));
}

TEST(GraphTest, an_edge_leads_from_a_node_to_a_node) {
  EXPECT_THAT(
      places(take(
          R"({"nodes":[{"id":"a"}],"edges":[{"id":"e","source":"a","target":"z"},{"id":"f","source":"y","target":"a"}]})")),
      ElementsAre("/graph_definition/edges/0/target", "/graph_definition/edges/1/source"));
  EXPECT_TRUE(
      take(R"({"nodes":[{"id":"a"}],"edges":[{"id":"e","source":"a","target":"a"}]})").has_value());
}

TEST(GraphTest, a_parent_is_a_node_under_either_name) {
  EXPECT_THAT(places(take(R"({"nodes":[{"id":"a","parentId":"z"}]})")),
              ElementsAre("/graph_definition/nodes/0"));
  EXPECT_THAT(places(take(R"({"nodes":[{"id":"a","parentNode":"z"}]})")),
              ElementsAre("/graph_definition/nodes/0"));
  const auto graph = take(
      R"({"nodes":[{"id":"a","parentNode":"b"},{"id":"b"},{"id":"c","parentId":null,"parentNode":"a"}]})");
  ASSERT_TRUE(graph.has_value());
  EXPECT_EQ(graph->nodes[0].parent_id, "b");
  EXPECT_EQ(graph->nodes[2].parent_id, "a");
}

TEST(GraphTest, a_node_does_not_lie_in_itself) {
  EXPECT_THAT(places(take(R"({"nodes":[{"id":"a","parentId":"a"}]})")),
              ElementsAre("/graph_definition/nodes/0"));
  EXPECT_THAT(
      places(take(
          R"({"nodes":[{"id":"a","parentId":"b"},{"id":"b","parentId":"c"},{"id":"c","parentId":"b"}]})")),
      SizeIs(1));
}

// A property against the slow way: from every node upwards, at most as many steps as there are
// nodes.
RC_GTEST_PROP(GraphTest, circles_are_found_wherever_they_are, ()) {
  const int count = *rc::gen::inRange(1, 12);
  Array nodes;
  std::vector<int> parents;
  for (int i = 0; i < count; ++i) {
    parents.push_back(*rc::gen::inRange(-count, count));
    Object node{{"id", fmt::format("n{}", i)}};
    if (parents.back() >= 0) node["parentId"] = fmt::format("n{}", parents.back());
    nodes.push_back(node);
  }
  bool has_circle = false;
  for (int i = 0; i < count; ++i) {
    int at = i;
    for (int step = 0; step <= count && at >= 0; ++step) at = parents[static_cast<std::size_t>(at)];
    has_circle = has_circle || at >= 0;
  }
  RC_ASSERT(take_value(Object{{"nodes", nodes}}).has_value() != has_circle);
}

TEST(GraphTest, what_is_referred_to_is_listed_once_with_the_first_place) {
  const auto graph = take(fmt::format(
      R"({{"nodes":[{{"id":"a","data":{{"agent_id":"{0}"}}}},{{"id":"b","data":{{"agent_id":"{0}","block_id":"{1}"}}}},{{"id":"c","data":{{"block_id":"{0}"}}}}]}})",
      agent, block));
  ASSERT_TRUE(graph.has_value());
  ASSERT_THAT(graph->references, SizeIs(3));
  EXPECT_EQ(graph->references[0].agent_id, Uuid::parse(agent));
  EXPECT_EQ(graph->references[0].pointer, "/graph_definition/nodes/0/data/agent_id");
  EXPECT_EQ(graph->references[1].block_id, Uuid::parse(block));
  EXPECT_EQ(graph->references[1].pointer, "/graph_definition/nodes/1/data/block_id");
  EXPECT_EQ(graph->references[2].block_id, Uuid::parse(agent));
  EXPECT_THAT(graph->name_places, SizeIs(3));
}

TEST(GraphTest, a_reference_is_an_id_or_nothing) {
  EXPECT_THAT(
      places(take(
          R"({"nodes":[{"id":"a","data":{"agent_id":"writer"}},{"id":"b","data":{"block_id":7}}]})")),
      ElementsAre("/graph_definition/nodes/0/data/agent_id",
                  "/graph_definition/nodes/1/data/block_id"));
  EXPECT_TRUE(take(R"({"nodes":[{"id":"a","data":{"agent_id":null}}]})").has_value());
}

Array nodes_of(std::size_t count) {
  Array nodes;
  for (std::size_t i = 0; i < count; ++i) nodes.push_back(Object{{"id", std::to_string(i)}});
  return nodes;
}

TEST(GraphTest, there_are_bounds) {
  EXPECT_TRUE(take_value(Object{{"nodes", nodes_of(nodes_max)}}).has_value());
  EXPECT_THAT(places(take_value(Object{{"nodes", nodes_of(nodes_max + 1)}})),
              ElementsAre("/graph_definition/nodes"));
  Array edges;
  for (std::size_t i = 0; i <= edges_max; ++i)
    edges.push_back(Object{{"id", std::to_string(i)}, {"source", "0"}, {"target", "0"}});
  EXPECT_THAT(places(take_value(Object{{"nodes", nodes_of(1)}, {"edges", edges}})),
              ElementsAre("/graph_definition/edges"));
}

TEST(GraphTest, complaints_are_bounded) {
  Array nodes;
  for (int i = 0; i < 200; ++i) nodes.push_back(Object{});
  EXPECT_THAT(places(take_value(Object{{"nodes", nodes}})), SizeIs(50));
}

// The naive way: parse the page without names and put them in as JSON.
RC_GTEST_PROP(GraphTest, names_are_put_where_they_belong, ()) {
  const auto texts = rc::gen::element<std::string>("null", "\"ref_name\":null", "가", "\\", "x");
  const int count = *rc::gen::inRange(0, 8);
  Array nodes;
  for (int i = 0; i < count; ++i) {
    Object data{{*texts, *texts}, {"ref_name", nullptr}};
    const auto id = [](int n) { return fmt::format("018f0000-0000-7000-8000-00000000000{}", n); };
    if (*rc::gen::arbitrary<bool>()) data["agent_id"] = id(*rc::gen::inRange(1, 4));
    if (*rc::gen::arbitrary<bool>()) data["block_id"] = id(*rc::gen::inRange(1, 4));
    nodes.push_back(Object{{"id", fmt::format("{} {}", *texts, i)}, {"data", data}});
  }
  const auto graph = take_value(Object{{"nodes", nodes}, {"null", *texts}});
  RC_ASSERT(graph.has_value());

  std::vector<std::string> names;
  Value expected = json::parse_stored('{' + graph->page + '}');
  for (const Reference& reference : graph->references) {
    const std::string name = *texts + std::to_string(names.size());
    const bool is_visible = *rc::gen::inRange(0, 4) != 0;
    names.emplace_back("null");
    if (is_visible) json::append_quoted(name, names.back() = {});
    for (Value& node : expected.at("nodes").get_array()) {
      const bool to_agent = !node.at("agent_id").is_null();
      const Value& id = to_agent ? node.at("agent_id") : node.at("block_id");
      const auto wanted = to_agent ? reference.agent_id : reference.block_id;
      if (is_visible && !id.is_null() && wanted == Uuid::parse(id.as_string()))
        node.at("ref_name") = name;
    }
  }
  std::string shown = "{";
  append_with_names(graph->page, unpack_name_places(pack(graph->name_places)), names, shown);
  shown += '}';
  RC_ASSERT(json::equal(json::parse_stored(shown), expected));
}

TEST(GraphTest, places_that_do_not_fit_their_page_are_refused) {
  std::string out;
  EXPECT_THROW(append_with_names("null", {{1, 0}}, {"1"}, out), std::runtime_error);
  EXPECT_THROW(append_with_names("nullnull", {{0, 0}, {2, 0}}, {"1"}, out), std::runtime_error);
  EXPECT_THROW(append_with_names("null", {{0, 1}}, {"1"}, out), std::runtime_error);
}

}  // namespace
}  // namespace onggi::model
