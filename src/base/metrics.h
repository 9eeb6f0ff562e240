// Counters, gauges and histograms in the Prometheus text format (version 0.0.4).
//
// Names follow Prometheus's rules: prefix onggi_, base units (seconds, bytes), counters end in
// _total. Families are registered once, at construction of the part that counts; counting is
// lock-free. References stay valid for the life of the Registry.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onggi {

class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A counter of time, kept in nanoseconds and shown in seconds.
class TimeCounter {
 public:
  void add(std::chrono::nanoseconds time) {
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(time.count()), std::memory_order_relaxed);
  }
  double seconds() const {
    return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  }

 private:
  std::atomic<std::uint64_t> nanoseconds_{0};
};

class Gauge {
 public:
  void add(std::int64_t change) { value_.fetch_add(change, std::memory_order_relaxed); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

class Histogram {
 public:
  // `bounds`: finite ascending upper bounds, without +Inf. Throws std::logic_error for others.
  explicit Histogram(std::span<const double> bounds);
  // NaN is not counted.
  void observe(double value);

 private:
  friend class Registry;
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_;  // one more than bounds
  std::atomic<double> sum_{0};
};

// Upper bounds for durations in seconds, 50 microseconds to 10 seconds.
extern const std::span<const double> latency_bounds;

using Labels = std::vector<std::pair<std::string, std::string>>;

class Registry {
 public:
  // Registering a name again with other labels adds a series to its family; with the same labels
  // gives the same series back. Throws std::logic_error for a name or label that Prometheus
  // forbids, or a family registered as another type or with other bounds.
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  TimeCounter& time_counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                       Labels labels = {});
  // A gauge whose value is asked for at every scrape; `read` must be thread-safe and must not call
  // the Registry. Registered again, the new `read` takes the old one's place.
  void gauge_from(std::string_view name, std::string_view help, std::function<double()> read,
                  Labels labels = {});

  // The whole exposition; every series of a family stands together, labels escaped.
  std::string text() const;

 private:
  struct Series;
  struct Family;
  Family& family(std::string_view name, std::string_view help, std::string_view type);

  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<Family>> families_;

 public:
  Registry();
  ~Registry();
};

}  // namespace onggi
