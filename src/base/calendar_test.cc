#include "base/calendar.h"

#include <gtest/gtest.h>

namespace onggi {
namespace {

std::string date_of(Calendar& calendar, const char* time) {
  return to_string(calendar.date_of(*parse_time(time)));
}

TEST(CalendarTest, a_date_is_read_as_it_is_written) {
  for (const char* text : {"0001-01-01", "1970-01-01", "2024-02-29", "9999-12-31"})
    EXPECT_EQ(to_string(parse_date(text).value()), text);
  EXPECT_EQ(parse_date("1970-01-02")->days, 1);
  EXPECT_EQ(to_string(earliest_date), "0001-01-01");
  EXPECT_EQ(to_string(latest_date), "9999-12-31");
  for (const char* text :
       {"2025-02-29", "2025-13-01", "2025-1-01", "0000-01-01", "2025-01-01T", ""})
    EXPECT_FALSE(parse_date(text)) << text;
}

TEST(CalendarTest, a_day_begins_where_the_zone_says) {
  Calendar utc("UTC"), kathmandu("Asia/Kathmandu");
  EXPECT_EQ(date_of(utc, "2026-11-22T18:14:59.999Z"), "2026-11-22");
  EXPECT_EQ(date_of(kathmandu, "2026-11-22T18:14:59.999Z"), "2026-11-22");
  EXPECT_EQ(date_of(kathmandu, "2026-11-22T18:15:00.000Z"), "2026-11-23");
  EXPECT_EQ(to_string(kathmandu.first_of(*parse_date("2026-11-23"))), "2026-11-22T18:15:00.000Z");
}

TEST(CalendarTest, days_on_which_clocks_change_have_23_or_25_hours) {
  Calendar calendar("America/New_York");
  const auto hours = [&](const char* text) {
    const Date date = *parse_date(text);
    return (calendar.end_of(date).ms - calendar.first_of(date).ms) / hour_ms;
  };
  EXPECT_EQ(hours("2026-03-07"), 24);
  EXPECT_EQ(hours("2026-03-08"), 23);
  EXPECT_EQ(hours("2026-11-01"), 25);
}

TEST(CalendarTest, a_day_that_begins_at_one_o_clock_begins_there) {
  Calendar calendar("America/Sao_Paulo");
  EXPECT_EQ(to_string(calendar.first_of(*parse_date("2018-11-04"))), "2018-11-04T03:00:00.000Z");
  EXPECT_EQ(date_of(calendar, "2018-11-04T02:59:59Z"), "2018-11-03");
}

TEST(CalendarTest, where_clocks_go_back_over_midnight_a_date_is_what_they_show) {
  Calendar calendar("America/St_Johns");
  // At 00:01 of 2010-11-07 back to 23:01.
  EXPECT_EQ(date_of(calendar, "2010-11-07T02:30:30Z"), "2010-11-07");
  EXPECT_EQ(date_of(calendar, "2010-11-07T02:31:30Z"), "2010-11-06");
  const Date before = *parse_date("2010-11-06");
  EXPECT_GT(calendar.end_of(before), *parse_time("2010-11-07T03:29:59Z"));
  EXPECT_LE(calendar.first_of(*parse_date("2010-11-07")), *parse_time("2010-11-07T02:30:00Z"));
}

TEST(CalendarTest, a_day_that_there_was_not_spans_nothing) {
  Calendar calendar("Pacific/Apia");
  const Date missing = *parse_date("2011-12-30");
  EXPECT_EQ(calendar.first_of(missing), calendar.end_of(missing));
}

TEST(CalendarTest, a_zone_that_there_is_not_is_utc) {
  Calendar calendar("Nowhere/Land");
  EXPECT_EQ(date_of(calendar, "2026-11-22T23:59:59.999Z"), "2026-11-22");
}

}  // namespace
}  // namespace onggi
