-- What agents remember, and the life of it.
--
-- A memory's place in the file says how long it is to live: `number` is its region (0 short-term, 1 and 2 what is unimportant among the episodic and the
-- long-term ones, 3 what stays) in the bits above 56 and, below, `arrival`, the order in which memories came. So what expires together lies
-- together, and its removal gives whole pages back.
--
-- `content` and `metadata` are text, or a zstd frame as a blob (unpacked() reads either). `size_bytes` is what was given (content, metadata and
-- embedding), `stored_bytes` what is kept of it.
--
-- `shelf` is what is listed and expires alike: type, importance, and what else decides how long it lives. Within a shelf expiry is a bound on
-- created_at, so a list begins and ends in an index without walking over what has expired. sql/memory.sql names the shelves.
create table agent_memories (
    number           integer not null primary key,
    arrival          integer not null,
    id               blob    not null unique check (length(id) = 16),
    agent_id         blob    not null references agents (id) on delete cascade,
    type             text    not null check (type in ('short_term', 'long_term', 'episodic', 'semantic')),
    importance       text    not null check (importance in ('low', 'medium', 'high')),
    session_id       text,
    content          any     not null,
    metadata         any     not null,
    embedding        blob,              -- 32-bit floats, little-endian
    access_count     integer not null,
    last_accessed_at integer,
    created_at       integer not null,
    updated_at       integer not null,
    version          integer not null,
    is_pinned        integer not null,  -- its promotion was undone: neither promoted again nor expiring as short-term
    is_stale         integer not null,  -- it had gone without access for too long when it was last written
    size_bytes       integer not null,
    stored_bytes     integer not null,
    provenance       any,               -- what it was before its promotion, JSON, as content is kept
    request_hash     blob,
    shelf            integer not null generated always as (case type
        when 'short_term' then case when is_pinned then 6 when access_count >= 3 then 3 else 0 end
            + case importance when 'low' then 0 when 'medium' then 1 else 2 end
        when 'episodic' then case importance when 'low' then 9 when 'medium' then 10 else 11 end
        when 'semantic' then case importance when 'low' then 12 when 'medium' then 13 else 14 end
        else case importance when 'medium' then 16 when 'high' then 17
            else case when is_stale then 19 when last_accessed_at is null then 15 else 18 end end
        end) virtual
) strict;
create index ix_agent_memories_agent_shelf_created on agent_memories (agent_id, shelf, created_at, id, size_bytes);
create index ix_agent_memories_agent_session_shelf_created on agent_memories (agent_id, session_id, shelf, created_at, id) where session_id is not null;
-- Which short-term memories were used least recently, when room is to be made; those that never were stand in the order of their creation.
create index ix_agent_memories_used on agent_memories (agent_id, importance, last_accessed_at, id) where type = 'short_term' and last_accessed_at is not null;

-- The index that ?metadata= searches (0002_terms.sql). A term begins with whose memory it is and how it expires.
create table memory_terms (
    term  blob not null,
    place blob not null,
    primary key (term, place)
) strict, without rowid;

-- Of which scopes terms may be left of memories that are gone: a clean-up removes an agent's memories in the order of their creation, and their terms, which
-- lie by their values, afterwards, all those of a scope in one go. While `is_open`, who removes memories of this scope leaves their terms.
create table memory_sweeps (
    agent_id blob    not null check (length(agent_id) = 16),
    life     integer not null,  -- as what they expire: MemoryLife in src/db/place.h
    is_open  integer not null,
    primary key (agent_id, life)
) strict, without rowid;

-- How many memories stand on a shelf of an agent, and their bytes: what nobody has to count. `slot` is of use on PostgreSQL alone.
create table memory_counts (
    agent_id     blob    not null references agents (id) on delete cascade,
    shelf        integer not null,
    slot         integer not null,
    count        integer not null,
    size_bytes   integer not null,
    stored_bytes integer not null,
    primary key (agent_id, shelf, slot)
) strict, without rowid;

create trigger memory_counts_insert after insert on agent_memories
begin
    insert into memory_counts values (new.agent_id, new.shelf, 0, 1, new.size_bytes, new.stored_bytes)
    on conflict (agent_id, shelf, slot) do update set
        count = count + 1, size_bytes = size_bytes + excluded.size_bytes, stored_bytes = stored_bytes + excluded.stored_bytes;
end;

create trigger memory_counts_delete after delete on agent_memories
begin
    update memory_counts set count = count - 1, size_bytes = size_bytes - old.size_bytes, stored_bytes = stored_bytes - old.stored_bytes
    where agent_id = old.agent_id and shelf = old.shelf and slot = 0;
end;

create trigger memory_counts_update after update on agent_memories
when new.shelf <> old.shelf or new.size_bytes <> old.size_bytes or new.stored_bytes <> old.stored_bytes
begin
    update memory_counts set count = count - 1, size_bytes = size_bytes - old.size_bytes, stored_bytes = stored_bytes - old.stored_bytes
    where agent_id = old.agent_id and shelf = old.shelf and slot = 0;
    insert into memory_counts values (new.agent_id, new.shelf, 0, 1, new.size_bytes, new.stored_bytes)
    on conflict (agent_id, shelf, slot) do update set
        count = count + 1, size_bytes = size_bytes + excluded.size_bytes, stored_bytes = stored_bytes + excluded.stored_bytes;
end;

create table memory_settings (
    agent_id                   blob    not null primary key references agents (id) on delete cascade,
    short_term_retention_hours integer not null check (short_term_retention_hours between 1 and 168),
    auto_cleanup               integer not null,
    auto_consolidation         integer not null,
    consolidation_threshold    integer not null check (consolidation_threshold between 10 and 1000),
    enable_compression         integer not null,
    max_memory_size_mb         integer not null check (max_memory_size_mb between 100 and 10000),
    importance_threshold       text    not null check (importance_threshold in ('low', 'medium', 'high')),
    updated_at                 integer not null,
    version                    integer not null
) strict, without rowid;

-- What has happened, for 90 days. Memories to which the same happened at once share a row: `memory_ids` lists them (src/store/id_list.h) and the
-- entries' ids count up from `id`. Of accesses there is a row a memory and day, and `count` is how many they were.
create table memory_timeline (
    agent_id   blob    not null references agents (id) on delete cascade,
    timestamp  integer not null,
    id         blob    not null check (length(id) = 16),
    type       text    not null check (type in ('created', 'accessed', 'updated', 'promoted', 'merged', 'removed', 'undone')),
    count      integer not null,
    memory_ids blob    not null,
    metadata   text    not null,
    primary key (agent_id, timestamp, id)
) strict, without rowid;

-- The last batch of access counts that each server has written: one whose outcome was unknown is not written twice.
create table memory_flushes (
    server     blob    not null primary key check (length(server) = 16),
    number     integer not null,
    flushed_at integer not null
) strict, without rowid;
