#include "db/postgres/observations.h"

namespace onggi::db::postgres {
namespace {

Counter& retries_for(Registry& registry, const char* reason) {
  return registry.counter(
      "onggi_db_transaction_retries_total",
      "Transactions that ran again: they collided with another, found what another had just made, "
      "referred to what had just gone, needed a partition, or lost their connection.",
      {{"reason", reason}});
}

}  // namespace

Observations::Retries::Retries(Registry& registry)
    : collision(retries_for(registry, "collision")),
      another(retries_for(registry, "another")),
      orphan(retries_for(registry, "orphan")),
      partition(retries_for(registry, "partition")),
      connection_lost(retries_for(registry, "connection_lost")) {}

Observations::Observations(Registry& registry, std::chrono::milliseconds slow_statement)
    : statements(registry.counter("onggi_db_statements_total", "Statements run.")),
      shared(registry.counter("onggi_db_shared_reads_total",
                              "Reads that were answered with another that asked the same.")),
      connected(registry.counter("onggi_db_connections_made_total", "Connections made.")),
      reconnected(registry.counter("onggi_db_reconnections_total",
                                   "Connections made in the place of one that was lost.")),
      connection_failures(registry.counter("onggi_db_connection_failures_total",
                                           "Attempts to connect that have failed.")),
      retries(registry),
      failures(registry),
      slow(slow_statement) {}

}  // namespace onggi::db::postgres
