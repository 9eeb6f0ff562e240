-- An agent's page, JSON made of columns.
with a as (select * from agents where id = {id} and deleted_at is null and (user_id = {reader} or is_public))
select json_build_object(
    'id', a.id, 'user_id', a.user_id, 'name', a.name, 'description', a.description, 'agent_type', a.agent_type,
    'llm_provider', a.llm_provider, 'llm_model', a.llm_model, 'configuration', a.configuration, 'is_public', a.is_public,
    'created_at', a.created_at, 'updated_at', a.updated_at, 'version', a.version,
    'tools', coalesce((
        select json_agg(json_build_object(
            'tool_id', l.tool_id, 'configuration', l.configuration, 'order', l."order",
            'tool', json_build_object('name', t.name, 'category', t.category, 'description', t.description)) order by l.position)
        from agent_tools l join tools t on t.id = l.tool_id where l.agent_id = a.id), '[]'),
    'knowledgebases', coalesce((
        select json_agg(json_build_object('knowledgebase_id', l.knowledgebase_id, 'priority', l.priority, 'name', k.name)
            order by l.position)
        from agent_knowledgebases l left join knowledgebases k on k.id = l.knowledgebase_id and k.user_id = {reader}
        where l.agent_id = a.id), '[]'))
from a
