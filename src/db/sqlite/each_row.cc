#include "db/sqlite/each_row.h"

#include <string>

namespace onggi::db::sqlite {
namespace each_row {
namespace {

// The columns of the table that SQLite sees: the parameters, the number, and the argument, hidden.
constexpr int parameters = 32;
enum Column : int { number = parameters, rows = parameters + 1 };
constexpr const char* pointer_type = "onggi_rows";

struct Cursor : sqlite3_vtab_cursor {
  const std::vector<Params>* rows = nullptr;
  std::size_t at = 0;
};

Cursor& cursor_of(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Cursor*>(cursor);
}

int connect(sqlite3* connection, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  std::string declaration = "create table x(";
  for (int i = 1; i <= parameters; ++i) declaration += "p" + std::to_string(i) + ", ";
  declaration += "n integer, rows hidden)";
  const int code = sqlite3_declare_vtab(connection, declaration.c_str());
  if (code != SQLITE_OK) return code;
  sqlite3_vtab_config(connection, SQLITE_VTAB_DIRECTONLY);
  *table = new sqlite3_vtab{};
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn != Column::rows || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = 1;
    info->aConstraintUsage[i].omit = 1;
    info->estimatedCost = 100;
    info->estimatedRows = 100;
    return SQLITE_OK;
  }
  return SQLITE_CONSTRAINT;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new Cursor{};
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete &cursor_of(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value** values) {
  Cursor& mine = cursor_of(cursor);
  mine.rows =
      static_cast<const std::vector<Params>*>(sqlite3_value_pointer(values[0], pointer_type));
  mine.at = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++cursor_of(cursor).at;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) {
  const Cursor& mine = cursor_of(cursor);
  return mine.rows == nullptr || mine.at >= mine.rows->size() ? 1 : 0;
}

void show(const Param& param, sqlite3_context* context) {
  // A null pointer would be NULL where an empty text was meant.
  const char* bytes = param.bytes.empty() ? "" : param.bytes.data();
  switch (param.kind) {
    case Param::Kind::null:
    case Param::Kind::texts:
      return sqlite3_result_null(context);
    case Param::Kind::integer:
      return sqlite3_result_int64(context, param.integer);
    case Param::Kind::text:
      return sqlite3_result_text64(context, bytes, param.bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
    case Param::Kind::blob:
      return sqlite3_result_blob64(context, bytes, param.bytes.size(), SQLITE_STATIC);
  }
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int which) {
  const Cursor& mine = cursor_of(cursor);
  if (which == Column::number) {
    sqlite3_result_int64(context, static_cast<sqlite3_int64>(mine.at));
    return SQLITE_OK;
  }
  const std::vector<Param>& params = (*mine.rows)[mine.at].values();
  const auto index = static_cast<std::size_t>(which);
  if (index < params.size()) show(params[index], context);
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(cursor_of(cursor).at);
  return SQLITE_OK;
}

// No xCreate: a table that is there by itself on every connection.
constexpr sqlite3_module module{
    .iVersion = 0,
    .xConnect = connect,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open,
    .xClose = close,
    .xFilter = filter,
    .xNext = next,
    .xEof = is_at_end,
    .xColumn = column,
    .xRowid = row_id,
};

}  // namespace
}  // namespace each_row

int register_each_row(sqlite3* connection) {
  return sqlite3_create_module_v2(connection, "each_row", &each_row::module, nullptr, nullptr);
}

bool takes_each_row(std::string_view statement) {
  return statement.contains("each_row($1)");
}

int bind_each_row(sqlite3_stmt* statement, int position, const std::vector<Params>& rows) {
  return sqlite3_bind_pointer(statement, position, const_cast<std::vector<Params>*>(&rows),
                              each_row::pointer_type, nullptr);
}

}  // namespace onggi::db::sqlite
