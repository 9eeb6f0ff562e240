// One client's connection: a coroutine on one loop that reads a request, has it handled, sends the
// answer, and goes on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "http/buffer.h"
#include "http/channel.h"
#include "http/head.h"
#include "http/loop.h"
#include "http/message.h"
#include "http/refusal.h"
#include "http/response_head.h"
#include "http/service.h"

namespace onggi::http {

class RequestParser;

class Connection {
 public:
  struct End {};

  Connection(Loop& loop, Service& service, Arrival arrival);

  // From the first byte to the close. The connection may be destroyed when it has ended.
  Task<End> live();

  // Called by the loop, between the coroutine's steps.
  void enforce_deadline(std::chrono::steady_clock::time_point now);
  void retire();  // closes if no request is under way; ends a live stream
  void cut();     // closes

  const std::string& peer() const { return peer_; }
  bool is_surplus() const { return is_surplus_; }
  std::size_t place = 0;  // among the loop's connections

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // What is being waited for, and so what a passed deadline means.
  enum class Phase : std::uint8_t {
    idle,      // a request's first byte: close
    reading,   // the rest of it: 408
    handling,  // the handler: has no deadline
    writing,   // the client taking the answer: close
    live,      // a live stream's next piece: see whether the client is still there
    closing,   // the client's own end: close
  };
  enum class Parting : std::uint8_t {
    close,
    linger,  // the client may still be sending: take that away first, or the answer is lost to a
             // reset
  };

  // connection.cc: the life
  Task<Parting> converse();
  Task<Response> handle();
  Task<End> linger();
  Parting parting();
  void wait_in(Phase phase, std::chrono::milliseconds limit);
  std::chrono::milliseconds write_limit() const;
  void look_after_client();
  Response refuse(const Refusal& refusal);

  // connection_read.cc: what comes in
  Task<std::optional<Refusal>> read_request();
  Task<std::optional<Refusal>> read_head(RequestParser& parser);
  Task<std::optional<Refusal>> read_body(RequestParser& parser);
  bool forget_request();
  std::optional<Refusal> note_received(const Outcome& outcome);
  std::optional<Refusal> open_request(RequestParser& parser, std::size_t head_size);

  // connection_write.cc: what goes out
  Task<bool> deliver(Response& response);
  Task<bool> send(Gather rest);
  Task<bool> send_stream(BodyStream& stream, bool chunked);
  void await_piece(BodyStream& stream);
  Task<std::string> compress(std::string_view bytes);
  ResponseHead decide(const Response& response);
  bool send_at_once(Gather& rest);
  void log_request(int status, std::uint64_t bytes) const;

  static constexpr std::chrono::milliseconds between_looks{1'000};  // at a live stream's client
  static constexpr Refusal too_busy{503, "There is too much to do; try again.", "congestion"};

  Loop& loop_;
  Service& service_;
  const std::string peer_;
  const bool is_control_;
  const bool is_surplus_;
  Phase phase_ = Phase::idle;
  BodyStream* live_ = nullptr;  // the live stream that is being sent
  bool timed_out_ = false;
  bool keep_alive_ = true;  // after the current answer
  TimePoint deadline_ = TimePoint::max();
  TimePoint read_at_{};  // when bytes came last
  Channel channel_;
  Buffer buffer_;
  Buffer head_memory_;  // under the views of `request_`, where the body did not come together with
                        // the head
  Head head_;
  Request request_;
  Service::Charge charge_;
  std::string out_;  // the response's head; keeps its memory
};

}  // namespace onggi::http
