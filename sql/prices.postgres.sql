-- What reads differently on PostgreSQL.

-- name: insert
insert into prices (llm_provider, llm_model, prompt_nanos, completion_nanos)
select * from unnest(cast($1 as text[]), cast($2 as text[]), cast($3 as bigint[]), cast($4 as bigint[]))

-- name: update_execution
update agent_executions e set cost_nanos = n.cost, updated_at = n.updated_at, version = n.version, document = n.document
from unnest(cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as timestamptz[]), cast($4 as bigint[]), cast($5 as bytea[]))
    n(id, cost, updated_at, version, document)
where e.id = n.id
