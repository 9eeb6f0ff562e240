#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/uuid.h"
#include "http/connection.h"
#include "http/request_body.h"
#include "http/request_parser.h"

namespace onggi::http {
namespace {

using BodyState = RequestParser::BodyState;

constexpr Refusal gone{0, "", ""};
constexpr Refusal too_slow{408, "The request took too long to arrive.", "timeout"};
constexpr Refusal too_long{431, "The request line and header fields are too long.",
                           "head_too_large"};
constexpr Refusal garbage{400, "This is not an HTTP/1.1 request.", "malformed"};
constexpr Refusal bad_chunks{400, "The chunks of the body are malformed.", "malformed"};
constexpr Refusal surplus{503, "There are too many connections; try again.", "connections"};

// How much of a body is read at once.
constexpr std::size_t chunked_room = 16u << 10;
constexpr std::uint64_t most_room = 64u << 10;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void make_request_id(std::string& id) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  id.clear();
  append_uuid(Uuid::v7(Time{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()}),
              id);
}

}  // namespace

Task<std::optional<Refusal>> Connection::read_request() {
  bool wanted = forget_request();
  if (!wanted) co_return gone;
  RequestParser parser(head_, request_);
  std::optional<Refusal> refusal;
  if (is_surplus_)
    refusal = surplus;
  else
    refusal = co_await read_head(parser);
  if (!refusal && head_.has_body()) refusal = co_await read_body(parser);
  if (refusal && request_.id.empty()) make_request_id(request_.id);
  co_return refusal;
}

// Gives back what the last request held and waits for the next; false if the server stops and none
// is on its way.
bool Connection::forget_request() {
  charge_.release();
  head_memory_ = {};
  head_ = {};
  request_.method = Method::other;
  request_.target = {};
  request_.headers.clear();
  if (request_.body.capacity() > 4096) request_.body = {};
  request_.body.clear();
  request_.id.clear();
  timed_out_ = false;
  if (!buffer_.empty()) {
    wait_in(Phase::reading, service_.limits.request_time);
    read_at_ = request_.received = deadline_ - service_.limits.request_time;
    return true;
  }
  buffer_.shrink();
  wait_in(Phase::idle, service_.limits.idle_time);
  read_at_ = request_.received = deadline_ - service_.limits.idle_time;
  return !service_.stopping.load(std::memory_order_relaxed) || channel_.has_unread();
}

std::optional<Refusal> Connection::note_received(const Outcome& outcome) {
  service_.traffic.received_bytes.add(outcome.bytes);
  if (timed_out_) return too_slow;
  if (outcome.error) return gone;
  buffer_.commit(outcome.bytes);
  read_at_ = std::chrono::steady_clock::now();
  if (phase_ == Phase::idle) {
    phase_ = Phase::reading;
    deadline_ = read_at_ + service_.limits.request_time;
  }
  return std::nullopt;
}

Task<std::optional<Refusal>> Connection::read_head(RequestParser& parser) {
  std::size_t scanned = 0;
  for (;;) {
    while (scanned == 0 && buffer_.bytes().starts_with("\r\n")) buffer_.consume(2);
    HeadState state = HeadState::incomplete;
    if (buffer_.bytes() != "\r") state = scan_head(buffer_.bytes(), scanned);
    if (state == HeadState::malformed) co_return garbage;
    if (scanned > service_.limits.head_bytes) co_return too_long;
    if (state == HeadState::complete) co_return open_request(parser, scanned);
    Outcome outcome = co_await channel_.read_some(buffer_.space(1));
    std::optional<Refusal> trouble = note_received(outcome);
    if (trouble) co_return trouble;
  }
}

std::optional<Refusal> Connection::open_request(RequestParser& parser, std::size_t head_size) {
  request_.received = read_at_;
  request_.peer = peer_;
  request_.is_local_control = is_control_;
  std::optional<Refusal> refusal = parser.read_head(buffer_.bytes().substr(0, head_size));
  buffer_.consume(head_size);
  if (is_request_id(head_.request_id))
    request_.id = head_.request_id;
  else
    make_request_id(request_.id);
  return refusal;
}

Task<std::optional<Refusal>> Connection::read_body(RequestParser& parser) {
  std::size_t limit = service_.handler.body_limit(request_.method, request_.target);
  std::optional<Refusal> refusal = check_announced_body(head_, limit);
  if (refusal) co_return refusal;
  // Taking a large body only to refuse it would be part of the trouble.
  bool is_large = head_.chunked || head_.content_length > most_room;
  if (is_large && loop_.is_congested()) co_return too_busy;
  if (head_.expects_continue && buffer_.empty()) {
    bool sent = co_await send(Gather("HTTP/1.1 100 Continue\r\n\r\n"));
    if (!sent) co_return gone;
    phase_ = Phase::reading;
    deadline_ = request_.received + service_.limits.request_time;
  }
  BodySink sink(head_, limit, request_.body, charge_);
  bool detached = false;
  std::size_t room = head_.chunked ? chunked_room : std::min(head_.content_length, most_room);
  for (;;) {
    std::string_view input = buffer_.bytes();
    for (;;) {
      std::string_view piece = parser.take_body(input);
      if (piece.empty()) break;
      while (!piece.empty() || sink.has_more()) {
        refusal = sink.add(piece);
        if (refusal) co_return refusal;
        if (sink.has_more()) co_await loop_.turn();
      }
    }
    buffer_.consume(buffer_.bytes().size() - input.size());
    if (parser.body_state() == BodyState::malformed) co_return bad_chunks;
    if (parser.body_state() == BodyState::done) co_return sink.finish();
    if (!std::exchange(detached, true)) head_memory_ = buffer_.detach();
    Outcome outcome = co_await channel_.read_some(buffer_.space(room));
    refusal = note_received(outcome);
    if (refusal) co_return refusal;
  }
}

}  // namespace onggi::http
