-- What retention removes, a batch at a time. Its removals are no user's: statistics keep what they have counted.

-- name: idempotency_keys
-- $1 before, $2 at most.
delete from idempotency_keys where (user_id, path, key) in (
    select user_id, path, key from idempotency_keys where created_at < $1 order by created_at limit $2)

-- name: job_runs
-- $1 before, $2 at most.
delete from job_runs where id in (select id from job_runs where finished_at < $1 order by finished_at limit $2)

-- name: keep_names
-- $1 before, $2 at most: of the agents that `agents` removes next in the same transaction.
insert into former_names (id, user_id, name, is_public)
select id, user_id, name, is_public from agents where deleted_at < $1 order by deleted_at, id limit $2
on conflict (id) do update set user_id = excluded.user_id, name = excluded.name, is_public = excluded.is_public

-- name: agents
-- $1 before, $2 at most. All that is an agent's own goes with it; its executions stay.
delete from agents where id in (select id from agents where deleted_at < $1 order by deleted_at, id limit $2)

-- name: executions_{kind}
-- for: agent, workflow
-- $1 the id to go on after, $2 the id to end before, $3 limit: in the order of ids, which carry started_at within 24 h.
select id, started_at, user_id from {kind}_executions where id > $1 and id < $2 order by id limit $3

-- name: remove_executions_{kind}
-- for: agent, workflow
-- For each of many.
delete from {kind}_executions where id = $1

-- name: remove_steps_{kind}
-- for: agent, workflow
-- For each of many, before remove_executions.
delete from execution_steps where execution_id = $1 and kind = '{kind}'

-- name: drop_month
-- $1 before: a whole month at once, where there are partitions. Its bytes; 0: there is none; -1: it is in use.
select 0

-- name: set_horizon
-- $1 kind, $2 the horizon, which never goes back.
insert into retention_horizons (kind, horizon) values ($1, $2)
on conflict (kind) do update set horizon = excluded.horizon where excluded.horizon > retention_horizons.horizon

-- name: horizons
select kind, horizon from retention_horizons where kind >= ''

-- name: space
-- Pages that are free inside of the file, and bytes of a page.
select f.freelist_count, s.page_size from pragma_freelist_count f, pragma_page_size s

-- name: return_space
-- A step: so many free pages leave the file. One row a page.
pragma incremental_vacuum(128)
