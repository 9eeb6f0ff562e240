// When a cron expression is due, above all on the days when clocks change.
#include "schedule/timetable.h"

#include <chrono>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <date/tz.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onggi::schedule {
namespace {

using testing::ElementsAre;

constexpr std::int64_t minute_ms = 60'000;

Cron cron(std::string_view text) {
  std::string why;
  const std::optional<Cron> parsed = Cron::parse(text, why);
  if (!parsed) throw std::runtime_error(why);
  return *parsed;
}

Time at(std::string_view text) {
  return parse_time(text).value();
}

std::vector<std::string> due(std::string_view expression, std::string_view zone,
                             std::string_view from, std::string_view to) {
  const Timetable timetable(cron(expression), zone);
  std::vector<std::string> times;
  for (std::optional<Time> next = timetable.next(at(from)); next && *next < at(to);
       next = timetable.next(*next))
    times.push_back(to_string(*next));
  return times;
}

TEST(Timetable, a_time_that_does_not_exist_is_due_once_when_the_gap_is_over) {
  // In Berlin clocks go from 2:00 to 3:00 on 29 March 2026.
  EXPECT_THAT(due("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"),
              ElementsAre("2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z",
                          "2026-03-30T00:30:00.000Z"));
}

TEST(Timetable, what_the_gap_holds_is_due_together_with_what_follows) {
  EXPECT_THAT(
      due("*/20 2,3 29 3 *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
      ElementsAre("2026-03-29T01:00:00.000Z", "2026-03-29T01:20:00.000Z",
                  "2026-03-29T01:40:00.000Z"));
}

TEST(Timetable, a_time_that_exists_twice_is_due_once) {
  // Clocks go from 3:00 back to 2:00 on 25 October 2026.
  EXPECT_THAT(due("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-27T00:00:00Z"),
              ElementsAre("2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"));
}

TEST(Timetable, zones_off_the_hour_and_half_hours_of_summer_time) {
  EXPECT_THAT(due("0 3 * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
              ElementsAre("2026-01-01T21:15:00.000Z"));
  // On Lord Howe Island clocks go from 2:00 to 2:30 on 4 October 2026.
  EXPECT_THAT(
      due("10 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T12:00:00Z"),
      ElementsAre("2026-10-03T15:30:00.000Z"));
}

TEST(Timetable, a_day_that_is_left_out_is_made_up_at_its_end) {
  // Samoa had no 30 December 2011.
  EXPECT_THAT(due("0 3 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z"),
              ElementsAre("2011-12-29T13:00:00.000Z", "2011-12-30T10:00:00.000Z",
                          "2011-12-30T13:00:00.000Z", "2011-12-31T13:00:00.000Z"));
}

TEST(Timetable, the_newest_is_the_last_of_those_that_were_missed) {
  const Timetable daily(cron("0 3 * * *"), "UTC");
  EXPECT_EQ(daily.newest(at("2026-01-01T03:00:00Z"), at("2026-01-05T02:59:59Z")),
            at("2026-01-04T03:00:00Z"));
  EXPECT_EQ(daily.newest(at("2026-01-01T03:00:00Z"), at("2026-01-02T02:59:59Z")), std::nullopt);
  EXPECT_EQ(daily.newest(at("2026-01-01T03:00:00Z"), at("2026-01-02T03:00:00Z")),
            at("2026-01-02T03:00:00Z"));
}

TEST(Timetable, a_29th_of_february_is_waited_for) {
  const Timetable rare(cron("0 0 29 2 *"), "UTC");
  EXPECT_EQ(rare.next(at("2096-03-01T00:00:00Z")), at("2104-02-29T00:00:00Z"));
}

// Walks minute by minute through what a clock on the wall shows.
class Wall {
 public:
  Wall(Cron of, const std::string& zone) : cron_(of), zone_(date::locate_zone(zone)) {}

  std::vector<Time> due(Time from, Time to) const {
    std::vector<Time> times;
    // Begins early, so that what is shown twice is known as such.
    std::int64_t latest = shown(Time{from.ms - 2 * day_ms});
    for (Time now{from.ms - 2 * day_ms + minute_ms}; now < to; now.ms += minute_ms) {
      bool is_due = false;
      for (std::int64_t missed = latest + 1; missed <= shown(now); ++missed)
        is_due = is_due || matches(missed);
      latest = std::max(latest, shown(now));
      if (is_due && now > from) times.push_back(now);
    }
    return times;
  }

 private:
  // Minutes since the epoch, as the wall has them.
  std::int64_t shown(Time time) const {
    const date::sys_seconds instant(std::chrono::seconds(time.ms / 1'000));
    const auto local = zone_->to_local(instant).time_since_epoch();
    return std::chrono::floor<std::chrono::minutes>(local).count();
  }
  bool matches(std::int64_t minute) const {
    const date::local_time<std::chrono::minutes> local{std::chrono::minutes(minute)};
    const auto day = date::floor<date::days>(local);
    const date::year_month_day date(day);
    const auto of_day = static_cast<std::size_t>((local - day).count());
    const bool of_month = cron_.days_of_month[static_cast<unsigned>(date.day())];
    const bool of_week = cron_.days_of_week[date::weekday(day).c_encoding()];
    const bool is_either = !cron_.any_day_of_month && !cron_.any_day_of_week;
    return cron_.minutes[of_day % 60] && cron_.hours[of_day / 60] &&
           cron_.months[static_cast<unsigned>(date.month())] &&
           (is_either ? of_month || of_week : of_month && of_week);
  }

  Cron cron_;
  const date::time_zone* zone_;
};

std::string random_expression(std::mt19937& random) {
  const auto below = [&random](int most) { return static_cast<int>(random() % most); };
  const auto some = [&](int low, int high) -> std::string {
    const int a = low + below(high - low + 1);
    const int b = low + below(high - low + 1);
    switch (below(4)) {
      case 0:
        return "*";
      case 1:
        return fmt::format("*/{}", 1 + below(high - low));
      case 2:
        return fmt::format("{}-{}", std::min(a, b), std::max(a, b));
      default:
        return fmt::format("{},{}", a, b);
    }
  };
  return fmt::format("{} {} {} {} {}", below(60), some(0, 23), below(3) == 0 ? some(1, 28) : "*",
                     below(4) == 0 ? some(1, 12) : "*", below(3) == 0 ? some(0, 6) : "*");
}

TEST(Timetable, agrees_with_a_clock_on_the_wall_minute_by_minute) {
  struct Change {
    const char* zone;
    const char* around;
  };
  const std::vector<Change> changes{
      {"Europe/Berlin", "2026-03-29T00:00:00Z"},
      {"Europe/Berlin", "2026-10-25T00:00:00Z"},
      {"America/New_York", "2026-03-08T00:00:00Z"},
      {"America/New_York", "2026-11-01T00:00:00Z"},
      {"Australia/Lord_Howe", "2026-04-05T00:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-04T00:00:00Z"},
      {"America/Sao_Paulo", "2018-11-04T00:00:00Z"},
      {"America/Sao_Paulo", "2018-02-18T00:00:00Z"},
      {"Pacific/Apia", "2011-12-30T00:00:00Z"},
      {"Asia/Kathmandu", "2026-01-01T00:00:00Z"},
      {"Africa/Casablanca", "2026-02-15T00:00:00Z"},
      {"UTC", "2024-02-28T00:00:00Z"},
  };
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const Change& change = changes[seed % changes.size()];
    const std::string expression = random_expression(random);
    SCOPED_TRACE(fmt::format("{} in {} around {}", expression, change.zone, change.around));
    const Time from{at(change.around).ms - 2 * day_ms};
    const Time to{at(change.around).ms + 3 * day_ms};
    std::string why;
    if (!Cron::parse(expression, why)) continue;
    const std::vector<Time> expected = Wall(cron(expression), change.zone).due(from, to);
    const Timetable timetable(cron(expression), change.zone);
    std::vector<Time> found;
    for (std::optional<Time> next = timetable.next(from); next && *next < to;
         next = timetable.next(*next))
      found.push_back(*next);
    EXPECT_EQ(found, expected);
    for (int i = 0; i < 20; ++i) {
      const Time after{from.ms + static_cast<std::int64_t>(random() % 7'200) * minute_ms};
      const Time now{after.ms + static_cast<std::int64_t>(random() % 2'880) * minute_ms};
      std::optional<Time> newest;
      for (const Time one : expected)
        if (one > after && one <= now) newest = one;
      if (now < to) {
        EXPECT_EQ(timetable.newest(after, now), newest);
      }
    }
  }
}

}  // namespace
}  // namespace onggi::schedule
