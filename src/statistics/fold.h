// Folding: what has changed is taken out of the queue and added to the rows that it changes, in one
// transaction, a small batch at a time.
//
// Nothing is remembered of how far it came: whatever stands in the queue is still to be added,
// however late it was committed. Left in the queue, for the next time, are changes of users who are
// held (build.h), and of days on which the least or greatest duration was taken away, so that only
// executions can tell what it is now: these days are to be built.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "statistics/lifetime.h"
#include "store/batches.h"

namespace onggi::statistics {

struct Folded {
  bool has_turn = true;                    // false: another server folds at this moment
  bool has_more = false;                   // more may wait behind those read
  std::size_t read = 0;                    // changes
  std::size_t folded = 0;                  // of these
  std::int64_t last_id = 0;                // of those read
  std::set<Uuid> unknown;                  // users that have no statistics yet, or are held
  std::set<std::pair<Uuid, Date>> spoilt;  // days to be built
};

// In one batch: changes, and days of agents or workflows that they are of. What a change costs is
// mostly the row that it changes: of many at once most change the same few.
inline constexpr std::int64_t fold_max = 4'000;
inline constexpr std::size_t fold_rows_max = 800;
// The same while so many wait: folds then have to keep pace with loads, where each of their batches
// stands behind one of every client's.
inline constexpr std::int64_t many_waiting = 10'000;
inline constexpr std::int64_t fold_max_of_many = 10'000;

// The next batch behind `after`, which is good for passing over what was left in the queue just
// now, and for nothing else; of at most so many changes.
Task<Folded> fold(store::Batches& batches, Kind kind, std::int64_t after,
                  std::int64_t most = fold_max);

// Users of whom so much waits that their days are sooner made anew of executions (build.h: absorb):
// of the first changes in the queue, once these are as many as are looked at.
inline constexpr std::int64_t crowd_looked_at = 50'000;
struct Crowd {
  Uuid user;
  Time from, to;  // when what waits of it has started
};
Task<std::vector<Crowd>> crowds(store::Batches& batches, Kind kind);

// Hours are kept from this time on, a day and an hour longer than anybody asks for.
Time hours_from(Time now);
// The beginning of the hour (UTC).
Time hour_of(Time time);

}  // namespace onggi::statistics
