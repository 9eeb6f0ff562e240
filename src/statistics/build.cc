#include "statistics/build.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "json/json.h"
#include "sql/catalogue.h"
#include "statistics/compare.h"
#include "statistics/fold.h"
#include "statistics/snapshot.h"
#include "statistics/sums.h"
#include "statistics/tally.h"
#include "statistics/weeks.h"

namespace onggi::statistics {
namespace {

constexpr int tries = 5;
constexpr std::int64_t hold_ms = 20'000;
// Dates that are read at once, and rows that are written at once.
constexpr std::int32_t days_at_once = 31;
constexpr std::size_t rows_at_once = 200;
constexpr std::int64_t executions_at_once = 20'000;  // whatever their dates
constexpr std::int32_t settled_at_once = 7;
constexpr int settle_tries = 8;
// So many are more than one week of theirs.
constexpr std::int32_t days_of_weeks = 7;

struct Segment {
  Date first, last;
  bool is_built = false;      // made anew; else made, so that built_from becomes `first`
  bool is_complete = false;   // nothing is left to be made
  bool is_to_absorb = false;  // what waits is taken out of the queue, even if the rows are right
};

// What executions of some dates give, newest date first.
struct Made {
  Rows rows;
  std::map<Date, std::map<Time, Seconds>> hours;
  std::map<Date, std::vector<Waiting>> consumed;
};

void count(Made& made, Tally& tally, Date date, const store::Contribution& what, Time hours) {
  tally.add(date, false, what);
  const Time hour = hour_of(what.started_at);
  if (hour >= hours)
    made.hours[date][hour].add(static_cast<int>((what.started_at.ms - hour.ms) / 1'000), 1);
}

// The rows of some dates as chunks that follow each other without a gap, newest first: what changes
// of the rows that are there.
std::vector<Chunk> chunks_of(Made made, const Rows& stored, const Segment& segment,
                             const Lifetime& lifetime) {
  std::vector<Chunk> chunks;
  Chunk chunk{.lifetime = lifetime, .version = 0, .first = segment.last, .last = segment.last};
  chunk.is_built = segment.is_built;
  chunk.is_to_count = !lifetime.is_counted;
  chunk.is_of_many = segment.last.days - segment.first.days >= days_of_weeks;
  const auto close = [&](Date first) {
    chunk.first = first;
    chunks.push_back(chunk);
    chunk.last = Date{first.days - 1};
    chunk.live.clear();
    chunk.hours.clear();
    chunk.consumed.clear();
    chunk.difference = {};
  };
  std::map<Date, std::vector<RowKey>, std::greater<>> by_date;
  for (const RowKey& key : differing(stored, made.rows)) by_date[key.date].push_back(key);
  for (const auto& [date, ids] : made.consumed) by_date[date];
  for (const auto& [date, hours] : made.hours) by_date[date];
  std::map<Date, LifetimeDelta> counted;
  if (!segment.is_built && chunk.is_to_count)
    for (const auto& [key, figures] : made.rows) {
      by_date[key.date];
      counted[key.date].add(key, figures, 1);
    }
  for (auto& [date, keys] : by_date) {
    const std::vector<Waiting>& ids = made.consumed[date];
    const std::size_t size = chunk.live.size() + chunk.consumed.size();
    if (size != 0 && size + keys.size() + ids.size() > rows_at_once) close(Date{date.days + 1});
    for (const RowKey& key : keys) {
      const Figures& figures = figures_in(made.rows, key);
      chunk.live.emplace(key, figures);
      if (!chunk.is_built) continue;
      chunk.difference.add(key, figures, 1);
      chunk.difference.add(key, figures_in(stored, key), -1);
    }
    for (const auto& [hour, seconds] : made.hours[date]) chunk.hours[hour].add(seconds);
    chunk.consumed.insert(chunk.consumed.end(), ids.begin(), ids.end());
    if (chunk.is_built) continue;
    if (chunk.is_to_count)
      chunk.difference.add(counted[date]);
    else
      chunk.difference.add(ids);
  }
  close(segment.first);
  for (Chunk& each : chunks) {
    const bool is_last = &each == &chunks.back();
    if (!segment.is_built) each.lifetime.built_from = each.first;
    if (segment.is_complete && is_last) each.lifetime.is_counted = true;
    if (is_last) each.lifetime.held_until = Time{};
  }
  return chunks;
}

Task<bool> write_all(store::Batches& batches, Kind kind, std::vector<Chunk> chunks,
                     std::int64_t version) {
  for (Chunk& chunk : chunks) {
    chunk.version = version;
    std::shared_ptr<const Chunk> one = std::make_shared<const Chunk>(std::move(chunk));
    const std::optional<std::int64_t> next = co_await write_chunk(batches, kind, std::move(one));
    if (!next) co_return false;
    version = *next;
  }
  co_return true;
}

Task<std::optional<Lifetime>> find_lifetime(store::Batches& batches, Kind kind, Uuid user) {
  std::function<Task<std::optional<Lifetime>>(db::Connection&)> body =
      [kind, user](db::Connection& connection) -> Task<std::optional<Lifetime>> {
    const db::Rows rows =
        co_await connection.many(statements_of(kind).lifetime, db::Params::of(user));
    if (rows.empty()) co_return std::nullopt;
    co_return lifetime_of(rows[0]);
  };
  std::optional<Lifetime> lifetime =
      co_await batches.read<std::optional<Lifetime>>(std::move(body));
  co_return lifetime;
}

// What is found of a segment over one snapshot.
struct Seen {
  Lifetime lifetime;
  Made made;
  Rows stored;
  bool is_exact = false;  // with what waits the rows are what executions say
};

// nullopt: the snapshot is not that of the lifetime.
std::optional<Seen> see(store::Batches& batches, Kind kind, const Lifetime& of,
                        const Segment& segment) {
  Seen seen{.lifetime = of, .made = {}, .stored = {}};
  Dates dates(seen.lifetime);
  const auto [from, to] = dates.span_of(segment.first, segment.last);
  const Time hours = hours_from(batches.now());
  Tally tally(seen.made.rows);
  const std::vector<Range> ranges{{from, to}};
  const std::optional<Snapshot> snapshot = look(
      batches, kind, of.user_id, ranges,
      [&](const store::Contribution& what) {
        const Date date = dates.date_of(what.started_at);
        if (date >= segment.first && date <= segment.last)
          count(seen.made, tally, date, what, hours);
      },
      Stored{segment.first, segment.last, &seen.stored});
  if (!snapshot || snapshot->lifetime.version != of.version) return std::nullopt;
  tally.add_days();
  for (const Waiting& waiting : snapshot->waiting) {
    const Time started_at = waiting.what.started_at;
    const Date date = dates.date_of(started_at);
    const bool is_in = date >= segment.first && date <= segment.last;
    if (is_in && !of.is_frozen(started_at)) seen.made.consumed[date].push_back(waiting);
  }
  if (seen.made.consumed.empty()) {
    seen.is_exact = differing(seen.stored, seen.made.rows).empty();
  } else {
    Rows with_waiting = seen.stored;
    const std::set<RowKey> unknown =
        add_waiting(with_waiting, *snapshot, dates, segment.first, segment.last);
    seen.is_exact = unknown.empty() && differing(with_waiting, seen.made.rows).empty();
  }
  return seen;
}

// One attempt, in which the user is held for `ms` milliseconds, or not where that is 0; false: it
// was overtaken.
Task<bool> try_segment(store::Batches& batches, Kind kind, Uuid user, Segment segment,
                       std::int64_t ms) {
  std::optional<Lifetime> held;
  if (ms != 0) {
    std::optional<Lifetime> taken = co_await hold(batches, kind, user, ms);
    held = std::move(taken);
  } else {
    std::optional<Lifetime> found = co_await find_lifetime(batches, kind, user);
    held = std::move(found);
  }
  if (!held) co_return false;
  if (segment.is_built) {
    if (!held->built_from || segment.last < *held->built_from) co_return true;
    segment.first = std::max(segment.first, *held->built_from);
  } else if (!held->is_of_zone() ||
             segment.last != (held->built_from ? Date{held->built_from->days - 1} : latest_date)) {
    co_return false;
  }
  std::optional<Seen> seen = see(batches, kind, *held, segment);
  if (!seen) co_return false;
  const bool is_right = seen->is_exact && (!segment.is_to_absorb || seen->made.consumed.empty());
  if (segment.is_built && is_right && ms == 0) co_return true;
  std::vector<Chunk> chunks = chunks_of(std::move(seen->made), seen->stored, segment, *held);
  const bool is_written = co_await write_all(batches, kind, std::move(chunks), held->version);
  co_return is_written;
}

Task<bool> build(store::Batches& batches, Kind kind, Uuid user, Segment segment) {
  for (int i = 0; i < tries; ++i) {
    if (batches.is_to_stop()) co_return false;
    // What is made again is usually as it was: nothing is to be written, and nobody to be held.
    const bool is_quiet = i == 0 && segment.is_built && !segment.is_to_absorb;
    const std::int64_t ms = is_quiet ? 0 : hold_ms << i;
    const bool is_done = co_await try_segment(batches, kind, user, segment, ms);
    if (is_done) co_return true;
  }
  co_return false;
}

Task<std::optional<Time>> find_start(store::Batches& batches, const db::Statement& statement,
                                     Uuid user, Time bound) {
  std::function<Task<std::optional<Time>>(db::Connection&)> body =
      [&statement, user, bound](db::Connection& connection) -> Task<std::optional<Time>> {
    const db::Rows rows = co_await connection.many(statement, db::Params::of(user, bound));
    if (rows.empty() || rows[0].is_null(0)) co_return std::nullopt;
    co_return rows[0].time(0);
  };
  std::optional<Time> found = co_await batches.read<std::optional<Time>>(std::move(body));
  co_return found;
}

// A user that has no row yet gets one. False: there is no such user; what waited of it is gone.
Task<bool> begin(store::Batches& batches, Kind kind, Uuid user) {
  std::function<Task<bool>(db::Connection&)> body =
      [kind, user](db::Connection& connection) -> Task<bool> {
    const db::Rows zone =
        co_await connection.many(sql::statistics_zone_of_user, db::Params::of(user));
    if (zone.empty()) {
      co_await connection.run(statements_of(kind).erase_waiting, db::Params::of(user));
      co_return false;
    }
    // Of no zone: it is to be begun anew.
    co_await begin_lifetime(connection, kind, user, {}, false);
    co_return true;
  };
  const bool is_there = co_await batches.write<bool>(std::move(body));
  co_return is_there;
}

// What is frozen is what counts begin with.
Task<void> count_frozen(db::Connection& connection, Kind kind, Lifetime& lifetime) {
  const Statements& sql = statements_of(kind);
  const Uuid user = lifetime.user_id;
  const db::Rows days = co_await connection.many(sql.frozen_days, db::Params::of(user));
  for (int i = 0; i < 5; ++i) lifetime.count[static_cast<std::size_t>(i)] = days[0].integer(i);
  const db::Rows frozen = co_await connection.many(sql.frozen_stats, db::Params::of(user));
  co_await connection.run(sql.remove_totals, db::Params::of(user));
  std::map<Uuid, std::int64_t> counts;
  for (const db::Row row : frozen) counts[row.uuid(0)] += row.integer(1);
  std::vector<db::Params> totals;
  for (const auto& [subject, count] : counts)
    totals.push_back(db::Params::of(user, subject, count));
  co_await connection.run_each(sql.add_totals, std::move(totals));
  std::vector<db::Params> hours;
  hours.push_back(db::Params::of(user, latest_time));
  co_await connection.run_each(sql.remove_hours, std::move(hours));
}

// From here on nothing is built, in the user's zone.
Task<bool> begin_anew(store::Batches& batches, Kind kind, Uuid user) {
  std::function<Task<bool>(db::Connection&)> body =
      [kind, user](db::Connection& connection) -> Task<bool> {
    std::optional<Lifetime> lifetime = co_await take_lifetime(connection, kind, user);
    if (!lifetime) co_return false;
    lifetime->zone = lifetime->timezone;
    lifetime->built_from.reset();
    lifetime->forget_weeks();
    if (!lifetime->is_counted) co_await count_frozen(connection, kind, *lifetime);
    std::vector<Lifetime> saved{*lifetime};
    co_await save_lifetimes(connection, kind, std::move(saved));
    co_return true;
  };
  const bool is_there = co_await batches.write<bool>(std::move(body));
  co_return is_there;
}

Task<bool> build_next(store::Batches& batches, Kind kind, const Lifetime& lifetime) {
  Segment segment{earliest_date, latest_date};
  Dates dates(lifetime);
  Time before = latest_time;
  if (lifetime.built_from) {
    segment.last = Date{lifetime.built_from->days - 1};
    before = dates.span_of(segment.last, segment.last).second;
  }
  const std::optional<Time> newest =
      co_await find_start(batches, statements_of(kind).newest, lifetime.user_id, before);
  if (newest && !lifetime.is_frozen(*newest)) {
    const Date date = std::min(dates.date_of(*newest), segment.last);
    segment.first = Date{date.days - days_at_once + 1};
  }
  segment.is_complete = segment.first == earliest_date;
  const bool is_done = co_await build(batches, kind, lifetime.user_id, segment);
  co_return is_done;
}

}  // namespace

Task<bool> rebuild(store::Batches& batches, Kind kind, Uuid user, Date first, Date last) {
  const std::optional<Lifetime> lifetime = co_await find_lifetime(batches, kind, user);
  if (!lifetime || !lifetime->is_of_zone()) co_return true;  // made anew, or about to be
  Date at = first;
  while (at <= last) {
    const Date end = std::min(Date{at.days + days_at_once - 1}, last);
    const Segment segment{at, end, true};
    const bool is_done = co_await build(batches, kind, user, segment);
    if (!is_done) co_return false;
    at = Date{end.days + 1};
  }
  co_return true;
}

Task<std::optional<Bounds>> bounds_of(store::Batches& batches, Kind kind, Uuid user) {
  std::optional<Lifetime> lifetime = co_await find_lifetime(batches, kind, user);
  if (!lifetime) co_return std::nullopt;
  Bounds bounds{.lifetime = std::move(*lifetime)};
  Dates dates(bounds.lifetime);
  const Time from = bounds.lifetime.horizon.value_or(earliest_time);
  const std::optional<Time> oldest =
      co_await find_start(batches, statements_of(kind).oldest, user, from);
  const std::optional<Time> newest =
      co_await find_start(batches, statements_of(kind).newest, user, latest_time);
  if (oldest) bounds.oldest = dates.date_of(*oldest);
  if (newest && *newest >= from) bounds.newest = dates.date_of(*newest);
  co_return bounds;
}

Task<bool> rebuild_unfrozen(store::Batches& batches, Kind kind, Uuid user, Date first, Date last) {
  const std::optional<Bounds> bounds = co_await bounds_of(batches, kind, user);
  if (!bounds || !bounds->lifetime.is_of_zone() || !bounds->lifetime.built_from) co_return true;
  first = std::max(first, Dates(bounds->lifetime).frozen_before().value_or(earliest_date));
  if (first > last) co_return true;
  // A month at a time, or all at once where they are few; what lies outside of all executions with
  // the first and the last.
  std::int64_t executions = 0;
  for (const std::int64_t count : bounds->lifetime.count) executions += count;
  const bool are_few = bounds->lifetime.is_counted && executions <= executions_at_once;
  const Date begin = std::clamp(bounds->oldest.value_or(last), first, last);
  const Date end = std::clamp(bounds->newest.value_or(begin), begin, last);
  for (Date at = first; at <= last;) {
    Date until{std::max(at, begin).days + days_at_once - 1};
    if (are_few || until >= end) until = last;
    const bool is_done = co_await build(batches, kind, user, {at, until, true});
    if (!is_done) co_return false;
    at = Date{until.days + 1};
  }
  co_return true;
}

Task<bool> absorb(store::Batches& batches, Kind kind, Uuid user, Time from, Time to) {
  const std::optional<Lifetime> lifetime = co_await find_lifetime(batches, kind, user);
  if (!lifetime || !lifetime->is_of_zone()) co_return true;  // made anew, or about to be
  Dates dates(*lifetime);
  const Date first = dates.date_of(from);
  const Date last = dates.date_of(to);
  for (Date at = first; at <= last; at = Date{at.days + days_at_once}) {
    Segment segment{at, std::min(last, Date{at.days + days_at_once - 1}), true};
    segment.is_to_absorb = true;
    const bool is_done = co_await build(batches, kind, user, segment);
    if (!is_done) co_return false;
  }
  co_return true;
}

Task<bool> complete(store::Batches& batches, Kind kind, Uuid user) {
  int zones = 0;
  while (!batches.is_to_stop()) {
    const std::optional<Lifetime> lifetime = co_await find_lifetime(batches, kind, user);
    if (!lifetime) {
      const bool is_there = co_await begin(batches, kind, user);
      if (!is_there) co_return true;
      continue;
    }
    if (lifetime->is_complete()) co_return true;
    if (!lifetime->is_of_zone()) {
      if (++zones > tries) co_return false;  // others wait
      co_await begin_anew(batches, kind, user);
      continue;
    }
    const bool is_done = co_await build_next(batches, kind, *lifetime);
    if (!is_done) co_return false;
  }
  co_return false;
}

namespace {

// The lifetime when everything before `until` is frozen, of which the newest started at `newest`.
Lifetime frozen_before(const Lifetime& held, Time until, Time newest) {
  Lifetime after = held;
  Dates dates(held);
  const Date date = dates.date_of(newest);
  const Time end = dates.calendar().end_of(date);
  if (!held.horizon || end > held.frozen_until) {
    after.frozen_until = end;
    after.frozen_date = date;
  }
  after.horizon = until;
  after.held_until = Time{};
  return after;
}

// Freezes what started before `until`, of at most a few days from `from` on.
Task<bool> try_settle(store::Batches& batches, Kind kind, Uuid user, Time from, Time until,
                      std::int64_t ms) {
  const std::optional<Lifetime> held = co_await hold(batches, kind, user, ms);
  if (!held || !held->is_complete()) co_return false;
  const std::optional<Time> newest =
      co_await find_start(batches, statements_of(kind).newest, user, until);
  if (!newest) co_return false;
  const Lifetime after = frozen_before(*held, until, *newest);
  Dates before_dates(*held);
  Dates dates(after);
  const auto date_of = [&](Time at) {
    return at < until ? before_dates.date_of(at) : dates.date_of(at);
  };
  Chunk chunk{.lifetime = after,
              .version = held->version,
              .first = earliest_date,
              .last = std::max(before_dates.date_of(Time{until.ms - 1}), after.frozen_date),
              .is_built = true};
  Rows after_rows;
  Rows stored;
  Tally frozen(chunk.frozen);
  Tally live(after_rows);
  const Time hours = hours_from(batches.now());
  const std::vector<Range> ranges{{from, until},
                                  {until, dates.span_of(chunk.first, chunk.last).second}};
  const std::optional<Snapshot> snapshot = look(
      batches, kind, user, ranges,
      [&](const store::Contribution& what) {
        const bool is_frozen = what.started_at < until;
        const Date date = date_of(what.started_at);
        if (date < chunk.first || date > chunk.last) return;
        (is_frozen ? frozen : live).add(date, is_frozen, what);
        const Time hour = hour_of(what.started_at);
        if (hour >= hours && !is_frozen)
          chunk.hours[hour].add(static_cast<int>((what.started_at.ms - hour.ms) / 1'000), 1);
      },
      Stored{chunk.first, chunk.last, &stored});
  if (!snapshot || snapshot->lifetime.version != held->version) co_return false;
  frozen.add_days();
  live.add_days();
  for (const Waiting& waiting : snapshot->waiting) {
    if (held->is_frozen(waiting.what.started_at)) continue;
    const Date date = date_of(waiting.what.started_at);
    if (date >= chunk.first && date <= chunk.last) chunk.consumed.push_back(waiting);
  }
  for (const RowKey& key : differing(stored, after_rows)) {
    const Figures& figures = figures_in(after_rows, key);
    chunk.live.emplace(key, figures);
    chunk.difference.add(key, figures, 1);
    chunk.difference.add(key, figures_in(stored, key), -1);
  }
  for (const auto& [key, figures] : chunk.frozen) chunk.difference.add(key, figures, 1);
  std::shared_ptr<const Chunk> one = std::make_shared<const Chunk>(std::move(chunk));
  const std::optional<std::int64_t> written = co_await write_chunk(batches, kind, std::move(one));
  co_return written.has_value();
}

}  // namespace

Task<bool> settle(store::Batches& batches, Kind kind, Uuid user, Time horizon) {
  for (int i = 0; i < settle_tries && !batches.is_to_stop();) {
    const bool is_complete = co_await complete(batches, kind, user);
    if (!is_complete) {  // its zone has changed meanwhile, or it is busy
      ++i;
      continue;
    }
    const std::optional<Lifetime> lifetime = co_await find_lifetime(batches, kind, user);
    if (!lifetime) co_return true;
    const Time settled = lifetime->horizon.value_or(earliest_time);
    const std::optional<Time> oldest =
        co_await find_start(batches, statements_of(kind).oldest, user, settled);
    if (!oldest || *oldest >= horizon) co_return true;
    Dates dates(*lifetime);
    const Date last{dates.date_of(*oldest).days + settled_at_once - 1};
    const Time until = std::min(horizon, dates.calendar().end_of(last));
    const bool is_done =
        co_await try_settle(batches, kind, user, settled, until, hold_ms << std::min(i, tries));
    if (!is_done) ++i;
  }
  co_return false;
}

Task<std::optional<std::set<Uuid>>> settle(store::Batches& batches, Kind kind, Time horizon) {
  std::set<Uuid> unsettled;
  Uuid after{};
  for (;;) {
    const std::vector<Uuid> users = co_await users_behind(batches, after);
    if (users.empty()) co_return unsettled;
    for (const Uuid& user : users) {
      const bool is_done = co_await settle(batches, kind, user, horizon);
      if (batches.is_to_stop()) co_return std::nullopt;
      if (!is_done) unsettled.insert(user);
    }
    after = users.back();
  }
}

namespace {

Task<std::vector<Uuid>> users_of(store::Batches& batches, const db::Statement& statement,
                                 Uuid after) {
  std::function<Task<std::vector<Uuid>>(db::Connection&)> body =
      [&statement, after, summed = to_string(summed_before(batches.now()))](
          db::Connection& connection) -> Task<std::vector<Uuid>> {
    const db::Rows rows = co_await connection.many(statement, db::Params::of(after, 256, summed));
    std::vector<Uuid> users;
    for (const db::Row row : rows) users.push_back(row.uuid(0));
    co_return users;
  };
  std::vector<Uuid> users = co_await batches.read<std::vector<Uuid>>(std::move(body));
  co_return users;
}

}  // namespace

Task<std::vector<Uuid>> incomplete(store::Batches& batches, Kind kind, Uuid after) {
  std::vector<Uuid> users = co_await users_of(batches, statements_of(kind).unbuilt, after);
  co_return users;
}

Task<std::vector<Uuid>> users_behind(store::Batches& batches, Uuid after) {
  std::vector<Uuid> users = co_await users_of(batches, sql::statistics_owners, after);
  co_return users;
}

namespace {

json::Object members_of(const Rebuild& rebuild) {
  json::Object members;
  if (rebuild.user) members.emplace("user_id", to_string(*rebuild.user));
  if (rebuild.from) members.emplace("from", to_string(*rebuild.from));
  if (rebuild.to) members.emplace("to", to_string(*rebuild.to));
  return members;
}

Rebuild rebuild_of(const json::Object& members) {
  Rebuild rebuild;
  if (const json::Value* user = members.if_contains("user_id"))
    rebuild.user = Uuid::parse(user->as_string());
  if (const json::Value* from = members.if_contains("from"))
    rebuild.from = parse_date(from->as_string());
  if (const json::Value* to = members.if_contains("to")) rebuild.to = parse_date(to->as_string());
  return rebuild;
}

Task<void> rebuild_user(store::Batches& batches, Rebuild rebuild, Uuid user) {
  for (const Kind kind : {Kind::agent, Kind::workflow}) {
    const bool is_done =
        co_await rebuild_unfrozen(batches, kind, user, rebuild.from.value_or(earliest_date),
                                  rebuild.to.value_or(latest_date));
    if (!is_done && !batches.is_to_stop())
      throw std::runtime_error("statistics of user " + to_string(user) +
                               " changed again and again while they were made");
    co_await repair_sums_of(batches, kind, user, !rebuild.from && !rebuild.to);
  }
}

}  // namespace

std::string to_json(const Rebuild& rebuild) {
  return json::canonical(members_of(rebuild));
}

Task<std::string> rebuild_as_asked(store::Batches& batches) {
  const Rebuild rebuild = rebuild_of(json::parse_stored(batches.progress()).as_object());
  std::int64_t users = 0;
  const auto report = [&] {
    json::Object members = members_of(rebuild);
    members.emplace("users", users);
    batches.report(json::canonical(members));
  };
  if (rebuild.user) {
    co_await rebuild_user(batches, rebuild, *rebuild.user);
    ++users;
  }
  Uuid after{};
  while (!rebuild.user && !batches.is_to_stop()) {
    const std::vector<Uuid> next = co_await users_behind(batches, after);
    if (next.empty()) break;
    for (const Uuid& user : next) {
      if (batches.is_to_stop()) break;
      co_await rebuild_user(batches, rebuild, user);
      ++users;
      report();
    }
    after = next.back();
  }
  report();
  co_return R"({"users":)" + std::to_string(users) + '}';
}

}  // namespace onggi::statistics
