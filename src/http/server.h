// The HTTP/1.1 server: event loops, listeners, connections. Knows no domain.
//
// One event loop (thread) per core; an accepted connection stays on one loop for life. A connection
// is one coroutine: it reads a request within its deadlines and limits, hands it to the Handler,
// writes the response, and goes on (keep-alive, pipelining). HEAD, gzip both ways, If-None-Match
// (304), Expect: 100-continue, CORS and the standard headers are done here once.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/metrics.h"
#include "http/message.h"

namespace onggi::http {

struct Limits {
  std::size_t head_bytes = 32u << 10;  // request line and headers; beyond: 431
  std::size_t connections = 10'000;    // beyond: 503 and close
  std::size_t requests_in_flight =
      1'024;  // being handled at once; beyond: 503 with Retry-After, never executed
  std::chrono::milliseconds turn_time{
      20};  // that a request may wait for its turn, before some are refused with 503 and
            // Retry-After, never executed (see congestion.h); 0: any time
  std::size_t body_bytes_in_flight =
      256u << 20;  // of all requests together, decompressed; beyond: 503 with Retry-After
  std::chrono::milliseconds request_time{
      30'000};  // from a request's first byte to its last; beyond: 408 and close
  std::chrono::milliseconds idle_time{75'000};  // between requests; beyond: close
  std::chrono::milliseconds write_time{
      30'000};  // without the client taking a byte of a response; beyond: close
  std::size_t gzip_from_bytes =
      1'024;  // bodies larger than this are compressed for who asks (Accept-Encoding)
};

struct ServerOptions {
  std::vector<std::string> listen;  // "127.0.0.1:8420", "[::1]:0" (IPv6 alone), "localhost:80",
                                    // "unix:/run/onggi.sock"; port 0 takes a free one
  std::string control_socket;       // path of a Unix socket made with mode 0600 whose requests are
                                    // is_local_control; empty: none
  std::string tls_certificate;      // PEM files; both or neither. TLS on TCP listeners only
  std::string tls_key;
  std::vector<std::string> cors_origins;  // empty: CORS is off; "*" allows any
  int loops = 0;                          // 0: one per core
  bool log_requests = false;              // one line a request
  Limits limits;
};

class Server {
 public:
  // Binds and listens; throws std::runtime_error naming the address or file that cannot be used.
  // Serves nothing yet. `handler` and `registry` must outlive the server.
  Server(const ServerOptions& options, Handler& handler, Registry& registry);
  // As stop() with no time left; then waits for handlers that have not come back: their frames
  // belong to whoever resumes them. Ends the loops' threads, so that nothing may be posted to them
  // any more.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();

  // Where it listens, with real ports, as URLs: "http://127.0.0.1:8420", "https://...",
  // "unix:/path".
  std::vector<std::string> addresses() const;

  // Stops accepting, closes idle connections, answers what is in flight with Connection: close, and
  // returns when nothing is left or `grace` is over (true: nothing was cut). Streams count as in
  // flight, but live ones are ended. The loops go on running for others until the destructor. Call
  // once, from a thread that is not a loop.
  bool stop(std::chrono::milliseconds grace);

  // The event loops, for timers of others and for tests.
  std::vector<Executor*> loops();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onggi::http
