#include "tests/conformance/realistic.h"

#include <stdexcept>

#include <fmt/format.h>

#include "db/sqlite/raw.h"

namespace onggi::conformance {
namespace {

// "n" counts from 0; ids are 16 bytes of text.
std::string series(std::int64_t count, const std::string& insert_and_columns) {
  const std::size_t split = insert_and_columns.find(" select ");
  return fmt::format(
      "{} with recursive c(n) as (select 0 union all select n + 1 from c where n + 1 < {}){} from "
      "c;",
      insert_and_columns.substr(0, split), count, insert_and_columns.substr(split));
}

std::string id(char kind, const std::string& number) {
  return fmt::format("cast(printf('{}%015d', {}) as blob)", kind, number);
}

std::string spell(char kind, std::int64_t n) {
  return fmt::format("{}{:015}", kind, n);
}

std::string definitions(const Amounts& amounts) {
  const std::string owner = id('u', fmt::format("n % {}", amounts.users));
  std::string sql = series(amounts.users,
                           fmt::format("insert into users select {}, 'user ' || n, case when n = 0 "
                                       "then 'admin' else 'user' end, 'UTC', n, n, 1, null, '{{}}'",
                                       id('u', "n")));
  sql += series(
      3 * amounts.users,
      fmt::format(
          "insert into api_keys select {}, {}, 'key', cast(printf('%032d', n) as blob), n, '{{}}'",
          id('k', "n"), owner));
  sql += series(200,
                "insert into tools select 'tool_' || n, 'tool', null, 'category ' || (n % 9), "
                "'{}', '{}', 'custom', null, 0, 0, n, n, 1, null, '{}', '{}'");
  sql +=
      series(10 * amounts.users, fmt::format("insert into knowledgebases select {}, {}, 'kb ' || "
                                             "n, null, null, 1, 1, '{{}}', n, n, 1, null, '{{}}'",
                                             id('k', "n"), owner));
  sql += series(10 * amounts.users,
                fmt::format("insert into blocks select {}, {}, 'block ' || n, null, 'llm', '{{}}', "
                            "'{{}}', '{{}}', null, n % 10 = 0, n, n, 1, null, '{{}}'",
                            id('b', "n"), owner));
  sql += series(amounts.agents,
                fmt::format("insert into agents select {}, {}, 'agent ' || n, null, 'custom', "
                            "'provider ' || (n % 5), 'model ' || (n % 20), '{{}}', n % 10 = 0, n, "
                            "n, 3, case when n % 20 = 19 then n end, null, '{{}}'",
                            id('a', "n"), owner));
  sql +=
      series(10 * amounts.agents, fmt::format("insert into agent_tools select {}, n % 10, 'tool_' "
                                              "|| ((n / 10 * 7 + n) % 200), '{{}}', n % 10, '{{}}'",
                                              id('a', "n / 10")));
  sql += series(2 * amounts.agents,
                fmt::format("insert into agent_knowledgebases select {}, n % 2, {}, 0, '{{}}'",
                            id('a', "n / 2"), id('k', fmt::format("n % {}", 10 * amounts.users))));
  sql += series(
      3 * amounts.agents,
      fmt::format("insert into agent_versions select {}, n % 3 + 1, n, '{{}}'", id('a', "n / 3")));
  return sql;
}

std::string graphs(const Amounts& amounts) {
  const std::string owner = id('u', fmt::format("n % {}", amounts.users));
  const auto of = [](int each) { return id('w', fmt::format("n / {}", each)); };
  std::string sql = series(amounts.workflows,
                           fmt::format("insert into workflows select {}, {}, 'workflow ' || n, "
                                       "null, n % 10 = 0, n, n, 1, null, '{{}}', '', '', x''",
                                       id('w', "n"), owner));
  sql +=
      series(50 * amounts.workflows, fmt::format("insert into workflow_nodes select {}, n % 50, "
                                                 "'node ' || n, 'agent', null, null, null, '{{}}'",
                                                 of(50)));
  sql += series(60 * amounts.workflows, fmt::format("insert into workflow_edges select {}, n % 60, "
                                                    "'edge ' || n, 'a', 'b', null, null, '{{}}'",
                                                    of(60)));
  sql += series(10 * amounts.workflows,
                fmt::format("insert into workflow_references select {}, n % 10, case when n % 2 "
                            "then {} end, case when not n % 2 then {} end",
                            of(10), id('a', fmt::format("n % {}", amounts.agents)),
                            id('b', fmt::format("n % {}", 10 * amounts.users))));
  sql += series(
      amounts.workflows,
      fmt::format("insert into workflow_schedules select {}, 0, '0 2 * * *', 'UTC', '{{}}', 1",
                  id('w', "n")));
  sql +=
      series(amounts.workflows,
             fmt::format("insert into workflow_webhooks select {}, 0, '/hook', 'POST', 1, 'secret'",
                         id('w', "n")));
  return sql;
}

std::string executions(const Amounts& amounts, std::string_view kind, char subject,
                       std::int64_t subjects, std::int64_t count) {
  // Each taken from other digits of n, so that they do not go in step.
  const std::string owner =
      id('u', fmt::format("case when n % 4 = 0 then 0 else n * 7919 % {} end", amounts.users));
  const std::string what =
      id(subject,
         fmt::format("case when n / 4 % 4 = 0 then 0 else n * 104729 / 7 % {} end", subjects));
  const std::string session =
      "case when n % 4 = 0 and n / 16 % 4 = 0 then 'heavy' when n % 3 then 'session ' || (n / 30) "
      "end";
  const std::string status =
      "case n / 64 % 20 when 0 then 'running' when 1 then 'failed' when 2 then 'timeout' when 3 "
      "then 'cancelled' else 'completed' end";
  const std::string start = fmt::format("{} + n * {}", first_start_ms, between_starts_ms);
  std::string sql =
      series(count, fmt::format("insert into {}_executions select {}, {}, {}, {}, {}, {}, null, "
                                "null, 1, 1, 1, 2, 1, 1, 1, 1, 1, n, n, 1, 0, null, '{{}}', '{{}}'",
                                kind, id('e', "n"), owner, what, session, status, start));
  sql += series(count / 2, fmt::format("insert into execution_steps select {}, '{}', n % 3, '{{}}'",
                                       id('e', "n / 3"), kind));
  return sql;
}

}  // namespace

std::string user_id(std::int64_t n) {
  return spell('u', n);
}
std::string agent_id(std::int64_t n) {
  return spell('a', n);
}
std::string workflow_id(std::int64_t n) {
  return spell('w', n);
}

void fill(sqlite3* connection, const Amounts& amounts) {
  const std::string sql =
      "begin;" + definitions(amounts) + graphs(amounts) +
      executions(amounts, "agent", 'a', amounts.agents, amounts.agent_executions) +
      executions(amounts, "workflow", 'w', amounts.workflows, amounts.workflow_executions) +
      series(2'000, fmt::format("insert into idempotency_keys select {}, '/agents', 'key ' || n, "
                                "x'00', n, 201, null, null, '{{}}'",
                                id('u', "n % 100"))) +
      "commit;";
  if (db::sqlite::execute(connection, sql) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(connection));
}

}  // namespace onggi::conformance
