#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "base/pack.h"
#include "base/secret.h"
#include "db/place.h"
#include "memory/life.h"
#include "memory/pace.h"
#include "model/encode.h"
#include "sql/catalogue.h"

namespace onggi::memory {
namespace {

constexpr std::int64_t due_at_once = 500;
constexpr std::array hot_shelves{3, 4, 5};  // sql/memory.sql
constexpr std::size_t provenance_max_bytes = 4u << 20;

struct Due {
  Time created_at;
  std::int64_t arrival;
  Uuid id;
  std::int64_t version;
  std::int64_t stored_bytes;
  model::Importance importance;

  auto place() const { return std::tuple(created_at, arrival, id); }
};

// What has the same text; the oldest first.
using Duplicates = std::vector<Due>;

struct Place {
  Time time = earliest_time;
  std::string key;
};

model::Importance importance_of(std::string_view name) {
  return static_cast<model::Importance>(std::ranges::find(model::importance_names, name) -
                                        model::importance_names.begin());
}

// The groups of what is due of an agent, the oldest first.
Task<std::vector<Duplicates>> due_of(store::Batches& batches, Uuid agent, Uuid owner) {
  std::vector<std::pair<Sha256, Due>> found;
  for (const int shelf : hot_shelves) {
    Place place;
    for (bool is_more = true; is_more;) {
      std::function<Task<db::Rows>(db::Connection&)> body =
          [=, now = batches.now()](db::Connection& connection) -> Task<db::Rows> {
        db::Params params = db::Params::of(agent, owner, now, shelf, place.time);
        params.add_blob(place.key).add(due_at_once);
        return connection.many(sql::memory_due, std::move(params));
      };
      const db::Rows rows = co_await batches.read<db::Rows>(std::move(body));
      for (const db::Row row : rows) {
        found.emplace_back(sha256(folded(unpack(row.text(4)))),
                           Due{row.time(1), row.integer(6), row.uuid(0), row.integer(2),
                               row.integer(5), importance_of(row.text(3))});
        place = {row.time(1), std::string(row.text(0))};
      }
      is_more = rows.size() == static_cast<std::size_t>(due_at_once) && !batches.is_to_stop();
    }
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.second.place() < b.second.place();
  });
  std::vector<Duplicates> groups;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i == 0 || found[i].first != found[i - 1].first) groups.emplace_back();
    groups.back().push_back(found[i].second);
  }
  std::ranges::sort(groups, {}, [](const Duplicates& group) { return group.front().place(); });
  co_return groups;
}

// One that is still as it was when it was found due, with what is not shown of it.
struct Present {
  std::shared_ptr<model::Memory> memory;
  std::int64_t stored_bytes = 0;
};

// About what one that is merged takes of the provenance.
std::size_t bytes_of(const model::Memory& memory) {
  constexpr std::size_t number_bytes = 16;
  constexpr std::size_t other_bytes = 500;
  const std::size_t numbers = memory.embedding ? memory.embedding->size() : 0;
  return memory.content.size() + memory.metadata.text.size() + numbers * number_bytes + other_bytes;
}

// What a promoted memory was, and what was merged into it: JSON. `last`: when it was accessed last,
// in whatever form.
std::string provenance_of(const model::Memory& keeper, const std::vector<Present>& merged,
                          std::int64_t merged_accesses, std::optional<Time> last, Time now) {
  std::string json = fmt::format(
      R"({{"type":"short_term","importance":"{}","access_count":{},"promoted_at":"{}","merged_accesses":{},)",
      model::importance_names[static_cast<std::size_t>(keeper.importance)], keeper.access_count,
      to_string(now), merged_accesses);
  if (last != keeper.last_accessed_at) {
    const auto& own = keeper.last_accessed_at;
    json += fmt::format(R"("last_accessed_at":{},"merged_last_accessed_at":"{}",)",
                        own ? '"' + to_string(*own) + '"' : "null", to_string(*last));
  }
  json += R"("merged":[)";
  bool is_first = true;
  for (const Present& each : merged) {
    if (!is_first) json += ',';
    is_first = false;
    json += model::to_json(model::memory_import_shape, *each.memory);
  }
  return json + "]}";
}

