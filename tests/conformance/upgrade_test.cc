// A file of an earlier version is brought up to date when it is opened, with what it holds.
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"
#include "store/check.h"
#include "store/stores.h"
#include "tests/temporary_directory.h"

namespace onggi::conformance {
namespace {

using json::Object;
using json::Value;

constexpr std::size_t before_terms = 1;
constexpr std::size_t before_spans = 6;

// Fills the tables of a file of an earlier version with what the same tables of `whole` hold.
void fill_from(const std::filesystem::path& whole, const std::filesystem::path& earlier) {
  sqlite3* file = nullptr;
  ASSERT_EQ(sqlite3_open(earlier.c_str(), &file), SQLITE_OK);
  const auto run = [&](const std::string& text, int (*row)(void*, int, char**, char**) = nullptr,
                       void* to = nullptr) {
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(file, text.c_str(), row, to, &error), SQLITE_OK)
        << text << ": " << (error != nullptr ? error : "");
  };
  run("attach '" + whole.string() + "' as whole");
  std::vector<std::string> copies;
  run(
      R"(select format('insert or replace into main.%s(%s) select %s from whole.%s', t.name,
                       group_concat('"' || c.name || '"'), group_concat('"' || c.name || '"'),
                       t.name)
         from main.sqlite_master t, pragma_table_xinfo(t.name) c
         where t.type = 'table' and t.name not like 'sqlite%' and t.name <> 'schema_migrations'
           and c.hidden = 0
         group by t.name)",
      [](void* to, int, char** values, char**) {
        static_cast<std::vector<std::string>*>(to)->emplace_back(values[0]);
        return 0;
      },
      &copies);
  for (const std::string& copy : copies) run(copy);
  sqlite3_close(file);
}

class UpgradeTest : public testing::Test {
 protected:
  // Opens the file with the first `versions` of the schema, or with all of it.
  db::Sqlite& open(const std::filesystem::path& file, std::size_t versions = 0) {
    database_.reset();
    const db::Schema whole = sql::sqlite_schema();
    const db::Schema schema = versions == 0 ? whole : db::Schema(whole.migrations.first(versions));
    database_ = std::make_unique<db::Sqlite>(file, schema, db::SqliteOptions{}, registry_);
    return *database_;
  }

  template <class T>
  T write(std::function<Task<Result<T>>(db::Connection&)> body) {
    db::Cost cost;
    Result<T> result = run_now(database_->write<T>(cost, std::move(body)));
    EXPECT_TRUE(result) << result.error().detail;
    return std::move(*result);
  }
  Uuid make(const store::Definitions& kind, const Object& body, Uuid owner) {
    const store::Draft draft = *kind.draft(body, owner, now_);
    write<store::Created>(
        [&](db::Connection& connection) { return kind.create(connection, draft); });
    return Uuid::from_bytes(kind.key_of(*draft.record).bytes());
  }

  TemporaryDirectory directory_;
  Registry registry_;
  std::unique_ptr<db::Sqlite> database_;
  store::Stores stores_{store::ExecutionRules{}};
  Time now_{1'795'000'000'000};
};

