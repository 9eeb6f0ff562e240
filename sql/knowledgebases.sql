-- Knowledgebases: their owner's alone.

-- name: find
select user_id, request_hash from knowledgebases where id = $1

-- name: insert
-- $1-$11 are the fields in the order of their list.
insert into knowledgebases (
    id, user_id, name, description, embedding_model, chunk_size, chunk_overlap, configuration, created_at, updated_at, version,
    request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: update
update knowledgebases set
    name = $3, description = $4, embedding_model = $5, chunk_size = $6, chunk_overlap = $7, configuration = $8, updated_at = $10,
    version = $11, document = $13
where id = $1 and user_id = $2

-- name: get
-- $1 id, $2 reader.
select document, version from knowledgebases where id = $1 and user_id = $2

-- name: list
-- $1 owner, ($2, $3) the place to go on after, $4 limit, filters or null: $5 name, $6 embedding_model.
select created_at, id, document from knowledgebases
where user_id = $1 and (created_at, id) < ($2, $3) and (cast($5 as text) is null or name = $5) and (cast($6 as text) is null or embedding_model = $6)
order by created_at desc, id desc limit $4

-- name: count
select count(*) from (
    select 1 from knowledgebases
    where user_id = $1 and (created_at, id) < ($2, $3) and (cast($5 as text) is null or name = $5) and (cast($6 as text) is null or embedding_model = $6)
    limit $4) counted

-- name: remove
delete from knowledgebases where id = $1 and user_id = $2
