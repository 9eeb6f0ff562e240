#include "schedule/run.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace onggi::schedule {
namespace {

// While others write more than can be written, a job gives way; so often, and so long.
constexpr int patience = 200;
constexpr int lock_patience = 5;
constexpr std::chrono::milliseconds pause_first{20};
constexpr std::chrono::milliseconds pause_most{500};

}  // namespace

bool Run::is_to_stop() const {
  const bool is_to =
      stopping_.load(std::memory_order_relaxed) || is_lost_.load(std::memory_order_relaxed);
  if (is_to) was_stopped_.store(true, std::memory_order_relaxed);
  return is_to;
}

void Run::report(std::string progress) {
  const std::lock_guard lock(mutex_);
  progress_ = std::move(progress);
  has_news_ = true;
}

std::string Run::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

std::string Run::take_progress() {
  const std::lock_guard lock(mutex_);
  return std::exchange(has_news_, false) ? progress_ : std::string();
}

Task<void> Run::confirm(db::Connection& connection) {
  return store::Jobs::confirm(connection, turn_);
}

bool Run::wait_out(const Unavailable& failure, int times) {
  const Cause cause = failure.cause();
  const bool gives_way = cause == Cause::overload || cause == Cause::collision;
  const bool is_held_up = cause == Cause::lock_timeout && times < lock_patience;
  if (!is_held_up && (!gives_way || times >= patience)) return false;
  if (stopping_.load(std::memory_order_relaxed) || is_lost_.load(std::memory_order_relaxed))
    return false;
  std::this_thread::sleep_for(std::min(pause_first * (times + 1), pause_most));
  return true;
}

}  // namespace onggi::schedule
