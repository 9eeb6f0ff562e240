-- What search in memory goes by: of every memory its words (src/words/document.h), in the transaction that writes it. From these a server makes an
-- agent's index (src/words/index.h) and keeps it up to date: `changed` counts an agent's changes, so that what has changed since is a range.
--
-- `words` is null where the memory is still to be analysed, or gone: then `gone_at` says since when (kept for a day, for who has it still in
-- memory). `analysis` is the version of the analysis that `words` comes from.
create table memory_words (
    agent_id  blob    not null references agents (id) on delete cascade,
    memory_id blob    not null check (length(memory_id) = 16),
    changed   integer not null,
    analysis  integer not null,
    gone_at   integer,
    words     blob,
    primary key (agent_id, memory_id)
) strict, without rowid;
create index ix_memory_words_agent_changed on memory_words (agent_id, changed);
create index ix_memory_words_gone on memory_words (gone_at) where gone_at is not null;

-- An access alone changes nothing that search goes by, but on the shelves that expire by it.
create trigger memory_words_update after update on agent_memories
when new.version <> old.version or new.shelf <> old.shelf or new.shelf >= 18
begin
    insert into memory_words (agent_id, memory_id, changed, analysis)
    values (new.agent_id, new.id, 1 + coalesce((select max(changed) from memory_words where agent_id = new.agent_id), 0), 0)
    on conflict (agent_id, memory_id) do update set changed = excluded.changed, gone_at = null;
end;

create trigger memory_words_delete after delete on agent_memories
begin
    update memory_words set words = null, gone_at = unixepoch() * 1000,
        changed = 1 + (select max(changed) from memory_words where agent_id = old.agent_id)
    where agent_id = old.agent_id and memory_id = old.id;
end;

-- Up to which version of the analysis all memories have their words; 0: some may have none.
create table memory_analysis (
    id      integer not null primary key check (id = 1),
    version integer not null
) strict;
insert into memory_analysis values (1, 0);

-- Memories whose embedding is still to be asked for (--embeddings-url), and the embeddings that were given.
create table memory_embedding_queue (
    memory_id  blob    not null primary key check (length(memory_id) = 16),
    agent_id   blob    not null references agents (id) on delete cascade,
    attempts   integer not null,
    not_before integer not null
) strict, without rowid;
create index ix_memory_embedding_queue_due on memory_embedding_queue (not_before, memory_id);
create index ix_memory_embedding_queue_agent on memory_embedding_queue (agent_id);

create table memory_embeddings (
    agent_id  blob not null references agents (id) on delete cascade,
    memory_id blob not null check (length(memory_id) = 16),
    embedding blob not null,  -- 32-bit floats, little-endian
    primary key (agent_id, memory_id)
) strict, without rowid;

create trigger memory_embeddings_delete after delete on agent_memories
begin
    delete from memory_embeddings where agent_id = old.agent_id and memory_id = old.id;
    delete from memory_embedding_queue where memory_id = old.id;
end;
