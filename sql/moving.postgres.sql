-- What reads differently on PostgreSQL: rows are written as arrays, and the columns of JSON beside the documents are taken from those. `offset 0`
-- keeps a document from being parsed once for each of its columns.

-- name: is_unfinished
select 1 where to_regclass('unfinished_move') is not null

-- name: insert_users
insert into users (
    id, name, role, timezone, created_at, updated_at, version, request_hash, document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as text[]), cast($4 as text[]), cast($5 as timestamptz[]), cast($6 as timestamptz[]),
    cast($7 as bigint[]), cast($8 as bytea[]), cast($9 as bytea[]))

-- name: insert_api_keys
insert into api_keys (
    id, user_id, name, key_hash, created_at, document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as bytea[]), cast($5 as timestamptz[]), cast($6 as bytea[]))

-- name: insert_tools
insert into tools (
    id, name, description, category, input_schema, output_schema, implementation_type, implementation_ref, requires_auth, is_builtin, created_at,
    updated_at, version, request_hash, document, summary)
select * from unnest(
    cast($1 as text[]), cast($2 as text[]), cast($3 as text[]), cast($4 as text[]), cast($5 as jsonb[]), cast($6 as jsonb[]), cast($7 as text[]),
    cast($8 as text[]), cast($9 as boolean[]), cast($10 as boolean[]), cast($11 as timestamptz[]), cast($12 as timestamptz[]),
    cast($13 as bigint[]), cast($14 as bytea[]), cast($15 as bytea[]), cast($16 as bytea[]))

-- name: insert_knowledgebases
insert into knowledgebases (
    id, user_id, name, description, embedding_model, chunk_size, chunk_overlap, configuration, created_at, updated_at, version, request_hash,
    document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as bigint[]),
    cast($7 as bigint[]), cast($8 as jsonb[]), cast($9 as timestamptz[]), cast($10 as timestamptz[]), cast($11 as bigint[]), cast($12 as bytea[]),
    cast($13 as bytea[]))

-- name: insert_blocks
insert into blocks (
    id, user_id, name, description, block_type, input_schema, output_schema, configuration, implementation, is_public, created_at, updated_at,
    version, request_hash, document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as jsonb[]), cast($7 as jsonb[]),
    cast($8 as jsonb[]), cast($9 as text[]), cast($10 as boolean[]), cast($11 as timestamptz[]), cast($12 as timestamptz[]),
    cast($13 as bigint[]), cast($14 as bytea[]), cast($15 as bytea[]))

-- name: insert_agents
insert into agents (
    id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version, deleted_at,
    request_hash, document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as text[]), cast($7 as text[]),
    cast($8 as jsonb[]), cast($9 as boolean[]), cast($10 as timestamptz[]), cast($11 as timestamptz[]), cast($12 as bigint[]),
    cast($13 as timestamptz[]), cast($14 as bytea[]), cast($15 as bytea[]))

-- name: insert_agent_tools
insert into agent_tools (
    agent_id, position, tool_id, configuration, "order", document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as jsonb[]), cast($5 as bigint[]), cast($6 as bytea[]))

-- name: insert_agent_knowledgebases
insert into agent_knowledgebases (
    agent_id, position, knowledgebase_id, priority, document)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as uuid[]), cast($4 as bigint[]), cast($5 as bytea[]))

-- name: insert_agent_versions
insert into agent_versions (
    agent_id, version, created_at, content)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as timestamptz[]), cast($4 as bytea[]))

-- name: insert_workflows
insert into workflows (
    id, user_id, name, description, is_public, created_at, updated_at, version, request_hash, document, triggers, page, name_places,
    graph_definition)
select
    r.id, r.user_id, r.name, r.description, r.is_public, r.created_at, r.updated_at, r.version, r.request_hash, r.document, r.triggers, r.page,
    r.name_places, r.d -> 'graph_definition'
from (
    select *, cast('{' || convert_from(page, 'UTF8') || '}' as jsonb) as d
    from unnest(
        cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as text[]), cast($5 as boolean[]), cast($6 as timestamptz[]),
        cast($7 as timestamptz[]), cast($8 as bigint[]), cast($9 as bytea[]), cast($10 as bytea[]), cast($11 as bytea[]), cast($12 as bytea[]),
        cast($13 as bytea[]))
    as given(
        id, user_id, name, description, is_public, created_at, updated_at, version, request_hash, document, triggers, page, name_places)
    offset 0) r

-- name: insert_workflow_nodes
insert into workflow_nodes (
    workflow_id, position, node_id, type, parent_id, agent_id, block_id, document, configuration, user_id, is_public, created_at)
