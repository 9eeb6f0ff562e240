// What the stores of executions promise: derivations, and lists against a naive oracle.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;
using store::ExecutionFilter;

class ExecutionsTest : public testing::TestWithParam<const Driver*> {
 protected:
  Value page(Uuid id) { return json::parse_stored(world.read(executions, id, owner).value().body); }
  Uuid record(Object more = {}) {
    return world.execution(executions, owner, agent, std::move(more));
  }
  Code refused(const Object& more) {
    Object body{{"agent_id", to_string(agent)}};
    for (const auto& [name, value] : more) body[name] = value;
    return world.record(executions, body, owner).error().code;
  }

  World world{*GetParam()};
  const store::Executions& executions = world.stores.agent_executions;
  Uuid owner = world.user();
  Uuid agent = world.agent(owner);
};
INSTANTIATE_TEST_SUITE_P(Stores, ExecutionsTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(ExecutionsTest, what_is_left_out_is_derived) {
  const Value shown =
      page(record({{"status", "completed"},
                   {"started_at", to_string(Time{world.now.ms - 5'000})},
                   {"metrics", {{"llm_prompt_tokens", 3}, {"llm_completion_tokens", 4}}}}));
  EXPECT_EQ(shown.at("completed_at").as_string(), to_string(world.now));
  EXPECT_EQ(shown.at("duration_ms").as_int64(), 5'000);
  EXPECT_EQ(shown.at("metrics").at("llm_total_tokens").as_int64(), 7);
  EXPECT_EQ(Uuid::parse(shown.at("id").as_string())->time().ms, world.now.ms - 5'000);
}

TEST_P(ExecutionsTest, an_end_follows_from_a_duration) {
  const Value shown = page(record({{"status", "failed"},
                                   {"started_at", to_string(Time{world.now.ms - 5'000})},
                                   {"duration_ms", 1'000}}));
  EXPECT_EQ(shown.at("completed_at").as_string(), to_string(Time{world.now.ms - 4'000}));
}

TEST_P(ExecutionsTest, a_running_execution_has_no_end) {
  const Value shown = page(record());
  EXPECT_EQ(shown.at("status").as_string(), "running");
  EXPECT_TRUE(shown.at("completed_at").is_null());
  EXPECT_TRUE(shown.at("duration_ms").is_null());
  EXPECT_EQ(refused({{"duration_ms", 1}}), Code::invalid);
  EXPECT_EQ(refused({{"completed_at", to_string(world.now)}}), Code::invalid);
}

TEST_P(ExecutionsTest, times_have_bounds) {
  EXPECT_EQ(refused({{"started_at", to_string(Time{world.now.ms + day_ms + 1})}}), Code::invalid);
  EXPECT_EQ(refused({{"started_at", to_string(Time{world.now.ms - 365 * day_ms - 1})}}),
            Code::invalid);
  EXPECT_EQ(refused({{"status", "failed"}, {"completed_at", to_string(Time{world.now.ms - 1})}}),
            Code::invalid);
  EXPECT_EQ(refused({{"id", to_string(Uuid::v7(world.now))},
                     {"started_at", to_string(Time{world.now.ms - day_ms - 1})}}),
            Code::invalid);
  record({{"started_at", to_string(Time{world.now.ms + day_ms})}});
  record({{"started_at", to_string(Time{world.now.ms - 365 * day_ms})}});
}

TEST_P(ExecutionsTest, a_repetition_is_told_from_a_conflict) {
  const Object body{{"id", to_string(Uuid::v7(world.now))},
                    {"agent_id", to_string(agent)},
                    {"input_data", {{"a", 1}, {"b", 2}}}};
  const Object reordered{{"input_data", {{"b", 2}, {"a", 1.0}}},
                         {"agent_id", to_string(agent)},
                         {"id", body.at("id")}};
  EXPECT_FALSE(must(world.record(executions, body, owner)).is_repeated);
  EXPECT_TRUE(must(world.record(executions, reordered, owner)).is_repeated);
  Object other = body;
  other["input_data"] = 7;
  EXPECT_EQ(world.record(executions, other, owner).error().code, Code::conflict);
  const Uuid stranger = world.user();
  world.patch(world.stores.agents, store::Key(agent), owner, Object{{"is_public", true}});
  EXPECT_EQ(world.record(executions, body, stranger).error().code, Code::conflict);
}

TEST_P(ExecutionsTest, a_finished_execution_cannot_run_again) {
  const Uuid id = record({{"status", "completed"}});
  EXPECT_EQ(world.patch(executions, id, owner, Object{{"status", "running"}}).error().code,
            Code::conflict);
  EXPECT_TRUE(world.patch(executions, id, owner, Object{{"status", "failed"}}).has_value());
}

TEST_P(ExecutionsTest, what_was_derived_follows_a_correction) {
  const Uuid id = record({{"status", "completed"},
                          {"started_at", to_string(Time{world.now.ms - 5'000})},
                          {"metrics", {{"llm_prompt_tokens", 3}}}});
  must(world.patch(executions, id, owner,
                   Object{{"completed_at", to_string(Time{world.now.ms - 1'000})},
                          {"metrics", {{"llm_completion_tokens", 9}}}}));
  EXPECT_EQ(page(id).at("duration_ms").as_int64(), 4'000);
  EXPECT_EQ(page(id).at("metrics").at("llm_total_tokens").as_int64(), 12);
}

TEST_P(ExecutionsTest, a_patch_that_changes_nothing_is_no_version) {
  const Uuid id = record({{"status", "completed"}});
  EXPECT_EQ(must(world.patch(executions, id, owner, Object{{"status", "completed"}})).version, 1);
  EXPECT_EQ(must(world.patch(executions, id, owner, Object{{"error_message", "late"}})).version, 2);
  EXPECT_EQ(world
                .patch(executions, id, owner, Object{{"error_message", "x"}},
                       std::vector<std::int64_t>{1})
                .error()
                .code,
            Code::precondition_failed);
  EXPECT_EQ(world.remove(executions, id, owner, std::vector<std::int64_t>{1}).error().code,
            Code::precondition_failed);
}

TEST_P(ExecutionsTest, a_step_number_is_taken_once) {
  const Uuid id = record({{"steps", {{{"step_number", 1}, {"step_type", "thought"}}}}});
  EXPECT_EQ(world
                .append(executions, id, owner,
                        Array{Object{{"step_number", 2}, {"step_type", "action"}},
                              Object{{"step_number", 1}, {"step_type", "action"}}})
                .error()
                .code,
            Code::conflict);
  EXPECT_EQ(page(id).at("steps").get_array().size(), 1u);
  must(world.append(executions, id, owner, Object{{"step_number", 0}, {"step_type", "action"}}));
  EXPECT_EQ(page(id).at("steps").at(0).at("step_number").as_int64(), 0);
  EXPECT_EQ(page(id).at("version").as_int64(), 2);
}

TEST_P(ExecutionsTest, a_session_goes_whole_and_alone) {
  const Object in_session{{"session_id", "s"},
                          {"steps", {{{"step_number", 1}, {"step_type", "thought"}}}}};
  const Uuid gone = record(in_session);
  const Uuid other = record({{"session_id", "t"}});
  const Uuid stranger = world.user();
  const Uuid theirs = world.execution(executions, stranger, world.agent(stranger), in_session);
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    co_await executions.remove_session(connection, owner, "s");
    co_return true;
  }));
  EXPECT_FALSE(world.read(executions, gone, owner));
  EXPECT_TRUE(world.read(executions, other, owner));
  EXPECT_EQ(json::parse_stored(world.read(executions, theirs, stranger)->body)
                .at("steps")
                .get_array()
                .size(),
            1u);
}

TEST_P(ExecutionsTest, an_execution_of_nothing_is_refused) {
  EXPECT_EQ(refused({{"agent_id", to_string(Uuid::v7(world.now))}}), Code::invalid);
  const Uuid stranger = world.user();
  EXPECT_EQ(refused({{"agent_id", to_string(world.agent(stranger))}}), Code::invalid);
  must(world.remove(world.stores.agents, store::Key(agent), owner));
  EXPECT_EQ(refused({}), Code::invalid);
}

// --- lists ---

struct Recorded {
  Uuid id, subject;
  std::optional<std::string> session;
  std::string status;
  Time started;
  Uuid owner;
};

bool is_in(const ExecutionFilter& filter, const Recorded& one) {
  return (!filter.subject || *filter.subject == one.subject) &&
         (!filter.session || filter.session == one.session) &&
         (!filter.status || *filter.status == one.status) && one.started >= filter.from &&
         one.started < filter.to;
}

std::vector<std::string> paged(World& world, const store::Executions& executions, Uuid owner,
                               const ExecutionFilter& filter, std::int64_t limit) {
  std::vector<std::string> ids;
  store::Range range{.limit = limit};
  for (bool is_more = true; is_more;) {
    const store::Items items = world.look<store::Items>([&](db::Connection& connection) {
      return executions.list(connection, owner, filter, range);
    });
    const Value page = json::parse_stored('[' + items.json + ']');
    EXPECT_LE(std::ssize(page.get_array()), limit);
    EXPECT_TRUE(!items.next || std::ssize(page.get_array()) == limit);
    for (const Value& item : page.get_array()) ids.emplace_back(item.at("id").as_string());
    is_more = items.next.has_value();
    if (is_more) range.after = *items.next;
  }
  return ids;
}

std::vector<std::string> exported(World& world, const store::Executions& executions, Uuid owner,
                                  const ExecutionFilter& filter) {
  db::Cost cost;
  const auto cursor = executions.open_export(world.database(), cost, owner, filter);
  std::vector<std::string> ids;
  for (db::Rows rows = cursor->next(7, 1 << 20); !rows.empty(); rows = cursor->next(7, 1 << 20)) {
    const std::string lines = store::Executions::export_lines(rows, executions.name_member());
    for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1)
      ids.push_back(to_string(id_of(lines.substr(at, lines.find('\n', at) - at))));
  }
  return ids;
}

TEST_P(ExecutionsTest, every_combination_of_filters_lists_what_an_oracle_does) {
  const std::vector<Uuid> owners{owner, world.user()};
  const std::vector<Uuid> agents{agent, world.agent(owner, {{"is_public", true}}),
                                 world.agent(owners[1], {{"is_public", true}})};
  const bool holds = rc::check([&] {
    std::vector<Recorded> all;
    const int count = *rc::gen::inRange(0, 60);
    std::vector<store::ExecutionDraft> drafts;
    for (int i = 0; i < count; ++i) {
      Recorded one{
          {},
          *rc::gen::element(agents[1], agents[2]),
          *rc::gen::element<std::optional<std::string>>(std::nullopt, "s", "t"),
          *rc::gen::element<std::string>("running", "completed", "failed", "timeout", "cancelled"),
          Time{world.now.ms - *rc::gen::inRange(1, 8)},
          owners[0]};
      Object body{{"agent_id", to_string(one.subject)},
                  {"status", one.status},
                  {"started_at", to_string(one.started)}};
      if (one.session) body["session_id"] = *one.session;
      drafts.push_back(must(executions.draft(body, one.owner, world.now)));
      one.id = drafts.back().record->id;
      all.push_back(one);
    }
    const auto shared =
        std::make_shared<const std::vector<store::ExecutionDraft>>(std::move(drafts));
    must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
      for (const char* session : {"s", "t"})
        co_await executions.remove_session(connection, owners[0], session);
      const store::Items before =
          co_await executions.list(connection, owners[0], {}, {.limit = 500});
      const Value old = json::parse_stored('[' + before.json + ']');
      for (const Value& item : old.get_array()) {
        const Uuid id = *Uuid::parse(item.at("id").as_string());
        co_await executions.remove(connection, id, owners[0], std::nullopt);
      }
      co_await executions.record(connection, shared);
      co_return true;
    }));
    std::ranges::sort(all, std::greater(),
                      [](const Recorded& one) { return std::pair(one.started, one.id); });

    const std::int64_t limit = *rc::gen::element(1, 3, 7, 500);
    for (const auto& subject : {std::optional<Uuid>(), std::optional<Uuid>(agents[1])})
      for (const auto& session : {std::optional<std::string>(), std::optional<std::string>("s")})
        for (const auto& status :
             {std::optional<std::string>(), std::optional<std::string>("failed")})
          for (const auto& [from, to] :
               {std::pair(earliest_time, store::after_all_times),
                std::pair(Time{world.now.ms - 6}, Time{world.now.ms - 2})}) {
            const ExecutionFilter filter{subject, session, status, from, to, nullptr};
            std::vector<std::string> expected;
            for (const Recorded& one : all)
              if (is_in(filter, one)) expected.push_back(to_string(one.id));
            RC_ASSERT(paged(world, executions, owners[0], filter, limit) == expected);
            RC_ASSERT(exported(world, executions, owners[0], filter) == expected);
            const auto counted = world.look<store::Total>([&](db::Connection& connection) {
              return executions.count(connection, owners[0], filter);
            });
            RC_ASSERT(counted.count == std::ssize(expected));
            RC_ASSERT(paged(world, executions, owners[1], filter, limit).empty());
          }
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace onggi::conformance
