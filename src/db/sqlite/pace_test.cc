#include "db/sqlite/pace.h"

#include <gtest/gtest.h>

namespace onggi::db::sqlite {
namespace {

using namespace std::chrono_literals;

// Whether a write behind so many would wait for about so long.
void expect_wait(const Pace& pace, std::size_t waiting, std::chrono::nanoseconds expected) {
  EXPECT_NEAR(static_cast<double>(pace.wait_behind(waiting).count()),
              static_cast<double>(expected.count()), 0.05 * static_cast<double>(expected.count()));
}

TEST(Pace, nothing_is_feared_at_first) {
  EXPECT_LE(Pace().wait_behind(1'024), 2ms);
}

TEST(Pace, the_wait_follows_from_how_fast_the_last_ones_went) {
  Pace pace;
  for (int i = 0; i < 10; ++i) pace.note(100, 5ms);
  expect_wait(pace, 1'000, 50ms);
}

TEST(Pace, a_disk_that_becomes_slow_is_noticed_within_a_few_groups) {
  Pace pace;
  for (int i = 0; i < 10; ++i) pace.note(100, 5ms);
  for (int i = 0; i < 6; ++i) pace.note(256, 256ms);
  expect_wait(pace, 100, 100ms);
  for (int i = 0; i < 12; ++i) pace.note(100, 5ms);
  expect_wait(pace, 1'000, 50ms);
}

TEST(Pace, a_large_write_among_small_ones_does_not_count) {
  Pace pace;
  for (int i = 0; i < 1'000; ++i) {
    pace.note(i % 2 == 0 ? 1 : 60, 300ms);
    pace.note(100, 5ms);
    EXPECT_LT(pace.wait_behind(500), 30ms);
  }
}

TEST(Pace, large_writes_alone_do) {
  Pace pace;
  for (int i = 0; i < 300; ++i) pace.note(1, 300ms);
  EXPECT_GT(pace.wait_behind(16), 4s);
}

}  // namespace
}  // namespace onggi::db::sqlite
