// What is read of memories: their rows as records, and as the items of lists.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

#include "base/pack.h"
#include "db/place.h"
#include "json/json.h"
#include "sql/catalogue.h"
#include "store/memories.h"

namespace onggi::store {
namespace {

using model::Memory;

// Columns of `shown`.
enum Shown : int {
  id,
  type,
  importance,
  session_id,
  content,
  metadata,
  access_count,
  last_accessed_at,
  created_at,
  updated_at,
  version
};

template <class Enum>
Enum enum_of(std::string_view name) {
  const auto names = model::names_of<Enum>;
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

void append_time_member(std::string_view name, const db::Row& row, int column, std::string& out) {
  out += name;
  if (row.is_null(column)) {
    out += "null";
    return;
  }
  out += '"';
  append_time(row.time(column), out);
  out += '"';
}

// An item of a list, straight from its row: without what is heavy.
void append_item(const db::Row& row, int first, std::string_view whose, std::string& out) {
  out += "{\"id\":\"";
  append_uuid(row.uuid(first + Shown::id), out);
  out += whose;
  out += row.text(first + Shown::type);
  out += "\",\"content\":";
  const std::string_view content = row.text(first + Shown::content);
  if (is_packed(content))
    json::append_quoted(unpack(content), out);
  else
    json::append_quoted(content, out);
  out += ",\"metadata\":";
  const std::string_view metadata = row.text(first + Shown::metadata);
  if (is_packed(metadata))
    out += unpack(metadata);
  else
    out += metadata;
  out += ",\"importance\":\"";
  out += row.text(first + Shown::importance);
  out += "\",\"session_id\":";
  if (row.is_null(first + Shown::session_id))
    out += "null";
  else
    json::append_quoted(row.text(first + Shown::session_id), out);
  fmt::format_to(std::back_inserter(out), FMT_STRING(",\"access_count\":{}"),
                 row.integer(first + Shown::access_count));
  append_time_member(",\"last_accessed_at\":", row, first + Shown::last_accessed_at, out);
  append_time_member(",\"created_at\":", row, first + Shown::created_at, out);
  append_time_member(",\"updated_at\":", row, first + Shown::updated_at, out);
  fmt::format_to(std::back_inserter(out), FMT_STRING(",\"version\":{}}}"),
                 row.integer(first + Shown::version));
}

// What stands between the id and the type of every item of an agent.
std::string whose_members(const Uuid& agent, const Uuid& owner) {
  return fmt::format(R"(","agent_id":"{}","user_id":"{}","type":")", to_string(agent),
                     to_string(owner));
}

}  // namespace

void append_memory(const db::Row& row, int first, const Uuid& agent, const Uuid& owner,
                   std::string& json) {
  append_item(row, first, whose_members(agent, owner), json);
}

std::string embedding_bytes(const std::vector<float>& embedding) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes(embedding.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), embedding.data(), bytes.size());
  return bytes;
}

std::vector<float> embedding_of(std::string_view bytes) {
  std::vector<float> embedding(bytes.size() / sizeof(float));
  std::memcpy(embedding.data(), bytes.data(), embedding.size() * sizeof(float));
  return embedding;
}

std::shared_ptr<Memory> memory_of(const db::Row& row, int first, const Uuid& agent,
                                  const Uuid& owner) {
  auto memory = std::make_shared<Memory>();
  memory->id = row.uuid(first + Shown::id);
  memory->agent_id = agent;
  memory->user_id = owner;
  memory->type = enum_of<model::MemoryType>(row.text(first + Shown::type));
  memory->content = unpack(row.text(first + Shown::content));
  memory->metadata.text = unpack(row.text(first + Shown::metadata));
  memory->importance = enum_of<model::Importance>(row.text(first + Shown::importance));
  if (!row.is_null(first + Shown::session_id))
    memory->session_id = std::string(row.text(first + Shown::session_id));
  memory->access_count = row.integer(first + Shown::access_count);
  if (!row.is_null(first + Shown::last_accessed_at))
    memory->last_accessed_at = row.time(first + Shown::last_accessed_at);
  memory->created_at = row.time(first + Shown::created_at);
  memory->updated_at = row.time(first + Shown::updated_at);
  memory->version = row.integer(first + Shown::version);
  if (const int embedding = first + shown_columns; !row.is_null(embedding))
    memory->embedding = embedding_of(row.text(embedding));
  return memory;
}

model::MemorySettings settings_of(const db::Row& row, int first) {
  model::MemorySettings settings;
  settings.short_term_retention_hours = row.integer(first);
  settings.auto_cleanup = row.boolean(first + 1);
  settings.auto_consolidation = row.boolean(first + 2);
  settings.consolidation_threshold = row.integer(first + 3);
  settings.enable_compression = row.boolean(first + 4);
  settings.max_memory_size_mb = row.integer(first + 5);
  settings.importance_threshold = enum_of<model::Importance>(row.text(first + 6));
  return settings;
}

