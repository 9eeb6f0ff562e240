// What one thread makes and another takes, a few at a time, so that both are at work.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace onggi::move {

template <class T>
class Handover {
 public:
  // At most `most` wait to be taken.
  explicit Handover(std::size_t most) : most_(most) {}

  // Waits for room. False: nobody takes any more.
  bool give(T value) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < most_ || is_closed_; });
    if (is_closed_) return false;
    waiting_.push_back(std::move(value));
    changed_.notify_all();
    return true;
  }
  // There is no more; with what went wrong, if anything.
  void finish(std::exception_ptr error = nullptr) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    is_finished_ = true;
    changed_.notify_all();
  }

  // Waits for the next; nullopt at the end. Throws what the giver has met, after what it has given.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || is_finished_; });
    if (waiting_.empty()) {
      if (error_) std::rethrow_exception(error_);
      return std::nullopt;
    }
    T value = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return value;
  }
  // Nothing more is taken.
  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    changed_.notify_all();
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> waiting_;
  std::exception_ptr error_;
  bool is_finished_ = false;
  bool is_closed_ = false;
};

}  // namespace onggi::move
