-- An agent's page, put together from the documents that its rows keep.
with a as (select * from agents where id = {id} and deleted_at is null and (user_id = {reader} or is_public))
select left(convert_from(a.document, 'UTF8'), -1)
    || ',"tools":[' || coalesce((
        select convert_from(string_agg(substr(l.document, 1, length(l.document) - 1) || ',"tool":'::bytea || l.summary || '}'::bytea, ','),
            'UTF8')
        from (
            select l.document, t.summary
            from agent_tools l join tools t on t.id = l.tool_id
            where l.agent_id = a.id
            order by l.position) l), '')
    || '],"knowledgebases":[' || coalesce((
        select string_agg(left(convert_from(l.document, 'UTF8'), -1) || ',"name":' || coalesce(to_json(l.name)::text, 'null') || '}', ',')
        from (
            select l.document, k.name
            from agent_knowledgebases l left join knowledgebases k on k.id = l.knowledgebase_id and k.user_id = {reader}
            where l.agent_id = a.id
            order by l.position) l), '') || ']}'
from a
