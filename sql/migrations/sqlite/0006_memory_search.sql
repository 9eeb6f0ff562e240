-- What search in memory goes by: of every memory its words (src/words/document.h), in the transaction that writes it. From these a server makes an
-- agent's index (src/words/index.h) and keeps it up to date: `changed` counts an agent's changes, so that what has changed since is a range.
--
-- `number` is the memory's, so that the words of what expires together lie together as well. `words` is null where the memory is still to be
-- analysed; `analysis` is the version of the analysis that it comes from.
create table memory_words (
    number   integer not null primary key,
    agent_id blob    not null references agents (id) on delete cascade,
    changed  integer not null,
    analysis integer not null,
    words    blob
) strict;
create index ix_memory_words_agent_changed on memory_words (agent_id, changed);

-- What is gone, for a day, for who has it still in memory: all that a transaction removed, as src/store/id_list.h writes ids. Whoever removes memories
-- of an agent that stays says so here before (store::Memories::remove_rows).
create table memory_gone (
    agent_id   blob    not null references agents (id) on delete cascade,
    changed    integer not null,
    gone_at    integer not null,
    memory_ids blob    not null,
    primary key (agent_id, changed)
) strict, without rowid;
create index ix_memory_gone_at on memory_gone (gone_at);

-- An access alone changes nothing that search goes by, but on the shelves that expire by it.
create trigger memory_words_update after update on agent_memories
when new.version <> old.version or new.shelf <> old.shelf or new.shelf >= 18
begin
    update memory_words set number = new.number, changed = 1 + max(
        coalesce((select max(changed) from memory_words where agent_id = new.agent_id), 0),
        coalesce((select max(changed) from memory_gone where agent_id = new.agent_id), 0))
    where number = old.number;
    insert into memory_words (number, agent_id, changed, analysis)
    select new.number, new.agent_id, 1 + max(
        coalesce((select max(changed) from memory_words where agent_id = new.agent_id), 0),
        coalesce((select max(changed) from memory_gone where agent_id = new.agent_id), 0)), 0
    where not exists (select 1 from memory_words where number = new.number);
end;

create trigger memory_words_delete after delete on agent_memories
begin
    delete from memory_words where number = old.number;
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
