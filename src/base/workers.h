// A few threads for what would hold an event loop up: parsing a large body, a long read.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/executor.h"

namespace onggi {

// Owns its threads (at least one). The destructor runs what was posted, and what that posts, and
// joins. post() never blocks; who posts bounds the work (http limits requests in flight).
class Workers final : public Executor {
 public:
  explicit Workers(int threads);
  ~Workers() override;
  void post(std::move_only_function<void()> work) override;

 private:
  void run();
  void stop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace onggi