select
    r.workflow_id, r.position, r.node_id, r.type, r.parent_id, r.agent_id, r.block_id, r.document, coalesce(r.d -> 'data', '{}'), w.user_id,
    w.is_public, w.created_at
from (
    select *, cast(convert_from(document, 'UTF8') as jsonb) as d
    from unnest(
        cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as uuid[]),
        cast($7 as uuid[]), cast($8 as bytea[]))
    as given(
        workflow_id, position, node_id, type, parent_id, agent_id, block_id, document)
    offset 0) r
join workflows w on w.id = r.workflow_id

-- name: insert_workflow_edges
insert into workflow_edges (
    workflow_id, position, edge_id, source, target, source_handle, target_handle, document, configuration)
select
    r.workflow_id, r.position, r.edge_id, r.source, r.target, r.source_handle, r.target_handle, r.document, coalesce(r.d -> 'data', '{}')
from (
    select *, cast(convert_from(document, 'UTF8') as jsonb) as d
    from unnest(
        cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as text[]),
        cast($7 as text[]), cast($8 as bytea[]))
    as given(
        workflow_id, position, edge_id, source, target, source_handle, target_handle, document)
    offset 0) r

-- name: insert_workflow_references
insert into workflow_references (
    workflow_id, ordinal, agent_id, block_id)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as uuid[]), cast($4 as uuid[]))

-- name: insert_workflow_schedules
insert into workflow_schedules (
    workflow_id, position, cron_expression, timezone, input_data, is_active)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as jsonb[]), cast($6 as boolean[]))

-- name: insert_workflow_webhooks
insert into workflow_webhooks (
    workflow_id, position, webhook_path, http_method, is_active, secret)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as boolean[]), cast($6 as text[]))

-- name: insert_{kind}_executions
-- for: agent, workflow
insert into {kind}_executions (
    id, user_id, {kind}_id, session_id, status, started_at, completed_at, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens,
    llm_total_tokens, tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version,
    given, request_hash, document, execution_context, input_data, output_data, error_message)
select
    r.id, r.user_id, r.{kind}_id, r.session_id, r.status, r.started_at, r.completed_at, r.duration_ms, r.llm_call_count, r.llm_prompt_tokens,
    r.llm_completion_tokens, r.llm_total_tokens, r.tool_call_count, r.tool_total_duration_ms, r.cache_hit_count, r.cache_miss_count, r.cost_nanos,
    r.created_at, r.updated_at, r.version, r.given, r.request_hash, r.document, r.execution_context, r.d -> 'input_data', r.d -> 'output_data',
    r.d ->> 'error_message'
from (
    select *, cast(convert_from(document, 'UTF8') as jsonb) as d
    from unnest(
        cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as uuid[]), cast($4 as text[]), cast($5 as text[]), cast($6 as timestamptz[]),
        cast($7 as timestamptz[]), cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]), cast($11 as bigint[]),
        cast($12 as bigint[]), cast($13 as bigint[]), cast($14 as bigint[]), cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]),
        cast($18 as timestamptz[]), cast($19 as timestamptz[]), cast($20 as bigint[]), cast($21 as smallint[]), cast($22 as bytea[]),
        cast($23 as bytea[]), cast($24 as jsonb[]))
    as given(
        id, user_id, {kind}_id, session_id, status, started_at, completed_at, duration_ms, llm_call_count, llm_prompt_tokens,
        llm_completion_tokens, llm_total_tokens, tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos,
        created_at, updated_at, version, given, request_hash, document, execution_context)
    offset 0) r

-- name: read_execution_steps
-- The months before are left closed.
select
    execution_id, kind, step_number, document
from execution_steps where execution_id >= $1 and (execution_id, kind, step_number) > ($1, $2, $3) order by execution_id, kind, step_number

-- name: insert_execution_steps
insert into execution_steps (
    execution_id, kind, step_number, document, step_type, content, step_metadata, timestamp)
select
    r.execution_id, r.kind, r.step_number, r.document, r.d ->> 'step_type', r.d ->> 'content', r.d -> 'step_metadata',
    cast(r.d ->> 'timestamp' as timestamptz)
from (
    select *, cast(convert_from(document, 'UTF8') as jsonb) as d
    from unnest(
        cast($1 as uuid[]), cast($2 as text[]), cast($3 as bigint[]), cast($4 as bytea[]))
    as given(
        execution_id, kind, step_number, document)
    offset 0) r

