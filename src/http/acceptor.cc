#include "http/acceptor.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/peer.h"

namespace onggi::http {
namespace {

constexpr int accepts_at_once = 64;  // then others have a turn
constexpr std::chrono::milliseconds pause{100};
constexpr std::chrono::seconds between_complaints{1};

}  // namespace

Acceptor::Acceptor(Loop& home, const Listener& listener, Service& service, Deal& deal)
    : listener_(listener),
      service_(service),
      deal_(deal),
      watch_(home.context()),
      pause_(home.context()) {}

void Acceptor::start() {
  watch_.assign(::fcntl(listener_.descriptor(), F_DUPFD_CLOEXEC, 0));
  wait();
}

void Acceptor::stop() {
  stopped_ = true;
  while (accept_one() == Taken::one) {
  }
  watch_.close();
  pause_.cancel();
}

void Acceptor::wait() {
  watch_.async_wait(Watch::wait_read, [this](boost::system::error_code error) {
    if (error || stopped_) return;
    Taken last = accept_all();
    if (last == Taken::failed)
      back_off();
    else
      wait();
  });
}

void Acceptor::back_off() {
  pause_.expires_after(pause);
  pause_.async_wait([this](boost::system::error_code error) {
    if (!error && !stopped_) wait();
  });
}

Acceptor::Taken Acceptor::accept_all() {
  Taken taken = Taken::one;
  for (int i = 0; i < accepts_at_once && taken == Taken::one; ++i) taken = accept_one();
  return taken;
}

Acceptor::Taken Acceptor::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  Descriptor socket(::accept4(listener_.descriptor(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.number() >= 0) {
    hand_over({.socket = std::move(socket),
               .peer = peer_name(address),
               .family = address.ss_family,
               .tls = listener_.is_tls(),
               .is_control = listener_.is_control()});
    return Taken::one;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Taken::none;
  if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return Taken::one;
  int error = errno;
  auto now = std::chrono::steady_clock::now();
  if (now - last_complaint_ > between_complaints) {
    last_complaint_ = now;
    spdlog::error("accept_failed address={} error=\"{}\"", listener_.url(),
                  std::generic_category().message(error));
  }
  return Taken::failed;
}

void Acceptor::hand_over(Arrival arrival) {
  Service::Entry entry = service_.enter();
  if (entry == Service::Entry::closed) {
    service_.traffic.shed("connections");
    return;
  }
  arrival.is_surplus = entry == Service::Entry::surplus;
  deal_.next().adopt(std::move(arrival));
}

}  // namespace onggi::http
