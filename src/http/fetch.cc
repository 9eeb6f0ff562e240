#include "http/fetch.h"

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "http/descriptor.h"

namespace onggi::http {
namespace {

using std::chrono::steady_clock;

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

struct Target {
  std::string host;
  std::string port;
  std::string path;
  bool is_tls = false;
};

std::optional<Target> target_of(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https")) return std::nullopt;
  Target target;
  target.is_tls = parsed->scheme() == "https";
  target.host = parsed->host_address();
  target.port = parsed->has_port() ? std::string(parsed->port()) : target.is_tls ? "443" : "80";
  target.path = parsed->encoded_target();
  if (target.path.empty()) target.path = "/";
  if (target.host.empty()) return std::nullopt;
  return target;
}

// A connection whose every step ends at the deadline.
class Wire {
 public:
  Wire(const Target& target, steady_clock::time_point deadline) : deadline_(deadline) {
    connect(target);
    if (target.is_tls) secure(target);
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const int result =
          ssl_ ? SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent)
               : plain(::send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL), sent);
      if (result == 1)
        bytes.remove_prefix(sent);
      else
        wait_for(result, POLLOUT);
    }
  }

  // 0 at the end.
  std::size_t read(std::span<char> room) {
    while (true) {
      std::size_t got = 0;
      const int result = ssl_ ? SSL_read_ex(ssl_.get(), room.data(), room.size(), &got)
                              : plain(::recv(socket_.number(), room.data(), room.size(), 0), got);
      if (result == 1) return got;
      if (ssl_ && SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN) return 0;
      wait_for(result, POLLIN);
    }
  }

 private:
  static int plain(ssize_t result, std::size_t& size) {
    if (result < 0) return -1;
    size = static_cast<std::size_t>(result);
    return 1;
  }

  void connect(const Target& target) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int failed = ::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &list);
    if (failed != 0) throw std::runtime_error(target.host + ": " + ::gai_strerror(failed));
    const std::unique_ptr<addrinfo, FreeAddresses> addresses(list);
    for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
      socket_ =
          Descriptor(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (socket_.number() < 0) continue;
      if (::connect(socket_.number(), address->ai_addr, address->ai_addrlen) != 0) {
        if (errno != EINPROGRESS) continue;
        wait(POLLOUT);
      }
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error == 0) return;
    }
    throw std::runtime_error(target.host + ": cannot be reached");
  }

  void secure(const Target& target) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_ || SSL_CTX_set_default_verify_paths(context_.get()) != 1)
      throw std::runtime_error("TLS cannot be set up");
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ssl_.reset(SSL_new(context_.get()));
    if (!ssl_ || SSL_set_tlsext_host_name(ssl_.get(), target.host.c_str()) != 1 ||
        SSL_set1_host(ssl_.get(), target.host.c_str()) != 1 ||
        SSL_set_fd(ssl_.get(), socket_.number()) != 1)
      throw std::runtime_error("TLS cannot be set up");
    for (int result = SSL_connect(ssl_.get()); result != 1; result = SSL_connect(ssl_.get()))
      wait_for(result, POLLIN);
  }

  // What kept a step from being done is waited for; throws where it is an error.
  void wait_for(int result, short events) {
    if (!ssl_) {
      if (errno == EINTR) return;
      if (errno != EAGAIN && errno != EWOULDBLOCK)
        throw std::runtime_error("the connection was lost");
      return wait(events);
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return wait(POLLIN);
      case SSL_ERROR_WANT_WRITE:
        return wait(POLLOUT);
      default:
        ERR_clear_error();
        throw std::runtime_error("the connection was lost, or is not to be trusted");
    }
  }

  void wait(short events) {
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - steady_clock::now());
      if (left.count() <= 0) throw std::runtime_error("no answer in time");
      pollfd ready{socket_.number(), events, 0};
      const int count = ::poll(&ready, 1, static_cast<int>(left.count()));
      if (count > 0) return;
      if (count < 0 && errno != EINTR) throw std::runtime_error("cannot be waited for");
    }
  }

  const steady_clock::time_point deadline_;
  Descriptor socket_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace

bool is_fetchable(std::string_view url) {
  return target_of(url).has_value();
}

Fetched fetch(std::string_view url, std::string_view body, const FetchHeaders& headers,
              std::chrono::milliseconds patience, std::size_t most_bytes) {
  const std::optional<Target> target = target_of(url);
  if (!target) throw std::runtime_error("not a URL of http:// or https://");
  std::string request =
      fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
                  target->path, target->host, body.size());
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  request += "\r\n";
  request += body;
  Wire wire(*target, steady_clock::now() + patience);
  wire.write(request);

  namespace beast = boost::beast;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(most_bytes);
  parser.eager(true);
  std::string pending;
  std::array<char, 16'384> room;
  while (!parser.is_done()) {
    const std::size_t got = wire.read(room);
    beast::error_code error;
    if (got == 0) {
      parser.put_eof(error);
      if (error || !parser.is_done()) throw std::runtime_error("the answer was cut short");
      break;
    }
    pending.append(room.data(), got);
    const std::size_t used = parser.put(boost::asio::buffer(pending), error);
    if (error && error != beast::http::error::need_more)
      throw std::runtime_error("no answer of HTTP: " + error.message());
    pending.erase(0, used);
  }
  return {.status = static_cast<int>(parser.get().result_int()), .body = parser.get().body()};
}

}  // namespace onggi::http
