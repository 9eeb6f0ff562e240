// What the stores of definitions, users and kept answers promise.
#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/catalogue.h"
#include "store/check.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using json::Array;
using json::Object;
using json::Value;
using store::Key;
using testing::ElementsAre;
using testing::IsEmpty;

class StoresTest : public testing::TestWithParam<const Driver*> {
 protected:
  World world{*GetParam()};
  store::Stores& stores = world.stores;
  Uuid owner = world.user("owner");
  Uuid stranger = world.user("stranger");

  Value page(const store::Definitions& kind, Uuid id, Uuid reader) {
    return json::parse_stored(world.read(kind, Key(id), reader).value().body);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, StoresTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(StoresTest, a_creation_repeated_gives_what_is_there) {
  const Object body{{"id", to_string(Uuid::v7(world.now))},
                    {"name", "notes"},
                    {"configuration", {{"b", 1}, {"a", 2}}}};
  const Object reordered{
      {"configuration", {{"a", 2}, {"b", 1.0}}}, {"name", "notes"}, {"id", body.at("id")}};
  const auto first = must(world.create(stores.knowledgebases, body, owner));
  const auto again = must(world.create(stores.knowledgebases, reordered, owner));
  EXPECT_FALSE(first.is_repeated);
  EXPECT_TRUE(again.is_repeated);
  EXPECT_EQ(again.page.body, first.page.body);
}

TEST_P(StoresTest, an_id_is_taken_once) {
  const Object body{{"id", to_string(Uuid::v7(world.now))}, {"name", "notes"}};
  must(world.create(stores.knowledgebases, body, owner));
  EXPECT_EQ(
      world.create(stores.knowledgebases, Object{{"id", body.at("id")}, {"name", "other"}}, owner)
          .error()
          .code,
      Code::conflict);
  EXPECT_EQ(world.create(stores.knowledgebases, body, stranger).error().code, Code::conflict);
}

TEST_P(StoresTest, a_blocks_name_is_taken_once_per_owner) {
  world.block(owner, "split");
  const Uuid other = world.block(owner, "join");
  EXPECT_EQ(world.create(stores.blocks, Object{{"name", "split"}, {"block_type", "llm"}}, owner)
                .error()
                .code,
            Code::conflict);
  EXPECT_EQ(world.patch(stores.blocks, Key(other), owner, Object{{"name", "split"}}).error().code,
            Code::conflict);
  world.block(stranger, "split");
  EXPECT_TRUE(store::check(world.database()).is_sound());
}

TEST_P(StoresTest, what_is_private_is_nowhere_for_others_and_what_is_public_is_read_only) {
  const Uuid hidden = world.agent(owner);
  const Uuid shown = world.agent(owner, {{"is_public", true}});
  EXPECT_FALSE(world.read(stores.agents, Key(hidden), stranger));
  EXPECT_TRUE(world.read(stores.agents, Key(shown), stranger));
  for (const Uuid& id : {hidden, shown}) {
    EXPECT_EQ(world.patch(stores.agents, Key(id), stranger, Object{{"name", "mine"}}).error().code,
              Code::not_found);
    EXPECT_EQ(world.remove(stores.agents, Key(id), stranger).error().code, Code::not_found);
  }
  EXPECT_EQ(page(stores.agents, shown, owner).at("name").as_string(), "writer");
}

TEST_P(StoresTest, a_change_that_changes_nothing_is_no_version) {
  const Uuid id = world.agent(owner);
  const Value shown = page(stores.agents, id, owner);
  world.now.ms += 1'000;
  EXPECT_EQ(must(world.put(stores.agents, Key(id), owner, shown)).version, 1);
  const auto changed = must(world.patch(stores.agents, Key(id), owner, Object{{"name", "reader"}}));
  EXPECT_EQ(changed.version, 2);
  EXPECT_EQ(json::parse_stored(changed.body).at("updated_at").as_string(), to_string(world.now));
  EXPECT_EQ(world.put(stores.agents, Key(id), owner, shown).error().code, Code::invalid)
      << "the version that it shows is not the present one";
  EXPECT_EQ(
      world
          .patch(stores.agents, Key(id), owner, Object{{"name", "x"}}, std::vector<std::int64_t>{1})
          .error()
          .code,
      Code::precondition_failed);
}

TEST_P(StoresTest, a_put_without_a_field_gives_it_its_default) {
  const Uuid id = world.agent(owner, {{"description", "writes"}, {"configuration", {{"a", 1}}}});
  must(world.put(stores.agents, Key(id), owner,
                 Object{{"name", "writer"}, {"llm_provider", "p"}, {"llm_model", "m"}}));
  EXPECT_TRUE(page(stores.agents, id, owner).at("description").is_null());
  EXPECT_TRUE(page(stores.agents, id, owner).at("configuration").as_object().empty());
}

TEST_P(StoresTest, references_lead_somewhere_or_are_refused_where_they_stand) {
  const auto complaint = [](const auto& result) {
    return result.has_value() ? std::string() : result.error().errors.at(0).field;
  };
  const Uuid theirs = world.knowledgebase(stranger);
  const Object agent{{"name", "a"}, {"llm_provider", "p"}, {"llm_model", "m"}};
  Object wrong = agent;
  wrong["tools"] = Array{Object{{"tool_id", "nothing"}}};
  EXPECT_EQ(complaint(world.create(stores.agents, wrong, owner)), "/tools/0/tool_id");
  wrong = agent;
  wrong["knowledgebases"] = Array{Object{{"knowledgebase_id", to_string(theirs)}}};
  EXPECT_EQ(complaint(world.create(stores.agents, wrong, owner)),
            "/knowledgebases/0/knowledgebase_id");
  const Object graph{
      {"nodes",
       Array{Object{{"id", "a"}, {"data", {{"agent_id", to_string(world.agent(stranger))}}}}}}};
  EXPECT_EQ(complaint(world.create(stores.workflows,
                                   Object{{"name", "w"}, {"graph_definition", graph}}, owner)),
            "/graph_definition/nodes/0/data/agent_id");
}

TEST_P(StoresTest, a_tool_in_use_stays) {
  world.tool("search");
  world.agent(owner, {{"tools", {{{"tool_id", "search"}}}}});
  EXPECT_EQ(world.remove(stores.tools, Key::slug("search"), Uuid{}).error().code, Code::conflict);
}

TEST_P(StoresTest, of_an_agent_a_hundred_versions_are_kept) {
  const Uuid id = world.agent(owner);
  for (int i = 2; i <= 105; ++i)
    must(world.patch(stores.agents, Key(id), owner, Object{{"name", fmt::format("name {}", i)}}));
  const auto list = [&](store::Range range) {
    return world.look<std::optional<store::Items>>([&](db::Connection& connection) {
      return stores.agents.versions(connection, Key(id), owner, range);
    });
  };
  const auto first = list({.limit = 60});
  const auto second = list({.after = first->next.value(), .limit = 60});
  EXPECT_EQ(json::parse_stored('[' + first->json + ']').at(0).at("version").as_int64(), 105);
  const Value rest = json::parse_stored('[' + second->json + ']');
  EXPECT_EQ(rest.get_array().size(), 40u);
  EXPECT_EQ(rest.get_array().back().at("version").as_int64(), 6);
  EXPECT_FALSE(second->next);
}

TEST_P(StoresTest, a_secret_is_kept_until_it_is_removed) {
  const auto hook = [](std::optional<std::string> secret) {
    Object webhook{{"webhook_path", "/in"}};
    if (secret) webhook["secret"] = *secret;
    return Object{{"webhooks", Array{webhook}}};
  };
  const Uuid id = world.workflow(owner, hook("hush"));
  const auto secrets = [&] {
    return world.many(sql::workflows_secrets, db::Params::of(id)).size();
  };
  must(world.patch(stores.workflows, Key(id), owner, Object{{"name", "other"}}));
  must(world.patch(stores.workflows, Key(id), owner, hook(std::nullopt)));
  EXPECT_EQ(secrets(), 1u);
  EXPECT_EQ(world.read(stores.workflows, Key(id), owner)->body.find("hush"), std::string::npos);
  must(world.patch(stores.workflows, Key(id), owner, hook("")));
  EXPECT_EQ(secrets(), 0u);
}

// Newest first by (created_at, id), own and public ones, every page full but the last.
TEST_P(StoresTest, pages_of_a_list_put_together_are_the_list) {
  std::vector<std::pair<std::int64_t, std::string>> made;
  std::set<std::string> models;
  for (int i = 0; i < 23; ++i) {
    world.now.ms += i % 3 == 0;
    const Uuid by = i % 2 == 0 ? owner : stranger;
    const bool is_public = i % 5 == 0;
    const Uuid id =
        world.block(by, fmt::format("block {}", i),
                    {{"is_public", is_public}, {"block_type", i % 4 == 0 ? "llm" : "logic"}});
    if (by == owner || is_public) made.emplace_back(world.now.ms, to_string(id));
    if (i % 4 == 0) models.insert(to_string(id));
  }
  std::ranges::sort(made, std::greater());
  std::vector<std::string> expected;
  for (const auto& [time, id] : made) expected.push_back(id);
  for (const std::int64_t limit : {1, 2, 5, 500})
    EXPECT_EQ(world.all(stores.blocks, owner, db::Params(), limit), expected) << limit;
  const auto counted = world.look<store::Total>(
      [&](db::Connection& connection) { return stores.blocks.count(connection, owner, {}); });
  EXPECT_EQ(counted.count, std::ssize(expected));

  auto filter = std::make_shared<store::Filter>();
  filter->add("block_type", "llm");
  std::erase_if(expected, [&](const std::string& id) { return !models.contains(id); });
  for (const std::int64_t limit : {1, 2, 500})
    EXPECT_EQ(world.all(stores.blocks, owner, filter, limit), expected) << limit;
}

TEST_P(StoresTest, the_last_admin_stays) {
  const Uuid admin = world.user("boss", "admin");
  const auto remove = [&](Uuid user, bool erase) {
    return world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
      Result<void> removed = co_await stores.users.remove_user(connection, user, erase);
      if (!removed) co_return std::unexpected(removed.error());
      co_return true;
    });
  };
  EXPECT_EQ(remove(admin, true).error().code, Code::conflict);
  EXPECT_EQ(world.patch(stores.users, Key(admin), admin, Object{{"role", "user"}}).error().code,
            Code::conflict);
  world.user("deputy", "admin");
  EXPECT_TRUE(remove(admin, true).has_value());
}

