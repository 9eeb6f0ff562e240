-- What models cost, per million tokens, in billionths of a US dollar.

-- name: list
select llm_provider, llm_model, prompt_nanos, completion_nanos from prices order by llm_provider, llm_model

-- name: clear
delete from prices where llm_provider >= ''

-- name: insert
insert into prices (llm_provider, llm_model, prompt_nanos, completion_nanos) values ($1, $2, $3, $4)

-- name: of_agent
-- $1 agent: what its model costs, where that is known.
select p.prompt_nanos, p.completion_nanos from agents a
join prices p on p.llm_provider = a.llm_provider and p.llm_model = a.llm_model where a.id = $1

-- name: executions
-- $1 behind which execution, $2 how many at most: each with the price by which its cost is estimated; null where it was given, or none is known.
select e.id, e.document, p.prompt_nanos, p.completion_nanos
from agent_executions e
left join agents a on a.id = e.agent_id
left join prices p on p.llm_provider = a.llm_provider and p.llm_model = a.llm_model and e.given & 8 <> 0
where e.id > $1 order by e.id limit $2

-- name: update_execution
-- $1 id, $2 cost, $3 updated_at, $4 version, $5 document.
update agent_executions set cost_nanos = $2, updated_at = $3, version = $4, document = $5 where id = $1
