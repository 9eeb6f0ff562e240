#include "model/encode.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "json/json.h"

namespace onggi::model {
namespace {

void append_value(const Field& field, void* at, std::string& out);

template <class T>
const T* present(const Field& field, const void* at) {
  if (!field.nullable) return static_cast<const T*>(at);
  const auto& maybe = *static_cast<const std::optional<T>*>(at);
  return maybe ? &*maybe : nullptr;
}

template <class T, class Append>
void append_or_null(const Field& field, const void* at, std::string& out, Append append) {
  const T* value = present<T>(field, at);
  if (value == nullptr)
    out += "null";
  else
    append(*value);
}

void append_quoted_plain(std::string_view text, std::string& out) {
  out += '"';
  out += text;
  out += '"';
}

void append_list(const Field& field, void* at, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < field.list.size(at); ++i) {
    if (i != 0) out += ',';
    append_object(*field.shape, field.list.at(at, i), out);
  }
  out += ']';
}

void append_value(const Field& field, void* at, std::string& out) {
  switch (field.type) {
    case Type::text:
      return append_or_null<std::string>(
          field, at, out, [&](const std::string& text) { json::append_quoted(text, out); });
    case Type::integer:
      return append_or_null<std::int64_t>(field, at, out, [&](std::int64_t value) {
        fmt::format_to(std::back_inserter(out), FMT_STRING("{}"), value);
      });
    case Type::boolean:
      return append_or_null<bool>(field, at, out,
                                  [&](bool value) { out += value ? "true" : "false"; });
    case Type::uuid:
      return append_or_null<Uuid>(field, at, out, [&](const Uuid& id) {
        out += '"';
        append_uuid(id, out);
        out += '"';
      });
    case Type::time:
      return append_or_null<Time>(field, at, out, [&](Time time) {
        out += '"';
        append_time(time, out);
        out += '"';
      });
    case Type::money:
      return append_or_null<Money>(field, at, out, [&](Money money) { append_money(money, out); });
    case Type::choice:
      return append_or_null<std::uint8_t>(field, at, out, [&](std::uint8_t value) {
        append_quoted_plain(field.names[value], out);
      });
    case Type::object:
    case Type::any:
      return append_or_null<Document>(field, at, out,
                                      [&](const Document& document) { out += document.text; });
    case Type::numbers:
      return append_or_null<std::vector<float>>(
          field, at, out, [&](const std::vector<float>& numbers) { append_numbers(numbers, out); });
    case Type::record:
      return append_object(*field.shape, *static_cast<Record*>(at), out);
    case Type::list:
      return append_list(field, at, out);
    case Type::embedded:
      return;
  }
}

}  // namespace

void append_members(const Shape& shape, Record& record, View view, std::string& out) {
  bool first = true;
  for (const Field& field : shape.fields) {
    const bool in_view = view == View::whole || field.is_heavy == (view == View::heavy);
    if (!in_view || field.type == Type::embedded || field.is_write_only) continue;
    if (!first) out += ',';
    first = false;
    append_quoted_plain(field.name, out);
    out += ':';
    append_value(field, field.member(record), out);
  }
}

void append_object(const Shape& shape, Record& record, std::string& out) {
  out += '{';
  append_members(shape, record, View::whole, out);
  out += '}';
}

std::string to_json(const Shape& shape, Record& record) {
  std::string out;
  append_object(shape, record, out);
  return out;
}

void append_numbers(std::span<const float> numbers, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i != 0) out += ',';
    // 1.5e-45 has 45 zeros behind its point, 3.4e38 39 digits.
    std::array<char, 80> digits;
    const float number = numbers[i] == 0 ? 0.0F : numbers[i];
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                   std::chars_format::fixed);
    out.append(digits.data(), end.ptr);
    if (std::fabs(number) >= 9.2e18F) out += ".0";  // it does not read back as an integer
  }
  out += ']';
}

void append_money(Money money, std::string& out) {
  // Without its sign: the least has no positive counterpart, and a fraction none of its own.
  constexpr auto unit = static_cast<std::uint64_t>(nanos_per_dollar);
  auto nanos = static_cast<std::uint64_t>(money.nanos);
  if (money.nanos < 0) {
    out += '-';
    nanos = 0 - nanos;
  }
  fmt::format_to(std::back_inserter(out), FMT_STRING("{}"), nanos / unit);
  const std::uint64_t fraction = nanos % unit;
  if (fraction == 0) return;
  fmt::format_to(std::back_inserter(out), FMT_STRING(".{:09}"), fraction);
  out.resize(out.find_last_not_of('0') + 1);
}

}  // namespace onggi::model
