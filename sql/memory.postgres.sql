-- What reads differently on PostgreSQL: times are no numbers, each branch of a merge has its own order and bound, rows come as arrays, and metadata is
-- searched through GIN.

-- part: greater
greatest

-- part: open
(

-- part: close
order by created_at desc, id desc limit $6)

-- part: close_overdue
order by created_at, id limit $7)

-- part: close_used
order by used_at, id limit 20000)

-- part: now
cast($3 as timestamptz)

-- part: overview_now
cast($2 as timestamptz)

-- part: hour
interval '1 hour'

-- part: number
id

-- name: find
-- $1 ids.
select m.id, m.agent_id, m.request_hash from unnest(cast($1 as uuid[])) asked(id) join agent_memories m on m.id = asked.id

-- name: insert
-- Rows as arrays; they arrive in their order. Arrival is the database's clock in sixteenths of a microsecond: in order for who waits for an answer
-- before the next, whichever server takes it, and no counter that has to be moved along with the rows.
insert into agent_memories (
    arrival, id, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, stored_bytes, provenance, request_hash)
select cast(extract(epoch from statement_timestamp()) * 1000000 as bigint) * 16 + r.n, r.id, r.agent_id, r.type, r.importance, r.session_id, r.content,
    r.metadata, r.embedding, r.access_count, r.last_accessed_at, r.created_at, r.updated_at, r.version, r.is_pinned, r.is_stale, r.size_bytes,
    r.stored_bytes, r.provenance, r.request_hash
from unnest(
    cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as text[]), cast($4 as text[]), cast($5 as text[]), cast($6 as bytea[]), cast($7 as jsonb[]),
    cast($8 as bytea[]), cast($9 as bigint[]), cast($10 as timestamptz[]), cast($11 as timestamptz[]), cast($12 as timestamptz[]),
    cast($13 as bigint[]), cast($14 as boolean[]), cast($15 as boolean[]), cast($16 as bigint[]), cast($17 as bigint[]), cast($18 as bytea[]),
    cast($19 as bytea[])) with ordinality r(
    id, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at, updated_at, version,
    is_pinned, is_stale, size_bytes, stored_bytes, provenance, request_hash, n)
on conflict (id) do nothing

-- name: update
update agent_memories set
    type = $3, importance = $4, session_id = $5, content = $6, metadata = $7, embedding = $8, access_count = $9, last_accessed_at = $10,
    created_at = $11, updated_at = $12, version = $13, is_pinned = $14, is_stale = $15, size_bytes = $16, stored_bytes = $17, provenance = $18
where id = $1 and agent_id = $2

-- name: remove
-- $3 ids, as texts.
delete from agent_memories m using unnest(cast($3 as uuid[])) gone(id) where m.id = gone.id and m.agent_id = $1

-- name: open_sweep
-- Terms of metadata are the embedded store's alone.
select 1 where false

-- name: sweeps
select cast(null as uuid), cast(0 as bigint) where false

-- name: close_sweep
select 1 where false

-- name: terms_behind
select cast(null as bytea), cast(null as bytea), false where false

-- name: remove_terms
select 1 where false

-- name: end_sweep
select 1 where false

-- name: reuse_space
-- Room is of use again at once, not when autovacuum comes around; nobody who reads or writes waits for it.
vacuum (skip_locked, truncate false) agent_memories, memory_words

-- name: search
-- The matches of the index, of which the newest that live are put in order. $21 what is to be contained, $22 what else is, $24 candidates at most.
with {rule},
found as materialized (
    select m.id, m.created_at from agent_memories m, rule r
    where m.owners @> array[cast($1 as uuid)] and m.metadata <> '{}' and m.metadata @> $21
        and not exists (select 1 from unnest(cast($22 as jsonb[])) f where not m.metadata @> f)
        and m.agent_id = r.agent_id and {lives}
        and (cast($8 as text) is null or m.type = $8) and (cast($9 as text) is null or m.importance = $9)
        and (cast($10 as text) is null or m.session_id = $10)
        and m.created_at >= $7 and (m.created_at, m.id) < ($4, $5)
    order by m.created_at desc, m.id desc limit $6)
select onggi_place(f.created_at, f.id) as place, cast('' as bytea) as document, cast(null as bytea) as whole, {shown}
from found f join agent_memories m on m.id = f.id
order by f.created_at desc, f.id desc

-- name: access
-- Rows as arrays.
update agent_memories m set
    access_count = m.access_count + a.count, last_accessed_at = greatest(coalesce(m.last_accessed_at, a.at), a.at), is_stale = false
from unnest(cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as timestamptz[])) a(id, count, at) where m.id = a.id

-- name: record_access
insert into memory_timeline (agent_id, timestamp, id, type, count, memory_ids, metadata)
select m.agent_id, a.day, a.entry, 'accessed', a.count, uuid_send(m.id), '{}'
from unnest(cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as uuid[]), cast($4 as bigint[])) a(id, day, entry, count)
join agent_memories m on m.id = a.id
on conflict (agent_id, timestamp, id) do update set count = memory_timeline.count + excluded.count

-- name: forget_flushes
-- Along the key: a row for each server.
delete from memory_flushes where server >= '00000000-0000-0000-0000-000000000000' and flushed_at < $1

-- name: record
-- Rows as arrays.
insert into memory_timeline (agent_id, timestamp, id, type, count, memory_ids, metadata)
select * from unnest(cast($1 as uuid[]), cast($2 as timestamptz[]), cast($3 as uuid[]), cast($4 as text[]), cast($5 as bigint[]), cast($6 as bytea[]),
    cast($7 as jsonb[]))

