-- What agents remember, and the life of it.
--
-- `content` is UTF-8, or a zstd frame (which begins with bytes that are no UTF-8); `metadata` is jsonb however large, so that it can be queried:
-- PostgreSQL compresses it by itself.
--
-- `shelf` is what is listed and expires alike: type, importance, and what else decides how long it lives. Within a shelf expiry is a bound on
-- created_at, so a list begins and ends in an index without walking over what has expired. sql/memory.sql names the shelves.
create table agent_memories (
    id               uuid        not null primary key,
    arrival          bigint      not null,
    agent_id         uuid        not null references agents (id) on delete cascade,
    type             text        not null check (type in ('short_term', 'long_term', 'episodic', 'semantic')),
    importance       text        not null check (importance in ('low', 'medium', 'high')),
    session_id       text        collate "C",
    content          bytea       not null,
    metadata         jsonb       not null,
    embedding        bytea,
    access_count     bigint      not null,
    last_accessed_at timestamptz,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    version          bigint      not null,
    is_pinned        boolean     not null,
    is_stale         boolean     not null,
    size_bytes       bigint      not null,
    stored_bytes     bigint      not null,
    provenance       bytea,
    request_hash     bytea,
    shelf            smallint    not null generated always as (case type
        when 'short_term' then case when is_pinned then 6 when access_count >= 3 then 3 else 0 end
            + case importance when 'low' then 0 when 'medium' then 1 else 2 end
        when 'episodic' then case importance when 'low' then 9 when 'medium' then 10 else 11 end
        when 'semantic' then case importance when 'low' then 12 when 'medium' then 13 else 14 end
        else case importance when 'medium' then 16 when 'high' then 17
            else case when is_stale then 19 when last_accessed_at is null then 15 else 18 end end
        end) stored,
    owners           uuid[]      not null generated always as (array[agent_id]) stored
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.1,
    autovacuum_vacuum_cost_delay = 0);
-- Content is compressed already where it is worth it.
alter table agent_memories alter column content set storage external;
create index ix_agent_memories_agent_shelf_created on agent_memories (agent_id, shelf, created_at, id, size_bytes);
create index ix_agent_memories_agent_session_shelf_created on agent_memories (agent_id, session_id, shelf, created_at, id) where session_id is not null;
create index ix_agent_memories_used on agent_memories (agent_id, importance, last_accessed_at, id) where type = 'short_term' and last_accessed_at is not null;
create index ix_agent_memories_metadata_gin on agent_memories using gin (metadata jsonb_path_ops, owners) where metadata <> '{}';

create table memory_counts (
    agent_id     uuid     not null references agents (id) on delete cascade,
    shelf        smallint not null,
    slot         smallint not null,
    count        bigint   not null,
    size_bytes   bigint   not null,
    stored_bytes bigint   not null,
    primary key (agent_id, shelf, slot)
) with (fillfactor = 50);

-- Whose agent is going need not be counted any more. A subquery and no join: the planner would read all agents for a few rows.
create function onggi_memories_counted() returns trigger
language plpgsql set search_path from current as $$
begin
    if tg_op = 'INSERT' then
        insert into memory_counts as c (agent_id, shelf, slot, count, size_bytes, stored_bytes)
        select agent_id, shelf, pg_backend_pid() % 16, count(*), sum(size_bytes), sum(stored_bytes)
        from changed_to group by agent_id, shelf order by agent_id, shelf
        on conflict (agent_id, shelf, slot) do update set
            count = c.count + excluded.count, size_bytes = c.size_bytes + excluded.size_bytes, stored_bytes = c.stored_bytes + excluded.stored_bytes;
    elsif tg_op = 'DELETE' then
        insert into memory_counts as c (agent_id, shelf, slot, count, size_bytes, stored_bytes)
        select m.agent_id, m.shelf, pg_backend_pid() % 16, -count(*), -sum(m.size_bytes), -sum(m.stored_bytes)
        from changed_from m where (select true from agents a where a.id = m.agent_id) group by m.agent_id, m.shelf order by m.agent_id, m.shelf
        on conflict (agent_id, shelf, slot) do update set
            count = c.count + excluded.count, size_bytes = c.size_bytes + excluded.size_bytes, stored_bytes = c.stored_bytes + excluded.stored_bytes;
    else
        insert into memory_counts as c (agent_id, shelf, slot, count, size_bytes, stored_bytes)
        select agent_id, shelf, pg_backend_pid() % 16, sum(one), sum(size_bytes), sum(stored_bytes)
        from (
            select agent_id, shelf, -1 as one, -size_bytes as size_bytes, -stored_bytes as stored_bytes from changed_from
            union all
            select agent_id, shelf, 1, size_bytes, stored_bytes from changed_to) each
        group by agent_id, shelf having sum(one) <> 0 or sum(size_bytes) <> 0 or sum(stored_bytes) <> 0 order by agent_id, shelf
        on conflict (agent_id, shelf, slot) do update set
            count = c.count + excluded.count, size_bytes = c.size_bytes + excluded.size_bytes, stored_bytes = c.stored_bytes + excluded.stored_bytes;
    end if;
    return null;
end $$;
comment on function onggi_memories_counted() is 'Keeps memory_counts in the transaction that changes memories';
create trigger count_insert after insert on agent_memories referencing new table as changed_to
for each statement execute function onggi_memories_counted();
create trigger count_delete after delete on agent_memories referencing old table as changed_from
for each statement execute function onggi_memories_counted();
create trigger count_update after update on agent_memories referencing old table as changed_from new table as changed_to
for each statement execute function onggi_memories_counted();

