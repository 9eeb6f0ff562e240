// Daily statistics held against the executions that they count. A difference is a bug, or somebody
// has changed rows by hand.
#pragma once

#include <string>
#include <vector>

#include "base/metrics.h"
#include "statistics/lifetime.h"
#include "store/batches.h"

namespace onggi::statistics {

struct Difference {
  Kind kind;
  Uuid user_id;
  Date date;
  std::optional<Uuid> subject_id;  // absent: of the row over all of them
};
std::string to_string(const Difference& difference);

struct Verified {
  std::int64_t users = 0;
  std::int64_t rows = 0;  // that were compared
  std::vector<Difference> differences;
};

// Of one user, over one snapshot: what is built and not frozen of these dates. Absent dates: from
// the first, to the last that there are.
Task<Verified> verify(store::Batches& batches, Kind kind, Uuid user, std::optional<Date> first,
                      std::optional<Date> last);
// Of all users and both kinds.
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
