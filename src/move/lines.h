// Rows as lines of JSON and back: docs/export-format.md.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "db/rows.h"
#include "json/json.h"
#include "move/tables.h"

namespace onggi::move {

// The members of a row's first `count` columns: "id":"...","name":"..." without braces.
void append_members(const Table& table, const db::Row& row, std::size_t count, std::string& out);

// {"table":"agents",...} and the end of the line.
void append_line(const Table& table, const db::Row& row, std::string& out);

// A line's JSON with the text of each member's value, in the order in which they stand.
struct Line {
  json::Object members;
  std::vector<std::string_view> texts;  // views into the line
};

// An object; else what is wrong, with a pointer.
Result<Line> read_line(std::string_view text);

// Appends the row that the line holds in its first `count` columns; 422 names the field: one that
// is missing, of another type, or unknown. `passed_over` is a member that is no column.
Result<void> append_row(const Table& table, const Line& line, std::size_t count,
                        std::string_view passed_over, db::Rows& rows);

}  // namespace onggi::move
