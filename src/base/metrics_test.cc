#include "base/metrics.h"

#include <array>
#include <limits>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

namespace onggi {
namespace {

constexpr std::array<double, 2> bounds = {0.1, 1};

TEST(Metrics, series_of_a_family_stand_together) {
  Registry registry;
  registry.counter("onggi_requests_total", "Requests.", {{"route", "a"}}).add(3);
  registry.gauge("onggi_connections", "Open connections.").set(-2);
  registry.counter("onggi_requests_total", "Requests.", {{"route", "b"}}).add();
  EXPECT_EQ(registry.text(),
            "# HELP onggi_requests_total Requests.\n"
            "# TYPE onggi_requests_total counter\n"
            "onggi_requests_total{route=\"a\"} 3\n"
            "onggi_requests_total{route=\"b\"} 1\n"
            "# HELP onggi_connections Open connections.\n"
            "# TYPE onggi_connections gauge\n"
            "onggi_connections -2\n");
}

TEST(Metrics, buckets_of_a_histogram_are_cumulative) {
  Registry registry;
  Histogram& histogram = registry.histogram("onggi_seconds", "Time.", bounds, {{"page", "x"}});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) histogram.observe(value);
  histogram.observe(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(registry.text(),
            "# HELP onggi_seconds Time.\n"
            "# TYPE onggi_seconds histogram\n"
            "onggi_seconds_bucket{page=\"x\",le=\"0.1\"} 2\n"
            "onggi_seconds_bucket{page=\"x\",le=\"1\"} 3\n"
            "onggi_seconds_bucket{page=\"x\",le=\"+Inf\"} 4\n"
            "onggi_seconds_sum{page=\"x\"} 7.65\n"
            "onggi_seconds_count{page=\"x\"} 4\n");
}

TEST(Metrics, labels_and_help_are_escaped) {
  Registry registry;
  registry.counter("onggi_a_total", "one\ntwo \\ \"three\"", {{"path", "a\"b\\c\nd"}});
  EXPECT_EQ(registry.text(),
            "# HELP onggi_a_total one\\ntwo \\\\ \"three\"\n"
            "# TYPE onggi_a_total counter\n"
            "onggi_a_total{path=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST(Metrics, the_same_labels_in_any_order_are_the_same_series) {
  Registry registry;
  Counter& one = registry.counter("onggi_a_total", "A.", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(&registry.counter("onggi_a_total", "A.", {{"y", "2"}, {"x", "1"}}), &one);
  EXPECT_NE(&registry.counter("onggi_a_total", "A.", {{"x", "1"}}), &one);
  Histogram& histogram = registry.histogram("onggi_seconds", "S.", latency_bounds);
  EXPECT_EQ(&registry.histogram("onggi_seconds", "S.", latency_bounds), &histogram);
}

TEST(Metrics, a_gauge_may_be_asked_for_at_every_scrape) {
  Registry registry;
  double value = 0.5;
  registry.gauge_from("onggi_depth", "D.", [&] { return value; });
  EXPECT_TRUE(registry.text().ends_with("\nonggi_depth 0.5\n"));
  value = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(registry.text().ends_with("\nonggi_depth +Inf\n"));
  registry.gauge_from("onggi_depth", "D.", [] { return 1e100; });
  EXPECT_TRUE(registry.text().ends_with("\nonggi_depth 1e+100\n"));
}

TEST(Metrics, what_prometheus_forbids_is_an_error) {
  Registry registry;
  registry.counter("onggi_a_total", "A.");
  registry.gauge("onggi_b", "B.");
  registry.histogram("onggi_seconds", "S.", bounds);
  EXPECT_THROW(registry.gauge("onggi_a_total", "A."), std::logic_error);
  EXPECT_THROW(registry.gauge_from("onggi_b", "B.", [] { return 0.0; }), std::logic_error);
  EXPECT_THROW(registry.histogram("onggi_seconds", "S.", latency_bounds), std::logic_error);
  for (const char* name : {"", "1a", "a-b", "a b", "\xC3\xA9"})
    EXPECT_THROW(registry.counter(name, "X."), std::logic_error) << name;
  for (const char* label : {"", "1a", "a:b", "__a"})
    EXPECT_THROW(registry.counter("x_total", "X.", {{label, "v"}}), std::logic_error) << label;
  EXPECT_THROW(registry.counter("y_total", "Y.", {{"a", "1"}, {"a", "2"}}), std::logic_error);
  EXPECT_THROW(registry.histogram("z", "Z.", bounds, {{"le", "1"}}), std::logic_error);
  const std::array<double, 2> descending = {1, 0.1};
  EXPECT_THROW(Histogram{descending}, std::logic_error);
}

TEST(Metrics, counting_is_exact_across_threads) {
  Registry registry;
  Counter& counter = registry.counter("onggi_a_total", "A.");
  Histogram& histogram = registry.histogram("onggi_seconds", "S.", bounds);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counter.add();
        histogram.observe(0.5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000u);
  EXPECT_NE(registry.text().find("onggi_seconds_sum 20000\n"), std::string::npos);
  EXPECT_NE(registry.text().find("onggi_seconds_count 40000\n"), std::string::npos);
}

}  // namespace
}  // namespace onggi
