#include "api/lines.h"

#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "json/json.h"

namespace onggi::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

json::Value some_value(int depth) {
  const auto text = [] {
    return *rc::gen::container<std::string>(
        rc::gen::element('"', '\\', ',', '[', ']', '{', '}', '\n', 'a', ' '));
  };
  switch (*rc::gen::inRange(0, depth > 0 ? 6 : 4)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<std::int64_t>();
    case 2:
      return boost::json::value(text());
    case 3:
      return true;
    case 4: {
      json::Array array;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) array.push_back(some_value(depth - 1));
      return array;
    }
    default: {
      json::Object object;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) object[text()] = some_value(depth - 1);
      return object;
    }
  }
}

std::string blank() {
  return *rc::gen::container<std::string>(rc::gen::element(' ', '\n', '\t', '\r'));
}

RC_GTEST_PROP(LinesTest, the_elements_of_an_array_are_what_a_parser_says, ()) {
  json::Array array;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) array.push_back(some_value(3));
  std::string text = blank() + '[' + blank();
  for (std::size_t i = 0; i < array.size(); ++i)
    text += (i == 0 ? "" : ",") + blank() + boost::json::serialize(array[i]) + blank();
  text += ']' + blank();
  const auto elements = split_array(text);
  RC_ASSERT(elements.size() == array.size());
  for (std::size_t i = 0; i < array.size(); ++i)
    RC_ASSERT(elements[i] == boost::json::serialize(array[i]));
}

RC_GTEST_PROP(LinesTest, lines_are_what_stands_between_line_feeds, ()) {
  json::Array array;
  std::string text = blank();
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    array.push_back(some_value(2));
    text += boost::json::serialize(array.back()) +
            *rc::gen::element<std::string>("\n", "\r\n", "\n\n \n");
  }
  const auto lines = split_lines(text);
  RC_ASSERT(lines.size() == array.size());
  for (std::size_t i = 0; i < array.size(); ++i)
    RC_ASSERT(lines[i] == boost::json::serialize(array[i]));
}

TEST(LinesTest, the_last_line_needs_no_line_feed) {
  EXPECT_THAT(split_lines("{}\n1"), ElementsAre("{}", "1"));
  EXPECT_THAT(split_lines(""), IsEmpty());
}

TEST(LinesTest, an_empty_array_has_no_elements) {
  EXPECT_THAT(split_array("[]"), IsEmpty());
  EXPECT_THAT(split_array(" [ ] "), IsEmpty());
}

}  // namespace
}  // namespace onggi::api
