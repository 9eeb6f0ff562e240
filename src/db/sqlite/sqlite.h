// The embedded store's driver: one SQLite file in WAL mode, synchronous=FULL.
//
// Reads run at once on the calling thread, on a connection of their own taken from a small pool;
// what another process commits they may see a millisecond late. Writes are queued to one writer
// thread that runs the bodies of all waiting writes in one transaction (group commit), each behind
// a savepoint, and answers only after the COMMIT has reached the disk. A member that fails is
// rolled back alone. If the whole transaction is gone (SQLITE_FULL and I/O errors roll it back
// silently: sqlite3_get_autocommit tells), its members are run again one by one. Checkpoints run on
// a thread of their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "db/database.h"

namespace onggi::db {

struct SqliteOptions {
  std::size_t waiting_writes = 1'024;  // beyond: Unavailable at once
  // That a write would wait for its turn, as far as can be told; beyond: Unavailable at once. 0:
  // any time.
  std::chrono::milliseconds longest_wait{0};
  std::size_t group_size = 256;                     // writes in one commit, at most
  std::size_t long_reads = 16;                      // cursors open at once, at most
  std::int64_t page_cache_bytes = 16 << 20;         // of the writer; each reader has a quarter
  std::chrono::milliseconds slow_statement{1'000};  // from here a statement is logged; 0: none
  std::span<const std::string_view> recording{};    // areas whose statements changes() passes over
};

class Sqlite final : public Database {
 public:
  // Opens or creates `file` and applies the migrations that it lacks, each in a transaction. Throws
  // std::runtime_error with a message for the user: cannot be written, not a database of onggi
  // (application_id), made by a newer version, damaged.
  Sqlite(std::filesystem::path file, Schema schema, SqliteOptions options, Registry& registry);
  ~Sqlite() override;  // finishes what is queued, checkpoints, closes

  Task<Rows> many(Cost& cost, const Statement& statement, Params params) override;
  std::unique_ptr<Cursor> open(Cost& cost, const Statement& statement, Params params) override;
  std::unique_ptr<Cursor> open_lasting(Cost& cost, const Statement& statement,
                                       Params params) override;

  // How often this process has committed. What was read after a call holds for as long as the count
  // stays.
  std::uint64_t commits() const;
  // The same of commits in which a statement wrote that does not belong to what is recording.
  std::uint64_t changes() const;

  // Brings what was committed from the log into the file and empties the log, as far as readers
  // allow it, so that room that was given up goes back to the file system. Blocks, but nobody else
  // for more than a moment.
  void settle();

  // "ok", or what PRAGMA integrity_check and foreign_key_check found, a line each.
  std::string check_integrity();

  // Why the file cannot be read and written right now (for /readyz); nullopt: it can. Writes one
  // page to know, unless a write has succeeded within a second; blocks for a second at most.
  std::optional<Trouble> trouble();

 protected:
  Task<void> do_read(Cost& cost, Reads reads, std::function<Task<void>(Connection&)> body) override;
  Task<void> do_write(Cost& cost, std::function<Task<bool>(Connection&)> body) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Copies a consistent snapshot of `from` to the new file `to` while others read and write it: made
// under another name, synced, then renamed. Throws std::runtime_error: `to` exists, no space,
// `from` is not a database of onggi.
void backup(const std::filesystem::path& from, const std::filesystem::path& to);

// Puts a backup in the place of a database that must not exist yet, after verifying it
// (application_id, version, integrity).
void restore(const std::filesystem::path& backup_file, const std::filesystem::path& to,
             std::span<const Migration> migrations);

}  // namespace onggi::db
