// A store that was moved, from either kind to either, is the store that it was.
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "move/copy.h"
#include "move/export.h"
#include "move/import.h"
#include "move/store.h"
#include "sql/catalogue.h"
#include "statistics/build.h"
#include "store/check.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using json::Object;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Time exported_at{1'795'000'000'000};

void ignore(const move::Progress&) {}

std::string exported(db::Database& database, Time at = exported_at) {
  std::string text;
  move::export_all(database, at, [&text](std::string_view piece) { text += piece; }, ignore);
  return text;
}

void import_text(std::string text, db::Database& target) {
  std::size_t at = 0;
  move::import_all(
      [&](std::string& line) {
        if (at >= text.size()) return false;
        const std::size_t end = std::min(text.find('\n', at), text.size());
        line = text.substr(at, end - at);
        at = end + 1;
        return true;
      },
      target, ignore);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::logic_error(fmt::format("there is no {}", what));
  return text.replace(at, what.size(), by);
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::runtime_error& refused) {
    return refused.what();
  }
  return "was not refused";
}

// Rows in every table, with what is hard to carry.
void fill(World& world) {
  const Uuid owner = world.user("온기 \"'\\\n\u00e9");
  must(world.write<store::NewKey>([&](db::Connection& connection) {
    return world.stores.users.add_key(connection, owner, "laptop", "secret", world.now);
  }));
  world.tool("search", {{"category", "web"}, {"input_schema", {{"type", "object"}}}});
  world.tool("bare");
  const Uuid notes = world.knowledgebase(owner);
  const Uuid block = world.block(owner, "split", {{"is_public", true}});
  const json::Value configuration = json::parse_stored(
      R"({"":[],"a":{},"n":[9223372036854775807,-9223372036854775808,1e300,0.1,1.5e-7,-0.0,1e19],)"
      R"("옹기":"메모리 \ud83d\ude00 \"q\" \\ \u0001 \u007f /","null":null,"deep":[[[{}]]]})");
  const Uuid agent =
      world.agent(owner, {{"description", "writes"},
                          {"configuration", configuration},
                          {"tools", {{{"tool_id", "search"}, {"configuration", configuration}}}},
                          {"knowledgebases", {{{"knowledgebase_id", to_string(notes)}}}}});
  must(world.patch(world.stores.agents, store::Key(agent), owner, Object{{"is_public", true}}));
  world.memory(owner, agent,
               {{"content", std::string(3'000, 'x') + "옹기"},
                {"metadata", configuration},
                {"embedding", {0.5, -1e-7}},
                {"last_accessed_at", nullptr}});
  world.memory(owner, agent, {{"type", "semantic"}, {"session_id", "\"'"}});
  auto settings = std::make_shared<const json::Value>(Object{{"auto_cleanup", false}});
  must(world.write<store::Page>([&](db::Connection& connection) {
    return world.stores.memories.put_settings(connection, agent, owner, settings, {}, world.now);
  }));
  const Uuid deleted = world.agent(owner, {{"configuration", Object{}}});
  json::Value graph = json::parse_stored(
      R"({"nodes":[{"id":"n1","data":{"agent_id":"$agent","x":1e3}},{"id":"n2","parentId":"n1"},)"
      R"({"id":"n3","type":"온기","data":{"block_id":"$block"}}],)"
      R"("edges":[{"id":"e1","source":"n1","target":"n3","data":{"w":0.5}}],"viewport":{"zoom":1}})");
  graph.at("nodes").at(0).at("data").at("agent_id") = to_string(agent);
  graph.at("nodes").at(2).at("data").at("block_id") = to_string(block);
  const Uuid workflow = world.workflow(
      owner, {{"graph_definition", graph},
              {"schedules", {{{"cron_expression", "0 2 * * *"}, {"input_data", configuration}}}},
              {"webhooks", {{{"webhook_path", "/in"}, {"secret", "hush"}}}}});
  const Object execution{
      {"session_id", "s"},
      {"input_data", configuration},
      {"output_data", nullptr},
      {"execution_context", configuration},
      {"status", "failed"},
      {"error_message", "온기"},
      {"steps",
       {{{"step_number", 1}, {"step_type", "thought"}, {"content", "\t"}},
        {{"step_number", 7}, {"step_type", "action"}, {"step_metadata", configuration}}}}};
  world.execution(world.stores.agent_executions, owner, agent, execution);
  world.execution(world.stores.agent_executions, owner, deleted, {{"input_data", "question"}});
  must(world.remove(world.stores.agents, store::Key(deleted), owner));
  world.execution(world.stores.workflow_executions, owner, workflow, execution);
  struct Still final : Clock {
    Time at;
    Time now() const override { return at; }
  } clock;
  clock.at = world.now;
  store::Batches batches(world.database(), clock);
  for (const auto* kind : {&world.stores.agent_executions, &world.stores.workflow_executions}) {
    const bool is_agent = kind == &world.stores.agent_executions;
    world.execution(*kind, owner, is_agent ? agent : workflow,
                    {{"started_at", to_string(Time{world.now.ms - 20 * day_ms})},
                     {"status", "completed"},
                     {"duration_ms", 1234}});
    run_now(statistics::settle(batches, kind->kind(), Time{world.now.ms - 10 * day_ms}));
  }
  must(world.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    std::vector<store::ModelPrice> prices{{"온기", "large", {1, 2}}};
    co_await world.stores.prices.replace(connection, std::move(prices));
    co_return true;
  }));
  const Sha256 hash = sha256("request");
  db::Params kept = db::Params::of(owner, "/agents", "키").add_blob(view(hash)).add(world.now);
  world.run(sql::idempotency_insert,
            kept.add(201).add(std::nullopt).add("\"1-x\"").add(R"({"a":"b"})"));
  const Uuid run = Uuid::v7(world.now);
  world.run(sql::jobs_declare, db::Params::of("retention", world.now));
  world.run(sql::jobs_insert_run, db::Params::of(run, "retention", world.now, world.now));
  world.run(sql::jobs_take, db::Params::of("retention", run, owner, world.now, world.now));
  world.run(sql::jobs_progress, db::Params::of(run, R"({"rows":1})"));
  world.run(sql::retention_set_horizon, db::Params::of("agent", world.now));
  world.run(sql::retention_keep_names, db::Params::of(Time{world.now.ms + 1}, 1));
}

