// The connections that reads run on: as many as are used at once, the one used last taken first.
// Thread-safe.
//
// To begin and end a snapshot costs two system calls (locks in the log's index), as much as a point
// read itself. So a snapshot is kept for the next reads as long as this process has committed
// nothing, and for a millisecond at most: what another process commits is seen that much later.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "db/sqlite/handle.h"

namespace onggi::db::sqlite {

struct Reader {
  Reader(const File& file, std::int64_t cache_bytes, Observations& observations)
      : handle(file, Use::read, cache_bytes, observations) {}

  Handle handle;
  std::uint64_t seen = 0;                       // commits_ when it was used last
  std::chrono::steady_clock::time_point since;  // its snapshot is kept, if it has one
};

class Readers {
 public:
  Readers(const File& file, std::int64_t cache_bytes, Observations& observations)
      : file_(file), cache_bytes_(cache_bytes), observations_(observations) {}

  enum class For {
    one_statement,  // which may be its own snapshot
    several,        // which share one
  };

  // A connection for as long as the lease lives; it sees everything that was committed before
  // lease() was called.
  class Lease {
   public:
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Handle& operator*() const { return reader_->handle; }
    Handle* operator->() const { return &**this; }

   private:
    friend class Readers;
    Lease(Readers& readers, std::unique_ptr<Reader> reader);

    Readers* readers_;
    std::unique_ptr<Reader> reader_;
  };

  // Throws Unavailable when a further connection is needed and cannot be opened.
  Lease lease(For what);

  // The writer tells of every commit before it is acknowledged.
  void committed(bool with_changes) {
    if (with_changes) changes_.fetch_add(1, std::memory_order_release);
    commits_.fetch_add(1, std::memory_order_release);
  }
  std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  std::uint64_t commits() const { return commits_.load(std::memory_order_acquire); }

  // How many cursors are open (cursor.h).
  std::atomic<std::size_t>& long_reads() { return long_reads_; }

  // Ends the snapshots that nobody reads from, so that they do not hold the log back.
  void end_idle_snapshots();

 private:
  std::unique_ptr<Reader> take();
  void renew(Reader& reader, For what) const;
  void give_back(std::unique_ptr<Reader> reader);

  const File& file_;
  const std::int64_t cache_bytes_;
  Observations& observations_;
  std::atomic<std::uint64_t> commits_{1};
  std::atomic<std::uint64_t> changes_{1};
  std::atomic<std::size_t> long_reads_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

}  // namespace onggi::db::sqlite
