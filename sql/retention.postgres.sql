-- What reads differently on PostgreSQL: rows as arrays, whole months, and space that vacuum sees to.

-- name: job_runs
delete from job_runs where id = any(array(select id from job_runs where finished_at < $1 order by finished_at limit $2))

-- name: idempotency_keys
-- By whom other transactions remove nothing at the moment (idempotency.expire).
delete from idempotency_keys where (user_id, path, key) in (
    select user_id, path, key from idempotency_keys where created_at < $1 order by created_at limit $2 for update skip locked)

-- name: agents
delete from agents where id = any(array(select id from agents where deleted_at < $1 order by deleted_at, id limit $2))

-- name: remove_executions_{kind}
-- for: agent, workflow
delete from {kind}_executions where id = any(cast($1 as uuid[]))

-- name: remove_steps_{kind}
-- for: agent, workflow
-- planner: enable_seqscan = off; enable_hashjoin = off; enable_mergejoin = off
delete from execution_steps where execution_id = any(cast($1 as uuid[])) and kind = '{kind}'

-- name: drop_month
select onggi_drop_month($1)

-- name: space
-- Vacuum makes room usable again; months go back whole.
select cast(0 as bigint), cast(current_setting('block_size') as bigint)

-- name: return_space
select 1 where false
