#include "memory/indexes.h"

namespace onggi::memory {

Indexes::Indexes(std::size_t bytes, Registry& registry)
    : bytes_max_(bytes),
      bytes_shown_(registry.gauge("onggi_memory_index_bytes",
                                  "Memory that indexes of agents' memories take.")) {}

std::shared_ptr<KeptIndex> Indexes::of(const Uuid& agent) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = places_.find(agent); found != places_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front().kept;
  }
  entries_.push_front({.agent = agent, .kept = std::make_shared<KeptIndex>()});
  places_.emplace(agent, entries_.begin());
  return entries_.front().kept;
}

void Indexes::weigh(const Uuid& agent, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find(agent);
  if (found == places_.end()) return;
  Entry& entry = *found->second;
  bytes_ += bytes - entry.bytes;
  entry.bytes = bytes;
  while (bytes_ > bytes_max_ && entries_.size() > 1) {
    // The one at hand is in front, or has just been: it goes last.
    Entry& last = entries_.back();
    bytes_ -= last.bytes;
    places_.erase(last.agent);
    entries_.pop_back();
  }
  bytes_shown_.set(static_cast<std::int64_t>(bytes_));
}

}  // namespace onggi::memory
