// One hand-written statement a page, each prepared once a connection under its name. Rows come as arrays of PostgreSQL's own text and
// json.js puts them together: of what was tried this costs least (json_build_object in PostgreSQL takes three times what the plain
// rows take there, and saves node little).
//
// A reader sees its own rows and public ones.

const AS_TEXT = { getTypeParser: () => (value) => value };
const prepared = (name, text) => ({ name, text, rowMode: 'array', types: AS_TEXT });

const AGENT = `a.id, a.user_id, a.name, a.description, a.agent_type, a.llm_provider, a.llm_model, a.configuration, a.is_public, a.created_at,
  a.updated_at, a.version`;
const WORKFLOW = 'w.id, w.user_id, w.name, w.description, w.is_public, w.created_at, w.updated_at, w.version';
const EXECUTION = `e.id, e.user_id, e.agent_id, e.session_id, e.input_data, e.output_data, e.status, e.error_message, e.started_at,
  e.completed_at, e.duration_ms, e.llm_call_count, e.llm_prompt_tokens, e.llm_completion_tokens, e.llm_total_tokens, e.tool_call_count,
  e.tool_total_duration_ms, e.cache_hit_count, e.cache_miss_count, e.cost_usd, e.created_at, e.updated_at, e.version, a.name`;

// $1 the SHA-256 of the key in hex.
export const userOfKey = prepared('userOfKey', `select user_id from api_keys where key_hash = decode($1, 'hex')`);

// $1 id, $2 reader. Parts: 0 the workflow, 1 its nodes, 2 its edges, 3 schedules and 4 webhooks for its owner, each in order.
export const workflow = prepared('workflow', `
with w as (select * from workflows where id = $1 and (user_id = $2 or is_public))
select 0, 0 as position, w.id::text, w.user_id::text, w.name, w.description, w.is_public::text, w.created_at::text, w.updated_at::text,
  w.version::text, w.graph_definition::text, (w.user_id = $2)::text
from w
union all
select 1, n.position, n.node_id, n.type, n.placement::text, n.data::text, n.parent_id, n.agent_id::text, n.block_id::text,
  coalesce(a.name, b.name), null, null
from w join workflow_nodes n on n.workflow_id = w.id
left join agents a on a.id = n.agent_id and (a.user_id = $2 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $2 or b.is_public)
union all
select 2, d.position, d.edge_id, d.source, d.target, d.source_handle, d.target_handle, d.data::text, null, null, null, null
from w join workflow_edges d on d.workflow_id = w.id
union all
select 3, s.position, s.cron_expression, s.timezone, s.input_data::text, s.is_active::text, null, null, null, null, null, null
from w join workflow_schedules s on s.workflow_id = w.id and w.user_id = $2
union all
select 4, h.position, h.webhook_path, h.http_method, h.is_active::text, null, null, null, null, null, null, null
from w join workflow_webhooks h on h.workflow_id = w.id and w.user_id = $2
order by 1, 2`);

// $1 id, $2 reader. Parts: 0 the agent, 1 its tools, 2 its knowledgebases, each in order.
export const agent = prepared('agent', `
with a as (select * from agents where id = $1 and (user_id = $2 or is_public))
select 0, 0 as position, a.id::text, a.user_id::text, a.name, a.description, a.agent_type, a.llm_provider, a.llm_model, a.configuration::text,
  a.is_public::text, a.created_at::text, a.updated_at::text, a.version::text
from a
union all
select 1, l.position, l.tool_id, l.configuration::text, l."order"::text, t.name, t.category, t.description, null, null, null, null, null, null
from a join agent_tools l on l.agent_id = a.id join tools t on t.id = l.tool_id
union all
select 2, l.position, l.knowledgebase_id::text, l.priority::text, k.name, null, null, null, null, null, null, null, null, null
from a join agent_knowledgebases l on l.agent_id = a.id left join knowledgebases k on k.id = l.knowledgebase_id and k.user_id = $2
order by 1, 2`);

// Lists take $1 reader, $2 limit, ($3, $4) the place to go on after or nulls, $5 what is asked for.

