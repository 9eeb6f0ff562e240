// From records to JSON, by their field lists.
#pragma once

#include <string>

#include "model/field.h"

namespace onggi::model {

enum class View : std::uint8_t {
  item,   // as in a list: without heavy fields
  heavy,  // the heavy fields alone
  whole,  // both
};

// Appends the members, "name":value,..., without braces and without what is embedded or write-only.
// Absent values are null. Nothing is appended where the view holds no field.
void append_members(const Shape& shape, Record& record, View view, std::string& out);

// The whole as an object.
void append_object(const Shape& shape, Record& record, std::string& out);
std::string to_json(const Shape& shape, Record& record);

// A JSON array, each number as short as 32 bits allow.
void append_numbers(std::span<const float> numbers, std::string& out);

// A decimal number of dollars with as many decimals as it needs.
void append_money(Money money, std::string& out);

}  // namespace onggi::model
