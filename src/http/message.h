// A request as handlers see it, and the response that they give. Plain data: no Asio, no Beast.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"

namespace onggi::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };
std::string_view to_string(Method method);  // "GET"

// Views live until the response has been written.
struct Request {
  Method method = Method::other;
  std::string_view target;  // as sent: "/api/agent-builder/agents?limit=5"; of an absolute form
                            // ("http://host/path") the path; "*" for OPTIONS
  // Header fields in the order sent, names as sent.
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string body;  // after Content-Encoding: gzip was taken off
  std::string id;    // X-Request-Id: the client's where it is 1-128 visible ASCII characters, else
                     // one of ours
  std::string_view peer;          // "127.0.0.1:51234", "unix", for the log
  bool is_local_control = false;  // came in over the control socket of the data directory (mode
                                  // 0600): its caller can read the store's file anyway
  std::chrono::steady_clock::time_point received{};  // when the head had been read

  // The value of the first field of that name (names compare without case); nullopt if absent.
  std::optional<std::string_view> header(std::string_view name) const;
};

// A body that is made piece by piece (exports). The connection asks for the next piece when the
// last one has been taken by the client; a client that takes nothing for `write_timeout` is dropped
// and the stream destroyed.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  // The next piece; empty at the end. An exception cuts the connection, so that the client sees a
  // truncated body as such.
  virtual Task<std::string> next() = 0;

  // A live stream has no end of its own, and its next() may wait for hours. The connection looks
  // after the client meanwhile (it is noticed within about a second that it has gone) and calls
  // end() once it is over: next(), now and later, then gives the end at once. Called on the
  // connection's loop, perhaps more than once, the first reason counts; must not resume anybody by
  // itself but post it.
  enum class End : std::uint8_t {
    client_gone,
    client_stalled,  // has not taken a byte for `write_time`
    stopping,        // the server is
  };
  virtual bool is_live() const { return false; }
  virtual void end(End) {}
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // static storage
  // Either owned here or shared with a cache; `shared` wins where set.
  std::string body;
  std::shared_ptr<const std::string> shared;
  // Where set, the same body already gzip-compressed.
  std::shared_ptr<const std::string> shared_gzip;
  std::unique_ptr<BodyStream>
      stream;        // sent chunked (to HTTP/1.0: until the close); body is not looked at
  std::string etag;  // with its quotes; empty: none. Sent as a weak one (W/) with a compressed body
  std::vector<std::pair<std::string_view, std::string>>
      headers;  // names of static storage: Location, Allow, Retry-After, Onggi-Queries,
                // Server-Timing ...

  std::string_view bytes() const {
    return shared ? std::string_view(*shared) : std::string_view(body);
  }
};

// What stands behind the server; called from all loops at once. handle() runs on the connection's
// event loop and must not block it; it may move to Workers and back by itself. It must not throw:
// what comes out of it anyway is logged and answered with 500. The Request outlives the Task.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Task<Response> handle(Request& request) = 0;

  // For trouble that the connection finds before there is a request to handle (400, 408, 413, 415,
  // 417, 431, 501, 503, 505), and for a handle() that threw (500): the response to send, in
  // problem+json. `detail` is one sentence for the user. The connection adds Retry-After to 503,
  // and Onggi-Queries and Server-Timing unless the first of them is there.
  virtual Response problem(int status, std::string_view detail, std::string_view request_id) = 0;

  // Whether a request is answered however much there is to do (health, metrics).
  virtual bool is_vital(const Request&) const { return false; }

  // The largest body (after decompression) that this request may send; asked when the head has been
  // read.
  virtual std::size_t body_limit(Method method, std::string_view target) const = 0;
};

}  // namespace onggi::http