-- name: kept
-- $1 ids.
select m.id, m.version, m.shelf, {shown}, m.embedding, m.arrival, m.request_hash, m.stored_bytes
from unnest(cast($1 as uuid[])) asked(id) join agent_memories m on m.id = asked.id

-- name: promote_single
update agent_memories m set
    type = 'long_term', importance = case importance when 'low' then 'medium' else importance end, updated_at = $2, version = m.version + 1,
    is_stale = false, provenance = convert_to({provenance_of_one}, 'UTF8')
from unnest(cast($4 as uuid[]), cast($5 as text[])) p(due_id, due_version)
where m.id = p.due_id and m.version = cast(p.due_version as bigint) and m.shelf between 3 and 5
returning m.id

-- name: promote
-- Rows as arrays.
update agent_memories m set
    type = 'long_term', importance = case m.importance when 'low' then 'medium' else m.importance end, access_count = m.access_count + p.merged,
    last_accessed_at = p.at, updated_at = p.now, version = m.version + 1, provenance = p.provenance, is_stale = false
from unnest(cast($1 as uuid[]), cast($2 as bigint[]), cast($3 as timestamptz[]), cast($4 as timestamptz[]), cast($5 as bytea[]))
    p(id, merged, at, now, provenance)
where m.id = p.id

-- part: next_change
cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)

-- part: words_of_m
w.agent_id = m.agent_id and w.memory_id = m.id

-- name: index_all
-- planner: enable_nestloop = off; enable_mergejoin = off
-- Words are put to their memories by hashing: one by one, looking them up takes most of the time.
select m.id, {memory_to_index}
from agent_memories m left join memory_words w on {words_of_m}
where m.agent_id = $1

-- name: index_changes
-- Bounded above as well: after a restore from a dump the numbers of another cluster's transactions, above all that there are here, are no changes.
-- What is gone is looked up as well: it may be back.
select c.memory_id, {memory_to_index}
from (
    select w.memory_id from memory_words w
    where w.agent_id = $1 and w.changed >= $2 and w.changed < cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint)
    union all
    select unnest(g.memory_ids) from memory_gone g
    where g.agent_id = $1 and g.changed >= $2 and g.changed < cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint)) c
left join lateral (select * from agent_memories a where a.id = c.memory_id and a.agent_id = $1 offset 0) m on true
left join lateral (select * from memory_words b where b.agent_id = m.agent_id and b.memory_id = m.id offset 0) w on true

-- name: found
-- $3 ids, as texts.
select {shown} from unnest(cast($3 as uuid[])) asked(id) join agent_memories m on m.id = asked.id and m.agent_id = $1

-- name: described
-- $3 ids, as texts.
select m.id, m.metadata from unnest(cast($3 as uuid[])) asked(id) join agent_memories m on m.id = asked.id and m.agent_id = $1

-- name: vectors
-- $3 ids, as texts.
select m.id, coalesce(m.embedding, e.embedding)
from unnest(cast($3 as uuid[])) asked(id) join agent_memories m on m.id = asked.id and m.agent_id = $1
left join memory_embeddings e on e.agent_id = m.agent_id and e.memory_id = m.id
where m.embedding is not null or e.embedding is not null

-- name: put_words
-- Rows as arrays.
insert into memory_words (agent_id, memory_id, changed, analysis, words)
select agent_id, memory_id, cast(cast(pg_current_xact_id() as text) as bigint), analysis, words
from unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as bigint[]), cast($4 as bytea[])) each(agent_id, memory_id, analysis, words)
on conflict (agent_id, memory_id) do update set
    changed = excluded.changed, analysis = excluded.analysis, words = excluded.words

-- name: note_gone
insert into memory_gone (agent_id, changed, gone_at, memory_ids)
values ($1, cast(cast(pg_current_xact_id() as text) as bigint), $4, cast($3 as uuid[]))
on conflict (agent_id, changed) do update set memory_ids = memory_gone.memory_ids || excluded.memory_ids

-- name: forget_gone
-- All of it: changes are numbered by transactions. The oldest by their place in the table, which nobody changes within the statement.
delete from memory_gone where ctid = any (array(select g.ctid from memory_gone g where g.gone_at < $1 order by g.gone_at limit $2))

-- name: queue_embedding
-- Rows as arrays.
insert into memory_embedding_queue (memory_id, agent_id, attempts, not_before)
select memory_id, agent_id, 0, at from unnest(cast($1 as uuid[]), cast($2 as uuid[]), cast($3 as timestamptz[])) each(memory_id, agent_id, at)
on conflict (memory_id) do update set attempts = 0, not_before = excluded.not_before

-- name: to_embed
-- Joined, the planner may read all memories beside the few that are due.
select q.memory_id, q.agent_id, q.attempts, m.version, m.embedding is not null, m.content
from (select memory_id, agent_id, attempts from memory_embedding_queue where not_before <= $1 order by not_before, memory_id limit $2) q
left join lateral (select version, embedding, content from agent_memories where id = q.memory_id offset 0) m on true

-- name: purge
-- The agents in the order of their index, and of each what there is: joined, the planner reads all agents.
delete from agent_memories where id = any (array(
    select m.id from (select id from agents where deleted_at < $1 order by deleted_at, id offset 0) a
    cross join lateral (select m.id from agent_memories m where m.agent_id = a.id limit $2) m limit $2))

-- name: purge_timeline
-- The same; entries by their place in the table, which nobody changes within the statement.
delete from memory_timeline where ctid = any (array(
    select t.place from (select id from agents where deleted_at < $1 order by deleted_at, id offset 0) a
    cross join lateral (select t.ctid as place from memory_timeline t where t.agent_id = a.id limit $2) t limit $2))