Task<Result<Items>> Memories::list(db::Connection& connection, Uuid agent, Uuid owner,
                                   MemoryFilter filter, Range range, Time now) const {
  const std::string whose = whose_members(agent, owner);
  const Place end = Place::before(filter.to);
  const Place& after = std::min(range.after, end, [](const Place& a, const Place& b) {
    return std::tie(a.time, a.key) < std::tie(b.time, b.key);
  });
  if (filter.search) {
    const db::Rows settings =
        co_await connection.many(sql::memory_settings, db::Params::of(agent, owner));
    if (settings.empty()) co_return not_found();
    Sieve sieve(*filter.search, range.limit, [&whose](const db::Row& row, std::string& json) {
      append_item(row, 3, whose, json);
    });
    co_await walk(connection, agent, owner, filter, after, now, sieve);
    co_return std::move(sieve).items();
  }
  db::Params params = db::Params::of(agent, owner, now, after.time);
  params.add_blob(after.key).add(range.limit + 1).add(filter.from).add(filter.type);
  params.add(filter.importance).add(filter.session);
  const db::Rows rows =
      co_await connection.many_within(filter.session ? sql::memory_list_session : sql::memory_list,
                                      std::move(params), page_max_bytes);
  if (rows.empty()) co_return not_found();
  Items items;
  if (rows[0].is_null(Shown::id)) co_return items;
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto is_newer = [&](std::size_t a, std::size_t b) {
    return std::pair(rows[a].time(Shown::created_at), rows[a].text(Shown::id)) >
           std::pair(rows[b].time(Shown::created_at), rows[b].text(Shown::id));
  };
  if (!std::ranges::is_sorted(order, is_newer)) std::ranges::sort(order, is_newer);
  // What was cut off must lie behind what is shown; the join walks the page in its order.
  if (rows.is_cut() && !std::ranges::is_sorted(order))
    throw std::logic_error("a page that was cut does not come in order");
  std::size_t shown = 0;
  // What is compressed may be large all the same.
  while (shown < std::min(rows.size(), static_cast<std::size_t>(range.limit)) &&
         items.json.size() < page_max_bytes) {
    if (shown != 0) items.json += ',';
    append_item(rows[order[shown++]], 0, whose, items.json);
  }
  if (rows.size() > shown || rows.is_cut()) {
    const db::Row last = rows[order[shown - 1]];
    items.next = Place{last.time(Shown::created_at), std::string(last.text(Shown::id))};
  }
  co_return items;
}

Task<Total> Memories::count(db::Connection& connection, Uuid agent, Uuid owner, MemoryFilter filter,
                            Time now) const {
  if (filter.search) {
    Sieve sieve(*filter.search, count_max, {});
    co_await walk(connection, agent, owner, filter, Place::before(filter.to), now, sieve);
    co_return sieve.total();
  }
  db::Params params = db::Params::of(agent, owner, now, filter.to);
  params.add_blob({}).add(count_max + 1).add(filter.from).add(filter.type);
  params.add(filter.importance).add(filter.session);
  const db::Rows rows = co_await connection.many(
      filter.session ? sql::memory_count_session : sql::memory_count, std::move(params));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

Task<void> Memories::walk(db::Connection& connection, Uuid agent, Uuid owner,
                          const MemoryFilter& filter, Place after, Time now, Sieve& sieve) const {
  const auto terms_of = [&](db::MemoryLife life) {
    return filter.search->terms(db::memory_scope(agent.view(), life));
  };
  const std::array<Filter::Terms, 4> terms{
      terms_of(db::MemoryLife::short_term), terms_of(db::MemoryLife::episodic),
      terms_of(db::MemoryLife::long_term), terms_of(db::MemoryLife::other)};
  const Filter::Parts parts = filter.search->parts("metadata");
  const std::string from = walk_from(after);
  db::Params params = db::Params::of(agent, owner, now, after.time);
  params.add_blob(after.key).add(sieve.rows_wanted()).add(filter.from).add(filter.type);
  params.add(filter.importance).add(filter.session).add_blob(from);
  for (const Filter::Terms& each : terms) params.add_blob(each.listed);
  for (const Filter::Terms& each : terms) params.add_blob(each.unlisted);
  params.add(!filter.search->is_decided()).add(parts.contained).add_texts(parts.also_contained);
  params.add(sieve.wants_documents()).add(candidates_max);
  std::function<bool(const db::Row&)> take = [&sieve](const db::Row& row) {
    return sieve.take(row);
  };
  co_await connection.scan(sql::memory_search, std::move(params), std::move(take));
}

}  // namespace onggi::store
