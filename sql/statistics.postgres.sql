-- What reads differently on PostgreSQL: dates are dates, of which a month's executions are known by the ids ($6 the least, $7 above all), and what is
-- run for each of many rows comes as arrays.

-- name: note_{kind}
-- for: agent, workflow
insert into {kind}_execution_changes (
    user_id, {kind}_id, started_at, weight, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, cost_nanos)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as timestamptz[]), cast($4 as bigint[]), cast($5 as text[]), cast($6 as bigint[]),
    cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as bigint[]))

-- part: memory_rows
select 6, null, null, null, cast(k.shelf as integer), k.count, case
    when not coalesce(s.auto_cleanup, true) or k.slot <> (select min(o.slot) from memory_counts o where o.agent_id = k.agent_id and o.shelf = k.shelf) then 0
    when k.shelf < 18 then (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.created_at < cast($2 as timestamptz) - case
        when k.shelf < 3 or k.shelf < 6 and not coalesce(s.auto_consolidation, true) then coalesce(s.short_term_retention_hours, 24)
        when k.shelf = 9 then 720
        when k.shelf = 15 then 2160 end * interval '1 hour')
    else (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.last_accessed_at < cast($2 as timestamptz) - 2160 * interval '1 hour')
    end, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null

-- part: dashboard_rows
with own as materialized (select id from agents where user_id = $1 and deleted_at is null),
counted as materialized (
    select cast(coalesce((select sum(version) from definition_versions where scope in ($1, cast('00000000-0000-0000-0000-000000000000' as uuid))), 0)
        + coalesce((select sum(version) from memory_versions where user_id = $1), 0) as bigint) as version)
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, (select version from counted) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join agent_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.agent_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from agent_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10) then cast($11 as bigint) else cast(0 as bigint) end
union all
select 2, s.user_id, null, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from agent_execution_days s where s.user_id = $1 and s.date >= cast(cast($3 as text) as date) and s.date <= cast(cast($4 as text) as date)
    and not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10)
union all
select 4, null, null, null, null, (select count(*) from own), (select count(*) from blocks where user_id = $1), (select count(*) from workflows where user_id = $1), (select count(*) from knowledgebases where user_id = $1), null,
    null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
where cast($12 as bigint) <> (select version from counted) or not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10)
union all
select 5, h.user_id, null, null, null, null, null, null, null, null, null, null, null, h.seconds, null, null, null, null, null, null, null, null, null, h.hour, null
from agent_execution_hours h where h.user_id = $1 and h.hour >= $9
    and not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10)
union all
{memory_rows}
from own a join memory_counts k on k.agent_id = a.id left join memory_settings s on s.agent_id = a.id
where (cast($12 as bigint) <> (select version from counted) or not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10))

-- name: dashboard
-- Of an owner, and 4 how many agents, blocks, workflows and knowledgebases there are, 5 the hours of agents' executions from $9 on,
-- 6 what agents remember at $2. To who has read them at version $10 rows and hours are not given again, changes behind $11, and 4 and 6 where what they
-- count is of another version than $12 (0 tells it).
{dashboard_rows}

-- part: dashboard_executions
select 3, e.user_id, e.agent_id, e.status, 1, null, null, null, null, null, e.duration_ms, null, null, null,
    e.llm_call_count, e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count, e.cost_nanos, null, null, null, e.started_at, null
from agent_executions e
where e.user_id = $1 and e.started_at >= $5 and e.started_at < $6 and e.id >= $7 and e.id < $8

-- name: dashboard_and_executions
{dashboard_rows}
union all
{dashboard_executions}

-- name: dashboard_of_everybody
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, cast(null as bigint) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join agent_execution_lifetimes l on l.user_id = u.id
union all
select 1, c.user_id, c.agent_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from agent_execution_changes c where c.id > 0
union all
select 2, s.user_id, null, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join agent_execution_days s where s.user_id = u.id and s.date >= cast(cast($3 as text) as date) and s.date <= cast(cast($4 as text) as date)
union all
select 2, s.user_id, null, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u join agent_execution_lifetimes l on l.user_id = u.id and not l.is_counted cross join lateral (
    select * from agent_execution_days where user_id = u.id and is_frozen
        and (date < cast(cast($3 as text) as date) or date > cast(cast($4 as text) as date)) offset 0) s
