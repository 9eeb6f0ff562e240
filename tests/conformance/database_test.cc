// What every store promises in db/database.h.
#include "db/database.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/workers.h"
#include "tests/conformance/driver.h"
#include "tests/gate.h"

namespace onggi::conformance {
namespace {

using db::Connection;
using db::Cost;
using db::Params;
using db::Rows;
using db::Statement;

constexpr Statement put{"jars.put", "insert into jars (id, content) values ($1, $2)"};
constexpr Statement get{"jars.get", "select content from jars where id = $1"};
constexpr Statement all{"jars.all", "select id, content from jars order by id"};
constexpr Statement count{"jars.count", "select count(*) from jars"};
constexpr Statement fill_up{"jars.fill", "update jars set content = content + $2 where id = $1"};
constexpr Statement empty{"jars.empty", "delete from jars where content < $1"};
constexpr Statement label{"labels.put",
                          "insert into labels (id, name, picture) values ($1, $2, $3)"};
constexpr Statement read_label{"labels.get", "select id, name, picture from labels where id = $1"};
constexpr Statement wrong{"jars.wrong", "select no_such_column from jars where id = $1"};

class DatabaseTest : public testing::TestWithParam<const Driver*> {
 protected:
  void make(Driver::Bounds bounds = {}) {
    const std::string schema = fmt::format(
        "create table jars (id bigint primary key, content bigint not null);"
        "create table labels (id bigint primary key, name text, picture {});",
        GetParam()->bytes_type());
    const db::Migration migrations[] = {{1, "jars", schema}};
    store_.database.reset();
    store_ = GetParam()->make(migrations, bounds, registry_);
  }
  void SetUp() override { make(); }

  db::Database& database() { return *store_.database; }

  template <class T>
  Result<T> write(std::function<Task<Result<T>>(Connection&)> body) {
    Cost cost;
    return run_now(database().write<T>(cost, std::move(body)));
  }
  Rows many(const Statement& statement, Params params = {}) {
    Cost cost;
    return run_now(database().many(cost, statement, std::move(params)));
  }
  void put_jar(std::int64_t id, std::int64_t content) {
    const Result<bool> done = write<bool>([=](Connection& connection) -> Task<Result<bool>> {
      co_await connection.run(put, Params::of(id, content));
      co_return true;
    });
    ASSERT_TRUE(done.has_value());
  }
  std::int64_t jars() { return many(count)[0].integer(0); }
  std::optional<std::int64_t> content(std::int64_t id) {
    const Rows rows = many(get, Params::of(id));
    if (rows.empty()) return std::nullopt;
    return rows[0].integer(0);
  }

