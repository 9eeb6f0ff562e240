-- The newest agents that contain something, JSON made of columns.
select json_build_object('items', coalesce(json_agg(json_build_object(
    'id', a.id, 'user_id', a.user_id, 'name', a.name, 'description', a.description, 'agent_type', a.agent_type,
    'llm_provider', a.llm_provider, 'llm_model', a.llm_model, 'configuration', a.configuration, 'is_public', a.is_public,
    'created_at', a.created_at, 'updated_at', a.updated_at, 'version', a.version) order by a.created_at desc, a.id desc), '[]'))
from (select * from agents
    where deleted_at is null and (user_id = {reader} or is_public) and configuration @> {filter}
    order by created_at desc, id desc limit 50) a
