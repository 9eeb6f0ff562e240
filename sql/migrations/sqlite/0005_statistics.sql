-- Statistics of executions: daily rows, what is not in them yet, and all time. The same tables for agents and for workflows.
--
-- A user's daily rows are exact together with the changes that were not folded yet; both are read over one snapshot.

-- What has changed of executions of agents and is not in the statistics yet: what an execution counts for is added (weight 1) or taken away
-- (-1), in the transaction that changes it. A fold empties it.
create table agent_execution_changes (
    id                    integer not null primary key autoincrement,
    user_id               blob    not null,
    agent_id              blob    not null,
    started_at            integer not null,
    weight                integer not null check (weight in (1, -1)),
    status                text    not null,
    duration_ms           integer,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null
) strict;
create index ix_agent_changes_user on agent_execution_changes (user_id);

-- Daily statistics; a date is YYYY-MM-DD in the user's time zone. is_frozen: counts executions that retention has removed, and stays as it is.
create table agent_execution_stats (
    user_id               blob    not null references users (id) on delete cascade,
    agent_id              blob    not null,
    date                  text    not null,
    is_frozen             integer not null,
    execution_count       integer not null,
    running_count         integer not null,
    completed_count       integer not null,
    failed_count          integer not null,
    timeout_count         integer not null,
    cancelled_count       integer not null,
    total_duration_ms     integer not null,
    min_duration_ms       integer,
    max_duration_ms       integer,
    duration_sketch       blob    not null,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null,
    primary key (user_id, date, agent_id, is_frozen)
) strict, without rowid;
create index ix_agent_stats_agent_date on agent_execution_stats (agent_id, date);

-- What the rows of one agent add up to over a week; `week` is its Monday. They hold where lifetimes say so (summed_from, summed_until).
create table agent_execution_weeks (
    user_id               blob    not null references users (id) on delete cascade,
    week                  text    not null,
    agent_id              blob    not null,
    is_frozen             integer not null,
    execution_count       integer not null,
    running_count         integer not null,
    completed_count       integer not null,
    failed_count          integer not null,
    timeout_count         integer not null,
    cancelled_count       integer not null,
    total_duration_ms     integer not null,
    min_duration_ms       integer,
    max_duration_ms       integer,
    duration_sketch       blob    not null,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null,
    primary key (user_id, week, agent_id, is_frozen)
) strict, without rowid;

-- The same over all agents, day by day.
create table agent_execution_days (
    user_id               blob    not null references users (id) on delete cascade,
    date                  text    not null,
    is_frozen             integer not null,
    execution_count       integer not null,
    running_count         integer not null,
    completed_count       integer not null,
    failed_count          integer not null,
    timeout_count         integer not null,
    cancelled_count       integer not null,
    total_duration_ms     integer not null,
    min_duration_ms       integer,
    max_duration_ms       integer,
    duration_sketch       blob    not null,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null,
    primary key (user_id, date, is_frozen)
) strict, without rowid;

-- How many started in each of the last hours (UTC, its beginning), second by second.
create table agent_execution_hours (
    user_id         blob    not null references users (id) on delete cascade,
    hour            integer not null,
    execution_count integer not null,
    seconds         blob    not null,
    primary key (user_id, hour)
) strict, without rowid;

-- How many executions a agent has had by one user, ever.
create table agent_execution_totals (
    user_id         blob    not null references users (id) on delete cascade,
    agent_id        blob    not null,
    execution_count integer not null,
    primary key (user_id, agent_id)
) strict, without rowid;

-- One row for each user: executions of all time, and how far the user's statistics are made (the comments stand in the other store's migration).
create table agent_execution_lifetimes (
    user_id         blob    not null primary key references users (id) on delete cascade,
    zone            text    not null,
    built_from      text,
    is_counted      integer not null,
    version         integer not null,
    held_until      integer not null,
    horizon         integer,
    frozen_until    integer,
    frozen_date     text,
    summed_from     text    not null,
    summed_until    text    not null,
    execution_count integer not null,
    running_count   integer not null,
    completed_count integer not null,
    failed_count    integer not null,
    timeout_count   integer not null,
    cancelled_count integer not null,
    check ((horizon is null) = (frozen_until is null) and (horizon is null) = (frozen_date is null))
) strict;

