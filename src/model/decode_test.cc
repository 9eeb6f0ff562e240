#include "model/decode.h"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/definitions.h"
#include "model/execution.h"

namespace onggi::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Result<void> read(const Shape& shape, Record& record, std::string_view text,
                  Source source = Source::creation, std::string pointer = {}) {
  return decode(shape, json::parse_stored(text), record, source, std::move(pointer));
}

// "pointer message" of every complaint.
std::vector<std::string> complaints(const Shape& shape, std::string_view text,
                                    Source source = Source::creation, std::string pointer = {}) {
  const auto record = shape.make();
  const auto done = read(shape, *record, text, source, std::move(pointer));
  std::vector<std::string> all;
  if (!done)
    for (const FieldError& error : done.error().errors)
      all.push_back(error.field + ' ' + error.message);
  return all;
}

TEST(DecodeTest, absent_and_null_fields_take_their_defaults) {
  for (
      const char* text :
      {R"({"name":"kb"})",
       R"({"name":"kb","description":null,"embedding_model":null,"chunk_size":null,"chunk_overlap":null,"configuration":null})"}) {
    Knowledgebase made;
    ASSERT_TRUE(read(knowledgebase_shape, made, text).has_value()) << text;
    EXPECT_EQ(made.name, "kb");
    EXPECT_EQ(made.description, std::nullopt);
    EXPECT_EQ(made.chunk_size, 500);
    EXPECT_EQ(made.chunk_overlap, 50);
    EXPECT_EQ(made.configuration.text, "{}");
  }
}

TEST(DecodeTest, a_required_field_may_not_be_absent_or_null) {
  EXPECT_THAT(
      complaints(agent_shape, "{}"),
      ElementsAre("/name is required", "/llm_provider is required", "/llm_model is required"));
  EXPECT_THAT(complaints(knowledgebase_shape, R"({"name":null})"),
              ElementsAre("/name is required"));
}

TEST(DecodeTest, an_unknown_field_is_refused_by_its_name) {
  EXPECT_THAT(complaints(knowledgebase_shape, R"({"name":"a","nmae":1,"a/b~c":2})"),
              ElementsAre("/nmae is not a field of Knowledgebase",
                          "/a~1b~0c is not a field of Knowledgebase"));
}

TEST(DecodeTest, a_read_only_field_is_refused_at_creation_and_passed_over_at_a_change) {
  constexpr std::string_view text =
      R"({"name":"a","version":7,"created_at":"2026-11-22T02:00:00.000Z"})";
  EXPECT_THAT(complaints(knowledgebase_shape, text),
              ElementsAre("/version is read-only", "/created_at is read-only"));
  Knowledgebase changed;
  ASSERT_TRUE(read(knowledgebase_shape, changed, text, Source::change).has_value());
  EXPECT_EQ(changed.version, 1);
  Knowledgebase stored;
  decode_stored(knowledgebase_shape, json::parse_stored(text), stored);
  EXPECT_EQ(stored.version, 7);
}

TEST(DecodeTest, what_is_shown_beside_an_entry_may_be_sent_back) {
  EXPECT_THAT(
      complaints(
          agent_shape,
          R"({"name":"a","llm_provider":"p","llm_model":"m","tools":[{"tool_id":"t","tool":{"name":"x"}}]})"),
      IsEmpty());
  EXPECT_THAT(complaints(agent_shape,
                         R"({"name":"a","llm_provider":"p","llm_model":"m","latest_version":{}})"),
              ElementsAre("/latest_version is read-only"));
  EXPECT_THAT(complaints(agent_shape,
                         R"({"name":"a","llm_provider":"p","llm_model":"m","latest_version":{}})",
                         Source::change),
              IsEmpty());
}

TEST(DecodeTest, what_is_no_object_is_refused) {
  for (const char* text : {"[]", "1", "\"a\"", "null", "true"})
    EXPECT_THAT(complaints(knowledgebase_shape, text), ElementsAre(" must be an object")) << text;
}

