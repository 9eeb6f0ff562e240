// Keeps what may happen thousands of times a second from filling the log.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace onggi {

// Thread-safe.
class FewLines {
 public:
  using Clock = std::chrono::steady_clock;

  explicit FewLines(std::uint64_t most_a_second) : most_(most_a_second) {}

  // Whether one more line may be written in this second; if not, it counts as left out.
  bool admit(Clock::time_point now);

  // Cheap.
  bool has_left_out() const { return left_out_.load(std::memory_order_relaxed) != 0; }
  // How many were left out in a second that is over, to be said in a line of its own: told once.
  std::uint64_t left_out(Clock::time_point now);
  // The same, whether or not the second is over.
  std::uint64_t left_out_at_end() { return left_out_.exchange(0); }

 private:
  const std::uint64_t most_;
  std::atomic<std::uint64_t> left_out_{0};
  std::mutex mutex_;
  Clock::time_point since_{};  // of the present second
  std::uint64_t written_ = 0;  // in it
};

}  // namespace onggi
