#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "app/data_directory.h"
#include "cli/client.h"

namespace onggi::cli {
namespace {

constexpr timeval patience{600, 0};  // erasing a user may take a while

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(fmt::format("the server on the data directory {}: {}", what,
                                       std::generic_category().message(errno)));
}

http::Descriptor connect(const std::string& path) {
  http::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) fail("cannot be asked");
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int result =
      ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result != 0) return {};
  return socket;
}

void write_all(const http::Descriptor& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail("does not listen");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string read_all(const http::Descriptor& socket) {
  std::string bytes;
  std::array<char, 16'384> piece;
  while (true) {
    const ssize_t got = ::recv(socket.number(), piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("does not answer");
    if (got == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
}

// An answer of our own server to "Connection: close": a head, and the body up to the end.
Answer read_answer(std::string_view bytes) {
  constexpr std::string_view version = "HTTP/1.1 ";
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const std::size_t head = bytes.find(end_of_head);
  Answer answer;
  const bool is_answer =
      bytes.starts_with(version) && head != std::string_view::npos &&
      std::from_chars(bytes.data() + version.size(), bytes.data() + head, answer.status).ec ==
          std::errc{};
  if (!is_answer) throw std::runtime_error("the server on the data directory ended the connection");
  answer.body = bytes.substr(head + end_of_head.size());
  return answer;
}

class Socket final : public Client {
 public:
  Socket(std::string path, http::Descriptor directory)
      : path_(std::move(path)), directory_(std::move(directory)) {}

  Answer send(http::Method method, const std::string& target, const std::string& body) override {
    const http::Descriptor socket = connect(path_);
    if (socket.number() < 0) fail("has gone");
    std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                                      http::to_string(method), target);
    if (!body.empty()) {
      request +=
          fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    }
    write_all(socket, request + "\r\n" + body);
    return read_answer(read_all(socket));
  }

 private:
  std::string path_;
  http::Descriptor directory_;
};

}  // namespace

std::unique_ptr<Client> connect_to_server(const config::Options& options) {
  const app::Places places(options.data);
  http::Descriptor directory = app::open_directory(places.directory);
  if (directory.number() < 0) return nullptr;
  std::string path = app::control_address(places, directory);
  if (connect(path).number() < 0) return nullptr;
  return std::make_unique<Socket>(std::move(path), std::move(directory));
}

}  // namespace onggi::cli
