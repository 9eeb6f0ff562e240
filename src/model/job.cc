#include "model/job.h"

namespace onggi::model {
namespace {

constexpr Field run_id = field<&JobRun::id>("id", "UUIDv7").read_only();
constexpr Field run_job = field<&JobRun::job_id>("job_id", "The job").read_only();
constexpr Field run_scheduled =
    field<&JobRun::scheduled_for>("scheduled_for",
                                  "The time that it was due, or was asked for; each is taken once")
        .read_only();
constexpr Field run_started =
    field<&JobRun::started_at>("started_at", "When its present attempt began").read_only();
constexpr Field run_finished =
    field<&JobRun::finished_at>("finished_at", "When it was over").read_only();
constexpr Field run_duration =
    field<&JobRun::duration_ms>("duration_ms", "How long the last attempt took").read_only();
constexpr Field run_status =
    field<&JobRun::status>("status",
                           "waiting: to be tried again, or to go on after its server has stopped")
        .read_only();
constexpr Field run_attempt =
    field<&JobRun::attempt>("attempt", "Counted from 1; when the fourth fails, the run has failed")
        .read_only();
constexpr Field run_result =
    field<&JobRun::result>("result", "What it has done, in counts").read_only();
constexpr Field run_error =
    field<&JobRun::error>("error", "Why the last attempt failed").read_only();

constexpr std::array run_fields{
    run_id,
    run_job,
    run_scheduled,
    run_started,
    run_finished,
    run_duration,
    run_status,
    run_attempt,
    field<&JobRun::progress>("progress", "How far it is, in counts").read_only(),
    run_result,
    run_error,
};

constexpr std::array job_event_fields{run_id,      run_job,      run_scheduled,
                                      run_started, run_finished, run_duration,
                                      run_status,  run_attempt,  run_error};

constexpr Field or_null(Field field) {
  field.nullable = true;
  return field;
}

constexpr std::array job_fields{
    field<&Job::id>("id", "Its name in paths, such as memory_cleanup").read_only(),
    field<&Job::name>("name", "What it does").read_only(),
    field<&Job::schedule>("schedule", "When it runs: five-field cron; null: when it is asked for")
        .read_only(),
    field<&Job::timezone>("timezone", "The IANA zone of the schedule").read_only(),
    field<&Job::state>("state", "waiting: its run is to be tried again").read_only(),
    field<&Job::next_run_time>("next_run_time", "When it is due next").read_only(),
    field<&Job::progress>("progress", "Of the run that goes on; null when there is none")
        .any_json()
        .read_only(),
    or_null(embedded("current_run", "The run that goes on", &job_run_shape)),
    or_null(embedded("last_run", "The newest run that is over", &job_run_shape)),
};

}  // namespace

const Shape job_run_shape{"JobRun", run_fields, make_record<JobRun>};
const Shape job_event_shape{"JobEvent", job_event_fields, make_record<JobRun>};
const Shape job_shape{"Job", job_fields, make_record<Job>};

}  // namespace onggi::model