-- What has changed of executions of workflows and is not in the statistics yet: what an execution counts for is added (weight 1) or taken away
-- (-1), in the transaction that changes it. A fold empties it.
create table workflow_execution_changes (
    id                    integer not null primary key autoincrement,
    user_id               blob    not null,
    workflow_id           blob    not null,
    started_at            integer not null,
    weight                integer not null check (weight in (1, -1)),
    status                text    not null,
    duration_ms           integer,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null
) strict;
create index ix_workflow_changes_user on workflow_execution_changes (user_id);

-- Daily statistics; a date is YYYY-MM-DD in the user's time zone. is_frozen: counts executions that retention has removed, and stays as it is.
create table workflow_execution_stats (
    user_id               blob    not null references users (id) on delete cascade,
    workflow_id           blob    not null,
    date                  text    not null,
    is_frozen             integer not null,
    execution_count       integer not null,
    running_count         integer not null,
    completed_count       integer not null,
    failed_count          integer not null,
    timeout_count         integer not null,
    cancelled_count       integer not null,
    total_duration_ms     integer not null,
    min_duration_ms       integer,
    max_duration_ms       integer,
    duration_sketch       blob    not null,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null,
    primary key (user_id, date, workflow_id, is_frozen)
) strict, without rowid;
create index ix_workflow_stats_workflow_date on workflow_execution_stats (workflow_id, date);

-- What the rows of one workflow add up to over a week; `week` is its Monday. They hold where lifetimes say so (summed_from, summed_until).
create table workflow_execution_weeks (
    user_id               blob    not null references users (id) on delete cascade,
    week                  text    not null,
    workflow_id           blob    not null,
    is_frozen             integer not null,
    execution_count       integer not null,
    running_count         integer not null,
    completed_count       integer not null,
    failed_count          integer not null,
    timeout_count         integer not null,
    cancelled_count       integer not null,
    total_duration_ms     integer not null,
    min_duration_ms       integer,
    max_duration_ms       integer,
    duration_sketch       blob    not null,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null,
    primary key (user_id, week, workflow_id, is_frozen)
) strict, without rowid;

-- The same over all workflows, day by day.
create table workflow_execution_days (
    user_id               blob    not null references users (id) on delete cascade,
    date                  text    not null,
    is_frozen             integer not null,
    execution_count       integer not null,
    running_count         integer not null,
    completed_count       integer not null,
    failed_count          integer not null,
    timeout_count         integer not null,
    cancelled_count       integer not null,
    total_duration_ms     integer not null,
    min_duration_ms       integer,
    max_duration_ms       integer,
    duration_sketch       blob    not null,
    llm_call_count        integer not null,
    llm_prompt_tokens     integer not null,
    llm_completion_tokens integer not null,
    llm_total_tokens      integer not null,
    tool_call_count       integer not null,
    cost_nanos            integer not null,
    primary key (user_id, date, is_frozen)
) strict, without rowid;

-- How many started in each of the last hours (UTC, its beginning), second by second.
create table workflow_execution_hours (
    user_id         blob    not null references users (id) on delete cascade,
    hour            integer not null,
    execution_count integer not null,
    seconds         blob    not null,
    primary key (user_id, hour)
) strict, without rowid;

-- How many executions a workflow has had by one user, ever.
create table workflow_execution_totals (
    user_id         blob    not null references users (id) on delete cascade,
    workflow_id     blob    not null,
    execution_count integer not null,
    primary key (user_id, workflow_id)
) strict, without rowid;

-- One row for each user: executions of all time, and how far the user's statistics are made (the comments stand in the other store's migration).
create table workflow_execution_lifetimes (
    user_id         blob    not null primary key references users (id) on delete cascade,
    zone            text    not null,
    built_from      text,
    is_counted      integer not null,
    version         integer not null,
    held_until      integer not null,
    horizon         integer,
    frozen_until    integer,
    frozen_date     text,
    summed_from     text    not null,
    summed_until    text    not null,
    execution_count integer not null,
    running_count   integer not null,
    completed_count integer not null,
    failed_count    integer not null,
    timeout_count   integer not null,
    cancelled_count integer not null,
    check ((horizon is null) = (frozen_until is null) and (horizon is null) = (frozen_date is null))
) strict;

-- What models cost, per million tokens, in billionths of a US dollar.
create table prices (
    llm_provider     text    not null,
    llm_model        text    not null,
    prompt_nanos     integer not null check (prompt_nanos >= 0),
    completion_nanos integer not null check (completion_nanos >= 0),
    primary key (llm_provider, llm_model)
) strict, without rowid;
