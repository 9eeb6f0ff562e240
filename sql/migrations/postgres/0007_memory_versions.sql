-- Versions of what an owner's agents remember, for servers that keep a dashboard in memory: counting is for who does not know them yet. A row for
-- each of 64 classes of backends, of which the sum counts: transactions at once seldom meet in one, and those that do are run again (40001).
create table memory_versions (
    user_id uuid     not null references users (id) on delete cascade,
    slot    smallint not null,
    version bigint   not null,
    primary key (user_id, slot)
) with (fillfactor = 50);
comment on table memory_versions is 'Counts committed changes of what an owner''s agents remember. What counts is the sum over the slots of an owner';
comment on column memory_versions.user_id is 'Whose agents';
comment on column memory_versions.slot is 'Class of backends that write this row, so that transactions at once seldom meet';
comment on column memory_versions.version is 'How many transactions changed memories, or how they live';

-- In the order of owners, as everybody, so that nobody waits in a circle; once a transaction. Who is going with its agents has none any more.
create function onggi_count_memory_change(changed uuid[]) returns void
language plpgsql set search_path from current as $$
begin
    insert into memory_versions as v (user_id, slot, version)
    select distinct a.user_id, pg_backend_pid() % 64, 1 from agents a where a.id = any (changed) order by a.user_id
    on conflict (user_id, slot) do update set version = v.version + 1 where v.xmin <> cast(pg_current_xact_id() as xid);
end $$;
comment on function onggi_count_memory_change(uuid[]) is 'Makes void what servers know of how much is remembered, of the owners of these agents (memory_versions)';

create function onggi_memory_version() returns trigger
language plpgsql set search_path from current as $$
begin
    if tg_op = 'DELETE' then
        perform onggi_count_memory_change(array(select distinct agent_id from changed_from));
    else
        perform onggi_count_memory_change(array(select distinct agent_id from changed_to));
    end if;
    return null;
end $$;
comment on function onggi_memory_version() is 'Counts a change of memories that come or go, or of settings: how long memories live is part of how many there are';
create trigger version_insert after insert on agent_memories referencing new table as changed_to
for each statement execute function onggi_memory_version();
create trigger version_delete after delete on agent_memories referencing old table as changed_from
for each statement execute function onggi_memory_version();
create trigger version_insert after insert on memory_settings referencing new table as changed_to
for each statement execute function onggi_memory_version();
create trigger version_update after update on memory_settings referencing new table as changed_to
for each statement execute function onggi_memory_version();
create trigger version_delete after delete on memory_settings referencing old table as changed_from
for each statement execute function onggi_memory_version();

-- Most accesses change nothing that is counted: only where memories expire by them. The plan is kept for thousands of rows: by hashing.
create function onggi_memory_version_changed() returns trigger
language plpgsql set search_path from current set enable_nestloop = off as $$
declare
    changed uuid[] := array(
        select distinct m.agent_id from changed_to m join changed_from o on o.id = m.id
        where m.shelf <> o.shelf or m.shelf >= 18 or m.created_at <> o.created_at);
begin
    if changed <> '{}' then
        perform onggi_count_memory_change(changed);
    end if;
    return null;
end $$;
comment on function onggi_memory_version_changed() is 'Counts a change of memories of which others are there, or expire at another time, than before';
create trigger version_update after update on agent_memories referencing old table as changed_from new table as changed_to
for each statement execute function onggi_memory_version_changed();
