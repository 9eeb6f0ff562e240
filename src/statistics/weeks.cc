#include "statistics/weeks.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "statistics/snapshot.h"

namespace onggi::statistics {
namespace {

constexpr std::int32_t week_days = 7;
// Rows of weeks that one transaction makes anew of days.
constexpr std::size_t refreshed_max = 256;
// What is read at once, and what one transaction writes and removes.
constexpr std::int32_t days_read = 8 * week_days;
constexpr std::size_t rows_written = 200;
constexpr std::int64_t rows_cleared = 500;
constexpr std::size_t cursor_rows = 4'096;
constexpr std::size_t cursor_bytes = 1u << 20;
constexpr std::int64_t sum_hold_ms = 10'000;

RowKey week_of_row(const RowKey& key) {
  return {key.user_id, week_of(key.date), key.is_frozen, key.subject_id};
}

RowKey key_of(const db::Row& row) {
  return {row.uuid(0), parse_date(row.text(2)).value(), row.boolean(3), row.uuid(1)};
}

// Weeks that are summed up together, and what is summed up afterwards.
struct Piece {
  Date from, until;
  Date summed_from, summed_until;
};

std::optional<Piece> next_piece(const Lifetime& lifetime, std::optional<Date> oldest, Date until) {
  Piece piece{.from = lifetime.summed_from,
              .until = lifetime.summed_from,
              .summed_from = lifetime.summed_from,
              .summed_until = lifetime.summed_until};
  if (lifetime.summed_from >= lifetime.summed_until) {
    piece.until = piece.summed_until = until;
    piece.from = Date{until.days - days_read};
  } else if (lifetime.summed_until < until) {
    piece.from = lifetime.summed_until;
    piece.until = piece.summed_until = std::min(until, Date{piece.from.days + days_read});
    return piece;
  } else if (lifetime.summed_from > earliest_date) {
    piece.from = Date{lifetime.summed_from.days - days_read};
  } else {
    return std::nullopt;
  }
  if (!oldest || *oldest >= piece.from) piece.from = earliest_date;
  piece.summed_from = piece.from;
  return piece;
}

struct Known {
  Lifetime lifetime;
  std::optional<Date> oldest;
};

Task<std::optional<Known>> look_up(store::Batches& batches, Kind kind, Uuid user) {
  std::function<Task<std::optional<Known>>(db::Connection&)> body =
      [kind, user](db::Connection& connection) -> Task<std::optional<Known>> {
    const Statements& sql = statements_of(kind);
    const db::Rows rows = co_await connection.many(sql.lifetime, db::Params::of(user));
    if (rows.empty()) co_return std::nullopt;
    Known known{lifetime_of(rows[0]), std::nullopt};
    const db::Rows oldest = co_await connection.many(sql.oldest_day, db::Params::of(user));
    if (!oldest.empty() && !oldest[0].is_null(0)) known.oldest = parse_date(oldest[0].text(0));
    co_return known;
  };
  std::optional<Known> known = co_await batches.read<std::optional<Known>>(std::move(body));
  co_return known;
}

// The sums of some weeks, read over one snapshot; nullopt: it is not that of the version.
std::optional<Rows> sums_of(store::Batches& batches, Kind kind, const Lifetime& held,
                            const Piece& piece) {
  const Statements& sql = statements_of(kind);
  db::Cost cost;
  const std::unique_ptr<db::Cursor> cursor =
      batches.database().open_lasting(cost, sql.lifetime, db::Params::of(held.user_id));
  cursor->expect_small_rows();
  const db::Rows lifetime = cursor->next(1, cursor_bytes);
  if (lifetime.empty() || lifetime_of(lifetime[0]).version != held.version) return std::nullopt;
  const std::string first = to_string(piece.from);
  const std::string last = to_string(Date{piece.until.days - 1});
  cursor->go_on(cost, sql.all_stats_of, db::Params::of(held.user_id, first, last));
  Rows sums;
  for (;;) {
    const db::Rows rows = cursor->next(cursor_rows, cursor_bytes);
    if (rows.empty()) return sums;
    for (const db::Row row : rows) sums[week_of_row(key_of(row))].add(figures_of(row, 4));
  }
}

// What one transaction writes.
struct Step {
  std::int64_t version;
  Piece piece;
  bool is_first = false;  // removes what is left of another time
  bool is_last = false;   // and from now on they hold
  Rows rows;
};

struct Stepped {
  std::int64_t version = 0;
  bool is_written = false;  // false: there is more to be removed first
};

Task<std::optional<Stepped>> write_step(db::Connection& connection, Kind kind, Uuid user,
                                        std::shared_ptr<const Step> step) {
  std::optional<Lifetime> lifetime = co_await take_lifetime(connection, kind, user);
  if (!lifetime || lifetime->version != step->version + 1) co_return std::nullopt;
  Stepped stepped{lifetime->version, true};
  if (step->is_first) {
    const std::string first = to_string(step->piece.from);
    const std::string last = to_string(Date{step->piece.until.days - 1});
    const std::int64_t cleared = co_await connection.run(
        statements_of(kind).clear_weeks, db::Params::of(user, first, last, rows_cleared));
    stepped.is_written = cleared < rows_cleared;
  }
  if (stepped.is_written) {
    std::shared_ptr<const Rows> rows(step, &step->rows);
    co_await write_weeks(connection, kind, std::move(rows));
    if (step->is_last) {
      lifetime->summed_from = step->piece.summed_from;
      lifetime->summed_until = step->piece.summed_until;
      lifetime->held_until = Time{};
    }
  }
  std::vector<Lifetime> saved{std::move(*lifetime)};
  co_await save_lifetimes(connection, kind, std::move(saved));
  co_return stepped;
}

Task<std::optional<std::int64_t>> write(store::Batches& batches, Kind kind, Uuid user, Step step) {
  for (;;) {
    std::shared_ptr<const Step> one = std::make_shared<const Step>(step);
    std::function<Task<std::optional<Stepped>>(db::Connection&)> body =
        [kind, user, one](db::Connection& connection) {
          return write_step(connection, kind, user, one);
        };
    const std::optional<Stepped> stepped =
        co_await batches.write<std::optional<Stepped>>(std::move(body));
    if (!stepped) co_return std::nullopt;
    if (stepped->is_written) co_return stepped->version;
    step.version = stepped->version;
  }
}

// False: it was overtaken.
Task<bool> sum_up_piece(store::Batches& batches, Kind kind, Uuid user, Piece piece) {
  const std::optional<Lifetime> held = co_await hold(batches, kind, user, sum_hold_ms);
  if (!held || !held->is_complete()) co_return false;
  std::optional<Rows> sums = sums_of(batches, kind, *held, piece);
  if (!sums) co_return false;
  std::int64_t version = held->version;
  bool is_first = true;
  do {
    Step step{.version = version, .piece = piece, .is_first = is_first, .rows = {}};
    while (!sums->empty() && step.rows.size() < rows_written)
      step.rows.insert(sums->extract(sums->begin()));
    step.is_last = sums->empty();
    is_first = false;
    const std::optional<std::int64_t> next = co_await write(batches, kind, user, std::move(step));
    if (!next) co_return false;
    version = *next;
  } while (!sums->empty());
  co_return true;
}

}  // namespace

Date week_of(Date date) {
  constexpr std::int32_t a_monday = 4;  // 1970-01-05
  const std::int32_t behind = (date.days - a_monday) % week_days;
  return Date{date.days - (behind + week_days) % week_days};
}

Date summed_before(Time now) {
  return week_of(Date{Calendar("UTC").date_of(now).days - 1});
}

Task<void> refresh_weeks(db::Connection& connection, Kind kind, Lifetime& lifetime,
                         std::vector<RowKey> changed) {
  std::set<RowKey> weeks;
  for (const RowKey& key : changed)
    if (!key.is_of_day() && lifetime.is_summed(key.date)) weeks.insert(week_of_row(key));
  if (weeks.empty()) co_return;
  if (weeks.size() > refreshed_max) {
    lifetime.forget_weeks();
    co_return;
  }
  auto sums = std::make_shared<Rows>();
  std::vector<std::pair<std::string, std::string>> dates;
  dates.reserve(weeks.size());
  std::vector<db::Params> asked;
  for (const RowKey& week : weeks) {
    (*sums)[week];  // what nothing is left of goes
    const auto& [first, last] =
        dates.emplace_back(to_string(week.date), to_string(Date{week.date.days + week_days - 1}));
    asked.push_back(db::Params::of(week.subject_id, first, last, week.user_id, week.is_frozen));
  }
  const db::Rows days = co_await connection.many_each(statements_of(kind).stats_in, asked);
  for (const db::Row row : days) (*sums)[week_of_row(key_of(row))].add(figures_of(row, 4));
  std::shared_ptr<const Rows> written = std::move(sums);
  co_await write_weeks(connection, kind, std::move(written));
}

Task<bool> sum_up(store::Batches& batches, Kind kind, Uuid user) {
  while (!batches.is_to_stop()) {
    const std::optional<Known> known = co_await look_up(batches, kind, user);
    if (!known || !known->lifetime.is_complete()) co_return true;
    const std::optional<Piece> piece =
        next_piece(known->lifetime, known->oldest, summed_before(batches.now()));
    if (!piece) co_return true;
    const bool is_done = co_await sum_up_piece(batches, kind, user, *piece);
    if (!is_done) co_return false;
  }
  co_return false;
}

Task<void> give_up_weeks(store::Batches& batches, Kind kind, Uuid user) {
  std::function<Task<bool>(db::Connection&)> body =
      [kind, user](db::Connection& connection) -> Task<bool> {
    std::optional<Lifetime> lifetime = co_await take_lifetime(connection, kind, user);
    if (!lifetime) co_return false;
    lifetime->forget_weeks();
    std::vector<Lifetime> saved{std::move(*lifetime)};
    co_await save_lifetimes(connection, kind, std::move(saved));
    co_return true;
  };
  co_await batches.write<bool>(std::move(body));
}

}  // namespace onggi::statistics
