// The one thread that writes, and the queue before it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "db/sqlite/checkpointer.h"
#include "db/sqlite/group.h"
#include "db/sqlite/pace.h"
#include "db/sqlite/sqlite.h"
#include "db/sqlite/write.h"

namespace onggi::db::sqlite {

class Writer {
 public:
  // `triggers` must outlive the writer.
  Writer(const File& file, std::string_view triggers, const SqliteOptions& options,
         Readers& readers, Checkpointer& checkpointer, Observations& observations);
  ~Writer();  // finishes what is queued

  // As Database::write() promises. Where there is no executor to go on on, blocks the calling
  // thread.
  Task<void> write(Cost& cost, Write::Body body);

  // Why the file cannot be written now; nullopt: it can. Writes to find out unless a write has just
  // succeeded; waits for a second at most.
  std::optional<Trouble> trouble();

 private:
  struct Waiting {
    Writer& writer;
    Write& write;
    bool await_ready();
    bool await_suspend(std::coroutine_handle<> waiting);
    void await_resume() const;
  };

  // False, with the write's error set, when it is refused. The write may be answered, and gone,
  // when this returns.
  bool push(Write& write);
  Write* take();
  Write* take_to_join();
  Write* take_first();
  bool await_work();
  void serve();
  void note_pace(std::size_t members, std::chrono::nanoseconds took);
  void answer(const std::vector<Write*>& members);
  void tend_log();

  bool is_full(const Write& write) const;

  const std::size_t most_waiting_;
  const std::chrono::nanoseconds longest_wait_;
  Checkpointer& checkpointer_;
  Observations& observations_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Write*> queue_;
  std::size_t taken_ = 0;  // members of the group that is at work
  Pace pace_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point asked_;  // by trouble()
  GroupCommit::Health health_;
  std::condition_variable seen_;

  GroupCommit group_;
  int tended_pages_ = 0;
  int restart_at_pages_;
  std::thread thread_;
};

}  // namespace onggi::db::sqlite