create table memory_settings (
    agent_id                   uuid        not null primary key references agents (id) on delete cascade,
    short_term_retention_hours bigint      not null check (short_term_retention_hours between 1 and 168),
    auto_cleanup               boolean     not null,
    auto_consolidation         boolean     not null,
    consolidation_threshold    bigint      not null check (consolidation_threshold between 10 and 1000),
    enable_compression         boolean     not null,
    max_memory_size_mb         bigint      not null check (max_memory_size_mb between 100 and 10000),
    importance_threshold       text        not null check (importance_threshold in ('low', 'medium', 'high')),
    updated_at                 timestamptz not null,
    version                    bigint      not null
);

create table memory_timeline (
    agent_id   uuid        not null references agents (id) on delete cascade,
    timestamp  timestamptz not null,
    id         uuid        not null,
    type       text        not null check (type in ('created', 'accessed', 'updated', 'promoted', 'merged', 'removed', 'undone')),
    count      bigint      not null,
    memory_ids bytea       not null,
    metadata   jsonb       not null,
    primary key (agent_id, timestamp, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

create table memory_flushes (
    server     uuid        not null primary key,
    number     bigint      not null,
    flushed_at timestamptz not null
);

comment on table agent_memories is 'What agents remember. What has expired is not read any more, and removed by clean-up';
comment on column agent_memories.id is 'UUIDv7';
comment on column agent_memories.arrival is 'The order in which memories came';
comment on column agent_memories.agent_id is 'Whose memory it is';
comment on column agent_memories.type is 'short_term, long_term, episodic or semantic';
comment on column agent_memories.importance is 'low, medium or high';
comment on column agent_memories.session_id is 'Groups memories';
comment on column agent_memories.content is 'The text (UTF-8), or a zstd frame of it';
comment on column agent_memories.metadata is 'Whatever the platform keeps with it';
comment on column agent_memories.embedding is '32-bit floats, little-endian';
comment on column agent_memories.access_count is 'How often it was read or found';
comment on column agent_memories.last_accessed_at is 'When it was last read or found';
comment on column agent_memories.created_at is 'When it was created';
comment on column agent_memories.updated_at is 'When it was last changed';
comment on column agent_memories.version is 'Counts its changes, from 1';
comment on column agent_memories.is_pinned is 'Its promotion was undone: neither promoted again nor expiring as short-term';
comment on column agent_memories.is_stale is 'It had gone without access for too long when it was last written';
comment on column agent_memories.size_bytes is 'Bytes of content, metadata and embedding as they were given';
comment on column agent_memories.stored_bytes is 'Bytes of what is kept of them';
comment on column agent_memories.provenance is 'What it was before its promotion, and what was merged into it: JSON (UTF-8) or a zstd frame of it';
comment on column agent_memories.request_hash is 'SHA-256 of the canonical body of a creation that brought its own id: tells a repetition from a conflict';
comment on column agent_memories.shelf is 'What is listed and expires alike, a number (sql/memory.sql); generated';
comment on column agent_memories.owners is 'The agent, for the index of metadata; generated';
comment on table memory_counts is 'How many memories stand on a shelf of an agent. What counts is the sum over the slots';
comment on column memory_counts.agent_id is 'The agent';
comment on column memory_counts.shelf is 'As in agent_memories';
comment on column memory_counts.slot is 'Class of backends that write this row, so that transactions at once seldom meet';
comment on column memory_counts.count is 'How many';
comment on column memory_counts.size_bytes is 'Their size_bytes together';
comment on column memory_counts.stored_bytes is 'Their stored_bytes together';
comment on table memory_settings is 'How the memory of an agent lives; an agent without a row has the defaults';
comment on column memory_settings.agent_id is 'The agent';
comment on column memory_settings.short_term_retention_hours is 'How long short-term memories live';
comment on column memory_settings.auto_cleanup is 'Whether anything expires';
comment on column memory_settings.auto_consolidation is 'Whether anything is promoted by itself';
comment on column memory_settings.consolidation_threshold is 'The number of short-term memories at which promotion runs at once';
comment on column memory_settings.enable_compression is 'Whether what is large is stored compressed';
comment on column memory_settings.max_memory_size_mb is 'How much an agent remembers, MiB of size_bytes';
comment on column memory_settings.importance_threshold is 'The highest importance that making room may remove';
comment on column memory_settings.updated_at is 'When they were last changed';
comment on column memory_settings.version is 'Counts its changes, from 1';
comment on table memory_timeline is 'What has happened to memories, for 90 days. Those to which the same happened at once share a row';
comment on column memory_timeline.agent_id is 'The agent';
comment on column memory_timeline.timestamp is 'When; of accesses, the day';
comment on column memory_timeline.id is 'Of the first entry; those of the others count up from it';
comment on column memory_timeline.type is 'created, accessed, updated, promoted, merged, removed or undone';
comment on column memory_timeline.count is 'How many entries, of accesses how many accesses';
comment on column memory_timeline.memory_ids is 'Which memories: the first id, then differences, each in groups of seven bits';
comment on column memory_timeline.metadata is 'What else is told of each';
comment on table memory_flushes is 'The last batch of access counts that each server has written: one whose outcome was unknown is not written twice';
comment on column memory_flushes.server is 'The server: another id after every start';
comment on column memory_flushes.number is 'Of the batch, counted from 1';
comment on column memory_flushes.flushed_at is 'When';
