// What is kept for how long, on every store.
#include "store/retention.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sqlite/sqlite.h"
#include "json/json.h"
#include "sql/catalogue.h"
#include "store/jobs.h"
#include "store/space.h"
#include "tests/conformance/driver.h"
#include "tests/conformance/hand_clock.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using namespace std::chrono_literals;
using store::Batches;
using store::Retention;
using testing::HasSubstr;

constexpr auto day = std::chrono::hours(24);

class RetentionTest : public testing::TestWithParam<const Driver*> {
 protected:
  RetentionTest() : world(*GetParam()), clock(world.now), owner(world.user()) {}

  void pass(std::chrono::milliseconds time) {
    clock.move(time);
    world.now.ms += time.count();
  }
  json::Object apply(std::int64_t days = 365) {
    const Retention retention(days, {}, nullptr, registry);
    Batches batches(world.database(), clock);
    return json::parse_stored(run_now(retention.apply(batches))).as_object();
  }
  static std::int64_t count(const json::Object& result, std::string_view what) {
    return result.at(what).as_int64();
  }
  std::string name_of(const store::Executions& kind, Uuid id, std::string_view member) {
    const auto page = world.read(kind, id, owner);
    if (!page) return "gone";
    const json::Value value = json::parse_stored(page->body);
    const json::Value& name = value.as_object().at(member);
    return name.is_null() ? "nameless" : std::string(name.as_string());
  }

  World world;
  HandClock clock;
  Registry registry;
  const Uuid owner;
};

TEST_P(RetentionTest, a_deleted_agent_goes_after_30_days_and_leaves_its_name_to_its_executions) {
  const Uuid agent = world.agent(owner, {{"name", "the last name"}});
  const Uuid other = world.agent(owner, {{"name", "kept"}});
  const Uuid execution = world.execution(world.stores.agent_executions, owner, agent);
  must(world.remove(world.stores.agents, store::Key(agent), owner));
  pass(30 * day - 1ms);
  EXPECT_EQ(count(apply(), "agents"), 0);
  pass(2ms);
  EXPECT_EQ(count(apply(), "agents"), 1);
  EXPECT_EQ(name_of(world.stores.agent_executions, execution, "agent_name"), "the last name");
  EXPECT_TRUE(world.read(world.stores.agents, store::Key(other), owner));
  EXPECT_TRUE(world.many(sql::agents_find, db::Params::of(agent)).empty());
  // Nobody else is told, and the name goes with its user.
  const Uuid stranger = world.user("stranger");
  EXPECT_FALSE(world.read(world.stores.agent_executions, execution, stranger));
  EXPECT_EQ(count(apply(), "agents"), 0);
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    const Result<void> erased = co_await world.stores.users.remove_user(connection, owner, true);
    if (!erased) co_return std::unexpected(erased.error());
    co_return true;
  }));
  EXPECT_TRUE(world.many(sql::moving_read_former_names, db::Params::of(Uuid{})).empty());
}

