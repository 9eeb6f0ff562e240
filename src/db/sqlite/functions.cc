#include "db/sqlite/functions.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "base/pack.h"
#include "db/place.h"
#include "db/sqlite/each_row.h"
#include "db/sqlite/json_terms.h"

namespace onggi::db::sqlite {
namespace {

constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

std::string_view blob(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void place_of(sqlite3_context* context, int count, sqlite3_value** values) {
  std::string place = db::place_of(Time{sqlite3_value_int64(values[0])}, blob(values[1]));
  if (count == 3)
    append_position(static_cast<std::uint32_t>(sqlite3_value_int64(values[2])), place);
  sqlite3_result_blob(context, place.data(), static_cast<int>(place.size()), SQLITE_TRANSIENT);
}

void position_in(sqlite3_context* context, int, sqlite3_value** values) {
  const auto position = db::position_in(blob(values[0]));
  if (position) sqlite3_result_int64(context, *position);
}

// The text of content or metadata of a memory, compressed or not.
void unpacked(sqlite3_context* context, int, sqlite3_value** values) {
  try {
    const std::string_view bytes = blob(values[0]);
    if (!is_packed(bytes)) return sqlite3_result_value(context, values[0]);
    const std::string text = unpack(bytes);
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const std::exception& failure) {
    sqlite3_result_error(context, failure.what(), -1);
  }
}

void packed(sqlite3_context* context, int, sqlite3_value** values) {
  const std::string bytes = pack(blob(values[0]));
  if (is_packed(bytes))
    sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  else
    sqlite3_result_text64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// Bytes that were moved here, as they are kept: a text is one.
void kept_text(sqlite3_context* context, int, sqlite3_value** values) {
  const std::string_view bytes = blob(values[0]);
  if (sqlite3_value_type(values[0]) == SQLITE_NULL || is_packed(bytes))
    sqlite3_result_value(context, values[0]);
  else
    sqlite3_result_text64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// Whose memory it is and as what it expires.
void memory_scope(sqlite3_context* context, int, sqlite3_value** values) {
  const std::string scope =
      db::memory_scope(blob(values[0]), db::memory_life(sqlite3_value_int64(values[1])));
  sqlite3_result_blob(context, scope.data(), static_cast<int>(scope.size()), SQLITE_TRANSIENT);
}

void result(sqlite3_context* context, std::string_view bytes) {
  sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

void memory_term(sqlite3_context* context, int, sqlite3_value** values) {
  result(context, db::memory_term(blob(values[0]), blob(values[1])));
}

void memory_span_end(sqlite3_context* context, int, sqlite3_value** values) {
  result(context, db::memory_span_end(blob(values[0])));
}

}  // namespace

int register_functions(sqlite3* connection) {
  const auto add = [connection](const char* name, int arguments, auto* function) {
    return sqlite3_create_function_v2(connection, name, arguments, flags, nullptr, function,
                                      nullptr, nullptr, nullptr);
  };
  for (const int code :
       {add("place_of", 2, place_of), add("place_of", 3, place_of),
        add("position_in", 1, position_in), add("unpacked", 1, unpacked), add("packed", 1, packed),
        add("kept_text", 1, kept_text), add("memory_scope", 2, memory_scope),
        add("memory_term", 2, memory_term), add("memory_span_end", 1, memory_span_end),
        register_json_terms(connection), register_each_row(connection)})
    if (code != SQLITE_OK) return code;
  return SQLITE_OK;
}

}  // namespace onggi::db::sqlite
