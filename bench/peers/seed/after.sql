-- From the rows of peers/fastify, what the seed became: JSONB with GIN, composite indexes, and the daily statistics that are there already.
drop index ix_agents_configuration_gin, ix_workflows_graph_definition_gin, ix_agent_exec_user_session_started, ix_agent_memories_user_type;

create index ix_agents_configuration_gin on agents using gin (configuration);
create index ix_agents_llm_provider on agents ((configuration ->> 'llm_provider'));
create index ix_workflows_graph_definition_gin on workflows using gin (graph_definition);
create index ix_workflow_nodes_configuration_gin on workflow_nodes using gin (data);
create index ix_agent_exec_session_status on agent_executions (session_id, status);
create index ix_agent_memories_agent_type on agent_memories (agent_id, type, created_at);
create index ix_agent_memories_user_type on agent_memories (user_id, type);
