// Where connections come from.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "db/postgres/wire.h"

namespace onggi::db::postgres {

// Thread-safe. After a failure the next attempts fail at once, for 100 ms and then twice as long
// each time, up to a second: a database that is away is not stormed, and found soon.
class Connector {
 public:
  // Throws std::runtime_error if the URL is none.
  Connector(const std::string& url, std::chrono::milliseconds statement_time, Registry& registry);
  ~Connector();

  // Blocks while it connects. Throws Unavailable.
  Wire::Connected connect();
  // For those that must not block: connects on a thread of its own and calls `deliver` there, with
  // a connection or with why there is none.
  using Deliver = std::move_only_function<void(Wire::Connected, std::exception_ptr)>;
  void connect_later(Deliver deliver);

  const std::string& shown_url() const { return shown_url_; }

 private:
  void serve();
  void check_pause();
  void failed(const std::string& why);

  std::vector<std::string> keywords_;
  std::vector<std::string> values_;
  std::string shown_url_;
  Counter& connected_;
  Counter& failures_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::milliseconds pause_{0};
  Clock::time_point not_before_{};
  std::string last_failure_;
  std::deque<Deliver> asked_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onggi::db::postgres
