#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include <boost/json/monotonic_resource.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "json/json.h"

namespace onggi::json {
namespace {

// "422 /pointer: message", "400 detail", or the canonical spelling.
std::string outcome(std::string_view text) {
  const Result<Value> value = parse(text);
  if (value) return canonical(*value);
  const Error& error = value.error();
  if (error.code == Code::malformed) return "400 " + error.detail;
  EXPECT_EQ(error.code, Code::invalid);
  if (error.errors.size() != 1) return "not one field";
  return "422 " + error.errors[0].field + ": " + error.errors[0].message;
}

bool is_malformed(std::string_view text) {
  return outcome(text).starts_with("400 Not valid JSON at line ");
}

const std::string out_of_range =
    ": the number is out of range: integers have 64 bits, others are finite doubles";
const std::string zero_character = ": the character U+0000 is not allowed";
const std::string half_pair = ": half of a surrogate pair is not allowed";
const std::string twice = ": the member appears twice";

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(JsonParse, values_of_every_kind_are_read) {
  EXPECT_EQ(outcome(" \t\r\n{\"a\" : [ null , true,false, 1,-2 , 1.5,\"x\" ] } \n"),
            R"({"a":[null,true,false,1,-2,1.5,"x"]})");
  EXPECT_EQ(outcome("7"), "7");
  EXPECT_EQ(outcome("\"\""), "\"\"");
  EXPECT_EQ(outcome(R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00")"), R"("\"\\/\b\f\n\r\té😀")");
}

TEST(JsonParse, what_is_not_json_is_malformed) {
  for (const char* text : {"",          " ",           "{",
                           "[1,]",      "{\"a\":1,}",  "{a:1}",
                           "'a'",       "[1 2]",       "{} {}",
                           "[]x",       "01",          "+1",
                           ".5",        "1.",          "1e",
                           "-",         "0x10",        "NaN",
                           "Infinity",  "-Infinity",   "nul",
                           "True",      "\"a",         "\"\\x\"",
                           "\"\\u12\"", "\"\\u12G4\"", "// c\n1",
                           "/* c */ 1", "[1] // c",    "\"a\nb\"",
                           "\"a\tb\"",  "\"\x01\"",    "\xEF\xBB\xBF{}",
                           "\xA0\x31",  "{\"a\"}",     "{1:2}",
                           "[",         "]",           "{\"a\":1 \"b\":2}"}) {
    EXPECT_TRUE(is_malformed(text)) << text << " -> " << outcome(text);
  }
  EXPECT_TRUE(is_malformed(std::string_view("1\0", 2)));
  EXPECT_TRUE(is_malformed(std::string_view("\"\0\"", 3)));
  EXPECT_TRUE(is_malformed(std::string_view()));
}

TEST(JsonParse, invalid_utf8_is_malformed) {
  for (const char* bytes : {"\x80", "\xFF", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80",
                            "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80"}) {
    EXPECT_TRUE(is_malformed("\"a" + std::string(bytes) + "\""));
    EXPECT_TRUE(is_malformed("{\"\\n" + std::string(bytes) + "\":1}"));
    EXPECT_TRUE(is_malformed("\"" + std::string(bytes)));
  }
}

TEST(JsonParse, a_syntax_error_names_line_and_column) {
  EXPECT_EQ(outcome(""), "400 Not valid JSON at line 1, column 1: the text ends too early.");
  EXPECT_EQ(outcome("{\n  \"é\": 1,\n  \"é\" 2}"),
            "400 Not valid JSON at line 3, column 7: unexpected character.");
  EXPECT_EQ(outcome("[1]]"), "400 Not valid JSON at line 1, column 4: unexpected character.");
  EXPECT_EQ(outcome("[\"a\x01\"]"),
            "400 Not valid JSON at line 1, column 4: control characters must be escaped.");
  EXPECT_EQ(outcome("\xEF\xBB\xBF[]"),
            "400 Not valid JSON at line 1, column 1: a byte order mark is not allowed.");
  EXPECT_EQ(outcome("[1,\n2"), "400 Not valid JSON at line 2, column 2: the text ends too early.");
}

TEST(JsonParse, a_hundred_levels_are_the_deepest) {
  EXPECT_EQ(outcome(nested(100)), nested(100));
  EXPECT_TRUE(outcome(nested(101)).ends_with(": nested deeper than 100 levels."));
  EXPECT_TRUE(is_malformed(std::string(5'000'000, '[')));
}

TEST(JsonParse, integers_have_64_bits) {
  EXPECT_EQ(outcome("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(outcome("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(outcome("-0"), "0");
  EXPECT_EQ(outcome("9223372036854775808"), "422 " + out_of_range);
  EXPECT_EQ(outcome("[0,{\"n\":-9223372036854775809}]"), "422 /1/n" + out_of_range);
  EXPECT_EQ(outcome("[18446744073709551615]"), "422 /0" + out_of_range);
  EXPECT_EQ(outcome("{\"a/b~\":[[],18446744073709551616 ]}"), "422 /a~1b~0/1" + out_of_range);
  EXPECT_EQ(outcome("1" + std::string(1'000'000, '0')), "422 " + out_of_range);
}

TEST(JsonParse, other_numbers_are_finite_doubles) {
  EXPECT_EQ(outcome("1e3"), "1000");
  EXPECT_EQ(outcome("1.7976931348623157e308").size(), 311u);
  EXPECT_EQ(outcome("1e309"), "422 " + out_of_range);
  EXPECT_EQ(outcome("[-1e400]"), "422 /0" + out_of_range);
  EXPECT_EQ(outcome("[1.8e308,2]"), "422 /0" + out_of_range);
  EXPECT_EQ(outcome("1e99999999999999999999"), "422 " + out_of_range);
  EXPECT_EQ(outcome("1e-400"), "0");
  EXPECT_EQ(outcome("-1e-2147483647"), "0");
  EXPECT_EQ(outcome("0e400"), "0");
  EXPECT_EQ(outcome("0.0e2147483647"), "0");
  EXPECT_EQ(outcome("0." + std::string(400, '0') + "1e401"), "1");
  EXPECT_EQ(outcome("1" + std::string(400, '0') + "e-400"), "1");
  EXPECT_EQ(outcome("1" + std::string(400, '0') + ".0"), "422 " + out_of_range);
  EXPECT_EQ(outcome("0." + std::string(1'000'000, '3')), "0.3333333333333333");
}

RC_GTEST_PROP(JsonParse, doubles_are_rounded_exactly, ()) {
  const auto digits = [](int most) {
    return rc::gen::container<std::string>(static_cast<std::size_t>(*rc::gen::inRange(1, most)),
                                           rc::gen::inRange('0', ':'));
  };
  const bool negative = *rc::gen::arbitrary<bool>();
  std::string text = (negative ? "-" : "") + std::to_string(*rc::gen::inRange(0, 1000)) + '.' +
                     *digits(*rc::gen::element(8, 25));
  if (*rc::gen::arbitrary<bool>())
    text += (*rc::gen::arbitrary<bool>() ? "e" : "E") +
            std::to_string(*rc::gen::resize(rc::kNominalSize, rc::gen::inRange(-330, 300)));
  const Result<Value> value = parse(text + " ");
  RC_ASSERT(value);
  RC_ASSERT(value->get_double() == std::strtod(text.c_str(), nullptr));
}

TEST(JsonParse, duplicate_members_are_invalid_and_named) {
  EXPECT_EQ(outcome(R"({"a":1,"a":2})"), "422 /a" + twice);
  EXPECT_EQ(outcome(R"({"x":[{},{"é/":{"a":1,"b":2,"\u0061":3}}]})"), "422 /x/1/é~1/a" + twice);
  EXPECT_EQ(outcome(R"({"":1,"":2})"), "422 /" + twice);
  EXPECT_EQ(outcome(R"([{"a":1},{"a":2}])"), R"([{"a":1},{"a":2}])");
  EXPECT_EQ(outcome(R"({"a":{"a":{"a":1}}})"), R"({"a":{"a":{"a":1}}})");
  std::string many = "{\"last\":0";
  for (int i = 0; i < 100'000; ++i)
    many += ",\"key" + std::to_string(i) + "\":" + std::to_string(i);
  EXPECT_TRUE(parse(many + "}"));
  EXPECT_EQ(outcome(many + ",\"last\":1}"), "422 /last" + twice);
}

TEST(JsonParse, the_zero_character_is_invalid_and_named) {
  EXPECT_EQ(outcome(R"({"a":["x","y\u0000z"]})"), "422 /a/1" + zero_character);
  EXPECT_EQ(outcome(R"("\u0000")"), "422 " + zero_character);
  EXPECT_EQ(outcome(R"({"a":{"b\u0000":1}})"), "422 /a" + zero_character);
  EXPECT_EQ(outcome(R"({"a":1,"\u0000":1})"), "422 " + zero_character);
  EXPECT_EQ(
      outcome("[\"\\n" + std::string(10'000, 'x') + "\\u0000" + std::string(10'000, 'x') + "\"]"),
      "422 /0" + zero_character);
  EXPECT_EQ(outcome(R"("\\u0000")"), R"("\\u0000")");
}

TEST(JsonParse, a_lone_surrogate_is_invalid_and_named) {
  for (const char* text :
       {R"({"a":"\ud800"})", R"({"a":"\udc00"})", R"({"a":"x\uDFFFxxxxxxxxxxxxxxx"})",
        R"({"a":"\udbff xxxxxxxxxxxxxx"})", R"({"a":"\ud800\ud800\udc00"})",
        R"({"a":"\ud800\u0041xxxxxxxxxxxxxxx"})", R"({"a":"\ud800\n"})", R"({"a":"\ud83d\\"})",
        R"({"a":"\\\ud83d"})", R"({"a":"\ud83d\ude00\ude00"})"}) {
    EXPECT_EQ(outcome(text), "422 /a" + half_pair) << text;
  }
  EXPECT_EQ(outcome(R"({"a":{"\ud800":1}})"), "422 /a" + half_pair);
  EXPECT_EQ(outcome(R"(["\ud800"])"), "422 /0" + half_pair);
  for (const std::size_t before : {4085u, 4090u, 4091u, 4092u, 4095u, 4096u, 4100u}) {
    const std::string text = "[\"\\n" + std::string(before, 'x');
    EXPECT_EQ(outcome(text + "\\ud800\"]"), "422 /0" + half_pair) << before;
    EXPECT_EQ(outcome(text + "\\ud800\\u0041 and on\"]"), "422 /0" + half_pair) << before;
    EXPECT_EQ(outcome(text + "\\ud83d\\ude00\"]"), text + "😀\"]") << before;
  }
}

TEST(JsonParse, a_broken_escape_after_half_a_pair_is_malformed) {
  for (const char* text : {R"("\ud800\x")", R"("\ud800\u12G4 and on and on")", R"("\ud800)",
                           R"("\\ud800)"
                           "\x01\"",
                           R"("\ud83d\ude00)"
                           "\x01\"",
                           R"("\ud8")"}) {
    EXPECT_TRUE(is_malformed(text)) << text << " -> " << outcome(text);
  }
}

// An object of 2^bits members, all in one bucket wherever its table's address ends in 0x10: Boost's
// hash, mirrored.
std::string flood(int bits, std::string_view prefix) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::string text = "{";
  for (std::uint64_t i = 0, found = 0; found <= mask; ++i) {
    std::string name(5, 'a');
    for (std::size_t at = 0; at < 5; ++at)
      name[at] =
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[i >> (6 * at) & 63];
    std::uint64_t hash = 0xcbf29ce484222325u + 0x10;
    for (const char c : '\n' + name) hash = (static_cast<std::uint64_t>(c) ^ hash) * 0x100000001B3u;
    if ((hash & mask) != 5) continue;
    text += (found++ ? ",\"" : "\"") + std::string(prefix) + name + "\":1";
  }
  return text + "}";
}

TEST(JsonParse, names_made_to_collide_are_refused) {
  for (const char* newline : {"\\n", "\\u000a"}) {
    const std::string text = flood(11, newline);
    EXPECT_EQ(outcome("{\"a\":[" + text + "]}"),
              "422 /a/0: too many names of members share a hash value");
    EXPECT_NO_THROW(parse_stored(text));
  }
}

TEST(JsonParse, ordinary_names_do_not_collide) {
  for (const int count : {600, 1000, 1024, 4096, 10'000, 65'536, 100'000}) {
    for (const char* before : {"", "a", "0193a0b1-7c00-7abc-8def-", "key with a long name "}) {
      std::string text = "{";
      for (int i = 0; i < count; ++i)
        text += (i ? ",\"" : "\"") + (before + std::to_string(i)) + "\":{}";
      EXPECT_TRUE(parse(text + "}")) << before << count;
    }
  }
}

TEST(JsonParse, a_long_pointer_is_cut_to_what_encloses_the_place) {
  const std::string name(2000, 'x');
  EXPECT_EQ(outcome("{\"a\":[{\"" + name + "\":1e400}]}"), "422 /a/0" + out_of_range);
}

TEST(JsonParse, the_value_lives_in_the_storage_given) {
  boost::json::monotonic_resource storage;
  const Result<Value> value =
      json::parse(R"({"a":["long enough to be allocated somewhere"]})", &storage);
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->storage(), *boost::json::storage_ptr(&storage));
  EXPECT_EQ(*value->at("a").as_array()[0].storage(), *boost::json::storage_ptr(&storage));
}

TEST(JsonParse, damaged_stored_json_is_an_exception) {
  EXPECT_EQ(canonical(parse_stored("{\"a\":1}")), "{\"a\":1}");
  EXPECT_THROW(parse_stored("{\"a\":"), std::runtime_error);
}

RC_GTEST_PROP(JsonParse, any_bytes_are_read_or_refused, ()) {
  const auto piece = rc::gen::elementOf(
      std::vector<std::string>{"{",       "}",       "[",       "]",   ":",
                               ",",       "\"",      "\\",      "\\u", "d800",
                               "\\ud83d", "\\udc00", "\\u0000", "a",   "\"a\"",
                               "1",       "e",       "-",       ".",   "99999999999999999999",
                               "\xC3",    "\xA9",    "\x01",    " ",   "\n",
                               "null"});
  std::string text;
  for (const std::string& one : *rc::gen::container<std::vector<std::string>>(piece)) text += one;
  const std::string first = outcome(text);
  RC_ASSERT(outcome(text) == first);
  if (!first.starts_with("4") || first.find(' ') == std::string::npos)
    RC_ASSERT(outcome(first) == first);
}

}  // namespace
}  // namespace onggi::json
