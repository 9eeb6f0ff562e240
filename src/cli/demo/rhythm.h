// When people work.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "cli/demo/random.h"

namespace onggi::cli::demo {

// Moments of the `days` before `now`: working hours of somebody at that offset from UTC, fewer at
// weekends, few at night. One draw takes the same numbers from the generator whatever the time is.
class Rhythm {
 public:
  Rhythm(Time now, int days, std::int64_t utc_offset_minutes);
  Time draw(Random& random) const;
  // The moment before which `share` (0 to 1) of all work was done.
  Time at(double share) const;

 private:
  Time now_;
  std::vector<double> cumulative_;  // by hour, backwards from now
};

}  // namespace onggi::cli::demo
