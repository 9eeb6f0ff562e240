#include <bit>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "json/json.h"

namespace onggi::json {
namespace {

std::string again(std::string_view text) {
  return canonical(parse_stored(text));
}

std::string number(double value) {
  std::string out;
  append_number(value, out);
  return out;
}

double finite(std::uint64_t bits) {
  const double value = std::bit_cast<double>(bits);
  return std::isfinite(value) ? value : 0.5;
}

rc::Gen<double> doubles() {
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                   [](std::uint64_t bits) { return finite(bits * 0x9E3779B97F4A7C15u); }),
      rc::gen::arbitrary<double>(),
      rc::gen::element(0.0, -0.0, 1e-308, 5e-324, -5e-324, 0x1p63, -0x1p63, 0x1.fffffffffffffp62,
                       0x1p64, 1e22, 1e23, 1e308, std::numeric_limits<double>::max(),
                       std::numeric_limits<double>::lowest(), 0.1, 9007199254740993.0, 1e21,
                       123456.789));
}

rc::Gen<std::string> strings() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(
          std::vector<std::string>{"a", "b", "Z", "é", "메", "😀", "\"", "\\", "/", "\n", "\x01",
                                   "\x1f", "\x7f", " ", "eight888", "ffffffffffffffff"})),
      [](const std::vector<std::string>& pieces) {
        std::string text;
        for (const std::string& piece : pieces) text += piece;
        return text;
      });
}

// Any of 0 .. count - 1, whatever the size that rapidcheck has come to.
int any_below(int count) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, count));
}

Value any_value(int depth) {
  switch (any_below(depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3:
      return *rc::gen::element<std::int64_t>(INT64_MIN, INT64_MAX, 0, -1);
    case 4:
      return *doubles();
    case 5:
      return Value(*strings());
    case 6: {
      Array array;
      for (int i = any_below(5); i > 0; --i) array.push_back(any_value(depth - 1));
      return array;
    }
    default: {
      Object object;
      for (int i = any_below(6); i > 0; --i) object[*strings()] = any_value(depth - 1);
      return object;
    }
  }
}

TEST(JsonCanonical, members_are_ordered_as_jsonb_orders_them) {
  EXPECT_EQ(again(R"({"bb":1, "a":2, "b":3, "":4, "é":5, "Z":6, "aaa":7})"),
            R"({"":4,"Z":6,"a":2,"b":3,"bb":1,"é":5,"aaa":7})");
  EXPECT_EQ(again(R"([{"b":[],"a":{}}])"), R"([{"a":{},"b":[]}])");
}

TEST(JsonCanonical, numbers_are_positional) {
  EXPECT_EQ(again("[1e3,1.50,1.0,-0.0,-0,1e-7,100,-1.5e2]"), "[1000,1.5,1,0,0,0.0000001,100,-150]");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1e18), "1000000000000000000");
  EXPECT_EQ(number(-0x1p63), "-9223372036854775808");
  EXPECT_EQ(number(0x1p63), "9223372036854776000.0");
  EXPECT_EQ(number(1e23), "100000000000000000000000.0");
  EXPECT_EQ(number(-1.2345e30), "-1234500000000000000000000000000.0");
  EXPECT_EQ(number(1e308), "1" + std::string(308, '0') + ".0");
  EXPECT_EQ(number(5e-324), "0." + std::string(323, '0') + "5");
  EXPECT_EQ(number(std::numeric_limits<double>::lowest()).size(), 312u);
}

TEST(JsonCanonical, what_json_has_no_number_for_is_null) {
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
}

TEST(JsonCanonical, strings_escape_only_what_they_must) {
  std::string out;
  append_quoted("\"\\/\b\f\n\r\t\x01\x1f\x7fé😀", out);
  EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7Fé😀\"");
  for (std::size_t length = 0; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '\x02';
      out.clear();
      append_quoted(text, out);
      EXPECT_EQ(out,
                '"' + std::string(at, 'x') + "\\u0002" + std::string(length - at - 1, 'x') + '"');
    }
  }
}

RC_GTEST_PROP(JsonCanonical, a_value_comes_back_from_its_spelling, ()) {
  const Value value = any_value(3);
  const std::string text = canonical(value);
  const Result<Value> back = parse(text);
  RC_ASSERT(back);
  RC_ASSERT(equal(*back, value));
  RC_ASSERT(canonical(*back) == text);
}

RC_GTEST_PROP(JsonCanonical, a_double_comes_back_from_its_spelling, ()) {
  const double value = *doubles();
  const Value back = parse_stored(number(value));
  RC_ASSERT(back.to_number<double>() == value);
  RC_ASSERT(number(value).find('e') == std::string::npos);
}

RC_GTEST_PROP(JsonCanonical, the_order_of_members_does_not_show, ()) {
  const Value value = Object{{"first", any_value(1)},
                             {"second", any_value(1)},
                             {*strings(), any_value(2)},
                             {*strings(), any_value(2)}};
  Object reversed;
  for (auto member = value.get_object().end(); member != value.get_object().begin();) {
    --member;
    reversed[member->key()] = member->value();
  }
  RC_ASSERT(canonical(reversed) == canonical(value));
  RC_ASSERT(equal(reversed, value));
}

RC_GTEST_PROP(JsonCanonical, its_size_is_known_without_building_it, ()) {
  const Value value = any_value(3);
  const std::size_t size = canonical(value).size();
  RC_ASSERT(canonical_size(value, 1'000'000) == size);
  RC_ASSERT(canonical_size(value, size) == size);
  const std::size_t limit = static_cast<std::size_t>(any_below(static_cast<int>(size) + 1));
  RC_ASSERT((canonical_size(value, limit) > limit) == (size > limit));
}

TEST(JsonCanonical, its_size_is_not_counted_beyond_the_limit) {
  EXPECT_EQ(canonical_size(parse_stored("[1e308,1e308,1e308]"), 400), 401u);
  EXPECT_EQ(canonical_size(Value(std::string(1000, '\x01')), 10), 11u);
}

}  // namespace
}  // namespace onggi::json