-- name: insert_memory_settings
insert into memory_settings (
    agent_id, short_term_retention_hours, auto_cleanup, auto_consolidation, consolidation_threshold, enable_compression, max_memory_size_mb,
    importance_threshold, updated_at, version)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as boolean[]), cast($4 as boolean[]), cast($5 as bigint[]), cast($6 as boolean[]),
    cast($7 as bigint[]), cast($8 as text[]), cast($9 as timestamptz[]), cast($10 as bigint[]))

-- name: read_agent_memories
select
    id, arrival, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, provenance, request_hash
from agent_memories where id > $1 order by id

-- name: insert_agent_memories
insert into agent_memories (
    id, arrival, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, provenance, request_hash, stored_bytes)
select id, arrival, agent_id, type, importance, session_id, content, cast(metadata as jsonb), embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, provenance, request_hash,
    octet_length(content) + octet_length(metadata) + coalesce(octet_length(embedding), 0)
from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as uuid[]), cast($4 as text[]), cast($5 as text[]), cast($6 as text[]), cast($7 as bytea[]),
    cast($8 as text[]), cast($9 as bytea[]), cast($10 as bigint[]), cast($11 as timestamptz[]), cast($12 as timestamptz[]),
    cast($13 as timestamptz[]), cast($14 as bigint[]), cast($15 as boolean[]), cast($16 as boolean[]), cast($17 as bigint[]),
    cast($18 as bytea[]), cast($19 as bytea[])) m(
    id, arrival, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, provenance, request_hash)

-- name: insert_memory_timeline
insert into memory_timeline (agent_id, timestamp, id, type, count, memory_ids, metadata)
select * from unnest(
    cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as uuid[]), cast($4 as text[]), cast($5 as bigint[]), cast($6 as bytea[]),
    cast($7 as jsonb[]))

-- name: insert_idempotency_keys
insert into idempotency_keys (
    user_id, path, key, request_hash, created_at, status, location, etag, body)
select * from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as text[]), cast($4 as bytea[]), cast($5 as timestamptz[]), cast($6 as integer[]),
    cast($7 as text[]), cast($8 as text[]), cast($9 as bytea[]))

-- name: read_agent_execution_stats
select
    agent_id, to_char(date, 'YYYY-MM-DD'), user_id, is_frozen, execution_count, running_count, completed_count, failed_count,
    timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count,
    llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from agent_execution_stats where (agent_id, date, user_id) > ($1, cast(coalesce(nullif(cast($2 as text), ''), '-infinity') as date), $3) and is_frozen order by agent_execution_stats.agent_id, agent_execution_stats.date, agent_execution_stats.user_id

-- name: insert_agent_execution_stats
insert into agent_execution_stats (
    agent_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select
    agent_id, cast(date as date), user_id, is_frozen, execution_count, running_count, completed_count, failed_count,
    timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count,
    llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as uuid[]), cast($4 as boolean[]), cast($5 as bigint[]), cast($6 as bigint[]),
    cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as
    bigint[]), cast($13 as bigint[]), cast($14 as bytea[]), cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]),
    cast($18 as bigint[]), cast($19 as bigint[]), cast($20 as bigint[]))
    given(agent_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)

-- name: read_agent_execution_days
select
    user_id, to_char(date, 'YYYY-MM-DD'), is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from agent_execution_days where (user_id, date) > ($1, cast(coalesce(nullif(cast($2 as text), ''), '-infinity') as date)) and is_frozen order by agent_execution_days.user_id, agent_execution_days.date

-- name: insert_agent_execution_days
insert into agent_execution_days (
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count,
    total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select
    user_id, cast(date as date), is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as boolean[]), cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as
    bigint[]), cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]), cast($11 as bigint[]),
    cast($12 as bigint[]), cast($13 as bytea[]), cast($14 as bigint[]), cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as
    bigint[]), cast($18 as bigint[]), cast($19 as bigint[]))
    given(user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)

-- name: read_agent_execution_lifetimes
select user_id, horizon, frozen_until, to_char(frozen_date, 'YYYY-MM-DD')
from agent_execution_lifetimes where user_id > $1 and horizon is not null order by user_id

-- name: insert_agent_execution_lifetimes
insert into agent_execution_lifetimes (
    user_id, horizon, frozen_until, frozen_date, zone, built_from, is_counted, version, held_until, summed_from, summed_until, execution_count,
    running_count, completed_count, failed_count, timeout_count, cancelled_count)
