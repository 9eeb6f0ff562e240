// Jobs on every store: who runs what, once, whoever dies, stands still or fails.
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "json/json.h"
#include "schedule/runner.h"
#include "sql/catalogue.h"
#include "tests/conformance/driver.h"
#include "tests/conformance/hand_clock.h"
#include "tests/conformance/world.h"

namespace onggi::conformance {
namespace {

using namespace std::chrono_literals;
using model::RunStatus;
using schedule::Runner;
using schedule::RunnerOptions;
using store::Batches;
using store::Jobs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr auto patience = 30s;

// On PostgreSQL a lease is by the database's clock, which cannot be set: there it is short, and is
// waited for.
class JobsTest : public testing::TestWithParam<const Driver*> {
 protected:
  JobsTest() : world(*GetParam()), clock(Time{1'795'000'000'000}) {
    options.lease = is_postgres(*GetParam()) ? 400ms : 15'000ms;
    options.back_off = {50ms, 50ms, 50ms};
  }

  schedule::Job job(std::string id, std::function<Task<std::string>(Batches&)> work,
                    std::string cron = "0 3 * * *") const {
    return {id, id, std::move(cron), std::move(work)};
  }
  std::unique_ptr<Runner> runner(std::vector<schedule::Job> jobs) {
    auto made =
        std::make_unique<Runner>(world.database(), clock, registry, std::move(jobs), options);
    made->look();
    return made;
  }
  // Until the database's clock is behind a lease, or a back-off, that was taken before.
  void pass_lease() {
    clock.move(options.lease + 1ms);
    if (is_postgres(*GetParam())) std::this_thread::sleep_for(options.lease + 50ms);
  }
  void pass_back_off() {
    clock.move(51ms);
    if (is_postgres(*GetParam())) std::this_thread::sleep_for(80ms);
  }
  std::vector<model::JobRun> finished() {
    std::function<Task<Jobs::Runs>(db::Connection&)> body = [](db::Connection& connection) {
      return Jobs::state(connection, std::nullopt);
    };
    return world.look(std::move(body)).last;
  }
  std::vector<model::JobRun> current() {
    std::function<Task<Jobs::Runs>(db::Connection&)> body = [](db::Connection& connection) {
      return Jobs::state(connection, std::nullopt);
    };
    return world.look(std::move(body)).current;
  }
  std::int64_t count_runs(const std::string& of) {
    return world.many(sql::jobs_count_runs, db::Params::of(of, 1'000))[0].integer(0);
  }
  Result<model::JobRun> order(Runner& from, const std::string& of) {
    return world.write<model::JobRun>(
        [&from, of](db::Connection& connection) { return from.order(connection, of); });
  }
  template <class Condition>
  static void wait_for(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::sleep_for(1ms);
    }
  }

  World world;
  HandClock clock;
  Registry registry;
  RunnerOptions options;
};

Task<std::string> nothing(Batches&) {
  co_return "{}";
}

TEST_P(JobsTest, a_scheduled_time_is_taken_when_it_has_come_and_not_again) {
  int runs = 0;
  const auto one = runner({job("retention", [&runs](Batches&) -> Task<std::string> {
    ++runs;
    co_return R"({"removed":3})";
  })});
  one->look();
  EXPECT_EQ(runs, 0);
  clock.move(24h);
  one->look();
  one->wait_until_idle();
  EXPECT_EQ(runs, 1);
  one->look();
  one->wait_until_idle();
  EXPECT_EQ(runs, 1);
  ASSERT_THAT(finished(), SizeIs(1));
  const model::JobRun run = finished()[0];
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.attempt, 1);
  EXPECT_EQ(run.result.text, R"({"removed":3})");
  EXPECT_EQ(run.scheduled_for.ms % day_ms, 3 * hour_ms);
}

TEST_P(JobsTest, what_was_missed_is_made_up_once_and_as_the_newest) {
  std::atomic<int> runs = 0;
  const auto count = [&runs](Batches&) -> Task<std::string> {
    ++runs;
    co_return "{}";
  };
  runner({job("retention", count)}).reset();
  clock.move(240h);
  const auto again = runner({job("retention", count)});
  again->wait_until_idle();
  again->look();
  again->wait_until_idle();
  EXPECT_EQ(runs, 1);
  EXPECT_GT(finished()[0].scheduled_for.ms, clock.now().ms - day_ms);
}

TEST_P(JobsTest, three_servers_take_each_time_once) {
  std::mutex mutex;
  std::map<std::int64_t, int> runs;
  const auto count = [&](Batches&) -> Task<std::string> {
    const std::lock_guard lock(mutex);
    ++runs[clock.now().ms];
    co_return "{}";
  };
  std::vector<std::unique_ptr<Runner>> servers;
  for (int i = 0; i < 3; ++i)
    servers.push_back(runner({job("retention", count, "* * * * *"), job("other", nothing)}));
  constexpr int minutes = 8;
  for (int minute = 0; minute < minutes; ++minute) {
    clock.move(1min);
    std::vector<std::thread> looking;
    for (const auto& server : servers)
      looking.emplace_back([&server] {
        server->look();
        server->wait_until_idle();
        server->look();
        server->wait_until_idle();
      });
    for (std::thread& thread : looking) thread.join();
  }
  EXPECT_THAT(runs, SizeIs(minutes));
  for (const auto& [at, times] : runs) EXPECT_EQ(times, 1);
  EXPECT_EQ(count_runs("retention"), minutes);
}

TEST_P(JobsTest, a_failure_is_tried_again_three_times_and_stops_no_other) {
  std::atomic<int> attempts = 0;
  std::atomic<int> others = 0;
  const auto one = runner({job("failing",
                               [&](Batches&) -> Task<std::string> {
                                 ++attempts;
                                 throw std::runtime_error("the disk is on fire");
                                 co_return "{}";
                               }),
                           job("other", [&](Batches&) -> Task<std::string> {
                             ++others;
                             co_return "{}";
                           })});
  clock.move(24h);
  one->look();
  one->wait_until_idle();
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(others, 1);
  ASSERT_THAT(current(), SizeIs(1));
  EXPECT_EQ(current()[0].status, RunStatus::waiting);
  EXPECT_EQ(current()[0].error, "the disk is on fire");
  for (int i = 0; i < 6; ++i) {
    pass_back_off();
    one->look();
    one->wait_until_idle();
  }
  EXPECT_EQ(attempts, 4);
  EXPECT_THAT(current(), SizeIs(0));
  for (const model::JobRun& run : finished()) {
    EXPECT_EQ(run.status, run.job_id == "failing" ? RunStatus::failed : RunStatus::completed);
    EXPECT_EQ(run.attempt, run.job_id == "failing" ? 4 : 1);
  }
  EXPECT_THAT(registry.text(),
              HasSubstr(R"(onggi_job_runs_total{job="failing",outcome="failed"} 1)"));
}

// A run that stands between two batches until it is let go.
struct Halting {
  std::binary_semaphore arrived{0};
  std::binary_semaphore go_on{0};
  std::atomic<bool> is_overtaken = false;

