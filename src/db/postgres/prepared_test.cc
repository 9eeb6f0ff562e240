#include "db/postgres/prepared.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onggi::db::postgres {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PreparedTest : public testing::Test {
 protected:
  Registry registry;
  Catalogue catalogue{registry};
};

TEST_F(PreparedTest, parameters_are_numbered_without_gaps_in_the_order_of_their_numbers) {
  static constexpr Statement statement{"a.b", "select $9, $2, $12, $2"};
  const Prepared& prepared = catalogue.find(statement);
  EXPECT_EQ(prepared.text, "select $2, $1, $3, $1");
  EXPECT_THAT(prepared.parameters, ElementsAre(1, 8, 11));
}

TEST_F(PreparedTest, what_stands_in_quotes_is_no_parameter) {
  static constexpr Statement statement{"a.b", "select '$7 it''s $8', \"$9\", $3 || '$'"};
  const Prepared& prepared = catalogue.find(statement);
  EXPECT_EQ(prepared.text, "select '$7 it''s $8', \"$9\", $1 || '$'");
  EXPECT_THAT(prepared.parameters, ElementsAre(2));
}

TEST_F(PreparedTest, its_own_text_is_taken_and_its_settings_are_set_and_taken_back) {
  static constexpr Statement statement{"a.b", "select 1", "select 2",
                                       "enable_seqscan = off; work_mem=8MB"};
  const Prepared& prepared = catalogue.find(statement);
  EXPECT_EQ(prepared.text, "select 2");
  EXPECT_EQ(
      prepared.settings,
      "select set_config('enable_seqscan', 'off', true), set_config('work_mem', '8MB', true)");
  EXPECT_EQ(prepared.resets,
            "select set_config(name, reset_val, true) from pg_catalog.pg_settings where name in "
            "('enable_seqscan', 'work_mem')");
}

TEST_F(PreparedTest, a_statement_is_known_by_its_address) {
  static constexpr Statement one{"a.b", "select 1"};
  static constexpr Statement other{"a.c", "select 1"};
  EXPECT_EQ(&catalogue.find(one), &catalogue.find(one));
  EXPECT_NE(catalogue.find(one).name, catalogue.find(other).name);
}

TEST_F(PreparedTest, sets_are_what_every_parameter_is_an_array_of) {
  static constexpr Statement sets{"a.b", "select $1, $2"};
  static constexpr Statement mixed{"a.c", "select $1, $2"};
  static constexpr Statement none{"a.d", "select 1"};
  constexpr Oid int8 = 20, int8_array = 1016, uuid_array = 2951;
  catalogue.find(sets).learn({int8_array, uuid_array});
  catalogue.find(mixed).learn({int8_array, int8});
  catalogue.find(none).learn({});
  EXPECT_TRUE(catalogue.find(sets).takes_sets());
  EXPECT_FALSE(catalogue.find(mixed).takes_sets());
  EXPECT_FALSE(catalogue.find(none).takes_sets());
  EXPECT_THAT(*catalogue.find(none).types(), IsEmpty());
}

TEST_F(PreparedTest, what_was_slow_is_quick_again_when_it_has_been_for_a_while) {
  static constexpr Statement statement{"a.b", "select 1"};
  Prepared& prepared = catalogue.find(statement);
  EXPECT_FALSE(prepared.is_slow());
  prepared.took(std::chrono::milliseconds(200));
  EXPECT_TRUE(prepared.is_slow());
  for (int i = 0; i < 20; ++i) prepared.took(std::chrono::microseconds(100));
  EXPECT_FALSE(prepared.is_slow());
}

}  // namespace
}  // namespace onggi::db::postgres