union all
select 4, null, null, null, null, (select count(*) from agents where deleted_at is null), (select count(*) from blocks), (select count(*) from workflows), (select count(*) from knowledgebases), null,
    null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
union all
select 5, h.user_id, null, null, null, null, null, null, null, null, null, null, null, h.seconds, null, null, null, null, null, null, null, null, null, h.hour, null
from users u cross join agent_execution_hours h where h.user_id = u.id and h.hour >= $9
union all
{memory_rows}
from agents a cross join memory_counts k left join memory_settings s on s.agent_id = a.id
where k.agent_id = a.id and a.deleted_at is null

-- part: days_rows
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, cast(null as bigint) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.{kind}_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11) then cast($12 as bigint) else cast(0 as bigint) end
union all
select 2, s.user_id, null, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_days s where s.user_id = $1 and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date)
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)

-- name: days_{kind}
-- for: agent, workflow
-- All of an owner's, day by day.
{days_rows}

-- part: gap_executions
select 3, e.user_id, e.{kind}_id, e.status, 1, null, null, null, null, null, e.duration_ms, null, null, null,
    e.llm_call_count, e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count, e.cost_nanos, null, null, null, e.started_at, null
from {kind}_executions e
where e.user_id = $1 and e.started_at >= $4 and e.started_at < $5 and e.id >= $6 and e.id < $7

-- name: days_and_executions_{kind}
-- for: agent, workflow
{days_rows}
union all
{gap_executions}

-- part: weeks_begin
case when greatest(l.summed_from, cast(cast($9 as text) as date)) < least(l.summed_until, cast(cast($10 as text) as date)) then greatest(l.summed_from, cast(cast($9 as text) as date)) else cast(cast($3 as text) as date) + 1 end

-- part: weeks_end
case when greatest(l.summed_from, cast(cast($9 as text) as date)) < least(l.summed_until, cast(cast($10 as text) as date)) then least(l.summed_until, cast(cast($10 as text) as date)) else cast(cast($3 as text) as date) + 1 end

-- part: subjects_rows
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, cast(null as bigint) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.{kind}_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11) then cast($12 as bigint) else cast(0 as bigint) end
union all
select 2, s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_stats s where s.user_id = $1 and s.date >= cast(cast($2 as text) as date) and s.date < (select {weeks_begin} from {kind}_execution_lifetimes l where l.user_id = $1)
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)
union all
select 2, s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_stats s where s.user_id = $1 and s.date >= (select {weeks_end} from {kind}_execution_lifetimes l where l.user_id = $1) and s.date <= cast(cast($3 as text) as date)
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)
union all
select 7, s.user_id, s.{kind}_id, null, cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_weeks s where s.user_id = $1 and s.week >= (select {weeks_begin} from {kind}_execution_lifetimes l where l.user_id = $1) and s.week < (select {weeks_end} from {kind}_execution_lifetimes l where l.user_id = $1)
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)

-- name: subjects_{kind}
-- for: agent, workflow
-- Of an owner, day by day for each agent or workflow.
{subjects_rows}

-- name: subjects_and_executions_{kind}
-- for: agent, workflow
{subjects_rows}
union all
{gap_executions}

-- part: subject_rows
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, cast(null as bigint) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.{kind}_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11) then cast($12 as bigint) else cast(0 as bigint) end
union all
select 2, s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_stats s where s.user_id = $1 and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date) and s.{kind}_id = $8
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)

-- name: subject_{kind}
-- for: agent, workflow
-- Of an owner and one agent or workflow ($8), day by day.
{subject_rows}

-- name: subject_and_executions_{kind}
-- for: agent, workflow
{subject_rows}
union all
{gap_executions}

