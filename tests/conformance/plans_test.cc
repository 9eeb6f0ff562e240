// Every statement has a plan: none walks over a table that grows, whether or not the planner has
// statistics (the server never runs ANALYZE), and every index is of use to some statement.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sqlite/raw.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"
#include "tests/conformance/realistic.h"
#include "tests/temporary_directory.h"

namespace onggi::conformance {
namespace {

using db::sqlite::RawConnection;
using db::sqlite::RawStatement;
using testing::AnyOf;
using testing::Contains;
using testing::Eq;

// Statements that may walk over a whole table, what they walk over, and why that is no harm.
const std::map<std::string_view, std::set<std::string_view>> walks{
    // `onggi check`: everything is what it is for; piece by piece on a thread of its own.
    {"check.users", {"SCAN users"}},
    {"check.keys", {"SCAN api_keys"}},
    {"check.tools", {"SCAN tools"}},
    {"check.knowledgebases", {"SCAN knowledgebases"}},
    {"check.blocks", {"SCAN blocks"}},
    {"check.agents", {"SCAN agents"}},
    {"check.agent_tools", {"SCAN agent_tools"}},
    {"check.agent_knowledgebases", {"SCAN agent_knowledgebases"}},
    {"check.agent_versions", {"SCAN a"}},
    {"check.agent_contents", {"SCAN v"}},
    {"check.workflows", {"SCAN workflows USING COVERING INDEX sqlite_autoindex_workflows_1"}},
    {"check.executions_agent", {"SCAN agent_executions"}},
    {"check.executions_workflow", {"SCAN workflow_executions"}},
    {"check.steps_agent", {"SCAN t"}},
    {"check.steps_workflow", {"SCAN t"}},
    {"check.job_runs", {"SCAN r", "SCAN j"}},
    {"check.agent_terms", {"SCAN agent_terms", "SCAN r"}},
    {"check.block_terms", {"SCAN block_terms", "SCAN r"}},
    {"check.workflow_terms", {"SCAN workflow_terms", "SCAN r"}},
    {"check.workflow_node_terms", {"SCAN workflow_node_terms", "SCAN n"}},
    {"check.agent_execution_terms", {"SCAN agent_execution_terms", "SCAN r"}},
    {"check.workflow_execution_terms", {"SCAN workflow_execution_terms", "SCAN r"}},
    {"check.memories", {"SCAN agent_memories"}},
    {"check.memory_counts", {"SCAN memory_counts"}},
    {"check.memory_timeline", {"SCAN memory_timeline"}},
    {"check.memory_words", {"SCAN m", "SCAN w USING COVERING INDEX ix_memory_words_agent_changed"}},
    {"check.memory_terms", {"SCAN memory_terms", "SCAN r"}},
    // For metrics and GET /memory/stats of an admin: a few rows for each agent.
    {"memory.overview_of_all", {"SCAN a"}},
    // A row for each server.
    {"memory.forget_flushes", {"SCAN memory_flushes"}},
    // Whom a run is told, when one begins or ends. Users are few.
    {"jobs.admins", {"SCAN users"}},
    // Two numbers of the file's header.
    {"retention.space", {"SCAN f VIRTUAL TABLE INDEX 0:", "SCAN s VIRTUAL TABLE INDEX 0:"}},
    // One row a table of the schema, when a server starts.
    {"moving.is_unfinished", {"SCAN sqlite_schema"}},
    // Statistics of everybody, for admins: user by user, who are few, along their index.
    {"statistics.everybodys_days_agent",
     {"SCAN u USING INDEX ix_users_created", "SCAN c",
      "SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.everybodys_days_workflow",
     {"SCAN u USING INDEX ix_users_created", "SCAN c",
      "SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.everybodys_subjects_agent",
     {"SCAN u USING INDEX ix_users_created", "SCAN c",
      "SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.everybodys_subjects_workflow",
     {"SCAN u USING INDEX ix_users_created", "SCAN c",
      "SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.dashboard_of_everybody",
     {"SCAN u USING INDEX ix_users_created", "SCAN c",
      "SCAN u USING COVERING INDEX ix_users_created", "SCAN agents", "SCAN a",
      "SCAN blocks USING COVERING INDEX sqlite_autoindex_blocks_1",
      "SCAN workflows USING COVERING INDEX ix_workflows_user",
      "SCAN knowledgebases USING COVERING INDEX sqlite_autoindex_knowledgebases_1"}},
    {"statistics.newest_of_everybody", {"SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.count_of_everybody", {"SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.favorites_of_everybody", {"SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.favorite_of_everybody", {"SCAN u USING COVERING INDEX ix_users_created"}},
    {"statistics.stuck_of_everybody", {"SCAN u USING COVERING INDEX ix_users_created"}},
    // All prices there are, which are few; for admins.
    {"prices.list", {"SCAN prices"}},
    // The queue of changes, which is short: as many as it says, at most.
    {"statistics.count_waiting_agent",
     {"SCAN agent_execution_changes USING COVERING INDEX ix_agent_changes_user"}},
    {"statistics.count_waiting_workflow",
     {"SCAN workflow_execution_changes USING COVERING INDEX ix_workflow_changes_user"}},
    // Stops at the first row.
    {"users.any", {"SCAN users USING COVERING INDEX ix_users_created"}},
    // Stops at the first admin; only when an admin is removed or becomes a user. Users are few.
    {"users.other_admins", {"SCAN users"}},
};

// Views inside a statement, which EXPLAIN calls scans as well: each holds at most what its limit
// says.
const std::set<std::string_view> inner_views{
    "SCAN CONSTANT ROW",
    "SCAN 5 CONSTANT ROWS",           // the statuses
    "SCAN p",                         // the page of a list of executions: at most limit + 1
    "SCAN counted",                   // at most count_max + 1
    "SCAN counts",                    // of all time (sql/statistics.sql)
    "SCAN newest",                    // one
    "SCAN t VIRTUAL TABLE INDEX 0:",  // json_terms: of one document
    "SCAN r VIRTUAL TABLE INDEX 0:",  // each_row: what the statement was given
    // Containment (sql/search.sql). The terms of a filter: at most filter_terms_max.
    "SCAN s",
    "SCAN r",            // of memory: the one row of an agent's rule
    "SCAN p LEFT-JOIN",  // the page of a list of memories
    "SCAN t LEFT-JOIN",  // the page of a timeline
    // The candidates of a search, which stops at a full page or at candidates_max.
    "SCAN w",
};

// In the order in which they run: one line for each step of the plan.
std::vector<std::string> plan(sqlite3* connection, std::string_view text) {
  sqlite3_stmt* compiled = nullptr;
  const std::string explained = "explain query plan " + std::string(text);
  const int code = sqlite3_prepare_v2(connection, explained.c_str(), -1, &compiled, nullptr);
  const RawStatement statement(compiled);
  EXPECT_EQ(code, SQLITE_OK) << text << ": " << sqlite3_errmsg(connection);
  std::vector<std::string> lines;
  while (sqlite3_step(compiled) == SQLITE_ROW)
    lines.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(compiled, 3)));
  return lines;
}

std::vector<std::string> texts(sqlite3* connection, const char* query) {
  std::string lines;
  EXPECT_EQ(db::sqlite::query(connection, query, lines), SQLITE_OK) << sqlite3_errmsg(connection);
  std::vector<std::string> each;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    each.push_back(lines.substr(at, end - at));
    at = end + 1;
  }
  return each;
}

// The index that a line of a plan names; empty where it names none.
std::string index_of(const std::string& line) {
  constexpr std::string_view word = "INDEX ";
  const std::size_t at = line.find(word);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + word.size();
  return line.substr(begin, line.find(' ', begin) - begin);
}

struct Place {
  explicit Place(const Amounts& amounts) {
    const std::filesystem::path file = directory.path() / "onggi.db";
    Registry registry;
    {
      const db::Sqlite made(file, sql::sqlite_schema(), {}, registry);
    }
    if (db::sqlite::open_raw(file, SQLITE_OPEN_READWRITE, connection) != SQLITE_OK)
      throw std::runtime_error("cannot open what was made");
    db::sqlite::harden(connection.get());
    db::sqlite::execute(connection.get(), "pragma synchronous = off; pragma temp_store = memory");
    fill(connection.get(), amounts);
  }
  TemporaryDirectory directory;
  RawConnection connection;
};

// Filled once for all cases: without statistics, as the server runs, and with them.
class PlansTest : public testing::TestWithParam<bool> {
 protected:
  static void SetUpTestSuite() {
    plain_ = new Place(Amounts{});
    analyzed_ = new Place(Amounts{.agent_executions = 40'000, .workflow_executions = 10'000});
    db::sqlite::execute(analyzed_->connection.get(), "analyze");
  }
  static void TearDownTestSuite() {
    delete plain_;
    delete analyzed_;
  }
  sqlite3* connection() const { return (GetParam() ? analyzed_ : plain_)->connection.get(); }

 private:
  static inline Place* plain_ = nullptr;
  static inline Place* analyzed_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, PlansTest, testing::Bool(), [](const auto& info) {
  return info.param ? "with_statistics" : "without_statistics";
});

// The table of one row that is there while a move is unfinished.
const std::set<std::string_view> of_an_unfinished_move{"moving.begin", "moving.end", "moving.place",
                                                       "moving.proceed", "moving.set_source"};

// Those of the embedded store.
std::vector<const db::Statement*> statements() {
  std::vector<const db::Statement*> all;
  for (const db::Statement* statement : sql::catalogue())
    if (!statement->text.empty() && !of_an_unfinished_move.contains(statement->name))
      all.push_back(statement);
  return all;
}

TEST_P(PlansTest, no_statement_walks_over_a_table_that_grows) {
  for (const db::Statement* statement : statements()) {
    const auto allowed = walks.find(statement->name);
    std::set<std::string> views;
    for (const std::string& line : plan(connection(), statement->text)) {
      if (line.starts_with("CO-ROUTINE ") || line.starts_with("MATERIALIZE "))
        views.insert("SCAN " + line.substr(line.find(' ') + 1));
      const bool is_walk =
          line.starts_with("SCAN ") && !inner_views.contains(line) && !views.contains(line);
      const bool is_allowed = allowed != walks.end() && allowed->second.contains(line);
      EXPECT_TRUE(!is_walk || is_allowed) << statement->name << ": " << line;
      EXPECT_EQ(line.find("AUTOMATIC"), std::string::npos)
          << statement->name << " makes an index each time: " << line;
    }
  }
}

TEST_P(PlansTest, no_statement_sorts) {
  for (const db::Statement* statement : statements())
    for (const std::string& line : plan(connection(), statement->text))
      EXPECT_FALSE(line.starts_with("USE TEMP B-TREE")) << statement->name << ": " << line;
}

TEST_P(PlansTest, a_search_compares_more_than_a_status_or_a_kind) {
  for (const db::Statement* statement : statements())
    for (const std::string& line : plan(connection(), statement->text)) {
      if (!line.starts_with("SEARCH ")) continue;
      if (line.starts_with("SEARCH retention_horizons ")) continue;  // the kind is all of its key
      const std::string range = line.substr(std::min(line.rfind('('), line.size()));
      EXPECT_THAT(range, testing::Not(AnyOf(Eq("(kind=?)"), Eq("(status=?)"), Eq("(ANY("))))
          << statement->name;
      EXPECT_EQ(line.find("(ANY("), std::string::npos)
          << statement->name << " skips through an index: " << line;
    }
}

TEST_P(PlansTest, every_walk_that_is_allowed_is_made) {
  std::map<std::string_view, const db::Statement*> by_name;
  for (const db::Statement* statement : statements()) by_name[statement->name] = statement;
  for (const auto& [name, lines] : walks) {
    if (!by_name.contains(name)) {
      ADD_FAILURE() << name << " is not in the catalogue any more";
      continue;
    }
    const std::vector<std::string> made = plan(connection(), by_name[name]->text);
    if (GetParam()) continue;  // which index a walk takes may differ with statistics
    for (const std::string_view line : lines)
      EXPECT_THAT(made, Contains(std::string(line))) << name;
  }
}

// What SQLite does by itself for a foreign key, EXPLAIN does not show: the rows that refer to one
// that goes are looked for as this statement would.
std::vector<std::string> foreign_key_searches(sqlite3* connection) {
  return texts(connection,
               "select 'select 1 from ' || t.name || ' where ' || group_concat(f.\"from\" || ' = "
               "?', ' and ') "
               "from sqlite_schema t, pragma_foreign_key_list(t.name) f where t.type = 'table' "
               "group by t.name, f.id");
}

TEST_P(PlansTest, every_foreign_key_is_found_from_the_other_side_by_an_index) {
  const std::vector<std::string> searches = foreign_key_searches(connection());
  EXPECT_GE(searches.size(), 15u);
  for (const std::string& search : searches)
    EXPECT_TRUE(plan(connection(), search).at(0).starts_with("SEARCH ")) << search;
}

TEST_P(PlansTest, every_index_serves_a_statement) {
  std::set<std::string> used;
  for (const db::Statement* statement : statements())
    for (const std::string& line : plan(connection(), statement->text)) used.insert(index_of(line));
  for (const std::string& search : foreign_key_searches(connection()))
    used.insert(index_of(plan(connection(), search).at(0)));
  for (const std::string& index : texts(
           connection(), "select name from sqlite_schema where type = 'index' and sql is not null"))
    EXPECT_TRUE(used.contains(index)) << index << " serves no statement";
}

}  // namespace
}  // namespace onggi::conformance
