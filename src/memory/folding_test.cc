#include <gtest/gtest.h>

#include "memory/life.h"

namespace onggi::memory {
namespace {

TEST(Folding, case_width_and_composition_make_no_difference) {
  EXPECT_EQ(folded("STRASSE"), folded("stra\xC3\x9F"
                                      "e"));
  EXPECT_EQ(folded("\xEF\xBC\xA1"), "a");              // fullwidth A
  EXPECT_EQ(folded("e\xCC\x81"), folded("\xC3\x89"));  // é, É
  EXPECT_EQ(folded("\xE1\x84\x80\xE1\x85\xB5\xE1\x84\x8B\xE1\x85\xA5\xE1\x86\xA8"),
            folded("\xEA\xB8\xB0\xEC\x96\xB5"));  // 기억
}

TEST(Folding, spaces_do) {
  EXPECT_NE(folded("a b"), folded("a  b"));
}

}  // namespace
}  // namespace onggi::memory
