#include "db/postgres/values.h"

#include <cstring>
#include <limits>

#include <gtest/gtest.h>

namespace onggi::db::postgres {
namespace {

using namespace std::string_literals;

constexpr Oid boolean = 16, bytes = 17, int8 = 20, int2 = 21, text = 25, timestamptz = 1184,
              uuid = 2950, jsonb = 3802, int8_array = 1016, text_array = 1009;

std::string sent(const Params& params, Oid type) {
  Values values;
  values.add(params.values().at(0), type);
  values.seal();
  return {values.pointers()[0], static_cast<std::size_t>(values.lengths()[0])};
}

TEST(ValuesTest, numbers_are_big_endian) {
  EXPECT_EQ(sent(Params::of(-2), int8), "\xff\xff\xff\xff\xff\xff\xff\xfe"s);
  EXPECT_EQ(sent(Params::of(258), int2), "\x01\x02"s);
  EXPECT_EQ(sent(Params::of(true), boolean), "\x01"s);
}

TEST(ValuesTest, a_number_that_does_not_fit_is_refused) {
  EXPECT_THROW(sent(Params::of(40'000), int2), std::logic_error);
  EXPECT_THROW(sent(Params::of(2), boolean), std::logic_error);
  EXPECT_THROW(sent(Params::of("1"), int8), std::logic_error);
  EXPECT_THROW(sent(Params::of(1), text), std::logic_error);
  EXPECT_THROW(sent(Params::of(std::numeric_limits<std::int64_t>::max()), timestamptz),
               std::logic_error);
}

TEST(ValuesTest, times_are_microseconds_since_2000) {
  EXPECT_EQ(sent(Params::of(Time{946'684'800'001}), timestamptz), "\0\0\0\0\0\0\x03\xe8"s);
}

TEST(ValuesTest, an_id_of_no_bytes_is_the_least) {
  Params params;
  params.add_blob("");
  EXPECT_EQ(sent(params, uuid), std::string(16, '\0'));
  const Uuid id = Uuid::v7(Time{1});
  EXPECT_EQ(sent(Params::of(id), uuid), id.view());
}

TEST(ValuesTest, documents_carry_jsonbs_version) {
  EXPECT_EQ(sent(Params::of("{}"), jsonb), "\x01{}"s);
}

TEST(ValuesTest, empty_texts_are_no_nulls) {
  Values values;
  const Params params = Params::of("", std::nullopt);
  values.add(params.values()[0], text);
  values.add(params.values()[1], text);
  values.add(params.values()[0], bytes);
  values.seal();
  EXPECT_NE(values.pointers()[0], nullptr);
  EXPECT_EQ(values.lengths()[0], 0);
  EXPECT_EQ(values.pointers()[1], nullptr);
  EXPECT_NE(values.pointers()[2], nullptr);
}

// dimensions, nulls, element type, elements, first index, then length and value of each
TEST(ValuesTest, a_column_of_rows_is_an_array) {
  const std::vector<Params> rows{Params::of(1, "a"), Params::of(2, std::nullopt)};
  Values values;
  values.add_column(rows, 0, int8_array);
  values.add_column(rows, 1, text_array);
  values.seal();
  const std::string numbers(values.pointers()[0], static_cast<std::size_t>(values.lengths()[0]));
  const std::string texts(values.pointers()[1], static_cast<std::size_t>(values.lengths()[1]));
  const std::string two_of = "\0\0\0\1\0\0\0\1"s;
  EXPECT_EQ(numbers, two_of + "\0\0\0\x14\0\0\0\2\0\0\0\1"s +
                         "\0\0\0\x08\0\0\0\0\0\0\0\1\0\0\0\x08\0\0\0\0\0\0\0\2"s);
  EXPECT_EQ(texts, two_of + "\0\0\0\x19\0\0\0\2\0\0\0\1"s + "\0\0\0\1a\xff\xff\xff\xff"s);
}

TEST(ValuesTest, texts_are_an_array_by_themselves) {
  const std::vector<std::string> none;
  Params params;
  params.add_texts(none);
  EXPECT_EQ(sent(params, text_array), "\0\0\0\0\0\0\0\1\0\0\0\x19"s);
}

TEST(ValuesTest, jsonb_comes_back_without_spaces_but_within_texts) {
  std::string out;
  append_without_spaces(R"({"a b": [1, 2.50, " \" , \\"], "": {}})", out);
  EXPECT_EQ(out, R"({"a b":[1,2.50," \" , \\"],"":{}})");
}

}  // namespace
}  // namespace onggi::db::postgres
