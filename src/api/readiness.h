// Whether the parts can serve: what /readyz says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "base/task.h"

namespace onggi::api {

// Asks on a thread of its own, once for all who want to know at the same time, and answers within
// `patience` whatever happens there: a database that swallows everything does not keep anybody.
class Readiness {
 public:
  // Blocks for as long as it takes to find out; nullopt: it can serve.
  using Ask = std::function<std::optional<Trouble>()>;

  explicit Readiness(Ask ask, std::chrono::milliseconds patience = std::chrono::seconds(3));
  // Nobody may be waiting any more. Waits for what is being asked.
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // What was found out by asking after this call. The waiting coroutine goes on where it came from;
  // off the event loops the thread waits.
  Task<std::optional<Trouble>> look();

  // The server is on its way out.
  void set_stopping() { is_stopping_.store(true, std::memory_order_relaxed); }
  bool is_stopping() const { return is_stopping_.load(std::memory_order_relaxed); }

 private:
  struct Waiting;
  struct Coming;

  void serve();
  std::optional<Trouble> find_out() const;
  std::vector<std::shared_ptr<Waiting>> await_questions();

  const Ask ask_;
  const std::chrono::milliseconds patience_;
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Waiting>> waiting_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace onggi::api
