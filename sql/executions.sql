-- Executions of agents and of workflows: the same statements over two tables.
--
-- Lists take $1 owner, ($2, $3) the place to go on after (time, id; the upper bound `to` arrives here as well), $4 limit, $5 from,
-- $6 status or null, then what they are of. They merge one ordered range of an index per status, so that any combination of filters
-- reads as many index entries as it shows; the rows come in no order and are put in order by the reader (one page). An index entry of SQLite's
-- leads to its row by the rowid, without another look into the index of ids.

-- name: insert_{kind}
-- for: agent, workflow
-- $1-$24 are the fields in the order of their list; input, output and error stand in the document alone. $25 request_hash, $26 document,
-- $27 which fields were given.
-- A client's id that is taken already changes nothing: 0 rows. Each row's parameters are p1 and so on (src/db/sqlite/each_row.h).
insert into {kind}_executions (
    id, user_id, {kind}_id, session_id, status, started_at, completed_at, duration_ms,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, tool_total_duration_ms,
    cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version, execution_context, request_hash, document, given)
select r.p1, r.p2, r.p3, r.p4, r.p7, r.p9, r.p10, r.p11, r.p12, r.p13, r.p14, r.p15, r.p16, r.p17, r.p18, r.p19, r.p20, r.p21, r.p22, r.p23, r.p24,
    r.p25, r.p26, r.p27
from each_row($1) r
where true
on conflict (id) do nothing

-- name: update_{kind}
-- for: agent, workflow
-- As insert, $25 unused. The owner never changes. What retention has begun to remove is counted for good, and changes no more: 0 rows.
update {kind}_executions set
    {kind}_id = $3, session_id = $4, status = $7, started_at = $9, completed_at = $10, duration_ms = $11,
    llm_call_count = $12, llm_prompt_tokens = $13, llm_completion_tokens = $14, llm_total_tokens = $15, tool_call_count = $16,
    tool_total_duration_ms = $17, cache_hit_count = $18, cache_miss_count = $19, cost_nanos = $20, updated_at = $22, version = $23,
    execution_context = $24, document = $26, given = $27
where id = $1 and user_id = $2
    and started_at >= coalesce((select horizon from retention_horizons where kind = '{kind}'), started_at)

-- name: find_{kind}
-- for: agent, workflow
-- Whose an id is and what it was made from, whoever asks.
select user_id, request_hash, id from {kind}_executions where id = $1

-- name: get_{kind}
-- for: agent, workflow
-- $1 id, $2 owner. The parts of the page, in any order: 0 the execution, 1 its steps.
select 0 as part, 0 as position, e.document, e.execution_context, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $2 or f.is_public))), e.version, e.given
from {kind}_executions e
left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $2 or s.is_public)
where e.id = $1 and e.user_id = $2
union all
select 1, t.step_number, t.document, null, null, null, null
from {kind}_executions e
join execution_steps t on t.execution_id = e.id and t.kind = '{kind}'
where e.id = $1 and e.user_id = $2

-- name: subject_agent
-- $1 id, $2 reader: itself, its name, the reader and what its model costs, where the reader can execute it.
select a.id, a.name, $2, p.prompt_nanos, p.completion_nanos
from agents a left join prices p on p.llm_provider = a.llm_provider and p.llm_model = a.llm_model
where a.id = $1 and (a.user_id = $2 or a.is_public) and a.deleted_at is null

-- name: subject_workflow
-- $1 id, $2 reader: itself, its name and the reader, where the reader can execute it.
select id, name, $2, null, null from workflows where id = $1 and (user_id = $2 or is_public)

-- name: head_{kind}
-- for: agent, workflow
-- $1 id, $2 owner: version, and how many steps it has. Of steps at most 10,000 are kept. Not of what retention has begun to remove.
select e.version, (select count(*) from execution_steps t where t.execution_id = $1 and t.kind = '{kind}'), e.document
from {kind}_executions e where e.id = $1 and e.user_id = $2
    and e.started_at >= coalesce((select horizon from retention_horizons where kind = '{kind}'), e.started_at)

-- name: touch_{kind}
-- for: agent, workflow
-- After steps were appended.
update {kind}_executions set updated_at = $3, version = $4, document = $5 where id = $1 and user_id = $2

