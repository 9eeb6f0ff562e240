// The life of memories: promotion and clean-up, in small transactions beside the traffic, which can
// stop anywhere and go on later. The rules are DESIGN.md's (model/memory_rules.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "memory/accesses.h"
#include "store/batches.h"
#include "store/memories.h"
#include "store/retention.h"

namespace onggi::memory {

// What the metrics count, whoever does it.
struct LifeMetrics {
  explicit LifeMetrics(Registry& registry);
  Counter &promoted, &merged, &removed, &bytes, &returned;
};

struct Promoted {
  std::int64_t promoted = 0;
  std::int64_t merged = 0;  // into those
  std::int64_t bytes = 0;   // of the merged
};

struct Gone {
  Uuid id;
  Uuid agent;
  model::MemoryType type;
};

struct CleanUpResult {
  Promoted promotion;
  std::int64_t short_term = 0, long_term = 0, episodic = 0;
  std::int64_t bytes = 0;
  std::vector<Gone> list;

  std::int64_t total() const { return short_term + long_term + episodic; }
};

struct CleanUpOptions {
  bool is_dry_run = false;   // counts alone
  std::size_t list_max = 0;  // how much of what goes is listed
  bool gives_back = true;    // the embedded store's file gets smaller
};

class Life {
 public:
  // All must outlive it. `accesses` may be null: then what is pending is not waited for. `settle`:
  // store/space.h.
  Life(
      const store::Memories& memories, Accesses* accesses, Registry& registry,
      std::function<void()> settle = [] {})
      : memories_(memories), accesses_(accesses), settle_(std::move(settle)), metrics_(registry) {}

  // Promotes what is due of an agent, whether or not its promotion is automatic, and merges
  // duplicates among that. At most `most` of them.
  Task<Promoted> promote(store::Batches& batches, Uuid agent, Uuid owner,
                         bool is_dry_run = false) const;
  // All agents: pending accesses are written, then what is due is promoted, then what has expired
  // removed. Not on an event loop.
  Task<CleanUpResult> clean_up(store::Batches& batches, CleanUpOptions options) const;

 private:
  const store::Memories& memories_;
  Accesses* accesses_;
  std::function<void()> settle_;
  LifeMetrics metrics_;
};

// Retention: what the timelines of all agents tell of the time before goes. How many rows.
Task<std::int64_t> forget_timelines(store::Batches& batches, Time before);

// What retention is to do: timelines are kept for 90 days, and what deleted agents remember goes
// before they do.
std::vector<store::RetentionRule> retention_rules();

// As POST /memory/cleanup and job_runs show it.
std::string to_json(const CleanUpResult& result, std::int64_t duration_ms);

// What of it is listed.
std::string list_json(const CleanUpResult& result);

// The text by which duplicates are known: NFKC, case folded.
std::string folded(std::string_view text);

}  // namespace onggi::memory
