// A thread that runs what is posted to it, and how a coroutine moves between threads.
#pragma once

#include <coroutine>
#include <functional>

namespace onggi {

class Reactor;

// Implemented by the event loops (http/) and by Workers (base/workers.h). post() is thread-safe;
// what is posted runs in order (event loops) or on the next free thread (Workers), and must not
// throw.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::move_only_function<void()> work) = 0;
  // Where one can wait for descriptors without holding the thread up; null where that is not so.
  virtual Reactor* reactor() { return nullptr; }

  // The executor whose thread this is; null on any other thread. Whoever suspends a coroutine for
  // work on another thread reads it first and resumes the coroutine there.
  static Executor* current();

  // Marks the calling thread as this executor's for the life of the object.
  class Scope {
   public:
    explicit Scope(Executor& executor);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Executor* previous_;
  };
};

// `co_await move_to(executor)`: the coroutine goes on there.
inline auto move_to(Executor& executor) {
  struct Awaiter {
    Executor& executor;
    bool await_ready() const noexcept { return Executor::current() == &executor; }
    void await_suspend(std::coroutine_handle<> waiting) const {
      executor.post([waiting] { waiting.resume(); });
    }
    void await_resume() const noexcept {}
  };
  return Awaiter{executor};
}

}  // namespace onggi
