// What SQLite's result codes mean to whoever called.
#pragma once

#include <string_view>

#include <sqlite3.h>

namespace onggi::db::sqlite {

enum class Use { read, write };

// Throws what db/database.h promises for `code`, which `connection` has just returned for
// `statement`: UniqueViolation, Unavailable, or std::runtime_error. No text of it holds a
// parameter's value.
[[noreturn]] void fail(sqlite3* connection, int code, std::string_view statement, Use use);

// Whether a connection may be in a bad state after `code`, so that it is better opened again.
// Damage of the file is not such a case: opening again does not mend it.
bool spoils_connection(int code);

// For people, with the system's reason where there is one: "disk I/O error (Input/output error)".
std::string describe(sqlite3* connection, int code);

}  // namespace onggi::db::sqlite
