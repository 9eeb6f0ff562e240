#include "statistics/verify.h"

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "statistics/build.h"
#include "statistics/fold.h"
#include "statistics/snapshot.h"
#include "statistics/tally.h"

namespace onggi::statistics {
namespace {

constexpr std::int32_t verified_at_once = 31;
constexpr std::int32_t days_of_the_job = 7;
constexpr std::size_t told_max = 20;

// What the rows are with the changes that wait. Of a day on which a duration was taken away only
// executions can tell which the least and the greatest are.
void add_waiting(Rows& stored, const Rows& expected, const Snapshot& snapshot, Dates& dates,
                 Date first, Date last) {
  std::map<RowKey, Delta> more;
  for (const Waiting& waiting : snapshot.waiting) {
    if (snapshot.lifetime.is_frozen(waiting.what.started_at)) continue;
    const Date date = dates.date_of(waiting.what.started_at);
    if (date < first || date > last) continue;
    const RowKey key{waiting.what.user_id, date, false, waiting.what.subject_id};
    more[key].add(waiting.what, waiting.weight);
    more[key.day()].add(waiting.what, waiting.weight);
  }
  for (const auto& [key, delta] : more) {
    Figures& row = stored[key];
    if (delta.apply(row)) continue;
    const auto there = expected.find(key);
    if (there == expected.end()) continue;
    row.min_duration_ms = there->second.min_duration_ms;
    row.max_duration_ms = there->second.max_duration_ms;
  }
}

void compare(const Rows& stored, const Rows& expected, Kind kind, Verified& verified) {
  std::set<RowKey> keys;
  for (const auto& [key, figures] : stored) keys.insert(key);
  for (const auto& [key, figures] : expected) keys.insert(key);
  const auto in = [](const Rows& rows, const RowKey& key) {
    const auto there = rows.find(key);
    return there == rows.end() ? Figures{} : there->second;
  };
  for (const RowKey& key : keys) {
    ++verified.rows;
    if (in(stored, key) == in(expected, key)) continue;
    verified.differences.push_back(
        {kind, key.user_id, key.date,
         key.is_of_day() ? std::nullopt : std::optional(key.subject_id)});
  }
}

// Over one snapshot.
void verify_dates(store::Batches& batches, Kind kind, const Lifetime& lifetime, Date first,
                  Date last, Verified& verified) {
  Dates dates(lifetime);
  const auto [from, to] = dates.span_of(first, last);
  Rows expected;
  Tally tally(expected);
  Rows stored;
  const std::vector<Range> ranges{{from, to}};
  const std::optional<Snapshot> snapshot = look(
      batches, kind, lifetime.user_id, ranges,
      [&](const store::Contribution& what) {
        const Date date = dates.date_of(what.started_at);
        if (date >= first && date <= last) tally.add(date, false, what);
      },
      Stored{first, last, &stored});
  if (!snapshot) return;
  const Lifetime& now = snapshot->lifetime;
  // It is being made anew.
  if (now.zone != lifetime.zone || now.horizon != lifetime.horizon || !now.is_built(first)) return;
  add_waiting(stored, expected, *snapshot, dates, first, last);
  compare(stored, expected, kind, verified);
}

}  // namespace

std::string to_string(const Difference& difference) {
  return fmt::format("{} statistics of user {} on {}{}", name_of(difference.kind),
                     onggi::to_string(difference.user_id), onggi::to_string(difference.date),
                     difference.subject_id ? fmt::format(", {} {}", name_of(difference.kind),
                                                         onggi::to_string(*difference.subject_id))
                                           : std::string());
}

Task<Verified> verify(store::Batches& batches, Kind kind, Uuid user, std::optional<Date> first,
                      std::optional<Date> last) {
  Verified verified;
  const std::optional<Bounds> bounds = co_await bounds_of(batches, kind, user);
  if (!bounds || !bounds->lifetime.is_of_zone() || !bounds->lifetime.built_from) co_return verified;
  Dates dates(bounds->lifetime);
  const Date begin = std::max({first.value_or(earliest_date), *bounds->lifetime.built_from,
                               dates.frozen_before().value_or(earliest_date)});
  const Date end = last.value_or(latest_date);
  if (begin > end) co_return verified;
  // Where no executions are nothing may be counted: in one piece. The rest a month at a time.
  const Date oldest = std::clamp(bounds->oldest.value_or(end), begin, end);
  const Date newest = std::clamp(bounds->newest.value_or(begin), oldest, end);
  if (begin < oldest)
    verify_dates(batches, kind, bounds->lifetime, begin, Date{oldest.days - 1}, verified);
  for (Date at = oldest; at <= newest && !batches.is_to_stop();) {
    const Date until = std::min(newest, Date{at.days + verified_at_once - 1});
    verify_dates(batches, kind, bounds->lifetime, at, until, verified);
    at = Date{until.days + 1};
  }
  if (newest < end)
    verify_dates(batches, kind, bounds->lifetime, Date{newest.days + 1}, end, verified);
  co_return verified;
}

namespace {

void add(Verified& sum, const Verified& of_user) {
  sum.rows += of_user.rows;
  sum.differences.insert(sum.differences.end(), of_user.differences.begin(),
                         of_user.differences.end());
}

}  // namespace

Task<Verified> verify_all(store::Batches& batches, std::optional<Date> first,
                          std::optional<Date> last) {
  Verified sum;
  Uuid after{};
  for (;;) {
    const std::vector<Uuid> users = co_await users_behind(batches, after);
    if (users.empty() || batches.is_to_stop()) co_return sum;
    for (const Uuid& user : users) {
      ++sum.users;
      for (const Kind kind : {Kind::agent, Kind::workflow}) {
        const Verified verified = co_await verify(batches, kind, user, first, last);
        add(sum, verified);
      }
    }
    after = users.back();
  }
}

namespace {

Task<void> fold_everything(store::Batches& batches, Kind kind) {
  std::int64_t after = 0;
  while (!batches.is_to_stop()) {
    const Folded folded = co_await fold(batches, kind, after);
    if (!folded.has_turn || folded.read < static_cast<std::size_t>(fold_max)) co_return;
    after = folded.last_id;
  }
}

}  // namespace

Task<std::int64_t> repair(store::Batches& batches, Verified verified) {
  std::map<std::tuple<Kind, Uuid, Date>, bool>
      made;  // whole days, of which several rows may differ
  std::int64_t repaired = 0;
  for (const Difference& difference : verified.differences) {
    const auto [day, is_new] =
        made.try_emplace({difference.kind, difference.user_id, difference.date}, false);
    if (is_new) {
      const bool is_done = co_await rebuild(batches, difference.kind, difference.user_id,
                                            difference.date, difference.date);
      day->second = is_done;
    }
    if (day->second) ++repaired;
  }
  co_return repaired;
}

Task<std::string> aggregate(store::Batches& batches, Counter& differences) {
  Verified sum;
  std::int64_t repaired = 0;
  for (const Kind kind : {Kind::agent, Kind::workflow}) {
    co_await fold_everything(batches, kind);
    Uuid after{};
    for (;;) {
      const std::vector<Uuid> users = co_await users_behind(batches, after);
      if (users.empty() || batches.is_to_stop()) break;
      for (const Uuid& user : users) {
        if (kind == Kind::agent) ++sum.users;
        co_await complete(batches, kind, user);
        const std::optional<Bounds> bounds = co_await bounds_of(batches, kind, user);
        if (!bounds || !bounds->newest) continue;
        const Date today = Dates(bounds->lifetime).calendar().date_of(batches.now());
        const Verified verified =
            co_await verify(batches, kind, user, Date{today.days - days_of_the_job}, today);
        add(sum, verified);
        const std::int64_t made = co_await repair(batches, verified);
        repaired += made;
      }
      after = users.back();
      batches.report(fmt::format(R"({{"users":{},"rows":{}}})", sum.users, sum.rows));
    }
  }
  differences.add(sum.differences.size());
  for (std::size_t i = 0; i < std::min(told_max, sum.differences.size()); ++i)
    spdlog::error("statistics_differ what=\"{}\"", to_string(sum.differences[i]));
  co_return fmt::format(R"({{"users":{},"rows":{},"differences":{},"repaired":{}}})", sum.users,
                        sum.rows, sum.differences.size(), repaired);
}

Counter& differences_counter(Registry& registry) {
  return registry.counter("onggi_statistics_differences_total",
                          "Rows of daily statistics that were not what executions say.");
}

}  // namespace onggi::statistics
