#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "memory/life.h"
#include "memory/pace.h"
#include "memory/sweep.h"
#include "sql/catalogue.h"
#include "store/space.h"

namespace onggi::memory {
namespace {

constexpr std::int64_t agents_at_once = 100;
constexpr std::int64_t read_at_once = 1'000;
constexpr std::int64_t timeline_kept_ms = 90 * day_ms;

// The shelves of sql/memory.sql on which something expires; those of short-term memories, which
// expire alike, are walked together.
constexpr std::array shelves{0, 1, 2, 3, 4, 5, 9, 15, 18, 19};
int first_of(int shelf) {
  return shelf < 6 ? shelf / 3 * 3 : shelf;
}
const db::Statement& overdue_of(int shelf) {
  if (shelf < 6) return sql::memory_overdue_short;
  return shelf >= 18 ? sql::memory_unused : sql::memory_overdue;
}

// A shelf of an agent (the first of those that are walked together) on which something has expired,
// and how far it has been walked.
struct Shelf {
  Uuid agent;
  Uuid owner;
  int number = 0;
  Time time = earliest_time;
  std::string key{};

  db::Params params(Time now, std::int64_t limit) const {
    db::Params params = db::Params::of(agent, owner, now, number, time);
    params.add_blob(key).add(limit);
    return params;
  }
};

struct Agent {
  Uuid id;
  Uuid owner;
  bool promotes = true;
};

struct Part {
  std::vector<Gone> gone;
  std::int64_t bytes = 0;
  std::size_t shelves_done = 0;
  Shelf next;  // where the one after those goes on
  std::chrono::nanoseconds took{};
};

void add(const Part& part, const CleanUpOptions& options, CleanUpResult& result) {
  for (const Gone& gone : part.gone) {
    switch (gone.type) {
      case model::MemoryType::short_term:
        ++result.short_term;
        break;
      case model::MemoryType::long_term:
        ++result.long_term;
        break;
      case model::MemoryType::episodic:
        ++result.episodic;
        break;
      case model::MemoryType::semantic:
        break;  // never expires
    }
    if (result.list.size() < options.list_max) result.list.push_back(gone);
  }
  result.bytes += part.bytes;
}

model::MemoryType type_of(std::string_view name) {
  const auto& names = model::memory_type_names;
  return static_cast<model::MemoryType>(std::ranges::find(names, name) - names.begin());
}

Task<std::vector<Agent>> agents_after(store::Batches& batches, Uuid after) {
  std::function<Task<db::Rows>(db::Connection&)> body = [after](db::Connection& connection) {
    return connection.many(sql::memory_agents, db::Params::of(after, agents_at_once));
  };
  const db::Rows rows = co_await batches.read<db::Rows>(std::move(body));
  std::vector<Agent> agents;
  for (const db::Row row : rows)
    agents.push_back({row.uuid(0), row.uuid(1), store::settings_of(row, 2).auto_consolidation});
  co_return agents;
}

std::string_view reason_of(model::MemoryType type) {
  switch (type) {
    case model::MemoryType::short_term:
      return "older than its agent keeps short-term memories";
    case model::MemoryType::long_term:
      return "of low importance and not accessed for 90 days";
    case model::MemoryType::episodic:
      return "of low importance and older than 30 days";
    case model::MemoryType::semantic:
      break;
  }
  return "";
}

// Looked up in one snapshot: what there is to do for some agents.
Task<std::vector<Shelf>> expired_shelves(store::Batches& batches, std::vector<Agent> agents) {
  std::function<Task<std::vector<Shelf>>(db::Connection&)> body =
      [agents, now = batches.now()](db::Connection& connection) -> Task<std::vector<Shelf>> {
    std::vector<Shelf> found;
    for (const Agent& agent : agents) {
      const db::Rows there =
          co_await connection.many(sql::memory_stats, db::Params::of(agent.id, agent.owner, now));
      std::map<int, std::int64_t> counts;
      for (const db::Row row : there)
        if (!row.is_null(0)) counts[static_cast<int>(row.integer(0))] += row.integer(1);
      std::set<int> filled;
      for (const auto& [number, count] : counts)
        if (count != 0 && std::ranges::find(shelves, number) != shelves.end())
          filled.insert(first_of(number));
      for (const int number : filled) {
        const Shelf shelf{agent.id, agent.owner, number};
        const db::Rows first = co_await connection.many(overdue_of(number), shelf.params(now, 1));
        if (!first.empty()) found.push_back(shelf);
      }
    }
    co_return found;
  };
  std::vector<Shelf> found = co_await batches.read<std::vector<Shelf>>(std::move(body));
  std::ranges::sort(found, {},
                    [](const Shelf& shelf) { return std::tuple(shelf.agent, shelf.number); });
  co_return found;
}

// What has expired on these shelves, as far as `limit` reaches; removed where `memories` is given,
// but for the terms that are to be swept.
Task<Part> take(db::Connection& connection, const store::Memories* memories,
                std::vector<Shelf> left, std::int64_t limit, Time now, bool sweeps) {
  const Stopwatch watch;
  Part part;
  std::vector<store::MemoryEvent> events;
  for (Shelf& shelf : left) {
    const std::int64_t wanted = limit - static_cast<std::int64_t>(part.gone.size());
    if (wanted <= 0) break;
    const db::Rows rows =
        co_await connection.many(overdue_of(shelf.number), shelf.params(now, wanted));
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {},
                      [&](std::size_t i) { return std::pair(rows[i].time(3), rows[i].text(0)); });
    std::vector<Uuid> ids;
    for (const std::size_t i : order) {
      const db::Row row = rows[i];
      ids.push_back(row.uuid(0));
      part.gone.push_back({row.uuid(0), shelf.agent, type_of(row.text(1))});
      part.bytes += row.integer(2);
      shelf.time = row.time(3);
      shelf.key = std::string(row.text(0));
    }
    if (memories != nullptr && !ids.empty()) {
      const db::MemoryLife life = db::memory_life(shelf.number);
      if (sweeps && life != db::MemoryLife::other)
        co_await leave_terms(connection, shelf.agent, life);
      co_await memories->remove_rows(connection, shelf.agent, ids, now);
      events.push_back({shelf.agent, now, "removed", std::move(ids), R"({"reason":"expired"})"});
    }
    if (static_cast<std::int64_t>(rows.size()) < wanted)
      ++part.shelves_done;
    else
      part.next = shelf;
  }
  if (memories != nullptr) co_await memories->record(connection, std::move(events));
  part.took = watch.elapsed();
  co_return part;
}

}  // namespace

