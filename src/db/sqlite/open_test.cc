// Opening: whose file, which schema, and what is left after the end of a process.
#include <fstream>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/sqlite/jars_for_tests.h"
#include "db/sqlite/raw.h"
#include "tests/temporary_directory.h"

namespace onggi::db {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class OpenTest : public testing::Test {
 protected:
  std::unique_ptr<Sqlite> open(std::span<const Migration> migrations = jar_migrations) {
    return std::make_unique<Sqlite>(file_, migrations, SqliteOptions{}, registry_);
  }
  std::string refusal(std::span<const Migration> migrations = jar_migrations) {
    return message_of([&] { open(migrations); });
  }
  void execute(const std::string& text) {
    sqlite::RawConnection connection;
    ASSERT_EQ(sqlite::open_raw(file_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, connection), 0);
    ASSERT_EQ(sqlite::execute(connection.get(), text), 0) << sqlite3_errmsg(connection.get());
  }
  std::int64_t ask(const char* text) {
    sqlite::RawConnection connection;
    std::int64_t value = -1;
    EXPECT_EQ(sqlite::open_raw(file_, SQLITE_OPEN_READWRITE, connection), 0);
    EXPECT_EQ(sqlite::query(connection.get(), text, value), 0);
    return value;
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "onggi.db";
  Registry registry_;
};

TEST_F(OpenTest, a_new_file_has_the_settings_that_cannot_be_changed_later) {
  open();
  EXPECT_EQ(ask("pragma page_size"), 8'192);
  EXPECT_EQ(ask("pragma auto_vacuum"), 2);
  EXPECT_EQ(ask("pragma application_id"), 0x6F6E6767);
  EXPECT_EQ(std::filesystem::status(file_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(OpenTest, a_closed_database_is_one_file) {
  put_jar(*open(), 1);
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(file_.string() + "-shm"));
  EXPECT_EQ(count_jars(*open()), 1);
}

TEST_F(OpenTest, migrations_are_applied_once_and_resumed) {
  put_jar(*open(std::span(jar_migrations).first(1)), 1);
  EXPECT_EQ(ask("select count(*) from schema_migrations"), 1);
  const std::int64_t applied = ask("select applied_at from schema_migrations where version = 1");
  EXPECT_GT(applied, 1'600'000'000'000);
  open();
  EXPECT_EQ(count_jars(*open()), 1);
  EXPECT_EQ(ask("select count(*) from schema_migrations"), 2);
  EXPECT_EQ(ask("select count(*) from lids"), 0);
  EXPECT_EQ(ask("select applied_at from schema_migrations where version = 1"), applied);
}

TEST_F(OpenTest, a_migration_that_fails_leaves_the_version_before_it) {
  const Migration broken[] = {
      jar_migrations[0],
      {2, "broken", "create table spoons (id integer); insert into no_such_table values (1)"},
  };
  EXPECT_THAT(refusal(broken),
              AllOf(HasSubstr("migration 2 (broken)"), HasSubstr("no_such_table")));
  EXPECT_EQ(ask("select max(version) from schema_migrations"), 1);
  EXPECT_EQ(ask("select count(*) from sqlite_schema where name = 'spoons'"), 0);
  open();
}

TEST_F(OpenTest, a_migration_may_rebuild_a_table_that_others_point_to) {
  open();
  execute("insert into jars values (1, 'x'); insert into lids values (1, 1)");
  const Migration rebuilding[] = {
      jar_migrations[0],
      jar_migrations[1],
      {3, "rebuild",
       "create table new_jars (id integer primary key, content text not null, size integer);"
       "insert into new_jars (id, content) select id, content from jars;"
       "drop table jars; alter table new_jars rename to jars"},
  };
  EXPECT_EQ(count_jars(*open(rebuilding)), 1);
  EXPECT_EQ(ask("select count(*) from lids"), 1);
}

TEST_F(OpenTest, a_migration_that_leaves_orphans_is_refused) {
  open();
  execute("insert into jars values (1, 'x'); insert into lids values (1, 1)");
  const Migration orphaning[] = {
      jar_migrations[0], jar_migrations[1], {3, "orphan", "delete from jars"}};
  EXPECT_THAT(refusal(orphaning), HasSubstr("1 foreign keys lead nowhere"));
  EXPECT_EQ(count_jars(*open()), 1);
}

TEST_F(OpenTest, a_newer_version_is_refused) {
  open();
  EXPECT_THAT(refusal(std::span(jar_migrations).first(1)),
              AllOf(HasSubstr(file_.string()),
                    HasSubstr("was made by a newer onggi (schema 2, this binary knows 1)")));
}

TEST_F(OpenTest, a_gap_in_the_schema_is_refused) {
  open();
  execute("delete from schema_migrations where version = 1");
  EXPECT_THAT(refusal(), HasSubstr("gap"));
}

TEST_F(OpenTest, a_file_that_is_no_database_is_refused_and_left_alone) {
  for (const std::size_t size : {5U, 5'000U, 100'000U}) {
    const std::string letter(size, 'x');
    std::ofstream(file_) << letter;
    EXPECT_THAT(refusal(), HasSubstr("is not an SQLite database"));
    EXPECT_EQ(std::filesystem::file_size(file_), size);
  }
}

TEST_F(OpenTest, a_database_of_another_program_is_refused_and_left_alone) {
  execute("create table photos (id integer)");
  EXPECT_THAT(refusal(), HasSubstr("belongs to another program"));
  execute("pragma application_id = 252006674");
  EXPECT_THAT(refusal(), HasSubstr("belongs to another program"));
  EXPECT_EQ(ask("select count(*) from sqlite_schema"), 1);
}

TEST_F(OpenTest, an_empty_file_becomes_a_database) {
  std::ofstream{file_};
  EXPECT_EQ(count_jars(*open()), 0);
  EXPECT_EQ(ask("pragma page_size"), 8'192);
}

TEST_F(OpenTest, a_place_where_nothing_can_be_made_is_named) {
  file_ = directory_.path() / "no" / "onggi.db";
  EXPECT_THAT(refusal(), AllOf(HasSubstr(file_.string()), HasSubstr("directory does not exist")));
  file_ = directory_.path();
  EXPECT_THAT(refusal(), HasSubstr("is a directory"));
}

TEST_F(OpenTest, two_can_open_one_file_and_see_each_others_writes) {
  const auto one = open();
  const auto other = open();
  EXPECT_EQ(count_jars(*other), 0);
  for (std::int64_t id = 0; id < 20; id += 2) {
    put_jar(*one, id);
    put_jar(*other, id + 1);
  }
  EXPECT_EQ(count_jars(*one), 20);
  // A snapshot is kept for a millisecond; what the same process has written is seen at once all the
  // same.
  ::usleep(2'000);
  EXPECT_EQ(count_jars(*other), 20);
}

TEST_F(OpenTest, a_file_that_was_replaced_is_not_written) {
  const auto database = open();
  put_jar(*database, 1);
  std::filesystem::rename(file_, directory_.path() / "moved.db");
  std::ofstream{file_};
  EXPECT_THROW(put_jar(*database, 2), Unavailable);
  EXPECT_TRUE(database->trouble());
  EXPECT_EQ(std::filesystem::file_size(file_), 0U);
}

TEST_F(OpenTest, damage_is_found) {
  {
    const auto database = open();
    for (std::int64_t id = 0; id < 200; ++id) put_jar(*database, id, std::string(500, 'x'));
    EXPECT_EQ(database->check_integrity(), "ok");
  }
  execute("insert into lids values (7, 99999)");
  EXPECT_THAT(open()->check_integrity(), HasSubstr("row 7 of lids points to no row of jars"));
  std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(8 * 8'192);
  bytes << std::string(8'192, '\x55');
  bytes.close();
  EXPECT_NE(open()->check_integrity(), "ok");
}

// The child acknowledges each write over a pipe, and is killed in the midst of it.
TEST_F(OpenTest, what_was_acknowledged_survives_kill_9) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto database = open();
    for (std::int64_t id = 0;; ++id) {
      put_jar(*database, id, std::string(3'000, 'x'));
      if (::write(ends[1], &id, sizeof id) != sizeof id) ::_exit(1);
    }
  }
  ::close(ends[1]);
  std::int64_t acknowledged = -1;
  while (acknowledged < 300 && ::read(ends[0], &acknowledged, sizeof acknowledged) > 0) {
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(ends[0], &acknowledged, sizeof acknowledged) > 0) {
  }
  ::close(ends[0]);

  const auto database = open();
  EXPECT_GE(acknowledged, 300);
  EXPECT_GE(count_jars(*database), acknowledged + 1);
  EXPECT_LE(count_jars(*database), acknowledged + 2);
  EXPECT_EQ(database->check_integrity(), "ok");
}

}  // namespace
}  // namespace onggi::db
