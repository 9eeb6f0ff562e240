// The endpoints of jobs.
#include "api/handlers.h"
#include "api/routes.h"
#include "model/job.h"

namespace onggi::api {

using enum http::Method;

void add_jobs(std::vector<Endpoint>& table) {
  table.push_back({.method = get,
                   .path = "/jobs",
                   .operation = "list_jobs",
                   .summary = "Lists what runs by itself, with its schedule and its runs",
                   .budget = 2,
                   .handle = list_jobs,
                   .access = Access::admin,
                   .shows = Shows::list,
                   .answer_shape = &model::job_shape});
  table.push_back({.method = get,
                   .path = "/jobs/{job_id}",
                   .operation = "get_job",
                   .summary = "Shows a job's schedule, its state and the progress of its run",
                   .budget = 2,
                   .handle = get_job,
                   .access = Access::admin,
                   .answer_shape = &model::job_shape});
  table.push_back({.method = post,
                   .path = "/jobs/{job_id}/run",
                   .operation = "run_job",
                   .summary = "Begins a run of a job; a run that waits to be tried again goes on",
                   .budget = 10,
                   .handle = run_job,
                   .access = Access::admin,
                   .body = Body::empty,
                   .answer_shape = &model::job_run_shape,
                   .status = 202});
  table.push_back({.method = get,
                   .path = "/jobs/{job_id}/runs",
                   .operation = "list_job_runs",
                   .summary = "A job's runs of the last 90 days, newest scheduled time first",
                   .budget = 3,
                   .handle = list_job_runs,
                   .access = Access::admin,
                   .shows = Shows::list,
                   .answer_shape = &model::job_run_shape});
  table.push_back({.method = get,
                   .path = "/memory/scheduler/status",
                   .operation = "get_scheduler_status",
                   .summary = "When jobs run next, and what became of their last runs",
                   .budget = 2,
                   .handle = get_scheduler_status,
                   .access = Access::admin,
                   .shows = Shows::other});
}

}  // namespace onggi::api
