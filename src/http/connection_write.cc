#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/error.h"
#include "base/executor.h"
#include "base/log_text.h"
#include "http/connection.h"
#include "http/field.h"
#include "http/gzip.h"
#include "http/negotiate.h"

namespace onggi::http {
namespace {

// With TLS, head and body are encrypted together up to this size; without, they are gathered by the
// kernel.
constexpr std::size_t one_record = 4096;

bool may_be_compressed(const Response& response, std::size_t from_bytes) {
  if (response.stream) return false;
  if (response.shared_gzip) return true;
  if (response.bytes().size() <= from_bytes || !is_compressible(response.content_type))
    return false;
  return std::ranges::none_of(response.headers, [](const auto& field) {
    return same_name(field.first, "Content-Encoding");
  });
}

}  // namespace

ResponseHead Connection::decide(const Response& response) {
  ResponseHead head;
  bool is_read = request_.method == Method::get || request_.method == Method::head;
  bool is_known = is_read && response.status == 200 && !response.etag.empty() &&
                  !head_.if_none_match.empty() && names_etag(head_.if_none_match, response.etag);
  head.status = is_known ? 304 : response.status;
  head.vary_encoding = may_be_compressed(response, service_.limits.gzip_from_bytes);
  head.gzip = head.vary_encoding && accepts_gzip(head_.accept_encoding);
  if (response.stream)
    head.length =
        head_.http_1_0 ? ResponseHead::Length::until_close : ResponseHead::Length::chunked;
  if (head.length == ResponseHead::Length::until_close) keep_alive_ = false;
  head.close = !keep_alive_;
  head.says_keep_alive = head_.http_1_0;
  head.standing = loop_.standing_lines();
  head.request_id = request_.id;
  head.origin = head_.origin;
  return head;
}

Task<bool> Connection::deliver(Response& response) {
  phase_ = Phase::handling;
  deadline_ = TimePoint::max();
  ResponseHead head = decide(response);
  std::string_view bytes = response.bytes();
  std::string compressed;
  if (head.gzip && has_body(head.status)) {
    if (!response.shared_gzip) compressed = co_await compress(bytes);
    bytes = response.shared_gzip ? *response.shared_gzip : compressed;
  }
  head.content_length = bytes.size();
  bool bodiless = request_.method == Method::head || !has_body(head.status);
  if (bodiless || response.stream) bytes = {};

  out_.clear();
  append_head(head, response, service_.cors, out_);
  if (channel_.is_tls() && bytes.size() <= one_record) out_ += std::exchange(bytes, {});
  Gather rest(out_, bytes);
  bool sent = send_at_once(rest);
  if (sent && !rest.empty()) sent = co_await send(rest);
  if (sent && response.stream && !bodiless)
    sent = co_await send_stream(*response.stream, head.length == ResponseHead::Length::chunked);
  live_ = nullptr;
  if (service_.log_requests) log_request(head.status, bodiless ? 0 : head.content_length);
  co_return sent;
}

// False if the connection is broken. What the kernel did not take is left in `rest`.
bool Connection::send_at_once(Gather& rest) {
  Outcome outcome = channel_.send_now(rest);
  service_.traffic.sent_bytes.add(outcome.bytes);
  rest.consume(outcome.bytes);
  return !outcome.error;
}

Task<bool> Connection::send(Gather rest) {
  while (!rest.empty()) {
    wait_in(Phase::writing, write_limit());
    Outcome outcome = co_await channel_.write_some(rest);
    if (outcome.error) co_return false;
    service_.traffic.sent_bytes.add(outcome.bytes);
    rest.consume(outcome.bytes);
  }
  co_return true;
}

void Connection::await_piece(BodyStream& stream) {
  phase_ = Phase::handling;
  deadline_ = TimePoint::max();
  if (!stream.is_live()) return;
  live_ = &stream;
  if (service_.stopping.load(std::memory_order_relaxed)) live_->end(BodyStream::End::stopping);
  wait_in(Phase::live, between_looks);
}

Task<bool> Connection::send_stream(BodyStream& stream, bool chunked) {
  for (;;) {
    await_piece(stream);
    std::string piece;
    std::optional<std::string> failure;
    bool is_told = false;
    try {
      piece = co_await stream.next();
    } catch (const Unavailable& unavailable) {
      failure = unavailable.what();
      is_told = unavailable.is_told();
    } catch (const std::exception& exception) {
      failure = exception.what();
    }
    co_await move_to(loop_);
    if (failure) {
      if (!is_told)
        spdlog::error("stream_failed{} error={}", request_field(request_.id), log_text(*failure));
      channel_.reset();
      co_return false;
    }
    bool last = piece.empty();
    if (last && !chunked) co_return true;
    std::string size = fmt::format("{:x}\r\n", piece.size());
    Gather rest = chunked ? Gather(size, piece, "\r\n") : Gather(piece);
    bool sent = send_at_once(rest);
    if (sent) sent = co_await send(rest);
    if (!sent || last) co_return sent;
  }
}

Task<std::string> Connection::compress(std::string_view bytes) {
  constexpr std::size_t step = 256u << 10;
  Deflater deflater;
  std::string compressed;
  while (bytes.size() > step) {
    deflater.add(bytes.substr(0, step), false, compressed);
    bytes.remove_prefix(step);
    co_await loop_.turn();
  }
  deflater.add(bytes, true, compressed);
  co_return compressed;
}

void Connection::log_request(int status, std::uint64_t bytes) const {
  std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - request_.received;
  // Without the query: it may hold what people search for.
  std::string_view path = request_.target.substr(0, request_.target.find('?'));
  spdlog::info("request id={} peer={} method={} path={} status={} bytes={} duration_ms={:.3f}",
               request_.id, peer_, to_string(request_.method), path, status, bytes, took.count());
}

}  // namespace onggi::http