// Every table counted twice: with everything of somebody, and without.
TEST_P(StoresTest, to_erase_a_user_takes_everything_of_it_and_nothing_else) {
  const auto furnish = [&](Uuid user) {
    must(world.write<store::NewKey>([&](db::Connection& connection) {
      return stores.users.add_key(connection, user, "key", to_string(user), world.now);
    }));
    const Uuid notes = world.knowledgebase(user);
    const Uuid agent =
        world.agent(user, {{"tools", {{{"tool_id", "search"}}}},
                           {"knowledgebases", {{{"knowledgebase_id", to_string(notes)}}}}});
    const Uuid block = world.block(user, "split");
    const Value graph =
        json::parse_stored(R"({"nodes":[{"id":"n","data":{"block_id":")" + to_string(block) +
                           R"("}}],"edges":[{"id":"e","source":"n","target":"n"}]})");
    const Uuid workflow = world.workflow(user, {{"graph_definition", graph},
                                                {"schedules", {{{"cron_expression", "0 2 * * *"}}}},
                                                {"webhooks", {{{"webhook_path", "/in"}}}}});
    for (const auto& [kind, subject] : {std::pair(&stores.agent_executions, agent),
                                        std::pair(&stores.workflow_executions, workflow)}) {
      const Value body =
          Object{{subject == agent ? "agent_id" : "workflow_id", to_string(subject)},
                 {"steps", Array{Object{{"step_number", 1}, {"step_type", "thought"}}}}};
      auto drafts = std::make_shared<std::vector<store::ExecutionDraft>>();
      for (int i = 0; i < 1'100; ++i)
        drafts->push_back(
            must(kind->draft(body, user, world.now)));  // more than are erased at once
      must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
        co_await kind->record(connection, drafts);
        co_await stores.idempotency.keep(connection, user, "/path", "key", {}, world.now);
        co_return true;
      }));
    }
  };
  const auto rows = [&] {
    std::map<std::string, std::int64_t> counts;
    for (const char* table :
         {"users", "api_keys", "tools", "knowledgebases", "blocks", "agents", "agent_tools",
          "agent_knowledgebases", "agent_versions", "workflows", "workflow_nodes", "workflow_edges",
          "workflow_references", "workflow_schedules", "workflow_webhooks", "agent_executions",
          "workflow_executions", "execution_steps", "idempotency_keys"}) {
      const std::string text = fmt::format("select count(*) from {}", table);
      const db::Statement count{"count", text};
      counts[table] = world.many(count)[0].integer(0);
    }
    return counts;
  };
  world.tool("search");
  furnish(owner);
  const auto before = rows();
  for (const auto& [table, count] : before) EXPECT_GT(count, 0) << table;
  const Uuid gone = world.user("gone");
  furnish(gone);
  const auto remove = [&](bool erase) {
    return world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
      Result<void> removed = co_await stores.users.remove_user(connection, gone, erase);
      if (!removed) co_return std::unexpected(removed.error());
      co_return true;
    });
  };
  EXPECT_EQ(remove(false).error().code, Code::conflict);
  must(remove(true));
  EXPECT_EQ(rows(), before);
  EXPECT_TRUE(store::check(world.database()).is_sound());
}

