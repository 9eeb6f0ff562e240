-- Jobs and their runs: who may work, and what has become of it. A lease is by the clock of the database (`now`), a scheduled time by that of the server.

-- name: now
-- $1 the server's time, which is the database's where it is a file.
select $1

-- name: declare
-- $1 job, $2 now: what was scheduled before is not made up by the first start.
insert into jobs (id, token, taken_until) values ($1, 0, $2) on conflict (id) do nothing

-- name: leases
-- Of all jobs; there are few.
select id, token, taken_until, run_id, owner, lease_until from jobs where id >= ''

-- name: lease
-- $1 job; locked where transactions run beside each other, and none where somebody else has it locked.
select id, token, taken_until, run_id, owner, lease_until from jobs where id = $1

-- name: take
-- $1 job, $2 run, $3 owner, $4 until, $5 taken_until.
update jobs set token = token + 1, run_id = $2, owner = $3, lease_until = $4, taken_until = $5 where id = $1

-- name: insert_run
-- $1 id, $2 job, $3 scheduled_for, $4 now. A time that is taken already changes nothing: 0 rows.
insert into job_runs (id, job_id, scheduled_for, started_at, status, attempt, progress, result) values ($1, $2, $3, $4, 'running', 1, '{}', '{}')
on conflict (job_id, scheduled_for) do nothing

-- name: begin_attempt
-- $1 run, $2 now, $3 attempt.
update job_runs set status = 'running', started_at = $2, attempt = $3 where id = $1

-- name: confirm
-- $1 job: the token of whose turn it is; locked where transactions run beside each other.
select token from jobs where id = $1

-- name: renew
-- $1 job, $2 token, $3 until.
-- Not where the run has just ended.
update jobs set lease_until = $3 where id = $1 and token = $2 and run_id is not null

-- name: progress
-- $1 run, $2 progress.
update job_runs set progress = $2 where id = $1

-- name: pause
-- $1 job, $2 token, $3 when it may go on.
update jobs set owner = null, lease_until = $3 where id = $1 and token = $2 and run_id is not null

-- name: pause_run
-- $1 run, $2 progress, $3 error or null.
update job_runs set status = 'waiting', progress = $2, error = $3 where id = $1

-- name: release
-- $1 job, $2 token, $3 the run that has finished.
update jobs set run_id = null, owner = null, lease_until = null, last_run_id = $3 where id = $1 and token = $2

-- name: finish_run
-- $1 run, $2 status, $3 now, $4 progress, $5 result, $6 error.
update job_runs set status = $2, finished_at = $3, progress = $4, result = $5, error = $6 where id = $1

-- name: run
-- $1 run.
select id, job_id, scheduled_for, started_at, finished_at, status, attempt, progress, result, error from job_runs where id = $1

-- name: state
-- $1 job or null for all: its run that goes on (0) and the last one that has finished (1), each as `run` gives it.
select 0 as part, r.id, r.job_id, r.scheduled_for, r.started_at, r.finished_at, r.status, r.attempt, r.progress, r.result, r.error
from jobs j join job_runs r on r.id = j.run_id where j.id >= '' and ($1 is null or j.id = $1)
union all
select 1, r.id, r.job_id, r.scheduled_for, r.started_at, r.finished_at, r.status, r.attempt, r.progress, r.result, r.error
from jobs j join job_runs r on r.id = j.last_run_id where j.id >= '' and ($1 is null or j.id = $1)

-- name: list_runs
-- $1 job, $2 the scheduled time to go on after, $3 limit.
select id, job_id, scheduled_for, started_at, finished_at, status, attempt, progress, result, error from job_runs
where job_id = $1 and scheduled_for < $2 order by scheduled_for desc limit $3

-- name: count_runs
-- $1 job, $2 at most.
select count(*) from (select 1 from job_runs where job_id = $1 limit $2) counted

-- name: admins
-- Who is told of jobs.
select id from users where role = 'admin' limit 100
