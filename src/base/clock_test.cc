#include "base/clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace onggi {
namespace {

std::string again(std::string_view text) {
  const std::optional<Time> time = parse_time(text);
  return time ? to_string(*time) : "refused";
}

TEST(Clock, the_epoch_is_zero) {
  EXPECT_EQ(to_string(Time{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), Time{0});
}

TEST(Clock, the_earliest_and_the_latest_time_can_be_written) {
  EXPECT_EQ(again("0000-01-01T00:00:00Z"), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(parse_time("0000-01-01T00:00:00Z"), earliest_time);
  EXPECT_EQ(parse_time("9999-12-31T23:59:59.999Z"), latest_time);
  EXPECT_EQ(again("0000-01-01T00:00:00+00:01"), "refused");
  EXPECT_EQ(again("9999-12-31T23:59:59-00:01"), "refused");
  EXPECT_EQ(again("9999-12-31T23:59:60Z"), "refused");
}

TEST(Clock, any_offset_is_read) {
  EXPECT_EQ(again("2026-11-22T11:00:00.5+09:00"), "2026-11-22T02:00:00.500Z");
  EXPECT_EQ(again("2026-11-22T00:15:00-23:59"), "2026-11-23T00:14:00.000Z");
  EXPECT_EQ(again("2026-11-22T02:00:00-00:00"), "2026-11-22T02:00:00.000Z");
  EXPECT_EQ(again("2026-11-22t02:00:00z"), "2026-11-22T02:00:00.000Z");
  EXPECT_EQ(again("2026-11-22T02:00:00+24:00"), "refused");
  EXPECT_EQ(again("2026-11-22T02:00:00+09:60"), "refused");
  EXPECT_EQ(again("2026-11-22T02:00:00+0900"), "refused");
  EXPECT_EQ(again("2026-11-22T02:00:00+09"), "refused");
}

TEST(Clock, fractions_beyond_milliseconds_are_cut_off) {
  EXPECT_EQ(again("2026-11-22T02:00:00.1239999999999999999999Z"), "2026-11-22T02:00:00.123Z");
  EXPECT_EQ(again("1969-12-31T23:59:59.9999Z"), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(again("2026-11-22T02:00:00.Z"), "refused");
}

TEST(Clock, a_leap_second_is_the_second_after) {
  EXPECT_EQ(again("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000Z");
  EXPECT_EQ(again("1990-12-31T15:59:60.5-08:00"), "1991-01-01T00:00:00.500Z");
  EXPECT_EQ(again("2016-12-31T23:58:60Z"), "refused");
  EXPECT_EQ(again("2016-12-31T23:59:61Z"), "refused");
}

TEST(Clock, dates_that_do_not_exist_are_refused) {
  EXPECT_EQ(again("2024-02-29T00:00:00Z"), "2024-02-29T00:00:00.000Z");
  for (const char* text : {"2026-02-29", "2026-02-30", "2026-04-31", "2026-00-01", "2026-13-01",
                           "2026-01-00", "2026-01-32", "1900-02-29"}) {
    EXPECT_EQ(again(std::string(text) + "T00:00:00Z"), "refused") << text;
  }
}

TEST(Clock, anything_else_is_refused) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T02:00:00", "2026-11-22 02:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T02:60:00Z", "2026-11-22T02:00Z", " 2026-11-22T02:00:00Z",
        "2026-11-22T02:00:00Z ", "2026-11-22T02:00:00ZZ", "26-11-22T02:00:00Z",
        "+2026-11-22T02:00:00Z", "2026-11-22T02:00:00,5Z", "20261122T020000Z",
        "2026-1-22T02:00:00Z", "2026-11-22T+2:00:00Z"}) {
    EXPECT_EQ(again(text), "refused") << text;
  }
}

TEST(Clock, what_is_out_of_range_is_written_as_the_nearest_time) {
  EXPECT_EQ(to_string(Time{INT64_MIN}), to_string(earliest_time));
  EXPECT_EQ(to_string(Time{INT64_MAX}), to_string(latest_time));
}

RC_GTEST_PROP(Clock, every_time_reads_back_as_it_was_written, ()) {
  const Time time{
      *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(earliest_time.ms, latest_time.ms + 1))};
  const std::string text = to_string(time);
  RC_ASSERT(text.size() == 24u);
  RC_ASSERT(parse_time(text) == std::optional(time));
}

TEST(Clock, the_system_clock_is_after_this_was_written) {
  EXPECT_GT(SystemClock().now(), parse_time("2025-01-01T00:00:00Z").value_or(latest_time));
}

}  // namespace
}  // namespace onggi
