#include "db/sqlite/raw.h"

#include "db/sqlite/functions.h"

namespace onggi::db::sqlite {
namespace {

// Has no effect, and does no harm, when somebody has used SQLite before.
void configure_library() {
  static const bool configured = [] {
    // The statistics of malloc are kept under a lock that all threads would queue at.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    // What a savepoint keeps for its roll-back stays in memory: a full or read-only /tmp must not
    // fail a write.
    sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
    return true;
  }();
  static_cast<void>(configured);
}

int open(const std::string& name, int flags, RawConnection& connection) {
  configure_library();
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  connection.reset(opened);
  if (code != SQLITE_OK) return code;
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  return register_functions(opened);
}

int prepare(sqlite3* connection, const char* text, RawStatement& statement) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v2(connection, text, -1, &prepared, nullptr);
  statement.reset(prepared);
  return code;
}

std::string immutable_uri(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : file.string()) {
    switch (c) {
      case '%':
        uri += "%25";
        break;
      case '?':
        uri += "%3f";
        break;
      case '#':
        uri += "%23";
        break;
      default:
        uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

int open_raw(const std::filesystem::path& file, int flags, RawConnection& connection) {
  // Absolute: Debian's SQLite would read a name that begins with "file:" as a URI.
  return open(std::filesystem::absolute(file).string(), flags, connection);
}

int open_immutable(const std::filesystem::path& file, RawConnection& connection) {
  return open(immutable_uri(std::filesystem::absolute(file)),
              SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, connection);
}

void harden(sqlite3* connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
}

int execute(sqlite3* connection, const std::string& text) {
  return sqlite3_exec(connection, text.c_str(), nullptr, nullptr, nullptr);
}

int query(sqlite3* connection, const char* text, std::int64_t& value) {
  value = 0;
  RawStatement statement;
  const int code = prepare(connection, text, statement);
  if (code != SQLITE_OK) return code;
  const int stepped = sqlite3_step(statement.get());
  if (stepped == SQLITE_ROW) value = sqlite3_column_int64(statement.get(), 0);
  return stepped == SQLITE_ROW || stepped == SQLITE_DONE ? SQLITE_OK : stepped;
}

int query(sqlite3* connection, const char* text, std::string& lines) {
  lines.clear();
  RawStatement statement;
  const int code = prepare(connection, text, statement);
  if (code != SQLITE_OK) return code;
  int stepped = sqlite3_step(statement.get());
  for (; stepped == SQLITE_ROW; stepped = sqlite3_step(statement.get())) {
    if (!lines.empty()) lines += '\n';
    const auto* cell = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    if (cell) lines += cell;
  }
  return stepped == SQLITE_DONE ? SQLITE_OK : stepped;
}

}  // namespace onggi::db::sqlite
