#include <gtest/gtest.h>

#include "json/json.h"

namespace onggi::json {
namespace {

bool holds(std::string_view value, std::string_view filter) {
  return contains(*parse(value), *parse(filter));
}

// The examples of PostgreSQL's manual, 8.14.3, and what its server answers to the others.
TEST(ContainsTest, is_postgresqls) {
  EXPECT_TRUE(holds(R"("foo")", R"("foo")"));
  EXPECT_TRUE(holds("[1,2,3]", "[1,3]"));
  EXPECT_TRUE(holds("[1,2,3]", "[3,1]"));
  EXPECT_TRUE(holds("[1,2,3]", "[1,2,2]"));
  EXPECT_TRUE(
      holds(R"({"product":"PostgreSQL","version":9.4,"jsonb":true})", R"({"version":9.4})"));
  EXPECT_FALSE(holds("[1,2,[1,3]]", "[1,3]"));
  EXPECT_TRUE(holds("[1,2,[1,3]]", "[[1,3]]"));
  EXPECT_FALSE(holds(R"({"foo":{"bar":"baz"}})", R"({"bar":"baz"})"));
  EXPECT_TRUE(holds(R"({"foo":{"bar":"baz"}})", R"({"foo":{}})"));
  EXPECT_TRUE(holds(R"(["foo","bar"])", R"("bar")"));
  EXPECT_FALSE(holds(R"("bar")", R"(["bar"])"));
}

TEST(ContainsTest, only_the_outermost_array_contains_a_bare_value) {
  EXPECT_TRUE(holds("[1]", "1"));
  EXPECT_FALSE(holds(R"({"a":[1]})", R"({"a":1})"));
  EXPECT_FALSE(holds("[[1]]", "1"));
  EXPECT_TRUE(holds("[null]", "null"));
}

TEST(ContainsTest, members_of_one_element_belong_together) {
  EXPECT_TRUE(holds(R"([{"a":1,"b":2}])", R"([{"a":1},{"b":2}])"));
  EXPECT_TRUE(holds(R"([{"a":1,"b":2}])", R"([{"a":1,"b":2}])"));
  EXPECT_FALSE(holds(R"([{"a":1},{"b":2}])", R"([{"a":1,"b":2}])"));
}

TEST(ContainsTest, what_is_empty_contains_nothing_and_is_contained_by_its_kind) {
  EXPECT_TRUE(holds("{}", "{}"));
  EXPECT_TRUE(holds(R"({"a":1})", "{}"));
  EXPECT_TRUE(holds("[]", "[]"));
  EXPECT_TRUE(holds("[1]", "[]"));
  EXPECT_FALSE(holds("[]", "{}"));
  EXPECT_FALSE(holds("{}", "[]"));
  EXPECT_FALSE(holds("null", "{}"));
  EXPECT_TRUE(holds(R"({"a":[{}]})", R"({"a":[]})"));
  EXPECT_TRUE(holds(R"({"a":[{"b":1}]})", R"({"a":[{}]})"));
  EXPECT_FALSE(holds(R"({"a":[[]]})", R"({"a":[{}]})"));
}

TEST(ContainsTest, numbers_are_told_by_their_value_and_null_from_absence) {
  EXPECT_TRUE(holds(R"({"a":1})", R"({"a":1.0})"));
  EXPECT_TRUE(holds(R"({"a":1000})", R"({"a":1e3})"));
  EXPECT_FALSE(holds(R"({"a":9007199254740993})", R"({"a":9007199254740992.0})"));
  EXPECT_FALSE(holds(R"({"a":"1"})", R"({"a":1})"));
  EXPECT_FALSE(holds(R"({})", R"({"a":null})"));
  EXPECT_TRUE(holds(R"({"a":null})", R"({"a":null})"));
  EXPECT_FALSE(holds(R"({"a":false})", R"({"a":null})"));
}

}  // namespace
}  // namespace onggi::json
