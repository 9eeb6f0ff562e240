#include <cmath>

#include "json/json.h"

namespace onggi::json {
namespace {

// The number as an integer, if it is one that fits; a double's integers are told exactly.
template <class Integer>
bool as_integer(double number, Integer& out) {
  constexpr double low = std::is_signed_v<Integer> ? -0x1p63 : 0;
  constexpr double high = std::is_signed_v<Integer> ? 0x1p63 : 0x1p64;
  if (!(number >= low && number < high) || std::trunc(number) != number) return false;
  out = static_cast<Integer>(number);
  return true;
}

bool same_number(const Value& left, const Value& right) {
  if (left.is_double() && right.is_double()) return left.get_double() == right.get_double();
  if (left.is_double()) return same_number(right, left);
  if (right.is_double()) {
    std::int64_t number = 0;
    std::uint64_t large = 0;
    if (left.is_int64())
      return as_integer(right.get_double(), number) && number == left.get_int64();
    return as_integer(right.get_double(), large) && large == left.get_uint64();
  }
  if (left.is_int64() && right.is_int64()) return left.get_int64() == right.get_int64();
  if (left.is_uint64() && right.is_uint64()) return left.get_uint64() == right.get_uint64();
  if (left.is_int64()) return std::cmp_equal(left.get_int64(), right.get_uint64());
  return std::cmp_equal(left.get_uint64(), right.get_int64());
}

bool same_members(const Object& left, const Object& right) {
  if (left.size() != right.size()) return false;
  for (const auto& [name, value] : left) {
    const Value* const other = right.if_contains(name);
    if (!other || !equal(value, *other)) return false;
  }
  return true;
}

bool same_elements(const Array& left, const Array& right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equal(left[i], right[i])) return false;
  }
  return true;
}

}  // namespace

bool equal(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) return same_number(left, right);
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case boost::json::kind::object:
      return same_members(left.get_object(), right.get_object());
    case boost::json::kind::array:
      return same_elements(left.get_array(), right.get_array());
    case boost::json::kind::string:
      return left.get_string() == right.get_string();
    case boost::json::kind::bool_:
      return left.get_bool() == right.get_bool();
    default:
      return true;  // null
  }
}

}  // namespace onggi::json
