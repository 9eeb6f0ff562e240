-- What search in memory goes by: of every memory its words (src/words/document.h), in the transaction that writes it. From these a server makes an
-- agent's index (src/words/index.h) and keeps it up to date: `changed` is the transaction that changed a memory, so that what has changed since a
-- snapshot is a range from its xmin on: no counter that those who write to one agent would wait for.
create table memory_words (
    agent_id  uuid     not null references agents (id) on delete cascade,
    memory_id uuid     not null,
    changed   bigint   not null,
    analysis  bigint   not null,
    words     bytea,
    primary key (agent_id, memory_id)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index ix_memory_words_agent_changed on memory_words (agent_id, changed);

-- What is gone, for a day, for who has it still in memory: all that a transaction removed of an agent. Whoever removes memories of an agent that stays
-- says so here (store::Memories::remove_rows).
create table memory_gone (
    agent_id   uuid        not null references agents (id) on delete cascade,
    changed    bigint      not null,
    gone_at    timestamptz not null,
    memory_ids uuid[]      not null,
    primary key (agent_id, changed)
);
create index ix_memory_gone_at on memory_gone (gone_at);

create function onggi_memory_words_gone() returns trigger
language plpgsql set search_path from current as $$
begin
    delete from memory_words w using changed_from m where w.agent_id = m.agent_id and w.memory_id = m.id;
    delete from memory_embeddings e using changed_from m where e.agent_id = m.agent_id and e.memory_id = m.id;
    delete from memory_embedding_queue q using changed_from m where q.memory_id = m.id;
    return null;
end $$;
comment on function onggi_memory_words_gone() is 'Removes what search in memory has of memories, in the transaction that removes them';
create trigger words_delete after delete on agent_memories referencing old table as changed_from
for each statement execute function onggi_memory_words_gone();

-- An access alone changes nothing that search goes by, but on the shelves that expire by it. The plan is made for the first statement's few rows and
-- kept for thousands: by hashing.
create function onggi_memory_words_changed() returns trigger
language plpgsql set search_path from current set enable_nestloop = off as $$
begin
    insert into memory_words (agent_id, memory_id, changed, analysis)
    select m.agent_id, m.id, cast(cast(pg_current_xact_id() as text) as bigint), 0
    from changed_to m join changed_from o on o.id = m.id
    where m.version <> o.version or m.shelf <> o.shelf or m.shelf >= 18
    on conflict (agent_id, memory_id) do update set changed = excluded.changed;
    return null;
end $$;
comment on function onggi_memory_words_changed() is 'Marks what search in memory has to look at again, in the transaction that changes memories';
create trigger words_update after update on agent_memories referencing old table as changed_from new table as changed_to
for each statement execute function onggi_memory_words_changed();

create table memory_analysis (
    id      bigint not null primary key check (id = 1),
    version bigint not null
);
insert into memory_analysis values (1, 0);

create table memory_embedding_queue (
    memory_id  uuid        not null primary key,
    agent_id   uuid        not null references agents (id) on delete cascade,
    attempts   bigint      not null,
    not_before timestamptz not null
);
create index ix_memory_embedding_queue_due on memory_embedding_queue (not_before, memory_id);
create index ix_memory_embedding_queue_agent on memory_embedding_queue (agent_id);

create table memory_embeddings (
    agent_id  uuid  not null references agents (id) on delete cascade,
    memory_id uuid  not null,
    embedding bytea not null,
    primary key (agent_id, memory_id)
);
alter table memory_embeddings alter column embedding set storage external;

comment on table memory_words is 'The words of memories, as search in memory goes by them';
comment on column memory_words.agent_id is 'Whose memory it is';
comment on column memory_words.memory_id is 'Which memory';
comment on column memory_words.changed is 'The transaction that changed the memory last';
comment on column memory_words.analysis is 'The version of the analysis that the words come from';
comment on column memory_words.words is 'Terms with their counts (src/words/document.h); null: still to be analysed';
comment on table memory_gone is 'Memories that are gone, for a day: for servers that have them in the index of an agent';
comment on column memory_gone.agent_id is 'Whose memories they were';
comment on column memory_gone.changed is 'The transaction that removed them';
comment on column memory_gone.gone_at is 'Since when they are gone';
comment on column memory_gone.memory_ids is 'Which memories';
comment on table memory_analysis is 'How far memories are analysed; one row';
comment on column memory_analysis.id is 'Always 1';
comment on column memory_analysis.version is 'Up to which version of the analysis all memories have their words; 0: some may have none';
comment on table memory_embedding_queue is 'Memories whose embedding is still to be asked for';
comment on column memory_embedding_queue.memory_id is 'Which memory';
comment on column memory_embedding_queue.agent_id is 'Whose memory it is';
comment on column memory_embedding_queue.attempts is 'How often it was asked for in vain';
comment on column memory_embedding_queue.not_before is 'When it may be asked for again';
comment on table memory_embeddings is 'Embeddings that the server has asked for, of memories that came without one';
comment on column memory_embeddings.agent_id is 'Whose memory it is';
comment on column memory_embeddings.memory_id is 'Which memory';
comment on column memory_embeddings.embedding is '32-bit floats, little-endian';
