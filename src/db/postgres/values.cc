#include "db/postgres/values.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

namespace onggi::db::postgres {
namespace {

// catalog/pg_type.dat of PostgreSQL; these numbers never change.
enum Type : Oid {
  boolean = 16,
  bytes = 17,
  name = 19,
  int8 = 20,
  int2 = 21,
  int4 = 23,
  text = 25,
  varchar = 1043,
  timestamptz = 1184,
  nothing = 2278,  // of a function that returns void
  uuid = 2950,
  jsonb = 3802,
};
struct ArrayType {
  Oid array;
  Oid element;
};
constexpr std::array<ArrayType, 9> array_types{{{1000, boolean},
                                                {1001, bytes},
                                                {1005, int2},
                                                {1007, int4},
                                                {1016, int8},
                                                {1009, text},
                                                {1185, timestamptz},
                                                {2951, uuid},
                                                {3807, jsonb}}};

constexpr std::int64_t epoch_2000_ms = 946'684'800'000;
constexpr std::size_t uuid_bytes = 16;
constexpr char jsonb_version = 1;

Oid element_of(Oid array) {
  for (const ArrayType& type : array_types)
    if (type.array == array) return type.element;
  return InvalidOid;
}

template <class T>
void append_big_endian(T value, std::string& out) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (int shift = (static_cast<int>(sizeof(T)) - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(bits >> shift & 0xFF);
}

template <class T>
T big_endian(const char* at) {
  std::make_unsigned_t<T> bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    bits = static_cast<std::make_unsigned_t<T>>(bits << 8 | static_cast<std::uint8_t>(at[i]));
  return static_cast<T>(bits);
}

std::int64_t integer_of(const Param& param, Oid type, std::int64_t least, std::int64_t most) {
  if (param.kind != Param::Kind::integer || param.integer < least || param.integer > most)
    throw std::logic_error(fmt::format("a parameter of type {} is given another value", type));
  return param.integer;
}

template <class T>
void append_integer(const Param& param, Oid type, std::string& out) {
  append_big_endian(static_cast<T>(integer_of(param, type, std::numeric_limits<T>::min(),
                                              std::numeric_limits<T>::max())),
                    out);
}

std::string_view text_of(const Param& param, Oid type) {
  if (param.kind != Param::Kind::text && param.kind != Param::Kind::blob)
    throw std::logic_error(fmt::format("a parameter of type {} is given a number", type));
  return param.bytes;
}

// Whether the value's bytes are sent as they are.
bool is_plain(const Param& param, Oid type) {
  return type == text || type == varchar || type == bytes || type == name ||
         (type == uuid && param.bytes.size() == uuid_bytes);
}

void append_value(const Param& param, Oid type, std::string& out) {
  switch (type) {
    case boolean:
      out += static_cast<char>(integer_of(param, type, 0, 1));
      return;
    case int2:
      return append_integer<std::int16_t>(param, type, out);
    case int4:
      return append_integer<std::int32_t>(param, type, out);
    case int8:
      return append_integer<std::int64_t>(param, type, out);
    case timestamptz: {
      constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'000;
      const std::int64_t ms = integer_of(param, type, -most, most);
      return append_big_endian((ms - epoch_2000_ms) * 1'000, out);
    }
    case uuid: {
      // Of another length it is a place between ids, of a cursor.
      const std::string_view id = text_of(param, type).substr(0, uuid_bytes);
      out += id;
      out.append(uuid_bytes - id.size(), '\0');
      return;
    }
    case jsonb:
      out += jsonb_version;
      out += text_of(param, type);
      return;
    case text:
    case varchar:
    case name:
    case bytes:
      out += text_of(param, type);
      return;
    default:
      throw std::logic_error(fmt::format("a parameter is of type {}, which nothing here is", type));
  }
}

void append_element(const Param& param, Oid type, std::string& out) {
  if (param.kind == Param::Kind::null) return append_big_endian(std::int32_t{-1}, out);
  const std::size_t length_at = out.size();
  append_big_endian(std::int32_t{0}, out);
  append_value(param, type, out);
  std::string length;
  append_big_endian(static_cast<std::int32_t>(out.size() - length_at - sizeof(std::int32_t)),
                    length);
  out.replace(length_at, length.size(), length);
}

void append_array_head(std::size_t elements, Oid type, std::string& out) {
  append_big_endian(std::int32_t{elements == 0 ? 0 : 1}, out);  // dimensions
  append_big_endian(std::int32_t{1}, out);                      // there may be nulls
  append_big_endian(static_cast<std::int32_t>(type), out);
  if (elements == 0) return;
  append_big_endian(static_cast<std::int32_t>(elements), out);
  append_big_endian(std::int32_t{1}, out);  // the first one's index
}

void append_cell(Oid type, std::string_view value, Rows& rows) {
  switch (type) {
    case boolean:
      return rows.append_integer(value[0] != 0);
    case int2:
      return rows.append_integer(big_endian<std::int16_t>(value.data()));
    case int4:
      return rows.append_integer(big_endian<std::int32_t>(value.data()));
    case int8:
      return rows.append_integer(big_endian<std::int64_t>(value.data()));
    case timestamptz: {
      const auto us = big_endian<std::int64_t>(value.data());
      const std::int64_t ms = us >= 0 ? us / 1'000 : (us - 999) / 1'000;
      return rows.append_integer(ms + epoch_2000_ms);
    }
    case jsonb: {
      std::string canonical;
      append_without_spaces(value.substr(1), canonical);
      return rows.append_bytes(canonical);
    }
    case nothing:
      return rows.append_null();
    case text:
    case varchar:
    case name:
    case bytes:
    case uuid:
      return rows.append_bytes(value);
    default:
      throw std::logic_error(fmt::format("a column is of type {}, which nothing here is", type));
  }
}

}  // namespace

bool is_array(Oid type) {
  return element_of(type) != InvalidOid;
}

void Values::push(Place place, std::size_t length) {
  places_.push_back(place);
  lengths_.push_back(static_cast<int>(length));
  formats_.push_back(1);
}

void Values::add(const Param& param, Oid type) {
  if (param.kind == Param::Kind::null) return push({nullptr, 0, true}, 0);
  const std::size_t begin = buffer_.size();
  if (const Oid element = element_of(type); element != InvalidOid) {
    if (param.kind != Param::Kind::texts)
      throw std::logic_error("a parameter that is an array is given a single value");
    append_array_head(param.texts->size(), element, buffer_);
    for (const std::string& one : *param.texts)
      append_element({Param::Kind::text, {}, one}, element, buffer_);
  } else if (is_plain(param, type)) {
    const std::string_view value = text_of(param, type);
    return push({value.empty() ? "" : value.data(), 0, false}, value.size());
  } else {
    append_value(param, type, buffer_);
  }
  push({nullptr, begin, false}, buffer_.size() - begin);
}

void Values::add_column(std::span<const Params> rows, std::size_t param, Oid type) {
  const Oid element = element_of(type);
  const std::size_t begin = buffer_.size();
  append_array_head(rows.size(), element, buffer_);
  for (const Params& row : rows) append_element(row.values().at(param), element, buffer_);
  push({nullptr, begin, false}, buffer_.size() - begin);
}

void Values::seal() {
  pointers_.clear();
  for (const Place& place : places_) {
    if (place.is_null)
      pointers_.push_back(nullptr);
    else
      pointers_.push_back(place.outside != nullptr ? place.outside : buffer_.data() + place.offset);
  }
}

std::size_t append_rows(const PGresult* result, Rows& rows) {
  const int columns = PQnfields(result);
  const int count = PQntuples(result);
  if (rows.columns() == 0) rows.set_columns(columns);
  std::size_t bytes_taken = 0;
  for (int row = 0; row < count; ++row)
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        rows.append_null();
        continue;
      }
      const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
      append_cell(PQftype(result, column), {PQgetvalue(result, row, column), length}, rows);
      bytes_taken += length;
    }
  return bytes_taken;
}

void append_without_spaces(std::string_view spelled, std::string& out) {
  out.reserve(out.size() + spelled.size());
  bool in_string = false;
  for (std::size_t i = 0; i < spelled.size(); ++i) {
    const char c = spelled[i];
    if (in_string && c == '\\') {
      out += c;
      out += spelled[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (in_string || c != ' ') out += c;
  }
}

}  // namespace onggi::db::postgres
