// Rendered pages kept in memory, the ones used last, up to a bound of bytes.
//
// A page is good for as long as nothing that it may show has changed: what that is is counted, and
// a page bears the count that was read before it. That is coarse, and meant to be: a page that is
// read a thousand times a second is rendered once more after each change of some definition, and no
// list of who shows what can ever be wrong. What is recorded (executions) is on no page that is
// kept. On the embedded store changes are counted here, and forget_all() makes all pages void at
// once; where other servers write to the same database, they are counted there.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"

namespace onggi::cache {

class Page {
 public:
  Page(std::string shown, std::string tag) : body(std::move(shown)), etag(std::move(tag)) {}

  const std::string body;
  const std::string etag;

  // The body as `compress` makes it, made when it is first asked for. Thread-safe.
  std::shared_ptr<const std::string> compressed(
      std::string (*compress)(std::string_view body)) const;

 private:
  mutable std::atomic<std::shared_ptr<const std::string>> compressed_;
};

// Thread-safe.
class Pages {
 public:
  // 0 bytes: nothing is kept.
  Pages(std::size_t most_bytes, Registry& registry);

  // A count of changes. Taken before the read that a page is made from.
  using Stamp = std::uint64_t;
  Stamp stamp() const { return changes_.load(std::memory_order_acquire); }
  bool is_kept() const { return most_bytes_ != 0; }

  // Null: read it. `key` says which page, and for whom; `now` what was counted within the request.
  // What was read after that is good as well.
  std::shared_ptr<const Page> get(std::string_view key, Stamp now);
  // Unless one is kept already that was read later.
  void put(std::string key, std::shared_ptr<const Page> page, Stamp before);
  // To be called once a change is committed, before it is acknowledged.
  void forget_all() { changes_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Page> page;
    Stamp stamp;
  };
  // The used last first.
  struct Shard {
    std::mutex mutex;
    std::list<Entry> entries;
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t shards = 16;

  static std::size_t weight(const Entry& entry);
  Shard& shard_of(std::string_view key);
  void drop(Shard& shard, std::list<Entry>::iterator entry);

  const std::size_t most_bytes_;  // of a shard
  std::atomic<Stamp> changes_{0};
  std::array<Shard, shards> shards_;
  Counter& hits_;
  Counter& misses_;
  Gauge& bytes_;
};

}  // namespace onggi::cache
