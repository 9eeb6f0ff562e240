-- What reads differently on PostgreSQL: executions are partitioned by month over the id. Lists and counts also take $9 the least id that the range
-- can hold and $10 one above all that it can, so that months outside of it are not looked at, not even opened.
--
-- A branch that the filters do not ask for gets null for $10: it can hold no id, so that all its partitions are passed over when the
-- statement starts. (A condition on the parameter alone would leave them opened, and locked.)
--
-- What is equal stands in the comparison of rows and in the order as well: so one index alone gives the order, and the range is cut out of it. With
-- `user_id = $1 and status = $6` the planner, who does not know $6, walks the index of all statuses in the months that are small.

-- name: insert_{kind}
-- for: agent, workflow
-- Rows as arrays: the fields in the order of their list, $25 request_hash, $26 document, $27 which fields were given.
insert into {kind}_executions (
    id, user_id, {kind}_id, session_id, input_data, output_data, status, error_message, started_at, completed_at, duration_ms,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, tool_total_duration_ms,
    cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version, execution_context, request_hash, document, given)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as uuid[]), cast($4 as text[]), cast($5 as jsonb[]), cast($6 as jsonb[]), cast($7 as text[]),
    cast($8 as text[]), cast($9 as timestamptz[]), cast($10 as timestamptz[]), cast($11 as bigint[]), cast($12 as bigint[]), cast($13 as bigint[]),
    cast($14 as bigint[]), cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]), cast($18 as bigint[]), cast($19 as bigint[]),
    cast($20 as bigint[]), cast($21 as timestamptz[]), cast($22 as timestamptz[]), cast($23 as bigint[]), cast($24 as jsonb[]),
    cast($25 as bytea[]), cast($26 as bytea[]), cast($27 as smallint[]))
on conflict (id) do nothing

-- name: update_{kind}
-- for: agent, workflow
update {kind}_executions set
    {kind}_id = $3, session_id = $4, input_data = $5, output_data = $6, status = $7, error_message = $8, started_at = $9, completed_at = $10,
    duration_ms = $11, llm_call_count = $12, llm_prompt_tokens = $13, llm_completion_tokens = $14, llm_total_tokens = $15, tool_call_count = $16,
    tool_total_duration_ms = $17, cache_hit_count = $18, cache_miss_count = $19, cost_nanos = $20, updated_at = $22, version = $23,
    execution_context = $24, document = $26, given = $27
where id = $1 and user_id = $2
    and started_at >= coalesce((select horizon from retention_horizons where kind = '{kind}'), started_at)

-- name: find_{kind}
-- for: agent, workflow
-- $1 ids.
select e.user_id, e.request_hash, e.id from unnest(cast($1 as uuid[])) asked(id) join {kind}_executions e on e.id = asked.id

-- name: subject_agent
-- $1 ids, $2 readers.
select a.id, a.name, asked.reader, p.prompt_nanos, p.completion_nanos
from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(id, reader)
join agents a on a.id = asked.id and (a.user_id = asked.reader or a.is_public) and a.deleted_at is null
left join prices p on p.llm_provider = a.llm_provider and p.llm_model = a.llm_model

-- name: subject_workflow
-- $1 ids, $2 readers.
select w.id, w.name, asked.reader, cast(null as bigint), cast(null as bigint) from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(id, reader)
join workflows w on w.id = asked.id and (w.user_id = asked.reader or w.is_public)

-- name: remove_session_steps_{kind}
-- for: agent, workflow
-- planner: enable_seqscan = off; enable_hashjoin = off; enable_mergejoin = off
-- Step by step of each execution, however many the planner takes a session to have.
delete from execution_steps where kind = '{kind}' and execution_id in (
    select id from {kind}_executions where user_id = $1 and session_id = $2
    and started_at >= coalesce((select horizon from retention_horizons where kind = '{kind}'), started_at))

-- name: remove_owner_steps_{kind}
-- for: agent, workflow
-- planner: enable_seqscan = off; enable_hashjoin = off; enable_mergejoin = off
delete from execution_steps where kind = '{kind}' and execution_id in (select id from {kind}_executions where user_id = $1)

