// Where connections come from.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <expected>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "db/postgres/observations.h"
#include "db/postgres/postgres.h"
#include "db/postgres/wire.h"

namespace onggi::db::postgres {

using Pooler = PostgresOptions::Pooler;

// No connection can be made; whoever met it first has told the log.
Unavailable unreachable(const std::string& why);

// Thread-safe. `automatic` finds a pooler out by itself, with the first connection: it refuses what
// a session is to begin with, or the session is not the one that it was said to be.
//
// An attempt that fails at once is made once more: a connection may be cut while it is made. After
// a failure the next attempts fail at once, for 100 ms and then twice as long
// each time, up to a second: a database that is away is not stormed, and found soon.
class Connector {
 public:
  // Throws std::runtime_error if the URL is none.
  Connector(const std::string& url, Pooler pooler, std::chrono::milliseconds statement_time,
            Observations& observations);
  ~Connector();

  // Blocks while it connects. Throws Unavailable.
  Wire::Connected connect();
  // For those that must not block: connects on a thread of its own and calls `deliver` there, with
  // a connection or with why there is none. (In words: an exception would be shared with this
  // thread, which might be the one to destroy it while another reads it.)
  using Attempt = std::expected<Wire::Connected, std::string>;
  using Deliver = std::move_only_function<void(Attempt)>;
  void connect_later(Deliver deliver);

  // A request has failed with its connection, or for want of one. An outage has one line in the log
  // when it begins, this one or that of the first attempt to connect that fails, and one when it is
  // over.
  void tell(bool is_lost, std::string_view error, std::string_view request);
  // So many connections are gone: as many that are made later are reconnections.
  void note_gone(std::size_t connections) {
    gone_.fetch_add(connections, std::memory_order_relaxed);
  }

  const std::string& shown_url() const { return shown_url_; }

 private:
  void serve();
  std::optional<std::string> pause_after() const;
  Attempt try_to_connect();
  void failed(const std::string& why, Clock::time_point began);
  void succeeded();
  Wire::Connected open(bool pooled) const;
  Attempt attempt();
  void found_pooler();

  const Pooler pooler_;
  std::atomic<bool> is_pooled_;
  std::vector<std::string> keywords_;
  std::vector<std::string> values_;
  std::string session_options_;
  bool has_own_options_;  // the URL
  std::string transaction_settings_;
  std::string shown_url_;
  Observations& observations_;
  std::atomic<std::size_t> gone_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::chrono::milliseconds pause_{0};
  Clock::time_point not_before_{};
  std::string last_failure_;
  std::string told_failure_;
  Clock::time_point told_at_;
  Clock::time_point reached_at_{};
  std::deque<Deliver> asked_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace onggi::db::postgres
