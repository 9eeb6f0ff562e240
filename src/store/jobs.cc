#include "store/jobs.h"

#include <algorithm>

#include "json/json.h"
#include "model/encode.h"
#include "sql/catalogue.h"

namespace onggi::store {
namespace {

using model::JobRun;
using model::RunStatus;

constexpr std::string_view server_lost =
    "The server that ran it is gone, or was too slow to say that it is not.";

Jobs::Lease lease_of(const db::Row& row) {
  Jobs::Lease lease{.job = std::string(row.text(0)),
                    .token = row.integer(1),
                    .taken_until = row.time(2),
                    .run = row.maybe_uuid(3),
                    .owner = row.maybe_uuid(4)};
  if (!row.is_null(5)) lease.until = row.time(5);
  return lease;
}

RunStatus status_of(std::string_view name) {
  const auto* const found = std::ranges::find(model::run_status_names, name);
  return static_cast<RunStatus>(found - model::run_status_names.begin());
}

JobRun run_of(const db::Row& row, int first) {
  JobRun run;
  run.id = row.uuid(first);
  run.job_id = row.text(first + 1);
  run.scheduled_for = row.time(first + 2);
  run.started_at = row.time(first + 3);
  if (!row.is_null(first + 4)) {
    run.finished_at = row.time(first + 4);
    run.duration_ms = std::max<std::int64_t>(0, run.finished_at->ms - run.started_at.ms);
  }
  run.status = status_of(row.text(first + 5));
  run.attempt = row.integer(first + 6);
  run.progress = {json::canonical(json::parse_stored(row.text(first + 7)))};
  run.result = {json::canonical(json::parse_stored(row.text(first + 8)))};
  if (const auto error = row.maybe_text(first + 9)) run.error = *error;
  return run;
}

// In one spelling on both stores.
std::string canonical(std::string_view json) {
  return json::canonical(json::parse_stored(json));
}

}  // namespace

Task<Time> Jobs::now(db::Connection& connection, Time server) {
  const db::Rows rows = co_await connection.many(sql::jobs_now, db::Params::of(server));
  co_return rows[0].time(0);
}

Task<void> Jobs::declare(db::Connection& connection, std::string job, Time now) {
  co_await connection.run(sql::jobs_declare, db::Params::of(job, now));
}

Task<std::vector<Jobs::Lease>> Jobs::leases(db::Connection& connection) {
  const db::Rows rows = co_await connection.many(sql::jobs_leases, {});
  std::vector<Lease> leases;
  leases.reserve(rows.size());
  for (const db::Row row : rows) leases.push_back(lease_of(row));
  co_return leases;
}

Task<std::optional<Jobs::Lease>> Jobs::lease(db::Connection& connection, std::string job) {
  const db::Rows rows = co_await connection.many(sql::jobs_lease, db::Params::of(job));
  if (rows.empty()) co_return std::nullopt;
  co_return lease_of(rows[0]);
}

Task<std::optional<Jobs::Taken>> Jobs::take(db::Connection& connection, Lease lease, Terms terms) {
  JobRun run;
  run.id = Uuid::v7(terms.now);
  run.job_id = lease.job;
  run.scheduled_for = terms.scheduled_for;
  run.started_at = terms.now;
  const Time taken_until = std::max(lease.taken_until, terms.taken_until);
  const std::int64_t made = co_await connection.run(
      sql::jobs_insert_run, db::Params::of(run.id, run.job_id, run.scheduled_for, run.started_at));
  db::Params params =
      made == 0 ? db::Params::of(lease.job, std::nullopt, std::nullopt, std::nullopt, taken_until)
                : db::Params::of(lease.job, run.id, terms.owner, terms.until, taken_until);
  co_await connection.run(sql::jobs_take, std::move(params));
  if (made == 0) co_return std::nullopt;
  co_return Taken{Turn{lease.job, lease.token + 1, run.id}, std::move(run)};
}

Task<void> Jobs::set_progress(db::Connection& connection, Uuid run, std::string progress) {
  co_await connection.run(sql::jobs_progress, db::Params::of(run, canonical(progress)));
}

Task<std::optional<Jobs::Taken>> Jobs::take_over(db::Connection& connection, Lease lease,
                                                 Terms terms, std::int64_t attempts_max) {
  const std::optional<JobRun> found = co_await run(connection, *lease.run);
  if (!found) throw std::logic_error("job " + lease.job + " has a run that is not there");
  JobRun taken = *found;
  const bool is_interrupted = taken.status == RunStatus::waiting && !taken.error;
  const Turn turn{lease.job, lease.token + 1, taken.id};
  co_await connection.run(sql::jobs_take, db::Params::of(lease.job, taken.id, terms.owner,
                                                         terms.until, lease.taken_until));
  if (!is_interrupted && taken.attempt >= attempts_max) {
    End end{.status = RunStatus::failed,
            .now = terms.now,
            .progress = taken.progress.text,
            .result = "{}",
            .error = taken.error};
    if (taken.status == RunStatus::running) end.error = std::string(server_lost);
    co_await finish(connection, turn, std::move(end));
    co_return std::nullopt;
  }
  taken.status = RunStatus::running;
  taken.started_at = terms.now;
  if (!is_interrupted) ++taken.attempt;
  co_await connection.run(sql::jobs_begin_attempt,
                          db::Params::of(taken.id, taken.started_at, taken.attempt));
  co_return Taken{turn, std::move(taken)};
}

Task<void> Jobs::confirm(db::Connection& connection, Turn turn) {
  const db::Rows rows = co_await connection.many(sql::jobs_confirm, db::Params::of(turn.job));
  if (rows.empty() || rows[0].integer(0) != turn.token)
    throw Overtaken("another server has taken over job " + turn.job);
}

Task<void> Jobs::renew(db::Connection& connection, Turn turn, Time until, std::string progress) {
  const std::int64_t renewed =
      co_await connection.run(sql::jobs_renew, db::Params::of(turn.job, turn.token, until));
  if (renewed == 0) throw Overtaken("another server has taken over job " + turn.job);
  if (!progress.empty())
    co_await connection.run(sql::jobs_progress, db::Params::of(turn.run, canonical(progress)));
}

Task<void> Jobs::pause(db::Connection& connection, Turn turn, Time until, std::string progress,
                       std::optional<std::string> error) {
  const std::int64_t paused =
      co_await connection.run(sql::jobs_pause, db::Params::of(turn.job, turn.token, until));
  if (paused == 0) throw Overtaken("another server has taken over job " + turn.job);
  co_await connection.run(sql::jobs_pause_run,
                          db::Params::of(turn.run, canonical(progress), error));
}

Task<void> Jobs::finish(db::Connection& connection, Turn turn, End end) {
  const std::int64_t released =
      co_await connection.run(sql::jobs_release, db::Params::of(turn.job, turn.token, turn.run));
  if (released == 0) throw Overtaken("another server has taken over job " + turn.job);
  const std::string_view status = model::run_status_names[static_cast<std::size_t>(end.status)];
  co_await connection.run(sql::jobs_finish_run,
                          db::Params::of(turn.run, status, end.now, canonical(end.progress),
                                         canonical(end.result), end.error));
}

Task<std::optional<JobRun>> Jobs::run(db::Connection& connection, Uuid id) {
  const db::Rows rows = co_await connection.many(sql::jobs_run, db::Params::of(id));
  if (rows.empty()) co_return std::nullopt;
  co_return run_of(rows[0], 0);
}

Task<Jobs::Runs> Jobs::state(db::Connection& connection, std::optional<std::string> job) {
  const db::Rows rows = co_await connection.many(sql::jobs_state, db::Params::of(job));
  Runs runs;
  for (const db::Row row : rows)
    (row.integer(0) == 0 ? runs.current : runs.last).push_back(run_of(row, 1));
  co_return runs;
}

Task<Items> Jobs::runs(db::Connection& connection, std::string job, Range range) {
  const db::Rows rows = co_await connection.many(
      sql::jobs_list_runs, db::Params::of(job, range.after.time, range.limit + 1));
  Items items;
  const std::size_t shown = std::min(rows.size(), static_cast<std::size_t>(range.limit));
  for (std::size_t i = 0; i < shown; ++i) {
    JobRun run = run_of(rows[i], 0);
    if (i != 0) items.json += ',';
    items.json += model::to_json(model::job_run_shape, run);
    if (i + 1 == shown && rows.size() > shown)
      items.next = Place{run.scheduled_for, std::string(run.id.view())};
  }
  co_return items;
}

Task<Total> Jobs::count_runs(db::Connection& connection, std::string job) {
  const db::Rows rows =
      co_await connection.many(sql::jobs_count_runs, db::Params::of(job, count_max + 1));
  co_return Total::up_to(count_max, rows[0].integer(0));
}

Task<std::vector<Uuid>> Jobs::admins(db::Connection& connection) {
  const db::Rows rows = co_await connection.many(sql::jobs_admins, {});
  std::vector<Uuid> admins;
  for (const db::Row row : rows) admins.push_back(row.uuid(0));
  co_return admins;
}

}  // namespace onggi::store
