// What all connections of a server share: the handler, the limits, and the counts that the limits
// are about.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "http/cors.h"
#include "http/message.h"
#include "http/server.h"

namespace boost::asio::ssl {
class context;  // NOLINT(readability-identifier-naming): Asio's
}

namespace onggi::http {

struct Traffic {
  explicit Traffic(Registry& registry);

  // `reason` is one of a few words in static storage.
  void shed(std::string_view reason);
  void protocol_error(std::string_view reason);

  Gauge& connections;
  Counter& connections_total;
  Gauge& requests_in_flight;
  Counter& received_bytes;
  Counter& sent_bytes;

 private:
  Registry& registry_;
  std::vector<std::pair<std::string_view, Counter*>> shed_;
};

class Service {
 public:
  Service(const ServerOptions& options, Handler& handler, Registry& registry);
  ~Service();

  Handler& handler;
  const Limits limits;
  const Cors cors;
  const bool log_requests;
  std::unique_ptr<boost::asio::ssl::context> tls;  // null: plain TCP
  Traffic traffic;
  std::atomic<bool> stopping = false;

  // One request being handled; false if there were too many already.
  class Permit {
   public:
    explicit Permit(Service& service);
    ~Permit();
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    explicit operator bool() const { return granted_; }

   private:
    Service& service_;
    bool granted_;
  };

  // What one request's body takes of the memory for all of them.
  class Charge {
   public:
    explicit Charge(Service& service) : service_(service) {}
    ~Charge() { release(); }
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;
    // The body has this many bytes now; false if all bodies together would be too large.
    bool grow_to(std::size_t bytes);
    void release();

   private:
    Service& service_;
    std::size_t charged_ = 0;
  };

  // Connections, from accept() to close().
  enum class Entry : std::uint8_t {
    welcome,
    surplus,  // one too many, to be told so; does not count against the limit
    closed,   // one too many, and too many of these: not to be counted, nor to leave
  };
  Entry enter();
  void leave(bool is_surplus);
  // Waits until there are none, or until `deadline`; says which.
  bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

 private:
  std::atomic<std::size_t> requests_ = 0;
  std::atomic<std::size_t> body_bytes_ = 0;
  std::atomic<std::size_t> welcome_ = 0;
  std::atomic<std::size_t> surplus_ = 0;
  std::mutex mutex_;
  std::condition_variable left_;
};

}  // namespace onggi::http
