#include "base/workers.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace onggi {
namespace {

TEST(Workers, the_destructor_runs_what_was_posted_and_what_that_posts) {
  std::atomic<int> ran = 0;
  {
    Workers workers(3);
    for (int i = 0; i < 1000; ++i) {
      workers.post([&] {
        ++ran;
        workers.post([&] { ++ran; });
      });
    }
  }
  EXPECT_EQ(ran, 2000);
}

TEST(Workers, work_knows_its_executor) {
  Workers workers(1);
  std::promise<Executor*> seen;
  workers.post([&] { seen.set_value(Executor::current()); });
  EXPECT_EQ(seen.get_future().get(), &workers);
  EXPECT_EQ(Executor::current(), nullptr);
}

TEST(Workers, one_thread_runs_in_order) {
  std::vector<int> order;
  {
    Workers workers(1);
    for (int i = 0; i < 100; ++i) workers.post([&order, i] { order.push_back(i); });
  }
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), 100u);
}

TEST(Workers, there_is_at_least_one_thread) {
  Workers workers(0);
  std::promise<void> ran;
  workers.post([&] { ran.set_value(); });
  ran.get_future().get();
}

TEST(Workers, work_may_own_what_cannot_be_copied) {
  Workers workers(2);
  std::promise<int> seen;
  workers.post([&seen, value = std::make_unique<int>(7)] { seen.set_value(*value); });
  EXPECT_EQ(seen.get_future().get(), 7);
}

TEST(Executor, scopes_nest) {
  Workers outer(1);
  Workers inner(1);
  const Executor::Scope first(outer);
  {
    const Executor::Scope second(inner);
    EXPECT_EQ(Executor::current(), &inner);
  }
  EXPECT_EQ(Executor::current(), &outer);
}

}  // namespace
}  // namespace onggi
