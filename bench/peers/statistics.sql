-- The daily statistics that the seed keeps, per agent, and how many executions a user has had: for the seed's "after" and for Fastify.
-- Made of the rows as a nightly job would make them; percentiles are not kept.
create table agent_execution_stats (
    agent_id uuid not null, user_id uuid not null, date date not null, execution_count bigint not null, running_count bigint not null,
    completed_count bigint not null, failed_count bigint not null, finished_count bigint not null, total_duration_ms bigint not null,
    llm_total_tokens bigint not null, cost_usd numeric(18, 9) not null);
insert into agent_execution_stats
select agent_id, user_id, cast(started_at at time zone 'UTC' as date), count(*), count(*) filter (where status = 'running'),
    count(*) filter (where status = 'completed'), count(*) filter (where status = 'failed'), count(*) filter (where status <> 'running'),
    coalesce(sum(duration_ms) filter (where status <> 'running'), 0), sum(llm_total_tokens), sum(cost_usd)
from agent_executions group by 1, 2, 3;
alter table agent_execution_stats add primary key (agent_id, date, user_id);
create index ix_agent_stats_user_date on agent_execution_stats (user_id, date);

create table user_execution_totals (user_id uuid primary key, execution_count bigint not null);
insert into user_execution_totals select user_id, count(*) from agent_executions group by 1;
