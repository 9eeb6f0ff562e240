// Group commit and the log, where they can be seen.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sqlite/jars_for_tests.h"
#include "db/sqlite/raw.h"
#include "tests/gate.h"
#include "tests/temporary_directory.h"

namespace onggi::db {
namespace {

class WriterTest : public testing::Test {
 protected:
  double metric(const std::string& name) {
    const std::string text = "\n" + registry_.text();
    const std::size_t found = text.find("\n" + name + " ");
    return found == std::string::npos ? -1 : std::stod(text.substr(found + name.size() + 2));
  }

  // Runs all bodies in one group, each from a thread of its own, in this order; what each threw, or
  // nothing.
  std::vector<std::string> together(std::vector<WriteBody> bodies,
                                    std::optional<std::size_t> batch = std::nullopt) {
    Gate gate;
    std::thread first([&] {
      std::ignore = write(database_, [&](Connection&) -> Task<Result<int>> {
        gate.pass();
        co_return 0;
      });
    });
    gate.await_somebody();
    std::vector<std::string> thrown(bodies.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      threads.emplace_back([&, i] {
        thrown[i] = message_of([&] {
          Cost cost{.is_batch = batch == i};
          std::ignore = run_now(database_.write<int>(cost, bodies[i]));
        });
      });
      while (metric("onggi_db_write_queue_length") < static_cast<double>(i + 1)) {
        std::this_thread::yield();
      }
    }
    gate.open();
    first.join();
    for (std::thread& thread : threads) thread.join();
    return thrown;
  }
  static WriteBody putting(std::int64_t id) {
    return [id](Connection& connection) -> Task<Result<int>> {
      co_await connection.run(jars::put, Params::of(id, "x"));
      co_return 0;
    };
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "onggi.db";
  Registry registry_;
  Sqlite database_{file_, jar_migrations, {}, registry_};
};

TEST_F(WriterTest, waiting_writes_share_a_commit) {
  std::vector<WriteBody> bodies;
  for (std::int64_t id = 0; id < 50; ++id) bodies.push_back(putting(id));
  const double before = metric("onggi_db_commit_duration_seconds_count");
  together(bodies);
  EXPECT_EQ(count_jars(database_), 50);
  EXPECT_LE(metric("onggi_db_commit_duration_seconds_count") - before, 10);
}

// Nobody waits for the body of a batch that came later.
TEST_F(WriterTest, a_batch_joins_no_group) {
  std::atomic<bool> are_committed = false;
  const WriteBody batch = [&](Connection& connection) -> Task<Result<int>> {
    are_committed = has_jar(database_, 1) && has_jar(database_, 2);
    co_await connection.run(jars::put, Params::of(3, "x"));
    co_return 0;
  };
  together({putting(1), putting(2), batch, putting(4)}, 2);
  EXPECT_TRUE(are_committed);
  EXPECT_EQ(count_jars(database_), 4);
}

TEST_F(WriterTest, a_constraint_checked_at_commit_fails_only_who_broke_it) {
  const WriteBody orphan = [](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(jars::put_lid, Params::of(1, 404));
    co_return 0;
  };
  const auto thrown = together({putting(1), orphan, putting(2)});
  EXPECT_EQ(thrown[0], "");
  EXPECT_THAT(thrown[1], testing::HasSubstr("FOREIGN KEY"));
  EXPECT_EQ(thrown[2], "");
  EXPECT_EQ(count_jars(database_), 2);
  EXPECT_EQ(metric("onggi_db_group_retries_total"), 1);
}

// Its savepoint is given up on the way: what it has done can only be undone with all the others.
TEST_F(WriterTest, who_changes_many_rows_and_fails_harms_nobody_else) {
  const auto put_many = [](Connection& connection) -> Task<void> {
    std::vector<Params> rows;
    for (std::int64_t id = 100; id < 300; ++id) rows.push_back(Params::of(id, "x"));
    co_await connection.run_each(jars::put, std::move(rows));
  };
  const WriteBody throwing = [&](Connection& connection) -> Task<Result<int>> {
    co_await put_many(connection);
    co_await connection.run(jars::put, Params::of(100, "again"));
    co_return 0;
  };
  const WriteBody giving_up = [&](Connection& connection) -> Task<Result<int>> {
    co_await put_many(connection);
    co_return fail(Code::conflict, "not now");
  };
  const WriteBody succeeding = [](Connection& connection) -> Task<Result<int>> {
    for (std::int64_t id = 300; id < 500; ++id)
      co_await connection.run(jars::put, Params::of(id, "x"));
    co_return 0;
  };
  const auto thrown =
      together({putting(1), throwing, putting(2), giving_up, putting(3), succeeding});
  EXPECT_THAT(thrown[1], testing::HasSubstr("UNIQUE"));
  for (const int other : {0, 2, 3, 4, 5}) EXPECT_EQ(thrown[static_cast<std::size_t>(other)], "");
  EXPECT_EQ(count_jars(database_), 203);
}

// SQLite ends a transaction by itself when the disk fails. A body that goes on as if nothing had
// happened must not write outside.
TEST_F(WriterTest, a_lost_transaction_commits_nothing_and_harms_nobody_else) {
  constexpr Statement end{"test.end", "rollback"};
  const WriteBody losing = [&](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(jars::put, Params::of(100, "x"));
    co_await connection.run(end, {});
    try {
      co_await connection.run(jars::put, Params::of(101, "x"));
    } catch (const Unavailable&) {
    }
    co_return 0;
  };
  const auto thrown = together({putting(1), losing, putting(2)});
  EXPECT_EQ(thrown[0], "");
  EXPECT_NE(thrown[1], "");
  EXPECT_EQ(thrown[2], "");
  EXPECT_EQ(count_jars(database_), 2);
}

// A statement over each_row() runs once for all rows, in their order.
TEST_F(WriterTest, rows_can_be_given_as_a_table) {
  constexpr Statement put_all{
      "test.put_all", "insert into jars (id, content) select r.p1 + r.n, r.p2 from each_row($1) r"};
  const std::string text = "chili";
  std::vector<Params> rows;
  for (std::int64_t id = 0; id < 300; ++id) rows.push_back(Params::of(id, text));
  std::int64_t changed = 0;
  std::ignore = write(database_, [&](Connection& connection) -> Task<Result<int>> {
    changed = co_await connection.run_each(put_all, {});
    EXPECT_EQ(changed, 0);
    changed = co_await connection.run_each(put_all, rows);
    co_return 0;
  });
  EXPECT_EQ(changed, 300);
  EXPECT_EQ(count_jars(database_), 300);
  EXPECT_TRUE(has_jar(database_, 598));
  EXPECT_FALSE(has_jar(database_, 597));
}

TEST_F(WriterTest, what_is_published_is_committed_already) {
  std::atomic<bool> seen = false;
  std::ignore = write(database_, [&](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(jars::put, Params::of(1, "x"));
    EXPECT_FALSE(has_jar(database_, 1));
    connection.after_commit([&] { seen = has_jar(database_, 1); });
    co_return 0;
  });
  EXPECT_TRUE(seen);
}

TEST_F(WriterTest, a_write_inside_a_write_is_refused) {
  const auto nested = [&] {
    std::ignore = write(database_, [&](Connection&) -> Task<Result<int>> {
      Cost cost;
      co_return co_await database_.write<int>(cost, putting(1));
    });
  };
  EXPECT_THROW(nested(), std::logic_error);
  EXPECT_EQ(count_jars(database_), 0);
}

TEST_F(WriterTest, a_statement_that_writes_is_refused_by_readers) {
  Cost cost;
  EXPECT_THROW(run_now(database_.many(cost, jars::put, Params::of(1, "x"))), std::logic_error);
  EXPECT_EQ(count_jars(database_), 0);
}

TEST_F(WriterTest, too_few_parameters_are_refused) {
  Cost cost;
  EXPECT_THROW(run_now(database_.many(cost, jars::exists, {})), std::logic_error);
}

TEST_F(WriterTest, the_destructor_finishes_what_is_queued) {
  Registry registry;
  const std::filesystem::path file = directory_.path() / "other.db";
  std::vector<std::thread> threads;
  Gate gate;  // outlives the database, whose writer waits at it
  {
    Sqlite database(file, jar_migrations, {}, registry);
    threads.emplace_back([&] {
      std::ignore = write(database, [&](Connection&) -> Task<Result<int>> {
        gate.pass();
        co_return 0;
      });
    });
    gate.await_somebody();
    for (std::int64_t id = 0; id < 10; ++id) {
      threads.emplace_back([&, id] { put_jar(database, id); });
    }
    while (registry.text().find("onggi_db_write_queue_length 10") == std::string::npos) {
      std::this_thread::yield();
    }
    gate.open();
  }
  for (std::thread& thread : threads) thread.join();
  Sqlite database(file, jar_migrations, {}, registry);
  EXPECT_EQ(count_jars(database), 10);
}

// Readers that never pause would keep SQLite from ever beginning its log anew.
TEST_F(WriterTest, the_log_begins_anew_under_reads_and_writes_without_pause) {
  const TemporaryDirectory memory("/dev/shm");  // no fsync
  Sqlite database(memory.path() / "onggi.db", jar_migrations, {}, registry_);
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) count_jars(database);
    });
  }
  const std::string content(500'000, 'x');
  int begun_anew = 0;
  double before = 0;
  std::int64_t id = 0;
  for (; begun_anew < 2 && id < 4'000; ++id) {  // 64 MiB each would do, on a machine of one's own
    put_jar(database, id, content);
    const double now = metric("onggi_db_wal_bytes");
    if (now < before) ++begun_anew;
    before = now;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(begun_anew, 2);
  EXPECT_EQ(count_jars(database), id);
}

TEST_F(WriterTest, a_commit_of_another_process_is_seen) {
  EXPECT_EQ(count_jars(database_), 0);
  sqlite::RawConnection other;
  ASSERT_EQ(sqlite::open_raw(file_, SQLITE_OPEN_READWRITE, other), SQLITE_OK);
  for (std::int64_t id = 1; id < 20; ++id) {
    ASSERT_EQ(sqlite::execute(other.get(), fmt::format("insert into jars values ({}, 'x')", id)),
              0);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (count_jars(database_) < id) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
}

}  // namespace
}  // namespace onggi::db
