#include <atomic>
#include <fstream>
#include <memory>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/sqlite/jars_for_tests.h"
#include "tests/temporary_directory.h"

namespace onggi::db {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class BackupTest : public testing::Test {
 protected:
  std::unique_ptr<Sqlite> open(const std::filesystem::path& file) {
    return std::make_unique<Sqlite>(file, jar_migrations, SqliteOptions{}, registry_);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "onggi.db";
  std::filesystem::path copy_ = directory_.path() / "copy?of#100%.db";
  std::filesystem::path restored_ = directory_.path() / "restored.db";
  Registry registry_;
};

TEST_F(BackupTest, a_backup_restores_what_was_there) {
  {
    const auto database = open(file_);
    for (std::int64_t id = 0; id < 500; ++id) put_jar(*database, id, std::string(2'000, 'x'));
    backup(file_, copy_);
    put_jar(*database, 1'000);
  }
  restore(copy_, restored_, jar_migrations);
  const auto database = open(restored_);
  EXPECT_EQ(count_jars(*database), 500);
  EXPECT_EQ(database->check_integrity(), "ok");
  put_jar(*database, 1'000);
}

TEST_F(BackupTest, a_backup_while_others_write_is_one_moment) {
  const auto database = open(file_);
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> written = 0;
  std::thread writer([&] {
    // Two jars a write: half a write would be an odd number.
    for (std::int64_t id = 0; !stop; id += 2) {
      std::ignore = write(*database, [&](Connection& connection) -> Task<Result<int>> {
        co_await connection.run(jars::put, Params::of(id, "left"));
        co_await connection.run(jars::put, Params::of(id + 1, "right"));
        co_return 0;
      });
      written = id + 2;
    }
  });
  for (int round = 0; round < 5; ++round) {
    while (written < 200 * (round + 1)) std::this_thread::yield();
    const std::int64_t before = written;
    backup(file_, copy_);
    const std::int64_t copied = count_jars(*open(copy_));
    EXPECT_GE(copied, before);
    EXPECT_EQ(copied % 2, 0);
    std::filesystem::remove(copy_);
  }
  stop = true;
  writer.join();
  EXPECT_EQ(count_jars(*database), written);
}

TEST_F(BackupTest, nothing_that_exists_is_overwritten) {
  put_jar(*open(file_), 1);
  std::ofstream(copy_) << "precious";
  EXPECT_THAT(message_of([&] { backup(file_, copy_); }), HasSubstr("exists already"));
  EXPECT_EQ(std::filesystem::file_size(copy_), 8U);
  std::filesystem::remove(copy_);
  backup(file_, copy_);
  EXPECT_THAT(message_of([&] { restore(copy_, file_, jar_migrations); }),
              HasSubstr("exists already"));
  std::ofstream(restored_.string() + "-wal") << "of another database";
  EXPECT_THAT(message_of([&] { restore(copy_, restored_, jar_migrations); }),
              HasSubstr("restored.db-wal exists already"));
}

TEST_F(BackupTest, a_backup_that_fails_leaves_no_file) {
  EXPECT_THAT(message_of([&] { backup(file_, copy_); }), HasSubstr("does not exist"));
  std::ofstream(file_) << std::string(10'000, 'x');
  EXPECT_THAT(message_of([&] { backup(file_, copy_); }), HasSubstr("is not an SQLite database"));
  EXPECT_THAT(files(), UnorderedElementsAre("onggi.db"));
}

TEST_F(BackupTest, a_backup_of_a_newer_version_is_not_restored) {
  put_jar(*open(file_), 1);
  backup(file_, copy_);
  EXPECT_THAT(message_of([&] { restore(copy_, restored_, std::span(jar_migrations).first(1)); }),
              HasSubstr("newer onggi"));
  EXPECT_FALSE(std::filesystem::exists(restored_));
}

TEST_F(BackupTest, a_damaged_backup_is_not_restored) {
  {
    const auto database = open(file_);
    for (std::int64_t id = 0; id < 300; ++id) put_jar(*database, id, std::string(1'000, 'x'));
  }
  backup(file_, copy_);
  std::fstream bytes(copy_, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(20 * 8'192);
  bytes << std::string(8'192, '\x55');
  bytes.close();
  EXPECT_THAT(message_of([&] { restore(copy_, restored_, jar_migrations); }),
              HasSubstr("is damaged"));
  EXPECT_THAT(files(), UnorderedElementsAre("onggi.db", copy_.filename().string()));
}

TEST_F(BackupTest, a_backup_leaves_nothing_beside_itself) {
  put_jar(*open(file_), 1);
  backup(file_, copy_);
  restore(copy_, restored_, jar_migrations);
  EXPECT_THAT(files(), UnorderedElementsAre("onggi.db", copy_.filename().string(), "restored.db"));
}

}  // namespace
}  // namespace onggi::db
