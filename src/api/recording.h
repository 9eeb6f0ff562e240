// Single executions that arrive at the same time, recorded together.
//
// A transaction of its own for each of many small requests is mostly the cost of transactions. The
// embedded store's writer groups them by itself. Where transactions run side by side, what an event
// loop has at hand goes into one: the first request begins at once, and what arrives while it
// is under way goes with the next. Each is answered for itself, once its own are durable;
// what fails together is tried again one by one, so that nobody pays for another's mistake.
#pragma once

#include <coroutine>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "db/database.h"
#include "store/executions.h"

namespace onggi::api {

struct Call;

class Recording {
 public:
  // Records the call's draft, and announces it; throws what the transaction throws. On the thread
  // of an event loop.
  Task<Result<store::RecordedExecution>> record(Call& call, store::ExecutionDraft draft);

 private:
  struct Member {
    Call& call;
    const store::ExecutionDraft draft;
    std::coroutine_handle<> waiting{};
    bool leads = false;
    std::optional<Result<store::RecordedExecution>> result{};
    std::exception_ptr error{};
  };
  // Of one loop and one kind; belongs to the loop's thread.
  struct Queue {
    std::deque<Member*> waiting;
    int groups = 0;  // under way
  };
  struct Joining;

  Queue& queue_of(const store::Executions& executions);
  static Task<void> lead(Queue& queue, Member& first);
  static Task<void> write(const std::vector<Member*>& group);
  static Task<void> write_alone(Member& member);

  std::mutex mutex_;
  std::unordered_map<Executor*,
                     std::unordered_map<const store::Executions*, std::unique_ptr<Queue>>>
      queues_;
};

}  // namespace onggi::api
