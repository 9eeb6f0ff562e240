#include "base/cron.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace onggi {
namespace {

Cron parsed(std::string_view text) {
  std::string why;
  const std::optional<Cron> cron = Cron::parse(text, why);
  EXPECT_TRUE(cron) << text << ": " << why;
  return cron.value_or(Cron{});
}

std::string refusal(std::string_view text) {
  std::string why;
  return Cron::parse(text, why) ? "accepted" : why;
}

template <std::size_t size>
std::string values(const std::bitset<size>& bits) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    if (bits[i]) out += (out.empty() ? "" : ",") + std::to_string(i);
  }
  return out;
}

TEST(Cron, a_time_of_every_day_is_read) {
  const Cron cron = parsed("30 2 * * *");
  EXPECT_EQ(values(cron.minutes), "30");
  EXPECT_EQ(values(cron.hours), "2");
  EXPECT_EQ(cron.days_of_month.count(), 31u);
  EXPECT_FALSE(cron.days_of_month[0]);
  EXPECT_EQ(values(cron.months), "1,2,3,4,5,6,7,8,9,10,11,12");
  EXPECT_EQ(values(cron.days_of_week), "0,1,2,3,4,5,6");
  EXPECT_TRUE(cron.any_day_of_month);
  EXPECT_TRUE(cron.any_day_of_week);
}

TEST(Cron, ranges_lists_steps_and_names_are_read) {
  EXPECT_EQ(values(parsed("*/20 * * * *").minutes), "0,20,40");
  EXPECT_EQ(values(parsed("5-20/5,59 * * * *").minutes), "5,10,15,20,59");
  EXPECT_EQ(values(parsed("0 8-18/2 * * *").hours), "8,10,12,14,16,18");
  EXPECT_EQ(values(parsed("0 0 1,15 * *").days_of_month), "1,15");
  EXPECT_EQ(values(parsed("0 0 */10 * *").days_of_month), "1,11,21,31");
  EXPECT_EQ(values(parsed("0 0 1 JAN,mar-May *").months), "1,3,4,5");
  EXPECT_EQ(values(parsed("0 0 * * Mon-FRI").days_of_week), "1,2,3,4,5");
  EXPECT_EQ(values(parsed("00 04 * * *").hours), "4");
  EXPECT_EQ(values(parsed(" \t0  0 * *\t* ").hours), "0");
}

TEST(Cron, sunday_is_0_and_7) {
  EXPECT_EQ(values(parsed("0 0 * * 7").days_of_week), "0");
  EXPECT_EQ(values(parsed("0 0 * * 0").days_of_week), "0");
  EXPECT_EQ(values(parsed("0 0 * * 5-7").days_of_week), "0,5,6");
}

TEST(Cron, a_day_field_is_unrestricted_only_as_a_star) {
  const Cron cron = parsed("0 0 1-31 * */2");
  EXPECT_FALSE(cron.any_day_of_month);
  EXPECT_FALSE(cron.any_day_of_week);
  EXPECT_TRUE(parsed("0 0 */1 * 1").any_day_of_month);
}

TEST(Cron, shortcuts_stand_for_their_expressions) {
  EXPECT_EQ(values(parsed("@hourly").hours), values(parsed("* * * * *").hours));
  EXPECT_EQ(values(parsed("@Daily").hours), "0");
  EXPECT_EQ(values(parsed("@midnight").hours), "0");
  EXPECT_EQ(values(parsed("@weekly").days_of_week), "0");
  EXPECT_EQ(values(parsed("@monthly").days_of_month), "1");
  EXPECT_EQ(values(parsed("@yearly").months), "1");
  EXPECT_EQ(values(parsed("@annually").months), "1");
  EXPECT_NE(refusal("@reboot"), "accepted");
  EXPECT_NE(refusal("@daily 5"), "accepted");
}

TEST(Cron, a_refusal_says_why) {
  EXPECT_EQ(refusal("60 * * * *"), "the minute must be within 0-59");
  EXPECT_EQ(refusal("99999999999999999999 * * * *"), "the minute must be within 0-59");
  EXPECT_EQ(refusal("* 24 * * *"), "the hour must be within 0-23");
  EXPECT_EQ(refusal("* * 0 * *"), "the day-of-month must be within 1-31");
  EXPECT_EQ(refusal("* * * 13 *"), "the month must be within 1-12");
  EXPECT_EQ(refusal("* * * * 8"), "the day-of-week must be within 0-7");
  EXPECT_EQ(refusal("20-10 * * * *"), "the minute has a range that runs backwards");
  EXPECT_EQ(refusal("* * * * fri-mon"), "the day-of-week has a range that runs backwards");
  EXPECT_EQ(refusal("*/0 * * * *"), "the step of the minute must be a number within 1-59");
  EXPECT_EQ(refusal("*/60 * * * *"), "the step of the minute must be a number within 1-59");
  EXPECT_EQ(refusal("*/ * * * *"), "the step of the minute must be a number within 1-59");
  EXPECT_EQ(refusal("5/10 * * * *"), "the minute has a step without * or a range before it");
  EXPECT_EQ(refusal("1,,2 * * * *"), "the minute lacks a value");
  EXPECT_EQ(refusal("1, * * * *"), "the minute lacks a value");
  EXPECT_EQ(refusal("-5 * * * *"), "the minute lacks a value");
  EXPECT_EQ(
      refusal("* * * * *-5"),
      "the day-of-week must be made of numbers, names such as mon, *, ranges, lists and steps");
  EXPECT_EQ(refusal("x * * * *"), "the minute must be made of numbers, *, ranges, lists and steps");
  EXPECT_EQ(refusal("* * * mon *"),
            "the month must be made of numbers, names such as feb, *, ranges, lists and steps");
  for (const char* text : {"* * ? * *", "* * L * *", "* * 15W * *", "* * LW * *"}) {
    EXPECT_EQ(refusal(text), "the day-of-month uses one of ?, L, W and #, which are not supported")
        << text;
  }
  for (const char* text : {"* * * * 5#2", "* * * * 5L"}) {
    EXPECT_EQ(refusal(text), "the day-of-week uses one of ?, L, W and #, which are not supported")
        << text;
  }
  EXPECT_EQ(refusal(std::string(5000, '*')), "the expression is longer than 1000 characters");
  for (const char* text : {"", " ", "* * * *", "* * * * * *", "@", "0 0\n* * *"})
    EXPECT_NE(refusal(text), "accepted") << text;
}

TEST(Cron, a_date_that_never_comes_is_refused) {
  EXPECT_EQ(refusal("0 0 30 2 *"), "the date never comes");
  EXPECT_EQ(refusal("0 0 31 2,4 *"), "the date never comes");
  EXPECT_EQ(refusal("0 0 31 feb,apr,jun,sep,nov *"), "the date never comes");
  EXPECT_EQ(refusal("0 0 29 2 *"), "accepted");
  EXPECT_EQ(refusal("0 0 31 2,3 *"), "accepted");
  EXPECT_EQ(refusal("0 0 31 2 mon"), "accepted");
}

RC_GTEST_PROP(Cron, any_text_is_accepted_or_refused_with_a_reason, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("0123456789*/-, @ajnmonsuLW#?")));
  std::string why;
  const bool accepted = Cron::parse(text, why).has_value();
  RC_ASSERT(accepted != !why.empty());
}

}  // namespace
}  // namespace onggi
