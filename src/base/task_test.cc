#include "base/task.h"

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/workers.h"

namespace onggi {
namespace {

Task<int> number(int value) {
  co_return value;
}

Task<int> sum(int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) {
    const int one = co_await number(i);
    total += one;
  }
  co_return total;
}

Task<void> failing() {
  throw std::runtime_error("no");
  co_return;
}

Task<std::string> caught() {
  std::string what;
  try {
    co_await failing();
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  co_return what;
}

Task<int> marking(bool& ran) {
  ran = true;
  co_return 1;
}

// A parameter lives in the frame.
Task<std::size_t> holding(std::shared_ptr<int> held) {
  co_return static_cast<std::size_t>(held.use_count());
}

Task<std::thread::id> thread_of(Executor& executor) {
  co_await move_to(executor);
  co_return std::this_thread::get_id();
}

Task<bool> there_and_back(Executor& there, Executor& back) {
  co_await move_to(back);
  const std::thread::id before = std::this_thread::get_id();
  const std::thread::id elsewhere = co_await thread_of(there);
  co_await move_to(back);
  const std::thread::id after = std::this_thread::get_id();
  co_return before == after&& before != elsewhere;
}

TEST(Task, gives_its_value) {
  EXPECT_EQ(run_now(number(7)), 7);
  EXPECT_EQ(run_now(sum(10)), 45);
}

TEST(Task, a_long_row_of_awaits_does_not_eat_the_stack) {
  EXPECT_EQ(run_now(sum(50'000)), 1'249'975'000);
}

TEST(Task, throws_what_was_thrown_inside) {
  EXPECT_THROW(run_now(failing()), std::runtime_error);
  EXPECT_EQ(run_now(caught()), "no");
}

TEST(Task, is_lazy) {
  bool ran = false;
  {
    const Task<int> never = marking(ran);
  }
  EXPECT_FALSE(ran);
  EXPECT_EQ(run_now(marking(ran)), 1);
  EXPECT_TRUE(ran);
}

TEST(Task, frees_its_frame_whether_it_ran_or_not) {
  const auto held = std::make_shared<int>(1);
  {
    const Task<std::size_t> never = holding(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_GE(run_now(holding(held)), 2u);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Task, assignment_frees_the_frame_that_was_there) {
  const auto first = std::make_shared<int>(1);
  const auto second = std::make_shared<int>(2);
  Task<std::size_t> task = holding(first);
  task = holding(second);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(second.use_count(), 2);
}

TEST(Task, moves_between_executors) {
  Workers there(1);
  Workers back(1);
  std::promise<bool> done;
  spawn(there_and_back(there, back),
        [&](const std::exception_ptr& error, std::optional<bool> value) {
          done.set_value(!error && value.value_or(false));
        });
  EXPECT_TRUE(done.get_future().get());
}

TEST(Task, moving_to_where_it_is_does_not_wait) {
  Workers workers(1);
  const Executor::Scope scope(workers);
  EXPECT_EQ(run_now(thread_of(workers)), std::this_thread::get_id());
}

Task<int> failing_with_value() {
  throw std::logic_error("bad");
  co_return 1;
}

TEST(Task, spawn_hands_over_a_value_or_an_exception) {
  int seen = 0;
  spawn(number(5), [&](const std::exception_ptr& error, std::optional<int> value) {
    seen = error ? -1 : *value;
  });
  EXPECT_EQ(seen, 5);
  bool failed = false;
  spawn(failing_with_value(), [&](const std::exception_ptr& error, std::optional<int> value) {
    failed = error && !value;
  });
  EXPECT_TRUE(failed);
}

}  // namespace
}  // namespace onggi
