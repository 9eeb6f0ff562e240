#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/endpoint.h"
#include "api/problem.h"
#include "api/request.h"
#include "http/router.h"

namespace onggi::api {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

std::string whole_path(const Endpoint& endpoint) {
  return std::string(endpoint.is_absolute ? "" : prefix) + std::string(endpoint.path);
}

TEST(RoutesTest, an_operation_and_a_route_stand_once) {
  std::set<std::string_view> operations;
  std::set<std::pair<http::Method, std::string>> routes;
  for (const Endpoint& endpoint : endpoints()) {
    EXPECT_TRUE(operations.insert(endpoint.operation).second) << endpoint.operation;
    EXPECT_TRUE(routes.emplace(endpoint.method, whole_path(endpoint)).second) << endpoint.operation;
    EXPECT_FALSE(endpoint.summary.empty()) << endpoint.operation;
    EXPECT_NE(endpoint.handle, nullptr) << endpoint.operation;
  }
  EXPECT_GE(operations.size(), 60u);
}

TEST(RoutesTest, parameters_of_a_path_are_well_formed_and_stand_once) {
  for (const Endpoint& endpoint : endpoints()) {
    EXPECT_TRUE(endpoint.path.starts_with('/')) << endpoint.path;
    EXPECT_EQ(std::ranges::count(endpoint.path, '{'), std::ranges::count(endpoint.path, '}'))
        << endpoint.path;
    std::set<std::string_view> names;
    for (std::size_t at = endpoint.path.find('{'); at != std::string_view::npos;
         at = endpoint.path.find('{', at + 1)) {
      const std::string_view name =
          endpoint.path.substr(at + 1, endpoint.path.find('}', at) - at - 1);
      EXPECT_TRUE(name == "version" || name.ends_with("_id")) << endpoint.path;
      EXPECT_TRUE(names.insert(name).second) << endpoint.path;
      EXPECT_EQ(endpoint.path[at - 1], '/') << endpoint.path;
    }
  }
}

TEST(RoutesTest, what_touches_the_store_has_a_budget) {
  for (const Endpoint& endpoint : endpoints()) {
    EXPECT_EQ(endpoint.budget > 0, endpoint.access != Access::open) << endpoint.operation;
    EXPECT_TRUE(endpoint.method != http::Method::get || endpoint.budget <= 5) << endpoint.operation;
  }
}

TEST(RoutesTest, what_an_endpoint_takes_and_shows_fits_its_method) {
  for (const Endpoint& endpoint : endpoints()) {
    if (endpoint.method == http::Method::get || endpoint.method == http::Method::del)
      EXPECT_EQ(endpoint.body, Body::none) << endpoint.operation;
    if (endpoint.method == http::Method::patch)
      EXPECT_EQ(endpoint.body, Body::merge_patch) << endpoint.operation;
    if (endpoint.method == http::Method::put)
      EXPECT_EQ(endpoint.body, Body::object) << endpoint.operation;
    EXPECT_EQ(endpoint.status == 204, endpoint.shows == Shows::nothing) << endpoint.operation;
    EXPECT_EQ(endpoint.status == 204, endpoint.method == http::Method::del) << endpoint.operation;
    if (endpoint.shows == Shows::list || endpoint.shows == Shows::lines)
      EXPECT_EQ(endpoint.method, http::Method::get) << endpoint.operation;
  }
}

TEST(RoutesTest, the_router_takes_the_whole_table) {
  std::vector<http::Route> routes;
  std::vector<std::string> patterns;
  for (const Endpoint& endpoint : endpoints()) patterns.push_back(whole_path(endpoint));
  for (std::size_t i = 0; i < patterns.size(); ++i)
    routes.push_back({endpoints()[i].method, patterns[i]});
  const http::Router router(routes);
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto match = router.match(
        endpoints()[i].method,
        read_target(patterns[i].find('{') == std::string::npos ? patterns[i] : "/none")->segments);
    if (patterns[i].find('{') == std::string::npos) EXPECT_EQ(match->route, i) << patterns[i];
  }
}

// --- targets ---

