alter table users add primary key (id);
alter table api_keys add primary key (key_hash);
alter table tools add primary key (id);
alter table knowledgebases add primary key (id);
alter table blocks add primary key (id);

alter table agents add primary key (id);
create index ix_agents_user_created on agents (user_id, created_at, id);
create index ix_agents_configuration_gin on agents using gin (configuration jsonb_path_ops);
alter table agent_tools add primary key (agent_id, position);
alter table agent_knowledgebases add primary key (agent_id, position);

alter table workflows add primary key (id);
create index ix_workflows_user_created on workflows (user_id, created_at, id);
create index ix_workflows_graph_definition_gin on workflows using gin (graph_definition jsonb_path_ops);
alter table workflow_nodes add primary key (workflow_id, position);
alter table workflow_edges add primary key (workflow_id, position);
alter table workflow_schedules add primary key (workflow_id, position);
alter table workflow_webhooks add primary key (workflow_id, position);

-- As many as onggi keeps: by owner, by owner and agent, by owner and session.
alter table agent_executions add primary key (id);
create index ix_agent_exec_user_started on agent_executions (user_id, started_at, id);
create index ix_agent_exec_user_agent_started on agent_executions (user_id, agent_id, started_at, id);
create index ix_agent_exec_user_session_started on agent_executions (user_id, session_id, started_at, id) where session_id is not null;

alter table agent_memories add primary key (id);
create index ix_agent_memories_user_type on agent_memories (user_id, type);