-- name: remove_{kind}
-- for: agent, workflow
-- Returns what it counted for in statistics.
delete from {kind}_executions where id = $1 and user_id = $2
returning {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos

-- name: remove_session_{kind}
-- for: agent, workflow
-- $1 owner, $2 session. Returns what they counted for in statistics. What retention has begun to remove is left to it.
delete from {kind}_executions where user_id = $1 and session_id = $2
    and started_at >= coalesce((select horizon from retention_horizons where kind = '{kind}'), started_at)
returning {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos

-- name: remove_session_steps_{kind}
-- for: agent, workflow
-- Before remove_session, of the same executions.
delete from execution_steps where kind = '{kind}' and execution_id in (
    select id from {kind}_executions where user_id = $1 and session_id = $2
    and started_at >= coalesce((select horizon from retention_horizons where kind = '{kind}'), started_at))

-- name: remove_owner_{kind}
-- for: agent, workflow
-- $1 owner.
delete from {kind}_executions where user_id = $1

-- name: remove_owner_steps_{kind}
-- for: agent, workflow
-- Before remove_owner, of the same executions.
delete from execution_steps where kind = '{kind}' and execution_id in (select id from {kind}_executions where user_id = $1)

-- name: insert_step_{kind}
-- for: agent, workflow
-- $1 execution, $2 step_number, $3 document. A number that is taken changes nothing: 0 rows.
insert into execution_steps (execution_id, kind, step_number, document) values ($1, '{kind}', $2, $3)
on conflict do nothing

-- name: remove_steps_{kind}
-- for: agent, workflow
delete from execution_steps where execution_id = $1 and kind = '{kind}'

-- name: list_{kind}
-- for: agent, workflow
-- Of an owner.
with page as (
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and status = 'running' and ($6 is null or $6 = 'running')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and status = 'completed' and ($6 is null or $6 = 'completed')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and status = 'failed' and ($6 is null or $6 = 'failed')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and status = 'timeout' and ($6 is null or $6 = 'timeout')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and status = 'cancelled' and ($6 is null or $6 = 'cancelled')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    order by started_at desc, id desc
    limit $4
)
select p.started_at, p.id, e.document, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public)))
from page p
join {kind}_executions e on e.rowid = p.number
left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)

-- name: list_of_{kind}
-- for: agent, workflow
-- $7 the agent or workflow.
with page as (
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and {kind}_id = $7 and status = 'running' and ($6 is null or $6 = 'running')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and {kind}_id = $7 and status = 'completed' and ($6 is null or $6 = 'completed')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and {kind}_id = $7 and status = 'failed' and ($6 is null or $6 = 'failed')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and {kind}_id = $7 and status = 'timeout' and ($6 is null or $6 = 'timeout')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and {kind}_id = $7 and status = 'cancelled' and ($6 is null or $6 = 'cancelled')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    order by started_at desc, id desc
    limit $4
)
select p.started_at, p.id, e.document, coalesce((select s.name from {kind}s s where s.id = $7 and (s.user_id = $1 or s.is_public)),
    (select f.name from former_names f where f.id = $7 and (f.user_id = $1 or f.is_public)))
from page p
join {kind}_executions e on e.rowid = p.number

-- name: list_session_{kind}
-- for: agent, workflow
-- $7 the agent or workflow or null, $8 the session.
with page as (
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and session_id = $8 and ($7 is null or {kind}_id = $7) and status = 'running' and ($6 is null or $6 = 'running')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and session_id = $8 and ($7 is null or {kind}_id = $7) and status = 'completed' and ($6 is null or $6 = 'completed')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and session_id = $8 and ($7 is null or {kind}_id = $7) and status = 'failed' and ($6 is null or $6 = 'failed')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and session_id = $8 and ($7 is null or {kind}_id = $7) and status = 'timeout' and ($6 is null or $6 = 'timeout')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    union all
    select started_at, id, rowid as number from {kind}_executions where user_id = $1 and session_id = $8 and ($7 is null or {kind}_id = $7) and status = 'cancelled' and ($6 is null or $6 = 'cancelled')
        and started_at >= $5 and (started_at, id) < ($2, $3)
    order by started_at desc, id desc
    limit $4
)
select p.started_at, p.id, e.document, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public)))
from page p
join {kind}_executions e on e.rowid = p.number
left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)

