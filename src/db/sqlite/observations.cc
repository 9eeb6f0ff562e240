#include "db/sqlite/observations.h"

namespace onggi::db::sqlite {
namespace {
constexpr double group_sizes[] = {1, 2, 4, 8, 16, 32, 64, 128, 256};
}

Observations::Observations(Registry& registry, std::chrono::milliseconds slow_statement)
    : statements(registry.counter("onggi_db_statements_total", "Statements run.")),
      write_queue_length(
          registry.gauge("onggi_db_write_queue_length", "Writes that wait for the writer.")),
      write_group_size(registry.histogram("onggi_db_write_group_size",
                                          "Writes answered by one commit.", group_sizes)),
      commit_duration(registry.histogram("onggi_db_commit_duration_seconds",
                                         "How long COMMIT took, to the disk.", latency_bounds)),
      writes_shed(registry.counter("onggi_db_writes_shed_total",
                                   "Writes refused because too many were waiting.")),
      group_retries(registry.counter("onggi_db_group_retries_total",
                                     "Groups that were rolled back and run again one by one.")),
      wal_bytes(registry.gauge("onggi_db_wal_bytes", "Write-ahead log in use.")),
      failures(registry),
      slow(slow_statement),
      registry_(registry) {}

}  // namespace onggi::db::sqlite
