-- The catalogue of tools: admins write, everybody reads.

-- name: find
select id, request_hash from tools where id = $1

-- name: insert
-- $1-$13 are the fields in the order of their list.
insert into tools (
    id, name, description, category, input_schema, output_schema, implementation_type, implementation_ref, requires_auth, is_builtin,
    created_at, updated_at, version, request_hash, document, summary)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- name: update
update tools set
    name = $2, description = $3, category = $4, input_schema = $5, output_schema = $6, implementation_type = $7, implementation_ref = $8,
    requires_auth = $9, is_builtin = $10, updated_at = $12, version = $13, document = $15, summary = $16
where id = $1

-- name: get
select document, version from tools where id = $1

-- name: list
-- ($1, $2) the place to go on after, $3 limit, filters or null: $4 name, $5 category, $6 implementation_type, $7 requires_auth, $8 is_builtin.
select created_at, id, document from tools
where (created_at, id) < ($1, $2) and (cast($4 as text) is null or name = $4) and (cast($5 as text) is null or category = $5)
    and (cast($6 as text) is null or implementation_type = $6) and (cast($7 as boolean) is null or requires_auth = $7) and (cast($8 as boolean) is null or is_builtin = $8)
order by created_at desc, id desc limit $3

-- name: count
select count(*) from (
    select 1 from tools
    where (created_at, id) < ($1, $2) and (cast($4 as text) is null or name = $4) and (cast($5 as text) is null or category = $5)
        and (cast($6 as text) is null or implementation_type = $6) and (cast($7 as boolean) is null or requires_auth = $7) and (cast($8 as boolean) is null or is_builtin = $8)
    limit $3) counted

-- name: is_used
select exists (select 1 from agent_tools where tool_id = $1)

-- name: remove
delete from tools where id = $1
