// What is counted and logged of requests once they are answered, or could not be.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <string>

#include "api/endpoint.h"
#include "base/episode.h"
#include "base/few_lines.h"
#include "base/metrics.h"

namespace onggi::api {

// One endpoint's requests. Thread-safe.
class RouteMetrics {
 public:
  RouteMetrics(Registry& registry, const Endpoint& endpoint);

  const std::string& method() const { return method_; }
  const std::string& route() const { return route_; }  // its pattern

  void count(int status, std::chrono::nanoseconds took);
  // Whether a request has run more statements than its endpoint declares: counted, to be told.
  bool overran(const db::Cost& cost);
  int budget() const { return budget_; }

 private:
  static constexpr int status_max = 600;

  Registry& registry_;
  const std::string method_;
  const std::string route_;
  const int budget_;
  Histogram& duration_;
  Counter& overruns_;
  // A series is made when its status is first seen.
  std::array<std::atomic<Counter*>, status_max> counters_{};
};

// Of all endpoints. A failure has one line in the log, with the request's id: a bug (500) always, a
// database that cannot serve (503) when that begins and when it is over, unless the driver has told
// of it. Thread-safe.
class Observations {
 public:
  Observations(Registry& registry, std::span<const Endpoint> endpoints);

  RouteMetrics& of(std::size_t route) { return routes_[route]; }

  void refused(const Unavailable& why, const http::Request& request);
  // `route` is null where none was found yet.
  void failed(const std::exception& why, const http::Request& request, const RouteMetrics* route);
  void answered(RouteMetrics& route, int status, std::chrono::nanoseconds took,
                const db::Cost& cost);

 private:
  struct Kind {
    Counter* counter = nullptr;
    std::unique_ptr<Episode> episode;
  };

  std::deque<RouteMetrics> routes_;
  std::array<Kind, causes> kinds_;
  Counter& bugs_;
  std::atomic<int> troubles_ = 0;  // episodes that have not been seen to end
  FewLines overruns_{10};
};

}  // namespace onggi::api