using Pair = std::tuple<const Driver*, const Driver*>;
class MoveTest : public testing::TestWithParam<Pair> {
 protected:
  void SetUp() override { fill(source); }
  void copy() { move::copy(source.database(), target.database(), ignore); }

  World source{*std::get<0>(GetParam())};
  World target{*std::get<1>(GetParam())};
};

// Every store to the embedded one, and that to every store.
std::vector<Pair> pairs() {
  std::vector<Pair> found;
  const Driver* const embedded = drivers().front();
  for (const Driver* const driver : drivers()) found.emplace_back(embedded, driver);
  for (const Driver* const driver : drivers())
    if (driver != embedded) found.emplace_back(driver, embedded);
  return found;
}
INSTANTIATE_TEST_SUITE_P(Stores, MoveTest, testing::ValuesIn(pairs()), [](const auto& info) {
  return fmt::format("{}_to_{}", std::get<0>(info.param)->name(), std::get<1>(info.param)->name());
});

TEST_P(MoveTest, a_store_that_was_copied_is_the_same_and_whole) {
  copy();
  const std::vector<move::Sum> sums = move::sums_of(target.database(), ignore);
  for (std::size_t i = 0; i < sums.size(); ++i)
    EXPECT_GT(sums[i].rows, 0) << move::tables()[i].name;
  EXPECT_EQ(exported(target.database()), exported(source.database()));
  EXPECT_THAT(store::check(target.database()).troubles, IsEmpty());
  EXPECT_FALSE(move::find_unfinished(target.database()));
  EXPECT_THAT(refusal([this] { copy(); }), HasSubstr("not empty: it has rows in users"));
}

