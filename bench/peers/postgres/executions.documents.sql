-- The 50 newest executions, put together from the documents that their rows keep.
select '{"items":[' || coalesce(convert_from(string_agg(substr(e.document, 1, length(e.document) - 1) || (
        select convert_to(',"agent_name":' || coalesce(to_json((
            select a.name from agents a where a.id = {id} and (a.user_id = {reader} or a.is_public)))::text, 'null') || '}', 'UTF8')), ','),
    'UTF8'), '') || ']}'
from (
    select document from agent_executions where user_id = {reader} and agent_id = {id} order by started_at desc, id desc limit 50) e
