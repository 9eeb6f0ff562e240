-- Statistics of executions: daily rows, what is not in them yet, and all time. The same tables for agents and for workflows.
--
-- A user's daily rows are exact together with the changes that were not folded yet; both are read over one snapshot.
-- Servers of the version before would record executions without telling the queue: they stop.
-- oldest-server: 5

create table agent_execution_changes (
    id                    bigint      not null generated always as identity primary key,
    user_id               uuid        not null,
    agent_id              uuid        not null,
    started_at            timestamptz not null,
    weight                bigint      not null check (weight in (1, -1)),
    status                text        collate "C" not null,
    duration_ms           bigint,
    llm_call_count        bigint      not null,
    llm_prompt_tokens     bigint      not null,
    llm_completion_tokens bigint      not null,
    llm_total_tokens      bigint      not null,
    tool_call_count       bigint      not null,
    cost_nanos            bigint      not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
create index ix_agent_changes_user on agent_execution_changes (user_id);
comment on table agent_execution_changes is 'What has changed of executions of agents and is not in the statistics yet: what an execution counts for is added (weight 1) or taken away (-1), in the transaction that changes it. A fold empties it. No foreign keys: it is written with every execution, and short';
comment on column agent_execution_changes.id is 'In the order of arrival; transactions commit in another';
comment on column agent_execution_changes.user_id is 'Whose statistics it changes';
comment on column agent_execution_changes.agent_id is 'What was executed';
comment on column agent_execution_changes.started_at is 'Decides the date';
comment on column agent_execution_changes.weight is '1: counts from now on; -1: counts no more';
comment on column agent_execution_changes.status is 'The execution''s';
comment on column agent_execution_changes.duration_ms is 'The execution''s, once finished';
comment on column agent_execution_changes.llm_call_count is 'The execution''s';
comment on column agent_execution_changes.llm_prompt_tokens is 'The execution''s';
comment on column agent_execution_changes.llm_completion_tokens is 'The execution''s';
comment on column agent_execution_changes.llm_total_tokens is 'The execution''s';
comment on column agent_execution_changes.tool_call_count is 'The execution''s';
comment on column agent_execution_changes.cost_nanos is 'The execution''s, in billionths of a US dollar';

create table agent_execution_stats (
    user_id               uuid    not null references users (id) on delete cascade,
    agent_id              uuid    not null,
    date                  date    not null,
    is_frozen             boolean not null,
    execution_count       bigint not null,
    running_count         bigint not null,
    completed_count       bigint not null,
    failed_count          bigint not null,
    timeout_count         bigint not null,
    cancelled_count       bigint not null,
    total_duration_ms     bigint not null,
    min_duration_ms       bigint,
    max_duration_ms       bigint,
    duration_sketch       bytea  not null,
    llm_call_count        bigint not null,
    llm_prompt_tokens     bigint not null,
    llm_completion_tokens bigint not null,
    llm_total_tokens      bigint not null,
    tool_call_count       bigint not null,
    cost_nanos            bigint not null,
    constraint ix_agent_stats_agent_date primary key (agent_id, date, user_id, is_frozen)
);
create index ix_agent_stats_user_date on agent_execution_stats (user_id, date);
comment on table agent_execution_stats is 'Daily statistics: executions of one agent by one user that started on one date. No foreign key to the agent: they outlive it';
comment on column agent_execution_stats.user_id is 'Whose executions';
comment on column agent_execution_stats.agent_id is 'What was executed';
comment on column agent_execution_stats.date is 'A day in the user''s time zone';
comment on column agent_execution_stats.is_frozen is 'Counts executions that retention has removed: kept as it is. Else those whose rows are there';
comment on column agent_execution_stats.execution_count is 'How many';
comment on column agent_execution_stats.running_count is 'Of these still running';
comment on column agent_execution_stats.completed_count is 'Of these completed';
comment on column agent_execution_stats.failed_count is 'Of these failed';
comment on column agent_execution_stats.timeout_count is 'Of these timed out';
comment on column agent_execution_stats.cancelled_count is 'Of these cancelled';
comment on column agent_execution_stats.total_duration_ms is 'Sum over the finished ones';
comment on column agent_execution_stats.min_duration_ms is 'Of the finished ones; null: none finished';
comment on column agent_execution_stats.max_duration_ms is 'Of the finished ones; null: none finished';
comment on column agent_execution_stats.duration_sketch is 'How many finished ones of about which duration (src/statistics/sketch.h)';
comment on column agent_execution_stats.llm_call_count is 'Sum';
comment on column agent_execution_stats.llm_prompt_tokens is 'Sum';
comment on column agent_execution_stats.llm_completion_tokens is 'Sum';
comment on column agent_execution_stats.llm_total_tokens is 'Sum';
comment on column agent_execution_stats.tool_call_count is 'Sum';
comment on column agent_execution_stats.cost_nanos is 'Sum, in billionths of a US dollar';

create table agent_execution_weeks (
    user_id               uuid    not null references users (id) on delete cascade,
    week                  date    not null,
    agent_id              uuid    not null,
    is_frozen             boolean not null,
    execution_count       bigint not null,
    running_count         bigint not null,
    completed_count       bigint not null,
    failed_count          bigint not null,
    timeout_count         bigint not null,
    cancelled_count       bigint not null,
    total_duration_ms     bigint not null,
    min_duration_ms       bigint,
    max_duration_ms       bigint,
    duration_sketch       bytea  not null,
    llm_call_count        bigint not null,
    llm_prompt_tokens     bigint not null,
    llm_completion_tokens bigint not null,
    llm_total_tokens      bigint not null,
    tool_call_count       bigint not null,
    cost_nanos            bigint not null,
    primary key (user_id, week, agent_id, is_frozen)
);
comment on table agent_execution_weeks is 'What the daily statistics of one agent and one user add up to over a week; they hold where agent_execution_lifetimes says so';
comment on column agent_execution_weeks.user_id is 'Whose executions';
comment on column agent_execution_weeks.week is 'Its Monday';
comment on column agent_execution_weeks.agent_id is 'What was executed';
comment on column agent_execution_weeks.is_frozen is 'Of the frozen rows. Else of the others';
comment on column agent_execution_weeks.execution_count is 'How many';
comment on column agent_execution_weeks.running_count is 'Of these still running';
comment on column agent_execution_weeks.completed_count is 'Of these completed';
comment on column agent_execution_weeks.failed_count is 'Of these failed';
comment on column agent_execution_weeks.timeout_count is 'Of these timed out';
comment on column agent_execution_weeks.cancelled_count is 'Of these cancelled';
comment on column agent_execution_weeks.total_duration_ms is 'Sum over the finished ones';
comment on column agent_execution_weeks.min_duration_ms is 'Of the finished ones; null: none finished';
comment on column agent_execution_weeks.max_duration_ms is 'Of the finished ones; null: none finished';
comment on column agent_execution_weeks.duration_sketch is 'How many finished ones of about which duration (src/statistics/sketch.h)';
comment on column agent_execution_weeks.llm_call_count is 'Sum';
comment on column agent_execution_weeks.llm_prompt_tokens is 'Sum';
comment on column agent_execution_weeks.llm_completion_tokens is 'Sum';
comment on column agent_execution_weeks.llm_total_tokens is 'Sum';
comment on column agent_execution_weeks.tool_call_count is 'Sum';
comment on column agent_execution_weeks.cost_nanos is 'Sum, in billionths of a US dollar';

create table agent_execution_days (
    user_id               uuid    not null references users (id) on delete cascade,
    date                  date    not null,
    is_frozen             boolean not null,
    execution_count       bigint not null,
    running_count         bigint not null,
    completed_count       bigint not null,
    failed_count          bigint not null,
    timeout_count         bigint not null,
    cancelled_count       bigint not null,
    total_duration_ms     bigint not null,
    min_duration_ms       bigint,
    max_duration_ms       bigint,
    duration_sketch       bytea  not null,
    llm_call_count        bigint not null,
    llm_prompt_tokens     bigint not null,
    llm_completion_tokens bigint not null,
    llm_total_tokens      bigint not null,
    tool_call_count       bigint not null,
    cost_nanos            bigint not null,
    primary key (user_id, date, is_frozen)
);
comment on table agent_execution_days is 'Daily statistics: all executions of agents by one user that started on one date';
comment on column agent_execution_days.user_id is 'Whose executions';
comment on column agent_execution_days.date is 'A day in the user''s time zone';
comment on column agent_execution_days.is_frozen is 'Counts executions that retention has removed: kept as it is. Else those whose rows are there';
comment on column agent_execution_days.execution_count is 'How many';
comment on column agent_execution_days.running_count is 'Of these still running';
comment on column agent_execution_days.completed_count is 'Of these completed';
comment on column agent_execution_days.failed_count is 'Of these failed';
comment on column agent_execution_days.timeout_count is 'Of these timed out';
comment on column agent_execution_days.cancelled_count is 'Of these cancelled';
comment on column agent_execution_days.total_duration_ms is 'Sum over the finished ones';
comment on column agent_execution_days.min_duration_ms is 'Of the finished ones; null: none finished';
comment on column agent_execution_days.max_duration_ms is 'Of the finished ones; null: none finished';
comment on column agent_execution_days.duration_sketch is 'How many finished ones of about which duration (src/statistics/sketch.h)';
comment on column agent_execution_days.llm_call_count is 'Sum';
comment on column agent_execution_days.llm_prompt_tokens is 'Sum';
comment on column agent_execution_days.llm_completion_tokens is 'Sum';
comment on column agent_execution_days.llm_total_tokens is 'Sum';
comment on column agent_execution_days.tool_call_count is 'Sum';
comment on column agent_execution_days.cost_nanos is 'Sum, in billionths of a US dollar';

create table agent_execution_hours (
    user_id         uuid        not null references users (id) on delete cascade,
    hour            timestamptz not null,
    execution_count bigint      not null,
    seconds         bytea       not null,
    primary key (user_id, hour)
);
comment on table agent_execution_hours is 'How many executions of agents started in each of the last hours (UTC), second by second';
comment on column agent_execution_hours.user_id is 'Whose executions';
comment on column agent_execution_hours.hour is 'Its beginning';
comment on column agent_execution_hours.execution_count is 'How many started in it';
comment on column agent_execution_hours.seconds is 'How many started in which of its seconds, as duration_sketch is written';

create table agent_execution_totals (
    user_id         uuid   not null references users (id) on delete cascade,
    agent_id        uuid   not null,
    execution_count bigint not null,
    primary key (user_id, agent_id)
);
comment on table agent_execution_totals is 'How many executions a agent has had by one user, ever';
comment on column agent_execution_totals.user_id is 'Whose executions';
comment on column agent_execution_totals.agent_id is 'What was executed';
comment on column agent_execution_totals.execution_count is 'How many';

create table agent_execution_lifetimes (
    user_id         uuid        not null primary key references users (id) on delete cascade,
    zone            text        not null,
    built_from      date,
    is_counted      boolean     not null,
    version         bigint      not null,
    held_until      timestamptz not null,
    horizon         timestamptz,
    frozen_until    timestamptz,
    frozen_date     date,
    summed_from     date        not null,
    summed_until    date        not null,
    execution_count bigint      not null,
    running_count   bigint      not null,
    completed_count bigint      not null,
    failed_count    bigint      not null,
    timeout_count   bigint      not null,
    cancelled_count bigint      not null,
    check ((horizon is null) = (frozen_until is null) and (horizon is null) = (frozen_date is null))
);
comment on table agent_execution_lifetimes is 'One row for each user: executions of agents of all time, and how far the user''s statistics are made';
comment on column agent_execution_lifetimes.user_id is 'Whose executions';
comment on column agent_execution_lifetimes.zone is 'The time zone of the dates of the user''s daily statistics; where it is not users.timezone, they are about to be made anew';
comment on column agent_execution_lifetimes.built_from is 'Daily statistics are made from this date on, what is before is read from executions; null: none are';
comment on column agent_execution_lifetimes.is_counted is 'Whether counts, hours and totals of all time are complete';
comment on column agent_execution_lifetimes.version is 'One more with every change of the user''s statistics: a snapshot of executions is used only if nothing was folded since';
comment on column agent_execution_lifetimes.held_until is 'No folds of this user until then: executions are being read';
comment on column agent_execution_lifetimes.horizon is 'Executions that started before it are counted in frozen rows: retention removes them; null: none';
comment on column agent_execution_lifetimes.frozen_until is 'The end of the local day of the horizon; what started between the two counts on frozen_date, whatever the zone becomes';
comment on column agent_execution_lifetimes.frozen_date is 'The local day of the horizon';
comment on column agent_execution_lifetimes.summed_from is 'From this Monday on, until summed_until, weeks are summed up, and what changes a day changes its week in the same transaction';
comment on column agent_execution_lifetimes.summed_until is 'A Monday; not after summed_from: no week is summed up';
comment on column agent_execution_lifetimes.execution_count is 'How many, ever';
comment on column agent_execution_lifetimes.running_count is 'Of these still running';
comment on column agent_execution_lifetimes.completed_count is 'Of these completed';
comment on column agent_execution_lifetimes.failed_count is 'Of these failed';
comment on column agent_execution_lifetimes.timeout_count is 'Of these timed out';
comment on column agent_execution_lifetimes.cancelled_count is 'Of these cancelled';

create table workflow_execution_changes (
    id                    bigint      not null generated always as identity primary key,
    user_id               uuid        not null,
    workflow_id           uuid        not null,
    started_at            timestamptz not null,
    weight                bigint      not null check (weight in (1, -1)),
    status                text        collate "C" not null,
    duration_ms           bigint,
    llm_call_count        bigint      not null,
    llm_prompt_tokens     bigint      not null,
    llm_completion_tokens bigint      not null,
    llm_total_tokens      bigint      not null,
    tool_call_count       bigint      not null,
    cost_nanos            bigint      not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
create index ix_workflow_changes_user on workflow_execution_changes (user_id);
comment on table workflow_execution_changes is 'What has changed of executions of workflows and is not in the statistics yet: what an execution counts for is added (weight 1) or taken away (-1), in the transaction that changes it. A fold empties it. No foreign keys: it is written with every execution, and short';
comment on column workflow_execution_changes.id is 'In the order of arrival; transactions commit in another';
comment on column workflow_execution_changes.user_id is 'Whose statistics it changes';
comment on column workflow_execution_changes.workflow_id is 'What was executed';
comment on column workflow_execution_changes.started_at is 'Decides the date';
comment on column workflow_execution_changes.weight is '1: counts from now on; -1: counts no more';
comment on column workflow_execution_changes.status is 'The execution''s';
comment on column workflow_execution_changes.duration_ms is 'The execution''s, once finished';
comment on column workflow_execution_changes.llm_call_count is 'The execution''s';
comment on column workflow_execution_changes.llm_prompt_tokens is 'The execution''s';
comment on column workflow_execution_changes.llm_completion_tokens is 'The execution''s';
comment on column workflow_execution_changes.llm_total_tokens is 'The execution''s';
comment on column workflow_execution_changes.tool_call_count is 'The execution''s';
comment on column workflow_execution_changes.cost_nanos is 'The execution''s, in billionths of a US dollar';

create table workflow_execution_stats (
    user_id               uuid    not null references users (id) on delete cascade,
    workflow_id           uuid    not null,
    date                  date    not null,
    is_frozen             boolean not null,
    execution_count       bigint not null,
    running_count         bigint not null,
    completed_count       bigint not null,
    failed_count          bigint not null,
    timeout_count         bigint not null,
    cancelled_count       bigint not null,
    total_duration_ms     bigint not null,
    min_duration_ms       bigint,
    max_duration_ms       bigint,
    duration_sketch       bytea  not null,
    llm_call_count        bigint not null,
    llm_prompt_tokens     bigint not null,
    llm_completion_tokens bigint not null,
    llm_total_tokens      bigint not null,
    tool_call_count       bigint not null,
    cost_nanos            bigint not null,
    constraint ix_workflow_stats_workflow_date primary key (workflow_id, date, user_id, is_frozen)
);
create index ix_workflow_stats_user_date on workflow_execution_stats (user_id, date);
comment on table workflow_execution_stats is 'Daily statistics: executions of one workflow by one user that started on one date. No foreign key to the workflow: they outlive it';
comment on column workflow_execution_stats.user_id is 'Whose executions';
comment on column workflow_execution_stats.workflow_id is 'What was executed';
comment on column workflow_execution_stats.date is 'A day in the user''s time zone';
comment on column workflow_execution_stats.is_frozen is 'Counts executions that retention has removed: kept as it is. Else those whose rows are there';
comment on column workflow_execution_stats.execution_count is 'How many';
comment on column workflow_execution_stats.running_count is 'Of these still running';
comment on column workflow_execution_stats.completed_count is 'Of these completed';
comment on column workflow_execution_stats.failed_count is 'Of these failed';
comment on column workflow_execution_stats.timeout_count is 'Of these timed out';
comment on column workflow_execution_stats.cancelled_count is 'Of these cancelled';
comment on column workflow_execution_stats.total_duration_ms is 'Sum over the finished ones';
comment on column workflow_execution_stats.min_duration_ms is 'Of the finished ones; null: none finished';
comment on column workflow_execution_stats.max_duration_ms is 'Of the finished ones; null: none finished';
comment on column workflow_execution_stats.duration_sketch is 'How many finished ones of about which duration (src/statistics/sketch.h)';
comment on column workflow_execution_stats.llm_call_count is 'Sum';
comment on column workflow_execution_stats.llm_prompt_tokens is 'Sum';
comment on column workflow_execution_stats.llm_completion_tokens is 'Sum';
comment on column workflow_execution_stats.llm_total_tokens is 'Sum';
comment on column workflow_execution_stats.tool_call_count is 'Sum';
comment on column workflow_execution_stats.cost_nanos is 'Sum, in billionths of a US dollar';

create table workflow_execution_weeks (
    user_id               uuid    not null references users (id) on delete cascade,
    week                  date    not null,
    workflow_id           uuid    not null,
    is_frozen             boolean not null,
    execution_count       bigint not null,
    running_count         bigint not null,
    completed_count       bigint not null,
    failed_count          bigint not null,
    timeout_count         bigint not null,
    cancelled_count       bigint not null,
    total_duration_ms     bigint not null,
    min_duration_ms       bigint,
    max_duration_ms       bigint,
    duration_sketch       bytea  not null,
    llm_call_count        bigint not null,
    llm_prompt_tokens     bigint not null,
    llm_completion_tokens bigint not null,
    llm_total_tokens      bigint not null,
    tool_call_count       bigint not null,
    cost_nanos            bigint not null,
    primary key (user_id, week, workflow_id, is_frozen)
);
comment on table workflow_execution_weeks is 'What the daily statistics of one workflow and one user add up to over a week; they hold where workflow_execution_lifetimes says so';
comment on column workflow_execution_weeks.user_id is 'Whose executions';
comment on column workflow_execution_weeks.week is 'Its Monday';
comment on column workflow_execution_weeks.workflow_id is 'What was executed';
comment on column workflow_execution_weeks.is_frozen is 'Of the frozen rows. Else of the others';
comment on column workflow_execution_weeks.execution_count is 'How many';
comment on column workflow_execution_weeks.running_count is 'Of these still running';
comment on column workflow_execution_weeks.completed_count is 'Of these completed';
comment on column workflow_execution_weeks.failed_count is 'Of these failed';
comment on column workflow_execution_weeks.timeout_count is 'Of these timed out';
comment on column workflow_execution_weeks.cancelled_count is 'Of these cancelled';
comment on column workflow_execution_weeks.total_duration_ms is 'Sum over the finished ones';
comment on column workflow_execution_weeks.min_duration_ms is 'Of the finished ones; null: none finished';
comment on column workflow_execution_weeks.max_duration_ms is 'Of the finished ones; null: none finished';
comment on column workflow_execution_weeks.duration_sketch is 'How many finished ones of about which duration (src/statistics/sketch.h)';
comment on column workflow_execution_weeks.llm_call_count is 'Sum';
comment on column workflow_execution_weeks.llm_prompt_tokens is 'Sum';
comment on column workflow_execution_weeks.llm_completion_tokens is 'Sum';
comment on column workflow_execution_weeks.llm_total_tokens is 'Sum';
comment on column workflow_execution_weeks.tool_call_count is 'Sum';
comment on column workflow_execution_weeks.cost_nanos is 'Sum, in billionths of a US dollar';

create table workflow_execution_days (
    user_id               uuid    not null references users (id) on delete cascade,
    date                  date    not null,
    is_frozen             boolean not null,
    execution_count       bigint not null,
    running_count         bigint not null,
    completed_count       bigint not null,
    failed_count          bigint not null,
    timeout_count         bigint not null,
    cancelled_count       bigint not null,
    total_duration_ms     bigint not null,
    min_duration_ms       bigint,
    max_duration_ms       bigint,
    duration_sketch       bytea  not null,
    llm_call_count        bigint not null,
    llm_prompt_tokens     bigint not null,
    llm_completion_tokens bigint not null,
    llm_total_tokens      bigint not null,
    tool_call_count       bigint not null,
    cost_nanos            bigint not null,
    primary key (user_id, date, is_frozen)
);
comment on table workflow_execution_days is 'Daily statistics: all executions of workflows by one user that started on one date';
comment on column workflow_execution_days.user_id is 'Whose executions';
comment on column workflow_execution_days.date is 'A day in the user''s time zone';
comment on column workflow_execution_days.is_frozen is 'Counts executions that retention has removed: kept as it is. Else those whose rows are there';
comment on column workflow_execution_days.execution_count is 'How many';
comment on column workflow_execution_days.running_count is 'Of these still running';
comment on column workflow_execution_days.completed_count is 'Of these completed';
comment on column workflow_execution_days.failed_count is 'Of these failed';
comment on column workflow_execution_days.timeout_count is 'Of these timed out';
comment on column workflow_execution_days.cancelled_count is 'Of these cancelled';
comment on column workflow_execution_days.total_duration_ms is 'Sum over the finished ones';
comment on column workflow_execution_days.min_duration_ms is 'Of the finished ones; null: none finished';
comment on column workflow_execution_days.max_duration_ms is 'Of the finished ones; null: none finished';
comment on column workflow_execution_days.duration_sketch is 'How many finished ones of about which duration (src/statistics/sketch.h)';
comment on column workflow_execution_days.llm_call_count is 'Sum';
comment on column workflow_execution_days.llm_prompt_tokens is 'Sum';
comment on column workflow_execution_days.llm_completion_tokens is 'Sum';
comment on column workflow_execution_days.llm_total_tokens is 'Sum';
comment on column workflow_execution_days.tool_call_count is 'Sum';
comment on column workflow_execution_days.cost_nanos is 'Sum, in billionths of a US dollar';

create table workflow_execution_hours (
    user_id         uuid        not null references users (id) on delete cascade,
    hour            timestamptz not null,
    execution_count bigint      not null,
    seconds         bytea       not null,
    primary key (user_id, hour)
);
comment on table workflow_execution_hours is 'How many executions of workflows started in each of the last hours (UTC), second by second';
comment on column workflow_execution_hours.user_id is 'Whose executions';
comment on column workflow_execution_hours.hour is 'Its beginning';
comment on column workflow_execution_hours.execution_count is 'How many started in it';
comment on column workflow_execution_hours.seconds is 'How many started in which of its seconds, as duration_sketch is written';

create table workflow_execution_totals (
    user_id         uuid   not null references users (id) on delete cascade,
    workflow_id     uuid   not null,
    execution_count bigint not null,
    primary key (user_id, workflow_id)
);
comment on table workflow_execution_totals is 'How many executions a workflow has had by one user, ever';
comment on column workflow_execution_totals.user_id is 'Whose executions';
comment on column workflow_execution_totals.workflow_id is 'What was executed';
comment on column workflow_execution_totals.execution_count is 'How many';

create table workflow_execution_lifetimes (
    user_id         uuid        not null primary key references users (id) on delete cascade,
    zone            text        not null,
    built_from      date,
    is_counted      boolean     not null,
    version         bigint      not null,
    held_until      timestamptz not null,
    horizon         timestamptz,
    frozen_until    timestamptz,
    frozen_date     date,
    summed_from     date        not null,
    summed_until    date        not null,
    execution_count bigint      not null,
    running_count   bigint      not null,
    completed_count bigint      not null,
    failed_count    bigint      not null,
    timeout_count   bigint      not null,
    cancelled_count bigint      not null,
    check ((horizon is null) = (frozen_until is null) and (horizon is null) = (frozen_date is null))
);
comment on table workflow_execution_lifetimes is 'One row for each user: executions of workflows of all time, and how far the user''s statistics are made';
comment on column workflow_execution_lifetimes.user_id is 'Whose executions';
comment on column workflow_execution_lifetimes.zone is 'The time zone of the dates of the user''s daily statistics; where it is not users.timezone, they are about to be made anew';
comment on column workflow_execution_lifetimes.built_from is 'Daily statistics are made from this date on, what is before is read from executions; null: none are';
comment on column workflow_execution_lifetimes.is_counted is 'Whether counts, hours and totals of all time are complete';
comment on column workflow_execution_lifetimes.version is 'One more with every change of the user''s statistics: a snapshot of executions is used only if nothing was folded since';
comment on column workflow_execution_lifetimes.held_until is 'No folds of this user until then: executions are being read';
comment on column workflow_execution_lifetimes.horizon is 'Executions that started before it are counted in frozen rows: retention removes them; null: none';
comment on column workflow_execution_lifetimes.frozen_until is 'The end of the local day of the horizon; what started between the two counts on frozen_date, whatever the zone becomes';
comment on column workflow_execution_lifetimes.frozen_date is 'The local day of the horizon';
comment on column workflow_execution_lifetimes.summed_from is 'From this Monday on, until summed_until, weeks are summed up, and what changes a day changes its week in the same transaction';
comment on column workflow_execution_lifetimes.summed_until is 'A Monday; not after summed_from: no week is summed up';
comment on column workflow_execution_lifetimes.execution_count is 'How many, ever';
comment on column workflow_execution_lifetimes.running_count is 'Of these still running';
comment on column workflow_execution_lifetimes.completed_count is 'Of these completed';
comment on column workflow_execution_lifetimes.failed_count is 'Of these failed';
comment on column workflow_execution_lifetimes.timeout_count is 'Of these timed out';
comment on column workflow_execution_lifetimes.cancelled_count is 'Of these cancelled';

create table prices (
    llm_provider     text   not null,
    llm_model        text   not null,
    prompt_nanos     bigint not null check (prompt_nanos >= 0),
    completion_nanos bigint not null check (completion_nanos >= 0),
    primary key (llm_provider, llm_model)
);
comment on table prices is 'What models cost: by this an execution''s cost is estimated where its client does not say';
comment on column prices.llm_provider is 'As agents name it';
comment on column prices.llm_model is 'As agents name it';
comment on column prices.prompt_nanos is 'Of a million tokens in, in billionths of a US dollar';
comment on column prices.completion_nanos is 'Of a million tokens out, in billionths of a US dollar';
