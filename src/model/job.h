// Jobs, which run by themselves, and their runs. Both are shown and never sent.
#pragma once

#include "model/field.h"

namespace onggi::model {

enum class RunStatus : std::uint8_t { running, waiting, completed, failed };
inline constexpr std::array<std::string_view, 4> run_status_names{"running", "waiting", "completed",
                                                                  "failed"};
template <>
inline constexpr std::span<const std::string_view> names_of<RunStatus>{run_status_names};

enum class JobState : std::uint8_t { idle, running, waiting };
inline constexpr std::array<std::string_view, 3> job_state_names{"idle", "running", "waiting"};
template <>
inline constexpr std::span<const std::string_view> names_of<JobState>{job_state_names};

struct JobRun : Record {
  Uuid id;
  std::string job_id;
  Time scheduled_for;
  Time started_at;
  std::optional<Time> finished_at;
  std::optional<std::int64_t> duration_ms;
  RunStatus status = RunStatus::running;
  std::int64_t attempt = 1;
  Document progress;
  Document result;
  std::optional<std::string> error;
};

// What is known of a job without its runs, which are shown beside it.
struct Job : Record {
  std::string id;
  std::string name;
  std::optional<std::string> schedule;  // cron, five fields; absent: it has none
  std::string timezone;
  JobState state = JobState::idle;
  std::optional<Time> next_run_time;
  Document progress{"null"};  // of the run that goes on
};

extern const Shape job_run_shape;
extern const Shape job_event_shape;  // as the live feed tells of a run
extern const Shape job_shape;

}  // namespace onggi::model
