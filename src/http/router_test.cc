#include "http/router.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace onggi::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Route> routes{
    {Method::get, "/agents"},
    {Method::post, "/agents"},
    {Method::get, "/agents/{agent_id}"},
    {Method::del, "/agents/{agent_id}"},
    {Method::post, "/agents/import"},
    {Method::get, "/agents/{agent_id}/versions/{version}"},
    {Method::get, "/agents/import/versions"},
};

std::optional<Router::Match> match(Method method, std::vector<std::string> segments) {
  static const Router router(routes);
  return router.match(method, segments);
}

TEST(RouterTest, a_method_and_a_path_are_a_route) {
  EXPECT_EQ(match(Method::get, {"agents"})->route, 0u);
  EXPECT_EQ(match(Method::post, {"agents"})->route, 1u);
  EXPECT_EQ(match(Method::del, {"agents", "7"})->route, 3u);
}

TEST(RouterTest, parameters_come_in_their_order_as_they_were_decoded) {
  const auto found = match(Method::get, {"agents", "a/b", "versions", "3 4"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->route, 5u);
  EXPECT_THAT(found->values, ElementsAre("a/b", "3 4"));
  EXPECT_THAT(match(Method::get, {"agents"})->values, IsEmpty());
}

TEST(RouterTest, a_fixed_segment_wins_over_a_parameter) {
  EXPECT_EQ(match(Method::post, {"agents", "import"})->route, 4u);
  EXPECT_THAT(match(Method::post, {"agents", "import"})->values, IsEmpty());
}

TEST(RouterTest, a_dead_end_behind_a_fixed_segment_falls_back_to_the_parameter) {
  const auto found = match(Method::get, {"agents", "import", "versions", "3"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->route, 5u);
  EXPECT_THAT(found->values, ElementsAre("import", "3"));
}

TEST(RouterTest, a_path_without_the_method_tells_which_it_knows) {
  const auto found = match(Method::put, {"agents"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->route, std::nullopt);
  EXPECT_EQ(found->allowed, "GET, HEAD, POST");
  EXPECT_EQ(match(Method::patch, {"agents", "7"})->allowed, "GET, HEAD, DELETE");
}

TEST(RouterTest, head_is_a_get) {
  EXPECT_EQ(match(Method::head, {"agents", "7"})->route, 2u);
}

TEST(RouterTest, other_paths_are_nowhere) {
  EXPECT_FALSE(match(Method::get, {}));
  EXPECT_FALSE(match(Method::get, {""}));
  EXPECT_FALSE(match(Method::get, {"agent"}));
  EXPECT_FALSE(match(Method::get, {"agents", ""}));
  EXPECT_FALSE(match(Method::get, {"agents", "7", "versions"}));
  EXPECT_FALSE(match(Method::get, {"agents", "7", "versions", "3", "more"}));
}

TEST(RouterTest, two_routes_that_say_the_same_are_a_mistake) {
  EXPECT_THROW(Router({{Method::get, "/a/{x}"}, {Method::get, "/a/{y}"}}), std::logic_error);
  EXPECT_NO_THROW(Router({{Method::get, "/a/{x}"}, {Method::put, "/a/{y}"}}));
}

}  // namespace
}  // namespace onggi::http
