#include "model/memory_rules.h"

#include <algorithm>

namespace onggi::model {
namespace {

bool is_unpinned_short_term(const Memory& memory) {
  return memory.type == MemoryType::short_term && !memory.is_pinned;
}

bool is_low(const Memory& memory, MemoryType type) {
  return memory.type == type && memory.importance == Importance::low;
}

}  // namespace

MemoryRule MemoryRule::of(const MemorySettings& settings, Time now) {
  const auto since = [now](bool expires, std::int64_t retention_ms) {
    return Time{now.ms - (expires ? retention_ms : never_ms)};
  };
  const std::int64_t retention_ms = settings.short_term_retention_hours * hour_ms;
  const bool cleans = settings.auto_cleanup;
  return {.cold_since = since(cleans, retention_ms),
          .hot_since = since(cleans && !settings.auto_consolidation, retention_ms),
          .episodic_since = since(cleans, episodic_retention_ms),
          .long_since = since(cleans, long_term_unused_ms),
          .due_before = Time{now.ms - std::min(retention_ms, due_age_ms)}};
}

bool has_expired(const Memory& memory, const MemoryRule& rule) {
  const Time created = *memory.created_at;
  if (is_unpinned_short_term(memory))
    return created < (memory.access_count >= due_access_count ? rule.hot_since : rule.cold_since);
  if (is_low(memory, MemoryType::episodic)) return created < rule.episodic_since;
  if (is_low(memory, MemoryType::long_term))
    return memory.last_accessed_at.value_or(created) < rule.long_since;
  return false;
}

bool is_due(const Memory& memory, const MemoryRule& rule) {
  return is_unpinned_short_term(memory) && memory.access_count >= due_access_count &&
         *memory.created_at < rule.due_before && !has_expired(memory, rule);
}

std::int64_t region_of(const Memory& memory) {
  if (is_unpinned_short_term(memory)) return 0;
  if (is_low(memory, MemoryType::episodic)) return 1;
  return is_low(memory, MemoryType::long_term) ? 2 : 3;
}

bool is_stale(const Memory& memory, Time now) {
  return is_low(memory, MemoryType::long_term) && memory.last_accessed_at &&
         memory.last_accessed_at->ms < now.ms - long_term_unused_ms;
}

}  // namespace onggi::model
