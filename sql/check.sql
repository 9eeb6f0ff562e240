-- Whole tables, for `onggi check`: the columns in the order of the field lists, then the document. Never run while serving a request.

-- name: users
select id, name, role, timezone, created_at, updated_at, version, document from users

-- name: keys
select id, name, created_at, document from api_keys

-- name: tools
select id, name, description, category, input_schema, output_schema, implementation_type, implementation_ref, requires_auth, is_builtin,
    created_at, updated_at, version, document, summary
from tools

-- name: knowledgebases
select id, user_id, name, description, embedding_model, chunk_size, chunk_overlap, configuration, created_at, updated_at, version, document
from knowledgebases

-- name: blocks
select id, user_id, name, description, block_type, input_schema, output_schema, configuration, implementation, is_public, created_at,
    updated_at, version, document
from blocks

-- name: agents
select id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version, document
from agents

-- name: agent_tools
select tool_id, configuration, "order", document from agent_tools

-- name: agent_knowledgebases
select knowledgebase_id, priority, document from agent_knowledgebases

-- name: agent_versions
-- The newest version of every agent is its present one.
select a.id from agents a
where a.version <> (select max(v.version) from agent_versions v where v.agent_id = a.id)
    or not exists (select 1 from agent_versions v where v.agent_id = a.id)

-- name: agent_contents
-- Every version, with the agent's document where it is the present one.
select v.agent_id, v.version, v.content, (select a.document from agents a where a.id = v.agent_id and a.version = v.version) from agent_versions v

-- name: workflows
select id from workflows

-- name: workflow
-- $1 id. With the statements below in one snapshot.
select id, user_id, name, description, is_public, created_at, updated_at, version, document, page, name_places, triggers
from workflows where id = $1

-- name: workflow_nodes
select node_id, type, parent_id, agent_id, block_id, document from workflow_nodes where workflow_id = $1 order by position

-- name: workflow_edges
select edge_id, source, target, source_handle, target_handle, document from workflow_edges where workflow_id = $1 order by position

-- name: workflow_references
select agent_id, block_id from workflow_references where workflow_id = $1 order by ordinal

-- name: workflow_schedules
select cron_expression, timezone, input_data, is_active from workflow_schedules where workflow_id = $1 order by position

-- name: workflow_webhooks
select webhook_path, http_method, is_active, secret from workflow_webhooks where workflow_id = $1 order by position

-- name: executions_{kind}
-- for: agent, workflow
-- input_data, output_data, error_message and execution_context are not kept in columns of their own beside the document: null here.
select id, user_id, {kind}_id, session_id, null, null, status, null, started_at, completed_at, duration_ms,
    llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count, tool_total_duration_ms,
    cache_hit_count, cache_miss_count, cost_nanos, created_at, updated_at, version, null, document, execution_context
from {kind}_executions

-- name: steps_{kind}
-- for: agent, workflow
-- With whether the execution is there.
select t.step_number, t.document, exists (select 1 from {kind}_executions e where e.id = t.execution_id)
from execution_steps t where t.kind = '{kind}'

-- The index of terms. First, with a null for the row, how many entries it has; then for every row how many terms its document has, and how many
-- of them the index lacks: if none, and the numbers agree, neither has the index one too many.

-- name: agent_terms
select null, count(*), 0 from agent_terms
union all
select r.id, count(*), sum(not exists (select 1 from agent_terms i where i.term = t.term and i.place = place_of(r.created_at, r.id)))
from agents r, json_terms(r.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(r.is_public, x'', r.user_id), 16384) t
where r.deleted_at is null
group by r.rowid

-- name: memory_terms
-- Those of memories that are gone count unless they are still to be swept.
select null, count(*), 0 from memory_terms
where not exists (select 1 from memory_sweeps where agent_id >= x'') or exists (
    select 1 from agent_memories m where m.id = substr(memory_terms.place, 9) and place_of(m.created_at, m.id) = memory_terms.place)
union all
select r.id, count(*), sum(not exists (select 1 from memory_terms i where i.term = memory_term(t.term, place_of(r.created_at, r.id)) and i.place = place_of(r.created_at, r.id)))
from agent_memories r, json_terms('{"metadata":' || unpacked(r.metadata) || '}', 'metadata', memory_scope(r.agent_id, r.shelf), 256) t
where r.metadata <> '{}'
group by r.number

-- name: memories
-- Each with whether it lies in its region.
select agent_id, shelf, size_bytes, stored_bytes, type, importance, is_pinned, content, unpacked(metadata), embedding, id,
    number >> 56 = case
        when type = 'short_term' and not is_pinned then 0
        when type = 'episodic' and importance = 'low' then 1
        when type = 'long_term' and importance = 'low' then 2
        else 3 end and number & 72057594037927935 = arrival,
    length(cast(metadata as blob))
from agent_memories

-- name: memory_counts
select agent_id, shelf, sum(count), sum(size_bytes), sum(stored_bytes) from memory_counts group by agent_id, shelf order by agent_id, shelf

-- name: memory_timeline
select id, type, count, memory_ids, metadata from memory_timeline

-- name: memory_words
-- Each memory with the words that are kept of it; then, of no memory, how many words there are of none.
select m.id, m.content, m.metadata, w.words, w.analysis, (select version from memory_analysis where id = 1)
from agent_memories m left join memory_words w on {words_of_m} and w.agent_id = m.agent_id
union all
select null, null, null, null, count(*), 0 from memory_words w
where not exists (select 1 from agent_memories m where {words_of_m} and m.agent_id = w.agent_id)

-- part: words_of_m
w.number = m.number

-- name: block_terms
select null, count(*), 0 from block_terms
union all
select r.id, count(*), sum(not exists (select 1 from block_terms i where i.term = t.term and i.place = place_of(r.created_at, r.id)))
from blocks r, json_terms(r.document, 'name,block_type,is_public,configuration', iif(r.is_public, x'', r.user_id), 16384) t
group by r.rowid

-- name: workflow_terms
select null, count(*), 0 from workflow_terms
union all
select r.id, count(*), sum(not exists (select 1 from workflow_terms i where i.term = t.term and i.place = place_of(r.created_at, r.id)))
from workflows r, json_terms(substr(r.document, 1, length(r.document) - 1) || ',' || r.page || '}', 'name,is_public,graph_definition',
    iif(r.is_public, x'', r.user_id), 16384) t
group by r.rowid

-- name: workflow_node_terms
select null, count(*), 0 from workflow_node_terms
union all
select r.id, count(*), sum(not exists (select 1 from workflow_node_terms i where i.term = t.term and i.place = place_of(r.created_at, r.id, n.position)))
from workflow_nodes n join workflows r on r.id = n.workflow_id, 
    json_terms(n.document, 'type,agent_id,data', iif(r.is_public, x'', r.user_id), 16384) t
group by n.rowid

-- name: {kind}_execution_terms
-- for: agent, workflow
select null, count(*), 0 from {kind}_execution_terms
union all
select r.id, count(*), sum(not exists (select 1 from {kind}_execution_terms i where i.day = r.started_at / 86400000 and i.term = t.term and i.place = place_of(r.started_at, r.id)))
from {kind}_executions r, json_terms(r.document, 'input_data', r.user_id, 256) t
group by r.rowid

-- name: job_runs
-- Runs that are not over and that their job does not have, and runs that a job has and that are over, or gone.
select r.id from job_runs r where r.finished_at is null and not exists (select 1 from jobs j where j.id = r.job_id and j.run_id = r.id)
union all
select j.run_id from jobs j
where j.run_id is not null and not exists (select 1 from job_runs r where r.id = j.run_id and r.finished_at is null)