TEST(TargetTest, a_target_is_decoded_once) {
  const auto target = read_target("/api/a%20b/c%2Fd?name=x+y&k=%2B%25&empty=&bare");
  ASSERT_TRUE(target.has_value());
  EXPECT_THAT(target->segments, ElementsAre("api", "a b", "c/d"));
  EXPECT_THAT(target->pairs, ElementsAre(Pair("name", "x y"), Pair("k", "+%"), Pair("empty", ""),
                                         Pair("bare", "")));
  EXPECT_EQ(target->path, "/api/a b/c/d");
}

TEST(TargetTest, an_absolute_target_is_its_path) {
  const auto target = read_target("http://example.org/agents?limit=5");
  ASSERT_TRUE(target.has_value());
  EXPECT_THAT(target->segments, ElementsAre("agents"));
}

TEST(TargetTest, a_dot_is_a_segment_like_any_other) {
  EXPECT_THAT(read_target("/./me")->segments, ElementsAre(".", "me"));
  EXPECT_THAT(read_target("/.//me")->segments, ElementsAre(".", "", "me"));
  EXPECT_THAT(read_target("/../me/")->segments, ElementsAre("..", "me", ""));
  EXPECT_THAT(read_target("//me")->segments, ElementsAre("", "me"));
  EXPECT_THAT(read_target("/")->segments, SizeIs(0));
}

TEST(TargetTest, what_is_no_url_is_refused) {
  for (const char* text : {"", "agents", "mailto:agents", "/a b", "/%zz", "/%", "/a%00b", "/%ff",
                           "/\xEA\xB0", "/a?x=%ff%zz"}) {
    const auto target = read_target(text);
    ASSERT_FALSE(target.has_value()) << text;
    EXPECT_EQ(target.error().code, Code::malformed) << text;
  }
  EXPECT_EQ(read_target("/a?name=%ff").error().code, Code::invalid);
  EXPECT_EQ(read_target("/a?name=%00").error().errors.at(0).field, "name");
}

// --- header fields ---

TEST(IfMatchTest, tags_are_taken_as_the_server_writes_them) {
  using Versions = std::vector<std::int64_t>;
  EXPECT_EQ(read_if_match(R"("3-0123456789abcdef")"), Versions{3});
  EXPECT_EQ(read_if_match(R"(W/"12-a", "4")"), (Versions{12, 4}));
  EXPECT_EQ(read_if_match(" * "), std::nullopt);
  EXPECT_EQ(read_if_match(""), Versions{});
  for (const char* field : {R"("-0")", R"("-3")", R"("03")", R"("a")", R"("")", "3", R"("3)"})
    EXPECT_EQ(read_if_match(field), Versions{-1}) << field;
}

// --- problems ---

TEST(ProblemTest, a_problem_is_told_in_json) {
  std::string out;
  append_problem(422, "say \"please\"", "r-1", {{"/name", "is required"}}, out);
  const json::Value problem = json::parse_stored(out);
  EXPECT_EQ(
      json::canonical(problem),
      R"({"type":"about:blank","title":"Unprocessable Content","detail":"say \"please\"","errors":[{"field":"/name","message":"is required"}],"status":422,"request_id":"r-1"})");
}

TEST(ProblemTest, what_is_not_known_is_left_out) {
  std::string out;
  append_problem(404, "nothing", "", {}, out);
  EXPECT_EQ(json::canonical(json::parse_stored(out)),
            R"({"type":"about:blank","title":"Not Found","detail":"nothing","status":404})");
}

TEST(ProblemTest, every_code_has_a_status_of_its_own) {
  std::set<int> statuses;
  for (int code = 0; code <= static_cast<int>(Code::unavailable); ++code) {
    const int status = status_of(static_cast<Code>(code));
    EXPECT_TRUE(statuses.insert(status).second) << status;
    std::string out;
    append_problem(status, "", "", {}, out);
    EXPECT_EQ(out.find("Internal"), std::string::npos) << status;
  }
}

TEST(ProblemTest, a_refusal_says_how_to_go_on) {
  EXPECT_THAT(problem_response(401, "", "").headers,
              ElementsAre(Pair("WWW-Authenticate", "Bearer")));
  EXPECT_THAT(problem_response(503, "", "").headers, ElementsAre(Pair("Retry-After", "1")));
  EXPECT_THAT(problem_response(404, "", "").headers, SizeIs(0));
  EXPECT_EQ(problem_response(404, "", "").content_type, "application/problem+json");
}

}  // namespace
}  // namespace onggi::api
