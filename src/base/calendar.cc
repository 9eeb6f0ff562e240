#include "base/calendar.h"

#include <algorithm>
#include <chrono>

#include <date/tz.h>

#include "base/time_zone.h"

namespace onggi {
namespace {

using Seconds = std::chrono::seconds;

constexpr std::int64_t seconds_per_day = 86'400;

std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

bool digits(std::string_view text, int& value) {
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return true;
}

}  // namespace

std::optional<Date> parse_date(std::string_view text) {
  using namespace std::chrono;
  int year = 0, month = 0, day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (!digits(text.substr(0, 4), year) || !digits(text.substr(5, 2), month) ||
      !digits(text.substr(8, 2), day))
    return std::nullopt;
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || year == 0) return std::nullopt;
  return Date{static_cast<std::int32_t>(sys_days{date}.time_since_epoch().count())};
}

void append_date(Date date, std::string& out) {
  std::string text;
  append_time(Time{date.days * day_ms}, text);
  out += std::string_view(text).substr(0, 10);
}

std::string to_string(Date date) {
  std::string text;
  append_date(date, text);
  return text;
}

struct Calendar::Zone {
  const date::time_zone* zone = nullptr;  // null: UTC
};

Calendar::Calendar(std::string_view zone) : zone_(std::make_unique<Zone>()) {
  if (zone != "UTC" && is_time_zone(zone)) zone_->zone = date::locate_zone(std::string(zone));
  if (zone_->zone == nullptr) {
    from_ = earliest_time;
    to_ = Time{latest_time.ms + day_ms};
  }
}

Calendar::~Calendar() = default;
Calendar::Calendar(Calendar&&) noexcept = default;
Calendar& Calendar::operator=(Calendar&&) noexcept = default;

Date Calendar::date_of(Time time) {
  if (zone_->zone != nullptr && (time < from_ || time >= to_)) {
    const date::sys_seconds second{Seconds{floor_div(time.ms, 1000)}};
    const date::sys_info info = zone_->zone->get_info(second);
    const auto ms = [](date::sys_seconds at) {
      constexpr std::int64_t most = 1'000'000'000'000;
      return Time{std::clamp(at.time_since_epoch().count(), -most, most) * 1000};
    };
    from_ = ms(info.begin);
    to_ = ms(info.end);
    ahead_ms_ = info.offset.count() * 1000;
  }
  return Date{static_cast<std::int32_t>(floor_div(time.ms + ahead_ms_, day_ms))};
}

Time Calendar::first_of(Date date) {
  const std::int64_t midnight = date.days * seconds_per_day;
  if (zone_->zone == nullptr) return Time{midnight * 1000};
  const date::local_seconds local{Seconds{midnight}};
  const date::sys_seconds first = zone_->zone->to_sys(local, date::choose::earliest);
  return Time{first.time_since_epoch().count() * 1000};
}

Time Calendar::end_of(Date date) {
  const std::int64_t midnight = (std::int64_t{date.days} + 1) * seconds_per_day;
  if (zone_->zone == nullptr) return Time{midnight * 1000};
  const date::local_seconds local{Seconds{midnight}};
  const date::sys_seconds last = zone_->zone->to_sys(local, date::choose::latest);
  return Time{last.time_since_epoch().count() * 1000};
}

}  // namespace onggi
