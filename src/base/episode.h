// A trouble that goes on for a while: many meet it, the log tells of it when it begins and when it
// is over.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace onggi {

// Thread-safe.
class Episode {
 public:
  using Clock = std::chrono::steady_clock;

  // It is over when it has not been met for so long and something has gone well since.
  explicit Episode(std::chrono::milliseconds quiet) : quiet_(quiet) {}

  // Somebody has met it; true: for the first time, so that it is to be told.
  bool met(Clock::time_point now);

  struct Past {
    std::uint64_t times;  // that it was met
    std::chrono::milliseconds lasted;
  };
  // Something has gone well: what is over with it, and to be told, if it is. Cheap while there is
  // no trouble.
  std::optional<Past> went_well(Clock::time_point now) {
    if (!is_open_.load(std::memory_order_relaxed)) return std::nullopt;
    return end(now);
  }

 private:
  std::optional<Past> end(Clock::time_point now);

  const std::chrono::milliseconds quiet_;
  std::atomic<bool> is_open_ = false;
  std::mutex mutex_;
  Clock::time_point began_{};
  Clock::time_point last_{};
  std::uint64_t times_ = 0;
};

}  // namespace onggi
