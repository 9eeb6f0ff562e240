// Jobs and their runs, for admins.
#include "store/jobs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/handlers.h"
#include "model/encode.h"
#include "model/job.h"
#include "schedule/runner.h"

namespace onggi::api {
namespace {

using model::JobRun;
using schedule::Runner;
using store::Jobs;

JobRun* of(std::vector<JobRun>& runs, std::string_view job) {
  const auto found = std::ranges::find(runs, job, &JobRun::job_id);
  return found == runs.end() ? nullptr : &*found;
}

void append_run(JobRun* run, std::string& out) {
  if (run == nullptr)
    out += "null";
  else
    model::append_object(model::job_run_shape, *run, out);
}

std::string shown(const Runner& runner, const Runner::Planned& planned, Jobs::Runs& runs) {
  JobRun* const current = of(runs.current, planned.job->id);
  model::Job job;
  job.id = planned.job->id;
  job.name = planned.job->name;
  if (!planned.job->cron.empty()) job.schedule = planned.job->cron;
  job.timezone = runner.timezone();
  job.next_run_time = planned.next_run_time;
  if (current != nullptr) {
    job.state = current->status == model::RunStatus::waiting ? model::JobState::waiting
                                                             : model::JobState::running;
    job.progress = current->progress;
  }
  std::string out = model::to_json(model::job_shape, job);
  out.pop_back();
  out += ",\"current_run\":";
  append_run(current, out);
  out += ",\"last_run\":";
  append_run(of(runs.last, job.id), out);
  return out + '}';
}

// As GET /memory/scheduler/status shows the newest run that is over.
void append_summary(const JobRun* run, std::string& out) {
  if (run == nullptr) {
    out += "null";
    return;
  }
  fmt::format_to(std::back_inserter(out),
                 R"({{"status":"{}","started_at":"{}","duration_ms":{},"result":{},"error":)",
                 model::run_status_names[static_cast<std::size_t>(run->status)],
                 to_string(run->started_at), run->duration_ms.value_or(0), run->result.text);
  if (run->error)
    json::append_quoted(*run->error, out);
  else
    out += "null";
  out += '}';
}

std::string status_of(const Runner& runner, Jobs::Runs& runs) {
  std::string out = fmt::format(R"({{"success":true,"scheduler":{{"running":{},"jobs":[)",
                                runner.is_scheduling());
  bool is_first = true;
  for (const Runner::Planned& planned : runner.planned()) {
    if (!std::exchange(is_first, false)) out += ',';
    out += "{\"id\":";
    json::append_quoted(planned.job->id, out);
    out += ",\"name\":";
    json::append_quoted(planned.job->name, out);
    out += ",\"next_run_time\":";
    if (planned.next_run_time)
      json::append_quoted(to_string(*planned.next_run_time), out);
    else
      out += "null";
    out += ",\"last_run\":";
    append_summary(of(runs.last, planned.job->id), out);
    out += '}';
  }
  return out + "]}}";
}

Task<Jobs::Runs> read_state(Call& call, std::optional<std::string> job) {
  std::function<Task<Jobs::Runs>(db::Connection&)> body =
      [job = std::move(job)](db::Connection& connection) { return Jobs::state(connection, job); };
  Jobs::Runs runs =
      co_await call.services.database.read_one<Jobs::Runs>(call.cost, std::move(body));
  co_return runs;
}

}  // namespace

// All are there at once, and few: pages are cut out of them, in the order of ids.
Task<Result<Answer>> list_jobs(Call& call) {
  const Runner& runner = call.services.jobs;
  Jobs::Runs runs = co_await read_state(call, std::nullopt);
  const std::vector<Runner::Planned> all = runner.planned();
  store::Items items;
  std::int64_t count = 0;
  for (const Runner::Planned& planned : all) {
    if (call.query.cursor && planned.job->id <= call.query.cursor->key) continue;
    if (count == call.query.limit) break;
    if (count++ != 0) items.json += ',';
    items.json += shown(runner, planned, runs);
    if (count == call.query.limit && planned.job != all.back().job)
      items.next = store::Place{Time{}, planned.job->id};
  }
  std::optional<store::Total> total;
  if (call.query.wants_count)
    total = store::Total::up_to(store::count_max, static_cast<std::int64_t>(all.size()));
  co_return Answer{.body = list_body(call, std::move(items), total)};
}

Task<Result<Answer>> get_job(Call& call) {
  const Runner& runner = call.services.jobs;
  const std::optional<Runner::Planned> planned = runner.planned(call.path[0]);
  if (!planned) co_return store::not_found();
  Jobs::Runs runs = co_await read_state(call, call.path[0]);
  co_return Answer{.body = shown(runner, *planned, runs)};
}

Task<Result<Answer>> order_run(Call& call, db::Connection& connection, std::string job,
                               std::optional<std::string> asked) {
  const std::string runs = fmt::format("{}/jobs/{}/runs", prefix, job);
  Result<JobRun> run =
      co_await call.services.jobs.order(connection, std::move(job), std::move(asked));
  if (!run) co_return std::unexpected(std::move(run.error()));
  Answer answer{.status = 202, .body = model::to_json(model::job_run_shape, *run)};
  answer.location = runs;
  co_return answer;
}

Task<Result<Answer>> run_job(Call& call) {
  if (!call.services.jobs.planned(call.path[0])) co_return store::not_found();
  std::function<Task<Result<Answer>>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Result<Answer>> {
    Result<Answer> ordered = co_await order_run(call, connection, call.path[0]);
    co_return ordered;
  };
  Result<Answer> answer = co_await write(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> list_job_runs(Call& call) {
  if (!call.services.jobs.planned(call.path[0])) co_return store::not_found();
  std::function<Task<Answer>(db::Connection&)> body =
      [&call](db::Connection& connection) -> Task<Answer> {
    store::Range range{.limit = call.query.limit};
    if (call.query.cursor) range.after = *call.query.cursor;
    store::Items items = co_await Jobs::runs(connection, call.path[0], std::move(range));
    std::optional<store::Total> total;
    if (call.query.wants_count) {
      const store::Total counted = co_await Jobs::count_runs(connection, call.path[0]);
      total = counted;
    }
    co_return Answer{.body = list_body(call, std::move(items), total)};
  };
  Answer answer = co_await read_list(call, std::move(body));
  co_return answer;
}

Task<Result<Answer>> get_scheduler_status(Call& call) {
  Jobs::Runs runs = co_await read_state(call, std::nullopt);
  co_return Answer{.body = status_of(call.services.jobs, runs)};
}

}  // namespace onggi::api
