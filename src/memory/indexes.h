// The indexes of the agents that were searched last, in memory. Each is made from the store when it
// is first asked, and brought up to date by every search with what has changed since, inside the
// search's own snapshot: so a search sees everything that was acknowledged before it, whichever
// server wrote it.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/metrics.h"
#include "base/uuid.h"
#include "words/index.h"

namespace onggi::memory {

// One agent's. Its members are to be touched under its mutex, which nobody holds while waiting for
// the database.
struct KeptIndex {
  std::mutex mutex;
  std::shared_ptr<words::Index> index;  // null: not made yet
  // All changes below are in it.
  std::int64_t next_change = 0;
  std::chrono::steady_clock::time_point confirmed;
};

class Indexes {
 public:
  // Together they take about `bytes` at most, but for those that are in use.
  Indexes(std::size_t bytes, Registry& registry);

  // Never null. Thread-safe.
  std::shared_ptr<KeptIndex> of(const Uuid& agent);
  // After a search: what the agent's takes now; others go where it is too much. Thread-safe.
  void weigh(const Uuid& agent, std::size_t bytes);

 private:
  struct Entry {
    Uuid agent;
    std::shared_ptr<KeptIndex> kept;
    std::size_t bytes = 0;
  };

  const std::size_t bytes_max_;
  Gauge& bytes_shown_;
  std::mutex mutex_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // the last one asked first
  std::unordered_map<Uuid, std::list<Entry>::iterator> places_;
};

}  // namespace onggi::memory