TEST_P(StoresTest, an_answer_is_kept_for_24_hours) {
  const auto keep = [&](std::string key, std::string body) {
    must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
      store::KeptAnswer answer{sha256(body), 201, "/there", "", body};
      co_await stores.idempotency.keep(connection, owner, "/agents", key, answer, world.now);
      co_return true;
    }));
  };
  const auto find = [&](Uuid user, std::string path, std::string key) {
    return world.look<std::optional<store::KeptAnswer>>([&](db::Connection& connection) {
      return stores.idempotency.find(connection, user, path, key, world.now);
    });
  };
  const auto kept = [&] {
    static constexpr db::Statement count{"count", "select count(*) from idempotency_keys"};
    return world.many(count)[0].integer(0);
  };
  for (int i = 0; i < 4; ++i) keep(fmt::format("k{}", i), "first");
  const auto answer = find(owner, "/agents", "k0");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->request_hash, sha256("first"));
  EXPECT_EQ(answer->location, "/there");
  EXPECT_EQ(answer->etag, "");
  EXPECT_EQ(answer->body, "first");
  EXPECT_FALSE(find(stranger, "/agents", "k0"));
  EXPECT_FALSE(find(owner, "/workflows", "k0"));
  world.now.ms += day_ms - 1;
  EXPECT_TRUE(find(owner, "/agents", "k0"));
  world.now.ms += 1;
  EXPECT_FALSE(find(owner, "/agents", "k0"));
  keep("k0", "second");
  EXPECT_EQ(find(owner, "/agents", "k0")->body, "second");
  // PostgreSQL looks at a part of them each time, taken by chance.
  for (int i = 0; is_postgres(*GetParam()) && kept() > 1 + i && i < 1'000; ++i)
    keep(fmt::format("n{}", i), "later");
  const auto expired = [&] {
    static constexpr db::Statement old{
        "old", "select count(*) from idempotency_keys where created_at <= $1"};
    return world.many(old, db::Params::of(Time{world.now.ms - day_ms}))[0].integer(0);
  };
  EXPECT_EQ(expired(), 0) << "the expired ones went with the new one";
}

