#include "db/sqlite/failure.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "db/database.h"

namespace onggi::db::sqlite {
namespace {

bool lacks_space(int code, int system_error) {
  return code == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT;
}

struct Reason {
  std::string_view words;  // empty: the store is not unavailable
  Cause cause = Cause::other;
};

// Why the store is unavailable, if `code` is of that kind.
Reason reason(sqlite3* connection, int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      if (lacks_space(code, sqlite3_system_errno(connection)))
        return {"the disk is full", Cause::disk_full};
      return {"the disk reports an error", Cause::disk_error};
    case SQLITE_READONLY:
      return {"its file is read-only or was moved", Cause::read_only};
    case SQLITE_BUSY:
    case SQLITE_PROTOCOL:
      return {"another process keeps it busy", Cause::lock_timeout};
    case SQLITE_NOMEM:
      return {"memory is short", Cause::memory};
    default:
      return {};
  }
}

bool violates_uniqueness(int code) {
  return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
         code == SQLITE_CONSTRAINT_ROWID;
}

}  // namespace

std::string describe(sqlite3* connection, int code) {
  // SQLite's own message may quote values, except where it names a constraint or a mistake in the
  // statement's text.
  const bool safe = (code & 0xff) == SQLITE_CONSTRAINT;
  std::string text = safe ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  const int system_error = sqlite3_system_errno(connection);
  const int primary = code & 0xff;
  if (system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
    text += fmt::format(" ({})", std::generic_category().message(system_error));
  }
  return text;
}

void fail(sqlite3* connection, int code, std::string_view statement, Use use) {
  const std::string internal =
      fmt::format("{}: {} [{}]", statement, describe(connection, code), code);
  if (violates_uniqueness(code)) throw UniqueViolation(internal);
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) throw ForeignKeyViolation(internal);
  if (const Reason why = reason(connection, code); !why.words.empty()) {
    throw Unavailable(fmt::format("The store cannot {} at the moment: {}.",
                                  use == Use::write ? "write" : "read", why.words),
                      internal, why.cause);
  }
  throw std::runtime_error(internal);
}

bool spoils_connection(int code) {
  switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOTADB:
    case SQLITE_PROTOCOL:
    case SQLITE_MISUSE:
      return true;
    default:
      return false;
  }
}

}  // namespace onggi::db::sqlite
