// How an agent wants its memory kept, and how much there is of it.
#include <cmath>

#include <fmt/format.h>

#include "model/decode.h"
#include "model/encode.h"
#include "sql/catalogue.h"
#include "store/binding.h"
#include "store/memories.h"

namespace onggi::store {
namespace {

using model::Importance;
using model::MemoryType;

Importance importance_of_shelf(std::int64_t shelf) {
  return shelf < 18 ? static_cast<Importance>(shelf % 3) : Importance::low;
}

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

double mb_of(std::int64_t bytes) {
  return rounded(static_cast<double>(bytes) / (1 << 20), 1e6);
}

Page page_of(model::MemorySettings& settings, std::int64_t version) {
  return {model::to_json(model::memory_settings_shape, settings), version};
}

}  // namespace

model::MemoryType type_of_shelf(std::int64_t shelf) {
  if (shelf < 9) return MemoryType::short_term;
  if (shelf < 12) return MemoryType::episodic;
  return shelf < 15 ? MemoryType::semantic : MemoryType::long_term;
}

Task<Result<Page>> Memories::settings(db::Connection& connection, Uuid agent, Uuid owner) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_settings, db::Params::of(agent, owner));
  if (rows.empty()) co_return not_found();
  model::MemorySettings settings = settings_of(rows[0], 0);
  co_return page_of(settings, rows[0].integer(settings_columns - 1));
}

Task<Result<Page>> Memories::put_settings(db::Connection& connection, Uuid agent, Uuid owner,
                                          std::shared_ptr<const json::Value> body, IfMatch if_match,
                                          Time now) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_settings, db::Params::of(agent, owner));
  if (rows.empty()) co_return not_found();
  const std::int64_t version = rows[0].integer(settings_columns - 1);
  auto allowed = check_version(if_match, version);
  if (!allowed) co_return std::unexpected(std::move(allowed.error()));
  model::MemorySettings after;
  auto decoded = model::decode(model::memory_settings_shape, *body, after, model::Source::creation);
  if (!decoded) co_return std::unexpected(std::move(decoded.error()));
  model::MemorySettings before = settings_of(rows[0], 0);
  if (version > 0 && page_of(before, 0).body == page_of(after, 0).body)
    co_return page_of(before, version);
  db::Params params = db::Params::of(agent);
  bind(model::memory_settings_shape, after, params);
  params.add(now).add(version + 1);
  co_await connection.run(sql::memory_put_settings, std::move(params));
  co_return page_of(after, version + 1);
}

Task<Result<std::string>> Memories::stats(db::Connection& connection, Uuid agent, Uuid owner,
                                          Time now) const {
  const db::Rows there =
      co_await connection.many(sql::memory_stats, db::Params::of(agent, owner, now));
  const db::Rows expired =
      co_await connection.many(sql::memory_expired, db::Params::of(agent, owner, now));
  if (there.empty()) co_return not_found();
  struct Amount {
    std::int64_t count = 0;
    std::int64_t bytes = 0;
  };
  std::array<Amount, model::memory_type_names.size()> amounts;
  std::int64_t size_bytes = 0;
  std::int64_t stored_bytes = 0;
  for (const db::Row row : there) {
    if (row.is_null(0)) break;
    Amount& amount = amounts[static_cast<std::size_t>(type_of_shelf(row.integer(0)))];
    amount.count += row.integer(1);
    amount.bytes += row.integer(2);
    size_bytes += row.integer(2);
    stored_bytes += row.integer(3);
  }
  for (const db::Row row : expired) {
    Amount& amount = amounts[static_cast<std::size_t>(type_of_shelf(row.integer(0)))];
    amount.count -= row.integer(1);
    amount.bytes -= row.integer(2);
  }
  std::string json = "{";
  std::int64_t total = 0;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    fmt::format_to(std::back_inserter(json),
                   "\"{}\":{{\"count\":{},\"size_mb\":", model::memory_type_names[i],
                   amounts[i].count);
    json::append_number(mb_of(amounts[i].bytes), json);
    json += "},";
    total += amounts[i].bytes;
  }
  json += "\"total_size_mb\":";
  json::append_number(mb_of(total), json);
  json += ",\"compression_ratio\":";
  json::append_number(
      stored_bytes == 0
          ? 1.0
          : rounded(static_cast<double>(size_bytes) / static_cast<double>(stored_bytes), 1e3),
      json);
  json += '}';
  co_return json;
}

Task<std::string> Memories::overview(db::Connection& connection, std::optional<Uuid> owner,
                                     Time now) const {
  const db::Rows rows = co_await connection.many(
      owner ? sql::memory_overview : sql::memory_overview_of_all, db::Params::of(owner, now));
  std::array<std::int64_t, model::memory_type_names.size()> by_type{};
  std::array<std::int64_t, model::importance_names.size()> by_importance{};
  std::array<std::int64_t, model::memory_type_names.size()> old{};
  for (const db::Row row : rows) {
    const std::int64_t shelf = row.integer(0);
    const std::int64_t expired = row.integer(2);
    const std::int64_t live = row.integer(1) - expired;
    by_type[static_cast<std::size_t>(type_of_shelf(shelf))] += live;
    by_importance[static_cast<std::size_t>(importance_of_shelf(shelf))] += live;
    old[static_cast<std::size_t>(type_of_shelf(shelf))] += expired;
  }
  std::string json = "{";
  for (std::size_t i = 0; i < by_type.size(); ++i)
    fmt::format_to(std::back_inserter(json), "\"{}_count\":{},", model::memory_type_names[i],
                   by_type[i]);
  for (std::size_t i = 0; i < by_importance.size(); ++i)
    fmt::format_to(std::back_inserter(json), "\"{}_importance_count\":{},",
                   model::importance_names[i], by_importance[i]);
  const auto old_of = [&](MemoryType type) { return old[static_cast<std::size_t>(type)]; };
  fmt::format_to(std::back_inserter(json),
                 "\"old_stm_count\":{},\"old_ltm_count\":{},\"old_episodic_count\":{}}}",
                 old_of(MemoryType::short_term), old_of(MemoryType::long_term),
                 old_of(MemoryType::episodic));
  co_return json;
}

}  // namespace onggi::store
