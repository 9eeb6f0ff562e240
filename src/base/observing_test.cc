// What keeps the log short: few lines a second, two for an episode, values that stay one field.
#include <gtest/gtest.h>

#include "base/episode.h"
#include "base/error.h"
#include "base/few_lines.h"
#include "base/log_text.h"

namespace onggi {
namespace {

using namespace std::chrono_literals;

constexpr FewLines::Clock::time_point start{std::chrono::hours(1)};

TEST(FewLinesTest, beyond_so_many_a_second_lines_are_left_out_and_counted) {
  FewLines lines(2);
  EXPECT_TRUE(lines.admit(start));
  EXPECT_TRUE(lines.admit(start + 1ms));
  EXPECT_FALSE(lines.admit(start + 2ms));
  EXPECT_FALSE(lines.admit(start + 999ms));
  EXPECT_EQ(lines.left_out(start + 999ms), 0U);  // there may be more of them
  EXPECT_EQ(lines.left_out(start + 1s), 2U);
  EXPECT_EQ(lines.left_out(start + 1s), 0U);  // told
  EXPECT_TRUE(lines.admit(start + 1s));
}

TEST(FewLinesTest, at_the_end_what_was_left_out_is_told_at_once) {
  FewLines lines(0);
  EXPECT_FALSE(lines.admit(start));
  EXPECT_EQ(lines.left_out_at_end(), 1U);
  EXPECT_EQ(lines.left_out_at_end(), 0U);
}

TEST(EpisodeTest, is_told_when_it_begins_and_when_it_is_over) {
  Episode episode(5s);
  EXPECT_FALSE(episode.went_well(start));
  EXPECT_TRUE(episode.met(start));
  EXPECT_FALSE(episode.met(start + 1s));
  EXPECT_FALSE(episode.went_well(start + 2s));  // while others still meet it
  EXPECT_FALSE(episode.met(start + 3s));
  EXPECT_FALSE(episode.went_well(start + 7s));
  const auto past = episode.went_well(start + 8s);
  ASSERT_TRUE(past);
  EXPECT_EQ(past->times, 3U);
  EXPECT_EQ(past->lasted, 3s);
  EXPECT_FALSE(episode.went_well(start + 20s));
  EXPECT_TRUE(episode.met(start + 21s));
}

TEST(LogTextTest, a_value_stays_one_field) {
  EXPECT_EQ(log_text("0198c5ab-1"), "0198c5ab-1");
  EXPECT_EQ(log_text("a b"), "\"a b\"");
  EXPECT_EQ(log_text("say \"yes\"\n\tnow"), "\"say 'yes' now\"");
  EXPECT_EQ(log_text("\"x"), "\"'x\"");
  EXPECT_EQ(log_text(""), "\"\"");
  EXPECT_EQ(log_text("007"), "\"007\"");  // an id, whatever it looks like
}

TEST(LogTextTest, work_in_nobodys_name_has_no_request) {
  EXPECT_EQ(request_field("r-1"), " request=r-1");
  EXPECT_EQ(request_field(""), "");
}

TEST(CauseTest, every_cause_has_a_word_of_its_own) {
  for (std::size_t i = 1; i < causes; ++i) {
    EXPECT_NE(to_string(static_cast<Cause>(i)), "other");
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_NE(to_string(static_cast<Cause>(i)), to_string(static_cast<Cause>(j)));
  }
}

}  // namespace
}  // namespace onggi
