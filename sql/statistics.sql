-- Statistics (src/statistics): what has changed, rows of figures, and what is read of them. The same statements for both kinds.
--
-- A read takes in one statement, so over one snapshot, parts in any order: 0 how far its owner's statistics are made, 1 the changes that were not
-- folded yet, 2 the rows of dates ($2 first, $3 last), 3 executions that started from $4 on, before $5: of dates whose rows do not count.
-- Usually none: then $4 = $5.

-- name: note_{kind}
-- for: agent, workflow
-- $1 owner, $2 agent or workflow, $3 started_at, $4 weight, $5 status, $6 duration_ms, $7 - $12 metrics.
insert into {kind}_execution_changes (
    user_id, {kind}_id, started_at, weight, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- part: memory_rows
-- 6: of every shelf (memory.sql) of each agent, how many stand on it, and how many of them have expired. On PostgreSQL a shelf has several counts: the
-- first looks for what has expired.
select 6, null, null, null, cast(k.shelf as integer), k.count, case
    when not coalesce(s.auto_cleanup, true) or k.slot <> (select min(o.slot) from memory_counts o where o.agent_id = k.agent_id and o.shelf = k.shelf) then 0
    when k.shelf < 18 then (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.created_at < $2 - case
        when k.shelf < 3 or k.shelf < 6 and not coalesce(s.auto_consolidation, true) then coalesce(s.short_term_retention_hours, 24)
        when k.shelf = 9 then 720
        when k.shelf = 15 then 2160 end * 3600000)
    else (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.last_accessed_at < $2 - 2160 * 3600000)
    end, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
from agents a cross join memory_counts k left join memory_settings s on s.agent_id = a.id

-- part: dashboard_rows
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join agent_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.agent_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from agent_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10) then $11 else 0 end
union all
select 2, s.user_id, null, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from agent_execution_days s where s.user_id = $1 and s.date >= $3 and s.date <= $4
    and not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10)
union all
select 4, null, null, null, null, (select count(*) from agents where deleted_at is null and user_id = $1), (select count(*) from blocks where user_id = $1), (select count(*) from workflows where user_id = $1), (select count(*) from knowledgebases where user_id = $1), null,
    null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
where $12 < 0 or not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10)
union all
select 5, h.user_id, null, null, null, null, null, null, null, null, null, null, null, h.seconds, null, null, null, null, null, null, null, null, null, h.hour, null
from agent_execution_hours h where h.user_id = $1 and h.hour >= $9
    and not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10)
union all
{memory_rows}
where k.agent_id = a.id and a.user_id = $1 and a.deleted_at is null and ($12 < 0 or not exists (select 1 from agent_execution_lifetimes n where n.user_id = $1 and n.version = $10))

-- name: dashboard
-- Of an owner, and 4 how many agents, blocks, workflows and knowledgebases there are, 5 the hours of agents' executions from $9 on,
-- 6 what agents remember at $2. To who has read them at version $10 rows and hours are not given again, changes behind $11, and 4 and 6 where
-- $12 < 0.
{dashboard_rows}

-- part: dashboard_executions
select 3, e.user_id, e.agent_id, e.status, 1, null, null, null, null, null, e.duration_ms, null, null, null,
    e.llm_call_count, e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count, e.cost_nanos, null, null, null, e.started_at, null
from agent_executions e
where e.user_id = $1 and e.status in ('running', 'completed', 'failed', 'timeout', 'cancelled') and e.started_at >= $5 and e.started_at < $6

-- name: dashboard_and_executions
{dashboard_rows}
union all
{dashboard_executions}

-- name: dashboard_of_everybody
-- As dashboard, of all owners. Of those whose counts of all time are not made yet, frozen rows of all dates.
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join agent_execution_lifetimes l on l.user_id = u.id
union all
select 1, c.user_id, c.agent_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from agent_execution_changes c
union all
select 2, s.user_id, null, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join agent_execution_days s where s.user_id = u.id and s.date >= $3 and s.date <= $4
union all
select 2, s.user_id, null, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join agent_execution_lifetimes l cross join agent_execution_days s
where l.user_id = u.id and not l.is_counted and s.user_id = u.id and s.is_frozen and (s.date < $3 or s.date > $4)
union all
select 4, null, null, null, null, (select count(*) from agents where deleted_at is null), (select count(*) from blocks), (select count(*) from workflows), (select count(*) from knowledgebases), null,
    null, null, null, null, null, null, null, null, null, null, null, null, null, null, null
