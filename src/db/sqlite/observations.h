// What the driver counts.
#pragma once

#include "base/metrics.h"
#include "db/observations.h"

namespace onggi::db::sqlite {

class Observations {
 public:
  Observations(Registry& registry, std::chrono::milliseconds slow_statement);

  using OfStatement = StatementCounters;
  // Takes a lock: asked once for each connection and statement.
  OfStatement of(const Statement& statement) { return counters_of(registry_, statement); }

  Counter& statements;
  Gauge& write_queue_length;
  Histogram& write_group_size;
  Histogram& commit_duration;
  Counter& writes_shed;
  Counter& group_retries;
  Gauge& wal_bytes;
  Failures failures;
  SlowStatements slow;

 private:
  Registry& registry_;
};

}  // namespace onggi::db::sqlite
