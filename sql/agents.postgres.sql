-- What reads differently on PostgreSQL: JSON in jsonb, documents as bytes, and rows that are written or asked for by the many as arrays.

-- name: update
-- A document that does not change is left where it lies: neither it nor its index is written anew.
update agents set
    name = $3, description = $4, agent_type = $5, llm_provider = $6, llm_model = $7,
    configuration = case when configuration = $8 then configuration else $8 end, is_public = $9,
    updated_at = $11, version = $12, document = $14
where id = $1 and user_id = $2 and deleted_at is null

-- name: get
-- The knowledgebases' names as bytes, as the tools' summaries are.
select 0 as part, cast(0 as bigint) as position, a.document, null as shown, a.version, a.user_id, a.updated_at
from agents a
where a.id = $1 and a.deleted_at is null and (a.user_id = $2 or a.is_public)
union all
select 1, l.position, l.document, t.summary, null, null, null
from agents a
join agent_tools l on l.agent_id = a.id
join tools t on t.id = l.tool_id
where a.id = $1 and a.deleted_at is null and (a.user_id = $2 or a.is_public)
union all
select 2, l.position, l.document, convert_to(k.name, 'UTF8'), null, null, null
from agents a
join agent_knowledgebases l on l.agent_id = a.id
left join knowledgebases k on k.id = l.knowledgebase_id and k.user_id = $2
where a.id = $1 and a.deleted_at is null and (a.user_id = $2 or a.is_public)

-- name: insert_tool
insert into agent_tools (agent_id, position, tool_id, configuration, "order", document)
select * from unnest(cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as jsonb[]), cast($5 as bigint[]), cast($6 as bytea[]))

-- name: insert_knowledgebase
insert into agent_knowledgebases (agent_id, position, knowledgebase_id, priority, document)
select * from unnest(cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as uuid[]), cast($4 as bigint[]), cast($5 as bytea[]))

-- name: is_tool
-- $1 slugs: those that are tools.
select t.id from unnest(cast($1 as text[])) asked(id) join tools t on t.id = asked.id

-- name: is_knowledgebase
-- $1 ids, $2 owners: those that are the owner's.
select k.id from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(id, owner) join knowledgebases k on k.id = asked.id and k.user_id = asked.owner

-- name: list
-- Each half in its own order and bounded: merged without, the planner sorts what it takes to be few.
select created_at, id, document from (
    (select created_at, id, document from agents
    where user_id = $1 and not is_public and deleted_at is null and (created_at, id) < ($2, $3)
    order by created_at desc, id desc limit $4)
    union all
    (select created_at, id, document from agents
    where is_public and deleted_at is null and (created_at, id) < ($2, $3)
    order by created_at desc, id desc limit $4)
) shown
order by created_at desc, id desc limit $4
