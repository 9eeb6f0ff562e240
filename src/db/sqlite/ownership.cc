#include "db/sqlite/ownership.h"

#include <cstdint>
#include <stdexcept>

#include <fmt/format.h>

#include "db/sqlite/failure.h"
#include "db/sqlite/raw.h"

namespace onggi::db::sqlite {

void refuse(const std::filesystem::path& file, std::string_view why) {
  throw std::runtime_error(fmt::format("The database {} {}.", file.string(), why));
}

void require(const std::filesystem::path& file, sqlite3* connection, int code) {
  switch (code & 0xff) {
    case SQLITE_OK:
      return;
    case SQLITE_NOTADB:
      refuse(file, "is not an SQLite database");
    case SQLITE_CORRUPT:
      refuse(file, "is damaged; restore a backup");
    case SQLITE_FULL:
      refuse(file, "cannot be written: the disk is full");
    case SQLITE_READONLY:
      refuse(file, "cannot be written: the file, its directory or the file system is read-only");
    case SQLITE_BUSY:
      refuse(file, "is kept busy by another process");
    case SQLITE_CANTOPEN:
      refuse(file, fmt::format("cannot be opened: {}; SQLite also writes {}-wal and {}-shm in its "
                               "directory",
                               describe(connection, code), file.filename().string(),
                               file.filename().string()));
    default:
      refuse(file, fmt::format("cannot be used: {}", describe(connection, code)));
  }
}

bool is_ours(sqlite3* connection, const std::filesystem::path& file) {
  std::int64_t owner = 0;
  std::int64_t tables = 0;
  require(file, connection, query(connection, "pragma application_id", owner));
  require(file, connection, query(connection, "select count(*) from sqlite_schema", tables));
  if (owner == application_id && tables > 0) return true;
  if (tables == 0) return false;
  refuse(file, "belongs to another program; onggi leaves it alone");
}

int applied_version(sqlite3* connection, const std::filesystem::path& file,
                    std::span<const Migration> migrations) {
  std::int64_t newest = 0;
  std::int64_t count = 0;
  require(file, connection,
          query(connection, "select max(version) from schema_migrations", newest));
  require(file, connection,
          query(connection, "select count(*) from schema_migrations where version > 0", count));
  if (count != newest) {
    refuse(file, fmt::format("has a gap in its schema: {} migrations, the last is number {}", count,
                             newest));
  }
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (newest > known) {
    refuse(file, fmt::format("was made by a newer onggi (schema {}, this binary knows {})", newest,
                             known));
  }
  return static_cast<int>(newest);
}

}  // namespace onggi::db::sqlite
