-- The same data as a good engineer would lay it out on PostgreSQL: rows, JSONB where documents are searched, indexes for what is asked.
-- Indexes and keys are made after the rows are in (indexes.sql).
create table users (id uuid, name text not null);
create table api_keys (key_hash bytea, user_id uuid not null);

create table tools (id text, name text not null, description text, category text);
create table knowledgebases (id uuid, user_id uuid not null, name text not null);
create table blocks (id uuid, user_id uuid not null, name text not null, is_public boolean not null);

create table agents (
    id uuid, user_id uuid not null, name text not null, description text, agent_type text not null, llm_provider text not null,
    llm_model text not null, configuration jsonb not null, is_public boolean not null, created_at timestamptz not null,
    updated_at timestamptz not null, version integer not null);
create table agent_tools (agent_id uuid, position integer, tool_id text not null, configuration jsonb not null, "order" integer not null);
create table agent_knowledgebases (agent_id uuid, position integer, knowledgebase_id uuid not null, priority integer not null);

create table workflows (
    id uuid, user_id uuid not null, name text not null, description text, is_public boolean not null, graph_definition jsonb not null,
    created_at timestamptz not null, updated_at timestamptz not null, version integer not null);
create table workflow_nodes (
    workflow_id uuid, position integer, node_id text not null, type text, placement jsonb not null, data jsonb not null, parent_id text,
    agent_id uuid, block_id uuid);
create table workflow_edges (
    workflow_id uuid, position integer, edge_id text not null, source text not null, target text not null, source_handle text,
    target_handle text, data jsonb not null);
create table workflow_schedules (
    workflow_id uuid, position integer, cron_expression text not null, timezone text not null, input_data jsonb not null,
    is_active boolean not null);
create table workflow_webhooks (
    workflow_id uuid, position integer, webhook_path text not null, http_method text not null, is_active boolean not null);

create table agent_executions (
    id uuid, user_id uuid not null, agent_id uuid not null, session_id text, input_data jsonb, output_data jsonb, status text not null,
    error_message text, started_at timestamptz not null, completed_at timestamptz, duration_ms bigint, execution_context jsonb not null,
    llm_call_count bigint not null, llm_prompt_tokens bigint not null, llm_completion_tokens bigint not null,
    llm_total_tokens bigint not null, tool_call_count bigint not null, tool_total_duration_ms bigint not null,
    cache_hit_count bigint not null, cache_miss_count bigint not null, cost_usd numeric(18, 9) not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(), version integer not null default 1);

create table agent_memories (
    id uuid, agent_id uuid not null, user_id uuid not null, session_id text, type text not null, importance text not null, content text not null,
    metadata jsonb not null, access_count bigint not null, last_accessed_at timestamptz, created_at timestamptz not null);
