#include "statistics/sketch.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace onggi::statistics {
namespace {

std::int64_t nearest_rank(std::vector<std::int64_t> values, int percent) {
  std::ranges::sort(values);
  const std::size_t rank = (values.size() * static_cast<std::size_t>(percent) + 99) / 100;
  return values[rank - 1];
}

std::vector<std::int64_t> some_values(std::mt19937_64& random, std::size_t count) {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(static_cast<std::int64_t>(random() >> (1 + random() % 63)));
  return values;
}

TEST(SketchTest, a_quantile_is_within_one_percent_of_the_nearest_rank) {
  std::mt19937_64 random(1);
  for (std::size_t count = 1; count < 400; count += 7) {
    const std::vector<std::int64_t> values = some_values(random, count);
    Sketch sketch;
    for (const std::int64_t value : values) sketch.add(value);
    for (const int percent : {1, 50, 95, 99, 100}) {
      const auto exact = static_cast<double>(nearest_rank(values, percent));
      EXPECT_NEAR(static_cast<double>(sketch.quantile(percent)), exact, exact * 0.008);
    }
  }
}

TEST(SketchTest, values_below_128_are_exact) {
  Sketch sketch;
  for (std::int64_t value = 0; value < 128; ++value) sketch.add(value);
  for (const int percent : {1, 50, 95, 99, 100})
    EXPECT_EQ(sketch.quantile(percent), (128 * percent + 99) / 100 - 1);
}

TEST(SketchTest, what_is_taken_away_leaves_nothing_behind) {
  std::mt19937_64 random(2);
  const std::vector<std::int64_t> kept = some_values(random, 100);
  const std::vector<std::int64_t> taken = some_values(random, 100);
  Sketch sketch, expected;
  for (const std::int64_t value : kept) expected.add(value);
  for (const std::int64_t value : taken) sketch.add(value);
  for (const std::int64_t value : kept) sketch.add(value);
  for (const std::int64_t value : taken) sketch.add(value, -1);
  EXPECT_EQ(sketch, expected);
}

TEST(SketchTest, a_sum_is_the_sketch_of_both) {
  std::mt19937_64 random(3);
  Sketch left, right, both;
  for (const std::int64_t value : some_values(random, 50)) left.add(value), both.add(value);
  for (const std::int64_t value : some_values(random, 50)) right.add(value), both.add(value);
  left.add(right);
  EXPECT_EQ(left, both);
}

TEST(SketchTest, what_was_written_is_read_the_same) {
  std::mt19937_64 random(4);
  Sketch sketch;
  for (const std::int64_t value : some_values(random, 1'000)) sketch.add(value);
  sketch.add(7, -3);
  EXPECT_EQ(Sketch::read(sketch.write()), sketch);
  EXPECT_EQ(Sketch::read(""), Sketch());
}

TEST(SketchTest, what_is_no_sketch_is_refused) {
  using namespace std::string_view_literals;
  for (const std::string_view damaged :
       {"\x80"sv, "\x05"sv, "\x05\x02\x80"sv, "\x01\x02\x00\x02"sv})
    EXPECT_THROW(Sketch::read(damaged), std::runtime_error);
}

}  // namespace
}  // namespace onggi::statistics
