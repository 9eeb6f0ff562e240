-- The 50 newest executions, JSON made of columns.
select json_build_object('items', coalesce(json_agg(json_build_object(
    'id', e.id, 'user_id', e.user_id, 'agent_id', e.agent_id, 'session_id', e.session_id, 'input_data', e.input_data,
    'output_data', e.output_data, 'status', e.status, 'error_message', e.error_message, 'started_at', e.started_at,
    'completed_at', e.completed_at, 'duration_ms', e.duration_ms,
    'metrics', json_build_object(
        'llm_call_count', e.llm_call_count, 'llm_prompt_tokens', e.llm_prompt_tokens, 'llm_completion_tokens', e.llm_completion_tokens,
        'llm_total_tokens', e.llm_total_tokens, 'tool_call_count', e.tool_call_count, 'tool_total_duration_ms', e.tool_total_duration_ms,
        'cache_hit_count', e.cache_hit_count, 'cache_miss_count', e.cache_miss_count, 'cost_usd', e.cost_nanos / 1e9),
    'created_at', e.created_at, 'updated_at', e.updated_at, 'version', e.version,
    'agent_name', (select a.name from agents a where a.id = {id} and (a.user_id = {reader} or a.is_public)))
    order by e.started_at desc, e.id desc), '[]'))
from (select * from agent_executions where user_id = {reader} and agent_id = {id} order by started_at desc, id desc limit 50) e
