#include "cli/demo/demo.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/demo/rhythm.h"
#include "store/check.h"

namespace onggi::cli::demo {
namespace {

namespace fs = std::filesystem;

class FixedClock final : public Clock {
 public:
  explicit FixedClock(Time now) : now_(now) {}
  Time now() const override { return now_; }

 private:
  Time now_;
};

constexpr Time sunday_evening{1'795'370'400'000};

class DemoTest : public testing::Test {
 protected:
  DemoTest() { fs::create_directories(root); }
  ~DemoTest() override { fs::remove_all(root); }

  config::Options options(std::string_view name) {
    return {.data = (root / name).string(), .admin_key = "onggi_" + std::string(43, 'k')};
  }

  fs::path root = fs::path(testing::TempDir()) / fmt::format("onggi-demo-{}", ::getpid());
};

template <class T>
T read(app::Engine& engine, std::function<Task<T>(db::Connection&)> body) {
  db::Cost cost;
  return run_now(engine.database.read<T>(cost, std::move(body)));
}

std::vector<Uuid> user_ids(app::Engine& engine) {
  const auto items = read<store::Items>(engine, [&](db::Connection& connection) {
    return engine.stores.users.list(connection, Uuid{}, {.limit = 100},
                                    db::Params::of(std::nullopt, std::nullopt));
  });
  std::vector<Uuid> ids;
  const json::Value users = json::parse_stored("[" + items.json + "]");
  for (const json::Value& user : users.as_array())
    ids.push_back(Uuid::parse(std::string(user.at("id").as_string())).value());
  return ids;
}

std::string without_ids(std::string line) {
  constexpr std::size_t size = 36;
  for (std::size_t i = 0; i + size <= line.size(); ++i) {
    if (line[i + 8] == '-' && Uuid::parse(std::string_view(line).substr(i, size)))
      line.replace(i, size, "ID");
  }
  return line;
}

// Every execution of everybody, a line each, without ids: those are never the same.
std::vector<std::string> story(app::Engine& engine) {
  std::vector<std::string> lines;
  for (const Uuid& user : user_ids(engine)) {
    for (const store::Executions* store :
         {&engine.stores.agent_executions, &engine.stores.workflow_executions}) {
      db::Cost cost;
      const auto cursor = store->open_export(engine.database, cost, user, {});
      for (db::Rows rows = cursor->next(1'000, 1 << 20); !rows.empty();
           rows = cursor->next(1'000, 1 << 20)) {
        std::istringstream text(store::Executions::export_lines(rows, store->name_member()));
        for (std::string line; std::getline(text, line);) lines.push_back(without_ids(line));
      }
    }
  }
  std::ranges::sort(lines);
  return lines;
}

TEST_F(DemoTest, two_directories_tell_the_same_story) {
  const FixedClock clock(sunday_evening);
  app::Engine one(options("one"), clock);
  app::Engine two(options("two"), clock);
  const Filled filled = fill(one);
  fill(two);
  EXPECT_EQ(filled.users, 4u);
  EXPECT_EQ(filled.agents, 14u);
  EXPECT_EQ(filled.workflows, 8u);
  const auto lines = story(one);
  EXPECT_EQ(lines.size(), filled.executions + filled.workflow_executions);
  EXPECT_EQ(lines, story(two));
}

TEST_F(DemoTest, its_figures_do_not_depend_on_the_day) {
  const FixedClock today(sunday_evening);
  const FixedClock later(Time{sunday_evening.ms + 40 * hour_ms});
  app::Engine one(options("one"), today);
  app::Engine two(options("two"), later);
  fill(one);
  fill(two);
  // What each execution has cost, whenever it ran.
  const auto figures = [](app::Engine& engine) {
    std::vector<std::string> metrics;
    for (const std::string& line : story(engine))
      metrics.push_back(json::canonical(json::parse_stored(line).at("metrics")));
    std::ranges::sort(metrics);
    return metrics;
  };
  EXPECT_EQ(figures(one), figures(two));
}

TEST_F(DemoTest, a_directory_that_is_in_use_is_left_alone) {
  const FixedClock clock(sunday_evening);
  app::Engine engine(options("one"), clock);
  fill(engine);
  EXPECT_THROW(fill(engine), std::runtime_error);
}

TEST_F(DemoTest, the_store_is_whole_and_every_reference_has_its_name) {
  const FixedClock clock(sunday_evening);
  app::Engine engine(options("one"), clock);
  const Filled filled = fill(engine);
  EXPECT_EQ(engine.storage->damage(), "");
  EXPECT_THAT(store::check(engine.database).troubles, testing::IsEmpty());
  const store::Key shown(*Uuid::parse(filled.workflow_id));
  const auto page = read<std::optional<store::Page>>(engine, [&](db::Connection& connection) {
    return engine.stores.workflows.read(connection, shown, Uuid{});
  });
  for (const json::Value& node : json::parse_stored(page.value().body).at("nodes").as_array()) {
    const bool refers = !node.at("agent_id").is_null() || !node.at("block_id").is_null();
    EXPECT_EQ(refers, node.at("ref_name").is_string());
  }
}

TEST(RhythmTest, most_work_is_done_in_working_hours_and_none_after_now) {
  Random random(1);
  const Rhythm seoul(sunday_evening, 30, 540);
  int at_work = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Time time = seoul.draw(random);
    EXPECT_LT(time, sunday_evening);
    EXPECT_GE(time.ms, sunday_evening.ms - 30 * day_ms);
    const std::int64_t local_hour = (time.ms / hour_ms + 9) % 24;
    at_work += local_hour >= 8 && local_hour < 19;
  }
  EXPECT_GT(at_work, 7'500);
}

}  // namespace
}  // namespace onggi::cli::demo
