// One user's executions and what waits in the queue, over one snapshot; and writing what was made
// of them.
#pragma once

#include <functional>

#include "statistics/rows.h"
#include "store/batches.h"

namespace onggi::statistics {

// A change that waits.
struct Waiting {
  std::int64_t id;
  std::int64_t weight;
  store::Contribution what;
};

struct Snapshot {
  Lifetime lifetime;
  std::vector<Waiting> waiting;
};

// In a transaction of its own: holds the user for `ms` milliseconds; nullopt where there is no row.
Task<std::optional<Lifetime>> hold(store::Batches& batches, Kind kind, Uuid user, std::int64_t ms);

// Reads executions that started from one time on and before another, each of several ranges, and
// hands each to `take`. Blocks.
struct Range {
  Time from;
  Time to;
};
// Rows of these dates that are not frozen, over the same snapshot.
struct Stored {
  Date first;
  Date last;
  Rows* rows = nullptr;  // null: none
};
std::optional<Snapshot> look(store::Batches& batches, Kind kind, Uuid user,
                             const std::vector<Range>& ranges,
                             const std::function<void(const store::Contribution&)>& take,
                             const Stored& stored = {});

// What counts and totals of all time change by.
struct LifetimeDelta {
  std::array<std::int64_t, 5> count{};
  std::map<Uuid, std::int64_t> totals;

  void add(const std::vector<Waiting>& changes);
  void add(const LifetimeDelta& other);
  void add(const RowKey& key, const Figures& figures, std::int64_t weight);
};

// What one transaction writes.
struct Chunk {
  Lifetime lifetime;         // as it is to be, but for counts, weeks and the version
  std::int64_t version;      // that it must still have
  Date first, last;          // of these dates
  bool is_built = false;     // they are counted already in counts, hours and totals
  bool is_to_count = false;  // they are to be; else what is consumed is not counted there yet
  bool is_of_many = false;   // its weeks are given up: others of theirs change next
  Rows live;                 // rows that are not frozen: those that change
  Rows frozen;               // to be added to those that are frozen
  LifetimeDelta difference;
  std::map<Time, Seconds> hours;  // what starts on these dates, of the hours that are kept
  std::vector<Waiting> consumed;  // changes that are in them
};

// In a transaction of its own. The version afterwards; nullopt: it was overtaken, and nothing was
// written.
Task<std::optional<std::int64_t>> write_chunk(store::Batches& batches, Kind kind,
                                              std::shared_ptr<const Chunk> chunk);

}  // namespace onggi::statistics
