#include "http/connection.h"

#include <exception>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/executor.h"
#include "base/log_text.h"

namespace onggi::http {
namespace {

constexpr std::size_t linger_bytes = 64u << 20;
constexpr std::chrono::milliseconds linger_time{2'000};
constexpr std::chrono::milliseconds linger_time_when_stopping{200};

bool has_header(const Response& response, std::string_view name) {
  for (const auto& [known, value] : response.headers) {
    if (known == name) return true;
  }
  return false;
}

// The headers that every answer has and that only the handler could have given.
void add_costs(Response& response, std::chrono::steady_clock::time_point since) {
  if (has_header(response, "Onggi-Queries")) return;
  std::chrono::duration<double, std::milli> total = std::chrono::steady_clock::now() - since;
  response.headers.emplace_back("Onggi-Queries", "0");
  response.headers.emplace_back("Server-Timing",
                                fmt::format("db;dur=0.00, total;dur={:.2f}", total.count()));
}

}  // namespace

Connection::Connection(Loop& loop, Service& service, Arrival arrival)
    : loop_(loop),
      service_(service),
      peer_(std::move(arrival.peer)),
      is_control_(arrival.is_control),
      is_surplus_(arrival.is_surplus),
      channel_(loop.context(), arrival, arrival.tls ? service.tls.get() : nullptr),
      charge_(service) {}

Task<Connection::End> Connection::live() {
  Parting parting = Parting::close;
  bool ready = true;
  if (channel_.is_tls() && is_surplus_) {
    service_.traffic.shed("connections");  // a handshake costs more than it is worth telling
    ready = false;
  } else if (channel_.is_tls()) {
    wait_in(Phase::idle, service_.limits.request_time);
    Outcome handshake = co_await channel_.handshake();
    ready = !handshake.error;
    if (!ready) service_.traffic.protocol_error("tls_handshake");
  }
  if (ready) parting = co_await converse();
  if (parting == Parting::linger || (ready && channel_.is_tls())) co_await linger();
  channel_.close();
  co_return End{};
}

Task<Connection::Parting> Connection::converse() {
  for (;;) {
    std::optional<Refusal> refusal = co_await read_request();
    if (refusal && refusal->is_silent()) co_return Parting::close;
    Response response;
    if (refusal)
      response = refuse(*refusal);
    else
      response = co_await handle();
    keep_alive_ =
        !refusal && head_.keep_alive && !service_.stopping.load(std::memory_order_relaxed);
    bool sent = co_await deliver(response);
    if (!sent) co_return Parting::close;
    if (refusal) co_return Parting::linger;
    if (!keep_alive_) co_return parting();
  }
}

Connection::Parting Connection::parting() {
  return !buffer_.empty() || channel_.has_unread() ? Parting::linger : Parting::close;
}

Task<Response> Connection::handle() {
  phase_ = Phase::handling;
  deadline_ = TimePoint::max();
  if (loop_.is_congested() && !service_.handler.is_vital(request_)) co_return refuse(too_busy);
  Service::Permit permit(service_);
  if (!permit && !service_.handler.is_vital(request_))
    co_return refuse({503, "Too many requests are being handled; try again.", "requests"});
  std::optional<Response> preflight = service_.cors.preflight(request_);
  if (preflight) {
    add_costs(*preflight, request_.received);
    co_return std::move(*preflight);
  }
  std::string failure;
  try {
    Response response = co_await service_.handler.handle(request_);
    co_await move_to(loop_);
    co_return response;
  } catch (const std::exception& exception) {
    failure = exception.what();
  }
  co_await move_to(loop_);
  spdlog::error("request_failed{} method={} error={}", request_field(request_.id),
                to_string(request_.method), log_text(failure));
  Response response =
      service_.handler.problem(500, "The server failed to handle this request.", request_.id);
  add_costs(response, request_.received);
  co_return response;
}

Response Connection::refuse(const Refusal& refusal) {
  if (refusal.is_shed())
    service_.traffic.shed(refusal.reason);
  else
    service_.traffic.protocol_error(refusal.reason);
  request_.body = {};
  charge_.release();
  Response response = service_.handler.problem(refusal.status, refusal.detail, request_.id);
  if (refusal.is_shed() && !has_header(response, "Retry-After"))
    response.headers.emplace_back("Retry-After", "1");
  add_costs(response, request_.received);
  return response;
}

Task<Connection::End> Connection::linger() {
  bool stopping = service_.stopping.load(std::memory_order_relaxed);
  wait_in(Phase::closing, stopping ? linger_time_when_stopping : linger_time);
  if (channel_.is_tls()) co_await channel_.farewell();
  channel_.shut_down_sending();
  buffer_.consume(buffer_.bytes().size());
  std::size_t drained = 0;
  while (drained < linger_bytes) {
    Outcome outcome = co_await channel_.drain(buffer_.space(4096));
    if (outcome.error) break;
    drained += outcome.bytes;
  }
  co_return End{};
}

void Connection::wait_in(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  deadline_ = std::chrono::steady_clock::now() + limit;
}

// A live stream does not hold up the server's end.
std::chrono::milliseconds Connection::write_limit() const {
  bool is_ending = live_ != nullptr && service_.stopping.load(std::memory_order_relaxed);
  return is_ending ? linger_time_when_stopping : service_.limits.write_time;
}

// Nothing is read while a live stream is sent, so that nothing else would tell.
void Connection::look_after_client() {
  if (channel_.has_gone())
    live_->end(BodyStream::End::client_gone);
  else
    wait_in(Phase::live, between_looks);
}

void Connection::enforce_deadline(TimePoint now) {
  if (now < deadline_) return;
  deadline_ = TimePoint::max();
  if (phase_ == Phase::live) {
    look_after_client();
  } else if (phase_ == Phase::idle || phase_ == Phase::reading) {
    // Not close(): bytes may have come in this very moment, and are served then.
    timed_out_ = phase_ == Phase::reading;
    channel_.cancel();
  } else {
    if (live_ != nullptr) live_->end(BodyStream::End::client_stalled);
    channel_.close();
  }
}

void Connection::retire() {
  if (live_ != nullptr) {
    live_->end(BodyStream::End::stopping);
    if (phase_ == Phase::writing) wait_in(Phase::writing, write_limit());
    return;
  }
  if (phase_ == Phase::idle && !channel_.has_unread()) channel_.cancel();
}

void Connection::cut() {
  channel_.close();
}

}  // namespace onggi::http