union all
select 5, h.user_id, null, null, null, null, null, null, null, null, null, null, null, h.seconds, null, null, null, null, null, null, null, null, null, h.hour, null
from users u cross join agent_execution_hours h where h.user_id = u.id and h.hour >= $9
union all
{memory_rows}
where k.agent_id = a.id and a.deleted_at is null

-- part: days_rows
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.{kind}_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11) then $12 else 0 end
union all
select 2, s.user_id, null, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_days s where s.user_id = $1 and s.date >= $2 and s.date <= $3
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)

-- name: days_{kind}
-- for: agent, workflow
-- All of an owner's, day by day. To who has read them at version $11, without rows, and with the changes behind $12. So do `subjects` and `subject`.
{days_rows}

-- part: gap_executions
select 3, e.user_id, e.{kind}_id, e.status, 1, null, null, null, null, null, e.duration_ms, null, null, null,
    e.llm_call_count, e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count, e.cost_nanos, null, null, null, e.started_at, null
from {kind}_executions e
where e.user_id = $1 and e.status in ('running', 'completed', 'failed', 'timeout', 'cancelled') and e.started_at >= $4 and e.started_at < $5

-- name: days_and_executions_{kind}
-- for: agent, workflow
{days_rows}
union all
{gap_executions}

-- part: weeks_begin
-- Which weeks are read instead of their days; where none are, both stand behind $3. One bound each, so that the index is walked no further.
case when max(l.summed_from, $9) < min(l.summed_until, $10) then max(l.summed_from, $9) else $3 || ' ' end

-- part: weeks_end
case when max(l.summed_from, $9) < min(l.summed_until, $10) then min(l.summed_until, $10) else $3 || ' ' end

-- part: subjects_rows
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.{kind}_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11) then $12 else 0 end
union all
select 2, s.user_id, s.{kind}_id, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_stats s where s.user_id = $1 and s.date >= $2 and s.date < (select {weeks_begin} from {kind}_execution_lifetimes l where l.user_id = $1)
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)
union all
select 2, s.user_id, s.{kind}_id, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_stats s where s.user_id = $1 and s.date >= (select {weeks_end} from {kind}_execution_lifetimes l where l.user_id = $1) and s.date <= $3
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)
union all
select 7, s.user_id, s.{kind}_id, null, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_weeks s where s.user_id = $1 and s.week >= (select {weeks_begin} from {kind}_execution_lifetimes l where l.user_id = $1) and s.week < (select {weeks_end} from {kind}_execution_lifetimes l where l.user_id = $1)
    and not exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11)

-- name: subjects_{kind}
-- for: agent, workflow
-- Of an owner, day by day for each agent or workflow, but for weeks from $9 on and before $10 ($9 = $10: none): where they are summed up, 7 their rows
-- instead of those of their days.
{subjects_rows}

-- name: subjects_and_executions_{kind}
-- for: agent, workflow
{subjects_rows}
union all
{gap_executions}

-- part: subject_rows
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id = $1
union all
select 1, c.user_id, c.{kind}_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c where c.user_id = $1 and c.id > case when exists (select 1 from {kind}_execution_lifetimes n where n.user_id = $1 and n.version = $11) then $12 else 0 end
union all
select 2, s.user_id, s.{kind}_id, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from {kind}_execution_stats s where s.user_id = $1 and s.date >= $2 and s.date <= $3 and s.{kind}_id = $8
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
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
union all
select 1, c.user_id, c.{kind}_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c
union all
select 2, s.user_id, null, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join {kind}_execution_days s where s.user_id = u.id and s.date >= $2 and s.date <= $3