TEST(DecodeTest, bounds_of_text_count_characters) {
  const auto named = [](const std::string& name) {
    return complaints(knowledgebase_shape, fmt::format(R"({{"name":"{}"}})", name));
  };
  std::string text;
  for (int i = 0; i < 200; ++i) text += "독";
  EXPECT_THAT(named(text), IsEmpty());
  EXPECT_THAT(named(text + "독"), ElementsAre("/name must have at most 200 characters"));
  EXPECT_THAT(named(""), ElementsAre("/name must have at least 1 character"));
  EXPECT_THAT(named("  "), ElementsAre("/name must not be blank"));
}

TEST(DecodeTest, bounds_of_integers_include_both_ends) {
  const auto sized = [](std::string_view size) {
    return complaints(knowledgebase_shape, fmt::format(R"({{"name":"a","chunk_size":{}}})", size));
  };
  for (const char* fits : {"1", "1000000", "5.0", "1e3"})
    EXPECT_THAT(sized(fits), IsEmpty()) << fits;
  for (const char* beyond : {"0", "-1", "1000001", "9223372036854775807"})
    EXPECT_THAT(sized(beyond), ElementsAre("/chunk_size must lie between 1 and 1000000")) << beyond;
  for (const char* wrong : {"1.5", "1e300", "\"5\"", "true", "[]"})
    EXPECT_THAT(sized(wrong), ElementsAre("/chunk_size must be an integer")) << wrong;
}

// One value that fits each type; every other is of a wrong type.
struct Sample {
  const char* name;
  const Shape& shape;
  const char* rest;
  std::set<std::string> fits;
  const char* message;
};

TEST(DecodeTest, every_type_refuses_every_other) {
  const std::vector<std::string> values{"true",
                                        "3",
                                        "0.5",
                                        "\"text\"",
                                        "\"018f0000-0000-7000-8000-000000000001\"",
                                        "\"2026-11-22T02:00:00Z\"",
                                        "\"llm\"",
                                        "{}",
                                        "[]"};
  const std::string agent = R"("agent_id":"018f0000-0000-7000-8000-000000000001")";
  const Sample samples[]{
      {"implementation",
       block_shape,
       R"("name":"a","block_type":"llm")",
       {"\"text\"", values[4], values[5], "\"llm\""},
       "must be a string"},
      {"chunk_size", knowledgebase_shape, R"("name":"a")", {"3"}, "must be an integer"},
      {"is_public",
       block_shape,
       R"("name":"a","block_type":"llm")",
       {"true"},
       "must be true or false"},
      {"id", block_shape, R"("name":"a","block_type":"llm")", {values[4]}, "must be a UUID"},
      {"completed_at",
       agent_execution_shape,
       agent.c_str(),
       {values[5]},
       "must be an RFC 3339 time"},
      {"block_type",
       block_shape,
       R"("name":"a")",
       {"\"llm\""},
       "must be one of llm, tool, logic, composite"},
      {"configuration",
       block_shape,
       R"("name":"a","block_type":"llm")",
       {"{}"},
       "must be an object"},
      {"input_data", agent_execution_shape, agent.c_str(), {values.begin(), values.end()}, ""},
      {"metrics", agent_execution_shape, agent.c_str(), {"{}"}, "must be an object"},
      {"steps", agent_execution_shape, agent.c_str(), {"[]"}, "must be an array"},
      {"cost_usd",
       metrics_shape,
       R"("llm_call_count":1)",
       {"3", "0.5"},
       "must be a number of US dollars"},
  };
  for (const Sample& sample : samples)
    for (const std::string& value : values) {
      const auto all = complaints(
          sample.shape, fmt::format(R"({{"{}":{},{}}})", sample.name, value, sample.rest));
      if (sample.fits.contains(value))
        EXPECT_THAT(all, IsEmpty()) << sample.name << ' ' << value;
      else
        EXPECT_THAT(all, ElementsAre(HasSubstr(fmt::format("/{} {}", sample.name, sample.message))))
            << value;
    }
}

