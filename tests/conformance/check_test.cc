// `onggi check` finds what it is for: whatever is changed behind the stores' backs.
#include "store/check.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using testing::IsEmpty;
using testing::Not;

// One change that no store makes.
struct Tampering {
  const char* name;
  const char* sql;
  // Where PostgreSQL needs another text; empty: it has nothing of the kind.
  const char* postgres = nullptr;
};

// So that most of them can be said in one way.
constexpr db::Statement functions[] = {
    {"replace",
     "create function replace(bytea, text, text) returns bytea language sql as "
     "$$ select convert_to(replace(convert_from($1, 'UTF8'), $2, $3), 'UTF8') $$"},
};

constexpr Tampering tamperings[] = {
    {"a_user_renamed", "update users set name = 'Mallory' where name = 'owner'"},
    {"a_users_role_in_its_document",
     "update users set document = replace(document, '\"user\"', '\"admin\"') where role = 'user'"},
    {"a_key_renamed", "update api_keys set name = 'other'"},
    {"a_keys_document", "update api_keys set document = replace(document, 'laptop', 'desktop')"},
    {"a_tools_category", "update tools set category = null where id = 'search'"},
    {"a_tools_summary", "update tools set summary = replace(summary, 'search', 'seek')"},
    {"a_tools_flag", "update tools set requires_auth = 1 - requires_auth",
     "update tools set requires_auth = not requires_auth"},
    {"a_knowledgebases_size", "update knowledgebases set chunk_size = chunk_size + 1"},
    {"a_knowledgebases_document",
     "update knowledgebases set document = replace(document, '500', '501')"},
    {"a_blocks_type", "update blocks set block_type = 'llm'"},
    {"a_blocks_document_spelled_otherwise",
     "update blocks set document = replace(document, ',', ', ')"},
    {"an_agents_version", "update agents set version = version + 1"},
    {"an_agents_configuration", "update agents set configuration = '{\"a\":2}'"},
    {"an_agents_document", "update agents set document = replace(document, 'writer', 'reader')"},
    {"an_agents_description_gone", "update agents set description = null"},
    {"an_agents_tools_order", "update agent_tools set \"order\" = 7"},
    {"an_agents_tools_configuration",
     "update agent_tools set document = replace(document, '{}', '{\"a\":1}')"},
    {"an_agents_knowledgebases_priority", "update agent_knowledgebases set priority = 7"},
    {"an_agents_newest_version_gone", "delete from agent_versions"},
    {"an_agents_newest_version",
     "update agent_versions set content = replace(content, 'writer', 'reader')"},
    {"an_agents_version_that_is_no_agent", "update agent_versions set content = '{\"name\":1}'"},
    {"a_workflows_name", "update workflows set name = 'other'"},
    {"a_workflows_page", "update workflows set page = replace(page, '\"n1\"', '\"n9\"')"},
    {"a_workflows_name_places", "update workflows set name_places = x'0000000000000000'",
     "update workflows set name_places = cast('12345678' as bytea)"},
    {"a_workflows_triggers", "update workflows set triggers = replace(triggers, '0 2', '0 3')"},
    {"a_node_renamed", "update workflow_nodes set node_id = 'n9' where node_id = 'n1'"},
    {"a_nodes_document", "update workflow_nodes set document = replace(document, 'n1', 'n9')"},
    {"a_nodes_parent", "update workflow_nodes set parent_id = 'n2' where node_id = 'n1'"},
    {"a_node_gone", "delete from workflow_nodes where node_id = 'n2'"},
    {"an_edge_turned", "update workflow_edges set source = target, target = source"},
    {"an_edge_gone", "delete from workflow_edges"},
    {"a_reference_gone", "delete from workflow_references where agent_id is not null"},
    {"a_reference_elsewhere",
     "update workflow_references set block_id = zeroblob(16) where block_id is not null",
     "update workflow_references set block_id = gen_random_uuid() where block_id is not null"},
    {"a_schedule_moved", "update workflow_schedules set cron_expression = '0 3 * * *'"},
    {"a_webhook_switched_off", "update workflow_webhooks set is_active = 0",
     "update workflow_webhooks set is_active = false"},
    {"an_executions_status", "update agent_executions set status = 'failed'"},
    {"an_executions_session_gone", "update agent_executions set session_id = null"},
    {"an_executions_cost", "update agent_executions set cost_nanos = cost_nanos + 1"},
    {"an_executions_document",
     "update agent_executions set document = replace(document, 'question', 'answer')||' '"},
    {"an_executions_context", "update agent_executions set execution_context = '[]'"},
    {"a_workflow_executions_start", "update workflow_executions set started_at = started_at + 1",
     "update workflow_executions set started_at = started_at + interval '1 ms'"},
    {"a_workflow_executions_document", "update workflow_executions set document = '{}'"},
    {"a_step_renumbered", "update execution_steps set step_number = 9 where kind = 'agent'"},
    {"a_steps_document", "update execution_steps set document = 'nothing' where kind = 'workflow'"},
    {"a_step_of_nothing", "delete from workflow_executions"},
    {"a_memorys_content", "update agent_memories set content = 'something else'",
     "update agent_memories set content = 'something else'"},
    {"a_memorys_metadata", "update agent_memories set metadata = '{\"b\":22}'"},
    {"a_memory_elsewhere", "update agent_memories set number = number + (1 << 56)", ""},
    {"a_shelfs_count", "update memory_counts set count = count + 1"},
    {"a_shelf_not_counted", "delete from memory_counts"},
    {"a_timelines_entry", "update memory_timeline set count = count + 1"},
    {"a_memorys_terms_gone", "delete from memory_terms", ""},
    {"an_agents_term_gone",
     "delete from agent_terms where term = (select min(term) from agent_terms)", ""},
    {"an_agents_term_too_many", "insert into agent_terms values (zeroblob(16), zeroblob(24))", ""},
    {"a_blocks_terms_gone", "delete from block_terms", ""},
    {"a_jobs_run_that_is_not_there",
     "insert into jobs (id, token, taken_until, run_id, lease_until) values "
     "('retention', 1, 0, zeroblob(16), 0)",
     "insert into jobs (id, token, taken_until, run_id, lease_until) values "
     "('retention', 1, now(), '00000000-0000-0000-0000-000000000000', now())"},
    {"a_workflows_terms_elsewhere", "update workflow_terms set place = zeroblob(24)", ""},
    {"a_nodes_term_too_many", "insert into workflow_node_terms values (zeroblob(16), zeroblob(28))",
     ""},
    {"an_executions_terms_on_another_day", "update agent_execution_terms set day = day + 1", ""},
    {"a_workflow_executions_terms_gone", "delete from workflow_execution_terms", ""},
};

