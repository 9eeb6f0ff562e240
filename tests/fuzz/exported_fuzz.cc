// Lines of exports, as `onggi import` takes them.
#include "move/lines.h"
#include "tests/fuzz/fuzz.h"

namespace onggi::fuzz {
namespace {

std::optional<std::string> written_again(std::string_view text) {
  const Result<move::Line> line = move::read_line(text);
  if (!line) return std::nullopt;
  hold(line->texts.size() == line->members.size(), "every member has its text");
  const json::Value* name = line->members.if_contains("table");
  const move::Table* table =
      name != nullptr && name->is_string() ? move::find_table(name->get_string()) : nullptr;
  if (table == nullptr) return std::nullopt;
  db::Rows rows;
  rows.set_columns(static_cast<int>(table->columns.size()));
  const Result<void> row = move::append_row(*table, *line, table->columns.size(), "table", rows);
  if (!row) {
    hold(!row.error().errors.empty(), "a complaint names a field");
    return std::nullopt;
  }
  hold(rows.size() == 1, "a line is a row");
  std::string written;
  move::append_line(*table, rows[0], written);
  written.pop_back();
  return written;
}

}  // namespace

void try_input(std::string_view input) {
  const std::optional<std::string> once = written_again(input);
  if (!once) return;
  hold(once->find('\n') == std::string::npos, "a row is one line");
  hold(written_again(*once) == once, "what was taken is written, and taken, the same");
}

}  // namespace onggi::fuzz
