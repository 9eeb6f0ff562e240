// Pointers, merge patches and equality.
#include "json/json.h"

#include <boost/json/monotonic_resource.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace onggi::json {
namespace {

bool same(std::string_view left, std::string_view right) {
  const bool same = equal(parse_stored(left), parse_stored(right));
  EXPECT_EQ(equal(parse_stored(right), parse_stored(left)), same);
  return same;
}

TEST(JsonPointer, tokens_are_escaped) {
  std::string pointer;
  append_pointer(pointer, "a/b~c");
  append_pointer(pointer, std::size_t{17});
  append_pointer(pointer, "");
  EXPECT_EQ(pointer, "/a~1b~0c/17/");
  EXPECT_EQ(pointer_to("a/b~c"), "/a~1b~0c");
}

// RFC 7396, appendix A.
TEST(JsonMergePatch, the_cases_of_the_rfc_hold) {
  const struct {
    const char* target;
    const char* patch;
    const char* result;
  } cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", R"(null)", R"(null)"},
      {R"({"a":"foo"})", R"("bar")", R"("bar")"},
      {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
      {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& one : cases) {
    Value target = parse_stored(one.target);
    merge_patch(target, parse_stored(one.patch));
    EXPECT_EQ(canonical(target), one.result) << one.target << " patched by " << one.patch;
  }
}

TEST(JsonMergePatch, the_target_keeps_its_storage) {
  boost::json::monotonic_resource storage;
  Value target = parse_stored("{}", &storage);
  merge_patch(target, parse_stored(R"({"a":{"b":["long enough to be allocated somewhere"]}})"));
  EXPECT_EQ(*target.at("a").at("b").storage(), *boost::json::storage_ptr(&storage));
}

TEST(JsonEqual, objects_are_equal_whatever_their_order) {
  EXPECT_TRUE(same(R"({"a":1,"b":[1,{"c":null}]})", R"({"b":[1,{"c":null}],"a":1})"));
  EXPECT_FALSE(same(R"({"a":1})", R"({"a":1,"b":null})"));
  EXPECT_FALSE(same(R"({"a":1,"c":2})", R"({"a":1,"b":2})"));
  EXPECT_FALSE(same("[1,2]", "[2,1]"));
  EXPECT_FALSE(same("[1]", "[1,1]"));
}

TEST(JsonEqual, numbers_are_equal_by_value) {
  EXPECT_TRUE(same("1", "1.0"));
  EXPECT_TRUE(same("1000", "1e3"));
  EXPECT_TRUE(same("0", "-0.0"));
  EXPECT_TRUE(same("-9223372036854775808", "-9.223372036854775808e18"));
  EXPECT_FALSE(same("9223372036854775807", "9.223372036854775807e18"));
  EXPECT_FALSE(same("9007199254740993", "9007199254740992.0"));
  EXPECT_FALSE(same("1", "1.5"));
  EXPECT_FALSE(same("1", "1e300"));
  EXPECT_TRUE(equal(Value(std::uint64_t{7}), Value(std::int64_t{7})));
  EXPECT_TRUE(equal(Value(std::uint64_t{1} << 63), Value(0x1p63)));
  EXPECT_FALSE(equal(Value(UINT64_MAX), Value(std::int64_t{-1})));
  EXPECT_FALSE(equal(Value(UINT64_MAX), Value(0x1p64)));
}

TEST(JsonEqual, kinds_are_not_mixed) {
  const char* texts[] = {"null", "true", "false", "0", "1", "\"\"", "\"1\"", "[]", "{}"};
  for (const char* left : texts) {
    for (const char* right : texts)
      EXPECT_EQ(same(left, right), std::string_view(left) == right) << left << " " << right;
  }
}

}  // namespace
}  // namespace onggi::json