-- name: everybodys_subjects_{kind}
-- for: agent, workflow
-- As subjects, of all owners; without executions. $1 is unused.
select 0 as part, u.id as user_id, null as subject_id, u.timezone as word, l.is_counted as weight,
    l.running_count, l.completed_count, l.failed_count, l.timeout_count, l.cancelled_count, null as duration, null as least, null as greatest,
    null as sketch, l.version as llm_call_count, null as llm_prompt_tokens, null as llm_completion_tokens, null as llm_total_tokens,
    null as tool_call_count, null as cost_nanos, l.zone, l.built_from as built_from, l.frozen_date as frozen_date,
    l.horizon as at, l.frozen_until
from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
union all
select 1, c.user_id, c.{kind}_id, c.status, c.weight, c.id, null, null, null, null, c.duration_ms, null, null, null,
    c.llm_call_count, c.llm_prompt_tokens, c.llm_completion_tokens, c.llm_total_tokens, c.tool_call_count, c.cost_nanos, null, null, null, c.started_at, null
from {kind}_execution_changes c
union all
select 2, s.user_id, s.{kind}_id, s.date, s.is_frozen, s.running_count, s.completed_count, s.failed_count, s.timeout_count, s.cancelled_count,
    s.total_duration_ms, s.min_duration_ms, s.max_duration_ms, s.duration_sketch, s.llm_call_count, s.llm_prompt_tokens, s.llm_completion_tokens,
    s.llm_total_tokens, s.tool_call_count, s.cost_nanos, null, null, null, null, null
from users u cross join {kind}_execution_stats s where s.user_id = u.id and s.date >= $2 and s.date <= $3

-- name: take_turn_{kind}
-- for: agent, workflow
-- 1: nobody else is folding.
select 1

