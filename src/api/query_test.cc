#include "api/query.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/secret.h"

namespace onggi::api {
namespace {

const Endpoint& endpoint(std::string_view operation) {
  for (const Endpoint& one : endpoints())
    if (one.operation == operation) return one;
  throw std::logic_error("no such operation");
}

Result<Query> read(std::string_view operation, const Pairs& pairs) {
  std::optional<Uuid> user;
  return read_query(endpoint(operation), pairs, user);
}

// The parameter that is complained of; empty where none is.
std::string refused(std::string_view operation, const Pairs& pairs) {
  const auto query = read(operation, pairs);
  if (query) return {};
  EXPECT_EQ(query.error().code, Code::invalid);
  return query.error().errors.at(0).field;
}

store::Place some_place() {
  return {Time{*rc::gen::arbitrary<std::int64_t>()}, *rc::gen::arbitrary<std::string>()};
}

RC_GTEST_PROP(CursorTest, a_cursor_comes_back_as_the_place_that_it_is, ()) {
  const store::Place place = some_place();
  const auto read = read_cursor(write_cursor(place, "list_agents"), "list_agents");
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->time == place.time);
  RC_ASSERT(read->key == place.key);
}

RC_GTEST_PROP(CursorTest, a_cursor_of_another_list_is_refused, ()) {
  RC_ASSERT(!read_cursor(write_cursor(some_place(), "list_agents"), "list_blocks"));
}

RC_GTEST_PROP(CursorTest, a_cursor_changed_in_any_place_is_refused, ()) {
  const std::string cursor = write_cursor(some_place(), "list_agents");
  for (std::size_t at = 0; at < cursor.size(); ++at) {
    std::string changed = cursor;
    changed[at] = *rc::gen::distinctFrom(rc::gen::elementOf(std::string("ABCXYZabcxyz0189-_=+/ ")),
                                         cursor[at]);
    RC_ASSERT(!read_cursor(changed, "list_agents"));
    RC_ASSERT(!read_cursor(cursor.substr(0, at), "list_agents"));
  }
  RC_ASSERT(!read_cursor(cursor + 'A', "list_agents"));
}

TEST(CursorTest, what_is_no_cursor_is_refused) {
  for (const char* text : {"", "A", "AAAA", "null", "%00"})
    EXPECT_FALSE(read_cursor(text, "list_agents")) << text;
  EXPECT_FALSE(read_cursor(std::string(2'000, 'A'), "list_agents"));
}

TEST(QueryTest, lists_have_defaults) {
  const auto query = read("list_agents", {});
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->limit, 50);
  EXPECT_FALSE(query->wants_count);
  EXPECT_FALSE(query->cursor);
}

TEST(QueryTest, a_limit_has_bounds) {
  EXPECT_EQ(read("list_agents", {{"limit", "500"}})->limit, 500);
  for (const char* text : {"0", "-1", "501", "", "5x", " 5", "5.0", "99999999999999999999"})
    EXPECT_EQ(refused("list_agents", {{"limit", text}}), "limit") << text;
}

TEST(QueryTest, a_long_name_is_not_cut_within_a_character) {
  EXPECT_EQ(refused("list_agents", {{std::string(99, 'a') + "옹", "1"}}), std::string(99, 'a'));
}

TEST(QueryTest, unknown_parameters_are_named) {
  EXPECT_EQ(refused("list_agents", {{"llm_provder", "x"}}), "llm_provder");
  EXPECT_EQ(refused("get_agent", {{"limit", "5"}}), "limit");
  EXPECT_EQ(refused("list_agents", {{std::string(300, 'a'), "x"}}), std::string(100, 'a'));
}

TEST(QueryTest, a_parameter_stands_once) {
  EXPECT_EQ(refused("list_agents", {{"limit", "5"}, {"limit", "5"}}), "limit");
}

TEST(QueryTest, values_have_types) {
  EXPECT_EQ(refused("list_agents", {{"count", "yes"}}), "count");
  EXPECT_EQ(refused("list_agents", {{"is_public", "1"}}), "is_public");
  EXPECT_EQ(refused("list_agents", {{"agent_type", "other"}}), "agent_type");
  EXPECT_EQ(refused("list_executions", {{"agent_id", "7"}}), "agent_id");
  EXPECT_EQ(refused("list_executions", {{"from", "2026-02-30T00:00:00Z"}}), "from");
  EXPECT_EQ(refused("list_executions", {{"from", "2026-02-03T00:00:00 09:00"}}), "")
      << "a '+' that arrived as a space";
  EXPECT_EQ(refused("list_agents", {{"cursor", "abc"}}), "cursor");
  EXPECT_EQ(refused("list_agents", {{"cursor", write_cursor({}, "list_blocks")}}), "cursor");
  EXPECT_EQ(refused("list_agents", {{"cursor", write_cursor({}, "list_agents")}}), "");
}

TEST(QueryTest, a_required_parameter_is_missed) {
  EXPECT_EQ(refused("delete_session", {}), "session_id");
  EXPECT_EQ(refused("delete_session", {{"session_id", ""}}), "session_id");
}

TEST(QueryTest, a_user_is_acted_for_where_it_makes_sense) {
  const Uuid id = Uuid::v7(Time{1});
  std::optional<Uuid> user;
  EXPECT_TRUE(read_query(endpoint("list_agents"), {{"user_id", to_string(id)}}, user).has_value());
  EXPECT_EQ(user, id);
  EXPECT_EQ(refused("list_agents", {{"user_id", "me"}}), "user_id");
  EXPECT_EQ(refused("get_health", {{"user_id", to_string(id)}}), "user_id");
}

}  // namespace
}  // namespace onggi::api
