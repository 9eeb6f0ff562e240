#include "base/episode.h"

namespace onggi {

bool Episode::met(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  last_ = now;
  ++times_;
  if (is_open_.load(std::memory_order_relaxed)) return false;
  began_ = now;
  times_ = 1;
  is_open_.store(true, std::memory_order_relaxed);
  return true;
}

std::optional<Episode::Past> Episode::end(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (!is_open_.load(std::memory_order_relaxed) || now - last_ < quiet_) return std::nullopt;
  is_open_.store(false, std::memory_order_relaxed);
  return Past{times_, std::chrono::duration_cast<std::chrono::milliseconds>(last_ - began_)};
}

}  // namespace onggi