std::ostream& operator<<(std::ostream& out, const Tampering& tampering) {
  return out << tampering.sql;
}

class CheckTest : public testing::TestWithParam<std::tuple<const Driver*, Tampering>> {
 protected:
  // A row in every table.
  void SetUp() override {
    const Uuid owner = world.user("owner");
    must(world.write<store::NewKey>([&](db::Connection& connection) {
      return world.stores.users.add_key(connection, owner, "laptop", "secret", world.now);
    }));
    world.tool("search", {{"category", "web"}});
    const Uuid notes = world.knowledgebase(owner);
    const Uuid block = world.block(owner, "split", {{"input_schema", {{"type", "object"}}}});
    const Uuid agent =
        world.agent(owner, {{"description", "writes"},
                            {"configuration", {{"a", 1}}},
                            {"tools", {{{"tool_id", "search"}}}},
                            {"knowledgebases", {{{"knowledgebase_id", to_string(notes)}}}}});
    const json::Value graph =
        json::parse_stored(R"({"nodes":[{"id":"n1","data":{"agent_id":")" + to_string(agent) +
                           R"("}},{"id":"n2","data":{"block_id":")" + to_string(block) +
                           R"("}}],"edges":[{"id":"e1","source":"n1","target":"n2"}]})");
    const Uuid workflow =
        world.workflow(owner, {{"graph_definition", graph},
                               {"schedules", {{{"cron_expression", "0 2 * * *"}}}},
                               {"webhooks", {{{"webhook_path", "/in"}}}}});
    const json::Object execution{{"session_id", "s"},
                                 {"input_data", "question"},
                                 {"steps", {{{"step_number", 1}, {"step_type", "thought"}}}}};
    world.execution(world.stores.agent_executions, owner, agent, execution);
    world.memory(owner, agent, {{"metadata", {{"a", 1}}}});
    world.execution(world.stores.workflow_executions, owner, workflow, execution);
  }

  World world{*std::get<0>(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Stores, CheckTest,
                         testing::Combine(testing::ValuesIn(drivers()),
                                          testing::ValuesIn(tamperings)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)->name()) + '_' +
                                  std::get<1>(info.param).name;
                         });

TEST_P(CheckTest, what_was_tampered_with_is_reported) {
  ASSERT_THAT(store::check(world.database()).troubles, IsEmpty());
  const Tampering& tampering = std::get<1>(GetParam());
  const bool is_other = is_postgres(*std::get<0>(GetParam())) && tampering.postgres != nullptr;
  if (is_other && *tampering.postgres == '\0')
    GTEST_SKIP() << "PostgreSQL has no terms that could be left behind";
  if (is_postgres(*std::get<0>(GetParam())))
    for (const db::Statement& function : functions) world.run(function);
  const db::Statement tamper{"tamper", is_other ? tampering.postgres : tampering.sql};
  ASSERT_GT(world.run(tamper), 0);
  EXPECT_THAT(store::check(world.database()).troubles, Not(IsEmpty()));
}

class SoundTest : public testing::TestWithParam<const Driver*> {};
INSTANTIATE_TEST_SUITE_P(Stores, SoundTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(SoundTest, an_empty_store_is_sound) {
  World world(*GetParam());
  const store::CheckReport report = store::check(world.database());
  EXPECT_TRUE(report.is_sound());
}

TEST_P(SoundTest, troubles_are_told_up_to_a_bound) {
  World world(*GetParam());
  for (int i = 0; i < 150; ++i) world.user();
  static constexpr db::Statement tamper{"tamper", "update users set name = 'Mallory'"};
  world.run(tamper);
  EXPECT_EQ(store::check(world.database()).troubles.size(), store::troubles_max);
}

}  // namespace
}  // namespace onggi::conformance
