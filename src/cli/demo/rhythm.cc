#include "cli/demo/rhythm.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace onggi::cli::demo {
namespace {

constexpr std::array<double, 24> by_hour{1,  0.5, 0.5, 0.5, 0.5, 1,  3,  8, 18, 26, 30, 28,
                                         14, 22,  28,  28,  26,  20, 12, 8, 6,  5,  3,  2};
constexpr double at_weekends = 0.25;

double weight_at(Time time, std::int64_t utc_offset_minutes) {
  const std::int64_t local_hours = (time.ms + utc_offset_minutes * 60'000) / hour_ms;
  const std::int64_t weekday =
      (local_hours / 24 + 4) % 7;  // 1970-01-01 was a Thursday; 0 is Sunday
  const bool is_weekend = weekday == 0 || weekday == 6;
  return by_hour[static_cast<std::size_t>(local_hours % 24)] * (is_weekend ? at_weekends : 1.0);
}

}  // namespace

Rhythm::Rhythm(Time now, int days, std::int64_t utc_offset_minutes) : now_(now) {
  double sum = 0;
  for (int hour = 0; hour < days * 24; ++hour) {
    const Time middle{now.ms - hour * hour_ms - hour_ms / 2};
    cumulative_.push_back(sum += weight_at(middle, utc_offset_minutes));
  }
}

Time Rhythm::draw(Random& random) const {
  const auto hour = static_cast<std::int64_t>(random.weighted(cumulative_));
  return {now_.ms - hour * hour_ms - random.between(1, hour_ms)};
}

Time Rhythm::at(double share) const {
  const double later = (1 - share) * cumulative_.back();
  const auto hour =
      std::min<std::ptrdiff_t>(std::ranges::upper_bound(cumulative_, later) - cumulative_.begin(),
                               std::ssize(cumulative_) - 1);
  const auto i = static_cast<std::size_t>(hour);
  const double before = i == 0 ? 0 : cumulative_[i - 1];
  const double within = (later - before) / (cumulative_[i] - before);
  return {now_.ms - hour * hour_ms - static_cast<std::int64_t>(within * hour_ms)};
}

}  // namespace onggi::cli::demo