select user_id, horizon, frozen_until, cast(frozen_date as date), '', null, false, 1, 'epoch', '9999-12-31', '0001-01-01', 0, 0, 0, 0, 0, 0
from unnest(cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as timestamptz[]), cast($4 as text[]))
    given(user_id, horizon, frozen_until, frozen_date)

-- name: read_workflow_execution_stats
select
    workflow_id, to_char(date, 'YYYY-MM-DD'), user_id, is_frozen, execution_count, running_count, completed_count, failed_count,
    timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count,
    llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from workflow_execution_stats where (workflow_id, date, user_id) > ($1, cast(coalesce(nullif(cast($2 as text), ''), '-infinity') as date), $3) and is_frozen order by workflow_execution_stats.workflow_id, workflow_execution_stats.date, workflow_execution_stats.user_id

-- name: insert_workflow_execution_stats
insert into workflow_execution_stats (
    workflow_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select
    workflow_id, cast(date as date), user_id, is_frozen, execution_count, running_count, completed_count, failed_count,
    timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count,
    llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as uuid[]), cast($4 as boolean[]), cast($5 as bigint[]), cast($6 as bigint[]),
    cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]), cast($11 as bigint[]), cast($12 as
    bigint[]), cast($13 as bigint[]), cast($14 as bytea[]), cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as bigint[]),
    cast($18 as bigint[]), cast($19 as bigint[]), cast($20 as bigint[]))
    given(workflow_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)

-- name: read_workflow_execution_days
select
    user_id, to_char(date, 'YYYY-MM-DD'), is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from workflow_execution_days where (user_id, date) > ($1, cast(coalesce(nullif(cast($2 as text), ''), '-infinity') as date)) and is_frozen order by workflow_execution_days.user_id, workflow_execution_days.date

-- name: insert_workflow_execution_days
insert into workflow_execution_days (
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count,
    total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
select
    user_id, cast(date as date), is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as boolean[]), cast($4 as bigint[]), cast($5 as bigint[]), cast($6 as
    bigint[]), cast($7 as bigint[]), cast($8 as bigint[]), cast($9 as bigint[]), cast($10 as bigint[]), cast($11 as bigint[]),
    cast($12 as bigint[]), cast($13 as bytea[]), cast($14 as bigint[]), cast($15 as bigint[]), cast($16 as bigint[]), cast($17 as
    bigint[]), cast($18 as bigint[]), cast($19 as bigint[]))
    given(user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)

-- name: read_workflow_execution_lifetimes
select user_id, horizon, frozen_until, to_char(frozen_date, 'YYYY-MM-DD')
from workflow_execution_lifetimes where user_id > $1 and horizon is not null order by user_id

-- name: insert_workflow_execution_lifetimes
insert into workflow_execution_lifetimes (
    user_id, horizon, frozen_until, frozen_date, zone, built_from, is_counted, version, held_until, summed_from, summed_until, execution_count,
    running_count, completed_count, failed_count, timeout_count, cancelled_count)
select user_id, horizon, frozen_until, cast(frozen_date as date), '', null, false, 1, 'epoch', '9999-12-31', '0001-01-01', 0, 0, 0, 0, 0, 0
from unnest(cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as timestamptz[]), cast($4 as text[]))
    given(user_id, horizon, frozen_until, frozen_date)

-- name: insert_prices
insert into prices (llm_provider, llm_model, prompt_nanos, completion_nanos)
select * from unnest(cast($1 as text[]), cast($2 as text[]), cast($3 as bigint[]), cast($4 as bigint[]))

-- name: insert_jobs
insert into jobs (
    id, token, taken_until, run_id, owner, lease_until, last_run_id)
select * from unnest(
    cast($1 as text[]), cast($2 as bigint[]), cast($3 as timestamptz[]), cast($4 as uuid[]), cast($5 as uuid[]), cast($6 as timestamptz[]),
    cast($7 as uuid[]))

-- name: insert_job_runs
insert into job_runs (
    id, job_id, scheduled_for, started_at, finished_at, status, attempt, progress, result, error)
select * from unnest(
    cast($1 as uuid[]), cast($2 as text[]), cast($3 as timestamptz[]), cast($4 as timestamptz[]), cast($5 as timestamptz[]), cast($6 as text[]),
    cast($7 as bigint[]), cast($8 as jsonb[]), cast($9 as jsonb[]), cast($10 as text[]))

-- name: insert_retention_horizons
insert into retention_horizons (
    kind, horizon)
select * from unnest(
    cast($1 as text[]), cast($2 as timestamptz[]))

-- name: insert_former_names
insert into former_names (
    id, user_id, name, is_public)
select * from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as boolean[]))
