// The driver of PostgreSQL 15 and newer: libpq, prepared statements, pipeline mode.
//
// Who calls on an event loop (a thread with a Reactor) is suspended while it waits, on connections
// that belong to that loop; on any other thread the thread waits, on connections that those share.
// A loop has two lanes:
//  - the quick one: single statements of concurrent reads travel together on a few connections, so
//  that they share round trips. A statement that has been seen to be slow is not let in;
//  - connections of one user at a time: transactions, reads of several statements, slow ones.
//
// Writes run in REPEATABLE READ and run again when they collide with another (40001, 40P01), so
// that a change that was computed from what has been read is never lost. A read whose connection
// was lost runs once more on another; a write does so only if its COMMIT had not been asked for:
// else its outcome is unknown here and the caller is told Unavailable. So is whoever has waited for
// an answer 5 s beyond `statement_time`: the connection is given up.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "db/database.h"

namespace onggi::db {

struct PostgresOptions {
  std::string url;  // as libpq takes it: postgres://..., postgresql://... or key=value
  // Whether what the URL leads to lends its sessions for one transaction at a time (PgBouncer in
  // transaction mode): `automatic` finds it out. Nothing is left in a session then; every statement
  // is planned when it comes.
  enum class Pooler : std::uint8_t { automatic, none, transaction };
  Pooler pooler = Pooler::automatic;
  std::size_t connections = 0;  // of this process, besides those of long reads; 0: 8, and 6 for
                                // each event loop
  std::size_t loops = 0;        // event loops that will use it
  std::size_t waiting = 1'024;  // that may wait for a connection; beyond: Unavailable at once
  std::size_t long_reads = 16;  // cursors open at once, at most, on connections of their own
  std::chrono::milliseconds statement_time{30'000};  // of one statement; beyond: Unavailable
  std::chrono::milliseconds slow_statement{1'000};   // from here one is logged; 0: none
};

class Postgres final : public Database {
 public:
  // Connects to nothing yet: until prepare() has succeeded everything throws Unavailable. Throws
  // std::runtime_error if the URL is none.
  Postgres(PostgresOptions options, Schema schema, Registry& registry);
  // No loop may run any more that has used it.
  ~Postgres() override;

  // Brings the schema up to date and then calls `first`, both under an advisory lock, so that of
  // several servers that start together one does it. Blocks. Throws Unavailable when the database
  // cannot be reached, std::runtime_error with a message for the user when it cannot be used: made
  // by a newer version, older than PostgreSQL 15, another encoding than UTF-8, no right to make
  // tables.
  void prepare(const std::function<void()>& first);
  // From then on it serves (prepare() has succeeded, here or elsewhere).
  bool is_ready() const;

  Task<Rows> many(Cost& cost, const Statement& statement, Params params) override;
  std::unique_ptr<Cursor> open(Cost& cost, const Statement& statement, Params params) override;
  std::unique_ptr<Cursor> open_lasting(Cost& cost, const Statement& statement,
                                       Params params) override;
  bool is_shared() const override { return true; }

  // Why it cannot serve right now; nullopt: it can. Asks the server, and waits two seconds for its
  // answer, besides the wait for a connection; one that gives none is given up with all that are
  // idle, and a new one tried. Not for event loops.
  std::optional<Trouble> trouble();

  // As prepare(), of a database that is there and up to date: changes nothing. Throws
  // std::runtime_error where it is not.
  void prepare_as_it_is();

  // Whether the schema is still one that this server may work on: another may have brought it
  // further meanwhile. Throws as prepare() does, and serves no more where it is not. Blocks.
  void look_at_schema();

  // Gives up whatever is under way; who waits for it is told Unavailable. For a server that ends.
  // Thread-safe; event loops must still run.
  void give_up();

  // Makes the partitions for the months from `from` to `to` where there are none.
  void ensure_partitions(Time from, Time to);

  // Without user, password and parameters: for messages.
  const std::string& shown_url() const;

 protected:
  Task<void> do_read(Cost& cost, Reads reads, std::function<Task<void>(Connection&)> body) override;
  Task<void> do_write(Cost& cost, std::function<Task<bool>(Connection&)> body) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace onggi::db
