// The schema brought up to date.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include <libpq-fe.h>

#include "db/statement.h"

namespace onggi::db::postgres {

// Applies the migrations that the database lacks, each in a transaction on `connection`, and then
// calls `first`, all while a transaction on `guard` holds an advisory lock (a session's would be
// lost behind a pooler).
//
// Servers of adjacent versions work side by side: a database that is one step ahead is taken,
// unless that step says otherwise ("-- oldest-server: <version>", its own version meaning that no
// older server may go on). Throws std::runtime_error with a message for the user: too old a server,
// another encoding, too new a schema, a migration that fails; Unavailable if the connection is
// lost, or others hold a table for so long that waiting for it would hold up everybody: to be tried
// again.
void migrate(PGconn* guard, PGconn* connection, std::span<const Migration> migrations,
             const std::function<void()>& first);

// How far a schema is, and the oldest version of it that a server may know to work on it.
struct SchemaState {
  std::int64_t version = 0;
  std::int64_t oldest_server = 0;
};

// Throws std::runtime_error, with a message for the user, where a server that knows `known` steps
// must not work on it.
void require_known(const SchemaState& state, std::size_t known);

// Throws std::runtime_error unless the database has all of them, and at most one more, as above.
void check(PGconn* connection, std::span<const Migration> migrations);

}  // namespace onggi::db::postgres
