#include <algorithm>

#include "json/json.h"

namespace onggi::json {
namespace {

bool is_container(const Value& value) {
  return value.is_object() || value.is_array();
}

bool nested_contains(const Value& value, const Value& filter);

bool has_members(const Object& value, const Object& filter) {
  if (value.size() < filter.size()) return false;
  return std::ranges::all_of(filter, [&](const auto& wanted) {
    const Value* const there = value.if_contains(wanted.key());
    return there != nullptr && nested_contains(*there, wanted.value());
  });
}

bool has_element(const Array& value, const Value& wanted) {
  return std::ranges::any_of(value,
                             [&](const Value& there) { return nested_contains(there, wanted); });
}

bool has_elements(const Array& value, const Array& filter) {
  return std::ranges::all_of(filter,
                             [&](const Value& wanted) { return has_element(value, wanted); });
}

bool nested_contains(const Value& value, const Value& filter) {
  if (filter.is_object())
    return value.is_object() && has_members(value.get_object(), filter.get_object());
  if (filter.is_array())
    return value.is_array() && has_elements(value.get_array(), filter.get_array());
  return equal(value, filter);
}

}  // namespace

bool contains(const Value& value, const Value& filter) {
  if (value.is_array() && !is_container(filter)) return has_element(value.get_array(), filter);
  return nested_contains(value, filter);
}

}  // namespace onggi::json
