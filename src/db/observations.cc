#include "db/observations.h"

#include <string>

namespace onggi::db {

StatementCounters counters_of(Registry& registry, const Statement& statement) {
  const Labels labels{{"statement", std::string(statement.name)}};
  return {&registry.counter("onggi_db_statement_calls_total", "Runs of one statement.", labels),
          &registry.time_counter("onggi_db_statement_seconds_total", "Time spent in one statement.",
                                 labels)};
}

}  // namespace onggi::db
