-- What reads differently on PostgreSQL: JSON in jsonb, documents as bytes, and rows that are written or asked for by the many as arrays.

-- name: insert
-- $9 graph_definition.
insert into workflows (
    id, user_id, name, description, is_public, created_at, updated_at, version, graph_definition, request_hash, document, triggers, page, name_places)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: update
-- A graph that does not change is left where it lies: neither it nor its index is written anew.
update workflows set
    name = $3, description = $4, is_public = $5, updated_at = $7, version = $8,
    graph_definition = case when graph_definition = $9 then graph_definition else $9 end,
    document = $11, triggers = $12, page = case when page = $13 then page else $13 end, name_places = $14
where id = $1 and user_id = $2

-- name: get
-- The names as bytes, as the document is.
select 0 as part, cast(0 as bigint) as position, w.document, w.page, w.name_places, w.triggers, w.version, w.user_id
from workflows w
where w.id = $1 and (w.user_id = $2 or w.is_public)
union all
select 1, r.ordinal, convert_to(coalesce(a.name, b.name), 'UTF8'), null, null, null, null, null
from workflows w
join workflow_references r on r.workflow_id = w.id
left join agents a on a.id = r.agent_id and a.deleted_at is null and (a.user_id = $2 or a.is_public)
left join blocks b on b.id = r.block_id and (b.user_id = $2 or b.is_public)
where w.id = $1 and (w.user_id = $2 or w.is_public)

-- name: insert_node
-- $9 the node's data. With its workflow's owner and place.
insert into workflow_nodes (
    workflow_id, position, node_id, type, parent_id, agent_id, block_id, document, configuration, user_id, is_public, created_at)
select n.*, w.user_id, w.is_public, w.created_at
from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as uuid[]),
    cast($7 as uuid[]), cast($8 as bytea[]), cast($9 as jsonb[])) n(workflow_id, position, node_id, type, parent_id, agent_id, block_id, document, data)
join workflows w on w.id = n.workflow_id

-- name: insert_edge
-- $9 the edge's data or null.
insert into workflow_edges (workflow_id, position, edge_id, source, target, source_handle, target_handle, document, configuration)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as text[]),
    cast($7 as text[]), cast($8 as bytea[]), cast($9 as jsonb[]))

-- name: insert_reference
insert into workflow_references (workflow_id, ordinal, agent_id, block_id)
select * from unnest(cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as uuid[]), cast($4 as uuid[]))

-- name: is_agent
-- $1 ids, $2 readers: those that the reader can see.
select a.id from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(id, reader)
join agents a on a.id = asked.id and a.deleted_at is null and (a.user_id = asked.reader or a.is_public)

-- name: is_block
-- $1 ids, $2 readers: those that the reader can see.
select b.id from unnest(cast($1 as uuid[]), cast($2 as uuid[])) asked(id, reader)
join blocks b on b.id = asked.id and (b.user_id = asked.reader or b.is_public)

-- name: insert_schedule
insert into workflow_schedules (workflow_id, position, cron_expression, timezone, input_data, is_active)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as jsonb[]), cast($6 as boolean[]))

-- name: insert_webhook
insert into workflow_webhooks (workflow_id, position, webhook_path, http_method, is_active, secret)
select * from unnest(
    cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as text[]), cast($4 as text[]), cast($5 as boolean[]), cast($6 as text[]))

-- name: list
-- Each half in its own order and bounded: merged without, the planner sorts what it takes to be few.
select created_at, id, document from (
    (select created_at, id, document from workflows
    where user_id = $1 and not is_public and (created_at, id) < ($2, $3)
    order by created_at desc, id desc limit $4)
    union all
    (select created_at, id, document from workflows
    where is_public and (created_at, id) < ($2, $3)
    order by created_at desc, id desc limit $4)
) shown
order by created_at desc, id desc limit $4
