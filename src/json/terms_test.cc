#include "json/terms.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace onggi::json {
namespace {

constexpr std::string_view members[] = {"m", "n"};

Object object(std::string_view text) {
  return parse(text)->get_object();
}

std::vector<Term> of(std::string_view document, std::string_view scope = "s",
                     std::size_t most = 100) {
  return document_terms(object(document), members, scope, most);
}

bool has_all(const std::vector<Term>& terms, const FilterTerms& filter) {
  return std::ranges::includes(terms, filter.terms);
}

FilterTerms wanted(std::string_view filter, std::string_view scope = "s") {
  return filter_terms(object(filter), scope);
}

TEST(TermsTest, positions_are_left_out_and_equal_values_are_one_term) {
  EXPECT_EQ(of(R"({"m":[1,2,1.0,1e0]})"), of(R"({"m":[2,1]})"));
  EXPECT_EQ(of(R"({"m":{"a":1000}})"), of(R"({"m":{"a":1e3}})"));
  EXPECT_NE(of(R"({"m":"1"})"), of(R"({"m":1})"));
  EXPECT_NE(of(R"({"m":null})"), of(R"({})"));
}

TEST(TermsTest, paths_are_told_apart_whatever_their_keys) {
  const std::vector<Term> nested = of(R"({"m":{"a":{"b":1}}})");
  for (const char* other : {R"({"m":{"a.b":1}})", R"({"m":{"a":[{"b":1}]}})", R"({"m":{"ab":1}})",
                            R"({"m":{"a":{"":{"b":1}}}})", R"({"n":{"a":{"b":1}}})"})
    EXPECT_FALSE(has_all(of(other), wanted(R"({"m":{"a":{"b":1}}})"))) << other;
  EXPECT_TRUE(has_all(nested, wanted(R"({"m":{"a":{"b":1}}})")));
  EXPECT_TRUE(has_all(nested, wanted(R"({"m":{"a":{}}})")));
  EXPECT_FALSE(has_all(nested, wanted(R"({"m":{"a":[]}})")));
}

TEST(TermsTest, scopes_share_no_term) {
  const std::vector<Term> one = of(R"({"m":1})", "one");
  EXPECT_TRUE(has_all(one, wanted(R"({"m":1})", "one")));
  EXPECT_FALSE(has_all(one, wanted(R"({"m":1})", "two")));
  EXPECT_NE(unlisted_term("one"), unlisted_term("two"));
}

TEST(TermsTest, only_the_members_that_are_named_count) {
  EXPECT_EQ(of(R"({"m":1,"x":{"y":2}})"), of(R"({"m":1})"));
}

TEST(TermsTest, an_array_is_found_by_a_bare_value_in_it) {
  EXPECT_TRUE(has_all(of(R"({"m":[1,"x"]})"), wanted(R"({"m":"x"})")));
  EXPECT_FALSE(has_all(of(R"({"m":[[1]]})"), wanted(R"({"m":1})")));
  EXPECT_FALSE(has_all(of(R"({"m":{"a":[1]}})"), wanted(R"({"m":{"a":1}})")));
}

TEST(TermsTest, too_many_are_not_listed) {
  EXPECT_EQ(of(R"({"m":[1,2,3]})", "s", 3), std::vector{unlisted_term("s")});
  EXPECT_GT(of(R"({"m":[1,1,1,1,1,1]})", "s", 3).size(), 1u);
  std::string many = R"({"m":[0)";
  for (int i = 1; i < 1'000; ++i) many += ',' + std::to_string(i);
  EXPECT_EQ(of(many + "]}", "s", 50), std::vector{unlisted_term("s")});
}

// Only members of one element that are asked for together need a look at the document.
TEST(TermsTest, a_filter_says_whether_terms_decide) {
  for (const char* decided : {R"({"m":1})", R"({"m":{"a":1,"b":{"c":2}}})", R"({"m":[1,2]})",
                              R"({"m":[{"a":1},{"b":2}]})", R"({"m":[{"a":{"b":[{"c":1}]}}]})",
                              R"({"m":[{}],"n":[]})", R"({"m":{"a":[[1]]}})"})
    EXPECT_TRUE(wanted(decided).decide) << decided;
  for (const char* undecided : {R"({"m":[{"a":1,"b":2}]})", R"({"m":[{"a":[1,2]}]})",
                                R"({"m":{"x":[[1,2]]}})", R"({"m":[{"a":{},"b":[]}]})"})
    EXPECT_FALSE(wanted(undecided).decide) << undecided;
}

TEST(TermsTest, terms_are_sorted_and_each_stands_once) {
  const std::vector<Term> terms = of(R"({"m":{"a":[1,2,{"b":1},{"b":1}],"c":"x"},"n":false})");
  EXPECT_TRUE(std::ranges::is_sorted(terms));
  EXPECT_EQ(std::ranges::adjacent_find(terms), terms.end());
  EXPECT_EQ(joined(terms).size(), terms.size() * sizeof(Term));
}

}  // namespace
}  // namespace onggi::json
