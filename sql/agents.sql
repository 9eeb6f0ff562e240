-- Agents, their tools, knowledgebases and versions. A deleted agent is gone for every statement here but the names of executions.

-- name: find
select user_id, request_hash from agents where id = $1

-- name: insert
-- $1-$12 are the fields in the order of their list, without the lists.
insert into agents (
    id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version,
    request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: update
update agents set
    name = $3, description = $4, agent_type = $5, llm_provider = $6, llm_model = $7, configuration = $8, is_public = $9,
    updated_at = $11, version = $12, document = $14
where id = $1 and user_id = $2 and deleted_at is null

-- name: get
-- $1 id, $2 reader. The parts of the page, in any order: 0 the agent, 1 its tools, 2 its knowledgebases (a name only for their owner).
select 0 as part, 0 as position, a.document, null as shown, a.version, a.user_id, a.updated_at
from agents a
where a.id = $1 and a.deleted_at is null and (a.user_id = $2 or a.is_public)
union all
select 1, l.position, l.document, t.summary, null, null, null
from agents a
join agent_tools l on l.agent_id = a.id
join tools t on t.id = l.tool_id
where a.id = $1 and a.deleted_at is null and (a.user_id = $2 or a.is_public)
union all
select 2, l.position, l.document, k.name, null, null, null
from agents a
join agent_knowledgebases l on l.agent_id = a.id
left join knowledgebases k on k.id = l.knowledgebase_id and k.user_id = $2
where a.id = $1 and a.deleted_at is null and (a.user_id = $2 or a.is_public)

-- name: list
-- $1 reader, ($2, $3) the place to go on after, $4 limit. The reader's own that are not public, merged with all that are.
select created_at, id, document from agents
where user_id = $1 and not is_public and deleted_at is null and (created_at, id) < ($2, $3)
union all
select created_at, id, document from agents
where is_public and deleted_at is null and (created_at, id) < ($2, $3)
order by created_at desc, id desc limit $4

-- name: count
select count(*) from (
    select 1 from agents where user_id = $1 and not is_public and deleted_at is null and (created_at, id) < ($2, $3)
    union all
    select 1 from agents where is_public and deleted_at is null and (created_at, id) < ($2, $3)
    limit $4) counted

-- name: remove
-- $1 id, $2 owner, $3 now.
update agents set deleted_at = $3 where id = $1 and user_id = $2 and deleted_at is null

-- name: clear_tools
delete from agent_tools where agent_id = $1

-- name: insert_tool
insert into agent_tools (agent_id, position, tool_id, configuration, "order", document) values ($1, $2, $3, $4, $5, $6)

-- name: clear_knowledgebases
delete from agent_knowledgebases where agent_id = $1

-- name: insert_knowledgebase
insert into agent_knowledgebases (agent_id, position, knowledgebase_id, priority, document) values ($1, $2, $3, $4, $5)

-- name: is_tool
-- $1 slug: itself, if there is such a tool.
select id from tools where id = $1

-- name: is_knowledgebase
-- $1 id, $2 owner: itself, if it is the owner's.
select id from knowledgebases where id = $1 and user_id = $2

-- name: insert_version
insert into agent_versions (agent_id, version, created_at, content) values ($1, $2, $3, $4)

-- name: trim_versions
-- $1 agent, $2 the oldest version that stays.
delete from agent_versions where agent_id = $1 and version < $2

-- name: list_versions
-- $1 agent, $2 owner, $3 the version to go on after, $4 limit.
select v.version, v.created_at, v.content from agents a join agent_versions v on v.agent_id = a.id
where a.id = $1 and a.user_id = $2 and a.deleted_at is null and v.version < $3
order by v.version desc limit $4

-- name: count_versions
select count(*) from agents a join agent_versions v on v.agent_id = a.id
where a.id = $1 and a.user_id = $2 and a.deleted_at is null

-- name: get_version
-- $1 agent, $2 owner, $3 version.
select v.content from agents a join agent_versions v on v.agent_id = a.id
where a.id = $1 and a.user_id = $2 and a.deleted_at is null and v.version = $3

-- name: is_owned
-- $1 id, $2 owner.
select 1 from agents where id = $1 and user_id = $2 and deleted_at is null
