#include "store/retention.h"

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "sql/catalogue.h"
#include "store/batch_size.h"
#include "store/executions.h"
#include "store/idempotency.h"

namespace onggi::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t job_runs_kept_ms = 90 * day_ms;
constexpr std::int64_t first_batch = 8;
constexpr std::int64_t largest_batch = 1'024;
constexpr std::chrono::milliseconds month_pause{500};
constexpr int month_attempts = 60;

Counter& removed(Registry& registry, const std::string& what) {
  return registry.counter("onggi_retention_removed_total",
                          "Rows that retention has removed on this server, by what they were; "
                          "months of partitions count no rows.",
                          {{"what", what}});
}

struct OfKind {
  std::string_view kind;
  const char* what;
  const db::Statement& find;
  const db::Statement& remove_steps;
  const db::Statement& remove;
};
const std::array<OfKind, 2> kinds{
    OfKind{"agent", "executions", sql::retention_executions_agent,
           sql::retention_remove_steps_agent, sql::retention_remove_executions_agent},
    OfKind{"workflow", "workflow_executions", sql::retention_executions_workflow,
           sql::retention_remove_steps_workflow, sql::retention_remove_executions_workflow}};

// When the month begins in which a time lies (UTC).
Time month_of(Time time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(sys_time<milliseconds>(milliseconds(time.ms)));
  const year_month_day date(day);
  const sys_days first(date.year() / date.month() / 1);
  return Time{duration_cast<milliseconds>(first.time_since_epoch()).count()};
}

struct Batch {
  std::int64_t rows = 0;
  std::chrono::nanoseconds time{};
};

struct Due {
  Uuid id;
  Uuid user_id;
};

struct Found {
  std::vector<Due> due;
  std::optional<Uuid> last;  // where to go on
};

Task<Found> find(db::Connection& connection, const OfKind& kind, Uuid after, Uuid before,
                 Time cutoff, std::int64_t limit) {
  const db::Rows rows = co_await connection.many(kind.find, db::Params::of(after, before, limit));
  Found found;
  for (const db::Row row : rows) {
    found.last = row.uuid(0);
    if (row.time(1) < cutoff) found.due.push_back({row.uuid(0), row.uuid(2)});
  }
  co_return found;
}

Task<Batch> remove(db::Connection& connection, const OfKind& kind, const std::vector<Uuid>& ids) {
  const Steady::time_point began = Steady::now();
  std::vector<db::Params> rows;
  rows.reserve(ids.size());
  for (const Uuid& id : ids) rows.push_back(db::Params::of(id));
  co_await connection.run_each(kind.remove_steps, rows);
  const std::int64_t count = co_await connection.run_each(kind.remove, std::move(rows));
  co_return Batch{count, Steady::now() - began};
}

// Nothing older can be recorded from now on, and what is there is counted for good.
Task<Retention::Settled> set_horizon(Batches& batches, const Retention::Settle& settle,
                                     std::string_view kind, Time horizon) {
  std::function<Task<bool>(db::Connection&)> body =
      [kind, horizon](db::Connection& connection) -> Task<bool> {
    co_await connection.run(sql::retention_set_horizon, db::Params::of(kind, horizon));
    co_return true;
  };
  co_await batches.write<bool>(std::move(body));
  if (!settle) co_return std::set<Uuid>{};
  Retention::Settled settled = co_await settle(batches, kind, horizon);
  co_return settled;
}

Task<Found> look(Batches& batches, const OfKind& kind, Uuid after, Uuid before, Time cutoff,
                 std::int64_t limit) {
  std::function<Task<Found>(db::Connection&)> body = [&kind, after, before, cutoff,
                                                      limit](db::Connection& connection) {
    return find(connection, kind, after, before, cutoff, limit);
  };
  Found found = co_await batches.read<Found>(std::move(body));
  co_return found;
}

// The bytes of a month that is gone now; 0: there is none; -1: it is in use.
Task<std::int64_t> drop_month(Batches& batches, Time cutoff) {
  std::function<Task<std::int64_t>(db::Connection&)> body =
      [cutoff](db::Connection& connection) -> Task<std::int64_t> {
    const db::Rows rows =
        co_await connection.many(sql::retention_drop_month, db::Params::of(cutoff));
    co_return rows[0].integer(0);
  };
  const std::int64_t bytes = co_await batches.write<std::int64_t>(std::move(body));
  co_return bytes;
}

}  // namespace

Counter& bytes_returned(Registry& registry) {
  return registry.counter("onggi_space_returned_bytes_total",
                          "Bytes that went back to the file system on this server's behalf.");
}

// What a run has done so far.
struct Retention::Done {
  Batches& batches;
  std::map<std::string, std::int64_t> counts{};

  void add(const std::string& what, std::int64_t count) {
    counts[what] += count;
    batches.report(text());
  }
  std::string text() const {
    std::string out = "{";
    for (const auto& [what, count] : counts)
      fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", out.size() > 1 ? "," : "", what,
                     count);
    return out + '}';
  }
};

