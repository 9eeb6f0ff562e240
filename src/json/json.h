// JSON as onggi takes it in and gives it out.
//
// In: strict RFC 8259, UTF-8, at most `max_depth` deep. Integers are 64-bit, other numbers finite
// doubles; duplicate members, U+0000, lone surrogates and numbers out of range are told apart from
// plain syntax errors and name their place.
//
// Out: one canonical spelling, on every store: no spaces; members ordered as PostgreSQL's jsonb
// orders them (shorter keys first, then bytewise UTF-8); numbers positional, without exponent (1e3
// is 1000, 1.50 is 1.5, 1.0 is 1, -0.0 is 0); a double without fraction that does not fit 64 bits
// keeps ".0", so that it reads back as a double; strings escape only what RFC 8259 demands
// (\" \\ \b \f \n \r \t, other controls as \u00xx).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/error.h"

namespace onggi::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

inline constexpr std::size_t max_depth = 100;
// What encloses documents (a batch, a page with its steps) adds a few levels to theirs.
inline constexpr std::size_t max_enclosed_depth = max_depth + 8;

// Errors: Code::malformed (400) for what is not JSON, not UTF-8 or too deep, with line and column
// in the detail; Code::invalid (422) for duplicate members, U+0000 (in keys as well), lone
// surrogates and numbers out of range, naming the JSON pointer of the place (of the object, for a
// wrong name; of what encloses it, where it would be over 1,000 bytes). Also invalid are objects
// whose names were made to collide in Boost.JSON's hash tables. What the parser meets first
// decides; duplicates are looked for last. `storage` (say, a boost::json::monotonic_resource of the
// request) must outlive the value. Linear time and space in text.size().
// `depth` is how deep it may be, at most max_enclosed_depth.
Result<Value> parse(std::string_view text, boost::json::storage_ptr storage = {},
                    std::size_t depth = max_depth);

// Parses what onggi itself wrote and stored. Throws std::runtime_error if it is not JSON: the store
// is damaged.
Value parse_stored(std::string_view text, boost::json::storage_ptr storage = {});

// The canonical spelling.
void append_canonical(const Value& value, std::string& out);
std::string canonical(const Value& value);
// The length that append_canonical would add, found without building it; `limit` + 1 if it is more
// than `limit`. Numbers grow in canonical form (1e308 becomes 309 digits), so whoever accepts
// documents checks this first.
std::size_t canonical_size(const Value& value, std::size_t limit);

void append_quoted(std::string_view text, std::string& out);
// NaN and infinities, which parse() never gives, become null.
void append_number(double number, std::string& out);

// Appends `token` to a JSON pointer, escaped as RFC 6901 asks.
void append_pointer(std::string& pointer, std::string_view token);
void append_pointer(std::string& pointer, std::size_t index);
// The JSON pointer of a member of the whole.
std::string pointer_to(std::string_view member);

// RFC 7396, in place.
void merge_patch(Value& target, const Value& patch);

// Equal as JSON: objects whatever their order, 1 equal to 1.0.
bool equal(const Value& left, const Value& right);

// PostgreSQL's `value @> filter` (its manual, "jsonb Containment and Existence"): an object holds
// every member of the filter's, an array every element of the filter's in any place and number,
// nested alike, and a value equals itself; an array alone, and only the outermost, also contains
// what it has as an element. Time: elements of the filter times those of the value, where both are
// arrays.
bool contains(const Value& value, const Value& filter);

}  // namespace onggi::json