using ByImportance = std::array<std::vector<Uuid>, model::importance_names.size()>;

// Those of which there is one alone, as one statement: what they become follows from their rows.
Task<void> promote_single(db::Connection& connection, std::span<const Duplicates> groups, Time now,
                          ByImportance& promoted) {
  std::string places;
  std::vector<std::string> ids;
  std::vector<std::string> versions;
  std::unordered_map<Uuid, model::Importance> importances;
  for (const Duplicates& group : groups) {
    if (group.size() != 1) continue;
    const Due& due = group.front();
    places += db::place_of(Time{due.version}, due.id.view());
    ids.emplace_back(due.id.view());
    versions.push_back(std::to_string(due.version));
    importances[due.id] = due.importance;
  }
  if (ids.empty()) co_return;
  db::Params params;
  params.add_blob(places).add(now);
  const std::string at = to_string(now);
  params.add(at).add_texts(ids).add_texts(versions);
  const db::Rows rows = co_await connection.many(sql::memory_promote_single, std::move(params));
  for (const db::Row row : rows)
    promoted[static_cast<std::size_t>(importances.at(row.uuid(0)))].push_back(row.uuid(0));
}

// Those into which others are merged, as many as can come back: what is beyond is a memory of its
// own, into which others may be merged.
Task<Promoted> merge_groups(db::Connection& connection, const store::Memories& memories, Uuid agent,
                            Uuid owner, std::span<const Duplicates> groups, Time now,
                            ByImportance& promoted, std::vector<store::MemoryEvent>& events) {
  std::vector<db::Params> asked;
  std::unordered_map<Uuid, std::int64_t> versions;
  for (const Duplicates& group : groups) {
    if (group.size() == 1) continue;
    for (const Due& due : group) {
      asked.push_back(db::Params::of(due.id));
      versions[due.id] = due.version;
    }
  }
  Promoted counts;
  if (asked.empty()) co_return counts;
  const db::Rows rows = co_await connection.many_each(sql::memory_kept, std::move(asked));
  std::unordered_map<Uuid, Present> present;
  for (const db::Row row : rows) {
    const bool is_hot =
        row.integer(2) >= hot_shelves.front() && row.integer(2) <= hot_shelves.back();
    if (!is_hot || row.integer(1) != versions[row.uuid(0)]) continue;
    present[row.uuid(0)] = {store::memory_of(row, 3, agent, owner), row.integer(17)};
  }

  struct Promotion {
    Uuid id;
    std::int64_t merged_accesses;
    std::optional<Time> last;
    std::string provenance;
  };
  std::vector<Promotion> promotions;
  std::vector<Uuid> merged_ids;
  for (const Duplicates& group : groups) {
    if (group.size() == 1) continue;
    for (std::size_t next = 0; next < group.size();) {
      const auto keeper = present.find(group[next++].id);
      if (keeper == present.end()) continue;
      const model::Memory& memory = *keeper->second.memory;
      std::vector<Present> merged;
      std::int64_t accesses = 0;
      std::optional<Time> last = memory.last_accessed_at;
      std::size_t bytes = 0;
      for (; next < group.size(); ++next) {
        const auto duplicate = present.find(group[next].id);
        if (duplicate == present.end()) continue;
        const model::Memory& other = *duplicate->second.memory;
        bytes += bytes_of(other);
        if (bytes > provenance_max_bytes) break;
        accesses += other.access_count;
        last = std::max(last, other.last_accessed_at);
        merged_ids.push_back(other.id);
        counts.bytes += duplicate->second.stored_bytes;
        merged.push_back(duplicate->second);
      }
      counts.merged += static_cast<std::int64_t>(merged.size());
      promotions.push_back(
          {memory.id, accesses, last, pack(provenance_of(memory, merged, accesses, last, now))});
      promoted[static_cast<std::size_t>(memory.importance)].push_back(memory.id);
      if (merged.empty()) continue;
      store::MemoryEvent event{
          agent, now, "merged", {}, fmt::format(R"({{"into":"{}"}})", to_string(memory.id))};
      for (const Present& each : merged) event.memories.push_back(each.memory->id);
      events.push_back(std::move(event));
    }
  }
  std::vector<db::Params> rows_changed;
  for (const Promotion& each : promotions) {
    db::Params params = db::Params::of(each.id, each.merged_accesses, each.last, now);
    if (is_packed(each.provenance))
      params.add_blob(each.provenance);
    else
      params.add(each.provenance);
    rows_changed.push_back(std::move(params));
  }
  if (!rows_changed.empty())
    co_await connection.run_each(sql::memory_promote, std::move(rows_changed));
  if (!merged_ids.empty()) co_await memories.remove_rows(connection, agent, merged_ids, now);
  co_return counts;
}