-- name: insert_step_{kind}
-- for: agent, workflow
-- Rows as arrays: $4 step_type, $5 content, $6 step_metadata, $7 timestamp.
insert into execution_steps (execution_id, kind, step_number, document, step_type, content, step_metadata, timestamp)
select execution_id, '{kind}', step_number, document, step_type, content, step_metadata, at
from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as bytea[]), cast($4 as text[]), cast($5 as text[]), cast($6 as jsonb[]),
    cast($7 as timestamptz[])) s(execution_id, step_number, document, step_type, content, step_metadata, at)
on conflict do nothing

-- name: list_{kind}
-- for: agent, workflow
-- Of an owner: over all statuses along one index, of one along another.
select p.started_at, p.id, p.document, coalesce((select s.name from {kind}s s where s.id = p.{kind}_id and (s.user_id = $1 or s.is_public)),
    (select f.name from former_names f where f.id = p.{kind}_id and (f.user_id = $1 or f.is_public)))
from (
    (select started_at, id, {kind}_id, document from {kind}_executions
    where user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is null then cast($10 as uuid) end or id = case when cast($6 as text) is null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    union all
    (select started_at, id, {kind}_id, document from {kind}_executions
    where user_id = $1 and status = $6 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is not null then cast($10 as uuid) end or id = case when cast($6 as text) is not null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    order by started_at desc, id desc limit $4
) p

-- name: list_of_{kind}
-- for: agent, workflow
-- $7 the agent or workflow.
select p.started_at, p.id, p.document, coalesce((select s.name from {kind}s s where s.id = p.{kind}_id and (s.user_id = $1 or s.is_public)),
    (select f.name from former_names f where f.id = p.{kind}_id and (f.user_id = $1 or f.is_public)))
from (
    (select started_at, id, {kind}_id, document from {kind}_executions
    where user_id = $1 and {kind}_id = $7 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is null then cast($10 as uuid) end or id = case when cast($6 as text) is null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    union all
    (select started_at, id, {kind}_id, document from {kind}_executions
    where user_id = $1 and {kind}_id = $7 and status = $6 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is not null then cast($10 as uuid) end or id = case when cast($6 as text) is not null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    order by started_at desc, id desc limit $4
) p

-- name: list_session_{kind}
-- for: agent, workflow
-- $7 the agent or workflow or null, $8 the session. Its index is one for all statuses: their ranges are merged.
select p.started_at, p.id, p.document, coalesce((select s.name from {kind}s s where s.id = p.{kind}_id and (s.user_id = $1 or s.is_public)),
    (select f.name from former_names f where f.id = p.{kind}_id and (f.user_id = $1 or f.is_public)))
from (
    (select started_at, id, {kind}_id, document from {kind}_executions
    where session_id = $8 and status = 'running' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'running') = 'running' then cast($10 as uuid) end or id = case when coalesce($6, 'running') = 'running' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select started_at, id, {kind}_id, document from {kind}_executions
    where session_id = $8 and status = 'completed' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'completed') = 'completed' then cast($10 as uuid) end or id = case when coalesce($6, 'completed') = 'completed' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select started_at, id, {kind}_id, document from {kind}_executions
    where session_id = $8 and status = 'failed' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'failed') = 'failed' then cast($10 as uuid) end or id = case when coalesce($6, 'failed') = 'failed' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select started_at, id, {kind}_id, document from {kind}_executions
    where session_id = $8 and status = 'timeout' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'timeout') = 'timeout' then cast($10 as uuid) end or id = case when coalesce($6, 'timeout') = 'timeout' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select started_at, id, {kind}_id, document from {kind}_executions
    where session_id = $8 and status = 'cancelled' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'cancelled') = 'cancelled' then cast($10 as uuid) end or id = case when coalesce($6, 'cancelled') = 'cancelled' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    order by started_at desc, id desc limit $4
) p

