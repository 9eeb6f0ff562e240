-- What reads differently on PostgreSQL: several servers, and the clock of the database.

-- name: now
-- A server that stands still in the middle of a transaction must not keep its locks, or nobody could take its runs over: so from here on, as from
-- `lease` and `confirm`, the database ends a transaction of which it hears nothing for five seconds.
select cast(extract(epoch from clock_timestamp()) * 1000 as bigint), set_config('idle_in_transaction_session_timeout', '5000', true)

-- name: lease
-- Who finds it locked finds none: somebody is at work, and is not waited for.
select id, token, taken_until, run_id, owner, lease_until, set_config('idle_in_transaction_session_timeout', '5000', true)
from jobs where id = $1 for no key update skip locked

-- name: confirm
-- Until the batch is committed nobody takes the run over: so it must not wait long for what others have locked.
select token, set_config('idle_in_transaction_session_timeout', '5000', true), set_config('lock_timeout', '2000', true)
from jobs where id = $1 for share

-- name: state
select 0 as part, r.id, r.job_id, r.scheduled_for, r.started_at, r.finished_at, r.status, r.attempt, r.progress, r.result, r.error
from jobs j join job_runs r on r.id = j.run_id where j.id >= '' and (cast($1 as text) is null or j.id = $1)
union all
select 1, r.id, r.job_id, r.scheduled_for, r.started_at, r.finished_at, r.status, r.attempt, r.progress, r.result, r.error
from jobs j join job_runs r on r.id = j.last_run_id where j.id >= '' and (cast($1 as text) is null or j.id = $1)
