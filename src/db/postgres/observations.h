// What the driver counts.
#pragma once

#include <chrono>

#include "base/metrics.h"
#include "db/observations.h"

namespace onggi::db::postgres {

struct Observations {
  Observations(Registry& registry, std::chrono::milliseconds slow_statement);

  // What ran again, by why.
  struct Retries {
    explicit Retries(Registry& registry);
    Counter& collision;
    Counter& another;
    Counter& orphan;
    Counter& partition;
    Counter& connection_lost;
  };

  Counter& statements;
  Counter& shared;
  Counter& connected;
  Counter& reconnected;
  Counter& connection_failures;
  Retries retries;
  Failures failures;
  SlowStatements slow;
};

}  // namespace onggi::db::postgres
