// What models cost, and what executions cost whose client did not say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/database.h"
#include "json/json.h"
#include "model/execution.h"
#include "store/batches.h"

namespace onggi::store {

// Per million tokens, in billionths of a US dollar.
struct Price {
  std::int64_t prompt_nanos = 0;
  std::int64_t completion_nanos = 0;

  // Half up; at most what a cost may be.
  model::Money of(const model::Metrics& metrics) const;
};

struct ModelPrice {
  std::string llm_provider;
  std::string llm_model;
  Price price;
};

class Prices {
 public:
  // By provider and model.
  Task<std::vector<ModelPrice>> read(db::Connection& connection) const;
  // In a transaction: these, and no others. Executions keep their costs (reprice).
  Task<void> replace(db::Connection& connection, std::vector<ModelPrice> prices) const;
};

// 422 for prices that are none, or of one model twice. `{"prices": [{llm_provider, llm_model,
// prompt_usd_per_million, completion_usd_per_million}]}`.
Result<std::vector<ModelPrice>> read_prices(const json::Value& body);
std::string to_json(const std::vector<ModelPrice>& prices);

// Estimates the costs of agents' executions anew whose client did not say what they cost, by the
// prices that are known now; those of models without a price keep theirs. How many have changed.
Task<std::int64_t> reprice(Batches& batches);

}  // namespace onggi::store
