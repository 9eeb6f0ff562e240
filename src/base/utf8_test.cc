#include "base/utf8.h"

#include <gtest/gtest.h>

namespace onggi {
namespace {

TEST(Utf8, well_formed_text_is_utf8) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(
      is_utf8("a\x7F"
              "옹기\xF4\x8F\xBF\xBF"));
}

TEST(Utf8, overlong_forms_surrogates_and_cut_sequences_are_not) {
  for (const std::string_view text :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xEC\x98", "\x80"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

TEST(Utf8, every_stray_byte_becomes_a_replacement) {
  EXPECT_EQ(to_utf8("a\xFF"
                    "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(to_utf8("옹\xEC\x98"), "옹\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(to_utf8("plain"), "plain");
}

TEST(Utf8, a_beginning_ends_between_characters) {
  EXPECT_EQ(start_of("옹기", 6), "옹기");
  EXPECT_EQ(start_of("옹기", 5), "옹");
  EXPECT_EQ(start_of("옹기", 3), "옹");
  EXPECT_EQ(start_of("옹기", 2), "");
  EXPECT_EQ(start_of("ab", 1), "a");
  EXPECT_EQ(start_of("", 0), "");
}

}  // namespace
}  // namespace onggi