-- name: everybodys_days_{kind}
-- for: agent, workflow
-- As days, of all owners; without executions. $1 is unused.
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, cast(null as bigint) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
union all
select 1, c.user_id, c.{kind}_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.id > 0
union all
select 2, s.user_id, null, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join {kind}_execution_days s where s.user_id = u.id and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date)

-- name: everybodys_subjects_{kind}
-- for: agent, workflow
-- As subjects, of all owners; without executions. $1 is unused.
select 0 as part, u.id as user_id, cast(null as uuid) as subject_id, u.timezone as word, cast(l.is_counted as integer) as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, cast(null as bigint) as duration, cast(null as bigint) as least, cast(null as bigint) as greatest,
    cast(null as bytea) as sketch, l.version as llm_call_count, cast(null as bigint) as llm_prompt_tokens, cast(null as bigint) as llm_completion_tokens, cast(null as bigint) as llm_total_tokens,
    cast(null as bigint) as tool_call_count, cast(null as bigint) as cost_nanos, l.zone, to_char(l.built_from, 'YYYY-MM-DD') as built_from, to_char(l.frozen_date, 'YYYY-MM-DD') as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
union all
select 1, c.user_id, c.{kind}_id, c.status, cast(c.weight as integer), c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.id > 0
union all
select 2, s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), cast(s.is_frozen as integer), s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join {kind}_execution_stats s where s.user_id = u.id and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date)

-- name: take_turn_{kind}
-- for: agent, workflow
-- One server folds at a time: two would take the same changes, and one of them in vain. Any number that nobody else takes.
select cast(pg_try_advisory_xact_lock(7309940823671140) as integer)

-- name: begin_lifetime_{kind}
-- for: agent, workflow
insert into {kind}_execution_lifetimes (
    user_id, zone, built_from, is_counted, version, held_until, horizon, frozen_until, frozen_date,
    running_count, completed_count, failed_count, timeout_count, cancelled_count, execution_count, summed_from, summed_until)
values ($1, $2, cast(cast($3 as text) as date), cast(cast($4 as bigint) as integer) <> 0, cast(floor(random() * 4503599627370496) as bigint), 'epoch', null, null, null, 0, 0, 0, 0, 0, 0, '9999-12-31', '0001-01-01')
on conflict (user_id) do nothing

-- name: take_lifetime_{kind}
-- for: agent, workflow
update {kind}_execution_lifetimes l set version = l.version + 1
from unnest(cast($1 as uuid[]), cast($2 as timestamptz[])) asked(id, now) join users u on u.id = asked.id
where l.user_id = asked.id and l.held_until <= asked.now
returning l.user_id, l.zone, to_char(l.built_from, 'YYYY-MM-DD'), l.is_counted, l.version, l.held_until, l.horizon, l.frozen_until, to_char(l.frozen_date, 'YYYY-MM-DD'),
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, u.timezone,
    to_char(l.summed_from, 'YYYY-MM-DD'), to_char(l.summed_until, 'YYYY-MM-DD')

-- name: lifetime_{kind}
-- for: agent, workflow
select l.user_id, l.zone, to_char(l.built_from, 'YYYY-MM-DD'), l.is_counted, l.version, l.held_until, l.horizon, l.frozen_until, to_char(l.frozen_date, 'YYYY-MM-DD'),
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, u.timezone,
    to_char(l.summed_from, 'YYYY-MM-DD'), to_char(l.summed_until, 'YYYY-MM-DD')
from {kind}_execution_lifetimes l join users u on u.id = l.user_id where l.user_id = $1

-- name: save_lifetime_{kind}
-- for: agent, workflow
update {kind}_execution_lifetimes l set
    zone = n.zone, built_from = cast(n.built_from as date), is_counted = n.is_counted <> 0, version = n.version, held_until = n.held_until,
    horizon = n.horizon, frozen_until = n.frozen_until, frozen_date = cast(n.frozen_date as date), running_count = n.running,
    completed_count = n.completed, failed_count = n.failed, timeout_count = n.timeout, cancelled_count = n.cancelled, execution_count = n.executions,
    summed_from = cast(n.summed_from as date), summed_until = cast(n.summed_until as date)
