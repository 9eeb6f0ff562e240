#include "db/sqlite/writer.h"

#include <stdexcept>
#include <utility>

namespace onggi::db::sqlite {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds trusted_for{1};  // a success, by trouble()
// A write ahead of all others that has waited so long: the disk stands still.
constexpr std::chrono::seconds standstill{1};
// 8 MiB: pages that are written again and again are moved once, and the disk is not held up for
// long where commits are to be synced beside.
constexpr int pages_to_checkpoint = (8 << 20) / page_bytes;
// As many are moved in some milliseconds.
constexpr int few_pages = 1'000;
// A log that is read all the time is moved but never begun anew; from here the writer steps in. 64
// MiB.
constexpr int pages_to_restart = (64 << 20) / page_bytes;
constexpr int pages_between_restarts = 250;

// The coroutines that go on on one executor.
struct Batch {
  Executor* executor;
  std::vector<std::coroutine_handle<>> waiting;
};

void add(std::vector<Batch>& batches, const Write& write) {
  for (Batch& batch : batches) {
    if (batch.executor == write.executor) return batch.waiting.push_back(write.waiting);
  }
  batches.push_back({write.executor, {write.waiting}});
}

}  // namespace

Writer::Writer(const File& file, std::string_view triggers, const SqliteOptions& options,
               Readers& readers, Checkpointer& checkpointer, Observations& observations)
    : most_waiting_(options.waiting_writes),
      longest_wait_(options.longest_wait),
      checkpointer_(checkpointer),
      observations_(observations),
      group_(file, triggers, options, readers, observations),
      restart_at_pages_(pages_to_restart) {
  thread_ = std::thread([this] { serve(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Task<void> Writer::write(Cost& cost, Write::Body body) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    throw std::logic_error("write() inside the body of write() would wait for itself");
  }
  Write write(cost, std::move(body));
  Waiting waiting{*this, write};
  co_await waiting;
}

bool Writer::Waiting::await_ready() {
  write.executor = Executor::current();
  if (write.executor) return false;
  if (writer.push(write)) write.answered.acquire();
  return true;
}

bool Writer::Waiting::await_suspend(std::coroutine_handle<> waiting) {
  write.waiting = waiting;
  return writer.push(write);
}

void Writer::Waiting::await_resume() const {
  if (write.error) std::rethrow_exception(write.error);
}

// Of batches there are few: one of each job at a time.
bool Writer::is_full(const Write& write) const {
  if (queue_.size() >= most_waiting_) return true;
  if (queue_.empty() || longest_wait_ == std::chrono::nanoseconds::zero()) return false;
  if (write.cost.is_batch) return false;
  return pace_.is_too_long(queue_.size() + taken_, longest_wait_) ||
         write.queued - queue_.front()->queued > standstill;
}

// Notifies under the lock: once it is released the write may be answered, and the Writer be gone.
bool Writer::push(Write& write) {
  const std::lock_guard lock(mutex_);
  if (is_full(write) || stopping_) {
    observations_.writes_shed.add();
    observations_.failures.count(Cause::overload);
    write.error =
        std::make_exception_ptr(Unavailable("Too many writes are waiting; try again later.",
                                            "the queue of writes is full", Cause::overload));
    return false;
  }
  queue_.push_back(&write);
  observations_.write_queue_length.set(static_cast<std::int64_t>(queue_.size()));
  changed_.notify_one();
  return true;
}

Write* Writer::take() {
  const std::lock_guard lock(mutex_);
  return take_first();
}

// A batch begins a group of its own, whose commit others may share.
Write* Writer::take_to_join() {
  const std::lock_guard lock(mutex_);
  return queue_.empty() || queue_.front()->cost.is_batch ? nullptr : take_first();
}

// Precondition: the mutex is held.
Write* Writer::take_first() {
  if (queue_.empty()) return nullptr;
  Write* first = queue_.front();
  queue_.pop_front();
  ++taken_;
  observations_.write_queue_length.set(static_cast<std::int64_t>(queue_.size()));
  return first;
}

// False when there will be no more.
bool Writer::await_work() {
  std::unique_lock lock(mutex_);
  health_ = group_.health();
  seen_.notify_all();
  const auto due = [this] { return !queue_.empty() || asked_ > health_.seen; };
  changed_.wait(lock, [&] { return stopping_ || due(); });
  return due();
}

// While nobody is left waiting, a group is as small as what there was: it says nothing about what
// could be done.
void Writer::note_pace(std::size_t members, std::chrono::nanoseconds took) {
  const std::lock_guard lock(mutex_);
  taken_ = 0;
  if (!queue_.empty()) pace_.note(members, took);
}

void Writer::serve() {
  std::vector<Write*> members;
  const std::function<Write*()> next = [this] { return take_to_join(); };
  while (await_work()) {
    members.clear();
    if (Write* first = take()) {
      members.push_back(first);
      const auto begun = SteadyClock::now();
      group_.run(members, next);
      note_pace(members.size(), SteadyClock::now() - begun);
      answer(members);
    } else {
      group_.probe();
    }
    tend_log();
  }
}

// One post for each executor. Whoever is woken may be gone at once, and its Write with it.
void Writer::answer(const std::vector<Write*>& members) {
  for (Write* member : members) {
    if (!member->committed) continue;
    for (auto& publish : member->published) publish();
  }
  const auto now = SteadyClock::now();
  std::vector<Batch> batches;
  for (Write* member : members) {
    member->cost.statements += member->spent.statements;
    member->cost.time += now - member->queued;
    if (member->executor) {
      add(batches, *member);
    } else {
      member->answered.release();
    }
  }
  for (Batch& batch : batches) {
    batch.executor->post([waiting = std::move(batch.waiting)] {
      for (const std::coroutine_handle<> one : waiting) one.resume();
    });
  }
}

void Writer::tend_log() {
  const int pages = group_.log_pages();
  if (pages < tended_pages_) {  // it was begun anew
    tended_pages_ = 0;
    restart_at_pages_ = pages_to_restart;
  }
  if (pages >= tended_pages_ + pages_to_checkpoint) {
    tended_pages_ = pages;
    checkpointer_.wake();
  }
  const bool far_too_long = pages > 2 * pages_to_restart;
  if (pages < restart_at_pages_ || (checkpointer_.at_work() && !far_too_long)) return;
  // What is not moved yet is moved while everybody waits: worth it only when it is little, or the
  // log far too long.
  const bool little = pages - checkpointer_.moved_pages() < few_pages;
  if (little || far_too_long) group_.restart_log();
  restart_at_pages_ = pages + pages_between_restarts;
}

std::optional<Trouble> Writer::trouble() {
  std::unique_lock lock(mutex_);
  const auto now = SteadyClock::now();
  if (!health_.trouble && now - health_.seen < trusted_for) return std::nullopt;
  asked_ = now;
  changed_.notify_one();
  const bool answered =
      seen_.wait_for(lock, std::chrono::seconds(1), [&] { return health_.seen >= now; });
  if (answered) return health_.trouble;
  return Trouble{Cause::no_answer, "The store has not answered for a second."};
}

}  // namespace onggi::db::sqlite
