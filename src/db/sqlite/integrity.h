#pragma once

#include <string>

#include <sqlite3.h>

namespace onggi::db::sqlite {

// "ok", or what PRAGMA integrity_check and foreign_key_check found, a line each. Reads everything.
std::string integrity(sqlite3* connection);

}  // namespace onggi::db::sqlite