TEST_P(StoresTest, writers_at_once_lose_nothing) {
  constexpr int writers = 4;
  constexpr int each = 25;
  const Uuid agent = world.agent(owner, {{"configuration", Object{}}});
  const Uuid execution = world.execution(stores.agent_executions, owner, agent);
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      for (int i = 0; i < each; ++i) {
        const int number = writer * each + i;
        must(world.patch(stores.agents, Key(agent), owner,
                         Object{{"configuration", {{fmt::format("k{}", number), number}}}}));
        must(world.append(stores.agent_executions, execution, owner,
                          Object{{"step_number", number}, {"step_type", "action"}}));
        world.knowledgebase(owner, fmt::format("kb {}", number));
      }
    });
  threads.clear();
  EXPECT_EQ(page(stores.agents, agent, owner).at("configuration").as_object().size(),
            std::size_t{writers * each});
  EXPECT_EQ(page(stores.agents, agent, owner).at("version").as_int64(), writers * each + 1);
  const Value shown =
      json::parse_stored(world.read(stores.agent_executions, execution, owner)->body);
  EXPECT_EQ(shown.at("steps").as_array().size(), std::size_t{writers * each});
  EXPECT_EQ(shown.at("version").as_int64(), writers * each + 1);
  EXPECT_EQ(
      world.all(stores.knowledgebases, owner, db::Params::of(std::nullopt, std::nullopt), 7).size(),
      std::size_t{writers * each});
  EXPECT_TRUE(store::check(world.database()).is_sound());
}

}  // namespace
}  // namespace onggi::conformance
