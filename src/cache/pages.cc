#include "cache/pages.h"

#include <utility>

namespace onggi::cache {
namespace {

// What an entry takes besides its texts, about.
constexpr std::size_t overhead = 256;

}  // namespace

std::shared_ptr<const std::string> Page::compressed(
    std::string (*compress)(std::string_view body)) const {
  std::shared_ptr<const std::string> known = compressed_.load(std::memory_order_acquire);
  if (known) return known;
  auto made = std::make_shared<const std::string>(compress(body));
  compressed_.store(made, std::memory_order_release);
  return made;
}

Pages::Pages(std::size_t most_bytes, Registry& registry)
    : most_bytes_(most_bytes / shards),
      hits_(registry.counter("onggi_page_cache_hits_total", "Pages answered from memory", {})),
      misses_(registry.counter("onggi_page_cache_misses_total", "Pages that had to be read", {})),
      bytes_(registry.gauge("onggi_page_cache_bytes", "What pages in memory take", {})) {}

// A compressed form may come later, so room for it is counted from the beginning.
std::size_t Pages::weight(const Entry& entry) {
  return entry.page->body.size() + entry.page->body.size() / 4 + 2 * entry.key.size() + overhead;
}

Pages::Shard& Pages::shard_of(std::string_view key) {
  return shards_[std::hash<std::string_view>{}(key) % shards];
}

void Pages::drop(Shard& shard, std::list<Entry>::iterator entry) {
  shard.bytes -= weight(*entry);
  bytes_.add(-static_cast<std::int64_t>(weight(*entry)));
  shard.by_key.erase(entry->key);
  shard.entries.erase(entry);
}

std::shared_ptr<const Page> Pages::get(std::string_view key, Stamp now) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) {
    misses_.add();
    return nullptr;
  }
  const auto entry = found->second;
  if (entry->stamp < now) {
    drop(shard, entry);
    misses_.add();
    return nullptr;
  }
  shard.entries.splice(shard.entries.begin(), shard.entries, entry);
  hits_.add();
  return entry->page;
}

void Pages::put(std::string key, std::shared_ptr<const Page> page, Stamp before) {
  Entry entry{std::move(key), std::move(page), before};
  const std::size_t bytes = weight(entry);
  if (bytes > most_bytes_) return;
  Shard& shard = shard_of(entry.key);
  const std::lock_guard lock(shard.mutex);
  if (const auto found = shard.by_key.find(entry.key); found != shard.by_key.end()) {
    if (found->second->stamp > before) return;
    drop(shard, found->second);
  }
  while (shard.bytes + bytes > most_bytes_) drop(shard, std::prev(shard.entries.end()));
  shard.entries.push_front(std::move(entry));
  shard.by_key.emplace(shard.entries.front().key, shard.entries.begin());
  shard.bytes += bytes;
  bytes_.add(static_cast<std::int64_t>(bytes));
}

}  // namespace onggi::cache