TEST_P(RetentionTest, executions_go_with_their_steps_when_they_are_old_enough) {
  std::mt19937 random(7);
  const Uuid agent = world.agent(owner);
  const Uuid workflow = world.workflow(owner);
  constexpr std::int64_t days = 60;
  const Time begin = world.now;
  struct Made {
    const store::Executions* kind;
    Uuid id;
    Time started;
  };
  std::vector<Made> made;
  // Started on any of a hundred days, with ids up to a day off.
  for (int i = 0; i < 60; ++i) {
    const Time started{begin.ms + static_cast<std::int64_t>(random() % (100 * 24)) * hour_ms};
    const Time of_id{started.ms + static_cast<std::int64_t>(random() % 48) * hour_ms - day_ms};
    world.now = started;
    const bool is_of_agent = i % 2 == 0;
    const store::Executions& kind =
        is_of_agent ? world.stores.agent_executions : world.stores.workflow_executions;
    const Uuid id = world.execution(
        kind, owner, is_of_agent ? agent : workflow,
        {{"id", to_string(Uuid::v7(of_id))},
         {"started_at", to_string(started)},
         {"steps", json::Array{json::Object{{"step_number", 1}, {"step_type", "thought"}}}}});
    made.push_back({&kind, id, started});
  }
  for (const int passed : {61, 95, 130, 200}) {
    const Time now{begin.ms + passed * day_ms};
    clock.move(std::chrono::milliseconds(now.ms - clock.now().ms));
    const json::Object result = apply(days);
    const Time cutoff{now.ms - days * day_ms};
    for (const Made& one : made) {
      const bool is_there = world.read(*one.kind, one.id, owner).has_value();
      EXPECT_EQ(is_there, one.started >= cutoff) << passed << " " << to_string(one.started);
      EXPECT_EQ(world.many(sql::moving_read_execution_steps, db::Params::of(Uuid{}, "", 0)).size(),
                static_cast<std::size_t>(std::ranges::count_if(
                    made, [&](const Made& kept) { return kept.started >= cutoff; })));
    }
    if (is_postgres(*GetParam()) && passed == 200) {
      EXPECT_GE(count(result, "months"), 1);
    }
    const db::Rows horizons = world.many(sql::retention_horizons);
    ASSERT_EQ(horizons.size(), 2u);
    for (const db::Row row : horizons) EXPECT_LE(row.time(1), cutoff);
  }
  EXPECT_THAT(registry.text(), HasSubstr("onggi_retention_removed_total{what=\"executions\"}"));
}

TEST_P(RetentionTest, who_cannot_be_settled_stops_nobody_else_and_is_told) {
  const Uuid other = world.user("other");
  const Uuid stays = world.execution(world.stores.agent_executions, owner, world.agent(owner));
  const Uuid goes = world.execution(world.stores.agent_executions, other, world.agent(other));
  pass(70 * day);
  std::set<Uuid> busy{owner};
  const Retention::Settle settle = [&busy](Batches&, std::string_view,
                                           Time) -> Task<Retention::Settled> { co_return busy; };
  const Retention retention(60, {}, settle, registry);
  Batches batches(world.database(), clock);
  EXPECT_THROW(run_now(retention.apply(batches)), std::runtime_error);
  EXPECT_TRUE(world.read(world.stores.agent_executions, stays, owner));
  EXPECT_FALSE(world.read(world.stores.agent_executions, goes, other));
  busy.clear();
  run_now(retention.apply(batches));
  EXPECT_FALSE(world.read(world.stores.agent_executions, stays, owner));
}

TEST_P(RetentionTest, what_it_has_begun_to_remove_changes_no_more) {
  const store::Executions& kind = world.stores.agent_executions;
  const Uuid agent = world.agent(owner);
  const Uuid old = world.execution(kind, owner, agent, {{"session_id", "s"}});
  pass(70 * day);
  const Uuid recent = world.execution(kind, owner, agent, {{"session_id", "s"}});
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    co_await connection.run(sql::retention_set_horizon,
                            db::Params::of("agent", Time{world.now.ms - 60 * day_ms}));
    co_return true;
  }));
  const json::Object end{{"status", "failed"}};
  const auto changed = world.patch(kind, old, owner, end);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Code::not_found);
  EXPECT_TRUE(world.patch(kind, recent, owner, end));
  const json::Value step = json::Object{{"step_number", 1}, {"step_type", "thought"}};
  EXPECT_FALSE(world.append(kind, old, owner, step));
  const auto removed = world.remove(kind, old, owner);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, Code::not_found);
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    co_await kind.remove_session(connection, owner, "s");
    co_return true;
  }));
  EXPECT_FALSE(world.read(kind, recent, owner));
  EXPECT_TRUE(world.read(kind, old, owner));
  EXPECT_EQ(count(apply(60), "agents"), 0);
  EXPECT_FALSE(world.read(kind, old, owner));
}

