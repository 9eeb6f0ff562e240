// Readings that are kept in memory, for as long as they hold.
//
// Of a question that was answered before only what may have changed is read: the statement that
// answers it is told the version of the owner's statistics that is known, and if they still are of
// that version it gives no rows, but what waits in the queue. Whoever changes rows raises the
// version of the owner's lifetime in the same transaction (take_lifetimes), and takes out of the
// queue what it has counted: so while the version is the same the rows are, and the queue has only
// become longer. What is new in it is added to the reading; where that cannot be (a duration was
// taken away), or where the version, the user's zone or the date has changed, everything is read
// anew.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cache/pages.h"
#include "statistics/answer.h"

namespace onggi::statistics {

// A reading as of one second, and the page that an endpoint has made of it. Does not change but for
// the page.
class Kept {
 public:
  Reading reading;

  // Null: it is to be made.
  std::shared_ptr<const cache::Page> page(std::string_view endpoint) const;
  void show(std::string_view endpoint, std::shared_ptr<const cache::Page> page) const;
  // Whether what was written but executions is counted: such a page can only show what was there.
  bool is_counted() const { return changes_.has_value(); }

 private:
  friend class Readings;
  struct Shown {
    std::string endpoint;
    std::shared_ptr<const cache::Page> page;
  };

  std::size_t bytes() const;
  std::shared_ptr<Kept> copy() const;
  std::int64_t counts_known(Time now, std::optional<std::uint64_t> changes) const;
  bool knows(std::int64_t change) const;
  void know(const Weighed& change);
  bool add(const std::vector<const Weighed*>& changes, Dates& dates);
  void count_recent();

  Question question_;
  Lifetime lifetime_;
  std::map<Time, Seconds> hours_;
  Time hours_from_{};
  // What of the queue it counts: up to a number, or, where these are not in the order of commits,
  // which (sorted).
  bool is_in_order_ = true;
  std::int64_t last_ = 0;
  std::vector<std::int64_t> known_;
  std::optional<std::uint64_t> changes_;        // as counted here before it was read
  std::optional<std::int64_t> counts_version_;  // as counted by the database
  bool is_lasting_ = true;                      // it can be told later whether it still holds
  mutable std::mutex mutex_;
  mutable Shown shown_;  // under the mutex
};

// Thread-safe.
class Readings {
 public:
  // `most_bytes` is what they may take, about; 0: none is kept. `changes` counts what was written
  // but executions; nullopt: nobody here knows.
  Readings(db::Database& database, std::size_t most_bytes,
           std::function<std::optional<std::uint64_t>()> changes);

  // One statement; two where executions are to be read.
  Task<std::shared_ptr<const Kept>> read(db::Cost& cost, Question question);

 private:
  using Current = std::shared_ptr<const Kept>;
  struct Entry {
    std::string key;
    Current kept;
    std::size_t bytes;
  };

  // Null: it does not hold any more.
  static Current with(const Current& kept, const Answer& rest,
                      std::optional<std::uint64_t> changes);
  std::shared_ptr<Kept> kept_of(const Whole& whole, std::optional<std::uint64_t> changes) const;
  Current find(const std::string& key);
  void put(std::string key, Current kept);

  db::Database& database_;
  const std::size_t most_bytes_;
  const std::function<std::optional<std::uint64_t>()> changes_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the used last first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace onggi::statistics
