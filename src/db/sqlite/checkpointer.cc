#include "db/sqlite/checkpointer.h"

#include <chrono>

#include <spdlog/spdlog.h>

#include "base/log_text.h"

namespace onggi::db::sqlite {
namespace {

constexpr std::int64_t cache_bytes = 256 << 10;  // a checkpoint goes past the cache
constexpr std::chrono::seconds pause_after_failure{1};

}  // namespace

Checkpointer::Checkpointer(const File& file, Readers& readers, Observations& observations)
    : file_(file), readers_(readers), observations_(observations) {
  connect();
  thread_ = std::thread([this] { serve(); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  if (!handle_) return;
  readers_.end_idle_snapshots();
  sqlite3_wal_checkpoint_v2(handle_->raw(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
}

void Checkpointer::wake() {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_one();
}

void Checkpointer::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || wanted_; });
    if (stopping_) return;
    wanted_ = false;
    at_work_.store(true, std::memory_order_release);
    lock.unlock();
    const bool done = checkpoint();
    lock.lock();
    at_work_.store(false, std::memory_order_release);
    if (!done) changed_.wait_for(lock, pause_after_failure, [this] { return stopping_; });
  }
}

// The log keeps what could not be moved, so a failure costs room and nothing else: it is logged
// once, and tried again when the writer asks again.
bool Checkpointer::checkpoint() {
  try {
    if (!handle_) connect();
    readers_.end_idle_snapshots();
    int moved = 0;
    const int code = sqlite3_wal_checkpoint_v2(handle_->raw(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                               nullptr, &moved);
    if (code == SQLITE_BUSY) return true;  // another process does it
    if (code != SQLITE_OK) fail(handle_->raw(), code, "checkpoint", Use::write);
    moved_pages_.store(moved, std::memory_order_relaxed);
    if (troubled_) spdlog::info("db.checkpoint_recovered");
    troubled_ = false;
    return true;
  } catch (const std::runtime_error& failure) {
    if (!troubled_) spdlog::error("db.checkpoint_failed error={}", log_text(failure.what()));
    troubled_ = true;
    handle_.reset();
    return false;
  }
}

void Checkpointer::connect() {
  handle_ = std::make_unique<Handle>(file_, Use::write, cache_bytes, observations_);
}

}  // namespace onggi::db::sqlite
