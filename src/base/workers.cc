#include "base/workers.h"

#include <algorithm>
#include <utility>

namespace onggi {

Workers::Workers(int threads) {
  const auto count = static_cast<std::size_t>(std::max(threads, 1));
  threads_.reserve(count);
  try {
    while (threads_.size() < count) threads_.emplace_back([this] { run(); });
  } catch (...) {
    stop();
    throw;
  }
}

Workers::~Workers() {
  stop();
}

void Workers::post(std::move_only_function<void()> work) {
  // Notified under the lock: the work may end the life of these Workers before another thread's
  // post() has returned.
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  wake_.notify_one();
}

void Workers::run() {
  const Scope scope(*this);
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    // What the work holds is freed before the lock is taken again.
    {
      auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
    }
    lock.lock();
  }
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace onggi