TEST_P(RetentionTest, nothing_goes_where_executions_are_kept_for_ever) {
  const Uuid execution = world.execution(world.stores.agent_executions, owner, world.agent(owner));
  pass(4'000 * day);
  apply(0);
  EXPECT_TRUE(world.read(world.stores.agent_executions, execution, owner));
  EXPECT_TRUE(world.many(sql::retention_horizons).empty());
}

TEST_P(RetentionTest, kept_answers_go_after_a_day_and_runs_after_ninety) {
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    for (int i = 0; i < 100; ++i)
      co_await world.stores.idempotency.keep(connection, owner, "/agents", fmt::format("{}", i), {},
                                             world.now);
    co_await store::Jobs::declare(connection, "retention", world.now);
    for (int i = 0; i < 100; ++i) {
      const std::optional<store::Jobs::Lease> lease =
          co_await store::Jobs::lease(connection, "retention");
      const store::Jobs::Terms terms{.owner = owner,
                                     .until = world.now,
                                     .taken_until = world.now,
                                     .scheduled_for = Time{world.now.ms + i},
                                     .now = world.now};
      const std::optional<store::Jobs::Taken> taken =
          co_await store::Jobs::take(connection, *lease, terms);
      store::Jobs::End end{.status = model::RunStatus::completed,
                           .now = world.now,
                           .progress = "{}",
                           .result = "{}"};
      co_await store::Jobs::finish(connection, taken->turn, std::move(end));
    }
    co_return true;
  }));
  EXPECT_EQ(count(apply(), "idempotency_keys"), 0);
  pass(day + 1ms);
  EXPECT_EQ(count(apply(), "idempotency_keys"), 100);
  pass(90 * day);
  EXPECT_EQ(count(apply(), "job_runs"), 100);
}

// Stops after so many batches, as a server that is told to.
class Interrupted final : public Batches {
 public:
  Interrupted(db::Database& database, const Clock& clock, int batches)
      : Batches(database, clock), left_(batches) {}
  bool is_to_stop() const override { return left_-- <= 0; }

 private:
  mutable int left_;
};

TEST_P(RetentionTest, it_stops_between_batches_and_goes_on_later) {
  for (int i = 0; i < 150; ++i) {
    const Uuid agent = world.agent(owner);
    must(world.remove(world.stores.agents, store::Key(agent), owner));
  }
  pass(31 * day);
  const Retention retention(365, {}, nullptr, registry);
  Interrupted first(world.database(), clock, 1);
  const json::Object result = json::parse_stored(run_now(retention.apply(first))).as_object();
  EXPECT_GT(count(result, "agents"), 0);
  EXPECT_LT(count(result, "agents"), 150);
  EXPECT_EQ(count(apply(), "agents"), 150 - count(result, "agents"));
}

TEST_P(RetentionTest, free_room_goes_back_to_the_file_system) {
  if (is_postgres(*GetParam())) {
    Batches batches(world.database(), clock);
    EXPECT_EQ(run_now(store::return_space(batches, [] { FAIL(); })), 0);
    return;
  }
  for (int i = 0; i < 40; ++i)
    world.agent(owner, {{"configuration", json::Object{{"text", std::string(200'000, 'x')}}}});
  auto& database = dynamic_cast<db::Sqlite&>(world.database());
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    co_await connection.run(sql::users_erase_agents, db::Params::of(owner));
    co_return true;
  }));
  const std::int64_t free = world.many(sql::retention_space)[0].integer(0);
  EXPECT_GT(free, 500);
  Batches batches(database, clock);
  std::int64_t told = 0;
  const std::int64_t bytes = run_now(store::return_space(
      batches, [&database] { database.settle(); }, [&](std::int64_t so_far) { told = so_far; }));
  EXPECT_EQ(told, bytes);
  EXPECT_GT(bytes, 500 * 8'192);
  EXPECT_EQ(world.many(sql::retention_space)[0].integer(0), 0);
}

INSTANTIATE_TEST_SUITE_P(Stores, RetentionTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

}  // namespace
}  // namespace onggi::conformance
