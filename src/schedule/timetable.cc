#include "schedule/timetable.h"

#include <chrono>

#include <date/tz.h>

namespace onggi::schedule {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr int days_ahead = 366 * 9;  // a 29th of February is at most eight years away

date::sys_time<milliseconds> instant(Time time) {
  return date::sys_time<milliseconds>(milliseconds(time.ms));
}

date::local_days local_day(const date::time_zone& zone, Time time) {
  return date::floor<date::days>(zone.to_local(instant(time)));
}

// When a local time is, the first time that it is, or would have been.
Time resolved(const date::time_zone& zone, date::local_time<minutes> local) {
  const date::local_info info = zone.get_info(local);
  const date::sys_seconds at =
      info.result == date::local_info::nonexistent
          ? info.first.end
          : date::sys_seconds(local.time_since_epoch()) - info.first.offset;
  return Time{std::chrono::duration_cast<milliseconds>(at.time_since_epoch()).count()};
}

}  // namespace

Timetable::Timetable(const Cron& cron, std::string_view zone)
    : cron_(cron), zone_(date::locate_zone(std::string(zone))) {}

bool Timetable::has_day(unsigned month, unsigned day, unsigned weekday) const {
  if (!cron_.months[month]) return false;
  const bool of_month = cron_.days_of_month[day];
  const bool of_week = cron_.days_of_week[weekday];
  if (cron_.any_day_of_month || cron_.any_day_of_week) return of_month && of_week;
  return of_month || of_week;
}

std::optional<Time> Timetable::next(Time after) const {
  // Clocks go back by hours at most, so what comes behind may stand on the day before.
  const date::local_days first = local_day(*zone_, after) - date::days(1);
  for (int ahead = 0; ahead < days_ahead; ++ahead) {
    const date::local_days day = first + date::days(ahead);
    const date::year_month_day date(day);
    if (!has_day(static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                 date::weekday(day).c_encoding()))
      continue;
    for (unsigned hour = 0; hour < 24; ++hour) {
      if (!cron_.hours[hour]) continue;
      for (unsigned minute = 0; minute < 60; ++minute) {
        if (!cron_.minutes[minute]) continue;
        const Time at = resolved(*zone_, day + minutes(hour * 60 + minute));
        if (at > after) return at;
      }
    }
  }
  return std::nullopt;
}

std::optional<Time> Timetable::newest(Time after, Time now) const {
  const date::local_days last = local_day(*zone_, now) + date::days(1);
  const date::local_days first = local_day(*zone_, after) - date::days(1);
  for (date::local_days day = last; day >= first; day -= date::days(1)) {
    const date::year_month_day date(day);
    if (!has_day(static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                 date::weekday(day).c_encoding()))
      continue;
    for (unsigned hour = 24; hour-- > 0;) {
      if (!cron_.hours[hour]) continue;
      for (unsigned minute = 60; minute-- > 0;) {
        if (!cron_.minutes[minute]) continue;
        const Time at = resolved(*zone_, day + minutes(hour * 60 + minute));
        if (at > now) continue;
        if (at > after) return at;
        return std::nullopt;
      }
    }
  }
  return std::nullopt;
}

}  // namespace onggi::schedule
