// What is kept beside daily rows of a user: hours, weeks, and what is true of all time.
#pragma once

#include "statistics/verify.h"

namespace onggi::statistics {

// Over one snapshot: weeks and all time against daily rows and, `with_hours`, hours against
// executions. Of a user whose statistics are not made yet, nothing.
void verify_sums(store::Batches& batches, Kind kind, Uuid user, bool with_hours,
                 Verified& verified);

inline Level made_with(Level level) {
  return level == Level::hour ? Level::all_time : level;
}
// Makes those of a level anew: hours and all time with the whole user, of executions. False: it is
// to stop, or was overtaken.
Task<bool> repair_sums(store::Batches& batches, Kind kind, Uuid user, Level level);
// Verifies them, and makes anew what differs.
Task<void> repair_sums_of(store::Batches& batches, Kind kind, Uuid user, bool with_hours);

}  // namespace onggi::statistics
