#include "store/prices.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "model/decode.h"
#include "model/encode.h"
#include "sql/catalogue.h"
#include "store/contribution.h"
#include "store/executions.h"

namespace onggi::store {
namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t cost_max_nanos = 1'000'000'000'000'000;
constexpr double price_max_usd = 1e6;
constexpr std::size_t prices_max = 10'000;
constexpr std::size_t name_max = 200;
constexpr std::int64_t executions_at_once = 500;

Result<std::string> read_name(const json::Object& object, std::string_view name,
                              const std::string& pointer) {
  const json::Value* value = object.if_contains(name);
  const std::string at = pointer + "/" + std::string(name);
  if (value == nullptr || value->is_null()) return invalid(at, "is required");
  if (!value->is_string() || value->get_string().empty() || value->get_string().size() > name_max)
    return invalid(at, "must be a string of 1 to 200 bytes");
  return std::string(value->get_string());
}

Result<std::int64_t> read_dollars(const json::Object& object, std::string_view name,
                                  const std::string& pointer) {
  const json::Value* value = object.if_contains(name);
  const std::string at = pointer + "/" + std::string(name);
  if (value == nullptr || value->is_null()) return invalid(at, "is required");
  if (!value->is_number()) return invalid(at, "must be a number");
  const auto dollars = value->to_number<double>();
  if (!(dollars >= 0 && dollars <= price_max_usd))
    return invalid(at, "must be between 0 and 1000000 US dollars");
  return std::llround(dollars * static_cast<double>(model::nanos_per_dollar));
}

Result<ModelPrice> read_price(const json::Value& value, const std::string& pointer) {
  const json::Object* object = value.if_object();
  if (object == nullptr) return invalid(pointer, "must be an object");
  for (const auto& [name, member] : *object)
    if (name != "llm_provider" && name != "llm_model" && name != "prompt_usd_per_million" &&
        name != "completion_usd_per_million")
      return invalid(pointer + json::pointer_to(name), "is not a field of a price");
  Result<std::string> provider = read_name(*object, "llm_provider", pointer);
  if (!provider) return std::unexpected(std::move(provider.error()));
  Result<std::string> model = read_name(*object, "llm_model", pointer);
  if (!model) return std::unexpected(std::move(model.error()));
  const Result<std::int64_t> prompt = read_dollars(*object, "prompt_usd_per_million", pointer);
  if (!prompt) return std::unexpected(prompt.error());
  const Result<std::int64_t> completion =
      read_dollars(*object, "completion_usd_per_million", pointer);
  if (!completion) return std::unexpected(completion.error());
  return ModelPrice{std::move(*provider), std::move(*model), {*prompt, *completion}};
}

struct Repriced {
  Uuid last;
  std::size_t read = 0;
  std::int64_t changed = 0;
};

// The next executions behind `after`.
Task<Repriced> reprice_batch(db::Connection& connection, Uuid after, Time now) {
  const db::Rows rows =
      co_await connection.many(sql::prices_executions, db::Params::of(after, executions_at_once));
  Repriced result{after, rows.size(), 0};
  Changes changes(sql::statistics_note_agent);
  std::vector<std::string> documents;
  documents.reserve(rows.size());
  std::vector<Uuid> ids;
  ids.reserve(rows.size());
  std::vector<db::Params> updates;
  for (const db::Row row : rows) {
    result.last = row.uuid(0);
    if (row.is_null(2)) continue;  // it was given, or there is no price
    model::Execution execution;
    model::decode_stored(model::agent_execution_shape, json::parse_stored(row.text(1)), execution);
    const model::Money cost = Price{row.integer(2), row.integer(3)}.of(execution.metrics);
    if (cost == execution.metrics.cost_usd) continue;
    changes.remove(Contribution::of(execution));
    execution.metrics.cost_usd = cost;
    execution.version += 1;
    execution.updated_at = std::max(now, execution.updated_at);
    execution.given.cost_usd = false;
    changes.add(Contribution::of(execution));
    documents.push_back(item_document(model::agent_execution_shape, execution));
    ids.push_back(execution.id);
    updates.push_back(db::Params::of(ids.back(), cost.nanos, execution.updated_at,
                                     execution.version, documents.back()));
  }
  result.changed = static_cast<std::int64_t>(updates.size());
  co_await connection.run_each(sql::prices_update_execution, std::move(updates));
  co_await changes.write(connection);
  co_return result;
}

}  // namespace

