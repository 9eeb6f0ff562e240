#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "base/pack.h"
#include "base/secret.h"
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

  auto place() const { return std::tuple(created_at, arrival, id); }
};

// What has the same text; the oldest first.
using Duplicates = std::vector<Due>;

struct Place {
  Time time = earliest_time;
  std::string key;
};

// The groups of what is due of an agent, the oldest first.
Task<std::vector<Duplicates>> due_of(store::Batches& batches, Uuid agent, Uuid owner) {
  std::map<std::string, Duplicates> by_text;
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
        const Sha256 text = sha256(folded(unpack(row.text(4))));
        by_text[std::string(view(text))].push_back(
            {row.time(1), row.integer(6), row.uuid(0), row.integer(2), row.integer(5)});
        place = {row.time(1), std::string(row.text(0))};
      }
      is_more = rows.size() == static_cast<std::size_t>(due_at_once) && !batches.is_to_stop();
    }
  }
  std::vector<Duplicates> groups;
  groups.reserve(by_text.size());
  for (auto& [text, duplicates] : by_text) {
    std::ranges::sort(duplicates, {}, &Due::place);
    groups.push_back(std::move(duplicates));
  }
  std::ranges::sort(groups, {}, [](const Duplicates& group) { return group.front().place(); });
  co_return groups;
}

// One that is still as it was when it was found due, with what is not shown of it.
struct Present {
  std::shared_ptr<model::Memory> memory;
  std::int64_t stored_bytes = 0;
};

// What a promoted memory was, and what was merged into it: JSON.
std::string provenance_of(const model::Memory& keeper, const std::vector<Present>& merged,
                          std::int64_t merged_accesses, Time now) {
  std::string json = fmt::format(
      R"({{"type":"short_term","importance":"{}","access_count":{},"promoted_at":"{}","merged_accesses":{},"merged":[)",
      model::importance_names[static_cast<std::size_t>(keeper.importance)], keeper.access_count,
      to_string(now), merged_accesses);
  bool is_first = true;
  for (const Present& each : merged) {
    if (!is_first) json += ',';
    is_first = false;
    json += model::to_json(model::memory_import_shape, *each.memory);
  }
  return json + "]}";
}

Task<Promoted> promote_groups(db::Connection& connection, const store::Memories& memories,
                              Uuid agent, Uuid owner, std::span<const Duplicates> groups,
                              Time now) {
  std::vector<db::Params> asked;
  std::unordered_map<Uuid, std::int64_t> versions;
  for (const Duplicates& group : groups)
    for (const Due& due : group) {
      asked.push_back(db::Params::of(due.id));
      versions[due.id] = due.version;
    }
  const db::Rows rows = co_await connection.many_each(sql::memory_kept, std::move(asked));
  std::unordered_map<Uuid, Present> present;
  for (const db::Row row : rows) {
    const bool is_hot =
        row.integer(2) >= hot_shelves.front() && row.integer(2) <= hot_shelves.back();
    if (!is_hot || row.integer(1) != versions[row.uuid(0)]) continue;
    present[row.uuid(0)] = {store::memory_of(row, 3, agent, owner), row.integer(17)};
  }

  Promoted counts;
  struct Promotion {
    Uuid id;
    std::int64_t merged_accesses;
    std::optional<Time> last;
    std::string provenance;
  };
  std::vector<Promotion> promotions;
  std::array<std::vector<Uuid>, model::importance_names.size()> by_importance;
  std::vector<store::MemoryEvent> events;
  std::vector<Uuid> merged_ids;
  for (const Duplicates& group : groups) {
    const auto keeper = present.find(group.front().id);
    if (keeper == present.end()) continue;
    const model::Memory& memory = *keeper->second.memory;
    std::vector<Present> merged;
    std::int64_t accesses = 0;
    std::optional<Time> last = memory.last_accessed_at;
    for (std::size_t i = 1; i < group.size(); ++i) {
      const auto duplicate = present.find(group[i].id);
      if (duplicate == present.end()) continue;
      const model::Memory& other = *duplicate->second.memory;
      accesses += other.access_count;
      if (other.last_accessed_at && (!last || *last < *other.last_accessed_at))
        last = other.last_accessed_at;
      merged_ids.push_back(other.id);
      counts.bytes += duplicate->second.stored_bytes;
      merged.push_back(duplicate->second);
    }
    counts.merged += static_cast<std::int64_t>(merged.size());
    ++counts.promoted;
    promotions.push_back(
        {memory.id, accesses, last, pack(provenance_of(memory, merged, accesses, now))});
    by_importance[static_cast<std::size_t>(memory.importance)].push_back(memory.id);
    if (merged.empty()) continue;
    store::MemoryEvent event{
        agent, now, "merged", {}, fmt::format(R"({{"into":"{}"}})", to_string(memory.id))};
    for (const Present& each : merged) event.memories.push_back(each.memory->id);
    events.push_back(std::move(event));
  }
  if (promotions.empty()) co_return counts;

  std::vector<db::Params> rows_changed;
  for (const Promotion& each : promotions) {
    db::Params params = db::Params::of(each.id, each.merged_accesses, each.last, now);
    if (is_packed(each.provenance))
      params.add_blob(each.provenance);
    else
      params.add(each.provenance);
    rows_changed.push_back(std::move(params));
  }
  co_await connection.run_each(sql::memory_promote, std::move(rows_changed));
  if (!merged_ids.empty()) co_await memories.remove_rows(connection, agent, merged_ids, now);
  for (std::size_t i = 0; i < by_importance.size(); ++i) {
    if (by_importance[i].empty()) continue;
    const std::string_view before = model::importance_names[i];
    const std::string_view after = i == 0 ? model::importance_names[1] : before;
    events.push_back(
        {agent, now, "promoted", std::move(by_importance[i]),
         fmt::format(
             R"({{"from":"short_term","to":"long_term","importance":"{}","importance_before":"{}"}})",
             after, before)});
  }
  co_await memories.record(connection, std::move(events));
  co_return counts;
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
    std::function<Task<Promoted>(db::Connection&)> body =
        [&, part, now = batches.now()](db::Connection& connection) -> Task<Promoted> {
      Promoted counts = co_await promote_groups(connection, memories_, agent, owner, part, now);
      co_return counts;
    };
    const auto begin = std::chrono::steady_clock::now();
    const Promoted counts = co_await batches.write<Promoted>(std::move(body));
    pace.note(rows, std::chrono::steady_clock::now() - begin);
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
