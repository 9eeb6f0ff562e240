#include "store/prices.h"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/engine.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/users.h"

namespace onggi::cli {
namespace {

json::Value value_of(const toml::node& node, const std::string& file) {
  if (const auto* text = node.as_string()) return json::Value(text->get());
  if (const auto* number = node.as_integer()) return json::Value(number->get());
  if (const auto* number = node.as_floating_point()) {
    if (!std::isfinite(number->get()))
      throw std::runtime_error(fmt::format("{}: a price must be a finite number", file));
    return json::Value(number->get());
  }
  throw std::runtime_error(fmt::format("{}: a price has texts and numbers", file));
}

json::Value prices_in(const std::string& file) {
  toml::table table;
  try {
    table = toml::parse_file(file);
  } catch (const toml::parse_error& mistake) {
    throw std::runtime_error(fmt::format("{}: {}", file, mistake.description()));
  }
  // An empty file is a mistake; `prices = []` is how all of them are taken away.
  if (!table.contains("prices"))
    throw std::runtime_error(fmt::format("{}: there is no price in it", file));
  json::Array prices;
  for (const auto& [name, node] : table) {
    const toml::array* entries = node.as_array();
    if (name.str() != "prices" || entries == nullptr)
      throw std::runtime_error(fmt::format("{}: [[prices]] are expected, and nothing else", file));
    for (const toml::node& entry : *entries) {
      const toml::table* price = entry.as_table();
      if (price == nullptr)
        throw std::runtime_error(fmt::format("{}: [[prices]] must be tables", file));
      json::Object object;
      for (const auto& [key, value] : *price) object.emplace(key.str(), value_of(value, file));
      prices.push_back(std::move(object));
    }
  }
  return json::Object{{"prices", std::move(prices)}};
}

}  // namespace

int run(const PricesList&, const config::Settings& settings) {
  const std::unique_ptr<Client> client = open_client(settings.options);
  const json::Value shown = client->get("prices");
  for (const json::Value& price : shown.at("prices").as_array())
    fmt::print("{:>14} {:>14}  {} {}\n", json::canonical(price.at("prompt_usd_per_million")),
               json::canonical(price.at("completion_usd_per_million")), text(price, "llm_provider"),
               text(price, "llm_model"));
  return 0;
}

int run(const PricesLoad& command, const config::Settings& settings) {
  const json::Value prices = prices_in(command.file);
  const std::unique_ptr<Client> client = open_client(settings.options);
  const json::Value shown = client->call(http::Method::put, "prices", prices);
  fmt::print("{} prices\n", shown.at("prices").as_array().size());
  return 0;
}

int run(const PricesApply&, const config::Settings& settings) {
  // A server on the data directory has its lock, whatever its store is.
  if (const std::unique_ptr<Client> server = connect_to_server(settings.options)) {
    const json::Value run = server->call(http::Method::post, "prices/apply");
    fmt::print("started: run {}\n", text(run, "id"));
    return 0;
  }
  const SystemClock clock;
  app::Engine engine(settings.options, clock);
  store::Batches batches(engine.database, clock);
  const std::int64_t changed = run_now(store::reprice(batches));
  fmt::print("{} executions\n", changed);
  return 0;
}

}  // namespace onggi::cli