LifeMetrics::LifeMetrics(Registry& registry)
    : promoted(registry.counter("onggi_memories_promoted_total", "Memories promoted to long-term")),
      merged(registry.counter("onggi_memories_merged_total", "Duplicates merged at promotion")),
      removed(registry.counter("onggi_memories_removed_total", "Memories that clean-up removed")),
      bytes(registry.counter("onggi_memories_reclaimed_bytes_total",
                             "Bytes of memories that were removed or merged")),
      returned(store::bytes_returned(registry)) {}

Task<CleanUpResult> Life::clean_up(store::Batches& batches, CleanUpOptions options) const {
  if (accesses_ != nullptr) accesses_->flush();
  CleanUpResult result;
  Pace pace;
  const bool sweeps = !batches.database().is_shared();
  Uuid after{};
  for (bool is_more = true; is_more && !batches.is_to_stop();) {
    const std::vector<Agent> agents = co_await agents_after(batches, after);
    is_more = static_cast<std::int64_t>(agents.size()) == agents_at_once;
    if (!agents.empty()) after = agents.back().id;
    for (const Agent& agent : agents) {
      if (!agent.promotes || batches.is_to_stop()) continue;
      const Promoted promoted =
          co_await promote(batches, agent.id, agent.owner, options.is_dry_run);
      result.promotion.promoted += promoted.promoted;
      result.promotion.merged += promoted.merged;
      result.promotion.bytes += promoted.bytes;
    }
    std::vector<Shelf> left = co_await expired_shelves(batches, agents);
    while (!left.empty() && !batches.is_to_stop()) {
      const std::int64_t limit = options.is_dry_run ? read_at_once : pace.rows();
      const store::Memories* const memories = options.is_dry_run ? nullptr : &memories_;
      std::function<Task<Part>(db::Connection&)> body = [memories, left, limit, now = batches.now(),
                                                         sweeps](db::Connection& connection) {
        return take(connection, memories, left, limit, now, sweeps);
      };
      Part part;
      if (options.is_dry_run)
        part = co_await batches.read<Part>(std::move(body));
      else
        part = co_await batches.write<Part>(std::move(body));
      add(part, options, result);
      left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(part.shelves_done));
      if (!left.empty() && part.next.agent == left.front().agent) left.front() = part.next;
      // What came first goes first, whoever's it is: so the embedded store's pages become free in
      // the order of the file, and those at its end are found quickly when it is cut.
      if (options.list_max == 0) std::ranges::stable_sort(left, {}, &Shelf::time);
      if (options.is_dry_run) continue;
      pace.note(static_cast<std::int64_t>(part.gone.size()), part.took);
      metrics_.removed.add(part.gone.size());
      metrics_.bytes.add(static_cast<std::uint64_t>(part.bytes));
      batches.report(fmt::format(
          R"({{"promoted":{},"merged":{},"removed":{},"bytes_reclaimed":{}}})",
          result.promotion.promoted, result.promotion.merged, result.total(), result.bytes));
    }
    if (sweeps && !options.is_dry_run) co_await sweep_terms(batches);
  }
  const bool has_removed = result.total() > 0 || result.promotion.merged > 0;
  const bool gives_back = !options.is_dry_run && options.gives_back && has_removed;
  if (gives_back) {
    const std::int64_t bytes = co_await store::return_space(batches, settle_);
    metrics_.returned.add(static_cast<std::uint64_t>(bytes));
    if (batches.database().is_shared()) {
      try {
        db::Cost cost;
        co_await batches.database().many(cost, sql::memory_reuse_space, {});
      } catch (const std::exception& failure) {
        spdlog::warn("memory_space_waits reason=\"{}\"", failure.what());
      }
    }
  }
  co_return result;
}

