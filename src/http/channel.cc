#include "http/channel.h"

#include <algorithm>

#include <poll.h>

namespace onggi::http {

Gather::Gather(std::string_view first, std::string_view second, std::string_view third)
    : pieces_{asio::buffer(first), asio::buffer(second), asio::buffer(third)}, first_(0) {
  skip_empty();
}

void Gather::skip_empty() {
  while (first_ < pieces_.size() && pieces_[first_].size() == 0) ++first_;
}

void Gather::consume(std::size_t bytes) {
  while (first_ < pieces_.size() && bytes > 0) {
    std::size_t taken = std::min(bytes, pieces_[first_].size());
    pieces_[first_] += taken;
    bytes -= taken;
    skip_empty();
  }
}

void Channel::Operation::finish(boost::system::error_code error, std::size_t bytes) {
  outcome_ = {error, bytes};
  waiting_.resume();
}

Channel::Channel(asio::io_context& context, Arrival& arrival, asio::ssl::context* tls)
    : socket_(context, asio::generic::stream_protocol(arrival.family, 0), arrival.socket.number()) {
  arrival.socket.release();
  boost::system::error_code ignored;
  socket_.native_non_blocking(true, ignored);  // accept4 made it so; Asio has to know as well
  if (tls) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *tls);
}

Channel::Operation Channel::handshake() {
  return {*this, Operation::Kind::handshake};
}

Channel::Operation Channel::read_some(std::span<char> into) {
  Operation operation(*this, Operation::Kind::read);
  operation.into_ = asio::buffer(into.data(), into.size());
  return operation;
}

Channel::Operation Channel::write_some(const Gather& from) {
  Operation operation(*this, Operation::Kind::write);
  operation.from_ = from;
  return operation;
}

Channel::Operation Channel::drain(std::span<char> into) {
  Operation operation(*this, Operation::Kind::drain);
  operation.into_ = asio::buffer(into.data(), into.size());
  return operation;
}

Channel::Operation Channel::farewell() {
  return {*this, Operation::Kind::farewell};
}

void Channel::begin(Operation& operation) {
  auto ended = [&operation](boost::system::error_code error, std::size_t bytes = 0) {
    operation.finish(error, bytes);
  };
  using enum Operation::Kind;
  switch (operation.kind_) {
    case handshake:
      tls_->async_handshake(asio::ssl::stream_base::server, ended);
      break;
    case farewell:
      tls_->async_shutdown(ended);
      break;
    case drain:
      socket_.async_receive(operation.into_, ended);
      break;
    case read:
      if (tls_)
        tls_->async_read_some(operation.into_, ended);
      else
        socket_.async_receive(operation.into_, ended);
      break;
    case write:
      if (tls_)
        tls_->async_write_some(operation.from_, ended);
      else
        socket_.async_send(operation.from_, ended);
      break;
  }
}

Outcome Channel::send_now(const Gather& from) {
  Outcome outcome;
  if (!tls_) outcome.bytes = socket_.send(from, 0, outcome.error);
  if (outcome.error == asio::error::would_block) outcome.error = {};
  return outcome;
}

bool Channel::has_unread() {
  boost::system::error_code ignored;
  return socket_.available(ignored) > 0;
}

bool Channel::has_gone() {
  pollfd socket{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&socket, 1, 0) > 0;
}

void Channel::shut_down_sending() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Channel::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Channel::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Channel::reset() {
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace onggi::http
