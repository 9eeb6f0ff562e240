#include "base/uuid.h"

#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

namespace onggi {
namespace {

TEST(Uuid, both_cases_are_read_and_lower_case_is_written) {
  const Uuid id = Uuid::parse("0193A0B1-7c00-7Abc-8def-0123456789AB").value_or(Uuid{});
  EXPECT_EQ(to_string(id), "0193a0b1-7c00-7abc-8def-0123456789ab");
  EXPECT_EQ(id.version(), 7);
  EXPECT_EQ(id.time().ms, 0x0193a0b17c00);
  EXPECT_EQ(Uuid::from_bytes(id.view()), id);
}

TEST(Uuid, anything_else_is_refused) {
  for (const char* text :
       {"", "0193a0b1-7c00-7abc-8def-0123456789a", "0193a0b1-7c00-7abc-8def-0123456789abc",
        "0193a0b17c007abc8def0123456789ab", "{0193a0b1-7c00-7abc-8def-0123456789ab}",
        "0193a0b1-7c00-7abc-8def-0123456789ag", "0193a0b1+7c00-7abc-8def-0123456789ab",
        "0193a0b17-c00-7abc-8def-0123456789ab", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-FFFFFFFFFFFF", "0193a0b1-7c00-7abc-8def-0123456789\xC3\xA9"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, a_new_id_is_version_7_and_carries_its_time) {
  const Time time = parse_time("2026-11-22T02:00:00.123Z").value_or(Time{});
  const Uuid id = Uuid::v7(time);
  EXPECT_EQ(id.version(), 7);
  EXPECT_EQ(id.bytes[8] >> 6, 0b10);
  EXPECT_EQ(id.time(), time);
  EXPECT_EQ(Uuid::parse(to_string(id)), id);
}

TEST(Uuid, times_outside_48_bits_are_clamped) {
  EXPECT_EQ(Uuid::v7({-1}).time().ms, 0);
  EXPECT_EQ(Uuid::v7({INT64_MIN}).time().ms, 0);
  EXPECT_EQ(Uuid::v7({INT64_MAX}).time().ms, (std::int64_t{1} << 48) - 1);
}

TEST(Uuid, ids_of_one_millisecond_ascend_whatever_is_made_in_between) {
  Uuid last = Uuid::v7({1000});
  for (int i = 0; i < 100'000; ++i) {
    Uuid::v7({i});
    const Uuid next = Uuid::v7({1000});
    ASSERT_LT(last, next);
    ASSERT_EQ(next.version(), 7);
    ASSERT_EQ(next.time().ms, 1000);
    last = next;
  }
}

TEST(Uuid, threads_make_different_ids) {
  constexpr std::size_t count = 20'000;
  std::vector<std::vector<Uuid>> made(4);
  std::vector<std::thread> threads;
  threads.reserve(made.size());
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (std::size_t i = 0; i < count; ++i) ids.push_back(Uuid::v7({1000}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::unordered_set<Uuid> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), made.size() * count);
}

}  // namespace
}  // namespace onggi
