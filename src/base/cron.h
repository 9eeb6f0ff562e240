// Five-field cron expressions: minute hour day-of-month month day-of-week, as in POSIX crontab with
// the common extensions: names (jan, mon), ranges (1-5), lists (1,15), steps (*/10, 8-18/2), 7 as
// Sunday, and @hourly @daily @midnight @weekly @monthly @yearly @annually.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace onggi {

struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days_of_month;  // 1-31
  std::bitset<13> months;         // 1-12
  std::bitset<7> days_of_week;    // 0 = Sunday
  // POSIX: when both day fields are restricted, either of them suffices.
  bool any_day_of_month = false;
  bool any_day_of_week = false;

  // nullopt, with the reason in `why`, for anything else, and for a date that never comes ("0 0 30
  // 2 *").
  static std::optional<Cron> parse(std::string_view text, std::string& why);
};

}  // namespace onggi