-- name: count_{kind}
-- for: agent, workflow
-- Of an owner, at most $4.
select count(*) from (
    select 1 from {kind}_executions
    where user_id = $1 and status in (select column1 from (values ('running'), ('completed'), ('failed'), ('timeout'), ('cancelled')) statuses where $6 is null or column1 = $6)
        and started_at >= $5 and (started_at, id) < ($2, $3)
    limit $4
) counted

-- name: count_of_{kind}
-- for: agent, workflow
-- $7 the agent or workflow.
select count(*) from (
    select 1 from {kind}_executions
    where user_id = $1 and {kind}_id = $7 and status in (select column1 from (values ('running'), ('completed'), ('failed'), ('timeout'), ('cancelled')) statuses where $6 is null or column1 = $6)
        and started_at >= $5 and (started_at, id) < ($2, $3)
    limit $4
) counted

-- name: count_session_{kind}
-- for: agent, workflow
-- $7 the agent or workflow or null, $8 the session.
select count(*) from (
    select 1 from {kind}_executions
    where user_id = $1 and session_id = $8 and ($7 is null or {kind}_id = $7) and status in (select column1 from (values ('running'), ('completed'), ('failed'), ('timeout'), ('cancelled')) statuses where $6 is null or column1 = $6)
        and started_at >= $5 and (started_at, id) < ($2, $3)
    limit $4
) counted

-- name: export_{kind}
-- for: agent, workflow
-- As list, without a limit ($4 is unused), with $7 subject and $8 session or null, newest first, streamed: every line is whole.
    select e.started_at as started_at, e.id as id, e.document, e.execution_context, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public))),
        (select group_concat(t.document, ',') from (select document from execution_steps where execution_id = e.id and kind = '{kind}' order by step_number) t)
    from {kind}_executions e left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)
    where e.user_id = $1 and e.status = 'running' and ($6 is null or $6 = 'running') and e.started_at >= $5 and (e.started_at, e.id) < ($2, $3)
        and ($7 is null or e.{kind}_id = $7) and ($8 is null or e.session_id = $8)
    union all
    select e.started_at as started_at, e.id as id, e.document, e.execution_context, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public))),
        (select group_concat(t.document, ',') from (select document from execution_steps where execution_id = e.id and kind = '{kind}' order by step_number) t)
    from {kind}_executions e left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)
    where e.user_id = $1 and e.status = 'completed' and ($6 is null or $6 = 'completed') and e.started_at >= $5 and (e.started_at, e.id) < ($2, $3)
        and ($7 is null or e.{kind}_id = $7) and ($8 is null or e.session_id = $8)
    union all
    select e.started_at as started_at, e.id as id, e.document, e.execution_context, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public))),
        (select group_concat(t.document, ',') from (select document from execution_steps where execution_id = e.id and kind = '{kind}' order by step_number) t)
    from {kind}_executions e left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)
    where e.user_id = $1 and e.status = 'failed' and ($6 is null or $6 = 'failed') and e.started_at >= $5 and (e.started_at, e.id) < ($2, $3)
        and ($7 is null or e.{kind}_id = $7) and ($8 is null or e.session_id = $8)
    union all
    select e.started_at as started_at, e.id as id, e.document, e.execution_context, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public))),
        (select group_concat(t.document, ',') from (select document from execution_steps where execution_id = e.id and kind = '{kind}' order by step_number) t)
    from {kind}_executions e left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)
    where e.user_id = $1 and e.status = 'timeout' and ($6 is null or $6 = 'timeout') and e.started_at >= $5 and (e.started_at, e.id) < ($2, $3)
        and ($7 is null or e.{kind}_id = $7) and ($8 is null or e.session_id = $8)
    union all
    select e.started_at as started_at, e.id as id, e.document, e.execution_context, coalesce(s.name, (select f.name from former_names f where f.id = e.{kind}_id and (f.user_id = $1 or f.is_public))),
        (select group_concat(t.document, ',') from (select document from execution_steps where execution_id = e.id and kind = '{kind}' order by step_number) t)
    from {kind}_executions e left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)
    where e.user_id = $1 and e.status = 'cancelled' and ($6 is null or $6 = 'cancelled') and e.started_at >= $5 and (e.started_at, e.id) < ($2, $3)
        and ($7 is null or e.{kind}_id = $7) and ($8 is null or e.session_id = $8)
    order by started_at desc, id desc