from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as text[]), cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as timestamptz[]),
    cast($7 as timestamptz[]), cast($8 as timestamptz[]), cast($9 as text[]), cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as bigint[]),
    cast($13 as bigint[]), cast($14 as bigint[]), cast($15 as bigint[]), cast($16 as text[]), cast($17 as text[]))
    n(id, zone, built_from, is_counted, version, held_until, horizon, frozen_until, frozen_date, running, completed, failed, timeout, cancelled, executions, summed_from, summed_until)
where l.user_id = n.id

-- name: stats_at_{kind}
-- for: agent, workflow
-- By rows, which the primary key alone has: by columns the index of owners and dates is taken, and each row found among all of that day.
select s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from unnest(cast($1 as uuid[]), cast($2 as text[]), cast($3 as uuid[]), cast($4 as bigint[])) asked(subject, date, owner, is_frozen)
join {kind}_execution_stats s
    on (s.{kind}_id, s.date, s.user_id, s.is_frozen) >= (asked.subject, cast(asked.date as date), asked.owner, asked.is_frozen <> 0)
    and (s.{kind}_id, s.date, s.user_id, s.is_frozen) <= (asked.subject, cast(asked.date as date), asked.owner, asked.is_frozen <> 0)

-- name: days_at_{kind}
-- for: agent, workflow
select s.user_id, cast(null as uuid), to_char(s.date, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from unnest(cast($1 as uuid[]), cast($2 as text[]), cast($3 as bigint[])) asked(owner, date, is_frozen)
join {kind}_execution_days s on s.user_id = asked.owner and s.date = cast(asked.date as date) and s.is_frozen = (asked.is_frozen <> 0)

-- name: stats_of_{kind}
-- for: agent, workflow
select s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from {kind}_execution_stats s
where s.user_id = $1 and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date) and not s.is_frozen

-- name: days_of_{kind}
-- for: agent, workflow
select s.user_id, cast(null as uuid), to_char(s.date, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from {kind}_execution_days s
where s.user_id = $1 and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date) and not s.is_frozen

-- name: frozen_days_{kind}
-- for: agent, workflow
select cast(coalesce(sum(running_count), 0) as bigint), cast(coalesce(sum(completed_count), 0) as bigint),
    cast(coalesce(sum(failed_count), 0) as bigint), cast(coalesce(sum(timeout_count), 0) as bigint),
    cast(coalesce(sum(cancelled_count), 0) as bigint)
from {kind}_execution_days where user_id = $1 and is_frozen

-- name: put_stats_{kind}
-- for: agent, workflow
insert into {kind}_execution_stats (
    user_id, {kind}_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select n.owner, n.subject, cast(n.date as date), n.is_frozen <> 0, n.f1, n.f2, n.f3, n.f4, n.f5, n.f6, n.f7, n.f8, n.f9, n.f10, n.f11, n.f12, n.f13, n.f14,
    n.f15, n.f16
from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as bigint[]), cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]),
    cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as bigint[]), cast($13 as bigint[]), cast($14 as bytea[]),
    cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]), cast($18 as bigint[]), cast($19 as bigint[]),
    cast($20 as bigint[]))
    n(owner, subject, date, is_frozen, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16)
on conflict ({kind}_id, date, user_id, is_frozen) do update set
    execution_count = excluded.execution_count, running_count = excluded.running_count, completed_count = excluded.completed_count,
    failed_count = excluded.failed_count, timeout_count = excluded.timeout_count, cancelled_count = excluded.cancelled_count,
    total_duration_ms = excluded.total_duration_ms, min_duration_ms = excluded.min_duration_ms, max_duration_ms = excluded.max_duration_ms,
    duration_sketch = excluded.duration_sketch, llm_call_count = excluded.llm_call_count, llm_prompt_tokens = excluded.llm_prompt_tokens,
    llm_completion_tokens = excluded.llm_completion_tokens, llm_total_tokens = excluded.llm_total_tokens,
    tool_call_count = excluded.tool_call_count, cost_nanos = excluded.cost_nanos

