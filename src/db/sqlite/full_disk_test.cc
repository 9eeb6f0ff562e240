// A disk that is full, and one that has room again: on a small file system of its own.
#include <atomic>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include "db/sqlite/jars_for_tests.h"
#include "tests/gate.h"
#include "tests/temporary_directory.h"

namespace onggi::db {
namespace {

using testing::HasSubstr;

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    mounted_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=2m") == 0;
    if (!mounted_) GTEST_SKIP() << "a small tmpfs cannot be mounted here (needs root)";
  }
  void TearDown() override {
    database_.reset();
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }

  void open(std::int64_t page_cache_bytes = 16 << 20) {
    SqliteOptions options;
    options.page_cache_bytes = page_cache_bytes;
    database_ = std::make_unique<Sqlite>(file_, jar_migrations, options, registry_);
  }
  // Leaves so much free.
  void fill_disk(std::uintmax_t left = 0) {
    const std::uintmax_t free = std::filesystem::space(directory_.path()).available;
    std::ofstream(ballast_) << std::string(free > left ? free - left : 0, 'x') << std::flush;
  }
  void free_disk() { std::filesystem::remove(ballast_); }

  // Writes until the disk is full; how many were acknowledged.
  std::int64_t write_until_full(std::int64_t first) {
    for (std::int64_t id = first;; ++id) {
      try {
        put_jar(*database_, id, std::string(50'000, 'x'));
      } catch (const Unavailable& unavailable) {
        EXPECT_EQ(unavailable.detail(), "The store cannot write at the moment: the disk is full.");
        return id - first;
      }
    }
  }
  double metric(const std::string& name) {
    const std::string text = "\n" + registry_.text();
    const std::size_t found = text.find("\n" + name + " ");
    return found == std::string::npos ? -1 : std::stod(text.substr(found + name.size() + 2));
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "onggi.db";
  std::filesystem::path ballast_ = directory_.path() / "ballast";
  Registry registry_;
  bool mounted_ = false;
  std::unique_ptr<Sqlite> database_;
};

TEST_F(FullDiskTest, a_start_on_a_full_disk_says_so) {
  fill_disk();
  EXPECT_THAT(message_of([&] { open(); }), HasSubstr("the disk is full"));
  free_disk();
  open();
  EXPECT_EQ(count_jars(*database_), 0);
}

TEST_F(FullDiskTest, a_start_on_a_read_only_disk_says_so) {
  open();
  database_.reset();
  ASSERT_EQ(::mount(nullptr, directory_.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
            0);
  EXPECT_THAT(message_of([&] { open(); }), HasSubstr("Read-only file system"));
  file_ = directory_.path() / "new.db";
  EXPECT_THAT(message_of([&] { open(); }), HasSubstr("Read-only file system"));
}

TEST_F(FullDiskTest, a_full_disk_refuses_writes_serves_reads_and_recovers) {
  open();
  fill_disk(700'000);
  EXPECT_FALSE(database_->trouble());
  std::int64_t kept = write_until_full(0);
  EXPECT_GT(kept, 3);
  EXPECT_EQ(count_jars(*database_), kept);
  EXPECT_THROW(put_jar(*database_, 999, std::string(900'000, 'x')), Unavailable);
  EXPECT_FALSE(has_jar(*database_, 999));

  free_disk();
  put_jar(*database_, 1'000);
  EXPECT_FALSE(database_->trouble());
  EXPECT_EQ(count_jars(*database_), kept + 1);
  EXPECT_EQ(database_->check_integrity(), "ok");
  open();
  EXPECT_EQ(count_jars(*database_), kept + 1);
}

TEST_F(FullDiskTest, trouble_is_seen_and_its_end_as_well) {
  open();
  put_jar(*database_, 1);
  // Nothing is left for the log to grow, and it is written to its end.
  fill_disk();
  const std::int64_t kept = write_until_full(10);
  while (message_of([&] { put_jar(*database_, 5'000 + count_jars(*database_)); }).empty()) {
  }
  const std::optional<Trouble> trouble = database_->trouble();
  ASSERT_TRUE(trouble);
  EXPECT_THAT(trouble->detail, HasSubstr("the disk is full"));
  EXPECT_EQ(trouble->cause, Cause::disk_full);
  EXPECT_GE(count_jars(*database_), kept + 1);
  free_disk();
  EXPECT_FALSE(database_->trouble());
}

// With a small cache the pages of a large write go to the log while its body runs, with a large one
// at COMMIT.
class FullGroupTest : public FullDiskTest, public testing::WithParamInterface<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(CacheBytes, FullGroupTest, testing::Values(64 << 10, 16 << 20));

TEST_P(FullGroupTest, a_member_too_large_for_the_disk_fails_alone) {
  open(GetParam());
  Gate gate;
  std::thread first([&] {
    std::ignore = write(*database_, [&](Connection&) -> Task<Result<int>> {
      gate.pass();
      co_return 0;
    });
  });
  gate.await_somebody();

  std::atomic<int> kept = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> published = 0;
  std::vector<std::thread> threads;
  for (std::int64_t id = 0; id < 12; ++id) {
    threads.emplace_back([&, id] {
      const bool large = id == 5;
      const std::string content(large ? 50'000 : 100, 'x');
      try {
        std::ignore = write(*database_, [&](Connection& connection) -> Task<Result<int>> {
          connection.after_commit([&] { ++published; });
          for (std::int64_t i = 0; i < (large ? 60 : 2); ++i) {
            co_await connection.run(jars::put, Params::of(id * 100 + i, content));
          }
          co_return 0;
        });
        ++kept;
      } catch (const Unavailable&) {
        ++refused;
      }
    });
    while (metric("onggi_db_write_queue_length") < static_cast<double>(id + 1)) {
      std::this_thread::yield();
    }
  }
  gate.open();
  first.join();
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(kept, 11);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(published, 11);
  EXPECT_EQ(count_jars(*database_), 22);
  EXPECT_FALSE(has_jar(*database_, 500));
  EXPECT_EQ(metric("onggi_db_group_retries_total"), 1);
  put_jar(*database_, 7'777);
  EXPECT_EQ(database_->check_integrity(), "ok");
}

}  // namespace
}  // namespace onggi::db
