#include "db/sqlite/pace.h"

#include <gtest/gtest.h>

namespace onggi::db::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 30ms;

TEST(Pace, nothing_is_feared_at_first) {
  EXPECT_FALSE(Pace().is_too_long(1'000'000, limit));
}

TEST(Pace, the_wait_follows_from_how_fast_the_last_groups_went) {
  Pace pace;
  for (int i = 0; i < 5; ++i) pace.note(100, 5ms);
  EXPECT_FALSE(pace.is_too_long(590, limit));
  EXPECT_TRUE(pace.is_too_long(610, limit));
  for (int i = 0; i < 3; ++i) pace.note(100, 10ms);
  EXPECT_FALSE(pace.is_too_long(290, limit));
  EXPECT_TRUE(pace.is_too_long(310, limit));
}

TEST(Pace, what_goes_with_the_next_groups_is_welcome_however_slow_the_disk) {
  Pace pace;
  for (int i = 0; i < 5; ++i) pace.note(64, 100ms);
  EXPECT_FALSE(pace.is_too_long(128, limit));
  EXPECT_TRUE(pace.is_too_long(129, limit));
}

TEST(Pace, a_large_write_among_small_ones_does_not_count) {
  Pace pace;
  for (int i = 0; i < 100; ++i) {
    pace.note(i % 2 == 0 ? 1 : 60, 300ms);
    EXPECT_FALSE(pace.is_too_long(500, limit));
    for (int j = 0; j < 3; ++j) pace.note(100, 5ms);
  }
}

TEST(Pace, large_writes_alone_do) {
  Pace pace;
  for (int i = 0; i < 5; ++i) pace.note(1, 300ms);
  EXPECT_FALSE(pace.is_too_long(16, limit));
  EXPECT_TRUE(pace.is_too_long(17, limit));
}

}  // namespace
}  // namespace onggi::db::sqlite