-- name: put_days_{kind}
-- for: agent, workflow
insert into {kind}_execution_days (
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select n.owner, cast(n.date as date), n.is_frozen <> 0, n.f1, n.f2, n.f3, n.f4, n.f5, n.f6, n.f7, n.f8, n.f9, n.f10, n.f11, n.f12, n.f13, n.f14,
    n.f15, n.f16
from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as bigint[]), cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]),
    cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as bigint[]), cast($13 as bigint[]), cast($14 as bytea[]),
    cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]), cast($18 as bigint[]), cast($19 as bigint[]),
    cast($20 as bigint[]))
    n(owner, subject, date, is_frozen, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16)
on conflict (user_id, date, is_frozen) do update set
    execution_count = excluded.execution_count, running_count = excluded.running_count, completed_count = excluded.completed_count,
    failed_count = excluded.failed_count, timeout_count = excluded.timeout_count, cancelled_count = excluded.cancelled_count,
    total_duration_ms = excluded.total_duration_ms, min_duration_ms = excluded.min_duration_ms, max_duration_ms = excluded.max_duration_ms,
    duration_sketch = excluded.duration_sketch, llm_call_count = excluded.llm_call_count, llm_prompt_tokens = excluded.llm_prompt_tokens,
    llm_completion_tokens = excluded.llm_completion_tokens, llm_total_tokens = excluded.llm_total_tokens,
    tool_call_count = excluded.tool_call_count, cost_nanos = excluded.cost_nanos

-- name: unbuilt_{kind}
-- for: agent, workflow
select u.id from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id > $1 and (l.user_id is null or l.zone <> u.timezone or l.built_from is null or l.built_from > '0001-01-01' or not l.is_counted
    or l.summed_from > '0001-01-01' or l.summed_until < cast(cast($3 as text) as date))
order by u.id limit $2

-- name: stats_in_{kind}
-- for: agent, workflow
select s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from unnest(cast($1 as uuid[]), cast($2 as text[]), cast($3 as text[]), cast($4 as uuid[]), cast($5 as bigint[])) asked(subject, first, last, owner, is_frozen)
join {kind}_execution_stats s on s.{kind}_id = asked.subject and s.date >= cast(asked.first as date) and s.date <= cast(asked.last as date)
    and s.user_id = asked.owner and s.is_frozen = (asked.is_frozen <> 0)

-- name: all_stats_of_{kind}
-- for: agent, workflow
select s.user_id, s.{kind}_id, to_char(s.date, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from {kind}_execution_stats s
where s.user_id = $1 and s.date >= cast(cast($2 as text) as date) and s.date <= cast(cast($3 as text) as date)

-- name: weeks_of_{kind}
-- for: agent, workflow
select s.user_id, s.{kind}_id, to_char(s.week, 'YYYY-MM-DD'), s.is_frozen,
    s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count, s.total_duration_ms, s.min_duration_ms,
    s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens, s.llm_total_tokens,
    s.tool_call_count, s.cost_nanos
from {kind}_execution_weeks s
where s.user_id = $1 and s.week >= cast(cast($2 as text) as date) and s.week <= cast(cast($3 as text) as date)

-- name: oldest_day_{kind}
-- for: agent, workflow
select to_char(min(date), 'YYYY-MM-DD') from {kind}_execution_days where user_id = $1

-- name: counts_of_{kind}
-- for: agent, workflow
select cast(coalesce(sum(running_count), 0) as bigint), cast(coalesce(sum(completed_count), 0) as bigint), cast(coalesce(sum(failed_count), 0) as bigint),
    cast(coalesce(sum(timeout_count), 0) as bigint), cast(coalesce(sum(cancelled_count), 0) as bigint)
from {kind}_execution_days where user_id = $1

-- name: put_weeks_{kind}
-- for: agent, workflow
insert into {kind}_execution_weeks (
    user_id, {kind}_id, week, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select n.owner, n.subject, cast(n.date as date), n.is_frozen <> 0, n.f1, n.f2, n.f3, n.f4, n.f5, n.f6, n.f7, n.f8, n.f9, n.f10, n.f11, n.f12, n.f13, n.f14,
    n.f15, n.f16
from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as bigint[]), cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]),
    cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as bigint[]), cast($13 as bigint[]), cast($14 as bytea[]),
    cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]), cast($18 as bigint[]), cast($19 as bigint[]),
    cast($20 as bigint[]))
    n(owner, subject, date, is_frozen, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16)