struct Promotions {
  Promoted counts;
  std::chrono::nanoseconds took{};
};

Task<Promotions> promote_groups(db::Connection& connection, const store::Memories& memories,
                                Uuid agent, Uuid owner, std::span<const Duplicates> groups,
                                Time now) {
  const Stopwatch watch;
  ByImportance by_importance;
  std::vector<store::MemoryEvent> events;
  co_await promote_single(connection, groups, now, by_importance);
  Promoted counts =
      co_await merge_groups(connection, memories, agent, owner, groups, now, by_importance, events);
  for (std::size_t i = 0; i < by_importance.size(); ++i) {
    if (by_importance[i].empty()) continue;
    counts.promoted += static_cast<std::int64_t>(by_importance[i].size());
    const std::string_view before = model::importance_names[i];
    const std::string_view after = i == 0 ? model::importance_names[1] : before;
    events.push_back(
        {agent, now, "promoted", std::move(by_importance[i]),
         fmt::format(
             R"({{"from":"short_term","to":"long_term","importance":"{}","importance_before":"{}"}})",
             after, before)});
  }
  if (!events.empty()) co_await memories.record(connection, std::move(events));
  co_return Promotions{counts, watch.elapsed()};
}

Promoted counted(const std::vector<Duplicates>& groups) {
  Promoted counts;
  for (const Duplicates& group : groups) {
    ++counts.promoted;
    counts.merged += static_cast<std::int64_t>(group.size()) - 1;
    for (std::size_t i = 1; i < group.size(); ++i) counts.bytes += group[i].stored_bytes;
  }
  return counts;
}

}  // namespace

std::string folded(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<std::uint8_t>(c) < 0x80; })) {
    std::string lower(text);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
  }
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* const nfkc = icu::Normalizer2::getNFKCInstance(code);
  if (U_FAILURE(code)) throw std::runtime_error("ICU has no NFKC");
  icu::UnicodeString unicode = nfkc->normalize(
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size()))),
      code);
  unicode.foldCase();
  // Folding may leave what NFKC would compose.
  unicode = nfkc->normalize(unicode, code);
  if (U_FAILURE(code)) throw std::runtime_error("ICU cannot normalize");
  std::string folded;
  unicode.toUTF8String(folded);
  return folded;
}

Task<Promoted> Life::promote(store::Batches& batches, Uuid agent, Uuid owner,
                             bool is_dry_run) const {
  const std::vector<Duplicates> groups = co_await due_of(batches, agent, owner);
  if (is_dry_run) co_return counted(groups);
  Promoted sum;
  Pace pace;
  for (std::size_t at = 0; at < groups.size() && !batches.is_to_stop();) {
    std::int64_t rows = 0;
    std::size_t end = at;
    while (end < groups.size() && (end == at || rows < pace.rows()))
      rows += static_cast<std::int64_t>(groups[end++].size());
    const std::span<const Duplicates> part = std::span(groups).subspan(at, end - at);
    std::function<Task<Promotions>(db::Connection&)> body =
        [&, part, now = batches.now()](db::Connection& connection) {
          return promote_groups(connection, memories_, agent, owner, part, now);
        };
    const auto [counts, took] = co_await batches.write<Promotions>(std::move(body));
    pace.note(rows, took);
    sum.promoted += counts.promoted;
    sum.merged += counts.merged;
    sum.bytes += counts.bytes;
    metrics_.promoted.add(static_cast<std::uint64_t>(counts.promoted));
    metrics_.merged.add(static_cast<std::uint64_t>(counts.merged));
    metrics_.bytes.add(static_cast<std::uint64_t>(counts.bytes));
    at = end;
  }
  co_return sum;
}

}  // namespace onggi::memory