TEST(DecodeTest, complaints_name_their_place_within_lists_and_records) {
  EXPECT_THAT(
      complaints(
          agent_execution_shape,
          R"({"agent_id":"018f0000-0000-7000-8000-000000000001","metrics":{"cost_usd":-1,"x":0},"steps":[{"step_number":0,"step_type":"thought"},{"step_number":-1,"step_type":"wish"},3]})",
          Source::creation, "/4"),
      ElementsAre(
          "/4/metrics/x is not a field of Metrics",
          "/4/metrics/cost_usd must lie between 0 and 1000000",
          "/4/steps/1/step_number must lie between 0 and 1000000000",
          "/4/steps/1/step_type must be one of thought, action, observation, response, error",
          "/4/steps/2 must be an object"));
}

TEST(DecodeTest, lists_have_bounds) {
  std::string many = R"({"name":"w","graph_definition":{},"schedules":[)";
  for (int i = 0; i < 1'001; ++i) many += R"({"cron_expression":"0 2 * * *"},)";
  many.back() = ']';
  EXPECT_THAT(complaints(workflow_shape, many + '}'),
              ElementsAre("/schedules must have at most 1000 entries"));
}

TEST(DecodeTest, at_most_fifty_complaints_are_told) {
  std::string text = R"({"name":"a")";
  for (int i = 0; i < 200; ++i) text += fmt::format(R"(,"field{}":1)", i);
  EXPECT_THAT(complaints(knowledgebase_shape, text + '}'), SizeIs(max_field_errors));
}

TEST(DecodeTest, rules_of_single_fields_hold) {
  const auto scheduled = [](std::string_view cron, std::string_view zone) {
    return complaints(schedule_shape,
                      fmt::format(R"({{"cron_expression":"{}","timezone":"{}"}})", cron, zone));
  };
  EXPECT_THAT(scheduled("*/5 2 * * 1-5", "Asia/Seoul"), IsEmpty());
  EXPECT_THAT(scheduled("61 2 * * *", "UTC"), SizeIs(1));
  EXPECT_THAT(scheduled("0 2 * * *", "Asia/Atlantis"),
              ElementsAre("/timezone is not an IANA time zone"));
  EXPECT_THAT(complaints(webhook_shape, R"({"webhook_path":"/a b"})"), SizeIs(1));
  EXPECT_THAT(complaints(webhook_shape, R"({"webhook_path":"/a","http_method":"get"})"), SizeIs(1));
  EXPECT_THAT(
      complaints(
          tool_shape,
          R"({"id":"Big Tool","name":"t","input_schema":{},"implementation_type":"custom"})"),
      SizeIs(1));
}

TEST(DecodeTest, money_is_exact_to_the_nano_dollar) {
  const auto nanos = [](std::string_view dollars) {
    Metrics metrics;
    EXPECT_TRUE(
        read(metrics_shape, metrics, fmt::format(R"({{"cost_usd":{}}})", dollars)).has_value())
        << dollars;
    return metrics.cost_usd.nanos;
  };
  EXPECT_EQ(nanos("0.1"), 100'000'000);
  EXPECT_EQ(nanos("0.000000001"), 1);
  EXPECT_EQ(nanos("0.0123456789"), 12'345'679);
  EXPECT_EQ(nanos("1234.000000007"), 1'234'000'000'007);
  EXPECT_EQ(nanos("1000000"), 1'000'000'000'000'000);
  EXPECT_EQ(nanos("1e-3"), 1'000'000);
}

TEST(DecodeTest, a_stored_document_that_does_not_fit_is_damage) {
  Knowledgebase made;
  EXPECT_THROW(decode_stored(knowledgebase_shape,
                             json::parse_stored(R"({"chunk_size":"many","name":"a"})"), made),
               std::runtime_error);
  EXPECT_THROW(decode_stored(knowledgebase_shape, json::parse_stored("[]"), made),
               std::runtime_error);
}

}  // namespace
}  // namespace onggi::model