on conflict (user_id, week, {kind}_id, is_frozen) do update set
    execution_count = excluded.execution_count, running_count = excluded.running_count, completed_count = excluded.completed_count,
    failed_count = excluded.failed_count, timeout_count = excluded.timeout_count, cancelled_count = excluded.cancelled_count,
    total_duration_ms = excluded.total_duration_ms, min_duration_ms = excluded.min_duration_ms, max_duration_ms = excluded.max_duration_ms,
    duration_sketch = excluded.duration_sketch, llm_call_count = excluded.llm_call_count, llm_prompt_tokens = excluded.llm_prompt_tokens,
    llm_completion_tokens = excluded.llm_completion_tokens, llm_total_tokens = excluded.llm_total_tokens,
    tool_call_count = excluded.tool_call_count, cost_nanos = excluded.cost_nanos

-- name: remove_weeks_at_{kind}
-- for: agent, workflow
delete from {kind}_execution_weeks s
using unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bigint[])) asked(owner, subject, week, is_frozen)
where s.user_id = asked.owner and s.week = cast(asked.week as date) and s.{kind}_id = asked.subject and s.is_frozen = (asked.is_frozen <> 0)

-- name: clear_weeks_{kind}
-- for: agent, workflow
-- By their places: a join with the rows would look at each of them twice.
delete from {kind}_execution_weeks where ctid = any (array(
    select w.ctid from {kind}_execution_weeks w where w.user_id = $1 and w.week >= cast(cast($2 as text) as date) and w.week <= cast(cast($3 as text) as date) limit $4))

-- name: remove_stats_at_{kind}
-- for: agent, workflow
delete from {kind}_execution_stats s
using unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bigint[])) asked(owner, subject, date, is_frozen)
where (s.{kind}_id, s.date, s.user_id, s.is_frozen) >= (asked.subject, cast(asked.date as date), asked.owner, asked.is_frozen <> 0)
    and (s.{kind}_id, s.date, s.user_id, s.is_frozen) <= (asked.subject, cast(asked.date as date), asked.owner, asked.is_frozen <> 0)

-- name: remove_days_at_{kind}
-- for: agent, workflow
delete from {kind}_execution_days s
using unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bigint[])) asked(owner, subject, date, is_frozen)
where s.user_id = asked.owner and s.date = cast(asked.date as date) and s.is_frozen = (asked.is_frozen <> 0)

-- name: hours_at_{kind}
-- for: agent, workflow
select h.user_id, h.hour, h.seconds from unnest(cast($1 as uuid[]), cast($2 as timestamptz[])) asked(owner, hour)
join {kind}_execution_hours h on h.user_id = asked.owner and h.hour = asked.hour

-- name: remove_waiting_{kind}
-- for: agent, workflow
delete from {kind}_execution_changes c using unnest(cast($1 as bigint[]), cast($2 as bigint[])) span (first, last)
where c.id >= span.first and c.id <= span.last

-- name: put_hours_{kind}
-- for: agent, workflow
insert into {kind}_execution_hours (user_id, hour, execution_count, seconds)
select * from unnest(cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as bigint[]), cast($4 as bytea[]))
on conflict (user_id, hour) do update set execution_count = excluded.execution_count, seconds = excluded.seconds

-- name: remove_hours_{kind}
-- for: agent, workflow
delete from {kind}_execution_hours h using unnest(cast($1 as uuid[]), cast($2 as timestamptz[])) asked(owner, before)
where h.user_id = asked.owner and h.hour < asked.before

