#include "statistics/lifetime.h"

#include <algorithm>
#include <array>

#include "sql/catalogue.h"

namespace onggi::statistics {
namespace {

const Statements agent_statements{
    sql::statistics_note_agent,
    sql::statistics_days_agent,
    sql::statistics_subjects_agent,
    sql::statistics_subject_agent,
    sql::statistics_days_and_executions_agent,
    sql::statistics_subjects_and_executions_agent,
    sql::statistics_subject_and_executions_agent,
    sql::statistics_everybodys_days_agent,
    sql::statistics_everybodys_subjects_agent,
    sql::statistics_take_turn_agent,
    sql::statistics_waiting_agent,
    sql::statistics_waiting_of_agent,
    sql::statistics_count_waiting_agent,
    sql::statistics_remove_waiting_agent,
    sql::statistics_erase_waiting_agent,
    sql::statistics_begin_lifetime_agent,
    sql::statistics_take_lifetime_agent,
    sql::statistics_lifetime_agent,
    sql::statistics_save_lifetime_agent,
    sql::statistics_unbuilt_agent,
    sql::statistics_stats_at_agent,
    sql::statistics_days_at_agent,
    sql::statistics_stats_of_agent,
    sql::statistics_days_of_agent,
    sql::statistics_frozen_stats_agent,
    sql::statistics_frozen_days_agent,
    sql::statistics_put_stats_agent,
    sql::statistics_put_days_agent,
    sql::statistics_remove_stats_at_agent,
    sql::statistics_remove_days_at_agent,
    sql::statistics_stats_in_agent,
    sql::statistics_all_stats_of_agent,
    sql::statistics_weeks_of_agent,
    sql::statistics_oldest_day_agent,
    sql::statistics_counts_of_agent,
    sql::statistics_put_weeks_agent,
    sql::statistics_remove_weeks_at_agent,
    sql::statistics_clear_weeks_agent,
    sql::statistics_hours_at_agent,
    sql::statistics_hours_of_agent,
    sql::statistics_put_hours_agent,
    sql::statistics_remove_hours_agent,
    sql::statistics_add_totals_agent,
    sql::statistics_remove_totals_agent,
    sql::statistics_totals_of_agent,
    sql::statistics_executions_agent,
    sql::statistics_executions_each_agent,
    sql::statistics_newest_agent,
    sql::statistics_oldest_agent,
};
const Statements workflow_statements{
    sql::statistics_note_workflow,
    sql::statistics_days_workflow,
    sql::statistics_subjects_workflow,
    sql::statistics_subject_workflow,
    sql::statistics_days_and_executions_workflow,
    sql::statistics_subjects_and_executions_workflow,
    sql::statistics_subject_and_executions_workflow,
    sql::statistics_everybodys_days_workflow,
    sql::statistics_everybodys_subjects_workflow,
    sql::statistics_take_turn_workflow,
    sql::statistics_waiting_workflow,
    sql::statistics_waiting_of_workflow,
    sql::statistics_count_waiting_workflow,
    sql::statistics_remove_waiting_workflow,
    sql::statistics_erase_waiting_workflow,
    sql::statistics_begin_lifetime_workflow,
    sql::statistics_take_lifetime_workflow,
    sql::statistics_lifetime_workflow,
    sql::statistics_save_lifetime_workflow,
    sql::statistics_unbuilt_workflow,
    sql::statistics_stats_at_workflow,
    sql::statistics_days_at_workflow,
    sql::statistics_stats_of_workflow,
    sql::statistics_days_of_workflow,
    sql::statistics_frozen_stats_workflow,
    sql::statistics_frozen_days_workflow,
    sql::statistics_put_stats_workflow,
    sql::statistics_put_days_workflow,
    sql::statistics_remove_stats_at_workflow,
    sql::statistics_remove_days_at_workflow,
    sql::statistics_stats_in_workflow,
    sql::statistics_all_stats_of_workflow,
    sql::statistics_weeks_of_workflow,
    sql::statistics_oldest_day_workflow,
    sql::statistics_counts_of_workflow,
    sql::statistics_put_weeks_workflow,
    sql::statistics_remove_weeks_at_workflow,
    sql::statistics_clear_weeks_workflow,
    sql::statistics_hours_at_workflow,
    sql::statistics_hours_of_workflow,
    sql::statistics_put_hours_workflow,
    sql::statistics_remove_hours_workflow,
    sql::statistics_add_totals_workflow,
    sql::statistics_remove_totals_workflow,
    sql::statistics_totals_of_workflow,
    sql::statistics_executions_workflow,
    sql::statistics_executions_each_workflow,
    sql::statistics_newest_workflow,
    sql::statistics_oldest_workflow,
};

std::optional<Date> maybe_date(const db::Row& row, int column) {
  const std::optional<std::string_view> text = row.maybe_text(column);
  return text ? parse_date(*text) : std::nullopt;
}

}  // namespace

const Statements& statements_of(Kind kind) {
  return kind == Kind::agent ? agent_statements : workflow_statements;
}

std::string_view name_of(Kind kind) {
  return kind == Kind::agent ? "agent" : "workflow";
}

std::pair<Time, Time> Dates::span_of(Date first, Date last) {
  Time from = first == earliest_date ? earliest_time : calendar_.first_of(first);
  Time to = last == latest_date ? latest_time : calendar_.end_of(last);
  const Lifetime& of = *lifetime_;
  if (of.horizon) {
    if (first <= of.frozen_date && of.frozen_date <= last) {
      from = std::min(from, *of.horizon);
      to = std::max(to, of.frozen_until);
    }
    from = std::max(from, *of.horizon);
  }
  return {from, std::max(from, to)};
}

std::optional<Date> Dates::frozen_before() {
  if (!lifetime_->horizon) return std::nullopt;
  Date date = calendar_.date_of(Time{lifetime_->frozen_until.ms - 1});
  while (calendar_.first_of(date) < lifetime_->frozen_until) ++date.days;
  return std::max(date, Date{lifetime_->frozen_date.days + 1});
}

Lifetime lifetime_of(const db::Row& row) {
  Lifetime lifetime{.user_id = row.uuid(0),
                    .zone = std::string(row.text(1)),
                    .built_from = maybe_date(row, 2),
                    .is_counted = row.boolean(3),
                    .version = row.integer(4),
                    .held_until = row.time(5)};
  if (!row.is_null(6)) {
    lifetime.horizon = row.time(6);
    lifetime.frozen_until = row.time(7);
    lifetime.frozen_date = maybe_date(row, 8).value();
  }
  for (int i = 0; i < 5; ++i) lifetime.count[static_cast<std::size_t>(i)] = row.integer(9 + i);
  lifetime.timezone = row.text(14);
  lifetime.summed_from = maybe_date(row, 15).value();
  lifetime.summed_until = maybe_date(row, 16).value();
  return lifetime;
}

Task<std::vector<Lifetime>> take_lifetimes(db::Connection& connection, Kind kind,
                                           std::vector<Uuid> users, Time now) {
  std::vector<db::Params> asked;
  for (const Uuid& user : users) asked.push_back(db::Params::of(user, now));
  const db::Rows rows =
      co_await connection.many_each(statements_of(kind).take_lifetime, std::move(asked));
  std::vector<Lifetime> taken;
  for (const db::Row row : rows) taken.push_back(lifetime_of(row));
  co_return taken;
}

Task<std::optional<Lifetime>> take_lifetime(db::Connection& connection, Kind kind, Uuid user) {
  std::vector<Uuid> one{user};
  std::vector<Lifetime> taken =
      co_await take_lifetimes(connection, kind, std::move(one), latest_time);
  if (taken.empty()) co_return std::nullopt;
  co_return std::move(taken.front());
}

Task<void> save_lifetimes(db::Connection& connection, Kind kind, std::vector<Lifetime> lifetimes) {
  std::vector<std::array<std::string, 4>> dates;
  dates.reserve(lifetimes.size());
  std::vector<db::Params> rows;
  for (const Lifetime& lifetime : lifetimes) {
    auto& [built, frozen, from, until] = dates.emplace_back();
    db::Params params = db::Params::of(lifetime.user_id, lifetime.zone);
    if (lifetime.built_from) {
      built = to_string(*lifetime.built_from);
      params.add(built);
    } else {
      params.add(std::nullopt);
    }
    params.add(lifetime.is_counted).add(lifetime.version).add(lifetime.held_until);
    if (lifetime.horizon) {
      frozen = to_string(lifetime.frozen_date);
      params.add(*lifetime.horizon).add(lifetime.frozen_until).add(frozen);
    } else {
      params.add(std::nullopt).add(std::nullopt).add(std::nullopt);
    }
    std::int64_t all = 0;
    for (const std::int64_t count : lifetime.count) {
      params.add(count);
      all += count;
    }
    from = to_string(lifetime.summed_from);
    until = to_string(lifetime.summed_until);
    params.add(all).add(from).add(until);
    rows.push_back(std::move(params));
  }
  co_await connection.run_each(statements_of(kind).save_lifetime, std::move(rows));
}

Task<void> begin_lifetime(db::Connection& connection, Kind kind, Uuid user, std::string zone,
                          bool is_complete) {
  const std::string from = to_string(earliest_date);
  db::Params params = db::Params::of(user, zone);
  if (is_complete)
    params.add(from);
  else
    params.add(std::nullopt);
  params.add(is_complete);
  co_await connection.run(statements_of(kind).begin_lifetime, std::move(params));
}

// Ids that follow each other go together: most do.
Task<void> remove_waiting(db::Connection& connection, Kind kind, std::vector<std::int64_t> ids) {
  std::vector<db::Params> spans;
  for (std::size_t i = 0; i < ids.size();) {
    std::size_t end = i + 1;
    while (end < ids.size() && ids[end] == ids[end - 1] + 1) ++end;
    spans.push_back(db::Params::of(ids[i], ids[end - 1]));
    i = end;
  }
  co_await connection.run_each(statements_of(kind).remove_waiting, std::move(spans));
}

std::pair<Uuid, Uuid> ids_between(Time from, Time to) {
  return {Uuid::least_of(Time{from.ms - store::id_drift_max_ms}),
          Uuid::least_of(Time{to.ms + store::id_drift_max_ms + 1})};
}

}  // namespace onggi::statistics
