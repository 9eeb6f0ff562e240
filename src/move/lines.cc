#include "move/lines.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "move/checksum.h"

namespace onggi::move {
namespace {

constexpr std::string_view spaces = " \t\r\n";

// --- out -----------------------------------------------------------------------------------------

void append_value(Type type, const db::Row& row, int at, std::string& out) {
  if (row.is_null(at)) {
    out += "null";
    return;
  }
  switch (type) {
    case Type::id:
      out += '"';
      append_uuid(row.uuid(at), out);
      out += '"';
      return;
    case Type::text:
      json::append_quoted(row.text(at), out);
      return;
    case Type::integer:
      fmt::format_to(std::back_inserter(out), "{}", row.integer(at));
      return;
    case Type::boolean:
      out += row.boolean(at) ? "true" : "false";
      return;
    case Type::time:
      out += '"';
      append_time(row.time(at), out);
      out += '"';
      return;
    case Type::bytes:
      out += '"';
      out += hex(row.text(at));
      out += '"';
      return;
    case Type::json:
      out += row.text(at);
      return;
    case Type::members:
      out += '{';
      out += row.text(at);
      out += '}';
      return;
  }
}

// --- in ------------------------------------------------------------------------------------------

std::size_t end_of_string(std::string_view text, std::size_t quote) {
  std::size_t at = quote + 1;
  while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

// Behind the value that begins at `at`, in an object that is known to be JSON.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  int depth = 0;
  while (true) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    const bool is_end = c == '}' || c == ']';
    if (depth == 0 && (is_end || c == ',')) return at;
    if (c == '{' || c == '[') ++depth;
    if (is_end) --depth;
    ++at;
  }
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text.substr(0, text.find_last_not_of(spaces) + 1);
}

std::vector<std::string_view> values_of(std::string_view text) {
  std::vector<std::string_view> values;
  std::size_t at = text.find('{') + 1;
  while (true) {
    at = text.find_first_of("\"}", at);
    if (text[at] == '}') return values;
    at = text.find(':', end_of_string(text, at)) + 1;
    const std::size_t end = end_of_value(text, at);
    values.push_back(trimmed(text.substr(at, end - at)));
    at = end;
  }
}

// Without what stands between its parts.
std::string compact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::size_t end = end_of_string(text, at);
      out += text.substr(at, end - at);
      at = end;
      continue;
    }
    if (spaces.find(text[at]) == std::string_view::npos) out += text[at];
    ++at;
  }
  return out;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit_of(text[i]);
    const int low = digit_of(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string_view expected_of(Type type) {
  switch (type) {
    case Type::id:
      return "must be a UUID";
    case Type::text:
      return "must be a string";
    case Type::integer:
      return "must be a whole number";
    case Type::boolean:
      return "must be true or false";
    case Type::time:
      return "must be a time of RFC 3339";
    case Type::bytes:
      return "must be bytes in hexadecimal digits";
    case Type::json:
      return "must be JSON";
    case Type::members:
      return "must be an object";
  }
  return {};
}

// False: it is of another type.
bool append_cell(Type type, const json::Value& value, std::string_view text, db::Rows& rows) {
  const bool is_string = value.is_string();
  const std::string_view string = is_string ? std::string_view(value.get_string()) : "";
  switch (type) {
    case Type::id: {
      const std::optional<Uuid> id = Uuid::parse(string);
      if (id) rows.append_bytes(id->view());
      return id.has_value();
    }
    case Type::text:
      if (is_string) rows.append_bytes(string);
      return is_string;
    case Type::integer:
      if (value.is_int64()) rows.append_integer(value.get_int64());
      return value.is_int64();
    case Type::boolean:
      if (value.is_bool()) rows.append_integer(value.get_bool() ? 1 : 0);
      return value.is_bool();
    case Type::time: {
      const std::optional<Time> time = parse_time(string);
      if (time) rows.append_integer(time->ms);
      return time.has_value();
    }
    case Type::bytes: {
      const std::optional<std::string> bytes = from_hex(string);
      if (is_string && bytes) rows.append_bytes(*bytes);
      return is_string && bytes.has_value();
    }
    case Type::json:
      rows.append_bytes(compact(text));
      return true;
    case Type::members: {
      if (!value.is_object()) return false;
      const std::string object = compact(text);
      rows.append_bytes(std::string_view(object).substr(1, object.size() - 2));
      return true;
    }
  }
  return false;
}

}  // namespace

void append_members(const Table& table, const db::Row& row, std::size_t count, std::string& out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ',';
    out += '"';
    out += table.columns[i].name;
    out += "\":";
    append_value(table.columns[i].type, row, static_cast<int>(i), out);
  }
}

void append_line(const Table& table, const db::Row& row, std::string& out) {
  out += "{\"table\":\"";
  out += table.name;
  out += "\",";
  append_members(table, row, table.columns.size(), out);
  out += "}\n";
}

Result<Line> read_line(std::string_view text) {
  Result<json::Value> value = json::parse(text, {}, json::max_enclosed_depth);
  if (!value) return std::unexpected(std::move(value.error()));
  if (!value->is_object()) return invalid("", "must be an object");
  return Line{std::move(value->get_object()), values_of(text)};
}

Result<void> append_row(const Table& table, const Line& line, std::size_t count,
                        std::string_view passed_over, db::Rows& rows) {
  const std::span<const Column> columns = table.columns.first(count);
  for (const auto& member : line.members)
    if (member.key() != passed_over &&
        std::ranges::find(columns, std::string_view(member.key()), &Column::name) == columns.end())
      return invalid(json::pointer_to(member.key()), "is not known");
  for (const Column& column : columns) {
    const auto found = line.members.find(column.name);
    if (found == line.members.end()) return invalid(json::pointer_to(column.name), "is missing");
    const json::Value& value = found->value();
    if (value.is_null() && column.is_nullable) {
      rows.append_null();
      continue;
    }
    const auto at = static_cast<std::size_t>(found - line.members.begin());
    if (!append_cell(column.type, value, line.texts[at], rows))
      return invalid(json::pointer_to(column.name), std::string(expected_of(column.type)));
  }
  return {};
}

}  // namespace onggi::move
