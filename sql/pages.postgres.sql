-- Whether what a server keeps in memory still holds. On PostgreSQL alone: other servers write to the same database.

-- name: confirm
-- $1 reader: changes whenever anything is committed that one of the reader's pages shows.
select cast(coalesce(sum(version), 0) as bigint) from definition_versions
where scope in ($1, cast('00000000-0000-0000-0000-000000000000' as uuid))

-- name: keys
-- Changes whenever a key or a user is.
select cast(coalesce(sum(version), 0) as bigint) from definition_versions
where scope = cast('ffffffff-ffff-ffff-ffff-ffffffffffff' as uuid)
