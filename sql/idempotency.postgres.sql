-- What reads differently on PostgreSQL.

-- name: expire
-- Of one in sixteen, chosen by chance, and not of those that another transaction is removing: at once they would all remove the same oldest ones,
-- and all but one be run again.
delete from idempotency_keys where (user_id, path, key) in (
    select user_id, path, key from idempotency_keys
    where created_at <= $1 and get_byte(request_hash, 0) % 16 = (select cast(floor(random() * 16) as integer))
    order by created_at limit 4 for update skip locked)
