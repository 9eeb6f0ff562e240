#include "model/encode.h"

#include <array>
#include <limits>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/decode.h"
#include "model/definitions.h"
#include "model/execution.h"

namespace onggi::model {
namespace {

constexpr std::array all_shapes{&user_shape,
                                &tool_shape,
                                &tool_summary_shape,
                                &knowledgebase_shape,
                                &block_shape,
                                &agent_tool_shape,
                                &agent_knowledgebase_shape,
                                &agent_shape,
                                &agent_content_shape,
                                &schedule_shape,
                                &webhook_shape,
                                &workflow_shape,
                                &workflow_node_shape,
                                &workflow_edge_shape,
                                &metrics_shape,
                                &step_shape,
                                &agent_execution_shape,
                                &workflow_execution_shape};

template <class T>
void put(const Field& field, void* at, T value) {
  if (!field.nullable)
    *static_cast<T*>(at) = std::move(value);
  else if (*rc::gen::inRange(0, 4) == 0)
    static_cast<std::optional<T>*>(at)->reset();
  else
    *static_cast<std::optional<T>*>(at) = std::move(value);
}

std::string some_text() {
  return *rc::gen::container<std::string>(
             rc::gen::element('a', '"', '\\', '\n', '\x01', '/', ' ', '\x7f')) +
         *rc::gen::element<std::string>("", "항아리", "🏺", "null");
}

std::string some_json(bool is_object) {
  json::Value value;
  switch (is_object ? 4 : *rc::gen::inRange(0, 5)) {
    case 0:
      value = nullptr;
      break;
    case 1:
      value = some_text();
      break;
    case 2:
      value = *rc::gen::arbitrary<std::int64_t>();
      break;
    case 3:
      value = json::Array{0.5, true, some_text()};
      break;
    default:
      value = json::Object{{some_text(), *rc::gen::arbitrary<std::int64_t>()},
                           {"deep", json::Object{{"list", json::Array{1, nullptr}}}}};
  }
  return json::canonical(value);
}

// Within what a field may hold, as stored documents are.
std::int64_t some_integer(const Field& field) {
  const std::int64_t low = std::max<std::int64_t>(field.min, -1'000'000'000'000'000'000);
  const std::int64_t high = std::min<std::int64_t>(field.max, 1'000'000'000'000'000'000);
  return *rc::gen::oneOf(rc::gen::inRange(low, high), rc::gen::just(low), rc::gen::just(high));
}

void fill(const Shape& shape, Record& record) {
  for (const Field& field : shape.fields) {
    if (field.type == Type::embedded) continue;
    void* const at = field.member(record);
    switch (field.type) {
      case Type::text:
        put<std::string>(field, at, some_text());
        break;
      case Type::integer:
        put<std::int64_t>(field, at, some_integer(field));
        break;
      case Type::boolean:
        put<bool>(field, at, *rc::gen::arbitrary<bool>());
        break;
      case Type::uuid:
        put<Uuid>(field, at, Uuid::v7(Time{*rc::gen::inRange<std::int64_t>(0, 1'800'000'000'000)}));
        break;
      case Type::time:
        put<Time>(field, at,
                  Time{*rc::gen::inRange<std::int64_t>(earliest_time.ms, latest_time.ms)});
        break;
      case Type::money:
        put<Money>(field, at,
                   Money{*rc::gen::inRange<std::int64_t>(0, 1'000'000 * nanos_per_dollar)});
        break;
      case Type::choice:
        put<std::uint8_t>(
            field, at,
            static_cast<std::uint8_t>(*rc::gen::inRange<std::size_t>(0, field.names.size())));
        break;
      case Type::object:
      case Type::any:
        put<Document>(field, at, Document{some_json(field.type == Type::object)});
        break;
      case Type::numbers:
        put<std::vector<float>>(
            field, at, std::vector<float>{static_cast<float>(*rc::gen::inRange(-999, 999)), 0.1F});
        break;
      case Type::record:
        fill(*field.shape, *static_cast<Record*>(at));
        break;
      case Type::list:
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) fill(*field.shape, field.list.append(at));
        break;
      case Type::embedded:
        break;
    }
  }
}

RC_GTEST_PROP(EncodeTest, what_was_encoded_decodes_to_the_same, ()) {
  const Shape& shape = **rc::gen::elementOf(all_shapes);
  const auto record = shape.make();
  fill(shape, *record);
  const std::string text = to_json(shape, *record);
  const auto again = shape.make();
  RC_LOG() << shape.name << ' ' << text << '\n';
  decode_stored(shape, json::parse_stored(text), *again);
  RC_ASSERT(to_json(shape, *again) == text);
}

RC_GTEST_PROP(EncodeTest, an_item_and_what_it_leaves_out_are_the_whole, ()) {
  const Shape& shape = **rc::gen::elementOf(all_shapes);
  const auto record = shape.make();
  fill(shape, *record);
  std::string item;
  append_members(shape, *record, View::item, item);
  std::string heavy;
  append_members(shape, *record, View::heavy, heavy);
  const std::string joined = '{' + item + (item.empty() || heavy.empty() ? "" : ",") + heavy + '}';
  RC_ASSERT(json::equal(json::parse_stored(joined), json::parse_stored(to_json(shape, *record))));
}

TEST(EncodeTest, a_secret_is_never_shown) {
  Webhook webhook;
  webhook.webhook_path = "/in";
  webhook.secret = "hush";
  EXPECT_EQ(to_json(webhook_shape, webhook),
            R"({"webhook_path":"/in","http_method":"POST","is_active":true})");
}

std::string spelled(std::int64_t nanos) {
  std::string out;
  append_money(Money{nanos}, out);
  return out;
}

TEST(EncodeTest, money_has_as_many_decimals_as_it_needs) {
  EXPECT_EQ(spelled(0), "0");
  EXPECT_EQ(spelled(1), "0.000000001");
  EXPECT_EQ(spelled(100'000'000), "0.1");
  EXPECT_EQ(spelled(-1'500'000'000), "-1.5");
  EXPECT_EQ(spelled(std::numeric_limits<std::int64_t>::min()), "-9223372036.854775808");
  EXPECT_EQ(spelled(12'340'000'000), "12.34");
  EXPECT_EQ(spelled(1'000'000'000'000'000'000), "1000000000");
}

// Doubles hold nine decimals up to a few million dollars.
RC_GTEST_PROP(EncodeTest, money_comes_back_as_it_went, ()) {
  const std::int64_t nanos = *rc::gen::inRange<std::int64_t>(0, 1'000'000 * nanos_per_dollar);
  Metrics metrics;
  decode_stored(metrics_shape, json::parse_stored(R"({"cost_usd":)" + spelled(nanos) + '}'),
                metrics);
  RC_ASSERT(metrics.cost_usd.nanos == nanos);
}

}  // namespace
}  // namespace onggi::model
