// When a cron expression is due, in a time zone.
//
// It names local times. One that does not exist, because clocks go forward over it, is due at the
// first instant behind the gap, together with whatever else is due then: once. One that exists
// twice is due the first time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/cron.h"

namespace date {
class time_zone;
}

namespace onggi::schedule {

class Timetable {
 public:
  // Throws std::runtime_error where there is no such zone.
  Timetable(const Cron& cron, std::string_view zone);

  // The first time behind `after`; nullopt: none within a few years.
  std::optional<Time> next(Time after) const;
  // The newest time behind `after` that has come by `now`.
  std::optional<Time> newest(Time after, Time now) const;

 private:
  bool has_day(unsigned month, unsigned day, unsigned weekday) const;

  Cron cron_;
  const date::time_zone* zone_;
};

}  // namespace onggi::schedule
