// Statistics held against the executions that they count. A difference is a bug, or somebody has
// changed rows by hand.
//
// Daily rows and those of the last two days' hours are derived from executions, where these have
// not been removed yet. What is a sum of daily rows is held against them, frozen ones included:
// weeks, how often each agent or workflow was executed, and the user's row of all time.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "statistics/lifetime.h"
#include "store/batches.h"

namespace onggi::statistics {

enum class Level : std::uint8_t { day, week, hour, all_time };

struct Difference {
  Kind kind = Kind::agent;
  Level level = Level::day;
  Uuid user_id{};
  Date date{};  // of a day, or the Monday of a week
  Time hour{};
  std::optional<Uuid> subject_id{};  // absent: of the row over all of them
};
std::string to_string(const Difference& difference);

struct Verified {
  std::int64_t users = 0;
  std::int64_t rows = 0;  // that were compared
  std::vector<Difference> differences;
};

// Of one user: what is built and not frozen of these dates, each month over a snapshot of its own.
// Absent dates: from the first, to the last that there are. `with_sums`: and, where all of these
// are right, what is a sum, over a snapshot.
Task<Verified> verify(store::Batches& batches, Kind kind, Uuid user, std::optional<Date> first,
                      std::optional<Date> last, bool with_sums);
// Of all users and both kinds; with sums where no dates are given.
Task<Verified> verify_all(store::Batches& batches, std::optional<Date> first,
                          std::optional<Date> last);

// Makes anew what differs. How many were.
Task<std::int64_t> repair(store::Batches& batches, Verified verified);

// What the job `stats_aggregation` does: folds what waits, makes what is not made, verifies the
// last seven days and today of every user, in its own zone, and makes anew what differs. Returns
// its result as JSON: {"users", "rows", "differences", "repaired"}.
Task<std::string> aggregate(store::Batches& batches, Counter& differences);

Counter& differences_counter(Registry& registry);

}  // namespace onggi::statistics
