#include "db/postgres/shared.h"

#include <chrono>

#include "base/error.h"
#include "db/postgres/lane.h"

namespace onggi::db::postgres {

Task<std::unique_ptr<Wire>> SharedConnections::take() {
  {
    std::unique_lock lock(mutex_);
    if (idle_.empty() && open_ >= most_) {
      if (waiting_ >= most_waiting_) throw too_many_wait();
      ++waiting_;
      const bool came =
          changed_.wait_for(lock, longest_wait, [this] { return !idle_.empty() || open_ < most_; });
      --waiting_;
      if (!came) throw busy_.empty() ? waited_to_connect() : waited_too_long();
    }
    if (!idle_.empty()) {
      std::unique_ptr<Wire> wire = std::move(idle_.back());
      idle_.pop_back();
      busy_.push_back(wire.get());
      co_return wire;
    }
    ++open_;
  }
  std::unique_ptr<Wire> wire;
  try {
    wire = std::make_unique<Wire>(connector_.connect(), nullptr);
    const std::lock_guard lock(mutex_);
    busy_.push_back(wire.get());
  } catch (...) {
    give_back(nullptr);
    throw;
  }
  co_return wire;
}

void SharedConnections::give_back(std::unique_ptr<Wire> wire) {
  {
    const std::lock_guard lock(mutex_);
    std::erase(busy_, wire.get());
    if (wire && !wire->is_broken() && idle_.size() < most_idle_)
      idle_.push_back(std::move(wire));
    else
      --open_;
    if (wire && wire->is_broken()) connector_.note_gone(1);
  }
  changed_.notify_one();
}

void SharedConnections::drop_idle() {
  std::vector<std::unique_ptr<Wire>> dropped;
  {
    const std::lock_guard lock(mutex_);
    open_ -= idle_.size();
    connector_.note_gone(idle_.size());
    dropped.swap(idle_);
  }
  changed_.notify_all();
}

void SharedConnections::give_up() {
  const std::lock_guard lock(mutex_);
  for (const Wire* const wire : busy_) wire->cut();
}

}  // namespace onggi::db::postgres
