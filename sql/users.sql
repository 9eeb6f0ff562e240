-- Users and their keys. A user is its own owner; only admins come here, or a user to its own keys.

-- name: by_key
-- $1 SHA-256 of the key.
select k.id, u.id, u.role, u.name from api_keys k join users u on u.id = k.user_id where k.key_hash = $1

-- name: find
-- Whether it is there, its role, and what it was made from.
select id, request_hash, role from users where id = $1

-- name: insert
-- $1-$7 are the fields in the order of their list.
insert into users (id, name, role, timezone, created_at, updated_at, version, request_hash, document)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: update
update users set name = $2, role = $3, timezone = $4, updated_at = $6, version = $7, document = $9 where id = $1

-- name: get
select document, version from users where id = $1

-- name: list
-- ($1, $2) the place to go on after, $3 limit, $4 name or null, $5 role or null.
select created_at, id, document from users
where (created_at, id) < ($1, $2) and (cast($4 as text) is null or name = $4) and (cast($5 as text) is null or role = $5)
order by created_at desc, id desc limit $3

-- name: count
-- $3 at most, $4 name or null, $5 role or null.
select count(*) from (
    select 1 from users where (created_at, id) < ($1, $2) and (cast($4 as text) is null or name = $4) and (cast($5 as text) is null or role = $5) limit $3) counted

-- name: owns_rows
-- Whether anything would be lost with the user.
select exists (select 1 from agents where user_id = $1) or exists (select 1 from workflows where user_id = $1)
    or exists (select 1 from blocks where user_id = $1) or exists (select 1 from knowledgebases where user_id = $1)
    or exists (select 1 from agent_executions where user_id = $1) or exists (select 1 from workflow_executions where user_id = $1)

-- name: other_admins
-- Whether there is an admin besides $1.
select exists (select 1 from users where role = 'admin' and id <> $1)

-- name: remove
-- Its keys go with it.
delete from users where id = $1

-- name: erase_agents
delete from agents where user_id = $1

-- name: erase_deleted_agents
-- Agents that were deleted already do not count as rows that the user owns.
delete from agents where user_id = $1 and deleted_at is not null

-- name: erase_workflows
delete from workflows where user_id = $1

-- name: erase_blocks
delete from blocks where user_id = $1

-- name: erase_knowledgebases
delete from knowledgebases where user_id = $1

-- name: erase_idempotency_keys
delete from idempotency_keys where user_id = $1

-- name: insert_key
insert into api_keys (id, user_id, name, key_hash, created_at, document) values ($1, $2, $3, $4, $5, $6)

-- name: list_keys
-- $1 user, ($2, $3) the place to go on after, $4 limit.
select created_at, id, document from api_keys where user_id = $1 and (created_at, id) < ($2, $3)
order by created_at desc, id desc limit $4

-- name: count_keys
select count(*) from (select 1 from api_keys where user_id = $1 and (created_at, id) < ($2, $3) limit $4) counted

-- name: remove_key
-- $1 key, $2 user.
delete from api_keys where id = $1 and user_id = $2

-- name: any
-- Whether the store has users at all.
select exists (select 1 from users)
