// The schema brought up to date.
#pragma once

#include <functional>
#include <span>

#include <libpq-fe.h>

#include "db/statement.h"

namespace onggi::db::postgres {

// Applies the migrations that the database lacks, each in a transaction, and then calls `first`,
// all under an advisory lock. A migration may stay recorded that this version does not know only if
// the database is refused. Throws std::runtime_error with a message for the user: too old a server,
// another encoding, made by a newer version, a migration that fails; Unavailable if the connection
// is lost.
void migrate(PGconn* connection, std::span<const Migration> migrations,
             const std::function<void()>& first);

// Throws std::runtime_error unless the database has all of them, and no more.
void check(PGconn* connection, std::span<const Migration> migrations);

}  // namespace onggi::db::postgres
