#include "statistics/verify.h"

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "statistics/build.h"
#include "statistics/compare.h"
#include "statistics/fold.h"
#include "statistics/snapshot.h"
#include "statistics/sums.h"
#include "statistics/tally.h"
#include "statistics/weeks.h"

namespace onggi::statistics {
namespace {

constexpr std::int32_t verified_at_once = 31;
constexpr std::int32_t days_of_the_job = 7;
constexpr std::size_t told_max = 20;

void compare(const Rows& stored, const Rows& expected, Kind kind, Level level, Verified& verified) {
  std::size_t both = 0;
  for (const auto& [key, figures] : stored) both += expected.contains(key) ? 1 : 0;
  verified.rows += static_cast<std::int64_t>(stored.size() + expected.size() - both);
  for (const RowKey& key : differing(stored, expected))
    verified.differences.push_back(
        {.kind = kind,
         .level = level,
         .user_id = key.user_id,
         .date = key.date,
         .subject_id = key.is_of_day() ? std::nullopt : std::optional(key.subject_id)});
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
  tally.add_days();
  const Lifetime& now = snapshot->lifetime;
  // It is being made anew.
  if (now.zone != lifetime.zone || now.horizon != lifetime.horizon || !now.is_built(first)) return;
  // Of a day on which a duration was taken away only executions can tell which the least and the
  // greatest are.
  for (const RowKey& key : add_waiting(stored, *snapshot, dates, first, last)) {
    const Figures& there = figures_in(expected, key);
    stored[key].min_duration_ms = there.min_duration_ms;
    stored[key].max_duration_ms = there.max_duration_ms;
  }
  compare(stored, expected, kind, Level::day, verified);
}

}  // namespace

std::string to_string(const Difference& difference) {
  const std::string_view kind = name_of(difference.kind);
  std::string when;
  switch (difference.level) {
    case Level::day:
      when = " on " + onggi::to_string(difference.date);
      break;
    case Level::week:
      when = " in the week of " + onggi::to_string(difference.date);
      break;
    case Level::hour:
      when = " in the hour of " + onggi::to_string(difference.hour);
      break;
    case Level::all_time:
      when = " of all time";
      break;
  }
  return fmt::format(
      "{} statistics of user {}{}{}", kind, onggi::to_string(difference.user_id), when,
      difference.subject_id ? fmt::format(", {} {}", kind, onggi::to_string(*difference.subject_id))
                            : std::string());
}

Task<Verified> verify(store::Batches& batches, Kind kind, Uuid user, std::optional<Date> first,
                      std::optional<Date> last, bool with_sums) {
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
  if (with_sums && verified.differences.empty()) verify_sums(batches, kind, user, true, verified);
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
  const bool with_sums = !first && !last;
  Uuid after{};
  for (;;) {
    const std::vector<Uuid> users = co_await users_behind(batches, after);
    if (users.empty() || batches.is_to_stop()) co_return sum;
    for (const Uuid& user : users) {
      ++sum.users;
      for (const Kind kind : {Kind::agent, Kind::workflow}) {
        const Verified verified = co_await verify(batches, kind, user, first, last, with_sums);
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
    if (!folded.has_turn || !folded.has_more) co_return;
    after = folded.last_id;
  }
}

}  // namespace

Task<std::int64_t> repair(store::Batches& batches, Verified verified) {
  // Whole days, of which several rows may differ; sums of a user are made anew together.
  std::map<std::tuple<Kind, Uuid, Level, Date>, bool> made;
  std::int64_t repaired = 0;
  for (const Difference& difference : verified.differences) {
    const Kind kind = difference.kind;
    const Uuid user = difference.user_id;
    const bool is_of_day = difference.level == Level::day;
    const auto [place, is_new] = made.try_emplace(
        {kind, user, made_with(difference.level), is_of_day ? difference.date : Date{}}, false);
    if (is_new && is_of_day) {
      const bool is_done = co_await rebuild(batches, kind, user, difference.date, difference.date);
      place->second = is_done;
    } else if (is_new) {
      const bool is_done = co_await repair_sums(batches, kind, user, difference.level);
      place->second = is_done;
    }
    if (place->second) ++repaired;
  }
  // What a row that was wrong has counted for in sums, nobody knows.
  for (const auto& [place, is_done] : made) {
    const auto& [kind, user, level, date] = place;
    if (level == Level::day) co_await repair_sums_of(batches, kind, user, false);
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
        co_await sum_up(batches, kind, user);
        const std::optional<Bounds> bounds = co_await bounds_of(batches, kind, user);
        if (!bounds || !bounds->newest) continue;
        const Date today = Dates(bounds->lifetime).calendar().date_of(batches.now());
        const Verified verified =
            co_await verify(batches, kind, user, Date{today.days - days_of_the_job}, today, true);
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
