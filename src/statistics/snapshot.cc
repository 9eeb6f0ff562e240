#include "statistics/snapshot.h"

#include <algorithm>

#include "statistics/fold.h"
#include "statistics/weeks.h"

namespace onggi::statistics {
namespace {

constexpr std::size_t snapshot_rows = 8'192;
constexpr std::size_t bytes_at_once = 4u << 20;

Rows rows_of(const db::Rows& stats, const db::Rows& days) {
  Rows rows;
  for (const db::Rows* read : {&stats, &days})
    for (const db::Row row : *read)
      rows.emplace(RowKey{row.uuid(0), parse_date(row.text(2)).value(), row.boolean(3),
                          row.maybe_uuid(1).value_or(Uuid{})},
                   figures_of(row, 4));
  return rows;
}

Task<void> replace_hours(db::Connection& connection, const Statements& sql, const Chunk& chunk,
                         Time now) {
  const Time from = hours_from(now);
  const Uuid user = chunk.lifetime.user_id;
  Dates dates(chunk.lifetime);
  if (dates.span_of(chunk.first, chunk.last).second <= from) co_return;
  const db::Rows stored = co_await connection.many(sql.hours_of, db::Params::of(user, from));
  const bool is_replaced = chunk.is_built || chunk.is_to_count;
  std::map<Time, Seconds> hours;
  if (is_replaced) hours = chunk.hours;
  for (const Waiting& change : chunk.consumed) {
    const Time hour = hour_of(change.what.started_at);
    if (!is_replaced && hour >= from)
      hours[hour].add(static_cast<int>((change.what.started_at.ms - hour.ms) / 1'000),
                      change.weight);
  }
  for (const db::Row row : stored) {
    const Time hour = row.time(1);
    Seconds seconds = Seconds::read(row.text(2));
    if (is_replaced)
      seconds.remove_if([&](int second) {
        const Time at{hour.ms + second * std::int64_t{1'000}};
        const Date date = dates.date_of(at);
        return date >= chunk.first && date <= chunk.last && !chunk.lifetime.is_frozen(at);
      });
    hours[hour].add(seconds);
  }
  std::vector<std::string> written;
  written.reserve(hours.size());
  std::vector<db::Params> rows;
  for (const auto& [hour, seconds] : hours) {
    written.push_back(seconds.write());
    db::Params params = db::Params::of(user, hour, seconds.count());
    params.add_blob(written.back());
    rows.push_back(std::move(params));
  }
  co_await connection.run_each(sql.put_hours, std::move(rows));
}

Task<void> write_rest(db::Connection& connection, Kind kind, const Chunk& chunk,
                      Lifetime lifetime) {
  const Statements& sql = statements_of(kind);
  std::vector<db::Params> totals;
  for (const auto& [subject, more] : chunk.difference.totals)
    if (more != 0) totals.push_back(db::Params::of(lifetime.user_id, subject, more));
  co_await connection.run_each(sql.add_totals, std::move(totals));
  for (std::size_t i = 0; i < lifetime.count.size(); ++i)
    lifetime.count[i] += chunk.difference.count[i];
  std::vector<Lifetime> saved{std::move(lifetime)};
  co_await save_lifetimes(connection, kind, std::move(saved));
  std::vector<std::int64_t> consumed;
  for (const Waiting& change : chunk.consumed) consumed.push_back(change.id);
  std::ranges::sort(consumed);
  co_await remove_waiting(connection, kind, std::move(consumed));
}

Task<std::optional<std::int64_t>> write_in(db::Connection& connection, Kind kind,
                                           const Chunk& chunk, Time now) {
  const Statements& sql = statements_of(kind);
  std::optional<Lifetime> there = co_await take_lifetime(connection, kind, chunk.lifetime.user_id);
  if (!there || there->version != chunk.version + 1) co_return std::nullopt;
  co_await replace_hours(connection, sql, chunk, now);
  std::vector<RowKey> keys;
  for (const auto& [key, figures] : chunk.frozen) keys.push_back(key);
  Rows rows = co_await read_rows(connection, kind, keys);
  for (const auto& [key, figures] : chunk.frozen) rows[key].add(figures);
  rows.insert(chunk.live.begin(), chunk.live.end());
  for (const auto& [key, figures] : chunk.live) keys.push_back(key);
  std::shared_ptr<const Rows> written = std::make_shared<const Rows>(std::move(rows));
  co_await write_rows(connection, kind, std::move(written));
  Lifetime lifetime = chunk.lifetime;
  lifetime.version = there->version;
  lifetime.count = there->count;
  lifetime.summed_from = there->summed_from;
  lifetime.summed_until = there->summed_until;
  const bool is_in_weeks =
      std::ranges::any_of(keys, [&](const RowKey& key) { return lifetime.is_summed(key.date); });
  if (chunk.is_of_many && is_in_weeks) lifetime.forget_weeks();
  co_await refresh_weeks(connection, kind, lifetime, keys);
  co_await write_rest(connection, kind, chunk, std::move(lifetime));
  co_return there->version;
}

}  // namespace

void LifetimeDelta::add(const std::vector<Waiting>& changes) {
  for (const Waiting& change : changes) {
    count[static_cast<std::size_t>(change.what.status)] += change.weight;
    totals[change.what.subject_id] += change.weight;
  }
}

void LifetimeDelta::add(const LifetimeDelta& other) {
  for (std::size_t i = 0; i < count.size(); ++i) count[i] += other.count[i];
  for (const auto& [subject, more] : other.totals) totals[subject] += more;
}

void LifetimeDelta::add(const RowKey& key, const Figures& figures, std::int64_t weight) {
  if (!key.is_of_day()) {
    totals[key.subject_id] += weight * figures.all();
    return;
  }
  for (std::size_t i = 0; i < count.size(); ++i) count[i] += weight * figures.count[i];
}

Task<std::optional<Lifetime>> hold(store::Batches& batches, Kind kind, Uuid user, std::int64_t ms) {
  const Time until{batches.now().ms + ms};
  std::function<Task<std::optional<Lifetime>>(db::Connection&)> body =
      [kind, user, until](db::Connection& connection) -> Task<std::optional<Lifetime>> {
    std::optional<Lifetime> lifetime = co_await take_lifetime(connection, kind, user);
    if (!lifetime) co_return std::nullopt;
    lifetime->held_until = until;
    std::vector<Lifetime> saved{*lifetime};
    co_await save_lifetimes(connection, kind, std::move(saved));
    co_return lifetime;
  };
  std::optional<Lifetime> held = co_await batches.write<std::optional<Lifetime>>(std::move(body));
  co_return held;
}

std::optional<Snapshot> look(store::Batches& batches, Kind kind, Uuid user,
                             const std::vector<Range>& ranges,
                             const std::function<void(const store::Contribution&)>& take,
                             const Stored& stored) {
  const Statements& sql = statements_of(kind);
  db::Cost cost;
  const std::unique_ptr<db::Cursor> cursor =
      batches.database().open_lasting(cost, sql.lifetime, db::Params::of(user));
  cursor->expect_small_rows();
  const db::Rows lifetime = cursor->next(1, bytes_at_once);
  if (lifetime.empty()) return std::nullopt;
  Snapshot snapshot{lifetime_of(lifetime[0]), {}};
  cursor->go_on(cost, sql.waiting_of, db::Params::of(user));
  for (;;) {
    const db::Rows rows = cursor->next(snapshot_rows, bytes_at_once);
    if (rows.empty()) break;
    for (const db::Row row : rows)
      snapshot.waiting.push_back(
          {row.integer(0), row.integer(1), store::Contribution::of(row, 2, user)});
  }
  for (const Range& range : ranges) {
    if (range.from >= range.to) continue;
    const auto [least, above] = ids_between(range.from, range.to);
    cursor->go_on(cost, sql.executions, db::Params::of(user, range.from, range.to, least, above));
    for (;;) {
      const db::Rows rows = cursor->next(snapshot_rows, bytes_at_once);
      if (rows.empty()) break;
      for (const db::Row row : rows) take(store::Contribution::of(row, 0, user));
    }
  }
  const std::string first = to_string(stored.first);
  const std::string last = to_string(stored.last);
  for (const db::Statement* statement : {&sql.days_of, &sql.stats_of}) {
    if (stored.rows == nullptr) break;
    cursor->go_on(cost, *statement, db::Params::of(user, first, last));
    for (;;) {
      const db::Rows rows = cursor->next(snapshot_rows, bytes_at_once);
      if (rows.empty()) break;
      stored.rows->merge(rows_of(rows, {}));
    }
  }
  return snapshot;
}

Task<std::optional<std::int64_t>> write_chunk(store::Batches& batches, Kind kind,
                                              std::shared_ptr<const Chunk> chunk) {
  std::function<Task<std::optional<std::int64_t>>(db::Connection&)> body =
      [kind, chunk, now = batches.now()](db::Connection& connection) {
        return write_in(connection, kind, *chunk, now);
      };
  std::optional<std::int64_t> version =
      co_await batches.write<std::optional<std::int64_t>>(std::move(body));
  co_return version;
}

}  // namespace onggi::statistics