-- name: waiting_{kind}
-- for: agent, workflow
-- $1 behind which id, $2 how many at most.
select id, user_id, weight, {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_changes where id > $1 order by id limit $2

-- name: waiting_of_{kind}
-- for: agent, workflow
-- $1 owner: all that wait.
select id, weight, {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_changes where user_id = $1

-- name: count_waiting_{kind}
-- for: agent, workflow
-- How many wait, at most $1.
select count(*) from (select 1 from {kind}_execution_changes limit $1) counted

-- name: remove_waiting_{kind}
-- for: agent, workflow
-- $1 and $2: ids that follow each other, from the first to the last, each of which was read.
delete from {kind}_execution_changes where id >= $1 and id <= $2

-- name: hold_{kind}
-- for: agent, workflow
-- First of all where an owner is erased: folds wait, instead of changing rows that are to go.
update {kind}_execution_lifetimes set version = version + 1 where user_id = $1

-- name: erase_waiting_{kind}
-- for: agent, workflow
-- Of an owner that is erased; its other rows go with it.
delete from {kind}_execution_changes where user_id = $1

-- name: begin_lifetime_{kind}
-- for: agent, workflow
-- $1 owner, $2 zone, $3 built_from, $4 is_counted. There is one already: nothing changes. A version begins anywhere, so that those of a user who was
-- erased and comes back under the same id are none of those before (src/statistics/kept.h).
insert into {kind}_execution_lifetimes (
    user_id, zone, built_from, is_counted, version, held_until, horizon, frozen_until, frozen_date,
    running_count, completed_count, failed_count, timeout_count, cancelled_count, execution_count, summed_from, summed_until)
values ($1, $2, $3, $4, abs(random() % 4503599627370496), 0, null, null, null, 0, 0, 0, 0, 0, 0, '9999-12-31', '0001-01-01')
on conflict (user_id) do nothing

-- name: take_lifetime_{kind}
-- for: agent, workflow
-- $1 owner, $2 now: unless it is held. First in every transaction that changes statistics: who comes second waits, and finds another version.
update {kind}_execution_lifetimes set version = version + 1 where user_id = $1 and held_until <= $2
returning user_id, zone, built_from, is_counted, version, held_until, horizon, frozen_until, frozen_date,
    running_count, completed_count, failed_count, timeout_count, cancelled_count, (select timezone from users where id = $1),
    summed_from, summed_until

-- name: lifetime_{kind}
-- for: agent, workflow
-- $1 owner.
select user_id, zone, built_from, is_counted, version, held_until, horizon, frozen_until, frozen_date,
    running_count, completed_count, failed_count, timeout_count, cancelled_count, (select timezone from users where id = $1),
    summed_from, summed_until
from {kind}_execution_lifetimes where user_id = $1

-- name: save_lifetime_{kind}
-- for: agent, workflow
-- Of a row that was taken.
update {kind}_execution_lifetimes set
    zone = $2, built_from = $3, is_counted = $4, version = $5, held_until = $6, horizon = $7, frozen_until = $8, frozen_date = $9,
    running_count = $10, completed_count = $11, failed_count = $12, timeout_count = $13, cancelled_count = $14, execution_count = $15,
    summed_from = $16, summed_until = $17
where user_id = $1

-- name: unbuilt_{kind}
-- for: agent, workflow
-- $1 behind which owner, $2 how many at most: owners whose statistics are not made, or not for their zone, or not summed up until $3.
select u.id from users u left join {kind}_execution_lifetimes l on l.user_id = u.id
where u.id > $1 and (l.user_id is null or l.zone <> u.timezone or l.built_from is null or l.built_from > '0001-01-01' or not l.is_counted
    or l.summed_from > '0001-01-01' or l.summed_until < $3)
order by u.id limit $2

-- name: owners
-- $1 behind which user, $2 how many at most.
select id from users where id > $1 order by id limit $2

-- name: stats_at_{kind}
-- for: agent, workflow
-- $1 agent or workflow, $2 date, $3 owner, $4 is_frozen.
select user_id, {kind}_id, date, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_stats where {kind}_id = $1 and date = $2 and user_id = $3 and is_frozen = $4

-- name: days_at_{kind}
-- for: agent, workflow
-- $1 owner, $2 date, $3 is_frozen.
select user_id, null, date, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_days where user_id = $1 and date = $2 and is_frozen = $3

-- name: stats_of_{kind}
-- for: agent, workflow
-- $1 owner, $2 first, $3 last date: rows that are not frozen.
select user_id, {kind}_id, date, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_stats where user_id = $1 and date >= $2 and date <= $3 and not is_frozen

-- name: days_of_{kind}
-- for: agent, workflow
-- $1 owner, $2 first, $3 last date: rows that are not frozen.
select user_id, null, date, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_days where user_id = $1 and date >= $2 and date <= $3 and not is_frozen

-- name: frozen_stats_{kind}
-- for: agent, workflow
-- $1 owner: what is frozen, of agents or workflows.
select {kind}_id, execution_count from {kind}_execution_stats where user_id = $1 and is_frozen

-- name: frozen_days_{kind}
-- for: agent, workflow
-- $1 owner.
select coalesce(sum(running_count), 0), coalesce(sum(completed_count), 0), coalesce(sum(failed_count), 0), coalesce(sum(timeout_count), 0),
    coalesce(sum(cancelled_count), 0)
from {kind}_execution_days where user_id = $1 and is_frozen

-- name: put_stats_{kind}
-- for: agent, workflow
insert into {kind}_execution_stats (
    user_id, {kind}_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (user_id, date, {kind}_id, is_frozen) do update set
    execution_count = excluded.execution_count, running_count = excluded.running_count, completed_count = excluded.completed_count,
    failed_count = excluded.failed_count, timeout_count = excluded.timeout_count, cancelled_count = excluded.cancelled_count,
    total_duration_ms = excluded.total_duration_ms, min_duration_ms = excluded.min_duration_ms, max_duration_ms = excluded.max_duration_ms,
    duration_sketch = excluded.duration_sketch, llm_call_count = excluded.llm_call_count, llm_prompt_tokens = excluded.llm_prompt_tokens,
    llm_completion_tokens = excluded.llm_completion_tokens, llm_total_tokens = excluded.llm_total_tokens,
    tool_call_count = excluded.tool_call_count, cost_nanos = excluded.cost_nanos

-- name: put_days_{kind}
-- for: agent, workflow
-- As put_stats; $2 is unused.
insert into {kind}_execution_days (
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (user_id, date, is_frozen) do update set
    execution_count = excluded.execution_count, running_count = excluded.running_count, completed_count = excluded.completed_count,
    failed_count = excluded.failed_count, timeout_count = excluded.timeout_count, cancelled_count = excluded.cancelled_count,
    total_duration_ms = excluded.total_duration_ms, min_duration_ms = excluded.min_duration_ms, max_duration_ms = excluded.max_duration_ms,
    duration_sketch = excluded.duration_sketch, llm_call_count = excluded.llm_call_count, llm_prompt_tokens = excluded.llm_prompt_tokens,
    llm_completion_tokens = excluded.llm_completion_tokens, llm_total_tokens = excluded.llm_total_tokens,
    tool_call_count = excluded.tool_call_count, cost_nanos = excluded.cost_nanos

-- name: stats_in_{kind}
-- for: agent, workflow
-- $1 agent or workflow, $2 first, $3 last date, $4 owner, $5 is_frozen.
select user_id, {kind}_id, date, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_stats where {kind}_id = $1 and date >= $2 and date <= $3 and user_id = $4 and is_frozen = $5

-- name: all_stats_of_{kind}
-- for: agent, workflow
-- $1 owner, $2 first, $3 last date: frozen rows as well.
select user_id, {kind}_id, date, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_stats where user_id = $1 and date >= $2 and date <= $3

-- name: weeks_of_{kind}
-- for: agent, workflow
-- $1 owner, $2 the first week, $3 the last.
select user_id, {kind}_id, week, is_frozen, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_execution_weeks where user_id = $1 and week >= $2 and week <= $3

-- name: oldest_day_{kind}
-- for: agent, workflow
-- $1 owner.
select min(date) from {kind}_execution_days where user_id = $1

-- name: counts_of_{kind}
-- for: agent, workflow
-- $1 owner: of all daily rows, by status.
select coalesce(sum(running_count), 0), coalesce(sum(completed_count), 0), coalesce(sum(failed_count), 0),
    coalesce(sum(timeout_count), 0), coalesce(sum(cancelled_count), 0)
from {kind}_execution_days where user_id = $1

-- name: put_weeks_{kind}
-- for: agent, workflow
insert into {kind}_execution_weeks (
    user_id, {kind}_id, week, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
on conflict (user_id, week, {kind}_id, is_frozen) do update set
    execution_count = excluded.execution_count, running_count = excluded.running_count, completed_count = excluded.completed_count,
    failed_count = excluded.failed_count, timeout_count = excluded.timeout_count, cancelled_count = excluded.cancelled_count,
    total_duration_ms = excluded.total_duration_ms, min_duration_ms = excluded.min_duration_ms, max_duration_ms = excluded.max_duration_ms,
    duration_sketch = excluded.duration_sketch, llm_call_count = excluded.llm_call_count, llm_prompt_tokens = excluded.llm_prompt_tokens,
    llm_completion_tokens = excluded.llm_completion_tokens, llm_total_tokens = excluded.llm_total_tokens,
    tool_call_count = excluded.tool_call_count, cost_nanos = excluded.cost_nanos

-- name: remove_weeks_at_{kind}
-- for: agent, workflow
-- $1 owner, $2 agent or workflow, $3 week, $4 is_frozen: it counts nothing any more.
delete from {kind}_execution_weeks where user_id = $1 and week = $3 and {kind}_id = $2 and is_frozen = $4

-- name: clear_weeks_{kind}
-- for: agent, workflow
-- $1 owner, $2 the first week, $3 the last, $4 how many rows at most.
delete from {kind}_execution_weeks where (user_id, week, {kind}_id, is_frozen) in (
    select user_id, week, {kind}_id, is_frozen from {kind}_execution_weeks where user_id = $1 and week >= $2 and week <= $3 limit $4)

-- name: remove_stats_at_{kind}
-- for: agent, workflow
-- $1 owner, $2 agent or workflow, $3 date, $4 is_frozen: it counts nothing any more.
delete from {kind}_execution_stats where {kind}_id = $2 and date = $3 and user_id = $1 and is_frozen = $4

-- name: remove_days_at_{kind}
-- for: agent, workflow
-- As remove_stats_at; $2 is unused.
delete from {kind}_execution_days where user_id = $1 and date = $3 and is_frozen = $4

-- name: hours_at_{kind}
-- for: agent, workflow
-- $1 owner, $2 hour.
select user_id, hour, seconds from {kind}_execution_hours where user_id = $1 and hour = $2

-- name: hours_of_{kind}
-- for: agent, workflow
-- $1 owner, $2 from.
select user_id, hour, seconds from {kind}_execution_hours where user_id = $1 and hour >= $2

-- name: put_hours_{kind}
-- for: agent, workflow
insert into {kind}_execution_hours (user_id, hour, execution_count, seconds) values ($1, $2, $3, $4)
on conflict (user_id, hour) do update set execution_count = excluded.execution_count, seconds = excluded.seconds

-- name: remove_hours_{kind}
-- for: agent, workflow
-- $1 owner, $2 before.
delete from {kind}_execution_hours where user_id = $1 and hour < $2

-- name: add_totals_{kind}
-- for: agent, workflow
-- $1 owner, $2 agent or workflow, $3 how many more.
insert into {kind}_execution_totals (user_id, {kind}_id, execution_count) values ($1, $2, $3)
on conflict (user_id, {kind}_id) do update set execution_count = {kind}_execution_totals.execution_count + excluded.execution_count

-- name: remove_totals_{kind}
-- for: agent, workflow
-- $1 owner.
delete from {kind}_execution_totals where user_id = $1

-- name: totals_of_{kind}
-- for: agent, workflow
-- $1 owner.
select {kind}_id, execution_count from {kind}_execution_totals where user_id = $1

-- name: executions_{kind}
-- for: agent, workflow
-- $1 owner, started from $2 on, before $3.
select {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_executions
where user_id = $1 and status in ('running', 'completed', 'failed', 'timeout', 'cancelled') and started_at >= $2 and started_at < $3

-- name: executions_each_{kind}
-- for: agent, workflow
-- As executions, with their owner; for several owners.
select user_id, {kind}_id, started_at, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from {kind}_executions
where user_id = $1 and status in ('running', 'completed', 'failed', 'timeout', 'cancelled') and started_at >= $2 and started_at < $3

-- name: zone_of_user
select timezone from users where id = $1

-- name: oldest_{kind}
-- for: agent, workflow
-- $1 owner: when the oldest execution started that did at $2 or later.
select min(started_at) from (
    select min(started_at) as started_at from {kind}_executions where user_id = $1 and status = 'running' and started_at >= $2
    union all select min(started_at) from {kind}_executions where user_id = $1 and status = 'completed' and started_at >= $2
    union all select min(started_at) from {kind}_executions where user_id = $1 and status = 'failed' and started_at >= $2
    union all select min(started_at) from {kind}_executions where user_id = $1 and status = 'timeout' and started_at >= $2
    union all select min(started_at) from {kind}_executions where user_id = $1 and status = 'cancelled' and started_at >= $2) oldest

-- name: newest_{kind}
-- for: agent, workflow
-- $1 owner: when the newest execution started that did before $2.
select max(started_at) from (
    select max(started_at) as started_at from {kind}_executions where user_id = $1 and status = 'running' and started_at < $2
    union all select max(started_at) from {kind}_executions where user_id = $1 and status = 'completed' and started_at < $2
    union all select max(started_at) from {kind}_executions where user_id = $1 and status = 'failed' and started_at < $2
    union all select max(started_at) from {kind}_executions where user_id = $1 and status = 'timeout' and started_at < $2
    union all select max(started_at) from {kind}_executions where user_id = $1 and status = 'cancelled' and started_at < $2) newest

-- name: name_of_agent
-- $1 id, $2 reader, $3 whether it sees what is everybody's. Also of one that is deleted.
select id, name from agents where id = $1 and (user_id = $2 or is_public or $3)
union all
select id, name from former_names where id = $1 and (user_id = $2 or is_public or $3)

-- name: name_of_workflow
-- $1 id, $2 reader, $3 whether it sees what is everybody's. One that is deleted has none: nothing of a workflow stays.
select id, name from workflows where id = $1 and (user_id = $2 or is_public or $3)

-- name: newest_of
-- $1 owner, $2 how many: the newest executions of agents, in no order; one range of the index per status, merged.
with page as (
    select started_at, id, rowid as number from agent_executions where user_id = $1 and status = 'running'
    union all
    select started_at, id, rowid as number from agent_executions where user_id = $1 and status = 'completed'
    union all
    select started_at, id, rowid as number from agent_executions where user_id = $1 and status = 'failed'
    union all
    select started_at, id, rowid as number from agent_executions where user_id = $1 and status = 'timeout'
    union all
    select started_at, id, rowid as number from agent_executions where user_id = $1 and status = 'cancelled'
    order by started_at desc, id desc
    limit $2
)
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id and (a.user_id = $1 or a.is_public)),
    (select f.name from former_names f where f.id = e.agent_id and (f.user_id = $1 or f.is_public))), e.status, e.started_at, e.duration_ms
from page p join agent_executions e on e.rowid = p.number

-- name: newest_of_everybody
-- Of each owner as many of each status, in no order.
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id), (select f.name from former_names f where f.id = e.agent_id)), e.status, e.started_at, e.duration_ms
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and status = 'running' order by started_at desc, id desc limit $2)
union all
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id), (select f.name from former_names f where f.id = e.agent_id)), e.status, e.started_at, e.duration_ms
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and status = 'completed' order by started_at desc, id desc limit $2)
union all
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id), (select f.name from former_names f where f.id = e.agent_id)), e.status, e.started_at, e.duration_ms
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and status = 'failed' order by started_at desc, id desc limit $2)
union all
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id), (select f.name from former_names f where f.id = e.agent_id)), e.status, e.started_at, e.duration_ms
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and status = 'timeout' order by started_at desc, id desc limit $2)
union all
select e.id, e.agent_id, coalesce((select a.name from agents a where a.id = e.agent_id), (select f.name from former_names f where f.id = e.agent_id)), e.status, e.started_at, e.duration_ms
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and status = 'cancelled' order by started_at desc, id desc limit $2)

