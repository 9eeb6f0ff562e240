// What is kept for how long, and its removal: in small batches, each a transaction of its own.
//
// A rule is one statement. Executions are removed in the order of their ids, which carry started_at
// within a day, and where there are partitions whole months at a time. What retention removes no
// user has removed: statistics keep what they have counted. `retention_horizons` says since when
// executions are all there; it is written before the first of them goes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "db/statement.h"
#include "store/batches.h"

namespace onggi::store {

inline constexpr std::int64_t deleted_agents_kept_ms = 30 * day_ms;

struct RetentionRule {
  std::string what;  // as the result of the run counts it: "idempotency_keys"
  std::int64_t kept_ms;
  // $1 before, $2 how many rows at most; one after the other in one transaction. The last one's
  // rows are counted.
  std::vector<const db::Statement*> statements;
  // Instead of statements: what removes all there is from before, in batches of its own.
  std::function<Task<std::int64_t>(Batches&, Time before)> work{};
};

class Retention {
 public:
  // Called before executions of a kind ("agent") that started before `horizon` are removed: whoever
  // counts executions makes its counts last. Gives the users of whom it could not; nullopt: it is
  // to stop, and nothing is removed.
  using Settled = std::optional<std::set<Uuid>>;
  using Settle = std::function<Task<Settled>(Batches&, std::string_view kind, Time horizon)>;

  // `execution_days` 0 keeps executions for ever. `more`: rules of other parts; they come first, so
  // that what an agent has goes in small batches before it would go with the agent.
  Retention(std::int64_t execution_days, std::vector<RetentionRule> more, Settle settle,
            Registry& registry);

  // Removes what is due, tells progress, and gives what it has done: {"agents": 1, ...}. Throws
  // where executions of users had to stay, when all others are gone: the next attempt finds them.
  Task<std::string> apply(Batches& batches) const;

 private:
  struct Done;
  Task<void> apply(Batches& batches, const RetentionRule& rule, Counter& removed, Done& done) const;
  Task<void> remove_executions(Batches& batches, Done& done) const;

  const std::int64_t execution_days_;
  const Settle settle_;
  struct Counted {
    RetentionRule rule;
    Counter* removed;
  };
  std::vector<Counted> rules_;
  Counter& agent_executions_;
  Counter& workflow_executions_;
  Counter& bytes_;
};

// The counter of bytes that went back to the file system; whoever gives some back adds to it.
Counter& bytes_returned(Registry& registry);

}  // namespace onggi::store
