// For tests: a real server with a toy behind it, and a client that sees every byte.
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "http/server.h"

namespace onggi::http {

// Answers by path: /page?<bytes> that many bytes of JSON with an entity tag; /echo the body; /wait
// when release() is called; /spin?<ms> after having kept the loop busy for so long, /vital?<ms> as
// well but whatever there is to do; /live a live stream that gives "begun" and waits for its end;
// /throw, /throw-later fail; /stream?<pieces> that many pieces of 64 KB; /broken-stream fails after
// one; /gzipped has its compressed form; /about what the request was; /loop the number of the loop
// that handles it.
class Toy final : public Handler {
 public:
  Task<Response> handle(Request& request) override;
  Response problem(int status, std::string_view detail, std::string_view request_id) override;
  std::size_t body_limit(Method method, std::string_view target) const override;
  bool is_vital(const Request& request) const override {
    return request.target.starts_with("/vital");
  }

  // Lets every request at /wait, now and later, be answered.
  void release();
  // How many wait there.
  std::size_t waiting();

  std::size_t limit = 100'000;
  std::vector<Executor*> loops;
  std::atomic<int> handled = 0;
  std::atomic<int> pieces = 0;   // of streams, made so far
  std::atomic<int> streams = 0;  // alive
  std::atomic<int> ends[3]{};    // of live streams, by reason

 private:
  struct Gate;
  std::mutex mutex_;
  bool open_ = false;
  std::vector<std::coroutine_handle<>> waiting_;
};

struct Answer {
  int status = 0;                              // 0: the connection ended before an answer did
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks put together
  bool complete = false;
};

class Client {
 public:
  // To an address as Server::addresses() gives it.
  explicit Client(const std::string& url, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes);
  Answer receive(bool head = false);
  Answer ask(std::string_view request) { return send(request) ? receive() : Answer{}; }
  // Whether the server has closed, or does within the time.
  bool is_closed(std::chrono::milliseconds within = std::chrono::seconds(5));
  bool has_bytes(std::chrono::milliseconds within);
  std::string receive_all();
  void finish_sending();

 private:
  bool fill();

  int socket_ = -1;
  std::string buffer_;
};

// A server on a free port of 127.0.0.1 with short limits, started.
struct ToyServer {
  explicit ToyServer(ServerOptions options = default_options());
  ~ToyServer();

  static ServerOptions default_options();

  std::string url() const { return server.addresses().front(); }
  double metric(std::string_view series) const;  // "name" or "name{reason=\"...\"}"

  Toy toy;
  Registry registry;
  Server server;
};

// Waits until it holds, a few seconds at most.
template <class Condition>
bool eventually(Condition condition) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

std::string gzipped(std::string_view bytes);
std::string gunzipped(std::string_view bytes);

}  // namespace onggi::http
