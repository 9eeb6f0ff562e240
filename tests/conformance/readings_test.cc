// Readings that are kept: the same as those that are read anew, whatever has changed meanwhile.
#include <numeric>
#include <random>
#include <set>

#include "memory/life.h"
#include "sql/catalogue.h"
#include "tests/conformance/statistics_world.h"

namespace onggi::conformance {
namespace {

using statistics::Group;
using statistics::Kind;
using statistics::Question;
using statistics::Reading;

class ReadingsTest : public StatisticsWorld {};

TEST_P(ReadingsTest, that_were_read_before_are_read_again_only_where_they_do_not_hold) {
  const Uuid user = world.user();
  const Uuid agent = world.agent(user);
  const auto record = [&](std::int64_t age_ms) {
    return world.execution(world.stores.agent_executions, user, agent,
                           {{"status", "completed"},
                            {"started_at", to_string(Time{world.now.ms - age_ms})},
                            {"duration_ms", 10}});
  };
  record(day_ms);
  EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
  fold_all(Kind::agent);
  const Question dashboard{.user = user, .group = Group::none, .is_dashboard = true};
  const Question trend{.user = user, .days = 7};
  const auto expect_count = [&](std::int64_t all, std::int64_t last_24h) {
    for (const Question& question : {dashboard, trend}) {
      const Reading reading = read_kept(question);
      std::int64_t counted = 0;
      for (const auto& [key, figures] : reading.items) counted += figures.all();
      EXPECT_EQ(counted, all);
      EXPECT_EQ(reading.items, read(question).items);
    }
    const Reading stats = read_kept(dashboard);
    EXPECT_EQ(stats.last_24h, last_24h);
    EXPECT_EQ(stats.count, read(dashboard).count);
    EXPECT_EQ(stats.resources, read(dashboard).resources);
    EXPECT_EQ(stats.memory, read(dashboard).memory);
  };
  expect_count(1, 1);

  // What is new is added to what is there.
  const Uuid newest = record(0);
  expect_count(2, 2);
  world.agent(user);
  expect_count(2, 2);
  world.now.ms += hour_ms;
  expect_count(2, 1);

  // One statement, whether it holds or not.
  record(2 * day_ms);
  for (const bool is_folded : {false, true}) {
    if (is_folded) fold_all(Kind::agent);
    db::Cost cost;
    EXPECT_EQ(read_kept(dashboard, &cost).items.at({}).all(), 3);
    EXPECT_EQ(cost.statements, 1u);
  }

  // Where a duration is taken away executions are read: one statement more.
  must(world.remove(world.stores.agent_executions, newest, user));
  db::Cost cost;
  EXPECT_EQ(read_kept(dashboard, &cost).items.at({}).all(), 2);
  EXPECT_EQ(cost.statements, 2u);
  expect_count(2, 0);
  fold_all(Kind::agent);
  expect_count(2, 0);
  world.now.ms += 8 * day_ms;
  EXPECT_TRUE(read_kept(trend).items.empty());
  EXPECT_EQ(read_kept(dashboard).items, read(dashboard).items);
}

// Several changes within a second: what was counted before in it is not what is shown.
TEST_P(ReadingsTest, count_what_agents_remember_at_any_moment) {
  static constexpr db::Statement use{
      "use", "update agent_memories set last_accessed_at = $2 where id = $1",
      "update agent_memories set last_accessed_at = $2 where id = $1"};
  const Uuid user = world.user();
  const std::vector<Uuid> agents{world.agent(user), world.agent(user)};
  EXPECT_TRUE(run_now(statistics::complete(batches, Kind::agent, user)));
  const Question dashboard{.user = user, .group = Group::none, .is_dashboard = true};
  std::vector<std::pair<Uuid, Uuid>> memories;  // and whose
  std::mt19937 random(11);
  const auto any_of = [&](const auto& choices) {
    std::uniform_int_distribution<std::size_t> choice(0, std::size(choices) - 1);
    return choices[choice(random)];
  };
  using Choices = std::initializer_list<std::int64_t>;
  const auto any = [&](Choices choices) { return any_of(std::vector(choices)); };

  const auto remember = [&](const Uuid& agent) {
    // Mostly such as accesses keep alive.
    constexpr const char* types[] = {"short_term", "long_term", "long_term",
                                     "long_term",  "episodic",  "semantic"};
    constexpr const char* importances[] = {"low", "low", "low", "high"};
    const Time created{world.now.ms - any({0, 23 * hour_ms, 40 * day_ms, 100 * day_ms})};
    const json::Value page = world.memory(user, agent,
                                          {{"type", any_of(types)},
                                           {"importance", any_of(importances)},
                                           {"created_at", to_string(created)}});
    memories.emplace_back(*Uuid::parse(page.at("id").as_string()), agent);
  };
  const auto change_settings = [&](const Uuid& agent) {
    const json::Object body{{"short_term_retention_hours", any({1, 24, 168})},
                            {"auto_cleanup", any({0, 1, 1}) == 1}};
    must(world.write<store::Page>([&](db::Connection& connection) {
      return world.stores.memories.put_settings(
          connection, agent, user, std::make_shared<const json::Value>(body), {}, world.now);
    }));
  };
  std::set<std::int64_t> seen;
  for (int step = 0; step < 300 && !HasFailure(); ++step) {
    const Uuid agent = any_of(agents);
    switch (memories.empty() ? 0 : any({0, 0, 0, 1, 2, 3, 3, 3, 4})) {
      case 0:
        remember(agent);
        break;
      case 1: {
        const auto [id, of] = any_of(memories);
        world.write<void>([&](db::Connection& connection) {
          return world.stores.memories.remove(connection, of, user, id, {}, world.now);
        });
        break;
      }
      case 2:
        change_settings(agent);
        break;
      case 3:
        world.run(use, db::Params::of(any_of(memories).first,
                                      Time{world.now.ms - any({0, 91 * day_ms})}));
        break;
      default:
        world.now.ms += any({1'000, hour_ms});
    }
    const Reading kept = read_kept(dashboard);
    EXPECT_EQ(kept.memory, read(dashboard).memory) << "step " << step;
    seen.insert(std::accumulate(kept.memory.begin(), kept.memory.end(), std::int64_t{0}));
  }
  EXPECT_GT(seen.size(), 10u);  // figures that change
}

INSTANTIATE_TEST_SUITE_P(Stores, ReadingsTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

}  // namespace
}  // namespace onggi::conformance
