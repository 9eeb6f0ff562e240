#include "http/service.h"

#include <string>
#include <utility>

#include <boost/asio/ssl/context.hpp>

namespace onggi::http {
namespace {

constexpr std::string_view shed_name = "onggi_http_shed_total";
constexpr std::string_view shed_help =
    "Requests and connections turned away because there was too much to do";
constexpr std::string_view error_name = "onggi_http_protocol_errors_total";
constexpr std::string_view error_help = "Requests refused before they reached a handler";

// Connections beyond the limit that are told so.
constexpr std::size_t polite_surplus = 128;

}  // namespace

Traffic::Traffic(Registry& registry)
    : connections(registry.gauge("onggi_http_connections", "Open connections")),
      connections_total(registry.counter("onggi_http_connections_total", "Connections accepted")),
      requests_in_flight(registry.gauge("onggi_http_requests_in_flight", "Requests being handled")),
      received_bytes(
          registry.counter("onggi_http_received_bytes_total", "Bytes read from clients")),
      sent_bytes(registry.counter("onggi_http_sent_bytes_total", "Bytes written to clients")),
      registry_(registry) {
  // So that they read 0 rather than nothing before the first.
  for (const char* reason : {"connections", "requests", "congestion", "body_bytes"})
    shed_.emplace_back(reason, &registry_.counter(shed_name, shed_help, {{"reason", reason}}));
  for (const char* reason : {"malformed", "timeout"})
    registry_.counter(error_name, error_help, {{"reason", reason}});
}

void Traffic::shed(std::string_view reason) {
  for (const auto& [known, counter] : shed_)
    if (known == reason) return counter->add();
  registry_.counter(shed_name, shed_help, {{"reason", std::string(reason)}}).add();
}

void Traffic::protocol_error(std::string_view reason) {
  registry_.counter(error_name, error_help, {{"reason", std::string(reason)}}).add();
}

Service::Service(const ServerOptions& options, Handler& the_handler, Registry& registry)
    : handler(the_handler),
      limits(options.limits),
      cors(options.cors_origins),
      log_requests(options.log_requests),
      traffic(registry) {}

Service::~Service() = default;

Service::Permit::Permit(Service& service) : service_(service) {
  granted_ = service_.requests_.fetch_add(1, std::memory_order_relaxed) <
             service_.limits.requests_in_flight;
  if (granted_) service_.traffic.requests_in_flight.add(1);
}

Service::Permit::~Permit() {
  service_.requests_.fetch_sub(1, std::memory_order_relaxed);
  if (granted_) service_.traffic.requests_in_flight.add(-1);
}

void Service::Charge::release() {
  if (charged_ > 0)
    service_.body_bytes_.fetch_sub(std::exchange(charged_, 0), std::memory_order_relaxed);
}

bool Service::Charge::grow_to(std::size_t bytes) {
  if (bytes <= charged_) return true;
  std::size_t added = bytes - charged_;
  charged_ = bytes;
  return service_.body_bytes_.fetch_add(added, std::memory_order_relaxed) + added <=
         service_.limits.body_bytes_in_flight;
}

Service::Entry Service::enter() {
  Entry entry = Entry::welcome;
  if (welcome_.fetch_add(1) >= limits.connections) {
    entry = surplus_.fetch_add(1) < polite_surplus ? Entry::surplus : Entry::closed;
    welcome_.fetch_sub(1);
    if (entry == Entry::closed) surplus_.fetch_sub(1);
  }
  if (entry != Entry::closed) traffic.connections.add(1);
  traffic.connections_total.add();
  return entry;
}

void Service::leave(bool is_surplus) {
  traffic.connections.add(-1);
  // Under the mutex, so that who waits cannot miss it, and so that the Service outlives this call.
  std::lock_guard lock(mutex_);
  (is_surplus ? surplus_ : welcome_).fetch_sub(1);
  left_.notify_all();
}

bool Service::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return left_.wait_until(lock, deadline, [this] { return welcome_ + surplus_ == 0; });
}

}  // namespace onggi::http