Retention::Retention(std::int64_t execution_days, std::vector<RetentionRule> more, Settle settle,
                     Registry& registry)
    : execution_days_(execution_days),
      settle_(std::move(settle)),
      agent_executions_(removed(registry, "executions")),
      workflow_executions_(removed(registry, "workflow_executions")),
      bytes_(bytes_returned(registry)) {
  std::vector<RetentionRule> all = std::move(more);
  all.push_back(
      {"agents", deleted_agents_kept_ms, {&sql::retention_keep_names, &sql::retention_agents}});
  all.push_back({"idempotency_keys", idempotency_kept_ms, {&sql::retention_idempotency_keys}});
  all.push_back({"job_runs", job_runs_kept_ms, {&sql::retention_job_runs}});
  for (RetentionRule& rule : all) {
    Counter& counter = removed(registry, rule.what);
    rules_.push_back({std::move(rule), &counter});
  }
}

Task<std::string> Retention::apply(Batches& batches) const {
  Done done{batches};
  for (const Counted& counted : rules_) done.counts[counted.rule.what] = 0;
  for (const OfKind& kind : kinds) done.counts[kind.what] = 0;
  done.counts["months"] = 0;
  done.counts["bytes_returned"] = 0;
  for (const Counted& counted : rules_)
    co_await apply(batches, counted.rule, *counted.removed, done);
  if (execution_days_ != 0) co_await remove_executions(batches, done);
  co_return done.text();
}

Task<void> Retention::apply(Batches& batches, const RetentionRule& rule, Counter& removed_rows,
                            Done& done) const {
  const Time before{batches.now().ms - rule.kept_ms};
  if (rule.work) {
    const std::int64_t rows = co_await rule.work(batches, before);
    removed_rows.add(static_cast<std::uint64_t>(rows));
    done.add(rule.what, rows);
    co_return;
  }
  BatchSize size(first_batch, largest_batch);
  for (bool is_more = true; is_more && !batches.is_to_stop();) {
    std::function<Task<Batch>(db::Connection&)> body =
        [&rule, before, most = size.rows()](db::Connection& connection) -> Task<Batch> {
      const Steady::time_point began = Steady::now();
      Batch batch;
      for (const db::Statement* statement : rule.statements) {
        const std::int64_t rows = co_await connection.run(*statement, db::Params::of(before, most));
        batch.rows = rows;
      }
      batch.time = Steady::now() - began;
      co_return batch;
    };
    const Batch batch = co_await batches.write<Batch>(std::move(body));
    removed_rows.add(static_cast<std::uint64_t>(batch.rows));
    done.add(rule.what, batch.rows);
    is_more = batch.rows == size.rows();
    size.took(batch.time);
  }
}

Task<void> Retention::remove_executions(Batches& batches, Done& done) const {
  const Time cutoff{batches.now().ms - execution_days_ * day_ms};
  const Uuid before = Uuid::least_of(Time{cutoff.ms + id_drift_max_ms + 1});
  std::array<bool, kinds.size()> has_horizon{};
  std::array<std::set<Uuid>, kinds.size()> unsettled;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const Found oldest = co_await look(batches, kinds[i], Uuid{}, before, cutoff, 1);
    if (oldest.due.empty()) continue;
    Settled settled = co_await set_horizon(batches, settle_, kinds[i].kind, cutoff);
    if (!settled) co_return;
    unsettled[i] = std::move(*settled);
    has_horizon[i] = true;
  }
  // A whole month has everybody's.
  const bool is_of_all = unsettled[0].empty() && unsettled[1].empty();
  bool is_in_use = false;
  for (int refused = 0; is_of_all && !batches.is_to_stop();) {
    const std::int64_t bytes = co_await drop_month(batches, cutoff);
    is_in_use = bytes < 0;
    if (bytes == 0 || (is_in_use && ++refused >= month_attempts)) break;
    if (is_in_use) {
      std::this_thread::sleep_for(month_pause);
      continue;
    }
    bytes_.add(static_cast<std::uint64_t>(bytes));
    done.add("months", 1);
    done.add("bytes_returned", bytes);
  }
  // A month that stays in use goes as a whole another night.
  const Uuid first =
      is_in_use ? Uuid::least_of(month_of(Time{cutoff.ms - id_drift_max_ms})) : Uuid{};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const OfKind& kind = kinds[i];
    Counter& counter = i == 0 ? agent_executions_ : workflow_executions_;
    BatchSize size(first_batch, largest_batch);
    std::optional<Uuid> after = first;
    while (after && !batches.is_to_stop()) {
      const Found found = co_await look(batches, kind, *after, before, cutoff, size.rows());
      after = found.last;
      if (found.due.empty()) continue;
      if (!std::exchange(has_horizon[i], true)) {
        Settled settled = co_await set_horizon(batches, settle_, kind.kind, cutoff);
        if (!settled) co_return;
        unsettled[i] = std::move(*settled);
      }
      std::vector<Uuid> ids;
      for (const Due& due : found.due)
        if (!unsettled[i].contains(due.user_id)) ids.push_back(due.id);
      if (ids.empty()) continue;
      std::function<Task<Batch>(db::Connection&)> body = [&kind, ids](db::Connection& connection) {
        return remove(connection, kind, ids);
      };
      const Batch batch = co_await batches.write<Batch>(std::move(body));
      counter.add(static_cast<std::uint64_t>(batch.rows));
      done.add(kind.what, batch.rows);
      size.took(batch.time);
    }
  }
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (!unsettled[i].empty())
      throw std::runtime_error(
          fmt::format("{} of {} users stay: their statistics changed again and again; one is {}",
                      kinds[i].what, unsettled[i].size(), to_string(*unsettled[i].begin())));
}

}  // namespace onggi::store
