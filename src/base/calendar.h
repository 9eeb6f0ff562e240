// Days as a wall calendar in one time zone counts them.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace onggi {

// A date, in days since 1970-01-01.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};

inline constexpr Date earliest_date{-719'162};  // 0001-01-01
inline constexpr Date latest_date{2'932'896};   // 9999-12-31

// Reads YYYY-MM-DD of the years 0001 to 9999; nullopt for anything else and for days that there are
// not.
std::optional<Date> parse_date(std::string_view text);
void append_date(Date date, std::string& out);
std::string to_string(Date date);

// Clocks that are put forward or back make days of 23 or 25 hours, days that begin at 01:00, days
// that there are not, and, where they are put back over midnight, minutes of a day between those of
// the next: so the date of an instant is what a clock shows, and what a date spans only a bound.
// Not thread-safe.
class Calendar {
 public:
  // An IANA name. One that the tz database does not hold (any more) is taken as UTC.
  explicit Calendar(std::string_view zone);
  ~Calendar();
  Calendar(Calendar&&) noexcept;
  Calendar& operator=(Calendar&&) noexcept;

  Date date_of(Time time);
  // No instant before first_of(date) is of that date or a later one.
  Time first_of(Date date);
  // No instant from end_of(date) on is of that date or an earlier one.
  Time end_of(Date date);

 private:
  struct Zone;
  std::unique_ptr<Zone> zone_;
  // Between these instants clocks are ahead of UTC by this much.
  Time from_{};
  Time to_{};
  std::int64_t ahead_ms_ = 0;
};

}  // namespace onggi
