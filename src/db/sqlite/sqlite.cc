#include "db/sqlite/sqlite.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "db/sqlite/checkpointer.h"
#include "db/sqlite/cursor.h"
#include "db/sqlite/integrity.h"
#include "db/sqlite/migrate.h"
#include "db/sqlite/readers.h"
#include "db/sqlite/session.h"
#include "db/sqlite/writer.h"

namespace onggi::db {

using namespace sqlite;

namespace {

constexpr std::int64_t settling_cache_bytes = 256 << 10;
constexpr int settling_wait_ms = 10;
constexpr int settling_attempts = 20;
constexpr int settling_passes = 2;
constexpr std::chrono::milliseconds settling_pause{50};

}  // namespace

// Taken down from below: the writer finishes its queue, the checkpointer empties the log, the
// readers close.
struct Sqlite::Impl {
  Impl(const std::filesystem::path& path, const Schema& schema, const SqliteOptions& given,
       Registry& registry)
      : options(given),
        observations(registry, options.slow_statement),
        file(migrate(path, schema.migrations)),
        readers(file, options.page_cache_bytes / 4, observations),
        checkpointer(file, readers, observations),
        writer(file, schema.triggers, options, readers, checkpointer, observations) {}

  std::unique_ptr<Cursor> open(Life life, Cost& cost, const Statement& statement,
                               const Params& params) {
    try {
      return std::make_unique<SqliteCursor>(readers.long_reads(), options.long_reads, readers,
                                            observations, life, cost, statement, params);
    } catch (const Unavailable& unavailable) {
      observations.failures.count(unavailable.cause());
      throw;
    }
  }

  const SqliteOptions options;
  Observations observations;
  const File file;
  Readers readers;
  Checkpointer checkpointer;
  Writer writer;
};

Sqlite::Sqlite(std::filesystem::path file, Schema schema, SqliteOptions options, Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(file), schema, options, registry)) {}

Sqlite::~Sqlite() = default;

std::uint64_t Sqlite::commits() const {
  return impl_->readers.commits();
}

std::uint64_t Sqlite::changes() const {
  return impl_->readers.changes();
}

Task<Rows> Sqlite::many(Cost& cost, const Statement& statement, Params params) {
  const Readers::Lease reader = impl_->readers.lease(Readers::For::one_statement);
  co_return reader->many(statement, params, cost);
}

Task<void> Sqlite::do_read(Cost& cost, Reads reads, std::function<Task<void>(Connection&)> body) {
  const bool is_one = reads == Reads::one;
  const Readers::Lease reader =
      impl_->readers.lease(is_one ? Readers::For::one_statement : Readers::For::several);
  ReadSession session(*reader, cost, is_one ? 1 : ReadSession::any_number);
  co_await body(session);
}

Task<void> Sqlite::do_write(Cost& cost, std::function<Task<bool>(Connection&)> body) {
  return impl_->writer.write(cost, std::move(body));
}

std::unique_ptr<Cursor> Sqlite::open(Cost& cost, const Statement& statement, Params params) {
  return impl_->open(Life::one_statement, cost, statement, params);
}

std::unique_ptr<Cursor> Sqlite::open_lasting(Cost& cost, const Statement& statement,
                                             Params params) {
  return impl_->open(Life::lasting, cost, statement, params);
}

// First what can be moved without holding anybody up, then the little that is left, with the
// writer's lock.
void Sqlite::settle() {
  Handle handle(impl_->file, Use::write, settling_cache_bytes, impl_->observations);
  sqlite3_busy_timeout(handle.raw(), settling_wait_ms);
  for (int i = 0; i < settling_attempts; ++i) {
    // Nobody waits for these: the second moves what was written during the first, and leaves little
    // to the one that everybody waits for.
    for (int pass = 0; pass < settling_passes; ++pass) {
      impl_->readers.end_idle_snapshots();
      sqlite3_wal_checkpoint_v2(handle.raw(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    }
    if (sqlite3_wal_checkpoint_v2(handle.raw(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                  nullptr) == SQLITE_OK)
      return;
    std::this_thread::sleep_for(settling_pause);
  }
}

std::string Sqlite::check_integrity() {
  const Readers::Lease reader = impl_->readers.lease(Readers::For::several);
  return integrity(reader->raw());
}

std::optional<Trouble> Sqlite::trouble() {
  try {
    const Readers::Lease reader = impl_->readers.lease(Readers::For::one_statement);
    reader->control(control::look);
  } catch (const Unavailable& failure) {
    return failure.trouble();
  }
  return impl_->writer.trouble();
}

}  // namespace onggi::db