TEST_F(UpgradeTest, what_was_there_before_the_index_is_found_by_it) {
  const std::filesystem::path whole = directory_.path() / "whole.db";
  open(whole);
  const Uuid owner = make(stores_.users, {{"name", "somebody"}}, {});
  const Uuid agent = make(
      stores_.agents,
      {{"name", "a"}, {"llm_provider", "p"}, {"llm_model", "m"}, {"configuration", {{"k", "v"}}}},
      owner);
  const Uuid workflow = make(
      stores_.workflows,
      {{"name", "w"}, {"graph_definition", {{"nodes", {{{"id", "n"}, {"type", "rare"}}}}}}}, owner);
  const auto drafts = std::make_shared<const std::vector<store::ExecutionDraft>>(
      1, *stores_.agent_executions.draft(
             Object{{"agent_id", to_string(agent)}, {"input_data", {{"q", 1}}}}, owner, now_));
  write<bool>([&](db::Connection& connection) -> Task<Result<bool>> {
    const auto recorded = co_await stores_.agent_executions.record(connection, drafts);
    co_return recorded.front().has_value();
  });

  const std::filesystem::path file = directory_.path() / "onggi.db";
  open(file, before_terms);
  database_.reset();
  fill_from(whole, file);

  db::Sqlite& database = open(file);
  const auto found = [&](auto list, std::string_view member, const Value& value) {
    auto filter = std::make_shared<store::Filter>();
    filter->add(member, value);
    db::Cost cost;
    const store::Items items =
        run_now(database.read<store::Items>(cost, [&](db::Connection& connection) {
          return list(connection, std::shared_ptr<const store::Filter>(filter));
        }));
    const Value parsed = json::parse_stored("[" + items.json + "]");
    return parsed.get_array().size() == 1 ? std::string(parsed.at(0).at("id").get_string())
                                          : std::string();
  };
  using Search = std::shared_ptr<const store::Filter>;
  EXPECT_EQ(found([&](db::Connection& c, Search f) { return stores_.agents.find(c, owner, {}, f); },
                  "configuration", Object{{"k", "v"}}),
            to_string(agent));
  EXPECT_EQ(
      found([&](db::Connection& c, Search f) { return stores_.workflows.find(c, owner, {}, f); },
            "graph_definition", Object{{"nodes", {{{"type", "rare"}}}}}),
      to_string(workflow));
  EXPECT_EQ(found([&](db::Connection& c,
                      Search f) { return store::Workflows::find_nodes(c, owner, {}, f); },
                  "type", "rare"),
            "n");
  EXPECT_EQ(found(
                [&](db::Connection& c, Search f) {
                  store::ExecutionFilter filter;
                  filter.search = f;
                  return stores_.agent_executions.list(c, owner, filter, {});
                },
                "input_data", Object{{"q", 1}}),
            to_string(drafts->front().record->id));
  EXPECT_TRUE(store::check(database).is_sound());
}

TEST_F(UpgradeTest, the_index_of_metadata_is_made_anew_by_spans_of_time) {
  const std::filesystem::path whole = directory_.path() / "whole.db";
  open(whole);
  const Uuid owner = make(stores_.users, {{"name", "somebody"}}, {});
  const Uuid agent =
      make(stores_.agents, {{"name", "a"}, {"llm_provider", "p"}, {"llm_model", "m"}}, owner);
  json::Array bodies;
  for (const std::int64_t age : {0, 200})
    bodies.push_back(Object{{"type", "semantic"},
                            {"content", "it was said"},
                            {"metadata", {{"k", "v"}}},
                            {"created_at", to_string(Time{now_.ms - age * day_ms})}});
  const auto drafts = *stores_.memories.draft(bodies, agent, owner, now_, true);
  write<store::CreatedMemories>([&](db::Connection& connection) {
    return stores_.memories.create(connection, agent, owner, drafts, now_);
  });

  const std::filesystem::path file = directory_.path() / "onggi.db";
  open(file, before_spans);
  database_.reset();
  fill_from(whole, file);
  sqlite3* bare = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &bare), SQLITE_OK);
  const char* const as_it_was =
      "update memory_terms set term = cast(substr(term, 1, 2) || substr(term, 6) as blob)";
  EXPECT_EQ(sqlite3_exec(bare, as_it_was, nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_changes(bare), 4);  // for each that there is an object, and its member
  sqlite3_close(bare);

  db::Sqlite& database = open(file);
  auto filter = std::make_shared<store::Filter>();
  filter->add("metadata", Object{{"k", "v"}});
  db::Cost cost;
  const store::Total total =
      run_now(database.read<store::Total>(cost, [&](db::Connection& connection) {
        return stores_.memories.count(connection, agent, owner, {.search = filter}, now_);
      }));
  EXPECT_EQ(total.count, 2);
  EXPECT_TRUE(store::check(database).is_sound());
}

}  // namespace
}  // namespace onggi::conformance
