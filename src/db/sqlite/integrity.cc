#include "db/sqlite/integrity.h"

#include "db/sqlite/failure.h"
#include "db/sqlite/raw.h"

namespace onggi::db::sqlite {
namespace {

constexpr const char* orphans =
    "select 'row ' || coalesce(rowid, '') || ' of ' || \"table\" || ' points to no row of ' || "
    "parent "
    "from pragma_foreign_key_check limit 100";

}  // namespace

std::string integrity(sqlite3* connection) {
  std::string found;
  std::string lines;
  const auto add = [&](const std::string& line) { found += (found.empty() ? "" : "\n") + line; };
  const int checked = query(connection, "pragma integrity_check", lines);
  if (lines != "ok" && !lines.empty()) add(lines);
  if (checked != SQLITE_OK) add(describe(connection, checked));
  const int followed = query(connection, orphans, lines);
  if (!lines.empty()) add(lines);
  if (followed != SQLITE_OK) add(describe(connection, followed));
  return found.empty() ? "ok" : found;
}

}  // namespace onggi::db::sqlite