-- name: add_totals_{kind}
-- for: agent, workflow
insert into {kind}_execution_totals (user_id, {kind}_id, execution_count)
select * from unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as bigint[]))
on conflict (user_id, {kind}_id) do update set execution_count = {kind}_execution_totals.execution_count + excluded.execution_count

-- name: executions_{kind}
-- for: agent, workflow
-- $4 the least id, $5 above all.
select {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_executions
where user_id = $1 and started_at >= $2 and started_at < $3 and id >= $4 and id < $5

-- name: executions_each_{kind}
-- for: agent, workflow
select e.user_id, e.{kind}_id, e.started_at, e.status, e.duration_ms, e.llm_call_count, e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count, e.cost_nanos
from unnest(cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as timestamptz[]), cast($4 as uuid[]), cast($5 as uuid[]))
    asked(owner, since, until, least, above)
join {kind}_executions e on e.user_id = asked.owner and e.started_at >= asked.since and e.started_at < asked.until and e.id >= asked.least and e.id < asked.above

-- name: oldest_{kind}
-- for: agent, workflow
select min(started_at) from (
    select started_at from {kind}_executions where user_id = $1 and started_at >= $2 order by started_at limit 1) oldest

-- name: newest_{kind}
-- for: agent, workflow
select max(started_at) from (
    select started_at from {kind}_executions where user_id = $1 and started_at < $2 order by started_at desc limit 1) newest

-- name: name_of_agent
select s.id, s.name from unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as bigint[])) asked(id, reader, sees_all)
join agents s on s.id = asked.id and (s.user_id = asked.reader or s.is_public or asked.sees_all <> 0)
union all
select s.id, s.name from unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as bigint[])) asked(id, reader, sees_all)
join former_names s on s.id = asked.id and (s.user_id = asked.reader or s.is_public or asked.sees_all <> 0)

-- name: name_of_workflow
select s.id, s.name from unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as bigint[])) asked(id, reader, sees_all)
join workflows s on s.id = asked.id and (s.user_id = asked.reader or s.is_public or asked.sees_all <> 0)

-- name: newest_of
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id and (a.user_id = $1 or a.is_public)),
    (select f.name from former_names f where f.id = e.agent_id and (f.user_id = $1 or f.is_public))), e.status, e.started_at, e.duration_ms
from agent_executions e where e.user_id = $1 order by e.started_at desc, e.id desc limit $2

-- name: newest_of_everybody
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id), (select f.name from former_names f where f.id = e.agent_id)), e.status, e.started_at, e.duration_ms
from users u cross join lateral (
    select id, agent_id, status, started_at, duration_ms from agent_executions where user_id = u.id order by started_at desc, id desc limit $2) e

-- name: count_of
-- Each lateral with its offset is a fence: what is behind it is looked at for those users alone of whom it is to be counted.
-- $1 owner: how many executions of agents there have been, ever.
select cast(coalesce(sum(n), 0) as bigint) from (
    select l.execution_count as n from users u cross join agent_execution_lifetimes l where l.user_id = u.id and l.is_counted and u.id = $1
    union all
    select c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id and u.id = $1
    union all
    select 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join lateral (
        select agent_id from agent_executions where user_id = u.id and started_at >= coalesce(l.horizon, '-infinity') offset 0) e
        where l.is_counted is not true and u.id = $1
    union all
    select s.execution_count from users u join agent_execution_lifetimes l on l.user_id = u.id and not l.is_counted cross join lateral (
        select execution_count from agent_execution_days where user_id = u.id and is_frozen offset 0) s where u.id = $1
) counts

-- name: count_of_everybody
-- How many executions of agents there have been, ever.
select cast(coalesce(sum(n), 0) as bigint) from (
    select l.execution_count as n from users u cross join agent_execution_lifetimes l where l.user_id = u.id and l.is_counted
    union all
    select c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id
    union all
    select 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join lateral (
        select agent_id from agent_executions where user_id = u.id and started_at >= coalesce(l.horizon, '-infinity') offset 0) e
        where l.is_counted is not true
    union all
    select s.execution_count from users u join agent_execution_lifetimes l on l.user_id = u.id and not l.is_counted cross join lateral (
        select execution_count from agent_execution_days where user_id = u.id and is_frozen offset 0) s
) counts

