-- Answers kept for repeated POSTs.

-- name: find
-- $1 user, $2 path, $3 key, $4 the oldest that still counts.
select request_hash, status, location, etag, body from idempotency_keys where user_id = $1 and path = $2 and key = $3 and created_at > $4

-- name: insert
-- An expired one of the same key is replaced.
insert into idempotency_keys (user_id, path, key, request_hash, created_at, status, location, etag, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (user_id, path, key) do update set
    request_hash = excluded.request_hash, created_at = excluded.created_at, status = excluded.status, location = excluded.location,
    etag = excluded.etag, body = excluded.body

-- name: expire
-- $1 the oldest that still counts. Each new key removes a few old ones, so that they never pile up.
delete from idempotency_keys where (user_id, path, key) in (
    select user_id, path, key from idempotency_keys where created_at <= $1 order by created_at limit 4)
