-- Workflows: documents kept as shown, and the rows of their nodes, edges, references, schedules and webhooks.

-- name: find
select user_id, request_hash from workflows where id = $1

-- name: insert
-- $1-$8 are the fields in the order of their list, without graph and lists ($9-$11).
insert into workflows (
    id, user_id, name, description, is_public, created_at, updated_at, version, request_hash, document, triggers, page, name_places)
values ($1, $2, $3, $4, $5, $6, $7, $8, $10, $11, $12, $13, $14)

-- name: update
update workflows set
    name = $3, description = $4, is_public = $5, updated_at = $7, version = $8, document = $11, triggers = $12, page = $13, name_places = $14
where id = $1 and user_id = $2

-- name: get
-- $1 id, $2 reader. The parts of the page, in any order: 0 the workflow, 1 the names of what its nodes refer to, where the reader may see them.
select 0 as part, 0 as position, w.document, w.page, w.name_places, w.triggers, w.version, w.user_id
from workflows w
where w.id = $1 and (w.user_id = $2 or w.is_public)
union all
select 1, r.ordinal, coalesce(a.name, b.name), null, null, null, null, null
from workflows w
join workflow_references r on r.workflow_id = w.id
left join agents a on a.id = r.agent_id and a.deleted_at is null and (a.user_id = $2 or a.is_public)
left join blocks b on b.id = r.block_id and (b.user_id = $2 or b.is_public)
where w.id = $1 and (w.user_id = $2 or w.is_public)

-- name: list
-- $1 reader, ($2, $3) the place to go on after, $4 limit. The reader's own that are not public, merged with all that are.
select created_at, id, document from workflows
where user_id = $1 and not is_public and (created_at, id) < ($2, $3)
union all
select created_at, id, document from workflows
where is_public and (created_at, id) < ($2, $3)
order by created_at desc, id desc limit $4

-- name: count
select count(*) from (
    select 1 from workflows where user_id = $1 and not is_public and (created_at, id) < ($2, $3)
    union all
    select 1 from workflows where is_public and (created_at, id) < ($2, $3)
    limit $4) counted

-- name: remove
delete from workflows where id = $1 and user_id = $2

-- name: is_owned
select 1 from workflows where id = $1 and user_id = $2

-- name: clear_nodes
delete from workflow_nodes where workflow_id = $1

-- name: insert_node
insert into workflow_nodes (workflow_id, position, node_id, type, parent_id, agent_id, block_id, document)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: clear_edges
delete from workflow_edges where workflow_id = $1

-- name: insert_edge
insert into workflow_edges (workflow_id, position, edge_id, source, target, source_handle, target_handle, document)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: clear_references
delete from workflow_references where workflow_id = $1

-- name: insert_reference
insert into workflow_references (workflow_id, ordinal, agent_id, block_id) values ($1, $2, $3, $4)

-- name: is_agent
-- $1 id, $2 reader: itself, if the reader can see it.
select id from agents where id = $1 and deleted_at is null and (user_id = $2 or is_public)

-- name: is_block
-- $1 id, $2 reader: itself, if the reader can see it.
select id from blocks where id = $1 and (user_id = $2 or is_public)

-- name: secrets
select webhook_path, http_method, secret from workflow_webhooks where workflow_id = $1 and secret is not null

-- name: clear_schedules
delete from workflow_schedules where workflow_id = $1

-- name: insert_schedule
insert into workflow_schedules (workflow_id, position, cron_expression, timezone, input_data, is_active)
values ($1, $2, $3, $4, $5, $6)

-- name: clear_webhooks
delete from workflow_webhooks where workflow_id = $1

-- name: insert_webhook
insert into workflow_webhooks (workflow_id, position, webhook_path, http_method, is_active, secret)
values ($1, $2, $3, $4, $5, $6)
