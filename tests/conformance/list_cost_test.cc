// A page of executions costs the same whatever is stored: as many steps of SQLite's machine among
// 200,000 as among 10,000, for every combination of filters.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "db/sqlite/raw.h"
#include "db/sqlite/sqlite.h"
#include "sql/catalogue.h"
#include "tests/conformance/realistic.h"
#include "tests/temporary_directory.h"

namespace onggi::conformance {
namespace {

constexpr std::int64_t limit = 50;
constexpr std::int64_t few = 10'000;
constexpr std::int64_t many = 200'000;

struct Store {
  explicit Store(std::int64_t executions) : amount(executions) {
    const std::filesystem::path file = directory.path() / "onggi.db";
    Registry registry;
    {
      const db::Sqlite made(file, sql::sqlite_schema(), {}, registry);
    }
    if (db::sqlite::open_raw(file, SQLITE_OPEN_READWRITE, connection) != SQLITE_OK)
      throw std::runtime_error("cannot open what was made");
    db::sqlite::execute(connection.get(), "pragma synchronous = off");
    fill(connection.get(), {.users = 20,
                            .agents = 40,
                            .workflows = 40,
                            .agent_executions = executions,
                            .workflow_executions = executions});
  }
  std::int64_t amount;
  TemporaryDirectory directory;
  db::sqlite::RawConnection connection;
};

struct Filter {
  std::optional<std::string> status;
  bool of_subject = false;
  bool of_session = false;
  bool in_a_time = false;  // from and to around the middle
  bool is_later_page = false;
};

struct Spent {
  std::int64_t rows = 0;
  std::int64_t steps = 0;
  std::int64_t walked = 0;
};

void give(sqlite3_stmt* statement, const char* name, const std::optional<std::string>& value,
          bool is_blob) {
  const int at = sqlite3_bind_parameter_index(statement, name);
  if (at == 0) return;
  if (!value)
    sqlite3_bind_null(statement, at);
  else if (is_blob)
    sqlite3_bind_blob(statement, at, value->data(), static_cast<int>(value->size()),
                      SQLITE_TRANSIENT);
  else
    sqlite3_bind_text(statement, at, value->data(), static_cast<int>(value->size()),
                      SQLITE_TRANSIENT);
}

void give(sqlite3_stmt* statement, const char* name, std::int64_t value) {
  if (const int at = sqlite3_bind_parameter_index(statement, name); at != 0)
    sqlite3_bind_int64(statement, at, value);
}

Spent run(const Store& place, const db::Statement& text, const Filter& filter,
          const std::string& subject, std::int64_t at_most = limit + 1) {
  sqlite3_stmt* compiled = nullptr;
  sqlite3_prepare_v2(place.connection.get(), text.text.data(), static_cast<int>(text.text.size()),
                     &compiled, nullptr);
  const db::sqlite::RawStatement statement(compiled);
  const auto at = [&](std::int64_t tenths) {
    return first_start_ms + between_starts_ms * place.amount * tenths / 10;
  };
  give(compiled, "$1", user_id(0), true);
  give(compiled, "$2",
       filter.is_later_page ? at(7)
       : filter.in_a_time   ? at(8)
                            : latest_time.ms + 1);
  give(compiled, "$3", std::string(), true);
  give(compiled, "$4", at_most);
  give(compiled, "$5", filter.in_a_time ? at(2) : earliest_time.ms);
  give(compiled, "$6", filter.status, false);
  give(compiled, "$7", filter.of_subject ? std::optional(subject) : std::nullopt, true);
  give(compiled, "$8", filter.of_session ? std::optional<std::string>("heavy") : std::nullopt,
       false);
  Spent spent;
  int code = sqlite3_step(compiled);
  for (; code == SQLITE_ROW; code = sqlite3_step(compiled)) ++spent.rows;
  EXPECT_EQ(code, SQLITE_DONE) << sqlite3_errmsg(place.connection.get());
  spent.steps = sqlite3_stmt_status(compiled, SQLITE_STMTSTATUS_VM_STEP, 1);
  spent.walked = sqlite3_stmt_status(compiled, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
  return spent;
}

struct Lists {
  const db::Statement &all, &of, &session;
  const db::Statement& choose(const Filter& filter) const {
    return filter.of_session ? session : filter.of_subject ? of : all;
  }
};

class ListCostTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    small_ = std::make_unique<Store>(few);
    large_ = std::make_unique<Store>(many);
  }
  static void TearDownTestSuite() {
    small_.reset();
    large_.reset();
  }

  template <class Look>
  static void every_filter(Look look) {
    for (const bool of_session : {false, true})
      for (const bool of_subject : {false, true})
        for (const bool in_a_time : {false, true})
          for (const bool is_later_page : {false, true})
            for (const std::optional<std::string>& status :
                 {std::optional<std::string>(), std::optional<std::string>("completed"),
                  std::optional<std::string>("failed")}) {
              const Filter filter{status, of_subject, of_session, in_a_time, is_later_page};
              SCOPED_TRACE(fmt::format(
                  "status {}, of one subject {}, of a session {}, from and to {}, a later page {}",
                  status.value_or("any"), of_subject, of_session, in_a_time, is_later_page));
              look(filter);
            }
  }

  static void compare(const Lists& lists, const Filter& filter, const std::string& subject) {
    const Spent among_few = run(*small_, lists.choose(filter), filter, subject);
    const Spent among_many = run(*large_, lists.choose(filter), filter, subject);
    EXPECT_EQ(among_many.rows, limit + 1);
    // Where few hold less than a page of these, a page of many is compared with a page's worth.
    const double wanted = static_cast<double>(among_few.steps) * static_cast<double>(limit + 1) /
                          static_cast<double>(std::max<std::int64_t>(among_few.rows, 1));
    EXPECT_LE(static_cast<double>(among_many.steps), 1.5 * wanted)
        << among_few.rows << " rows in " << among_few.steps << " steps";
    EXPECT_EQ(among_few.walked > 2 * (limit + 1) || among_many.walked > 2 * (limit + 1), false)
        << "rows walked over: " << among_few.walked << ", " << among_many.walked;
  }

  static inline std::unique_ptr<Store> small_;
  static inline std::unique_ptr<Store> large_;
};

TEST_F(ListCostTest, a_page_of_agents_executions_costs_the_same_among_many) {
  const Lists lists{sql::executions_list_agent, sql::executions_list_of_agent,
                    sql::executions_list_session_agent};
  every_filter([&](const Filter& filter) { compare(lists, filter, agent_id(0)); });
}

TEST_F(ListCostTest, a_page_of_workflows_executions_costs_the_same_among_many) {
  const Lists lists{sql::executions_list_workflow, sql::executions_list_of_workflow,
                    sql::executions_list_session_workflow};
  every_filter([&](const Filter& filter) { compare(lists, filter, workflow_id(0)); });
}

TEST_F(ListCostTest, a_count_costs_no_more_than_what_it_may_count) {
  constexpr std::int64_t counted_max = 200;
  const Lists lists{sql::executions_count_agent, sql::executions_count_of_agent,
                    sql::executions_count_session_agent};
  every_filter([&](const Filter& filter) {
    const Spent spent = run(*large_, lists.choose(filter), filter, agent_id(0), counted_max);
    EXPECT_EQ(spent.rows, 1);
    EXPECT_LE(spent.steps, 40 * counted_max);
  });
}

}  // namespace
}  // namespace onggi::conformance
