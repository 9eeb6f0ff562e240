// Moves committed pages from the write-ahead log into the file, on a thread and a connection of its
// own, so that no commit waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "db/sqlite/handle.h"
#include "db/sqlite/readers.h"

namespace onggi::db::sqlite {

class Checkpointer {
 public:
  Checkpointer(const File& file, Readers& readers, Observations& observations);
  // Moves what is left and empties the log.
  ~Checkpointer();

  // Asks for a checkpoint and returns at once. Thread-safe.
  void wake();
  bool at_work() const { return at_work_.load(std::memory_order_acquire); }
  // How many pages of the log the last checkpoint left behind it as moved.
  int moved_pages() const { return moved_pages_.load(std::memory_order_relaxed); }

 private:
  void serve();
  // False when it failed.
  bool checkpoint();
  void connect();

  const File& file_;
  Readers& readers_;
  Observations& observations_;
  std::unique_ptr<Handle> handle_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool stopping_ = false;
  std::atomic<bool> at_work_{false};
  std::atomic<int> moved_pages_{0};
  bool troubled_ = false;
  std::thread thread_;
};

}  // namespace onggi::db::sqlite
