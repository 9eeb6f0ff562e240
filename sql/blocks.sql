-- Blocks: their owner's, and read by everybody where public.

-- name: find
select user_id, request_hash from blocks where id = $1

-- name: insert
-- $1-$13 are the fields in the order of their list.
insert into blocks (
    id, user_id, name, description, block_type, input_schema, output_schema, configuration, implementation, is_public, created_at,
    updated_at, version, request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: update
update blocks set
    name = $3, description = $4, block_type = $5, input_schema = $6, output_schema = $7, configuration = $8, implementation = $9,
    is_public = $10, updated_at = $12, version = $13, document = $15
where id = $1 and user_id = $2

-- name: get
-- $1 id, $2 reader.
select document, version, user_id from blocks where id = $1 and (user_id = $2 or is_public)

-- name: list
-- $1 reader, ($2, $3) the place to go on after, $4 limit. The reader's own that are not public, merged with all that are.
select created_at, id, document from blocks
where user_id = $1 and not is_public and (created_at, id) < ($2, $3)
union all
select created_at, id, document from blocks
where is_public and (created_at, id) < ($2, $3)
order by created_at desc, id desc limit $4

-- name: count
select count(*) from (
    select 1 from blocks where user_id = $1 and not is_public and (created_at, id) < ($2, $3)
    union all
    select 1 from blocks where is_public and (created_at, id) < ($2, $3)
    limit $4) counted

-- name: remove
delete from blocks where id = $1 and user_id = $2
