// Accesses, counted without slowing the reads that they are: kept in memory and added to the rows
// within a second, in small transactions, by a thread of their own. At most a second of them is
// lost with the process, and none is counted twice: each batch has a number, which is written with
// it.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/uuid.h"
#include "db/database.h"

namespace onggi::memory {

class Accesses {
 public:
  // All must outlive it.
  Accesses(db::Database& database, const Clock& clock, Registry& registry);
  ~Accesses();
  Accesses(const Accesses&) = delete;
  Accesses& operator=(const Accesses&) = delete;

  // A memory was read, or found by a search. Never blocks for the database. Thread-safe.
  void note(const Uuid& memory, Time at);

  // Waits until what was noted before is written, for at most `patience`. False: it is not. Not on
  // an event loop.
  bool flush(std::chrono::milliseconds patience = std::chrono::seconds(5));

  // Writes what is there and ends; what is noted afterwards is lost.
  void stop();

 private:
  struct Place {
    Uuid memory;
    std::int64_t day;
    auto operator<=>(const Place&) const = default;
  };
  struct Count {
    std::int64_t times = 0;
    Time last;
  };
  using Counts = std::map<Place, Count>;

  void run();
  void look_around();
  void take_pending(Counts& taken);
  // One batch, durable or not at all; throws what the database throws.
  void write(const Counts& counts);
  static Task<Result<bool>> write_in(db::Connection& connection, const Counts& counts, Uuid server,
                                     std::int64_t number, Time now);

  db::Database& database_;
  const Clock& clock_;
  Counter& counted_;
  Counter& lost_;
  std::array<Gauge*, 4> by_type_;  // of all agents, a quarter of a minute old at most
  Gauge& expired_;
  std::chrono::steady_clock::time_point next_look_{};
  const Uuid server_;  // this process
  std::int64_t number_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  Counts pending_;
  std::uint64_t asked_ = 0;  // flushes that were asked for, and are done
  std::uint64_t done_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onggi::memory
