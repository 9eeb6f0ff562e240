#include "statistics/sums.h"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "statistics/build.h"
#include "statistics/compare.h"
#include "statistics/fold.h"
#include "statistics/snapshot.h"
#include "statistics/weeks.h"

namespace onggi::statistics {
namespace {

constexpr std::size_t sums_rows = 4'096;
constexpr std::size_t sums_bytes = 1u << 20;

// Reads statement after statement over one snapshot.
class Reader {
 public:
  Reader(store::Batches& batches, const db::Statement& first, const db::Params& params)
      : cursor_(batches.database().open_lasting(cost_, first, params)) {
    cursor_->expect_small_rows();
  }
  void go_on(const db::Statement& statement, const db::Params& params) {
    cursor_->go_on(cost_, statement, params);
  }
  template <class Take>
  void each(Take take) {
    for (;;) {
      const db::Rows rows = cursor_->next(sums_rows, sums_bytes);
      if (rows.empty()) return;
      for (const db::Row row : rows) take(row);
    }
  }

 private:
  db::Cost cost_;
  std::unique_ptr<db::Cursor> cursor_;
};

RowKey row_key(const db::Row& row) {
  return {row.uuid(0), parse_date(row.text(2)).value(), row.boolean(3), row.uuid(1)};
}

struct Sums {
  std::array<std::int64_t, 5> count{};
  std::map<Uuid, std::int64_t> totals;
  Rows weeks;
  std::map<Time, Seconds> hours;
};

void add_hour(std::map<Time, Seconds>& hours, Time started_at, std::int64_t weight) {
  const Time hour = hour_of(started_at);
  hours[hour].add(static_cast<int>((started_at.ms - hour.ms) / 1'000), weight);
}

// What daily rows and executions say, and what stands there.
void read_sums(Reader& reader, const Statements& sql, const Lifetime& lifetime, Sums& expected,
               Sums& stored) {
  const Uuid user = lifetime.user_id;
  const std::string first = to_string(earliest_date);
  const std::string last = to_string(latest_date);
  stored.count = lifetime.count;
  reader.go_on(sql.counts_of, db::Params::of(user));
  reader.each([&](const db::Row& row) {
    for (int i = 0; i < 5; ++i) expected.count[static_cast<std::size_t>(i)] = row.integer(i);
  });
  reader.go_on(sql.all_stats_of, db::Params::of(user, first, last));
  reader.each([&](const db::Row& row) {
    const RowKey key = row_key(row);
    const Figures figures = figures_of(row, 4);
    expected.totals[key.subject_id] += figures.all();
    if (lifetime.is_summed(key.date))
      expected.weeks[{key.user_id, week_of(key.date), key.is_frozen, key.subject_id}].add(figures);
  });
  reader.go_on(sql.totals_of, db::Params::of(user));
  reader.each([&](const db::Row& row) { stored.totals[row.uuid(0)] += row.integer(1); });
  if (lifetime.summed_from < lifetime.summed_until) {
    const std::string from = to_string(lifetime.summed_from);
    const std::string until = to_string(Date{lifetime.summed_until.days - 1});
    reader.go_on(sql.weeks_of, db::Params::of(user, from, until));
    reader.each([&](const db::Row& row) { stored.weeks[row_key(row)] = figures_of(row, 4); });
  }
}

void read_hours(Reader& reader, const Statements& sql, const Uuid& user, Time hours_since,
                Sums& expected, Sums& stored) {
  reader.go_on(sql.hours_of, db::Params::of(user, hours_since));
  reader.each([&](const db::Row& row) { stored.hours[row.time(1)] = Seconds::read(row.text(2)); });
  reader.go_on(sql.waiting_of, db::Params::of(user));
  reader.each([&](const db::Row& row) {
    const Time started_at = row.time(3);
    if (started_at >= hours_since) add_hour(stored.hours, started_at, row.integer(1));
  });
  const auto [least, above] = ids_between(hours_since, latest_time);
  reader.go_on(sql.executions, db::Params::of(user, hours_since, latest_time, least, above));
  reader.each([&](const db::Row& row) { add_hour(expected.hours, row.time(1), 1); });
}

template <class Key, class Value>
std::vector<Key> unlike(const std::map<Key, Value>& left, const std::map<Key, Value>& right,
                        std::int64_t& rows) {
  std::map<Key, std::pair<Value, Value>> both;
  for (const auto& [key, value] : left) both[key].first = value;
  for (const auto& [key, value] : right) both[key].second = value;
  rows += static_cast<std::int64_t>(both.size());
  std::vector<Key> keys;
  for (const auto& [key, values] : both)
    if (!(values.first == values.second)) keys.push_back(key);
  return keys;
}

}  // namespace

void verify_sums(store::Batches& batches, Kind kind, Uuid user, bool with_hours,
                 Verified& verified) {
  const Statements& sql = statements_of(kind);
  Reader reader(batches, sql.lifetime, db::Params::of(user));
  std::optional<Lifetime> lifetime;
  reader.each([&](const db::Row& row) { lifetime = lifetime_of(row); });
  if (!lifetime || !lifetime->is_complete()) return;
  // Of what retention has removed, hours cannot be told from executions.
  Time since = hours_from(batches.now());
  if (lifetime->horizon && *lifetime->horizon > since)
    since = hour_of(Time{lifetime->horizon->ms + hour_ms});
  Sums expected;
  Sums stored;
  read_sums(reader, sql, *lifetime, expected, stored);
  if (with_hours) read_hours(reader, sql, user, since, expected, stored);
  const auto found = [&](Level level) -> Difference& {
    verified.differences.push_back({.kind = kind, .level = level, .user_id = user});
    return verified.differences.back();
  };
  ++verified.rows;
  if (expected.count != stored.count) found(Level::all_time);
  for (const Uuid& subject : unlike(expected.totals, stored.totals, verified.rows))
    found(Level::all_time).subject_id = subject;
  for (const Time& hour : unlike(expected.hours, stored.hours, verified.rows))
    found(Level::hour).hour = hour;
  for (const RowKey& key : unlike(expected.weeks, stored.weeks, verified.rows)) {
    Difference& difference = found(Level::week);
    difference.date = key.date;
    difference.subject_id = key.subject_id;
  }
}

namespace {

// From here on nothing of the user is made.
Task<void> begin_again(store::Batches& batches, Kind kind, Uuid user) {
  std::function<Task<bool>(db::Connection&)> body =
      [kind, user](db::Connection& connection) -> Task<bool> {
    std::optional<Lifetime> lifetime = co_await take_lifetime(connection, kind, user);
    if (!lifetime) co_return false;
    lifetime->zone.clear();
    lifetime->is_counted = false;
    std::vector<Lifetime> saved{std::move(*lifetime)};
    co_await save_lifetimes(connection, kind, std::move(saved));
    co_return true;
  };
  co_await batches.write<bool>(std::move(body));
}

}  // namespace

Task<bool> repair_sums(store::Batches& batches, Kind kind, Uuid user, Level level) {
  if (level == Level::week) {
    co_await give_up_weeks(batches, kind, user);
  } else {
    co_await begin_again(batches, kind, user);
    const bool is_complete = co_await complete(batches, kind, user);
    if (!is_complete) co_return false;
  }
  const bool is_done = co_await sum_up(batches, kind, user);
  co_return is_done;
}

Task<void> repair_sums_of(store::Batches& batches, Kind kind, Uuid user, bool with_hours) {
  Verified sums;
  verify_sums(batches, kind, user, with_hours, sums);
  std::set<Level> levels;
  for (const Difference& difference : sums.differences) levels.insert(made_with(difference.level));
  for (const Level level : levels) co_await repair_sums(batches, kind, user, level);
}

}  // namespace onggi::statistics
