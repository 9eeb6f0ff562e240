// Containment searches against an oracle that knows no index: random documents, random filters, two
// users who see their own and each other's public ones, through changes, publications and removals.
#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sql/catalogue.h"
#include "store/check.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;

// PostgreSQL's manual, 8.14.3, word for word: what is left of `value` when members and elements are
// thrown away, "and order and duplicates do not matter", is `filter`.
bool oracle(const Value& value, const Value& filter) {
  if (value.is_object() && filter.is_object()) {
    for (const auto& wanted : filter.get_object()) {
      bool found = false;
      for (const auto& there : value.get_object())
        found = found || (there.key() == wanted.key() && oracle(there.value(), wanted.value()));
      if (!found) return false;
    }
    return true;
  }
  if (value.is_array() && filter.is_array()) {
    for (const Value& wanted : filter.get_array()) {
      bool found = false;
      for (const Value& there : value.get_array()) found = found || oracle(there, wanted);
      if (!found) return false;
    }
    return true;
  }
  if (value.is_object() || value.is_array() || filter.is_object() || filter.is_array())
    return false;
  return json::canonical(value) == json::canonical(filter);
}

// "As a special exception ... an array may contain a primitive value."
bool outermost(const Value& value, const Value& filter) {
  if (value.is_array() && !filter.is_array() && !filter.is_object())
    return oracle(value, Array{filter});
  return oracle(value, filter);
}

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  std::size_t below(std::size_t end) { return engine_() % end; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string key() {
    static const std::vector<std::string> keys{
        "a", "b", "c", "", "a.b", "\"", "\\", "열쇠", std::string(300, 'k'), "m[]", "null"};
    return keys[below(one_in(3) ? keys.size() : 3)];
  }

  Value scalar() {
    static const Array values{nullptr,
                              true,
                              false,
                              0,
                              1,
                              1.0,
                              *json::parse("1e0"),
                              *json::parse("1e3"),
                              1000,
                              -0.0,
                              0.1,
                              "",
                              "1",
                              "x",
                              "말",
                              "null",
                              "\"",
                              "\\u0041",
                              1e300,
                              -17,
                              "X",
                              "x ",
                              *json::parse("9007199254740993"),
                              std::string(5'000, 'y')};
    return values[below(one_in(3) ? values.size() : 6)];
  }

  Value value(int depth) {
    const std::size_t kind = below(depth <= 0 ? 3 : 7);
    if (kind < 3) return scalar();
    if (kind < 5) return object(depth - 1);
    Array array;
    const bool is_of_pairs = one_in(2);
    for (std::size_t i = below(4); i > 0; --i)
      array.push_back(is_of_pairs ? Value(pair()) : value(depth - 1));
    return array;
  }

  // Of one another arrays of these have all the terms, and not always the elements.
  Object pair() { return {{"a", below(2)}, {"b", below(2)}}; }

  Object object(int depth) {
    Object object;
    for (std::size_t i = below(4); i > 0; --i) object[key()] = value(depth);
    return object;
  }

  // A part of `value`, often: so that searches find something.
  Value part(const Value& value) {
    if (one_in(12)) return this->value(1);
    if (value.is_object()) {
      Object kept;
      for (const auto& member : value.get_object())
        if (one_in(2)) kept[member.key()] = part(member.value());
      return kept;
    }
    if (value.is_array()) {
      if (one_in(3)) return Array{pair()};
      Array kept;
      for (const Value& element : value.get_array())
        if (one_in(2)) kept.push_back(part(element));
      if (!kept.empty() && one_in(3)) kept.push_back(kept[below(kept.size())]);
      return kept;
    }
    return value;
  }

 private:
  std::mt19937 engine_;
};

using Found = std::vector<std::string>;  // ids in their order

std::shared_ptr<const store::Filter> filter_on(std::string_view member, const Value& value) {
  auto filter = std::make_shared<store::Filter>();
  filter->add(member, value);
  return filter;
}

struct Candidate {
  Uuid id;
  Uuid owner;
  bool is_public;
  Value document;
};

class SearchTest : public testing::TestWithParam<const Driver*> {
 protected:
  World world_{*GetParam()};
  std::vector<Uuid> users_{world_.user("one"), world_.user("two")};

  // What `reader` should find, newest first; of one time by id.
  static Found expected(std::vector<Candidate> kept, Uuid reader, const Value& filter,
                        const std::function<Time(const Candidate&)>& time) {
    std::erase_if(kept, [&](const Candidate& one) {
      return (one.owner != reader && !one.is_public) || !outermost(one.document, filter);
    });
    std::ranges::sort(kept, [&](const Candidate& a, const Candidate& b) {
      return std::pair(time(a).ms, a.id) > std::pair(time(b).ms, b.id);
    });
    Found ids;
    for (const Candidate& one : kept) ids.push_back(to_string(one.id));
    return ids;
  }

  void expect_sound() {
    const store::CheckReport report = store::check(world_.database());
    EXPECT_TRUE(report.is_sound()) << report.troubles.front();
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, SearchTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

// Agents and blocks: the member "configuration".
class Definitions {
 public:
  Definitions(World& world, const store::Definitions& kind, std::vector<Uuid> users, Random& random)
      : world_(world), kind_(kind), users_(std::move(users)), random_(random) {}

  void make() {
    world_.now.ms += static_cast<std::int64_t>(random_.below(3));  // several in one millisecond
    Candidate one{{}, users_[random_.below(2)], random_.one_in(3), random_.object(3)};
    Object body{{"name", fmt::format("n{}", made_++)},
                {"configuration", one.document},
                {"is_public", one.is_public}};
    if (&kind_ == &world_.stores.blocks)
      body["block_type"] = "llm";
    else
      body["llm_provider"] = "p", body["llm_model"] = "m";
    const auto created = world_.create(kind_, body, one.owner);
    ASSERT_TRUE(created) << created.error().detail;
    const Value page = json::parse_stored(created->page.body);
    one.id = *Uuid::parse(page.at("id").get_string());
    times_[one.id] = world_.now;
    kept_.push_back(std::move(one));
  }

  void change() {
    if (kept_.empty()) return;
    Candidate& one = kept_[random_.below(kept_.size())];
    world_.now.ms += 1;
    Object patch;
    if (random_.one_in(2)) patch["is_public"] = one.is_public = !one.is_public;
    if (random_.one_in(2)) {
      const Value change = random_.object(2);
      json::merge_patch(one.document, change);
      patch["configuration"] = change;
    }
    const auto page = world_.patch(kind_, store::Key(one.id), one.owner, patch);
    ASSERT_TRUE(page) << page.error().detail;
  }

  void remove() {
    if (kept_.empty()) return;
    const std::size_t index = random_.below(kept_.size());
    ASSERT_TRUE(world_.remove(kind_, store::Key(kept_[index].id), kept_[index].owner));
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const std::vector<Candidate>& kept() const { return kept_; }
  Time time(const Candidate& one) const { return times_.at(one.id); }

 private:
  World& world_;
  const store::Definitions& kind_;
  std::vector<Uuid> users_;
  Random& random_;
  int made_ = 0;
  std::vector<Candidate> kept_;
  std::unordered_map<Uuid, Time> times_;
};

TEST_P(SearchTest, definitions_are_found_as_the_oracle_finds_them) {
  Random random(20'261);
  int cases = 0;
  int hits = 0;
  for (const store::Definitions* kind :
       {static_cast<const store::Definitions*>(&world_.stores.agents),
        static_cast<const store::Definitions*>(&world_.stores.blocks)}) {
    Definitions all(world_, *kind, users_, random);
    for (int round = 0; round < 30; ++round) {
      for (int i = 0; i < 6; ++i) all.make();
      for (int i = 0; i < 4; ++i) all.change();
      all.remove();
      for (int i = 0; i < 20; ++i) {
        const Value filter =
            random.one_in(5) ? random.value(2)
                             : random.part(all.kept()[random.below(all.kept().size())].document);
        for (const Uuid& reader : users_) {
          const auto wanted = filter_on("configuration", filter);
          const Found found =
              world_.pages(1 + static_cast<std::int64_t>(random.below(7)),
                           [&](db::Connection& connection, store::Range range) {
                             return kind->find(connection, reader, std::move(range), wanted);
                           });
          const Found right = expected(all.kept(), reader, filter,
                                       [&](const Candidate& one) { return all.time(one); });
          ASSERT_EQ(found, right) << json::canonical(filter);
          const store::Total total = world_.look<store::Total>([&](db::Connection& connection) {
            return kind->count_found(connection, reader, wanted);
          });
          ASSERT_EQ(total.count, static_cast<std::int64_t>(right.size()));
          ++cases;
          hits += right.empty() ? 0 : 1;
        }
      }
    }
  }
  EXPECT_EQ(cases, 2'400);
  EXPECT_GT(hits, cases / 3);
  expect_sound();
}

TEST_P(SearchTest, executions_are_found_as_the_oracle_finds_them) {
  Random random(20'262);
  const store::Executions& kind = world_.stores.agent_executions;
  const std::vector<Uuid> agents{world_.agent(users_[0]), world_.agent(users_[1])};
  std::vector<Candidate> kept;
  std::unordered_map<Uuid, Time> times;
  int hits = 0;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 8; ++i) {
      const std::size_t who = random.below(2);
      const Time started{world_.now.ms - static_cast<std::int64_t>(random.below(6)) * day_ms / 2 -
                         static_cast<std::int64_t>(random.below(3))};
      Candidate one{{}, users_[who], false, random.value(3)};
      one.id = world_.execution(kind, one.owner, agents[who],
                                {{"input_data", one.document},
                                 {"started_at", to_string(started)},
                                 {"status", random.one_in(2) ? "completed" : "failed"}});
      times[one.id] = started;
      kept.push_back(std::move(one));
    }
    for (int i = 0; i < 3; ++i) {
      Candidate& one = kept[random.below(kept.size())];
      one.document = random.value(3);
      const Object patch{{"input_data", one.document}};
      // A merge patch of objects merges: replaced by way of null.
      ASSERT_TRUE(world_.patch(kind, one.id, one.owner, Object{{"input_data", nullptr}}));
      ASSERT_TRUE(world_.patch(kind, one.id, one.owner, patch));
      const Value page = json::parse_stored(world_.read(kind, one.id, one.owner)->body);
      one.document = page.at("input_data");
    }
    const std::size_t gone = random.below(kept.size());
    ASSERT_TRUE(world_.remove(kind, kept[gone].id, kept[gone].owner));
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(gone));
    for (int i = 0; i < 20; ++i) {
      const Value filter = random.one_in(5) ? random.value(2)
                                            : random.part(kept[random.below(kept.size())].document);
      const std::size_t who = random.below(2);
      store::ExecutionFilter wanted;
      wanted.search = filter_on("input_data", filter);
      wanted.from = Time{world_.now.ms - static_cast<std::int64_t>(random.below(4)) * day_ms};
      wanted.to = Time{wanted.from.ms + static_cast<std::int64_t>(random.below(4)) * day_ms + 1};
      std::vector<Candidate> within = kept;
      std::erase_if(within, [&](const Candidate& one) {
        return times[one.id] < wanted.from || times[one.id] >= wanted.to;
      });
      const Found found =
          world_.pages(1 + static_cast<std::int64_t>(random.below(7)),
                       [&](db::Connection& connection, store::Range range) {
                         return kind.list(connection, users_[who], wanted, std::move(range));
                       });
      const Found right = expected(within, users_[who], filter,
                                   [&](const Candidate& one) { return times[one.id]; });
      ASSERT_EQ(found, right) << json::canonical(filter);
      hits += right.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(hits, 100);
  expect_sound();
}

TEST_P(SearchTest, nodes_are_found_across_workflows_in_the_order_of_their_graphs) {
  Random random(20'263);
  const std::vector<std::string> types{"llm", "tool", "노드"};
  struct Node {
    std::string id, type;
    Value data;
  };
  struct Graph {
    Uuid id, owner;
    bool is_public;
    std::vector<Node> nodes;
  };
  std::vector<Graph> graphs;
  const auto definition = [&](Graph& graph) {
    Array nodes;
    graph.nodes.clear();
    for (std::size_t i = random.below(6); i > 0; --i) {
      Node node{fmt::format("n{}", i), types[random.below(3)], random.object(2)};
      nodes.push_back(Object{{"id", node.id}, {"type", node.type}, {"data", node.data}});
      graph.nodes.push_back(std::move(node));
    }
    return Object{{"nodes", nodes}, {"edges", Array{}}};
  };
  int hits = 0;
  for (int round = 0; round < 40; ++round) {
    world_.now.ms += 1;
    Graph made{{}, users_[random.below(2)], random.one_in(3), {}};
    made.id = world_.workflow(
        made.owner, {{"graph_definition", definition(made)}, {"is_public", made.is_public}});
    graphs.push_back(made);
    Graph& changed = graphs[random.below(graphs.size())];
    Object patch{{"is_public", changed.is_public = !changed.is_public}};
    if (random.one_in(2)) patch["graph_definition"] = definition(changed);
    ASSERT_TRUE(
        world_.patch(world_.stores.workflows, store::Key(changed.id), changed.owner, patch));
    if (random.one_in(4)) {
      ASSERT_TRUE(
          world_.remove(world_.stores.workflows, store::Key(graphs[0].id), graphs[0].owner));
      graphs.erase(graphs.begin());
    }
    for (int i = 0; i < 15; ++i) {
      auto wanted = std::make_shared<store::Filter>();
      const std::string type = random.one_in(2) ? types[random.below(3)] : "";
      if (!type.empty()) wanted->add("type", Value(type));
      const Graph& any = graphs[random.below(graphs.size())];
      const Value data = any.nodes.empty() || random.one_in(4)
                             ? Value(random.object(1))
                             : random.part(any.nodes[random.below(any.nodes.size())].data);
      wanted->add("data", data);
      for (const Uuid& reader : users_) {
        const Found found = world_.pages(1 + static_cast<std::int64_t>(random.below(5)),
                                         [&](db::Connection& connection, store::Range range) {
                                           return store::Workflows::find_nodes(
                                               connection, reader, std::move(range), wanted);
                                         });
        Found right;
        for (auto graph = graphs.rbegin(); graph != graphs.rend(); ++graph)
          for (const Node& node : graph->nodes)
            if ((graph->is_public || graph->owner == reader) &&
                (type.empty() || node.type == type) && oracle(node.data, data))
              right.push_back(node.id);
        ASSERT_EQ(found, right) << type << ' ' << json::canonical(data);
        hits += right.empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(hits, 300);
  expect_sound();
}

TEST_P(SearchTest, several_filters_hold_together) {
  const Uuid both = world_.agent(users_[0], {{"configuration", {{"a", 1}, {"b", Array{1, 2}}}}});
  world_.agent(users_[0], {{"configuration", {{"a", 1}}}});
  world_.agent(users_[0], {{"configuration", {{"b", Array{2}}}}});
  auto filter = std::make_shared<store::Filter>();
  filter->add("configuration", Object{{"a", 1.0}});
  filter->add("configuration", Object{{"b", Array{2}}});
  const Found found = world_.pages(10, [&](db::Connection& connection, store::Range range) {
    return world_.stores.agents.find(connection, users_[0], std::move(range), filter);
  });
  EXPECT_EQ(found, Found{to_string(both)});
}

// More terms than are listed: found all the same, by way of its document.
TEST_P(SearchTest, a_document_of_too_many_terms_is_found) {
  Array many;
  for (int i = 0; i < 20'000; ++i) many.push_back(i);
  const Uuid large = world_.agent(users_[0], {{"configuration", {{"n", many}, {"k", "v"}}}});
  const Uuid small = world_.agent(users_[0], {{"configuration", {{"n", Array{7}}, {"k", "v"}}}});
  const auto found = [&](const Value& filter) {
    const Found ids = world_.pages(10, [&](db::Connection& connection, store::Range range) {
      return world_.stores.agents.find(connection, users_[0], std::move(range),
                                       filter_on("configuration", filter));
    });
    return std::set(ids.begin(), ids.end());
  };
  const std::set both{to_string(large), to_string(small)};
  EXPECT_EQ(found(Object{{"n", Array{7}}}), both);
  EXPECT_EQ(found(Object{{"k", "v"}, {"n", Array{7}}}), both);
  EXPECT_EQ(found(Object{{"n", Array{19'999}}}), std::set{to_string(large)});
  EXPECT_TRUE(found(Object{{"n", Array{20'000}}}).empty());
  ASSERT_TRUE(world_.patch(world_.stores.agents, store::Key(large), users_[0],
                           Object{{"configuration", {{"n", Array{1}}}}}));
  EXPECT_TRUE(found(Object{{"n", Array{19'999}}}).empty());
  expect_sound();
}

}  // namespace
}  // namespace onggi::conformance
