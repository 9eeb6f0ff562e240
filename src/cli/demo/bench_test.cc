#include "cli/demo/bench.h"

#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include "cli/demo/rhythm.h"
#include "store/check.h"

namespace onggi::cli::demo {
namespace {

namespace fs = std::filesystem;

constexpr Time last_sunday{1'795'370'400'000};

class SundayClock final : public Clock {
 public:
  Time now() const override { return last_sunday; }
};

// A hundredth of the agents and workflows that the benchmark has.
class BenchTest : public testing::Test {
 protected:
  BenchTest() { fs::create_directories(root); }
  ~BenchTest() override { fs::remove_all(root); }

  Filled fill(const fs::path& directory, std::int64_t executions) {
    app::Engine engine({.data = directory.string(), .admin_key = "onggi_" + std::string(43, 'k')},
                       clock);
    const Filled filled =
        fill_bench(engine, {.agents = 2'000, .workflows = 100, .executions = executions},
                   [&](std::string_view what, std::int64_t done, std::int64_t) {
                     told[std::string(what)] = done;
                   });
    EXPECT_THAT(store::check(engine.database).troubles, testing::IsEmpty());
    return filled;
  }

  // The first column of the first row.
  static std::string ask(const fs::path& directory, const std::string& question) {
    sqlite3* file = nullptr;
    sqlite3_open_v2((directory / "onggi.db").c_str(), &file, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_stmt* statement = nullptr;
    std::string answer = "no row";
    sqlite3_prepare_v2(file, question.c_str(), -1, &statement, nullptr);
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 0) > 0)
      answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(file);
    return answer;
  }

  const SundayClock clock;
  fs::path root = fs::path(testing::TempDir()) / fmt::format("onggi-bench-{}", ::getpid());
  std::map<std::string, std::int64_t> told;
};

TEST_F(BenchTest, it_holds_what_it_promises) {
  const fs::path place = root / "one";
  const Filled filled = fill(place, 2'500);
  EXPECT_EQ(filled.users, 100u);
  EXPECT_EQ(filled.executions, 2'500u);
  EXPECT_EQ(told["executions"], 2'500);
  EXPECT_EQ(ask(place,
                "select count(*) from agent_executions e join users u on u.id = e.user_id "
                "where u.name = 'bench-001'"),
            "750");
  EXPECT_EQ(ask(place, "select count(*) from agents where llm_provider = 'ollama'"), "20");
  EXPECT_EQ(ask(place, "select count(distinct llm_provider) from agents"), "5");
  EXPECT_EQ(ask(place, "select count(*) from agents where not is_public"), "100");
  EXPECT_EQ(ask(place,
                "select count(*) || ' ' || min(n) || ' ' || max(n) from (select count(*) n "
                "from agent_tools group by agent_id)"),
            "100 10 10");
  EXPECT_EQ(ask(place,
                "select min(n) || ' ' || max(n) from (select count(*) n from workflow_nodes "
                "group by workflow_id)"),
            "50 50");
  EXPECT_EQ(ask(place, "select count(*) from workflow_edges"), "6000");
  EXPECT_EQ(ask(place, "select count(*) from workflow_nodes where type = 'rare_review'"), "1");
  EXPECT_EQ(ask(place, "select count(*) from workflow_nodes where agent_id is not null"), "1000");
  EXPECT_EQ(ask(place,
                "select (max(started_at) - min(started_at)) / 86400000 from "
                "agent_executions"),
            "89");
  EXPECT_EQ(ask(place, "select count(*) from agent_executions where llm_prompt_tokens = 0"), "0");
}

TEST_F(BenchTest, two_directories_hold_the_same) {
  fill(root / "one", 1'500);
  fill(root / "two", 1'500);
  for (const char* question :
       {"select group_concat(started_at || status || llm_total_tokens || cost_nanos) "
        "from (select * from agent_executions order by started_at, duration_ms, cost_nanos)",
        "select group_concat(configuration) from (select * from agents order by created_at, "
        "name)"}) {
    const std::string answer = ask(root / "one", question);
    EXPECT_GT(answer.size(), 10'000u);
    EXPECT_EQ(answer, ask(root / "two", question));
  }
}

TEST(RhythmTest, shares_of_the_work_follow_one_another_until_now) {
  const Rhythm rhythm(last_sunday, 90, 0);
  Time before{last_sunday.ms - 90 * day_ms};
  for (int i = 0; i <= 1'000; ++i) {
    const Time time = rhythm.at(i / 1'000.0);
    EXPECT_GE(time, before);
    EXPECT_LE(time, last_sunday);
    before = time;
  }
  EXPECT_EQ(rhythm.at(1), last_sunday);
  EXPECT_EQ(rhythm.at(0).ms, last_sunday.ms - 90 * day_ms);
}

}  // namespace
}  // namespace onggi::cli::demo
