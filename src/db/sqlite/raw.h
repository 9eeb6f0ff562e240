// SQLite's C interface, owned; result codes are the caller's to judge.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <sqlite3.h>

namespace onggi::db::sqlite {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
};
using RawConnection = std::unique_ptr<sqlite3, CloseConnection>;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using RawStatement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// How long a connection waits for another process before it gives up with SQLITE_BUSY. Within one
// process nobody waits.
inline constexpr int busy_timeout_ms = 2'000;

// Opens `file` for one thread at a time; SQLITE_OPEN_* in `flags`. `connection` is set also on
// failure, for the reason.
int open_raw(const std::filesystem::path& file, int flags, RawConnection& connection);

// Opens `file` as it is on disk, without locks, log and side files: for files that nobody writes.
int open_immutable(const std::filesystem::path& file, RawConnection& connection);

// Closes doors that the schema of a forged file could use, and takes "name" for an identifier,
// never for a text.
void harden(sqlite3* connection);

// Runs every statement of `text`; rows are dropped.
int execute(sqlite3* connection, const std::string& text);

// The first column of the first row as an integer; 0 when there is no row.
int query(sqlite3* connection, const char* text, std::int64_t& value);
// The first column of every row, a line each.
int query(sqlite3* connection, const char* text, std::string& lines);

}  // namespace onggi::db::sqlite
