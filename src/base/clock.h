// Time as onggi keeps it: milliseconds since the Unix epoch, UTC, and RFC 3339 text with exactly
// three decimals.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onggi {

struct Time {
  std::int64_t ms = 0;
  auto operator<=>(const Time&) const = default;
};

inline constexpr std::int64_t hour_ms = 3'600'000;
inline constexpr std::int64_t day_ms = 24 * hour_ms;

// The instants that RFC 3339 can write: years 0000 to 9999.
inline constexpr Time earliest_time{-62'167'219'200'000};
inline constexpr Time latest_time{253'402'300'799'999};

// Reads RFC 3339 with any offset ("2026-11-22T11:00:00.5+09:00"; also 'z', 't'). Fractions beyond
// milliseconds are cut off, a leap second (:60) counts as the second after. nullopt for dates that
// do not exist, a missing offset, or years beyond 0-9999.
std::optional<Time> parse_time(std::string_view text);

// Appends "2026-11-22T02:00:00.000Z" (24 characters).
void append_time(Time time, std::string& out);
std::string to_string(Time time);

// Where "now" comes from; injected, so that tests own it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

}  // namespace onggi
