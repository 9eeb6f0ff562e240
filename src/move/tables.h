// Every table that belongs to the platform, as it is moved: what is kept of it on both stores. What
// a store derives for itself is left out: it comes about anew where the rows arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "db/params.h"
#include "db/rows.h"
#include "db/statement.h"

namespace onggi::move {

enum class Type : std::uint8_t {
  id,  // 16 bytes of a UUID
  text,
  integer,
  boolean,
  time,
  bytes,
  json,     // a document as it is spelled
  members,  // an object's members without its braces
};

// Whether a cell of it is an integer; else it is bytes.
constexpr bool is_number(Type type) {
  return type == Type::integer || type == Type::boolean || type == Type::time;
}

inline constexpr bool nullable = true;

struct Column {
  std::string_view name;
  Type type;
  bool is_nullable = false;
};

struct Table {
  std::string_view name;
  std::size_t key_columns;  // that many, the first ones; rows are read in their order
  std::span<const Column> columns;
  const db::Statement* read;    // takes the key behind which it begins
  const db::Statement* insert;  // takes the columns
};

// In an order in which references hold.
std::span<const Table> tables();
// Null if there is none of that name.
const Table* find_table(std::string_view name);

// A row's columns as parameters, the first `count` of them. Views into the row.
db::Params params_of(const Table& table, const db::Row& row, std::size_t count);
// A key before all keys.
db::Params least_key(const Table& table);

}  // namespace onggi::move
