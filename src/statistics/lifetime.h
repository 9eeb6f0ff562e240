// How far a user's statistics of one kind are made, and what is true of all time.
//
// An execution counts in exactly one daily row of its agent (and of its user): that of date_of().
// Rows are of two sorts. Frozen ones count what started before `horizon`: retention removes those
// executions, and nothing makes these rows anew. The others equal, together with the changes that
// wait in the queue, what the executions from the horizon on give; they hold from `built_from` on,
// in `zone`, and can be made anew at any time.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "base/calendar.h"
#include "db/database.h"
#include "store/executions.h"

namespace onggi::statistics {

using Kind = store::Executions::Kind;

struct Lifetime {
  Uuid user_id;
  std::string zone;
  std::optional<Date> built_from;
  bool is_counted = false;
  std::int64_t version = 0;
  Time held_until{};
  std::optional<Time> horizon;  // these three together
  Time frozen_until{};
  Date frozen_date{};
  std::array<std::int64_t, 5> count{};  // by model::Status
  Date summed_from = latest_date;       // Mondays; weeks between them are summed up (weeks.h)
  Date summed_until = earliest_date;
  std::string timezone;  // as the user has it now

  bool is_of_zone() const { return zone == timezone; }
  bool is_complete() const { return is_of_zone() && built_from == earliest_date && is_counted; }
  bool is_built(Date date) const { return built_from && date >= *built_from; }
  bool is_frozen(Time started_at) const { return horizon && started_at < *horizon; }
  bool is_summed(Date date) const { return date >= summed_from && date < summed_until; }
  void forget_weeks() {
    summed_from = latest_date;
    summed_until = earliest_date;
  }
};

// The dates of one user's executions. Not thread-safe.
class Dates {
 public:
  // In the zone of the daily rows, or in that of the user where `of_user`.
  explicit Dates(const Lifetime& lifetime, bool of_user = false)
      : calendar_(of_user ? lifetime.timezone : lifetime.zone), lifetime_(&lifetime) {}

  Date date_of(Time started_at) {
    const Lifetime& of = *lifetime_;
    if (of.horizon && started_at >= *of.horizon && started_at < of.frozen_until)
      return of.frozen_date;
    return calendar_.date_of(started_at);
  }
  // What spans all executions of dates from `first` to `last` that are not frozen, and perhaps
  // others.
  std::pair<Time, Time> span_of(Date first, Date last);
  // The first date on which nothing can be frozen; nullopt: nothing is.
  std::optional<Date> frozen_before();
  Calendar& calendar() { return calendar_; }

 private:
  Calendar calendar_;
  const Lifetime* lifetime_;
};

// The statements of one kind.
struct Statements {
  const db::Statement &note, &days, &subjects, &subject, &days_and_executions,
      &subjects_and_executions, &subject_and_executions, &everybodys_days, &everybodys_subjects;
  const db::Statement &take_turn, &waiting, &waiting_of, &count_waiting, &remove_waiting,
      &erase_waiting;
  const db::Statement &begin_lifetime, &take_lifetime, &lifetime, &save_lifetime, &unbuilt;
  const db::Statement &stats_at, &days_at, &stats_of, &days_of, &frozen_stats, &frozen_days,
      &put_stats, &put_days, &remove_stats_at, &remove_days_at;
  const db::Statement &stats_in, &all_stats_of, &weeks_of, &oldest_day, &counts_of, &put_weeks,
      &remove_weeks_at, &clear_weeks;
  const db::Statement &hours_at, &hours_of, &put_hours, &remove_hours, &add_totals, &remove_totals,
      &totals_of;
  const db::Statement &executions, &executions_each, &newest, &oldest;
};
const Statements& statements_of(Kind kind);
std::string_view name_of(Kind kind);

Lifetime lifetime_of(const db::Row& row);
// In a transaction: the users' rows, locked until its end and with their versions one up; without
// those that are held at `now`, or not there.
Task<std::vector<Lifetime>> take_lifetimes(db::Connection& connection, Kind kind,
                                           std::vector<Uuid> users, Time now);
// The same of one, held or not.
Task<std::optional<Lifetime>> take_lifetime(db::Connection& connection, Kind kind, Uuid user);
// In a transaction: rows that were taken, as they are to be.
Task<void> save_lifetimes(db::Connection& connection, Kind kind, std::vector<Lifetime> lifetimes);
// In a transaction: of a user that is there and has no row yet.
Task<void> begin_lifetime(db::Connection& connection, Kind kind, Uuid user, std::string zone,
                          bool is_complete);

// In a transaction that counts them: changes that were read, by their ids in ascending order.
Task<void> remove_waiting(db::Connection& connection, Kind kind, std::vector<std::int64_t> ids);

// The ids that executions can have which start from one time on and before another.
std::pair<Uuid, Uuid> ids_between(Time from, Time to);

}  // namespace onggi::statistics