  Task<std::string> work(Batches& batches, std::string name) {
    co_await mark(batches, name + " first");
    arrived.release();
    go_on.acquire();
    try {
      co_await mark(batches, name + " second");
    } catch (const store::Overtaken&) {
      is_overtaken = true;
      throw;
    }
    co_return "{}";
  }
  static Task<void> mark(Batches& batches, std::string name) {
    std::function<Task<bool>(db::Connection&)> body =
        [name](db::Connection& connection) -> Task<bool> {
      const Uuid id = Uuid::v7(Time{1});
      const Time now{1};
      db::Params params = db::Params::of(id, name, "user", "UTC", now, now, 1, std::nullopt, "{}");
      co_await connection.run(sql::users_insert, std::move(params));
      co_return true;
    };
    co_await batches.write<bool>(std::move(body));
  }
};

TEST_P(JobsTest, who_was_overtaken_can_write_nothing_more) {
  Halting halting;
  const auto paused =
      runner({job("retention", [&](Batches& batches) { return halting.work(batches, "paused"); })});
  std::atomic<int> taken_over = 0;
  const auto other = runner({job("retention", [&](Batches&) -> Task<std::string> {
    ++taken_over;
    co_return R"({"by":"other"})";
  })});
  clock.move(24h);
  paused->look();
  halting.arrived.acquire();
  other->look();
  EXPECT_EQ(taken_over, 0);
  pass_lease();
  other->look();
  other->wait_until_idle();
  EXPECT_EQ(taken_over, 1);
  halting.go_on.release();
  paused->wait_until_idle();
  EXPECT_TRUE(halting.is_overtaken);
  const db::Rows users = world.many(
      sql::users_list, db::Params::of(Time{2}, std::string_view(), 10, std::nullopt, std::nullopt));
  EXPECT_EQ(users.size(), 1u);  // the first batch alone
  ASSERT_THAT(finished(), SizeIs(1));
  EXPECT_EQ(finished()[0].result.text, R"({"by":"other"})");
  EXPECT_EQ(finished()[0].attempt, 2);
  EXPECT_EQ(count_runs("retention"), 1);
  EXPECT_THAT(registry.text(),
              HasSubstr(R"(onggi_job_runs_total{job="retention",outcome="overtaken"} 1)"));
}

TEST_P(JobsTest, a_lease_that_is_renewed_is_not_lost_and_progress_is_seen) {
  options.lease = 3'000ms;
  std::binary_semaphore arrived{0};
  std::binary_semaphore go_on{0};
  const auto one = runner({job("retention", [&](Batches& batches) -> Task<std::string> {
    batches.report(R"({"rows":7})");
    arrived.release();
    go_on.acquire();
    co_return "{}";
  })});
  const auto other = runner({job("retention", nothing)});
  clock.move(24h);
  one->look();
  arrived.acquire();
  for (int i = 0; i < 16; ++i) {
    if (is_postgres(*GetParam())) std::this_thread::sleep_for(250ms);
    clock.move(250ms);
    one->look();
    other->look();
  }
  ASSERT_THAT(current(), SizeIs(1));
  EXPECT_EQ(current()[0].attempt, 1);
  EXPECT_EQ(current()[0].progress.text, R"({"rows":7})");
  go_on.release();
  one->wait_until_idle();
  EXPECT_EQ(finished()[0].status, RunStatus::completed);
}

TEST_P(JobsTest, a_run_that_has_just_ended_is_neither_renewed_nor_paused) {
  const auto one = runner({job("retention", nothing)});
  clock.move(24h);
  one->look();
  one->wait_until_idle();
  const std::int64_t token =
      world.many(sql::jobs_lease, db::Params::of(std::string_view("retention")))[0].integer(1);
  const Jobs::Turn turn{"retention", token, finished()[0].id};
  const auto renew = [turn](db::Connection& connection) -> Task<Result<bool>> {
    co_await Jobs::renew(connection, turn, Time{1'800'000'000'000}, R"({"rows":7})");
    co_return true;
  };
  const auto pause = [turn](db::Connection& connection) -> Task<Result<bool>> {
    co_await Jobs::pause(connection, turn, Time{1'800'000'000'000}, "{}", std::nullopt);
    co_return true;
  };
  EXPECT_THROW(world.write<bool>(renew), store::Overtaken);
  EXPECT_THROW(world.write<bool>(pause), store::Overtaken);
  EXPECT_THAT(current(), SizeIs(0));
  EXPECT_EQ(finished()[0].status, RunStatus::completed);
}

TEST_P(JobsTest, a_run_whose_servers_die_again_and_again_fails_in_the_end) {
  const auto one = runner({job("retention", nothing)});
  clock.move(24h);
  // As a server leaves it that is killed as soon as it has begun.
  const auto take_and_die = [&] {
    std::function<Task<Result<bool>>(db::Connection&)> body =
        [&](db::Connection& connection) -> Task<Result<bool>> {
      const std::optional<Jobs::Lease> lease = co_await Jobs::lease(connection, "retention");
      const Time now = co_await Jobs::now(connection, clock.now());
      const Jobs::Terms terms{.owner = Uuid::v7(now),
                              .until = now,
                              .taken_until = clock.now(),
                              .scheduled_for = clock.now(),
                              .now = clock.now()};
      if (lease->run)
        co_await Jobs::take_over(connection, *lease, terms, 4);
      else
        co_await Jobs::take(connection, *lease, terms);
      co_return true;
    };
    must(world.write<bool>(std::move(body)));
    clock.move(1ms);
  };
  for (int i = 0; i < 4; ++i) take_and_die();
  EXPECT_EQ(current()[0].attempt, 4);
  one->look();
  one->wait_until_idle();
  ASSERT_THAT(finished(), SizeIs(1));
  EXPECT_EQ(finished()[0].status, RunStatus::failed);
  EXPECT_THAT(finished()[0].error.value(), HasSubstr("gone"));
}

TEST_P(JobsTest, a_server_that_stops_leaves_its_run_to_be_gone_on_with) {
  std::binary_semaphore arrived{0};
  const auto until_stopped = [&](Batches& batches) -> Task<std::string> {
    arrived.release();
    while (!batches.is_to_stop()) std::this_thread::sleep_for(1ms);
    co_return R"({"is":"half"})";
  };
  auto stopping = runner({job("retention", until_stopped)});
  clock.move(24h);
  stopping->look();
  arrived.acquire();
  stopping->stop();
  EXPECT_THAT(finished(), SizeIs(0));
  EXPECT_EQ(current()[0].status, RunStatus::waiting);
  const auto next = runner({job("retention", nothing)});
  next->wait_until_idle();
  ASSERT_THAT(finished(), SizeIs(1));
  EXPECT_EQ(finished()[0].status, RunStatus::completed);
  EXPECT_EQ(finished()[0].attempt, 1);  // being stopped is no failure
}

TEST_P(JobsTest, who_is_alone_takes_up_at_once_what_another_has_left) {
  Halting halting;
  const auto gone =
      runner({job("retention", [&](Batches& batches) { return halting.work(batches, "gone"); })});
  clock.move(24h);
  gone->look();
  halting.arrived.acquire();
  options.is_alone = true;
  const auto next = runner({job("retention", nothing)});
  next->wait_until_idle();
  ASSERT_THAT(finished(), SizeIs(1));
  EXPECT_EQ(finished()[0].attempt, 2);
  halting.go_on.release();
  gone->wait_until_idle();
  EXPECT_TRUE(halting.is_overtaken);
}

TEST_P(JobsTest, a_run_that_is_asked_for_begins_at_once_and_one_at_a_time) {
  std::binary_semaphore arrived{0};
  std::binary_semaphore go_on{0};
  const auto one = runner({job("retention", [&](Batches&) -> Task<std::string> {
    arrived.release();
    go_on.acquire();
    co_return "{}";
  })});
  const auto other = runner({job("retention", nothing)});
  const model::JobRun run = must(order(*one, "retention"));
  arrived.acquire();
  EXPECT_EQ(order(*one, "retention").error().code, Code::conflict);
  EXPECT_EQ(order(*other, "retention").error().code, Code::conflict);
  EXPECT_EQ(order(*one, "nothing").error().code, Code::not_found);
  go_on.release();
  one->wait_until_idle();
  ASSERT_THAT(finished(), SizeIs(1));
  EXPECT_EQ(finished()[0].id, run.id);
  // What is scheduled is taken all the same.
  clock.move(24h);
  go_on.release();
  one->look();
  one->wait_until_idle();
  EXPECT_EQ(count_runs("retention"), 2);
}

TEST_P(JobsTest, a_run_that_waits_to_be_tried_again_can_be_asked_for) {
  options.back_off = {1h, 1h, 1h};
  std::atomic<bool> is_well = false;
  const auto one = runner({job("retention", [&](Batches&) -> Task<std::string> {
    if (!is_well) throw std::runtime_error("not yet");
    co_return "{}";
  })});
  const model::JobRun run = must(order(*one, "retention"));
  one->wait_until_idle();
  EXPECT_EQ(current()[0].status, RunStatus::waiting);
  is_well = true;
  EXPECT_EQ(must(order(*one, "retention")).id, run.id);
  one->wait_until_idle();
  EXPECT_EQ(finished()[0].status, RunStatus::completed);
  EXPECT_EQ(finished()[0].attempt, 2);
}

TEST_P(JobsTest, a_server_that_does_not_schedule_runs_what_it_is_asked_for_alone) {
  options.is_scheduling = false;
  std::atomic<int> runs = 0;
  const auto one = runner({job("retention", [&](Batches&) -> Task<std::string> {
    ++runs;
    co_return "{}";
  })});
  clock.move(48h);
  one->look();
  one->wait_until_idle();
  EXPECT_EQ(runs, 0);
  must(order(*one, "retention"));
  one->wait_until_idle();
  EXPECT_EQ(runs, 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, JobsTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

}  // namespace
}  // namespace onggi::conformance
