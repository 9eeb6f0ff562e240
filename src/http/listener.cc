#include "http/listener.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/peer.h"

namespace onggi::http {
namespace {

constexpr int backlog = 4096;

[[noreturn]] void fail(std::string_view what, std::string_view why) {
  throw std::runtime_error(fmt::format("cannot listen on {}: {}", what, why));
}

[[noreturn]] void fail_with_errno(std::string_view what) {
  fail(what, std::generic_category().message(errno));
}

Descriptor make_socket(int family, std::string_view what) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) fail_with_errno(what);
  return socket;
}

void set(const Descriptor& socket, int level, int option) {
  int on = 1;
  setsockopt(socket.number(), level, option, &on, sizeof on);
}

void bind_and_listen(const Descriptor& socket, const sockaddr* address, socklen_t size,
                     std::string_view what) {
  if (::bind(socket.number(), address, size) != 0) fail_with_errno(what);
  if (::listen(socket.number(), backlog) != 0) fail_with_errno(what);
}

Descriptor listen_on(const addrinfo& place, std::string_view what) {
  Descriptor socket = make_socket(place.ai_family, what);
  set(socket, SOL_SOCKET, SO_REUSEADDR);
  set(socket, IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  if (place.ai_family == AF_INET6) set(socket, IPPROTO_IPV6, IPV6_V6ONLY);
  bind_and_listen(socket, place.ai_addr, place.ai_addrlen, what);
  return socket;
}

// "localhost" is ::1 as well, on machines without IPv6 too.
bool machine_has(const addrinfo& place) {
  Descriptor socket(::socket(place.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return false;
  set(socket, SOL_SOCKET, SO_REUSEADDR);
  return ::bind(socket.number(), place.ai_addr, place.ai_addrlen) == 0 || errno != EADDRNOTAVAIL;
}

sockaddr_un socket_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// A socket file is stale when nobody accepts on it.
void remove_stale_file(const std::string& path, std::string_view what) {
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return;
    fail_with_errno(what);
  }
  if (!S_ISSOCK(file.st_mode)) fail(what, "there is a file of another kind");
  Descriptor probe = make_socket(AF_UNIX, what);
  sockaddr_un address = socket_address(path);
  int result =
      ::connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (result == 0 || errno == EAGAIN) fail(what, "another process listens there");
  if (errno != ECONNREFUSED) fail_with_errno(what);
  if (::unlink(path.c_str()) != 0) fail_with_errno(what);
}

std::string local_name(const Descriptor& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &size);
  return peer_name(address);
}

}  // namespace

std::vector<Listener> Listener::open(const Address& address, bool tls) {
  std::vector<Listener> listeners;
  if (address.is_unix()) {
    listeners.push_back(open_path(address.path, false));
    return listeners;
  }
  std::string what = fmt::format("{}:{}", address.host, address.port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (error != 0) fail(what, gai_strerror(error));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  for (const addrinfo* place = found; place != nullptr; place = place->ai_next) {
    Listener listener;
    bool is_last_hope = listeners.empty() && place->ai_next == nullptr;
    if (!is_last_hope && !machine_has(*place)) continue;
    listener.socket_ = listen_on(*place, what);
    listener.tls_ = tls;
    listener.url_ = fmt::format("{}://{}", tls ? "https" : "http", local_name(listener.socket_));
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Listener Listener::open_control(const std::string& path) {
  return open_path(path, true);
}

Listener Listener::open_path(const std::string& path, bool is_control) {
  std::string what = "unix:" + path;
  remove_stale_file(path, what);
  Listener listener;
  listener.socket_ = make_socket(AF_UNIX, what);
  // Linux gives the file the mode of the socket, less the umask.
  if (is_control && ::fchmod(listener.socket_.number(), 0600) != 0) fail_with_errno(what);
  sockaddr_un address = socket_address(path);
  bind_and_listen(listener.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address,
                  what);
  struct stat file{};
  if (::stat(path.c_str(), &file) != 0) fail_with_errno(what);
  listener.device_ = file.st_dev;
  listener.inode_ = file.st_ino;
  listener.path_ = path;
  listener.url_ = what;
  listener.is_control_ = is_control;
  return listener;
}

Listener::~Listener() {
  struct stat file{};
  if (path_.empty() || ::lstat(path_.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) ::unlink(path_.c_str());
}

}  // namespace onggi::http