model::Money Price::of(const model::Metrics& metrics) const {
  const __int128 sum = static_cast<__int128>(metrics.llm_prompt_tokens) * prompt_nanos +
                       static_cast<__int128>(metrics.llm_completion_tokens) * completion_nanos;
  const __int128 nanos = (sum + million / 2) / million;
  return {static_cast<std::int64_t>(std::min<__int128>(nanos, cost_max_nanos))};
}

Task<std::vector<ModelPrice>> Prices::read(db::Connection& connection) const {
  const db::Rows rows = co_await connection.many(sql::prices_list, {});
  std::vector<ModelPrice> prices;
  for (const db::Row row : rows)
    prices.push_back(
        {std::string(row.text(0)), std::string(row.text(1)), {row.integer(2), row.integer(3)}});
  co_return prices;
}

Task<void> Prices::replace(db::Connection& connection, std::vector<ModelPrice> prices) const {
  co_await connection.run(sql::prices_clear, {});
  std::vector<db::Params> rows;
  for (const ModelPrice& price : prices)
    rows.push_back(db::Params::of(price.llm_provider, price.llm_model, price.price.prompt_nanos,
                                  price.price.completion_nanos));
  co_await connection.run_each(sql::prices_insert, std::move(rows));
}

Result<std::vector<ModelPrice>> read_prices(const json::Value& body) {
  const json::Object* object = body.if_object();
  if (object == nullptr) return invalid("", "must be an object");
  for (const auto& [name, member] : *object)
    if (name != "prices") return invalid(json::pointer_to(name), "is not a field of Prices");
  const json::Value* list = object->if_contains("prices");
  if (list == nullptr || list->is_null()) return invalid("/prices", "is required");
  const json::Array* array = list->if_array();
  if (array == nullptr) return invalid("/prices", "must be an array");
  if (array->size() > prices_max) return invalid("/prices", "must have at most 10000 entries");
  std::vector<ModelPrice> prices;
  std::map<std::pair<std::string, std::string>, std::size_t> seen;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const std::string pointer = fmt::format("/prices/{}", i);
    Result<ModelPrice> price = read_price((*array)[i], pointer);
    if (!price) return std::unexpected(std::move(price.error()));
    if (!seen.emplace(std::pair(price->llm_provider, price->llm_model), i).second)
      return invalid(pointer, "is a second price of the same model");
    prices.push_back(std::move(*price));
  }
  std::ranges::sort(prices, [](const ModelPrice& a, const ModelPrice& b) {
    return std::tie(a.llm_provider, a.llm_model) < std::tie(b.llm_provider, b.llm_model);
  });
  return prices;
}

std::string to_json(const std::vector<ModelPrice>& prices) {
  std::string out = R"({"prices":[)";
  for (const ModelPrice& price : prices) {
    out += out.back() == '[' ? R"({"llm_provider":)" : R"(,{"llm_provider":)";
    json::append_quoted(price.llm_provider, out);
    out += R"(,"llm_model":)";
    json::append_quoted(price.llm_model, out);
    out += R"(,"prompt_usd_per_million":)";
    model::append_money({price.price.prompt_nanos}, out);
    out += R"(,"completion_usd_per_million":)";
    model::append_money({price.price.completion_nanos}, out);
    out += '}';
  }
  return out + "]}";
}

Task<std::int64_t> reprice(Batches& batches) {
  Uuid after{};
  std::int64_t changed = 0;
  while (!batches.is_to_stop()) {
    std::function<Task<Repriced>(db::Connection&)> body =
        [after, now = batches.now()](db::Connection& connection) {
          return reprice_batch(connection, after, now);
        };
    const Repriced batch = co_await batches.write<Repriced>(std::move(body));
    changed += batch.changed;
    if (batch.read < static_cast<std::size_t>(executions_at_once)) break;
    after = batch.last;
  }
  co_return changed;
}

}  // namespace onggi::store
