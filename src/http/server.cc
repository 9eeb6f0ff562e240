#include "http/server.h"

#include <algorithm>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "http/acceptor.h"
#include "http/listener.h"
#include "http/loop.h"
#include "http/service.h"
#include "http/tls.h"

namespace onggi::http {
namespace {

using std::chrono::steady_clock;

std::size_t loop_count(const ServerOptions& options) {
  if (options.loops > 0) return static_cast<std::size_t>(options.loops);
  return std::max(1u, std::thread::hardware_concurrency());
}

// As many connections as the operator of the machine allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& options, Handler& handler, Registry& registry);

  void start();
  bool stop(std::chrono::milliseconds grace);
  void finish();

  void listen(const ServerOptions& options);
  void on_every_loop(void (Loop::*action)());
  void stop_accepting();

  Service service;
  std::vector<Listener> listeners;
  std::vector<std::unique_ptr<Loop>> loops;
  Deal deal{loops};
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::vector<std::string> addresses;
  bool started = false;
  bool stopped = false;
};

Server::Impl::Impl(const ServerOptions& options, Handler& handler, Registry& registry)
    : service(options, handler, registry) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    throw std::runtime_error("TLS needs both a certificate and a key");
  }
  if (!options.tls_certificate.empty())
    service.tls = make_tls_context(options.tls_certificate, options.tls_key);
  raise_descriptor_limit();
  listen(options);
  for (std::size_t i = 0; i < loop_count(options); ++i)
    loops.push_back(std::make_unique<Loop>(service, static_cast<int>(i)));
  for (const Listener& listener : listeners)
    acceptors.push_back(std::make_unique<Acceptor>(*loops.front(), listener, service, deal));
}

void Server::Impl::listen(const ServerOptions& options) {
  for (const std::string& text : options.listen) {
    std::expected<Address, std::string> address = parse_address(text);
    if (!address) throw std::runtime_error("cannot listen: " + address.error());
    for (Listener& listener : Listener::open(*address, service.tls != nullptr)) {
      addresses.push_back(listener.url());
      listeners.push_back(std::move(listener));
    }
  }
  if (options.control_socket.empty()) return;
  std::expected<Address, std::string> address = parse_address("unix:" + options.control_socket);
  if (!address) throw std::runtime_error("cannot listen: " + address.error());
  listeners.push_back(Listener::open_control(address->path));
}

void Server::Impl::start() {
  started = true;
  for (const auto& acceptor : acceptors) acceptor->start();
  for (const auto& loop : loops) loop->start();
}

void Server::Impl::on_every_loop(void (Loop::*action)()) {
  for (const auto& loop : loops) {
    loop->post([&loop = *loop, action] { (loop.*action)(); });
  }
}

void Server::Impl::stop_accepting() {
  std::promise<void> done;
  loops.front()->post([this, &done] {
    for (const auto& acceptor : acceptors) acceptor->stop();
    done.set_value();
  });
  done.get_future().wait();
  listeners.clear();
}

bool Server::Impl::stop(std::chrono::milliseconds grace) {
  stopped = true;
  service.stopping = true;
  if (!started) {
    listeners.clear();
    return true;
  }
  auto deadline = steady_clock::now() + grace;
  stop_accepting();
  on_every_loop(&Loop::retire_idle);
  if (service.wait_until_empty(deadline)) return true;
  on_every_loop(&Loop::cut_all);
  return false;
}

// A handler that has not come back cannot be taken from the thread that runs it: it is waited for.
void Server::Impl::finish() {
  if (!started) return;
  while (!service.wait_until_empty(steady_clock::now() + std::chrono::seconds(10))) {
    spdlog::warn("stop_waits_for_handlers connections={}", service.traffic.connections.value());
  }
  for (const auto& loop : loops) loop->join();
}

Server::Server(const ServerOptions& options, Handler& handler, Registry& registry)
    : impl_(std::make_unique<Impl>(options, handler, registry)) {}

Server::~Server() {
  if (!impl_->stopped) impl_->stop(std::chrono::milliseconds(0));
  impl_->finish();
}

void Server::start() {
  impl_->start();
}

std::vector<std::string> Server::addresses() const {
  return impl_->addresses;
}

bool Server::stop(std::chrono::milliseconds grace) {
  return impl_->stop(grace);
}

std::vector<Executor*> Server::loops() {
  std::vector<Executor*> executors;
  for (const auto& loop : impl_->loops) executors.push_back(loop.get());
  return executors;
}

}  // namespace onggi::http
