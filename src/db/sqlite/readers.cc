#include "db/sqlite/readers.h"

#include <utility>

namespace onggi::db::sqlite {
namespace {

// Reads do not wait, so there are about as many at once as there are threads; what a rare crowd
// opened beyond is closed again.
constexpr std::size_t kept_idle = 16;
constexpr std::chrono::milliseconds longest_kept_snapshot{1};

}  // namespace

Readers::Lease::Lease(Readers& readers, std::unique_ptr<Reader> reader)
    : readers_(&readers), reader_(std::move(reader)) {}

Readers::Lease::~Lease() {
  if (reader_) readers_->give_back(std::move(reader_));
}

Readers::Lease Readers::lease(For what) {
  std::unique_ptr<Reader> reader = take();
  renew(*reader, what);
  return {*this, std::move(reader)};
}

std::unique_ptr<Reader> Readers::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
  }
  return std::make_unique<Reader>(file_, cache_bytes_, observations_);
}

// commits_ is read before the snapshot begins: a commit in between makes the snapshot newer than it
// is taken for, never older.
void Readers::renew(Reader& reader, For what) const {
  const std::uint64_t commits = commits_.load(std::memory_order_acquire);
  const auto now = std::chrono::steady_clock::now();
  const bool quiet = reader.seen == commits;
  if (reader.handle.in_transaction()) {
    if (quiet && now - reader.since < longest_kept_snapshot) return;
    reader.handle.control(control::commit);
  }
  reader.seen = commits;
  // While commits come faster than reads, there is nothing to keep.
  if (what == For::one_statement && !quiet) return;
  reader.handle.control(control::begin);
  reader.since = now;
}

void Readers::give_back(std::unique_ptr<Reader> reader) {
  if (reader->handle.spoiled()) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kept_idle) idle_.push_back(std::move(reader));
}

void Readers::end_idle_snapshots() {
  const std::lock_guard lock(mutex_);
  for (const std::unique_ptr<Reader>& reader : idle_) {
    if (reader->handle.in_transaction()) execute(reader->handle.raw(), "commit");
  }
}

}  // namespace onggi::db::sqlite