Task<std::int64_t> forget_timelines(store::Batches& batches, Time before) {
  std::int64_t sum = 0;
  Uuid agent{};
  for (bool is_more = true; is_more && !batches.is_to_stop();) {
    std::function<Task<db::Rows>(db::Connection&)> look = [agent,
                                                           before](db::Connection& connection) {
      return connection.many(sql::memory_old_timelines,
                             db::Params::of(agent, before, agents_at_once));
    };
    const db::Rows agents = co_await batches.read<db::Rows>(std::move(look));
    is_more = static_cast<std::int64_t>(agents.size()) == agents_at_once;
    Pace pace;
    for (const db::Row row : agents) {
      agent = row.uuid(0);
      for (bool is_full = row.boolean(1); is_full && !batches.is_to_stop();) {
        const std::int64_t most = pace.rows();
        const auto begin = std::chrono::steady_clock::now();
        std::function<Task<std::int64_t>(db::Connection&)> body = [agent, before, most](
                                                                      db::Connection& connection) {
          return connection.run(sql::memory_forget_timeline, db::Params::of(agent, before, most));
        };
        const std::int64_t removed = co_await batches.write<std::int64_t>(std::move(body));
        pace.note(removed, std::chrono::steady_clock::now() - begin);
        sum += removed;
        is_full = removed == most;
      }
    }
  }
  co_return sum;
}

std::vector<store::RetentionRule> retention_rules() {
  return {{"memory_timeline", timeline_kept_ms, {}, forget_timelines},
          {"memories", store::deleted_agents_kept_ms, {&sql::memory_purge}},
          {"memory_timeline", store::deleted_agents_kept_ms, {&sql::memory_purge_timeline}}};
}

std::string to_json(const CleanUpResult& result, std::int64_t duration_ms) {
  return fmt::format(
      R"({{"stm_deleted":{},"ltm_deleted":{},"episodic_deleted":{},"total_deleted":{},"promoted":{},"merged":{},"bytes_reclaimed":{},"duration_ms":{}}})",
      result.short_term, result.long_term, result.episodic, result.total(),
      result.promotion.promoted, result.promotion.merged, result.bytes + result.promotion.bytes,
      duration_ms);
}

std::string list_json(const CleanUpResult& result) {
  std::string json = "[";
  for (const Gone& gone : result.list) {
    if (json.size() > 1) json += ',';
    fmt::format_to(
        std::back_inserter(json), R"({{"id":"{}","agent_id":"{}","type":"{}","reason":"{}"}})",
        to_string(gone.id), to_string(gone.agent),
        model::memory_type_names[static_cast<std::size_t>(gone.type)], reason_of(gone.type));
  }
  return json + ']';
}

}  // namespace onggi::memory
