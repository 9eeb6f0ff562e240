// How long a memory lives, said once in C++ (and once in SQL: sql/memory.sql); DESIGN.md, Memory.
#pragma once

#include "model/memory.h"

namespace onggi::model {

inline constexpr std::int64_t due_access_count = 3;
inline constexpr std::int64_t due_age_ms = 12 * hour_ms;
inline constexpr std::int64_t episodic_retention_ms = 30 * day_ms;
inline constexpr std::int64_t long_term_unused_ms = 90 * day_ms;
inline constexpr std::int64_t never_ms = 43'800'000 * hour_ms;  // 5,000 years

// What an agent's settings mean at one instant: what was created (used) before has expired.
struct MemoryRule {
  Time cold_since;      // of short-term memories
  Time hot_since;       // of those that were accessed often enough to be promoted
  Time episodic_since;  // of unimportant episodic ones
  Time long_since;      // of unimportant long-term ones, since when they must have been accessed
  Time due_before;      // what was accessed often enough and created before is due for promotion

  static MemoryRule of(const MemorySettings& settings, Time now);
  bool operator==(const MemoryRule&) const = default;
};

bool has_expired(const Memory& memory, const MemoryRule& rule);
// Due for promotion, whether or not the agent's is automatic; what has expired is not.
bool is_due(const Memory& memory, const MemoryRule& rule);

// Where it lies in the embedded store's file.
std::int64_t region_of(const Memory& memory);
// Whether it was unused for too long already when it is written.
bool is_stale(const Memory& memory, Time now);

}  // namespace onggi::model
