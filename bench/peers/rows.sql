-- From an onggi file, attached as "onggi", the rows that somebody would keep who builds every page from rows: what the bare loop
-- reads, and what PostgreSQL is loaded from. Ids stay 16 bytes, times milliseconds.
create table users as select id, name from onggi.users;
create table api_keys as select key_hash, user_id from onggi.api_keys;
create table tools as select id, name, description, category from onggi.tools;

create table agents (
    id blob primary key, user_id blob, name text, description text, agent_type text, llm_provider text, llm_model text, configuration text,
    is_public integer, created_at integer, updated_at integer, version integer);
insert into agents
select id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version
from onggi.agents where deleted_at is null;
create table agent_tools (
    agent_id blob, position integer, tool_id text, configuration text, "order" integer, primary key (agent_id, position)) without rowid;
insert into agent_tools select agent_id, position, tool_id, configuration, "order" from onggi.agent_tools;

create table workflows (
    id blob primary key, user_id blob, name text, description text, is_public integer, graph_definition text, created_at integer,
    updated_at integer, version integer);
insert into workflows
select id, user_id, name, description, is_public, json_extract('{' || page || '}', '$.graph_definition'), created_at, updated_at, version
from onggi.workflows;
create table workflow_nodes (
    workflow_id blob, position integer, node_id text, type text, placement text, data text, parent_id text, agent_id blob, block_id blob,
    primary key (workflow_id, position)) without rowid;
insert into workflow_nodes
select workflow_id, position, node_id, type, json_extract(document, '$.position'), json_extract(document, '$.data'), parent_id, agent_id,
    block_id
from onggi.workflow_nodes;
create table workflow_edges (
    workflow_id blob, position integer, edge_id text, source text, target text, source_handle text, target_handle text, data text,
    primary key (workflow_id, position)) without rowid;
insert into workflow_edges
select workflow_id, position, edge_id, source, target, source_handle, target_handle, json_extract(document, '$.data')
from onggi.workflow_edges;

create table agent_executions (
    id blob primary key, user_id blob, agent_id blob, session_id text, input_data text, output_data text, status text, error_message text,
    started_at integer, completed_at integer, duration_ms integer, execution_context text, llm_call_count integer,
    llm_prompt_tokens integer, llm_completion_tokens integer, llm_total_tokens integer, tool_call_count integer,
    tool_total_duration_ms integer, cache_hit_count integer, cache_miss_count integer, cost_nanos integer, created_at integer,
    updated_at integer, version integer);
insert into agent_executions
select id, user_id, agent_id, session_id, document -> '$.input_data', document -> '$.output_data', status, document ->> '$.error_message',
    started_at, completed_at, duration_ms, execution_context, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version
from onggi.agent_executions order by rowid;

create index ix_agents_llm_provider on agents (json_extract(configuration, '$.llm_provider'), created_at, id);
create index ix_workflow_nodes_type on workflow_nodes (type, workflow_id);
create index ix_agent_exec_user_agent_started on agent_executions (user_id, agent_id, started_at, id);
analyze main;
