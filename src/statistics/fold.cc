#include "statistics/fold.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "statistics/rows.h"
#include "statistics/weeks.h"

namespace onggi::statistics {
namespace {

struct Change {
  std::int64_t id;
  std::int64_t weight;
  store::Contribution what;
};

// What a batch adds to what there is.
struct Sum {
  std::map<RowKey, Delta> rows;
  std::map<std::pair<Uuid, Time>, Seconds> hours;
  std::map<std::pair<Uuid, Uuid>, std::int64_t> totals;  // by user and subject
  std::unordered_map<Uuid, Lifetime> lifetimes;
  std::vector<std::int64_t> folded;  // ids
};

using Days = std::set<std::pair<Uuid, Date>>;

Sum sum_of(const std::vector<Change>& changes, const std::unordered_map<Uuid, Lifetime>& lifetimes,
           const Days& left_out, Time now) {
  Sum sum;
  sum.lifetimes = lifetimes;
  std::unordered_map<Uuid, Dates> dates;
  const Time hours = hours_from(now);
  for (const Change& change : changes) {
    const store::Contribution& what = change.what;
    const auto known = sum.lifetimes.find(what.user_id);
    if (known == sum.lifetimes.end()) continue;
    Lifetime& lifetime = known->second;
    const Date date = dates.try_emplace(what.user_id, lifetimes.at(what.user_id))
                          .first->second.date_of(what.started_at);
    const bool is_frozen = lifetime.is_frozen(what.started_at);
    if (!is_frozen && left_out.contains({what.user_id, date})) continue;
    sum.folded.push_back(change.id);
    const bool has_row = is_frozen || lifetime.is_built(date);
    if (has_row) {
      const RowKey key{what.user_id, date, is_frozen, what.subject_id};
      sum.rows[key].add(what, change.weight);
      sum.rows[key.day()].add(what, change.weight);
    }
    // What is not built yet is counted when it is.
    if (!has_row && !lifetime.is_counted) continue;
    lifetime.count[static_cast<std::size_t>(what.status)] += change.weight;
    sum.totals[{what.user_id, what.subject_id}] += change.weight;
    const Time hour = hour_of(what.started_at);
    if (hour >= hours)
      sum.hours[{what.user_id, hour}].add(static_cast<int>((what.started_at.ms - hour.ms) / 1'000),
                                          change.weight);
  }
  return sum;
}

// The rows as they are to be. Days that cannot be told are added to `spoilt`.
Rows changed_rows(const Sum& sum, const Rows& stored, Days& spoilt) {
  Rows changed;
  for (const auto& [key, delta] : sum.rows) {
    const auto there = stored.find(key);
    Figures row = there != stored.end() ? there->second : Figures{};
    const bool is_known = delta.apply(row);
    if (!is_known && !key.is_frozen) spoilt.insert({key.user_id, key.date});
    changed.emplace(key, std::move(row));
  }
  return changed;
}

Task<void> write_hours(db::Connection& connection, const Statements& sql, Sum& sum, Time now) {
  std::vector<db::Params> asked;
  for (const auto& [key, seconds] : sum.hours)
    asked.push_back(db::Params::of(key.first, key.second));
  const db::Rows stored = co_await connection.many_each(sql.hours_at, std::move(asked));
  for (const db::Row row : stored)
    sum.hours.at({row.uuid(0), row.time(1)}).add(Seconds::read(row.text(2)));
  std::vector<std::string> written;
  written.reserve(sum.hours.size());
  std::vector<db::Params> rows;
  for (const auto& [key, seconds] : sum.hours) {
    written.push_back(seconds.write());
    db::Params params = db::Params::of(key.first, key.second, seconds.count());
    params.add_blob(written.back());
    rows.push_back(std::move(params));
  }
  co_await connection.run_each(sql.put_hours, std::move(rows));
  std::vector<db::Params> old;
  const Time before = hours_from(now);
  for (const auto& [user, lifetime] : sum.lifetimes) old.push_back(db::Params::of(user, before));
  co_await connection.run_each(sql.remove_hours, std::move(old));
}

Task<void> write_totals(db::Connection& connection, const Statements& sql, const Sum& sum) {
  std::vector<db::Params> rows;
  for (const auto& [key, more] : sum.totals)
    if (more != 0) rows.push_back(db::Params::of(key.first, key.second, more));
  co_await connection.run_each(sql.add_totals, std::move(rows));
}

std::vector<Change> changes_of(const db::Rows& rows) {
  std::vector<Change> changes;
  changes.reserve(rows.size());
  for (const db::Row row : rows)
    changes.push_back(
        {row.integer(0), row.integer(2), store::Contribution::of(row, 3, row.uuid(1))});
  return changes;
}

// As many of them, from the first on, as are of so few days: about, a day in UTC is one.
void keep_of_few_days(std::vector<Change>& changes) {
  std::unordered_map<Uuid, std::set<std::int64_t>> days;
  std::size_t count = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::int64_t day = hour_of(changes[i].what.started_at).ms / day_ms;
    if (days[changes[i].what.subject_id].insert(day).second) ++count;
    if (count > fold_rows_max) return changes.resize(i);
  }
}

Task<Folded> fold_batch(db::Connection& connection, Kind kind, std::int64_t after,
                        std::int64_t most, Time now) {
  const Statements& sql = statements_of(kind);
  Folded result;
  const db::Rows turn = co_await connection.many(sql.take_turn, {});
  result.has_turn = turn[0].boolean(0);
  if (!result.has_turn) co_return result;
  const db::Rows waiting = co_await connection.many(sql.waiting, db::Params::of(after, most));
  std::vector<Change> changes = changes_of(waiting);
  keep_of_few_days(changes);
  result.read = changes.size();
  result.has_more =
      waiting.size() == static_cast<std::size_t>(most) || changes.size() < waiting.size();
  if (changes.empty()) co_return result;
  result.last_id = changes.back().id;
  for (const Change& change : changes) result.unknown.insert(change.what.user_id);
  std::vector<Uuid> users(result.unknown.begin(), result.unknown.end());
  std::vector<Lifetime> taken = co_await take_lifetimes(connection, kind, std::move(users), now);
  std::unordered_map<Uuid, Lifetime> lifetimes;
  for (Lifetime& lifetime : taken) {
    result.unknown.erase(lifetime.user_id);
    const Uuid user = lifetime.user_id;
    lifetimes.emplace(user, std::move(lifetime));
  }

  Sum sum = sum_of(changes, lifetimes, result.spoilt, now);
  std::vector<RowKey> keys;
  for (const auto& [key, delta] : sum.rows) keys.push_back(key);
  const Rows stored = co_await read_rows(connection, kind, std::move(keys));
  Rows changed = changed_rows(sum, stored, result.spoilt);
  if (!result.spoilt.empty()) {
    sum = sum_of(changes, lifetimes, result.spoilt, now);
    changed = changed_rows(sum, stored, result.spoilt);
  }
  std::map<Uuid, std::vector<RowKey>> changed_of;
  for (const auto& [key, figures] : changed) changed_of[key.user_id].push_back(key);
  std::shared_ptr<const Rows> rows = std::make_shared<const Rows>(std::move(changed));
  co_await write_rows(connection, kind, std::move(rows));
  for (auto& [user, of_user] : changed_of)
    co_await refresh_weeks(connection, kind, sum.lifetimes.at(user), std::move(of_user));
  co_await write_hours(connection, sql, sum, now);
  co_await write_totals(connection, sql, sum);
  std::vector<Lifetime> saved;
  for (auto& [user, lifetime] : sum.lifetimes) saved.push_back(std::move(lifetime));
  co_await save_lifetimes(connection, kind, std::move(saved));
  result.folded = sum.folded.size();
  co_await remove_waiting(connection, kind, std::move(sum.folded));
  co_return result;
}

}  // namespace

Time hours_from(Time now) {
  return hour_of(Time{now.ms - 2 * day_ms});
}

Time hour_of(Time time) {
  return Time{time.ms - (time.ms % hour_ms + hour_ms) % hour_ms};
}

Task<Folded> fold(store::Batches& batches, Kind kind, std::int64_t after, std::int64_t most) {
  std::function<Task<Folded>(db::Connection&)> body =
      [kind, after, most, now = batches.now()](db::Connection& connection) {
        return fold_batch(connection, kind, after, most, now);
      };
  Folded folded = co_await batches.write<Folded>(std::move(body));
  co_return folded;
}

namespace {

constexpr std::int64_t crowd_min = 20'000;

struct Crowding {
  std::int64_t count = 0;
  Time from = latest_time;
  Time to = earliest_time;
};

std::vector<Crowd> crowds_in(const std::vector<Change>& changes) {
  std::unordered_map<Uuid, Crowding> seen;
  for (const Change& change : changes) {
    Crowding& of = seen[change.what.user_id];
    ++of.count;
    of.from = std::min(of.from, change.what.started_at);
    of.to = std::max(of.to, change.what.started_at);
  }
  std::vector<Crowd> found;
  for (const auto& [user, of] : seen)
    if (of.count >= crowd_min) found.push_back({user, of.from, of.to});
  return found;
}

}  // namespace

Task<std::vector<Crowd>> crowds(store::Batches& batches, Kind kind) {
  std::function<Task<std::vector<Crowd>>(db::Connection&)> body =
      [kind](db::Connection& connection) -> Task<std::vector<Crowd>> {
    const db::Rows waiting = co_await connection.many(
        statements_of(kind).waiting, db::Params::of(std::int64_t{0}, crowd_looked_at));
    if (waiting.size() < static_cast<std::size_t>(crowd_looked_at)) co_return std::vector<Crowd>{};
    co_return crowds_in(changes_of(waiting));
  };
  std::vector<Crowd> found = co_await batches.read<std::vector<Crowd>>(std::move(body));
  co_return found;
}

}  // namespace onggi::statistics