-- name: count_{kind}
-- for: agent, workflow
-- Of an owner, at most $4.
select count(*) from (
    (select 1 from {kind}_executions
    where user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is null then cast($10 as uuid) end or id = case when cast($6 as text) is null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    union all
    (select 1 from {kind}_executions
    where user_id = $1 and status = $6 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is not null then cast($10 as uuid) end or id = case when cast($6 as text) is not null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    limit $4
) counted

-- name: count_of_{kind}
-- for: agent, workflow
-- $7 the agent or workflow.
select count(*) from (
    (select 1 from {kind}_executions
    where user_id = $1 and {kind}_id = $7 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is null then cast($10 as uuid) end or id = case when cast($6 as text) is null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    union all
    (select 1 from {kind}_executions
    where user_id = $1 and {kind}_id = $7 and status = $6 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($6 as text) is not null then cast($10 as uuid) end or id = case when cast($6 as text) is not null then cast($10 as uuid) end)
    order by started_at desc, id desc limit $4)
    limit $4
) counted

-- name: count_session_{kind}
-- for: agent, workflow
-- $7 the agent or workflow or null, $8 the session.
select count(*) from (
    (select 1 from {kind}_executions
    where session_id = $8 and status = 'running' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'running') = 'running' then cast($10 as uuid) end or id = case when coalesce($6, 'running') = 'running' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select 1 from {kind}_executions
    where session_id = $8 and status = 'completed' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'completed') = 'completed' then cast($10 as uuid) end or id = case when coalesce($6, 'completed') = 'completed' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select 1 from {kind}_executions
    where session_id = $8 and status = 'failed' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'failed') = 'failed' then cast($10 as uuid) end or id = case when coalesce($6, 'failed') = 'failed' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select 1 from {kind}_executions
    where session_id = $8 and status = 'timeout' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'timeout') = 'timeout' then cast($10 as uuid) end or id = case when coalesce($6, 'timeout') = 'timeout' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    union all
    (select 1 from {kind}_executions
    where session_id = $8 and status = 'cancelled' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'cancelled') = 'cancelled' then cast($10 as uuid) end or id = case when coalesce($6, 'cancelled') = 'cancelled' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc limit $4)
    limit $4
) counted

-- name: export_{kind}
-- for: agent, workflow
-- $7 the agent or workflow or null, $8 the session or null; streamed along the index of whichever is given.
select p.started_at, p.id, p.document, p.execution_context,
    coalesce((select s.name from {kind}s s where s.id = p.{kind}_id and (s.user_id = $1 or s.is_public)),
    (select f.name from former_names f where f.id = p.{kind}_id and (f.user_id = $1 or f.is_public))),
    (select string_agg(t.document, cast(',' as bytea) order by t.step_number) from execution_steps t where t.execution_id = p.id and t.kind = '{kind}')
from (
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($7 as uuid) is null and cast($8 as text) is null then cast($10 as uuid) end or id = case when cast($7 as uuid) is null and cast($8 as text) is null then cast($10 as uuid) end)
        and (cast($6 as text) is null or status = $6)
    order by started_at desc, id desc)
    union all
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where user_id = $1 and {kind}_id = $7 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when cast($8 as text) is null then cast($10 as uuid) end or id = case when cast($8 as text) is null then cast($10 as uuid) end)
        and (cast($6 as text) is null or status = $6)
    order by started_at desc, id desc)
    union all
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where session_id = $8 and status = 'running' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'running') = 'running' then cast($10 as uuid) end or id = case when coalesce($6, 'running') = 'running' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc)
    union all
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where session_id = $8 and status = 'completed' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'completed') = 'completed' then cast($10 as uuid) end or id = case when coalesce($6, 'completed') = 'completed' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc)
    union all
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where session_id = $8 and status = 'failed' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'failed') = 'failed' then cast($10 as uuid) end or id = case when coalesce($6, 'failed') = 'failed' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc)
    union all
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where session_id = $8 and status = 'timeout' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'timeout') = 'timeout' then cast($10 as uuid) end or id = case when coalesce($6, 'timeout') = 'timeout' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc)
    union all
    (select started_at, id, {kind}_id, document, execution_context from {kind}_executions
    where session_id = $8 and status = 'cancelled' and user_id = $1 and (started_at, id) < ($2, $3) and started_at >= $5
        and id >= $9 and (id < case when coalesce($6, 'cancelled') = 'cancelled' then cast($10 as uuid) end or id = case when coalesce($6, 'cancelled') = 'cancelled' then cast($10 as uuid) end)
        and session_id is not null and (cast($7 as uuid) is null or {kind}_id = $7)
    order by started_at desc, id desc)
    order by started_at desc, id desc
) p

-- name: stuck_{kind}
-- for: agent, workflow
-- $1 started before: how many are still running, at most 10,000.
select count(*) from (select 1 from {kind}_executions where status = 'running' and started_at < $1 limit 10000) counted
