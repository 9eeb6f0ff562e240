#include "db/sqlite/json_terms.h"

#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <boost/json/monotonic_resource.hpp>

#include "json/json.h"
#include "json/terms.h"

namespace onggi::db::sqlite {
namespace {

// The columns of the table that SQLite sees: the term, then the arguments, hidden.
enum Column : int { term, document, members, scope, most };
constexpr const char* declaration =
    "create table x(term blob, document hidden, members hidden, scope hidden, most hidden)";
constexpr int arguments = 4;
constexpr unsigned all_arguments = (1U << arguments) - 1;

struct Cursor : sqlite3_vtab_cursor {
  std::vector<json::Term> terms;
  std::size_t at = 0;
};

Cursor& cursor_of(sqlite3_vtab_cursor* cursor) {
  return *static_cast<Cursor*>(cursor);
}

std::string_view bytes_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

std::vector<std::string_view> split(std::string_view names) {
  std::vector<std::string_view> each;
  for (std::size_t at = 0; at <= names.size();) {
    const std::size_t end = std::min(names.find(',', at), names.size());
    each.push_back(names.substr(at, end - at));
    at = end + 1;
  }
  return each;
}

std::vector<json::Term> terms_of(sqlite3_value** values) {
  std::array<unsigned char, 16'384> buffer;
  boost::json::monotonic_resource memory(buffer.data(), buffer.size());
  const json::Value parsed = json::parse_stored(bytes_of(values[0]), &memory);
  if (!parsed.is_object()) throw std::runtime_error("the document of json_terms() is no object");
  return json::document_terms(parsed.get_object(), split(bytes_of(values[1])), bytes_of(values[2]),
                              static_cast<std::size_t>(sqlite3_value_int64(values[3])));
}

int connect(sqlite3* connection, void*, int, const char* const*, sqlite3_vtab** table, char**) {
  const int code = sqlite3_declare_vtab(connection, declaration);
  if (code != SQLITE_OK) return code;
  sqlite3_vtab_config(connection, SQLITE_VTAB_INNOCUOUS);
  *table = new sqlite3_vtab{};
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete table;
  return SQLITE_OK;
}

// All arguments, in their order; a plan that cannot give them is none.
int best_index(sqlite3_vtab*, sqlite3_index_info* info) {
  unsigned given = 0;
  for (int i = 0; i < info->nConstraint; ++i) {
    const auto& constraint = info->aConstraint[i];
    if (constraint.iColumn < Column::document || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ)
      continue;
    if (constraint.usable == 0) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[i].argvIndex = constraint.iColumn;
    info->aConstraintUsage[i].omit = 1;
    given |= 1U << (constraint.iColumn - Column::document);
  }
  if (given != all_arguments) return SQLITE_CONSTRAINT;
  info->estimatedCost = 50;
  info->estimatedRows = 50;
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = new Cursor{};
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete &cursor_of(cursor);
  return SQLITE_OK;
}

// Exceptions must not pass through SQLite's C.
int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value** values) {
  Cursor& mine = cursor_of(cursor);
  mine.at = 0;
  try {
    mine.terms = terms_of(values);
    return SQLITE_OK;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception& error) {
    cursor->pVtab->zErrMsg = sqlite3_mprintf("json_terms: %s", error.what());
    return SQLITE_ERROR;
  }
}

int next(sqlite3_vtab_cursor* cursor) {
  ++cursor_of(cursor).at;
  return SQLITE_OK;
}

int is_at_end(sqlite3_vtab_cursor* cursor) {
  return cursor_of(cursor).at >= cursor_of(cursor).terms.size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int which) {
  if (which != Column::term) return SQLITE_OK;
  const Cursor& mine = cursor_of(cursor);
  const json::Term& shown = mine.terms[mine.at];
  sqlite3_result_blob(context, shown.data(), static_cast<int>(shown.size()), SQLITE_TRANSIENT);
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

int register_json_terms(sqlite3* connection) {
  return sqlite3_create_module_v2(connection, "json_terms", &module, nullptr, nullptr);
}

}  // namespace onggi::db::sqlite
