#include "api/readiness.h"

#include <coroutine>
#include <utility>

#include <pthread.h>
#include <spdlog/spdlog.h>

#include "base/log_text.h"
#include "base/reactor.h"

namespace onggi::api {
namespace {

Trouble no_answer() {
  return {Cause::no_answer, "The database does not answer."};
}

}  // namespace

// Belongs to the one who waits and to the thread that asks, whichever is done last.
struct Readiness::Waiting {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<std::optional<Trouble>> found;
  bool is_given_up = false;

  Executor* executor = nullptr;  // of the loop to go on on; null: a thread waits
  std::coroutine_handle<> handle;
  std::unique_ptr<Reactor::Alarm> alarm;  // the loop's
  bool has_gone_on = false;               // the loop's

  // On the loop, from the alarm or with what was found.
  void go_on() {
    if (std::exchange(has_gone_on, true)) return;
    alarm.reset();
    handle.resume();
  }
};

struct Readiness::Coming {
  Readiness& readiness;
  std::shared_ptr<Waiting> waiting;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) const {
    waiting->handle = handle;
    waiting->alarm = waiting->executor->reactor()->alarm();
    const std::shared_ptr<Waiting> kept = waiting;
    waiting->alarm->set(readiness.patience_, [kept] {
      {
        const std::lock_guard lock(kept->mutex);
        kept->is_given_up = true;
      }
      kept->go_on();
    });
    const std::lock_guard lock(readiness.mutex_);
    readiness.waiting_.push_back(kept);
    readiness.changed_.notify_one();
  }
  void await_resume() const {}
};

Readiness::Readiness(Ask ask, std::chrono::milliseconds patience)
    : ask_(std::move(ask)), patience_(patience), thread_([this] { serve(); }) {}

Readiness::~Readiness() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Task<std::optional<Trouble>> Readiness::look() {
  const auto waiting = std::make_shared<Waiting>();
  Executor* const executor = Executor::current();
  if (executor != nullptr && executor->reactor() != nullptr) {
    waiting->executor = executor;
    Coming coming{*this, waiting};
    co_await coming;
  } else {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(waiting);
      changed_.notify_one();
    }
    std::unique_lock lock(waiting->mutex);
    waiting->came.wait_for(lock, patience_, [&] { return waiting->found.has_value(); });
    waiting->is_given_up = true;
  }
  const std::lock_guard lock(waiting->mutex);
  co_return waiting->found ? *waiting->found : no_answer();
}

std::vector<std::shared_ptr<Readiness::Waiting>> Readiness::await_questions() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ends_ || !waiting_.empty(); });
  if (ends_) return {};
  return std::exchange(waiting_, {});
}

std::optional<Trouble> Readiness::find_out() const {
  try {
    return ask_();
  } catch (const std::exception& error) {
    spdlog::error("readiness_failed error={}", log_text(error.what()));
    return Trouble{Cause::other, "The database does not answer as it should."};
  }
}

void Readiness::serve() {
  pthread_setname_np(pthread_self(), "onggi-ready");
  for (;;) {
    const auto asking = await_questions();
    if (asking.empty()) return;
    const std::optional<Trouble> found = find_out();
    for (const std::shared_ptr<Waiting>& one : asking) {
      const std::lock_guard lock(one->mutex);
      if (one->is_given_up) continue;
      one->found = found;
      if (one->executor == nullptr)
        one->came.notify_one();
      else
        one->executor->post([one] { one->go_on(); });
    }
  }
}

}  // namespace onggi::api
