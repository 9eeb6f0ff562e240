#include "api/observations.h"

#include <spdlog/spdlog.h>

#include "base/log_text.h"

namespace onggi::api {
namespace {

using Clock = std::chrono::steady_clock;

// Between two that belong to one trouble.
constexpr std::chrono::seconds quiet{5};

Counter& errors(Registry& registry, std::string_view kind) {
  return registry.counter("onggi_http_server_errors_total",
                          "Requests answered with 500 (internal: see the log) or, once they had "
                          "begun, with 503, by why.",
                          {{"kind", std::string(kind)}});
}

}  // namespace

RouteMetrics::RouteMetrics(Registry& registry, const Endpoint& endpoint)
    : registry_(registry),
      method_(http::to_string(endpoint.method)),
      route_((endpoint.is_absolute ? std::string() : std::string(prefix)) +
             std::string(endpoint.path)),
      budget_(endpoint.budget),
      duration_(registry.histogram("onggi_http_request_duration_seconds",
                                   "Time from a request's head to its answer", latency_bounds,
                                   {{"method", method_}, {"route", route_}})),
      overruns_(registry.counter("onggi_http_budget_overruns_total",
                                 "Requests that ran more statements than their endpoint declares.",
                                 {{"method", method_}, {"route", route_}})) {}

void RouteMetrics::count(int status, std::chrono::nanoseconds took) {
  std::atomic<Counter*>& counter = counters_[static_cast<std::size_t>(status)];
  Counter* known = counter.load(std::memory_order_acquire);
  if (known == nullptr) {
    known = &registry_.counter(
        "onggi_http_requests_total", "Requests answered",
        {{"method", method_}, {"route", route_}, {"status", std::to_string(status)}});
    counter.store(known, std::memory_order_release);
  }
  known->add();
  duration_.observe(std::chrono::duration<double>(took).count());
}

bool RouteMetrics::overran(const db::Cost& cost) {
  if (cost.statements <= static_cast<std::uint32_t>(budget_)) return false;
  overruns_.add();
  return true;
}

Observations::Observations(Registry& registry, std::span<const Endpoint> endpoints)
    : bugs_(errors(registry, "internal")) {
  for (const Endpoint& endpoint : endpoints) routes_.emplace_back(registry, endpoint);
  for (std::size_t i = 0; i < causes; ++i)
    kinds_[i] = {&errors(registry, to_string(static_cast<Cause>(i))),
                 std::make_unique<Episode>(quiet)};
}

void Observations::refused(const Unavailable& why, const http::Request& request) {
  const Kind& kind = kinds_[static_cast<std::size_t>(why.cause())];
  kind.counter->add();
  if (why.is_told() || !kind.episode->met(Clock::now())) return;
  troubles_.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn("requests_refused{} cause={} error={}", request_field(request.id),
               to_string(why.cause()), log_text(why.what()));
}

void Observations::failed(const std::exception& why, const http::Request& request,
                          const RouteMetrics* route) {
  bugs_.add();
  spdlog::error("request_failed{} method={} route={} error={}", request_field(request.id),
                http::to_string(request.method), route != nullptr ? route->route() : "none",
                log_text(why.what()));
}

void Observations::answered(RouteMetrics& route, int status, std::chrono::nanoseconds took,
                            const db::Cost& cost) {
  route.count(status, took);
  if (route.overran(cost)) {
    const auto now = Clock::now();
    if (const std::uint64_t count = overruns_.left_out(now); count != 0)
      spdlog::warn("budget_overruns_left_out count={}", count);
    if (overruns_.admit(now))
      spdlog::warn("budget_overrun{} method={} route={} statements={} budget={}",
                   request_field(cost.request), route.method(), route.route(), cost.statements,
                   route.budget());
  }
  if (status >= 500 || cost.statements == 0 || troubles_.load(std::memory_order_relaxed) == 0)
    return;
  for (std::size_t i = 0; i < causes; ++i) {
    const auto past = kinds_[i].episode->went_well(Clock::now());
    if (!past) continue;
    troubles_.fetch_sub(1, std::memory_order_relaxed);
    spdlog::info("requests_served_again cause={} refused={} lasted_ms={}",
                 to_string(static_cast<Cause>(i)), past->times, past->lasted.count());
  }
}

}  // namespace onggi::api
