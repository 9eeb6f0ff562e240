-- What reads differently on PostgreSQL.

-- name: other_admins
-- With them locked until the transaction ends: two admins that demote each other at once must not both succeed. Keys that refer to them do not wait.
select count(*) > 0 from (select 1 from users where role = 'admin' and id <> $1 order by id for no key update) others
