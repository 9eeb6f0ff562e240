-- Instead of an index of terms PostgreSQL has indexes on the JSON columns, which cannot be left behind. What can is the columns: that those which
-- stand in no other check agree with the documents. As on the embedded store: a row with a null and how many there are, then of every row its id,
-- one, and how many are wrong.

-- name: agent_terms
-- The columns of agents are checked one by one (check.agents).
select cast(null as uuid), cast(0 as bigint), cast(0 as bigint)

-- name: block_terms
select cast(null as uuid), cast(0 as bigint), cast(0 as bigint)

-- name: workflow_terms
select cast(null as uuid), count(*), cast(0 as bigint) from workflows
union all
select id, 1, case when graph_definition = cast('{' || convert_from(page, 'UTF8') || '}' as jsonb) -> 'graph_definition' then 0 else 1 end
from workflows

-- name: workflow_node_terms
select cast(null as uuid), count(*), cast(0 as bigint) from workflow_nodes
union all
select n.workflow_id, 1, case
    when n.configuration = coalesce(cast(convert_from(n.document, 'UTF8') as jsonb) -> 'data', '{}')
        and (n.user_id, n.is_public, n.created_at) = (w.user_id, w.is_public, w.created_at) then 0 else 1 end
from workflow_nodes n join workflows w on w.id = n.workflow_id

-- name: {kind}_execution_terms
-- for: agent, workflow
select cast(null as uuid), count(*), cast(0 as bigint) from {kind}_executions
union all
select id, 1, case
    when coalesce(input_data, 'null') = coalesce(d -> 'input_data', 'null') and coalesce(output_data, 'null') = coalesce(d -> 'output_data', 'null')
        and error_message is not distinct from d ->> 'error_message' then 0 else 1 end
from (select id, input_data, output_data, error_message, cast(convert_from(document, 'UTF8') as jsonb) as d from {kind}_executions) e

-- name: memory_terms
-- An index on the column cannot be left behind.
select cast(null as uuid), cast(0 as bigint), cast(0 as bigint) where false

-- name: memories
-- Metadata is kept as it is, and its bytes are counted where it is read.
select agent_id, cast(shelf as bigint), size_bytes, stored_bytes, type, importance, is_pinned, content, metadata, embedding, id, true,
    stored_bytes - octet_length(content) - coalesce(octet_length(embedding), 0)
from agent_memories

-- name: memory_counts
select agent_id, shelf, cast(sum(count) as bigint), cast(sum(size_bytes) as bigint), cast(sum(stored_bytes) as bigint)
from memory_counts group by agent_id, shelf

-- part: words_of_m
w.memory_id = m.id
