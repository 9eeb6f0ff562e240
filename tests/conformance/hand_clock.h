// A clock that stands still until it is moved.
#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace onggi::conformance {

class HandClock final : public Clock {
 public:
  explicit HandClock(Time start) : ms_(start.ms) {}
  Time now() const override { return Time{ms_.load()}; }
  void move(std::chrono::milliseconds by) { ms_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace onggi::conformance