-- name: favorites
-- $1 owner: how often agents that are still there have been executed, ever; to be added up.
select a.id, counts.n from (
    select t.agent_id, t.execution_count as n from users u join agent_execution_lifetimes l on l.user_id = u.id and l.is_counted cross join lateral (
        select agent_id, execution_count from agent_execution_totals where user_id = u.id offset 0) t where u.id = $1
    union all
    select c.agent_id, c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id and u.id = $1
    union all
    select e.agent_id, 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join lateral (
        select agent_id from agent_executions where user_id = u.id and started_at >= coalesce(l.horizon, '-infinity') offset 0) e
        where l.is_counted is not true and u.id = $1
    union all
    select s.agent_id, s.execution_count from users u join agent_execution_lifetimes l on l.user_id = u.id and not l.is_counted cross join lateral (
        select agent_id, execution_count from agent_execution_stats where user_id = u.id and is_frozen offset 0) s where u.id = $1
) counts cross join lateral (
    select id from agents where id = counts.agent_id and deleted_at is null and (user_id = $1 or is_public) offset 0) a

-- name: favorites_of_everybody
-- How often agents that are still there have been executed, ever; to be added up.
select a.id, counts.n from (
    select t.agent_id, t.execution_count as n from users u join agent_execution_lifetimes l on l.user_id = u.id and l.is_counted cross join lateral (
        select agent_id, execution_count from agent_execution_totals where user_id = u.id offset 0) t
    union all
    select c.agent_id, c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id
    union all
    select e.agent_id, 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join lateral (
        select agent_id from agent_executions where user_id = u.id and started_at >= coalesce(l.horizon, '-infinity') offset 0) e
        where l.is_counted is not true
    union all
    select s.agent_id, s.execution_count from users u join agent_execution_lifetimes l on l.user_id = u.id and not l.is_counted cross join lateral (
        select agent_id, execution_count from agent_execution_stats where user_id = u.id and is_frozen offset 0) s
) counts cross join lateral (
    select id from agents where id = counts.agent_id and deleted_at is null offset 0) a

-- name: favorite
select 0, a.id, a.name, a.description, a.agent_type, cast(null as timestamptz), cast(null as text)
from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(owner, agent) join agents a on a.id = asked.agent
union all
select 1, asked.agent, null, null, null, e.started_at, e.status
from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(owner, agent) cross join lateral (
    select started_at, status from agent_executions where user_id = asked.owner and agent_id = asked.agent order by started_at desc, id desc limit 1) e

-- name: favorite_of_everybody
select 0, a.id, a.name, a.description, a.agent_type, cast(null as timestamptz), cast(null as text)
from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(owner, agent) join agents a on a.id = asked.agent
union all
select 1, asked.agent, null, null, null, e.started_at, e.status
from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(owner, agent) cross join users u cross join lateral (
    select started_at, status from agent_executions where user_id = u.id and agent_id = asked.agent order by started_at desc, id desc limit 1) e

-- name: stuck_of
-- $1 owner, $2 started before: executions of both kinds that are still running, at most 10,000 of each.
select (select count(*) from (select 1 from agent_executions e where e.user_id = $1 and e.status = 'running' and e.started_at < $2 limit 10000) counted)
    + (select count(*) from (select 1 from workflow_executions e where e.user_id = $1 and e.status = 'running' and e.started_at < $2 limit 10000) counted)

-- name: stuck_of_everybody
-- $2 started before: executions of both kinds that are still running, at most 10,000 of each.
select (select count(*) from (select 1 from users u cross join agent_executions e where e.user_id = u.id and e.status = 'running' and e.started_at < $2 limit 10000) counted)
    + (select count(*) from (select 1 from users u cross join workflow_executions e where e.user_id = u.id and e.status = 'running' and e.started_at < $2 limit 10000) counted)
