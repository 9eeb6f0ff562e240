// A connection's socket, with or without TLS, for coroutines. One operation of each direction at a
// time, all on its loop.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "http/descriptor.h"

namespace onggi::http {

namespace asio = boost::asio;

// Up to three pieces of memory that are sent as one.
class Gather {
 public:
  Gather() = default;
  Gather(std::string_view first, std::string_view second = {}, std::string_view third = {});

  const asio::const_buffer* begin() const { return pieces_.data() + first_; }
  const asio::const_buffer* end() const { return pieces_.data() + pieces_.size(); }
  bool empty() const { return begin() == end(); }
  void consume(std::size_t bytes);

 private:
  void skip_empty();

  std::array<asio::const_buffer, 3> pieces_{};
  std::size_t first_ = 3;
};

struct Outcome {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

class Channel {
 public:
  // What co_await gives an Outcome for. Lives in the frame of who awaits it.
  class Operation {
   public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      waiting_ = waiting;
      channel_.begin(*this);
    }
    Outcome await_resume() const noexcept { return outcome_; }

   private:
    friend Channel;
    enum class Kind : std::uint8_t { handshake, read, drain, write, farewell };
    Operation(Channel& channel, Kind kind) : channel_(channel), kind_(kind) {}
    void finish(boost::system::error_code error, std::size_t bytes);

    Channel& channel_;
    Kind kind_;
    asio::mutable_buffer into_;
    Gather from_;
    Outcome outcome_;
    std::coroutine_handle<> waiting_;
  };

  // `tls`: null for plain bytes.
  Channel(asio::io_context& context, Arrival& arrival, asio::ssl::context* tls);

  bool is_tls() const { return tls_ != nullptr; }

  // Each ends with an error after cancel() or close().
  Operation handshake();                      // TLS only
  Operation read_some(std::span<char> into);  // at the end of the stream: asio::error::eof
  Operation write_some(const Gather& from);
  Operation drain(std::span<char> into);  // reads what is on the wire, whatever it means
  Operation farewell();                   // TLS only: says that nothing more follows

  // Sends what the kernel takes at once, without waiting. With TLS: nothing.
  Outcome send_now(const Gather& from);

  // Whether bytes have arrived that nobody has read.
  bool has_unread();
  // Whether the client has closed, or will send no more, whatever of what it sent is unread.
  bool has_gone();
  void shut_down_sending();
  void cancel();
  void close();
  // As close(), but the client gets an error instead of an end.
  void reset();

 private:
  using Socket =
      asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

  void begin(Operation& operation);

  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
};

}  // namespace onggi::http