export const agentsContaining = prepared('agentsContaining', `
select ${AGENT} from agents a
where (a.user_id = $1 or a.is_public) and a.configuration @> $5::jsonb and ($3::timestamptz is null or (a.created_at, a.id) < ($3, $4::uuid))
order by a.created_at desc, a.id desc
limit $2`);

export const workflowsContaining = prepared('workflowsContaining', `
select ${WORKFLOW} from workflows w
where (w.user_id = $1 or w.is_public) and w.graph_definition @> $5::jsonb
  and ($3::timestamptz is null or (w.created_at, w.id) < ($3, $4::uuid))
order by w.created_at desc, w.id desc
limit $2`);

export const executionsOfAgent = prepared('executionsOfAgent', `
select ${EXECUTION}
from agent_executions e
left join agents a on a.id = e.agent_id and (a.user_id = $1 or a.is_public)
where e.user_id = $1 and e.agent_id = $5
  and (e.started_at, e.id) < (coalesce($3, 'infinity'::timestamptz), coalesce($4, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
order by e.started_at desc, e.id desc
limit $2`);

// $1 owner, $2 how many dates. From daily rows of each agent (peers/statistics.sql); a date is one of UTC.
export const dashboardStats = prepared('dashboardStats', `
select (select count(*) from agents where user_id = $1), (select count(*) from blocks where user_id = $1),
  (select count(*) from workflows where user_id = $1), (select count(*) from knowledgebases where user_id = $1),
  (select execution_count from user_execution_totals where user_id = $1),
  (select count(*) from agent_executions where user_id = $1 and started_at > now() - interval '24 hours'),
  sum(s.running_count), round(100 * sum(s.completed_count) / nullif(sum(s.finished_count), 0), 1),
  round(sum(s.total_duration_ms) / nullif(sum(s.finished_count), 0) / 1000, 6), sum(s.llm_total_tokens), sum(s.cost_usd),
  (select json_object_agg(type, count) from (select type, count(*) from agent_memories where user_id = $1 group by type) m)
from agent_execution_stats s
where s.user_id = $1 and s.date > cast(now() at time zone 'UTC' as date) - $2::int`);

export const executionTrend = prepared('executionTrend', `
select d.date::date, coalesce(s.total, 0), coalesce(s.successful, 0), coalesce(s.failed, 0)
from generate_series(cast(now() at time zone 'UTC' as date) - $2::int + 1, cast(now() at time zone 'UTC' as date), interval '1 day') d (date)
left join (
  select date, sum(execution_count) as total, sum(completed_count) as successful, sum(failed_count) as failed
  from agent_execution_stats where user_id = $1 and date > cast(now() at time zone 'UTC' as date) - $2::int group by date) s
  on s.date = d.date::date
order by 1`);

const COLUMNS = `id, user_id, agent_id, session_id, input_data, output_data, status, error_message, started_at, completed_at, duration_ms,
  execution_context, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, tool_total_duration_ms,
  cache_hit_count, cache_miss_count, cost_usd`;

// $1 owner, then the columns in order. No row where there is no such agent.
export const insertExecution = prepared('insertExecution', `
with e as (
  insert into agent_executions (${COLUMNS})
  select $2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
  where exists (select from agents a where a.id = $3 and (a.user_id = $1 or a.is_public))
  returning *)
select ${EXECUTION}, e.execution_context from e left join agents a on a.id = e.agent_id`);

// $1 owner, $2 rows as a JSON array.
export const insertExecutions = prepared('insertExecutions', `
insert into agent_executions (${COLUMNS})
select r.id, $1, r.agent_id, r.session_id, r.input_data, r.output_data, r.status, r.error_message, r.started_at, r.completed_at, r.duration_ms,
  r.execution_context, r.llm_call_count, r.llm_prompt_tokens, r.llm_completion_tokens, r.llm_total_tokens, r.tool_call_count,
  r.tool_total_duration_ms, r.cache_hit_count, r.cache_miss_count, r.cost_usd
from json_populate_recordset(null::agent_executions, $2::json) r
where exists (select from agents a where a.id = r.agent_id and (a.user_id = $1 or a.is_public))
returning id`);
