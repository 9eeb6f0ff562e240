// The timeline of an agent's memory.
#include <algorithm>

#include <fmt/format.h>

#include "json/json.h"
#include "sql/catalogue.h"
#include "store/id_list.h"
#include "store/memories.h"

namespace onggi::store {
namespace {

constexpr int low_bits = 16;
constexpr std::size_t entries_a_row = 1'000;

void append_entry(const Uuid& id, std::string_view type, const Uuid& memory, Time at,
                  std::string_view metadata, std::string& json) {
  if (!json.empty()) json += ',';
  json += "{\"id\":\"";
  append_uuid(id, json);
  json += "\",\"type\":\"";
  json += type;
  json += "\",\"memory_id\":\"";
  append_uuid(memory, json);
  json += "\",\"timestamp\":\"";
  append_time(at, json);
  json += "\",\"metadata\":";
  json += metadata;
  json += '}';
}

}  // namespace

Task<void> Memories::record(db::Connection& connection, std::vector<MemoryEvent> events) const {
  struct Written {
    Uuid id;
    std::int64_t count;
    std::string ids;
  };
  std::vector<Written> written;
  std::vector<const MemoryEvent*> of;
  for (MemoryEvent& event : events) {
    std::ranges::sort(event.memories);
    for (std::size_t at = 0; at < event.memories.size(); at += entries_a_row) {
      const std::size_t end = std::min(at + entries_a_row, event.memories.size());
      const std::vector<Uuid> part(event.memories.begin() + static_cast<std::ptrdiff_t>(at),
                                   event.memories.begin() + static_cast<std::ptrdiff_t>(end));
      written.push_back({countable_id(event.at, low_bits), static_cast<std::int64_t>(part.size()),
                         write_ids(part)});
      of.push_back(&event);
    }
  }
  // As PostgreSQL orders members.
  for (MemoryEvent& event : events)
    event.metadata = json::canonical(json::parse_stored(event.metadata));
  std::vector<db::Params> rows;
  rows.reserve(written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    db::Params params = db::Params::of(of[i]->agent, of[i]->at, written[i].id, of[i]->type);
    params.add(written[i].count).add_blob(written[i].ids).add(of[i]->metadata);
    rows.push_back(std::move(params));
  }
  co_await connection.run_each(sql::memory_record, std::move(rows));
}

// Newest first by (timestamp, id); entries of one row stand one after the other, since their ids
// count up from the row's. A place may lie within a row.
Task<Result<Items>> Memories::timeline(db::Connection& connection, Uuid agent, Uuid owner,
                                       Range range) const {
  db::Params params = db::Params::of(agent, owner, range.after.time);
  params.add_blob(range.after.key).add(range.limit + 1);
  const db::Rows rows = co_await connection.many(sql::memory_timeline, std::move(params));
  if (rows.empty()) co_return not_found();
  Items items;
  std::int64_t shown = 0;
  Place last;
  for (const db::Row row : rows) {
    if (row.is_null(0)) break;
    const bool is_of_access = row.text(2) == "accessed";
    const std::vector<Uuid> memories = read_ids(row.text(4));
    std::string counted;
    if (is_of_access) counted = fmt::format("{{\"count\":{}}}", row.integer(3));
    for (std::size_t i = memories.size(); i-- > 0;) {
      const Uuid id = counted_up(row.uuid(1), static_cast<std::uint32_t>(i));
      const bool is_before = std::pair(row.time(0), id.view()) <
                             std::pair(range.after.time, std::string_view(range.after.key));
      if (!is_before) continue;
      if (shown == range.limit) {
        items.next = last;
        co_return items;
      }
      append_entry(id, row.text(2), memories[i], row.time(0),
                   is_of_access ? std::string_view(counted) : row.text(5), items.json);
      last = {row.time(0), std::string(id.view())};
      ++shown;
    }
  }
  co_return items;
}

Task<Total> Memories::count_timeline(db::Connection& connection, Uuid agent) const {
  const db::Rows rows =
      co_await connection.many(sql::memory_count_timeline, db::Params::of(agent, count_max + 1));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

}  // namespace onggi::store
