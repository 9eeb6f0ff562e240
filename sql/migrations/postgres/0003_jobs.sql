-- The work that is done by itself: jobs, their runs, and what retention leaves behind.

create table jobs (
    id          text        collate "C" not null primary key,
    token       bigint      not null,
    taken_until timestamptz not null,
    run_id      uuid,
    owner       uuid,
    lease_until timestamptz,
    last_run_id uuid,
    check ((run_id is null) = (lease_until is null)),
    check (run_id is not null or owner is null)
);
comment on table jobs is 'One row for each job: whose turn it is. A lease is by this database''s clock';
comment on column jobs.id is 'Its name';
comment on column jobs.token is 'Fencing token: one more with every lease that is taken; checked, with the row locked, in every transaction of a run';
comment on column jobs.taken_until is 'Scheduled times up to this one are taken, or need not be';
comment on column jobs.run_id is 'The run that is going on or waits to go on';
comment on column jobs.owner is 'The server that is at it, another id after every start; null: none';
comment on column jobs.lease_until is 'Until then the run is the owner''s; then any server may take it over';
comment on column jobs.last_run_id is 'The newest run that has finished';

create table job_runs (
    id            uuid        not null primary key,
    job_id        text        collate "C" not null references jobs (id) on delete cascade,
    scheduled_for timestamptz not null,
    started_at    timestamptz not null,
    finished_at   timestamptz,
    status        text        not null check (status in ('running', 'waiting', 'completed', 'failed')),
    attempt       bigint      not null,
    progress      jsonb       not null,
    result        jsonb       not null,
    error         text,
    unique (job_id, scheduled_for),
    check ((finished_at is null) = (status in ('running', 'waiting')))
);
create index ix_job_runs_finished on job_runs (finished_at) where finished_at is not null;
comment on table job_runs is 'One row for each scheduled time that was taken, and for each run that was asked for; kept for 90 days';
comment on column job_runs.id is 'UUIDv7';
comment on column job_runs.job_id is 'Whose run it is';
comment on column job_runs.scheduled_for is 'The time that is taken; unique for the job, so that each is taken once';
comment on column job_runs.started_at is 'When the present attempt began';
comment on column job_runs.finished_at is 'When it was over';
comment on column job_runs.status is 'running; waiting (to be tried again, or to go on at another server); completed; failed';
comment on column job_runs.attempt is 'Counted from 1; after the fourth that fails the run has failed';
comment on column job_runs.progress is 'How far it is: counts';
comment on column job_runs.result is 'What it has done';
comment on column job_runs.error is 'Why the last attempt failed';

create table retention_horizons (
    kind    text        collate "C" not null primary key check (kind in ('agent', 'workflow')),
    horizon timestamptz not null
);
comment on table retention_horizons is 'Before which executions have been removed by retention, and not by a user. Written before the first of them goes';
comment on column retention_horizons.kind is 'Executions of agents or of workflows';
comment on column retention_horizons.horizon is 'What started before this may be gone';

create table former_names (
    id        uuid    not null primary key,
    user_id   uuid    not null references users (id) on delete cascade,
    name      text    not null,
    is_public boolean not null
);
create index ix_former_names_user on former_names (user_id);
comment on table former_names is 'The last names of agents whose rows are gone, for their executions and statistics, which stay';
comment on column former_names.id is 'The agent''s id';
comment on column former_names.user_id is 'Its owner';
comment on column former_names.name is 'Its last name';
comment on column former_names.is_public is 'Whether everybody could see it';

create index ix_agents_deleted on agents (deleted_at, id) where deleted_at is not null;

-- A month goes when everything in it is older than `before`: ids carry started_at within 24 h. Readers that are in it are waited for no longer than
-- lock_timeout says, because whoever comes meanwhile waits behind; then -1, and it is to be tried again. 0: there is none to drop.
-- Else the bytes that went back to the file system.
create function onggi_drop_month(before timestamptz) returns bigint
language plpgsql set search_path from current set lock_timeout = '200ms' as $$
declare
    month text;
    parent text;
    bytes bigint := 0;
begin
    select substring(c.relname from '_(\d{4}_\d{2})$') into month
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in (to_regclass('agent_executions'), to_regclass('workflow_executions'), to_regclass('execution_steps'))
        and c.relname ~ '_\d{4}_\d{2}$'
        and (to_date(substring(c.relname from '_(\d{4}_\d{2})$'), 'YYYY_MM') + interval '1 month 1 day') at time zone 'UTC' <= before
    order by 1 limit 1;
    if month is null then
        return 0;
    end if;
    foreach parent in array array['execution_steps', 'agent_executions', 'workflow_executions'] loop
        bytes := bytes + coalesce(pg_total_relation_size(to_regclass(parent || '_' || month)), 0);
    end loop;
    -- In one order, and all before anything is dropped: what cannot be had is not waited for with others held.
    lock table execution_steps, agent_executions, workflow_executions in access exclusive mode;
    foreach parent in array array['execution_steps', 'agent_executions', 'workflow_executions'] loop
        execute format('drop table if exists %I', parent || '_' || month);
    end loop;
    return bytes;
exception when lock_not_available or deadlock_detected then
    return -1;
end $$;
comment on function onggi_drop_month(timestamptz) is 'Drops the oldest month of executions of which all started before a time; returns its bytes, 0 if there is none, -1 if it is in use';