-- name: count_of
-- $1 owner: how many executions of agents there have been, ever.
select coalesce(sum(n), 0) from (
    select l.execution_count as n from users u cross join agent_execution_lifetimes l where l.user_id = u.id and l.is_counted and u.id = $1
    union all
    select c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id and u.id = $1
    union all
    select 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join agent_executions e
        where l.is_counted is not 1 and e.user_id = u.id and e.started_at >= coalesce(l.horizon, -9223372036854775807) and u.id = $1
    union all
    select s.execution_count from users u cross join agent_execution_lifetimes l cross join agent_execution_days s
        where l.user_id = u.id and not l.is_counted and s.user_id = u.id and s.is_frozen and u.id = $1
) counts

-- name: count_of_everybody
-- How many executions of agents there have been, ever.
select coalesce(sum(n), 0) from (
    select l.execution_count as n from users u cross join agent_execution_lifetimes l where l.user_id = u.id and l.is_counted
    union all
    select c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id
    union all
    select 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join agent_executions e
        where l.is_counted is not 1 and e.user_id = u.id and e.started_at >= coalesce(l.horizon, -9223372036854775807)
    union all
    select s.execution_count from users u cross join agent_execution_lifetimes l cross join agent_execution_days s
        where l.user_id = u.id and not l.is_counted and s.user_id = u.id and s.is_frozen
) counts

