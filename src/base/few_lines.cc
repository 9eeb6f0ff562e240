#include "base/few_lines.h"

namespace onggi {

bool FewLines::admit(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now - since_ >= std::chrono::seconds(1)) {
    since_ = now;
    written_ = 0;
  }
  if (written_ < most_) {
    ++written_;
    return true;
  }
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

std::uint64_t FewLines::left_out(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  return now - since_ < std::chrono::seconds(1) ? 0 : left_out_.exchange(0);
}

}  // namespace onggi
