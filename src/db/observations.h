// What every driver counts of a statement.
#pragma once

#include "base/metrics.h"
#include "db/statement.h"

namespace onggi::db {

struct StatementCounters {
  Counter* calls = nullptr;
  TimeCounter* time = nullptr;
};

// Takes a lock: asked once for each connection and statement.
StatementCounters counters_of(Registry& registry, const Statement& statement);

}  // namespace onggi::db