  Registry registry_;
  Store store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, DatabaseTest, testing::ValuesIn(drivers()),
                         [](const auto& info) { return std::string(info.param->name()); });

TEST_P(DatabaseTest, a_write_is_seen_by_the_read_after_it) {
  for (std::int64_t id = 0; id < 50; ++id) {
    put_jar(id, id * 10);
    EXPECT_EQ(content(id), id * 10);
  }
}

TEST_P(DatabaseTest, a_body_sees_what_it_has_written) {
  const Result<std::int64_t> seen =
      write<std::int64_t>([](Connection& connection) -> Task<Result<std::int64_t>> {
        co_await connection.run(put, Params::of(1, 5));
        co_await connection.run(fill_up, Params::of(1, 2));
        const Rows rows = co_await connection.many(get, Params::of(1));
        co_return rows[0].integer(0);
      });
  EXPECT_EQ(seen, 7);
}

TEST_P(DatabaseTest, an_error_rolls_back_and_is_returned) {
  const Result<int> outcome = write<int>([](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(put, Params::of(1, 1));
    co_return fail(Code::conflict, "The jar is sealed.");
  });
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, Code::conflict);
  EXPECT_EQ(outcome.error().detail, "The jar is sealed.");
  EXPECT_EQ(jars(), 0);
}

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST_P(DatabaseTest, an_exception_rolls_back_and_is_thrown) {
  const auto breaking = [&] {
    return write<int>([](Connection& connection) -> Task<Result<int>> {
      co_await connection.run(put, Params::of(1, 1));
      throw Broken("the jar broke");
    });
  };
  EXPECT_THROW(std::ignore = breaking(), Broken);
  EXPECT_EQ(jars(), 0);
  put_jar(1, 2);
  EXPECT_EQ(content(1), 2);
}

TEST_P(DatabaseTest, a_unique_violation_is_typed_and_says_nothing_of_the_values) {
  put_jar(4711, 1);
  const auto again = [&] {
    return write<int>([](Connection& connection) -> Task<Result<int>> {
      co_await connection.run(put, Params::of(4711, 2));
      co_return 0;
    });
  };
  try {
    std::ignore = again();
    FAIL() << "the second jar of one id was taken";
  } catch (const db::UniqueViolation& violation) {
    EXPECT_THAT(violation.what(), testing::HasSubstr("jars.put"));
    EXPECT_THAT(violation.what(), testing::Not(testing::HasSubstr("4711")));
  }
  EXPECT_EQ(content(4711), 1);
}

TEST_P(DatabaseTest, a_statement_that_fails_is_named_without_its_values) {
  try {
    many(wrong, Params::of("secret"));
    FAIL() << "a column that does not exist was read";
  } catch (const std::runtime_error& failure) {
    EXPECT_THAT(failure.what(), testing::HasSubstr("jars.wrong"));
    EXPECT_THAT(failure.what(), testing::Not(testing::HasSubstr("secret")));
  }
  EXPECT_EQ(jars(), 0);
}

TEST_P(DatabaseTest, a_failing_member_leaves_the_others_of_its_group_alone) {
  Gate gate;
  std::thread first([&] {
    std::ignore = write<int>([&](Connection&) -> Task<Result<int>> {
      gate.pass();
      co_return 0;
    });
  });
  gate.await_somebody();

  constexpr std::int64_t writers = 60;
  std::atomic<int> kept = 0;
  std::atomic<int> returned = 0;
  std::atomic<int> thrown = 0;
  std::vector<std::thread> threads;
  for (std::int64_t id = 0; id < writers; ++id) {
    threads.emplace_back([&, id] {
      try {
        const Result<int> outcome = write<int>([id](Connection& connection) -> Task<Result<int>> {
          co_await connection.run(put, Params::of(id, 0));
          co_await connection.run(put, Params::of(id + 1'000, 0));
          if (id % 3 == 1) co_return fail(Code::conflict, "no");
          if (id % 3 == 2) throw Broken("no");
          co_return 0;
        });
        ++(outcome ? kept : returned);
      } catch (const Broken&) {
        ++thrown;
      }
    });
  }
  gate.open();
  first.join();
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(kept, 20);
  EXPECT_EQ(returned, 20);
  EXPECT_EQ(thrown, 20);
  EXPECT_EQ(jars(), 40);
  for (std::int64_t id = 0; id < writers; ++id) {
    EXPECT_EQ(content(id).has_value(), id % 3 == 0) << id;
    EXPECT_EQ(content(id + 1'000).has_value(), id % 3 == 0) << id;
  }
}

TEST_P(DatabaseTest, after_commit_runs_before_write_returns) {
  int published = 0;
  const Result<int> outcome = write<int>([&](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(put, Params::of(1, 1));
    connection.after_commit([&] { ++published; });
    connection.after_commit([&] { published *= 10; });
    EXPECT_EQ(published, 0);
    co_return 0;
  });
  EXPECT_TRUE(outcome.has_value());
  EXPECT_EQ(published, 10);
}

TEST_P(DatabaseTest, after_commit_does_not_run_after_a_roll_back) {
  int published = 0;
  std::ignore = write<int>([&](Connection& connection) -> Task<Result<int>> {
    connection.after_commit([&] { ++published; });
    co_return fail(Code::conflict, "no");
  });
  const auto breaking = [&] {
    return write<int>([&](Connection& connection) -> Task<Result<int>> {
      connection.after_commit([&] { ++published; });
      throw Broken("no");
    });
  };
  EXPECT_THROW(std::ignore = breaking(), Broken);
  EXPECT_EQ(published, 0);
}

TEST_P(DatabaseTest, a_snapshot_is_stable_while_writes_go_on) {
  for (std::int64_t id = 0; id < 10; ++id) put_jar(id, 0);
  Cost cost;
  const auto body = [&](Connection& connection) -> Task<std::pair<std::int64_t, std::int64_t>> {
    const Rows before = co_await connection.many(count, {});
    for (std::int64_t id = 100; id < 110; ++id) {
      std::thread([&] { put_jar(id, 0); }).join();
    }
    const Rows after = co_await connection.many(count, {});
    co_return std::pair(before[0].integer(0), after[0].integer(0));
  };
  const auto seen = run_now(database().read<std::pair<std::int64_t, std::int64_t>>(cost, body));
  EXPECT_EQ(seen, std::pair(std::int64_t{10}, std::int64_t{10}));
  EXPECT_EQ(cost.statements, 2U);
  EXPECT_EQ(jars(), 20);
}

TEST_P(DatabaseTest, a_read_body_that_throws_leaves_no_snapshot_behind) {
  const auto breaking = [&] {
    Cost cost;
    const auto body = [](Connection& connection) -> Task<int> {
      co_await connection.many(count, {});
      throw Broken("no");
    };
    return run_now(database().read<int>(cost, body));
  };
  EXPECT_THROW(breaking(), Broken);
  put_jar(1, 1);
  EXPECT_EQ(jars(), 1);
}

TEST_P(DatabaseTest, run_each_counts_once_and_sums_what_changed) {
  Cost cost;
  const auto body = [](Connection& connection) -> Task<Result<std::int64_t>> {
    std::vector<Params> rows;
    for (std::int64_t id = 0; id < 100; ++id) rows.push_back(Params::of(id, id));
    const std::int64_t changed = co_await connection.run_each(put, std::move(rows));
    co_return changed;
  };
  EXPECT_EQ(run_now(database().write<std::int64_t>(cost, body)), 100);
  EXPECT_EQ(cost.statements, 1U);
  EXPECT_GT(cost.time.count(), 0);
  EXPECT_EQ(jars(), 100);
}

TEST_P(DatabaseTest, many_each_returns_the_rows_one_after_the_other_and_counts_once) {
  for (std::int64_t id = 0; id < 5; ++id) put_jar(id, id * 10);
  Cost cost;
  const auto body = [](Connection& connection) -> Task<std::vector<std::int64_t>> {
    std::vector<Params> ids;
    for (const int id : {3, 9, 1}) ids.push_back(Params::of(id));
    const Rows rows = co_await connection.many_each(get, std::move(ids));
    std::vector<std::int64_t> found;
    for (const db::Row row : rows) found.push_back(row.integer(0));
    co_return found;
  };
  const auto found = run_now(database().read<std::vector<std::int64_t>>(cost, body));
  EXPECT_THAT(found, testing::ElementsAre(30, 10));
  EXPECT_EQ(cost.statements, 1U);
}

TEST_P(DatabaseTest, run_says_how_many_rows_changed) {
  for (std::int64_t id = 0; id < 5; ++id) put_jar(id, id);
  const auto changed = write<std::vector<std::int64_t>>(
      [](Connection& connection) -> Task<Result<std::vector<std::int64_t>>> {
        std::vector<std::int64_t> counts;
        counts.push_back(co_await connection.run(empty, Params::of(3)));
        counts.push_back(co_await connection.run(empty, Params::of(3)));
        counts.push_back(co_await connection.run(fill_up, Params::of(4, 1)));
        co_return counts;
      });
  ASSERT_TRUE(changed.has_value());
  EXPECT_THAT(*changed, testing::ElementsAre(3, 0, 1));
}

TEST_P(DatabaseTest, a_cursor_gives_every_row_once_in_pieces) {
  for (std::int64_t id = 0; id < 25; ++id) put_jar(id, id);
  Cost cost;
  const auto cursor = database().open(cost, all, {});
  std::vector<std::int64_t> ids;
  std::vector<std::size_t> pieces;
  for (Rows rows = cursor->next(10, 1 << 20); !rows.empty(); rows = cursor->next(10, 1 << 20)) {
    pieces.push_back(rows.size());
    for (const db::Row row : rows) ids.push_back(row.integer(0));
  }
  EXPECT_THAT(pieces, testing::ElementsAre(10, 10, 5));
  EXPECT_EQ(ids.size(), 25U);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(cost.statements, 1U);
  EXPECT_TRUE(cursor->next(10, 1 << 20).empty());
}

TEST_P(DatabaseTest, a_piece_of_a_cursor_is_bounded_in_bytes) {
  for (std::int64_t id = 0; id < 20; ++id) put_jar(id, id);
  Cost cost;
  const auto cursor = database().open(cost, all, {});
  std::size_t rows = 0;
  std::size_t pieces = 0;
  for (Rows piece = cursor->next(1'000, 1); !piece.empty(); piece = cursor->next(1'000, 1)) {
    rows += piece.size();
    ++pieces;
  }
  EXPECT_EQ(rows, 20U);
  EXPECT_GT(pieces, 10U);
}

TEST_P(DatabaseTest, a_cursor_keeps_to_the_moment_it_was_opened) {
  for (std::int64_t id = 0; id < 10; ++id) put_jar(id, 0);
  Cost cost;
  const auto cursor = database().open(cost, all, {});
  put_jar(100, 0);
  std::size_t rows = cursor->next(5, 1 << 20).size();
  put_jar(200, 0);
  rows += cursor->next(100, 1 << 20).size();
  EXPECT_EQ(rows, 10U);
  EXPECT_EQ(jars(), 12);
}

TEST_P(DatabaseTest, a_lasting_cursor_goes_on_with_other_statements_over_its_snapshot) {
  constexpr Statement above{"jars.above", "select id from jars where id > $1 order by id"};
  make({.long_reads = 1});
  for (std::int64_t id = 0; id < 10; ++id) put_jar(id, 0);
  Cost cost;
  auto cursor = database().open_lasting(cost, all, {});
  put_jar(100, 0);
  EXPECT_EQ(cursor->next(3, 1 << 20).size(), 3U);
  cursor->go_on(cost, above, Params::of(7));
  EXPECT_EQ(cursor->next(100, 1 << 20).size(), 2U);
  EXPECT_TRUE(cursor->next(100, 1 << 20).empty());
  EXPECT_THROW(database().open(cost, all, {}), Unavailable);
  cursor->go_on(cost, above, Params::of(-1));
  EXPECT_EQ(cursor->next(100, 1 << 20).size(), 10U);
  EXPECT_EQ(cost.statements, 3U);
  cursor.reset();
  EXPECT_EQ(database().open(cost, above, Params::of(-1))->next(100, 1 << 20).size(), 11U);
}

// Of small rows PostgreSQL is asked for the next thousand before they are wanted.
TEST_P(DatabaseTest, what_was_asked_for_ahead_is_neither_mixed_up_nor_left_behind) {
  constexpr Statement fill{"jars.many",
                           "insert into jars (id, content) with recursive n(i) as (select 0 union "
                           "all select i + 1 from n where i < 3499) select i, 0 from n"};
  constexpr Statement below{"jars.below", "select id from jars where id < $1 order by id"};
  make({.long_reads = 1});
  const auto filling = [&](Connection& connection) -> Task<Result<std::int64_t>> {
    const std::int64_t filled = co_await connection.run(fill, {});
    co_return filled;
  };
  ASSERT_EQ(write<std::int64_t>(filling), 3'500);
  Cost cost;
  auto cursor = database().open_lasting(cost, all, {});
  cursor->expect_small_rows();
  EXPECT_EQ(cursor->next(10, 1 << 20).size(), 10U);
  cursor->go_on(cost, below, Params::of(1'200));  // others are on their way
  std::int64_t id = 0;
  for (Rows rows = cursor->next(700, 1 << 20); !rows.empty(); rows = cursor->next(700, 1 << 20))
    for (const db::Row row : rows) EXPECT_EQ(row.integer(0), id++);
  EXPECT_EQ(id, 1'200);
  for (int i = 0; i < 3; ++i) {  // dropped in the midst, and its connection is of use again
    cursor.reset();
    cursor = database().open(cost, all, {});
    cursor->expect_small_rows();
    EXPECT_EQ(cursor->next(1, 1 << 20).size(), 1U);
  }
  cursor.reset();
  EXPECT_EQ(jars(), 3'500);
}

TEST_P(DatabaseTest, a_cursor_of_one_statement_does_not_go_on) {
  put_jar(0, 0);
  Cost cost;
  const auto cursor = database().open(cost, all, {});
  EXPECT_EQ(cursor->next(100, 1 << 20).size(), 1U);
  EXPECT_TRUE(cursor->next(100, 1 << 20).empty());
  EXPECT_THROW(cursor->go_on(cost, all, {}), std::logic_error);
}

TEST_P(DatabaseTest, cursors_are_bounded_and_their_places_come_back) {
  make({.long_reads = 2});
  for (std::int64_t id = 0; id < 10; ++id) put_jar(id, 0);
  Cost cost;
  const auto first = database().open(cost, all, {});
  auto second = database().open(cost, all, {});
  EXPECT_THROW(database().open(cost, all, {}), Unavailable);
  EXPECT_EQ(second->next(3, 1 << 20).size(), 3U);
  second.reset();
  const auto third = database().open(cost, all, {});
  EXPECT_EQ(third->next(100, 1 << 20).size(), 10U);
}

TEST_P(DatabaseTest, the_parameters_of_a_cursor_need_not_outlive_open) {
  constexpr Statement named{"labels.named", "select id from labels where name = $1"};
  const auto done = write<int>([](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(label,
                            Params::of(1, "soy sauce of the year before last", std::nullopt));
    co_return 0;
  });
  ASSERT_TRUE(done.has_value());
  Cost cost;
  auto name = std::make_unique<std::string>("soy sauce of the year before last");
  const auto cursor = database().open(cost, named, Params::of(*name));
  name.reset();
  EXPECT_EQ(cursor->next(10, 1 << 20).size(), 1U);
}

TEST_P(DatabaseTest, of_many_writers_nothing_is_lost_or_doubled) {
  put_jar(0, 0);
  constexpr int threads = 8;
  constexpr int writes = 100;
  std::vector<std::thread> writers;
  for (std::int64_t thread = 0; thread < threads; ++thread) {
    writers.emplace_back([this, thread] {
      for (std::int64_t i = 1; i <= writes; ++i) {
        const auto done = write<int>([=](Connection& connection) -> Task<Result<int>> {
          co_await connection.run(fill_up, Params::of(0, 1));
          co_await connection.run(put, Params::of(thread * 1'000 + i, i));
          co_return 0;
        });
        EXPECT_TRUE(done.has_value());
        EXPECT_EQ(content(thread * 1'000 + i), i);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(content(0), threads * writes);
  EXPECT_EQ(jars(), threads * writes + 1);
}

TEST_P(DatabaseTest, too_many_waiting_writes_are_refused_and_not_run) {
  make({.waiting_writes = 2});
  Gate gate;
  std::vector<std::thread> threads;
  const auto start = [&](std::function<void()> body) { threads.emplace_back(std::move(body)); };
  start([&] {
    std::ignore = write<int>([&](Connection&) -> Task<Result<int>> {
      gate.pass();
      co_return 0;
    });
  });
  gate.await_somebody();

  std::atomic<int> refused = 0;
  std::atomic<int> run = 0;
  for (std::int64_t id = 0; id < 5; ++id) {
    start([&, id] {
      try {
        std::ignore = write<int>([&, id](Connection& connection) -> Task<Result<int>> {
          ++run;
          co_await connection.run(put, Params::of(id, 0));
          co_return 0;
        });
      } catch (const Unavailable& unavailable) {
        EXPECT_FALSE(unavailable.detail().empty());
        ++refused;
        if (refused == 3) gate.open();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(run, 2);
  EXPECT_EQ(jars(), 2);
}

TEST_P(DatabaseTest, values_come_back_as_they_were) {
  struct Case {
    std::int64_t id;
    std::optional<std::string> name;
    std::optional<std::string> picture;
  };
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  const std::vector<Case> cases = {
      {std::numeric_limits<std::int64_t>::min(), "", ""},
      {std::numeric_limits<std::int64_t>::max(), std::nullopt, std::nullopt},
      {0, "장독대의 옹기 🏺", every_byte},
      {1, "a'b\"c\\d\n\t$1", std::string(1, '\0')},
      {2, std::string(100'000, 'x'), std::string(1'000'000, '\xff')},
  };
  for (const Case& one : cases) {
    const auto done = write<int>([&one](Connection& connection) -> Task<Result<int>> {
      Params params = Params::of(one.id, one.name);
      one.picture ? params.add_blob(*one.picture) : params.add(std::nullopt);
      co_await connection.run(label, std::move(params));
      co_return 0;
    });
    ASSERT_TRUE(done.has_value());
  }
  for (const Case& one : cases) {
    const Rows rows = many(read_label, Params::of(one.id));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].integer(0), one.id);
    EXPECT_EQ(rows[0].maybe_text(1), one.name);
    EXPECT_EQ(rows[0].maybe_text(2), one.picture);
    EXPECT_EQ(rows[0].is_null(1), !one.name.has_value());
  }
}

TEST_P(DatabaseTest, a_uuid_comes_back_as_it_was) {
  const Uuid id = Uuid::v7(Time{1'700'000'000'000});
  const auto done = write<int>([&id](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(label, Params::of(1, std::nullopt, id));
    co_return 0;
  });
  ASSERT_TRUE(done.has_value());
  const Rows rows = many(read_label, Params::of(1));
  EXPECT_EQ(rows[0].uuid(2), id);
  EXPECT_EQ(rows[0].maybe_uuid(1), std::nullopt);
  EXPECT_THROW(rows[0].integer(2), std::logic_error);
  EXPECT_THROW(rows[0].text(0), std::logic_error);
  EXPECT_THROW(rows[0].text(3), std::logic_error);
}

Task<Executor*> write_and_say_where(db::Database& database, std::int64_t id) {
  Cost cost;
  const std::function<Task<Result<int>>(Connection&)> body =
      [id](Connection& connection) -> Task<Result<int>> {
    co_await connection.run(put, Params::of(id, id));
    co_return 0;
  };
  const Result<int> done = co_await database.write<int>(cost, body);
  EXPECT_TRUE(done.has_value());
  EXPECT_EQ(cost.statements, 1U);
  co_return Executor::current();
}

TEST_P(DatabaseTest, a_coroutine_goes_on_on_the_executor_it_came_from) {
  constexpr int writes = 200;
  Workers one(1);
  Workers other(2);
  std::latch done(2 * writes);
  std::atomic<int> at_home = 0;
  for (std::int64_t id = 0; id < 2 * writes; ++id) {
    Workers& home = id % 2 == 0 ? one : other;
    home.post([&, id] {
      spawn(write_and_say_where(database(), id),
            [&](std::exception_ptr error, std::optional<Executor*> where) {
              if (!error && where == &home) ++at_home;
              done.count_down();
            });
    });
  }
  done.wait();
  EXPECT_EQ(at_home, 2 * writes);
  EXPECT_EQ(jars(), 2 * writes);
}

}  // namespace
}  // namespace onggi::conformance
