-- Agents' memory.
--
-- How long a memory lives is said once in SQL: `rule` (for one agent, at one instant) and `lives` (of a memory `m`, beside the rule `r`); and once in C++,
-- memory_rules.h. A shelf is what is listed and expires alike; agent_memories.shelf derives it from the row. Within a shelf what lives is what was
-- created at `since` or later, so lists merge one ordered range of an index per shelf and never walk over what has expired. The long-term ones that
-- were accessed (18) are the exception: each is looked at; what had expired when it was last written stands aside (19).
--
-- In what follows $1 is the agent, $2 its owner, $3 now. Lists take ($4, $5) the place to go on after (time, id; `to` arrives here as well), $6 limit,
-- $7 from, $8 type or null, $9 importance or null, $10 session.
--
-- rows: shelves (shelf, type, importance, since, also)
-- 0 | short_term | low | cold_since | true
-- 1 | short_term | medium | cold_since | true
-- 2 | short_term | high | cold_since | true
-- 3 | short_term | low | hot_since | true
-- 4 | short_term | medium | hot_since | true
-- 5 | short_term | high | hot_since | true
-- 6 | short_term | low | all_since | true
-- 7 | short_term | medium | all_since | true
-- 8 | short_term | high | all_since | true
-- 9 | episodic | low | episodic_since | true
-- 10 | episodic | medium | all_since | true
-- 11 | episodic | high | all_since | true
-- 12 | semantic | low | all_since | true
-- 13 | semantic | medium | all_since | true
-- 14 | semantic | high | all_since | true
-- 15 | long_term | low | long_since | true
-- 16 | long_term | medium | all_since | true
-- 17 | long_term | high | all_since | true
-- 18 | long_term | low | all_since | last_accessed_at >= (select long_since from rule)
-- 19 | long_term | low | stale_since | true
--
-- rows: expiring (shelf, type, since)
-- 0 | short_term | cold_since
-- 1 | short_term | cold_since
-- 2 | short_term | cold_since
-- 3 | short_term | hot_since
-- 4 | short_term | hot_since
-- 5 | short_term | hot_since
-- 9 | episodic | episodic_since
-- 15 | long_term | long_since

-- part: greater
max

-- part: open
-- part: close

-- part: now
$3

-- part: hour
3600000

-- part: number
number

-- part: rule_columns
-- 5,000 years: never. No memory is dated 48 hours ahead.
{now} - case when {on} then {hours} * {hour} else 43800000 * {hour} end as cold_since,
{now} - case when {on} and not {promotes} then {hours} * {hour} else 43800000 * {hour} end as hot_since,
{now} - case when {on} then 720 * {hour} else 43800000 * {hour} end as episodic_since,
{now} - case when {on} then 2160 * {hour} else 43800000 * {hour} end as long_since,
{now} - case when {on} then -48 * {hour} else 43800000 * {hour} end as stale_since,
{now} - 43800000 * {hour} as all_since,
{now} - case when {hours} < 12 then {hours} else 12 end * {hour} as due_before

-- part: on
coalesce(s.auto_cleanup, true)

-- part: promotes
coalesce(s.auto_consolidation, true)

-- part: hours
coalesce(s.short_term_retention_hours, 24)

-- part: rule
-- No row where the agent is not there, or not the owner's.
rule as materialized (
    select a.id as agent_id, {rule_columns}
    from agents a left join memory_settings s on s.agent_id = a.id
    where a.id = $1 and a.user_id = $2 and a.deleted_at is null)

-- part: lives
case when m.shelf < 3 then m.created_at >= r.cold_since
    when m.shelf < 6 then m.created_at >= r.hot_since
    when m.shelf = 9 then m.created_at >= r.episodic_since
    when m.shelf = 15 then m.created_at >= r.long_since
    when m.shelf >= 18 then m.last_accessed_at >= r.long_since
    else true end

-- part: shown
m.id, m.type, m.importance, m.session_id, m.content, m.metadata, m.access_count, m.last_accessed_at, m.created_at, m.updated_at, m.version

-- part: settings
coalesce(s.short_term_retention_hours, 24), coalesce(s.auto_cleanup, true), coalesce(s.auto_consolidation, true), coalesce(s.consolidation_threshold, 100),
coalesce(s.enable_compression, true), coalesce(s.max_memory_size_mb, 1000), coalesce(s.importance_threshold, 'low'), coalesce(s.version, 0)

