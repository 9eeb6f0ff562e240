#include "db/sqlite/running.h"

#include <stdexcept>

#include <fmt/format.h>

#include "db/sqlite/each_row.h"

namespace onggi::db::sqlite {

void Running::start(const Params& params, Values values) {
  if (prepared_.takes_each_row) {
    throw std::logic_error(fmt::format("{} takes rows: run_each()", prepared_.statement->name));
  }
  sqlite3_reset(prepared_.compiled.get());
  if (prepared_.is_change) handle_.changed_ = true;
  const auto& given = params.values();
  if (given.size() < prepared_.positions.size()) {
    throw std::logic_error(fmt::format("{} takes {} parameters, not {}", prepared_.statement->name,
                                       prepared_.positions.size(), given.size()));
  }
  const sqlite3_destructor_type lifetime =
      values == Values::stay ? SQLITE_STATIC : SQLITE_TRANSIENT;
  for (std::size_t i = 0; i < prepared_.positions.size(); ++i) {
    const int position = prepared_.positions[i];
    if (position == 0) continue;
    handle_.check(bind(position, given[i], lifetime), *prepared_.statement);
  }
}

void Running::start_each(const std::vector<Params>& rows) {
  sqlite3_reset(prepared_.compiled.get());
  if (prepared_.is_change) handle_.changed_ = true;
  handle_.check(bind_each_row(prepared_.compiled.get(), prepared_.positions[0], rows),
                *prepared_.statement);
}

int Running::bind(int position, const Param& param, sqlite3_destructor_type lifetime) {
  sqlite3_stmt* compiled = prepared_.compiled.get();
  // A null pointer would bind NULL where an empty text was meant.
  const char* bytes = param.bytes.empty() ? "" : param.bytes.data();
  switch (param.kind) {
    case Param::Kind::null:
    case Param::Kind::texts:
      return sqlite3_bind_null(compiled, position);
    case Param::Kind::integer:
      return sqlite3_bind_int64(compiled, position, param.integer);
    case Param::Kind::text:
      return sqlite3_bind_text64(compiled, position, bytes, param.bytes.size(), lifetime,
                                 SQLITE_UTF8);
    case Param::Kind::blob:
      return sqlite3_bind_blob64(compiled, position, bytes, param.bytes.size(), lifetime);
  }
  return SQLITE_MISUSE;
}

bool Running::next() {
  const int code = sqlite3_step(prepared_.compiled.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) handle_.fail(code, *prepared_.statement);
  return false;
}

std::size_t Running::append_to(Rows& rows) const {
  sqlite3_stmt* compiled = prepared_.compiled.get();
  const int count = sqlite3_column_count(compiled);
  if (rows.columns() == 0) rows.set_columns(count);
  std::size_t bytes = 0;
  for (int column = 0; column < count; ++column) {
    switch (sqlite3_column_type(compiled, column)) {
      case SQLITE_NULL:
        rows.append_null();
        break;
      case SQLITE_INTEGER:
        rows.append_integer(sqlite3_column_int64(compiled, column));
        break;
      case SQLITE_FLOAT:
        throw std::logic_error(
            fmt::format("{}: column {} is a real number", prepared_.statement->name, column));
      default: {
        // As a blob also for texts: sqlite3_column_text would copy long ones once more, to end them
        // with a zero.
        const auto* start = static_cast<const char*>(sqlite3_column_blob(compiled, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(compiled, column));
        rows.append_bytes({start, size});
        bytes += size;
      }
    }
  }
  return bytes + static_cast<std::size_t>(count) * 16;
}

const Observations::OfStatement& Running::observed() {
  Observations::OfStatement& observed = prepared_.observed;
  if (!observed.calls) observed = handle_.observations_.of(*prepared_.statement);
  return observed;
}

void Running::append_all_to(Rows& rows, std::size_t max_bytes) {
  std::size_t bytes = 0;
  while (next()) {
    if (bytes >= max_bytes) return rows.set_cut();
    bytes += append_to(rows);
  }
}

}  // namespace onggi::db::sqlite
