-- Whole tables as `onggi copy`, `export` and `import` move them (src/move): what belongs to the platform, in the order of each table's key, from
-- behind a key on. What a store derives for itself (terms of SQLite, columns of JSON on PostgreSQL, definition_versions) is not read: it comes
-- about anew where the rows arrive.
--
-- While a move is unfinished its target holds a table of one row, `unfinished_move`, which changes in the transaction of the rows. No server
-- starts on a store that has one.

-- name: is_unfinished
select 1 from sqlite_schema where type = 'table' and name = 'unfinished_move'

-- name: begin
create table unfinished_move (source text not null, place text not null)

-- name: set_source
-- $1 what is moved, $2 how far it is.
insert into unfinished_move (source, place) values ($1, $2)

-- name: place
select source, place from unfinished_move

-- name: proceed
-- $1 how far it was, $2 is. No row: somebody else is moving as well.
update unfinished_move set place = $2 where place = $1

-- name: end
drop table unfinished_move

-- name: read_users
select
    id, name, role, timezone, created_at, updated_at, version, request_hash, document
from users where id > $1 order by id

-- name: insert_users
insert into users (
    id, name, role, timezone, created_at, updated_at, version, request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: read_api_keys
select
    id, user_id, name, key_hash, created_at, document
from api_keys where id > $1 order by id

-- name: insert_api_keys
insert into api_keys (
    id, user_id, name, key_hash, created_at, document)
values ($1, $2, $3, $4, $5, $6)

-- name: read_tools
select
    id, name, description, category, input_schema, output_schema, implementation_type, implementation_ref, requires_auth, is_builtin, created_at,
    updated_at, version, request_hash, document, summary
from tools where id > $1 order by id

-- name: insert_tools
insert into tools (
    id, name, description, category, input_schema, output_schema, implementation_type, implementation_ref, requires_auth, is_builtin, created_at,
    updated_at, version, request_hash, document, summary)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- name: read_knowledgebases
select
    id, user_id, name, description, embedding_model, chunk_size, chunk_overlap, configuration, created_at, updated_at, version, request_hash,
    document
from knowledgebases where id > $1 order by id

-- name: insert_knowledgebases
insert into knowledgebases (
    id, user_id, name, description, embedding_model, chunk_size, chunk_overlap, configuration, created_at, updated_at, version, request_hash,
    document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: read_blocks
select
    id, user_id, name, description, block_type, input_schema, output_schema, configuration, implementation, is_public, created_at, updated_at,
    version, request_hash, document
from blocks where id > $1 order by id

-- name: insert_blocks
insert into blocks (
    id, user_id, name, description, block_type, input_schema, output_schema, configuration, implementation, is_public, created_at, updated_at,
    version, request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: read_agents
select
    id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version, deleted_at,
    request_hash, document
from agents where id > $1 order by id

-- name: insert_agents
insert into agents (
    id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version, deleted_at,
    request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: read_agent_tools
select
    agent_id, position, tool_id, configuration, "order", document
from agent_tools where (agent_id, position) > ($1, $2) order by agent_id, position

-- name: insert_agent_tools
insert into agent_tools (
    agent_id, position, tool_id, configuration, "order", document)
values ($1, $2, $3, $4, $5, $6)

-- name: read_agent_knowledgebases
select
    agent_id, position, knowledgebase_id, priority, document
from agent_knowledgebases where (agent_id, position) > ($1, $2) order by agent_id, position

-- name: insert_agent_knowledgebases
insert into agent_knowledgebases (
    agent_id, position, knowledgebase_id, priority, document)
values ($1, $2, $3, $4, $5)

-- name: read_agent_versions
select
    agent_id, version, created_at, content
from agent_versions where (agent_id, version) > ($1, $2) order by agent_id, version

-- name: insert_agent_versions
insert into agent_versions (
    agent_id, version, created_at, content)
values ($1, $2, $3, $4)

-- name: read_workflows
select
    id, user_id, name, description, is_public, created_at, updated_at, version, request_hash, document, triggers, page, name_places
from workflows where id > $1 order by id

-- name: insert_workflows
insert into workflows (
    id, user_id, name, description, is_public, created_at, updated_at, version, request_hash, document, triggers, page, name_places)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: read_workflow_nodes
select
    workflow_id, position, node_id, type, parent_id, agent_id, block_id, document
from workflow_nodes where (workflow_id, position) > ($1, $2) order by workflow_id, position

-- name: insert_workflow_nodes
insert into workflow_nodes (
    workflow_id, position, node_id, type, parent_id, agent_id, block_id, document)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_workflow_edges
select
    workflow_id, position, edge_id, source, target, source_handle, target_handle, document
from workflow_edges where (workflow_id, position) > ($1, $2) order by workflow_id, position

-- name: insert_workflow_edges
insert into workflow_edges (
    workflow_id, position, edge_id, source, target, source_handle, target_handle, document)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: read_workflow_references
select
    workflow_id, ordinal, agent_id, block_id
from workflow_references where (workflow_id, ordinal) > ($1, $2) order by workflow_id, ordinal

-- name: insert_workflow_references
insert into workflow_references (
    workflow_id, ordinal, agent_id, block_id)
values ($1, $2, $3, $4)

-- name: read_workflow_schedules
select
    workflow_id, position, cron_expression, timezone, input_data, is_active
from workflow_schedules where (workflow_id, position) > ($1, $2) order by workflow_id, position

-- name: insert_workflow_schedules
insert into workflow_schedules (
    workflow_id, position, cron_expression, timezone, input_data, is_active)
values ($1, $2, $3, $4, $5, $6)

-- name: read_workflow_webhooks
select
    workflow_id, position, webhook_path, http_method, is_active, secret
from workflow_webhooks where (workflow_id, position) > ($1, $2) order by workflow_id, position

-- name: insert_workflow_webhooks
insert into workflow_webhooks (
    workflow_id, position, webhook_path, http_method, is_active, secret)
values ($1, $2, $3, $4, $5, $6)

-- name: read_{kind}_executions
-- for: agent, workflow
select
    id, user_id, {kind}_id, session_id, status, started_at, completed_at, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens,
    llm_total_tokens, tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version,
    given, request_hash, document, execution_context
from {kind}_executions where id > $1 order by id

-- name: insert_{kind}_executions
-- for: agent, workflow
insert into {kind}_executions (
    id, user_id, {kind}_id, session_id, status, started_at, completed_at, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens,
    llm_total_tokens, tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version,
    given, request_hash, document, execution_context)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)

-- name: read_execution_steps
select
    execution_id, kind, step_number, document
from execution_steps where (execution_id, kind, step_number) > ($1, $2, $3) order by execution_id, kind, step_number

-- name: insert_execution_steps
insert into execution_steps (
    execution_id, kind, step_number, document)
values ($1, $2, $3, $4)

-- name: read_memory_settings
select
    agent_id, short_term_retention_hours, auto_cleanup, auto_consolidation, consolidation_threshold, enable_compression, max_memory_size_mb,
    importance_threshold, updated_at, version
from memory_settings where agent_id > $1 order by agent_id

-- name: insert_memory_settings
insert into memory_settings (
    agent_id, short_term_retention_hours, auto_cleanup, auto_consolidation, consolidation_threshold, enable_compression, max_memory_size_mb,
    importance_threshold, updated_at, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: read_agent_memories
select
    id, arrival, agent_id, type, importance, session_id, content, unpacked(metadata), embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, provenance, request_hash
from agent_memories where id > $1 order by id

-- name: insert_agent_memories
-- In the region that is its own (memory_rules.h), content and metadata as they are kept here.
insert into agent_memories (
    number, id, arrival, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, provenance, request_hash, stored_bytes)
select case
        when $4 = 'short_term' and not $15 then 0
        when $4 = 'episodic' and $5 = 'low' then 1
        when $4 = 'long_term' and $5 = 'low' then 2
        else 3 end << 56 | $2,
    $1, $2, $3, $4, $5, $6, kept_text($7), m.metadata, $9, $10, $11, $12, $13, $14, $15, $16, $17, kept_text($18), $19,
    length(cast($7 as blob)) + length(cast(m.metadata as blob)) + coalesce(length($9), 0)
from (select case when coalesce((select enable_compression from memory_settings where agent_id = $3), true) then packed($8) else $8 end as metadata) m

-- name: read_memory_timeline
select agent_id, timestamp, id, type, count, memory_ids, metadata
from memory_timeline where (agent_id, timestamp, id) > ($1, $2, $3) order by agent_id, timestamp, id

-- name: insert_memory_timeline
insert into memory_timeline (agent_id, timestamp, id, type, count, memory_ids, metadata) values ($1, $2, $3, $4, $5, $6, $7)

-- name: read_idempotency_keys
select
    user_id, path, key, request_hash, created_at, status, location, etag, body
from idempotency_keys where (user_id, path, key) > ($1, $2, $3) order by user_id, path, key

-- name: insert_idempotency_keys
insert into idempotency_keys (
    user_id, path, key, request_hash, created_at, status, location, etag, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: read_agent_execution_stats
-- What is frozen; the rest is made anew of executions.
select
    agent_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from agent_execution_stats where (agent_id, date, user_id) > ($1, $2, $3) and is_frozen order by agent_id, date, user_id

-- name: insert_agent_execution_stats
insert into agent_execution_stats (
    agent_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)

-- name: read_agent_execution_days
-- What is frozen; the rest is made anew of executions.
select
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count,
    total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from agent_execution_days where (user_id, date) > ($1, $2) and is_frozen order by user_id, date

-- name: insert_agent_execution_days
insert into agent_execution_days (
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count,
    total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)

-- name: read_agent_execution_lifetimes
-- Of whom something is frozen.
select user_id, horizon, frozen_until, frozen_date
from agent_execution_lifetimes where user_id > $1 and horizon is not null order by user_id

-- name: insert_agent_execution_lifetimes
-- Of no zone: to be made anew.
insert into agent_execution_lifetimes (
    user_id, horizon, frozen_until, frozen_date, zone, built_from, is_counted, version, held_until, summed_from, summed_until, execution_count,
    running_count, completed_count, failed_count, timeout_count, cancelled_count)
values ($1, $2, $3, $4, '', null, 0, 1, 0, '9999-12-31', '0001-01-01', 0, 0, 0, 0, 0, 0)

-- name: read_workflow_execution_stats
-- What is frozen; the rest is made anew of executions.
select
    workflow_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from workflow_execution_stats where (workflow_id, date, user_id) > ($1, $2, $3) and is_frozen order by workflow_id, date, user_id

-- name: insert_workflow_execution_stats
insert into workflow_execution_stats (
    workflow_id, date, user_id, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count,
    cancelled_count, total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)

-- name: read_workflow_execution_days
-- What is frozen; the rest is made anew of executions.
select
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count,
    total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos
from workflow_execution_days where (user_id, date) > ($1, $2) and is_frozen order by user_id, date

-- name: insert_workflow_execution_days
insert into workflow_execution_days (
    user_id, date, is_frozen, execution_count, running_count, completed_count, failed_count, timeout_count, cancelled_count,
    total_duration_ms, min_duration_ms, max_duration_ms, duration_sketch, llm_call_count, llm_prompt_tokens,
    llm_completion_tokens, llm_total_tokens, tool_call_count, cost_nanos)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)

-- name: read_workflow_execution_lifetimes
-- Of whom something is frozen.
select user_id, horizon, frozen_until, frozen_date
from workflow_execution_lifetimes where user_id > $1 and horizon is not null order by user_id

-- name: insert_workflow_execution_lifetimes
-- Of no zone: to be made anew.
insert into workflow_execution_lifetimes (
    user_id, horizon, frozen_until, frozen_date, zone, built_from, is_counted, version, held_until, summed_from, summed_until, execution_count,
    running_count, completed_count, failed_count, timeout_count, cancelled_count)
values ($1, $2, $3, $4, '', null, 0, 1, 0, '9999-12-31', '0001-01-01', 0, 0, 0, 0, 0, 0)

-- name: read_prices
select llm_provider, llm_model, prompt_nanos, completion_nanos
from prices where (llm_provider, llm_model) > ($1, $2) order by llm_provider, llm_model

-- name: insert_prices
insert into prices (llm_provider, llm_model, prompt_nanos, completion_nanos)
values ($1, $2, $3, $4)

-- name: read_jobs
select
    id, token, taken_until, run_id, owner, lease_until, last_run_id
from jobs where id > $1 order by id

-- name: insert_jobs
insert into jobs (
    id, token, taken_until, run_id, owner, lease_until, last_run_id)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: read_job_runs
select
    id, job_id, scheduled_for, started_at, finished_at, status, attempt, progress, result, error
from job_runs where id > $1 order by id

-- name: insert_job_runs
insert into job_runs (
    id, job_id, scheduled_for, started_at, finished_at, status, attempt, progress, result, error)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: read_retention_horizons
select
    kind, horizon
from retention_horizons where kind > $1 order by kind

-- name: insert_retention_horizons
insert into retention_horizons (
    kind, horizon)
values ($1, $2)

-- name: read_former_names
select
    id, user_id, name, is_public
from former_names where id > $1 order by id

-- name: insert_former_names
insert into former_names (
    id, user_id, name, is_public)
values ($1, $2, $3, $4)