-- name: favorites
-- $1 owner: how often agents that are still there have been executed, ever; to be added up.
select a.id, counts.n from (
    select t.agent_id, t.execution_count as n from users u cross join agent_execution_lifetimes l cross join agent_execution_totals t
        where l.user_id = u.id and l.is_counted and t.user_id = u.id and u.id = $1
    union all
    select c.agent_id, c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id and u.id = $1
    union all
    select e.agent_id, 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join agent_executions e
        where l.is_counted is not 1 and e.user_id = u.id and e.started_at >= coalesce(l.horizon, -9223372036854775807) and u.id = $1
    union all
    select s.agent_id, s.execution_count from users u cross join agent_execution_lifetimes l cross join agent_execution_stats s
        where l.user_id = u.id and not l.is_counted and s.user_id = u.id and s.is_frozen and u.id = $1
) counts cross join agents a where a.id = counts.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)

-- name: favorites_of_everybody
-- How often agents that are still there have been executed, ever; to be added up.
select a.id, counts.n from (
    select t.agent_id, t.execution_count as n from users u cross join agent_execution_lifetimes l cross join agent_execution_totals t
        where l.user_id = u.id and l.is_counted and t.user_id = u.id
    union all
    select c.agent_id, c.weight from users u cross join agent_execution_lifetimes l cross join agent_execution_changes c
        where l.user_id = u.id and l.is_counted and c.user_id = u.id
    union all
    select e.agent_id, 1 from users u left join agent_execution_lifetimes l on l.user_id = u.id cross join agent_executions e
        where l.is_counted is not 1 and e.user_id = u.id and e.started_at >= coalesce(l.horizon, -9223372036854775807)
    union all
    select s.agent_id, s.execution_count from users u cross join agent_execution_lifetimes l cross join agent_execution_stats s
        where l.user_id = u.id and not l.is_counted and s.user_id = u.id and s.is_frozen
) counts cross join agents a where a.id = counts.agent_id and a.deleted_at is null