-- name: rule
-- The rule itself, for the tests that hold C++ against it.
with {rule}
select cold_since, hot_since, episodic_since, long_since, due_before from rule

-- name: settings
-- $1 agent, $2 owner. No row: not the owner's.
select {settings} from agents a left join memory_settings s on s.agent_id = a.id
where a.id = $1 and a.user_id = $2 and a.deleted_at is null

-- name: put_settings
-- $1 agent, $2-$8 the settings in the order of their list, $9 updated_at, $10 version.
insert into memory_settings (
    agent_id, short_term_retention_hours, auto_cleanup, auto_consolidation, consolidation_threshold, enable_compression, max_memory_size_mb,
    importance_threshold, updated_at, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (agent_id) do update set
    short_term_retention_hours = excluded.short_term_retention_hours, auto_cleanup = excluded.auto_cleanup,
    auto_consolidation = excluded.auto_consolidation, consolidation_threshold = excluded.consolidation_threshold,
    enable_compression = excluded.enable_compression, max_memory_size_mb = excluded.max_memory_size_mb,
    importance_threshold = excluded.importance_threshold, updated_at = excluded.updated_at, version = excluded.version

-- name: head
-- For who is about to write: the settings, and how much is there. No row: not the owner's.
select {settings},
    cast(coalesce((select sum(c.size_bytes) from memory_counts c where c.agent_id = a.id), 0) as bigint),
    cast(coalesce((select sum(c.count) from memory_counts c where c.agent_id = a.id and c.shelf < 9), 0) as bigint)
from agents a left join memory_settings s on s.agent_id = a.id
where a.id = $1 and a.user_id = $2 and a.deleted_at is null

-- name: find
-- What an id was made from, whoever asks.
select id, agent_id, request_hash from agent_memories where id = $1

-- name: insert
-- $1 id, $2 agent, $3 type, $4 importance, $5 session, $6 content, $7 metadata, $8 embedding, $9 access_count, $10 last_accessed_at, $11 created_at,
-- $12 updated_at, $13 version, $14 is_pinned, $15 is_stale, $16 size_bytes, $17 stored_bytes, $18 provenance, $19 request_hash, $20 region.
-- A client's id that is taken already changes nothing: 0 rows. Each row's parameters are p1 and so on (src/db/sqlite/each_row.h).
insert into agent_memories (
    number, arrival, id, agent_id, type, importance, session_id, content, metadata, embedding, access_count, last_accessed_at, created_at,
    updated_at, version, is_pinned, is_stale, size_bytes, stored_bytes, provenance, request_hash)
with first as materialized (select 1 + max(
    coalesce((select max(number) from agent_memories where number < 72057594037927936), 0),
    coalesce((select max(number) & 72057594037927935 from agent_memories where number >= 72057594037927936 and number < 144115188075855872), 0),
    coalesce((select max(number) & 72057594037927935 from agent_memories where number >= 144115188075855872 and number < 216172782113783808), 0),
    coalesce((select max(number) & 72057594037927935 from agent_memories where number >= 216172782113783808), 0)) as number)
select r.p20 << 56 | (first.number + r.n), first.number + r.n, r.p1, r.p2, r.p3, r.p4, r.p5, r.p6, r.p7, r.p8, r.p9, r.p10, r.p11, r.p12, r.p13, r.p14, r.p15,
    r.p16, r.p17, r.p18, r.p19
from first cross join each_row($1) r
where true
on conflict (id) do nothing

-- name: update
-- As insert, $19 unused. It moves to its region.
update agent_memories set
    number = $20 << 56 | arrival, type = $3, importance = $4, session_id = $5, content = $6, metadata = $7, embedding = $8, access_count = $9,
    last_accessed_at = $10, created_at = $11, updated_at = $12, version = $13, is_pinned = $14, is_stale = $15, size_bytes = $16,
    stored_bytes = $17, provenance = $18
where id = $1 and agent_id = $2

-- name: remove
-- $1 agent, $2 ids, 16 bytes each. As one statement: SQLite keeps what a page was before each statement that changes it through triggers.
delete from agent_memories where +agent_id = $1 and id in (
    with recursive slots(at) as (select 1 union all select at + 16 from slots where at + 16 < length($2))
    select substr($2, at, 16) from slots)

-- name: open_sweep
-- $1 agent, $2 life: terms of what is removed from this scope from now on are left to a sweep.
insert into memory_sweeps (agent_id, life, is_open) values ($1, $2, true)
on conflict (agent_id, life) do update set is_open = true where is_open = false

-- name: sweeps
-- The scopes that are to be swept.
select agent_id, life from memory_sweeps where agent_id >= x'' order by agent_id, life

-- name: close_sweep
-- $1 agent, $2 life: from now on who removes a memory removes its terms.
update memory_sweeps set is_open = false where agent_id = $1 and life = $2 and is_open

-- name: terms_behind
-- ($1, $2) the term and place to go on behind, $3 the first term that is not meant, $4 limit: the index in its order, and whether the memory is gone.
select t.term, t.place, not exists (select 1 from agent_memories m where m.id = substr(t.place, 9) and place_of(m.created_at, m.id) = t.place)
from memory_terms t where (t.term, t.place) > ($1, $2) and t.term < $3 order by t.term, t.place limit $4

-- name: remove_terms
-- From ($1, $2) to ($3, $4), both included.
delete from memory_terms where (term, place) >= ($1, $2) and (term, place) <= ($3, $4)

-- name: end_sweep
-- $1 agent, $2 life, unless it was opened again.
delete from memory_sweeps where agent_id = $1 and life = $2 and not is_open

-- name: reuse_space
-- After a clean-up, by itself. The embedded store gives its room back (src/store/space.h).
select 1 where false

-- name: get
-- $4 id.
with {rule}
select {shown}, m.embedding
from rule r join agent_memories m on m.id = $4 and m.agent_id = r.agent_id
where {lives}

-- name: whole
-- $4 id: all that is kept of it, to be changed.
with {rule}
select {shown}, m.embedding, m.is_pinned, m.provenance, m.shelf, s.enable_compression
from rule r join agent_memories m on m.id = $4 and m.agent_id = r.agent_id left join memory_settings s on s.agent_id = m.agent_id
where {lives}

-- name: list
-- One row without a memory where there are none; no row where the agent is not the owner's. In no order.
with {rule},
page as (
    {each shelves} union all
    {open}select created_at, id, {number} as number from agent_memories
    where agent_id = $1 and shelf = {shelf} and (cast($8 as text) is null or $8 = '{type}') and (cast($9 as text) is null or $9 = '{importance}')
        and (created_at, id) < ($4, $5) and created_at >= {greater}($7, (select {since} from rule)) and {also}
    {close}
    {end}
    order by created_at desc, id desc limit $6)
select {shown}
from rule r left join page p on true left join agent_memories m on m.{number} = p.number

-- name: list_session
with {rule},
page as (
    {each shelves} union all
    {open}select created_at, id, {number} as number from agent_memories
    where agent_id = $1 and session_id = $10 and shelf = {shelf} and (cast($8 as text) is null or $8 = '{type}') and (cast($9 as text) is null or $9 = '{importance}')
        and (created_at, id) < ($4, $5) and created_at >= {greater}($7, (select {since} from rule)) and {also}
    {close}
    {end}
    order by created_at desc, id desc limit $6)
select {shown}
from rule r left join page p on true left join agent_memories m on m.{number} = p.number

-- name: count
-- At most $6.
with {rule}
select count(*) from (
    {each shelves} union all
    select 1 from agent_memories
    where agent_id = $1 and shelf = {shelf} and (cast($8 as text) is null or $8 = '{type}') and (cast($9 as text) is null or $9 = '{importance}')
        and created_at < $4 and created_at >= {greater}($7, (select {since} from rule)) and {also}
    {end}
    limit $6) counted

-- name: count_session
with {rule}
select count(*) from (
    {each shelves} union all
    select 1 from agent_memories
    where agent_id = $1 and session_id = $10 and shelf = {shelf} and (cast($8 as text) is null or $8 = '{type}') and (cast($9 as text) is null or $9 = '{importance}')
        and created_at < $4 and created_at >= {greater}($7, (select {since} from rule)) and {also}
    {end}
    limit $6) counted

-- name: search
-- By metadata, as sql/search.sql: a walk down the places of the index of terms, along what lives, span of time by span of time (src/db/place.h); where one
-- has no more, on behind the end of the next that is there. $11 the place to go on below; $12-$15 the terms of what expires as short-term (0), as
-- episodic (1), as long-term (2), and of what does not or is to be looked at (3); $16-$19 their unlisted; $20 whether the terms decide not; $23 whether
-- rows are wanted.
with recursive {rule},
slots(at) as (select 1 union all select at + 16 from slots where at + 16 < length($12)),
walk(place) as (
    select $11
    union all
    select coalesce((select n.place from (select max(
            coalesce((select c.place from (select min(coalesce((select max(t.place) from memory_terms t where t.term = memory_term(substr($12, s.at, 16), w.place) and t.place < w.place), x'')) as place from slots s) c where c.place >= place_of((select cold_since from rule), x'')), x''),
            coalesce((select c.place from (select min(coalesce((select max(t.place) from memory_terms t where t.term = memory_term(substr($13, s.at, 16), w.place) and t.place < w.place), x'')) as place from slots s) c where c.place >= place_of((select episodic_since from rule), x'')), x''),
            coalesce((select c.place from (select min(coalesce((select max(t.place) from memory_terms t where t.term = memory_term(substr($14, s.at, 16), w.place) and t.place < w.place), x'')) as place from slots s) c where c.place >= place_of((select long_since from rule), x'')), x''),
            coalesce((select min(coalesce((select max(t.place) from memory_terms t where t.term = memory_term(substr($15, s.at, 16), w.place) and t.place < w.place), x'')) from slots s), x''),
            coalesce((select max(t.place) from memory_terms t where t.term = memory_term($16, w.place) and t.place < w.place and t.place >= place_of((select cold_since from rule), x'')), x''),
            coalesce((select max(t.place) from memory_terms t where t.term = memory_term($17, w.place) and t.place < w.place and t.place >= place_of((select episodic_since from rule), x'')), x''),
            coalesce((select max(t.place) from memory_terms t where t.term = memory_term($18, w.place) and t.place < w.place and t.place >= place_of((select long_since from rule), x'')), x''),
            coalesce((select max(t.place) from memory_terms t where t.term = memory_term($19, w.place) and t.place < w.place), x'')) as place) n
        where n.place > x''), max(
            memory_span_end((select max(t.term) from memory_terms t where t.term >= substr($16, 1, 2) and t.term < memory_term(substr($16, 1, 2), w.place))),
            memory_span_end((select max(t.term) from memory_terms t where t.term >= substr($17, 1, 2) and t.term < memory_term(substr($17, 1, 2), w.place))),
            memory_span_end((select max(t.term) from memory_terms t where t.term >= substr($18, 1, 2) and t.term < memory_term(substr($18, 1, 2), w.place))),
            memory_span_end((select max(t.term) from memory_terms t where t.term >= substr($19, 1, 2) and t.term < memory_term(substr($19, 1, 2), w.place)))))
    from walk w where w.place > place_of($7, x''))
select w.place, case when m.id is not null then '' end,
    case when m.id is not null and ($20 or exists (select 1 from memory_terms t where t.place = w.place
            and t.term in (memory_term($16, w.place), memory_term($17, w.place), memory_term($18, w.place), memory_term($19, w.place))))
        then '{"metadata":' || unpacked(m.metadata) || '}' end,
    {shown}
from walk w cross join rule r left join agent_memories m on m.id = substr(w.place, 9) and m.agent_id = r.agent_id and {lives}
    and ($8 is null or m.type = $8) and ($9 is null or m.importance = $9) and ($10 is null or m.session_id = $10)
    and (exists (select 1 from memory_terms t where t.place = w.place
            and t.term in (memory_term($16, w.place), memory_term($17, w.place), memory_term($18, w.place), memory_term($19, w.place)))
        or not exists (select 1 from slots s where not exists (select 1 from memory_terms t where t.place = w.place and t.term in (
            memory_term(substr($12, s.at, 16), w.place), memory_term(substr($13, s.at, 16), w.place),
            memory_term(substr($14, s.at, 16), w.place), memory_term(substr($15, s.at, 16), w.place)))))
where w.place >= place_of($7, x'') and w.place > x'' and w.place < $11

-- name: stats
-- What stands on each shelf of an agent: count, bytes given, bytes kept; the sums over its slots. One row without a shelf where there is nothing.
with {rule}
select c.shelf, c.count, c.size_bytes, c.stored_bytes from rule r left join memory_counts c on c.agent_id = r.agent_id

-- name: expired
-- Of an agent, what has expired and is not yet removed: how many, and their bytes.
with {rule}
{each expiring} union all
select {shelf} as shelf, count(*), cast(coalesce(sum(size_bytes), 0) as bigint) from agent_memories
where agent_id = $1 and shelf = {shelf} and created_at < (select {since} from rule)
{end}
union all
select 18, count(*), cast(coalesce(sum(size_bytes), 0) as bigint) from agent_memories
where agent_id = $1 and shelf = 18 and last_accessed_at < (select long_since from rule)
union all
select 19, count(*), cast(coalesce(sum(size_bytes), 0) as bigint) from agent_memories
where agent_id = $1 and shelf = 19 and last_accessed_at < (select long_since from rule)

-- name: access
-- $1 id, $2 how often, $3 when last.
update agent_memories set
    access_count = access_count + $2, last_accessed_at = {greater}(coalesce(last_accessed_at, $3), $3), is_stale = false
where id = $1

-- name: record_access
-- $1 memory, $2 day, $3 the entry's id, $4 how often.
insert into memory_timeline (agent_id, timestamp, id, type, count, memory_ids, metadata)
select m.agent_id, $2, $3, 'accessed', $4, m.id, '{}' from agent_memories m where m.id = $1
on conflict (agent_id, timestamp, id) do update set count = memory_timeline.count + excluded.count

-- name: begin_flush
-- $1 server, $2 number, $3 now. 0 rows: this batch is written already.
insert into memory_flushes (server, number, flushed_at) values ($1, $2, $3)
on conflict (server) do update set number = excluded.number, flushed_at = excluded.flushed_at where memory_flushes.number < excluded.number

-- name: forget_flushes
-- $1: of servers that have written nothing since.
delete from memory_flushes where flushed_at < $1

-- name: record
-- $1 agent, $2 timestamp, $3 id, $4 type, $5 count, $6 memory_ids, $7 metadata.
insert into memory_timeline (agent_id, timestamp, id, type, count, memory_ids, metadata) values ($1, $2, $3, $4, $5, $6, $7)

-- name: timeline
-- $1 agent, $2 owner, ($3, $4) the place to go on after, $5 limit. One row without an entry where there are none.
select t.timestamp, t.id, t.type, t.count, t.memory_ids, t.metadata
from agents a left join (
    select timestamp, id, type, count, memory_ids, metadata from memory_timeline
    where agent_id = $1 and (timestamp, id) < ($3, $4) order by timestamp desc, id desc limit $5) t on true
where a.id = $1 and a.user_id = $2 and a.deleted_at is null

-- name: count_timeline
-- $1 agent, $2 at most.
select cast(coalesce(sum(entries), 0) as bigint) from (
    select case when type = 'accessed' then 1 else count end as entries from memory_timeline where agent_id = $1 limit $2) counted

-- name: forget_timeline
-- $1 agent, $2 before, $3 at most. Whoever keeps to 90 days.
delete from memory_timeline where (agent_id, timestamp, id) in (
    select agent_id, timestamp, id from memory_timeline where agent_id = $1 and timestamp < $2 order by timestamp, id limit $3)

-- name: old_timelines
-- $1 the agent to go on after, $2 before, $3 limit: agents in the order of their ids, and whether their timelines tell of the time before.
select a.id, coalesce((select min(t.timestamp) from memory_timeline t where t.agent_id = a.id) < $2, false)
from agents a where a.id > $1 order by a.id limit $3

-- name: agents
-- $1 the agent to go on after, $2 limit: those that remember something, in the order of their ids.
select a.id, a.user_id, {settings} from agents a left join memory_settings s on s.agent_id = a.id
where a.id > $1 and a.deleted_at is null and exists (select 1 from memory_counts c where c.agent_id = a.id and c.count > 0)
order by a.id limit $2

-- name: due
-- $4 shelf (3, 4 or 5), ($5, $6) the place to go on behind, $7 limit: what is due for promotion, oldest first.
with {rule}
select m.id, m.created_at, m.version, m.importance, m.content, m.stored_bytes, m.arrival
from agent_memories m
where m.agent_id = (select agent_id from rule) and m.shelf = $4 and (m.created_at, m.id) > ($5, $6)
    and m.created_at < (select due_before from rule) and m.created_at >= (select hot_since from rule)
order by m.created_at, m.id limit $7

-- name: is_due
-- Whether anything is.
with {rule}
select exists (select 1 from agent_memories m where m.agent_id = (select agent_id from rule) and m.shelf = 3
        and m.created_at < (select due_before from rule) and m.created_at >= (select hot_since from rule))
    or exists (select 1 from agent_memories m where m.agent_id = (select agent_id from rule) and m.shelf = 4
        and m.created_at < (select due_before from rule) and m.created_at >= (select hot_since from rule))
    or exists (select 1 from agent_memories m where m.agent_id = (select agent_id from rule) and m.shelf = 5
        and m.created_at < (select due_before from rule) and m.created_at >= (select hot_since from rule))

-- name: kept
-- $1 id: all of it, for promotion and for what is merged.
select m.id, m.version, m.shelf, {shown}, m.embedding, m.arrival, m.request_hash, m.stored_bytes
from agent_memories m where m.id = $1

-- name: promote_single
-- Many at once, into which nothing is merged. $1 their versions and ids as places, 24 bytes each, $2 now, $3 the same as text ($4 ids, $5 versions). Who
-- was promoted: those that are as they were when they were found due. As one statement: see remove.
update agent_memories set
    number = 3 << 56 | arrival, type = 'long_term', importance = case importance when 'low' then 'medium' else importance end, updated_at = $2,
    version = version + 1, is_stale = false, provenance = {provenance_of_one}
where id in (
        with recursive slots(at) as (select 1 union all select at + 24 from slots where at + 24 < length($1)) select substr($1, at + 8, 16) from slots)
    and place_of(version, id) in (
        with recursive slots(at) as (select 1 union all select at + 24 from slots where at + 24 < length($1)) select substr($1, at, 24) from slots)
    and +shelf between 3 and 5
returning id

-- part: provenance_of_one
-- As src/memory/promotion.cc writes it of others.
'{"type":"short_term","importance":"' || importance || '","access_count":' || access_count || ',"promoted_at":"' || $3 || '","merged_accesses":0,"merged":[]}'

-- name: promote
-- $1 id, $2 accesses of what was merged into it, $3 last_accessed_at, $4 now, $5 provenance.
update agent_memories set
    number = 3 << 56 | arrival, type = 'long_term', importance = case importance when 'low' then 'medium' else importance end,
    access_count = access_count + $2, last_accessed_at = $3, updated_at = $4, version = version + 1, provenance = $5, is_stale = false
where id = $1

-- part: expired_short
and created_at < (select case when $4 < 3 then cold_since else hot_since end from rule) and (created_at, id) > ($5, $6)

-- name: overdue_short
-- $4 the first of three shelves (0, 3) of short-term memories that expire alike, ($5, $6) the place to go on behind, $7 limit: what has expired first
-- on any of them, so that what came together goes together. In no order.
with {rule},
page as (
    {open}select created_at, id, {number} as number from agent_memories
    where agent_id = (select agent_id from rule) and shelf = $4 {expired_short}
    {close_overdue}
    union all
    {open}select created_at, id, {number} as number from agent_memories
    where agent_id = (select agent_id from rule) and shelf = $4 + 1 {expired_short}
    {close_overdue}
    union all
    {open}select created_at, id, {number} as number from agent_memories
    where agent_id = (select agent_id from rule) and shelf = $4 + 2 {expired_short}
    {close_overdue}
    order by created_at, id limit $7)
select m.id, m.type, m.stored_bytes, m.created_at from page p join agent_memories m on m.{number} = p.number

-- part: close_overdue

-- name: overdue
-- $4 shelf (9 or 15), ($5, $6) the place to go on behind, $7 limit: what has expired on a shelf, oldest first.
with {rule}
select m.id, m.type, m.stored_bytes, m.created_at
from agent_memories m
where m.agent_id = (select agent_id from rule) and m.shelf = $4 and m.created_at < (select case when $4 = 9 then episodic_since else long_since end from rule)
    and (m.created_at, m.id) > ($5, $6)
order by m.created_at, m.id limit $7

-- name: overdue_of_agent
-- What has expired on any of its shelves.
with {rule}
{each expiring} union all
select id, size_bytes from agent_memories where agent_id = $1 and shelf = {shelf} and created_at < (select {since} from rule)
{end}
union all
select id, size_bytes from agent_memories where agent_id = $1 and shelf = 18 and last_accessed_at < (select long_since from rule)
union all
select id, size_bytes from agent_memories where agent_id = $1 and shelf = 19 and last_accessed_at < (select long_since from rule)

-- name: unused
-- $4 shelf (18 or 19), ($5, $6) the place to go on behind, $7 limit: what has not been accessed for too long.
with {rule}
select m.id, m.type, m.stored_bytes, m.created_at
from agent_memories m
where m.agent_id = (select agent_id from rule) and m.shelf = $4 and (m.created_at, m.id) > ($5, $6) and m.last_accessed_at < (select long_since from rule)
order by m.created_at, m.id limit $7

-- name: victims
-- $1 agent, $2 shelf (0 low, 1 medium, 2 high: what is pinned or due stands 3 and 6 behind), $3 importance: short-term memories, least recently used first.
{open}select created_at as used_at, id, size_bytes from agent_memories
where agent_id = $1 and shelf = $2 and last_accessed_at is null
{close_used}
union all
{open}select created_at as used_at, id, size_bytes from agent_memories
where agent_id = $1 and shelf = $2 + 3 and last_accessed_at is null
{close_used}
union all
{open}select created_at as used_at, id, size_bytes from agent_memories
where agent_id = $1 and shelf = $2 + 6 and last_accessed_at is null
{close_used}
union all
{open}select last_accessed_at as used_at, id, size_bytes from agent_memories
where agent_id = $1 and type = 'short_term' and importance = $3 and last_accessed_at is not null
{close_used}
order by used_at, id

-- part: close_used

-- name: overview
-- $1 whose agents, $2 now: of every shelf of each how many stand on it, and how many of them have expired.
{overview_rows}
where k.agent_id = a.id and a.user_id = $1 and a.deleted_at is null

-- name: overview_of_all
-- $2 now: the same of everybody's.
{overview_rows}
where k.agent_id = a.id and a.deleted_at is null and cast($1 as uuid) is null

-- part: overview_rows
-- What has expired is counted beside the first of a shelf's slots.
select k.shelf, k.count, case
    when not {on} or k.slot <> (select min(c.slot) from memory_counts c where c.agent_id = k.agent_id and c.shelf = k.shelf) then 0
    when k.shelf < 3 then (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.created_at < {overview_now} - {hours} * {hour})
    when k.shelf < 6 then case when {promotes} then 0 else (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.created_at < {overview_now} - {hours} * {hour}) end
    when k.shelf = 9 then (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.created_at < {overview_now} - 720 * {hour})
    when k.shelf = 15 then (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.created_at < {overview_now} - 2160 * {hour})
    when k.shelf >= 18 then (select count(*) from agent_memories m where m.agent_id = a.id and m.shelf = k.shelf and m.last_accessed_at < {overview_now} - 2160 * {hour})
    else 0 end as expired
from agents a cross join memory_counts k left join memory_settings s on s.agent_id = a.id

-- part: overview_now
$2

-- name: erase
-- $1 owner: what its agents remember, and have remembered. With the agents would go the same, row by row.
delete from agent_memories where agent_id in (select id from agents where user_id = $1)

-- name: purge
-- $1 before, $2 at most: of agents that were deleted before, and are about to be removed for good.
delete from agent_memories where id in (
    select m.id from agents a join agent_memories m on m.agent_id = a.id where a.deleted_at < $1 limit $2)

-- name: purge_timeline
-- $1 before, $2 at most: the same of what has happened.
delete from memory_timeline where (agent_id, timestamp, id) in (
    select t.agent_id, t.timestamp, t.id from agents a join memory_timeline t on t.agent_id = a.id where a.deleted_at < $1 limit $2)

-- Search in memory (src/memory/search.h). An index of words is made in memory from what `memory_words` keeps, and kept up to date.

-- part: next_change
(1 + max(coalesce((select max(w.changed) from memory_words w where w.agent_id = $1), 0),
    coalesce((select max(g.changed) from memory_gone g where g.agent_id = $1), 0)))

-- part: words_of_m
w.number = m.number

-- part: memory_to_index
m.arrival, m.session_id, m.shelf, m.created_at, m.last_accessed_at, w.words,
case when w.words is null then m.content end, case when w.words is null then m.metadata end

-- name: index_state
-- By what an index goes: since when what lives was created, and the number of the next change.
with {rule}
select r.cold_since, r.hot_since, r.episodic_since, r.long_since, r.all_since, {next_change} from rule r

-- name: index_changes
-- $1 agent, $2 the first change that is wanted. Of what is gone its id alone, or a list of them (src/store/id_list.h).
select g.memory_ids, null, null, null, null, null, null, null, null from memory_gone g where g.agent_id = $1 and g.changed >= $2
union all
select m.id, {memory_to_index}
from memory_words w join agent_memories m on m.number = w.number
where w.agent_id = $1 and w.changed >= $2

-- name: index_all
-- $1 agent.
select m.id, {memory_to_index}
from agent_memories m left join memory_words w on {words_of_m}
where m.agent_id = $1

-- name: found
-- $1 agent, $2 ids, 16 bytes each. In no order.
with recursive slots(at) as (select 1 where length($2) > 0 union all select at + 16 from slots where at + 16 < length($2))
select {shown} from slots s cross join agent_memories m where m.id = substr($2, s.at, 16) and m.agent_id = $1

-- name: described
-- $1 agent, $2 ids, 16 bytes each: their metadata. In no order.
with recursive slots(at) as (select 1 where length($2) > 0 union all select at + 16 from slots where at + 16 < length($2))
select m.id, m.metadata from slots s cross join agent_memories m where m.id = substr($2, s.at, 16) and m.agent_id = $1

-- name: vectors
-- $1 agent, $2 ids, 16 bytes each: the embeddings that there are. In no order.
with recursive slots(at) as (select 1 where length($2) > 0 union all select at + 16 from slots where at + 16 < length($2))
select m.id, coalesce(m.embedding, e.embedding)
from slots s cross join agent_memories m left join memory_embeddings e on e.agent_id = m.agent_id and e.memory_id = m.id
where m.id = substr($2, s.at, 16) and m.agent_id = $1 and (m.embedding is not null or e.embedding is not null)

-- name: put_words
-- $1 agent, $2 memory, $3 version of the analysis, $4 words; as rows. What is written at once is one change of its agent.
insert into memory_words (number, agent_id, changed, analysis, words)
select m.number, m.agent_id, 1 + max(coalesce((select max(w.changed) from memory_words w where w.agent_id = r.p1), 0),
    coalesce((select max(g.changed) from memory_gone g where g.agent_id = r.p1), 0)), r.p3, r.p4
from each_row($1) r cross join agent_memories m
where m.id = r.p2 and m.agent_id = r.p1
on conflict (number) do update set changed = excluded.changed, analysis = excluded.analysis, words = excluded.words

-- name: analysis
-- Up to which version all memories are analysed.
select version from memory_analysis where id = 1

-- name: set_analysis
update memory_analysis set version = $1 where id = 1

-- name: to_analyse
-- $1 the id to go on after, $2 version, $3 how many are looked at. Of those that are of this version no content.
select m.id, m.agent_id, case when w.words is null or w.analysis <> $2 then m.content end,
    case when w.words is null or w.analysis <> $2 then m.metadata end, m.embedding is not null
from agent_memories m left join memory_words w on {words_of_m}
where m.id > $1 order by m.id limit $3

-- name: note_gone
-- $1 agent, $2 the list of those that are about to be removed, $3 the same as ids, $4 now.
insert into memory_gone (agent_id, changed, gone_at, memory_ids) values ($1, {next_change}, $4, $2)

-- name: forget_gone
-- $1 before, $2 at most. An agent's last change stays: the next one is counted from it.
delete from memory_gone where (agent_id, changed) in (
    select g.agent_id, g.changed from memory_gone g
    where g.gone_at < $1 and (exists (select 1 from memory_gone l where l.agent_id = g.agent_id and l.changed > g.changed)
        or exists (select 1 from memory_words w where w.agent_id = g.agent_id and w.changed > g.changed))
    order by g.gone_at limit $2)

-- name: queue_embedding
-- $1 memory, $2 agent, $3 now.
insert into memory_embedding_queue (memory_id, agent_id, attempts, not_before) values ($1, $2, 0, $3)
on conflict (memory_id) do update set attempts = 0, not_before = excluded.not_before

-- name: drop_embedding
-- $1 agent, $2 memory: it says something else now.
delete from memory_embeddings where agent_id = $1 and memory_id = $2

-- name: to_embed
-- $1 now, $2 at most.
select q.memory_id, q.agent_id, q.attempts, m.version, m.embedding is not null, m.content
from (select memory_id, agent_id, attempts from memory_embedding_queue where not_before <= $1 order by not_before, memory_id limit $2) q
left join agent_memories m on m.id = q.memory_id

-- name: put_embedding
-- $1 memory, $2 its version, $3 embedding. 0 rows: it has been changed meanwhile, or is gone.
insert into memory_embeddings (agent_id, memory_id, embedding)
select m.agent_id, m.id, $3 from agent_memories m where m.id = $1 and m.version = $2
on conflict (agent_id, memory_id) do update set embedding = excluded.embedding

-- name: unqueue_embedding
-- $1 memory.
delete from memory_embedding_queue where memory_id = $1

-- name: postpone_embedding
-- $1 memory, $2 attempts, $3 not before.
update memory_embedding_queue set attempts = $2, not_before = $3 where memory_id = $1