class WholeSchemaTest : public testing::TestWithParam<const Driver*> {};
INSTANTIATE_TEST_SUITE_P(Stores, WholeSchemaTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

// Of the store itself, or made anew out of what is moved. A table as a whole, or table.column.
const std::set<std::string> not_moved{
    "schema_migrations",
    // Of the embedded store.
    "agent_terms",
    "block_terms",
    "workflow_terms",
    "workflow_node_terms",
    "agent_execution_terms",
    "workflow_execution_terms",
    // Statistics: all but what is frozen is made anew of executions.
    "agent_execution_changes",
    "agent_execution_weeks",
    "agent_execution_hours",
    "agent_execution_totals",
    "workflow_execution_changes",
    "workflow_execution_weeks",
    "workflow_execution_hours",
    "workflow_execution_totals",
    "agent_execution_lifetimes.zone",
    "agent_execution_lifetimes.built_from",
    "agent_execution_lifetimes.is_counted",
    "agent_execution_lifetimes.version",
    "agent_execution_lifetimes.held_until",
    "agent_execution_lifetimes.summed_from",
    "agent_execution_lifetimes.summed_until",
    "agent_execution_lifetimes.execution_count",
    "agent_execution_lifetimes.running_count",
    "agent_execution_lifetimes.completed_count",
    "agent_execution_lifetimes.failed_count",
    "agent_execution_lifetimes.timeout_count",
    "agent_execution_lifetimes.cancelled_count",
    "workflow_execution_lifetimes.zone",
    "workflow_execution_lifetimes.built_from",
    "workflow_execution_lifetimes.is_counted",
    "workflow_execution_lifetimes.version",
    "workflow_execution_lifetimes.held_until",
    "workflow_execution_lifetimes.summed_from",
    "workflow_execution_lifetimes.summed_until",
    "workflow_execution_lifetimes.execution_count",
    "workflow_execution_lifetimes.running_count",
    "workflow_execution_lifetimes.completed_count",
    "workflow_execution_lifetimes.failed_count",
    "workflow_execution_lifetimes.timeout_count",
    "workflow_execution_lifetimes.cancelled_count",
    "memory_terms",
    "memory_sweeps",
    "agent_memories.number",
    "agent_memories.stored_bytes",
    "memory_counts",
    "memory_words",
    "memory_gone",
    "memory_analysis",
    "memory_embedding_queue",
    "memory_embeddings",
    // Of one server.
    "memory_flushes",
    // Of PostgreSQL.
    "agent_memories.shelf",
    "agent_memories.owners",
    "definition_versions",
    "memory_versions",
    "feed_batches",
    "feed_listeners",
    "blocks.filters",
    "agents.filters",
    "workflows.filters",
    "workflows.graph_definition",
    "workflow_nodes.filters",
    "workflow_nodes.configuration",
    "workflow_nodes.user_id",
    "workflow_nodes.is_public",
    "workflow_nodes.created_at",
    "workflow_edges.configuration",
    "agent_executions.input_data",
    "agent_executions.output_data",
    "agent_executions.error_message",
    "workflow_executions.input_data",
    "workflow_executions.output_data",
    "workflow_executions.error_message",
    "execution_steps.step_type",
    "execution_steps.content",
    "execution_steps.step_metadata",
    "execution_steps.timestamp",
};

TEST_P(WholeSchemaTest, every_column_of_the_schema_is_moved_or_known_to_be_derived) {
  static constexpr db::Statement columns{
      "columns",
      "select t.name, c.name from sqlite_schema t, pragma_table_info(t.name) c "
      "where t.type = 'table' and t.name not like 'sqlite_%'",
      "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
      "where c.relnamespace = cast(current_schema() as regnamespace) and c.relkind in ('r', 'p') "
      "and not c.relispartition and a.attnum > 0 and not a.attisdropped"};
  std::set<std::string> there;
  World world(*GetParam());
  const db::Rows rows = world.many(columns);
  for (const db::Row row : rows) {
    const std::string column = fmt::format("{}.{}", row.text(0), row.text(1));
    if (!not_moved.contains(std::string(row.text(0))) && !not_moved.contains(column))
      there.insert(column);
  }
  std::set<std::string> moved;
  for (const move::Table& table : move::tables())
    for (const move::Column& column : table.columns)
      moved.insert(fmt::format("{}.{}", table.name, column.name));
  EXPECT_THAT(moved, testing::ContainerEq(there));
}

TEST_P(MoveTest, a_copy_that_was_interrupted_goes_on_where_it_was) {
  struct Interrupted {};
  const auto interrupt = [](const move::Progress& progress) {
    if (progress.table == "workflow_nodes" && !progress.is_over) throw Interrupted{};
  };
  EXPECT_THROW(move::copy(source.database(), target.database(), interrupt), Interrupted);
  EXPECT_THAT(refusal([this] { move::refuse_unfinished(target.database()); }),
              HasSubstr("not wholly there"));
  World other(*drivers().front());
  other.user();
  EXPECT_THAT(refusal([&] { move::copy(other.database(), target.database(), ignore); }),
              HasSubstr("not empty: the copy of the store with user"));
  std::vector<std::string> copied;
  move::copy(source.database(), target.database(), [&](const move::Progress& progress) {
    if (progress.doing == "copied" && !progress.is_over) copied.emplace_back(progress.table);
  });
  EXPECT_EQ(copied.front(), "workflow_edges");
  EXPECT_EQ(exported(target.database()), exported(source.database()));
}

TEST_P(MoveTest, what_somebody_writes_to_either_store_meanwhile_is_noticed) {
  static constexpr db::Statement tamper{
      "tamper", "update workflow_webhooks set secret = 'known' where secret = 'hush'"};
  bool is_done = false;
  const auto write = [&](const move::Progress& progress) {
    if (progress.table != "idempotency_keys" || std::exchange(is_done, true)) return;
    EXPECT_EQ(target.run(tamper), 1);
    source.tool("late");
  };
  EXPECT_THAT(refusal([&] { move::copy(source.database(), target.database(), write); }),
              testing::AllOf(HasSubstr("not the same"), HasSubstr("tools (2 rows, not 3)"),
                             HasSubstr("workflow_webhooks (one of 1 rows")));
  EXPECT_TRUE(move::find_unfinished(target.database()));
}

TEST_P(MoveTest, an_import_of_an_export_is_exported_the_same) {
  const std::string text = exported(source.database());
  import_text(text, target.database());
  EXPECT_EQ(exported(target.database()), text);
  EXPECT_FALSE(move::find_unfinished(target.database()));
}

TEST_P(MoveTest, an_import_of_a_file_that_was_cut_goes_on_with_the_same_file_alone) {
  const std::string text = exported(source.database());
  const std::string cut = text.substr(0, text.find("{\"table\":\"workflow_executions\""));
  EXPECT_THAT(refusal([&] { import_text(cut, target.database()); }), HasSubstr("it was cut"));
  World other(*drivers().front());
  fill(other);
  EXPECT_THAT(refusal([&] { import_text(exported(other.database()), target.database()); }),
              HasSubstr("an import of another file"));
  const std::string empty = text.substr(0, text.find('\n') + 1) + "{\"onggi_export_end\":{}}\n";
  EXPECT_THAT(refusal([&] { import_text(empty, target.database()); }),
              HasSubstr("an import of another file"));
  EXPECT_TRUE(move::find_unfinished(target.database()));
  import_text(text, target.database());
  EXPECT_EQ(exported(target.database()), text);
}

TEST_P(MoveTest, a_line_that_is_wrong_is_named_with_its_field) {
  const std::string text = exported(source.database());
  const auto wrong = [&](std::string_view what, std::string_view by) {
    return refusal([&] { import_text(replaced(text, what, by), target.database()); });
  };
  EXPECT_EQ(wrong("\"role\":\"user\"", "\"role\":7"), "line 2: /role must be a string");
  EXPECT_EQ(wrong("\"timezone\":\"UTC\",", ""), "line 2: /timezone is missing");
  EXPECT_EQ(wrong("\"timezone\":\"UTC\",", "\"timezone\":\"UTC\",\"zone\":1,"),
            "line 2: /zone is not known");
  EXPECT_EQ(wrong("\"version\":1,", "\"version\":1.5,"), "line 2: /version must be a whole number");
  EXPECT_EQ(wrong("{\"table\":\"users\"", "{\"table\":\"people\""),
            "line 2: /table there is no such table");
  EXPECT_THAT(wrong("{\"table\":\"users\"", "{\"table\":\"users"), HasSubstr("line 2: "));
  EXPECT_THAT(wrong("\"role\":\"user\"", "\"role\":\"owner\""), HasSubstr("line 2: "));
  EXPECT_THAT(wrong("\"tool_id\":\"search\"", "\"tool_id\":\"other\""), HasSubstr("line 10: "));
  EXPECT_THAT(wrong("\"onggi_export\":1", "\"onggi_export\":2"), HasSubstr("format 2"));
  EXPECT_THAT(wrong("\"content\":\"\\t\"", "\"content\":\"t\""), HasSubstr("sha256"));
}

TEST_P(MoveTest, a_document_that_contradicts_its_row_is_noticed) {
  std::string text =
      replaced(exported(source.database()), "\"name\":\"notes\"", "\"name\":\"other\"");
  text = text.substr(0, text.rfind(",\"sha256\"")) + "}\n";
  EXPECT_THAT(refusal([&] { import_text(text, target.database()); }),
              HasSubstr("contradicts itself"));
  EXPECT_TRUE(move::find_unfinished(target.database()));
}

// More than a batch holds, and larger.
TEST_P(MoveTest, many_rows_and_large_ones_are_moved_in_batches) {
  const Uuid owner = source.user("owner");
  const Uuid agent = source.agent(owner);
  const std::string large(3u << 20, 'x');
  for (int i = 0; i < 4; ++i)
    source.execution(source.stores.agent_executions, owner, agent, {{"input_data", large}});
  must(source.write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    std::vector<db::Params> keys;
    std::vector<std::string> names;
    for (int i = 0; i < 2'500; ++i) names.push_back(fmt::format("{}", i));
    const Sha256 hash = sha256("request");
    for (const std::string& name : names)
      keys.push_back(db::Params::of(owner, "/agents", name)
                         .add_blob(view(hash))
                         .add(source.now)
                         .add(200)
                         .add(std::nullopt)
                         .add(std::nullopt)
                         .add(""));
    for (db::Params& key : keys) co_await connection.run(sql::idempotency_insert, key);
    co_return true;
  }));
  std::size_t batches = 0;
  move::copy(source.database(), target.database(), [&](const move::Progress& progress) {
    if (progress.doing == "copied" && !progress.is_over) ++batches;
  });
  EXPECT_GE(batches, move::tables().size() + 3);
  EXPECT_EQ(exported(target.database()), exported(source.database()));
}

}  // namespace
}  // namespace onggi::conformance
