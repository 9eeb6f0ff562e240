-- From the rows of peers/fastify, what the seed began with: JSON as text, an index a column, no statistics.
drop table agent_execution_stats, user_execution_totals;
drop index ix_agents_user_created, ix_agents_configuration_gin, ix_workflows_user_created, ix_workflows_graph_definition_gin,
    ix_agent_exec_user_started, ix_agent_exec_user_agent_started, ix_agent_exec_user_session_started, ix_agent_memories_user_type;

alter table agents alter configuration type json;
alter table agent_tools alter configuration type json;
alter table workflows alter graph_definition type json;
alter table workflow_nodes alter placement type json, alter data type json;
alter table workflow_edges alter data type json;
alter table workflow_schedules alter input_data type json;
alter table agent_executions alter input_data type json, alter output_data type json, alter execution_context type json;
alter table agent_memories alter metadata type json;

create index ix_agents_user_id on agents (user_id);
create index ix_workflows_user_id on workflows (user_id);
create index ix_agent_executions_user_id on agent_executions (user_id);
create index ix_agent_executions_agent_id on agent_executions (agent_id);
create index ix_agent_executions_session_id on agent_executions (session_id);
create index ix_agent_executions_status on agent_executions (status);
create index ix_agent_executions_started_at on agent_executions (started_at);
create index ix_agent_memories_agent_id on agent_memories (agent_id);
create index ix_agent_memories_user_id on agent_memories (user_id);
create index ix_agent_memories_type on agent_memories (type);
create index ix_agent_memories_created_at on agent_memories (created_at);