-- name: favorite
-- $1 owner, $2 agent: 0 what it is, 1 its newest execution.
with newest as (
    select started_at, id, status from agent_executions where user_id = $1 and agent_id = $2 and status = 'running'
    union all
    select started_at, id, status from agent_executions where user_id = $1 and agent_id = $2 and status = 'completed'
    union all
    select started_at, id, status from agent_executions where user_id = $1 and agent_id = $2 and status = 'failed'
    union all
    select started_at, id, status from agent_executions where user_id = $1 and agent_id = $2 and status = 'timeout'
    union all
    select started_at, id, status from agent_executions where user_id = $1 and agent_id = $2 and status = 'cancelled'
    order by started_at desc, id desc
    limit 1
)
select 0, id, name, description, agent_type, null, null from agents where id = $2
union all
select 1, $2, null, null, null, started_at, status from newest

-- name: favorite_of_everybody
-- $1 is unused, $2 agent: 0 what it is, 1 its newest execution of each owner and status.
select 0, id, name, description, agent_type, null, null from agents where id = $2
union all
select 1, e.agent_id, null, null, null, e.started_at, e.status
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and agent_id = $2 and status = 'running' order by started_at desc, id desc limit 1)
union all
select 1, e.agent_id, null, null, null, e.started_at, e.status
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and agent_id = $2 and status = 'completed' order by started_at desc, id desc limit 1)
union all
select 1, e.agent_id, null, null, null, e.started_at, e.status
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and agent_id = $2 and status = 'failed' order by started_at desc, id desc limit 1)
union all
select 1, e.agent_id, null, null, null, e.started_at, e.status
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and agent_id = $2 and status = 'timeout' order by started_at desc, id desc limit 1)
union all
select 1, e.agent_id, null, null, null, e.started_at, e.status
from users u cross join agent_executions e where e.rowid in (
    select rowid from agent_executions where user_id = u.id and agent_id = $2 and status = 'cancelled' order by started_at desc, id desc limit 1)

-- name: stuck_of
-- $1 owner, $2 started before: executions of both kinds that are still running, at most 10,000 of each.
select (select count(*) from (select 1 from agent_executions e where e.user_id = $1 and e.status = 'running' and e.started_at < $2 limit 10000) counted)
    + (select count(*) from (select 1 from workflow_executions e where e.user_id = $1 and e.status = 'running' and e.started_at < $2 limit 10000) counted)

-- name: stuck_of_everybody
-- $2 started before: executions of both kinds that are still running, at most 10,000 of each.
select (select count(*) from (select 1 from users u cross join agent_executions e where e.user_id = u.id and e.status = 'running' and e.started_at < $2 limit 10000) counted)
    + (select count(*) from (select 1 from users u cross join workflow_executions e where e.user_id = u.id and e.status = 'running' and e.started_at < $2 limit 10000) counted)
