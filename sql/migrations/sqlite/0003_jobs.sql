-- The work that is done by itself: jobs, their runs, and what retention leaves behind.

-- One row a job. The lease is by the clock of the process: one server has the file.
create table jobs (
    id          text    not null primary key,
    token       integer not null,  -- fencing token: one more with every lease that is taken
    taken_until integer not null,  -- scheduled times up to this one are taken, or need not be
    run_id      blob,              -- the run that is going on or waits to go on
    owner       blob,              -- the server that is at it; null: none
    lease_until integer,           -- until then the run is the owner's; then anybody may take it over
    last_run_id blob,              -- the newest that has finished
    check ((run_id is null) = (lease_until is null)),
    check (run_id is not null or owner is null)
) strict, without rowid;

-- One row for each scheduled time that was taken, and for each run that was asked for. Kept for 90 days.
create table job_runs (
    id            blob    not null primary key check (length(id) = 16),
    job_id        text    not null references jobs (id) on delete cascade,
    scheduled_for integer not null,
    started_at    integer not null,  -- of the present attempt
    finished_at   integer,
    status        text    not null check (status in ('running', 'waiting', 'completed', 'failed')),
    attempt       integer not null,
    progress      text    not null,
    result        text    not null,
    error         text,
    unique (job_id, scheduled_for),
    check ((finished_at is null) = (status in ('running', 'waiting')))
) strict;
create index ix_job_runs_finished on job_runs (finished_at) where finished_at is not null;

-- Before which executions have been removed by retention, and not by a user. Written before the first of them goes.
create table retention_horizons (
    kind    text    not null primary key check (kind in ('agent', 'workflow')),
    horizon integer not null
) strict, without rowid;

-- The last names of agents whose rows are gone, for their executions and statistics, which stay.
create table former_names (
    id        blob    not null primary key check (length(id) = 16),
    user_id   blob    not null references users (id) on delete cascade,
    name      text    not null,
    is_public integer not null
) strict, without rowid;
create index ix_former_names_user on former_names (user_id);

-- What retention looks for.
create index ix_agents_deleted on agents (deleted_at, id) where deleted_at is not null;
