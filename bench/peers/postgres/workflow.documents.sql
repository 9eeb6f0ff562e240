-- A workflow's page, put together from the documents that its rows keep.
with w as (select * from workflows where id = {id} and (user_id = {reader} or is_public))
select left(convert_from(w.document, 'UTF8'), -1) || ',"graph_definition":' || w.graph_definition || ',"nodes":[' || coalesce((
        select convert_from(string_agg(substr(n.document, 1, length(n.document) - 1) || n.ref_name, ','), 'UTF8')
        from (
            select n.document, case when coalesce(a.name, b.name) is null then cast(',"ref_name": null}' as bytea)
                else convert_to(',"ref_name":' || to_json(coalesce(a.name, b.name)) || '}', 'UTF8') end as ref_name
            from workflow_nodes n
            left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = {reader} or a.is_public)
            left join blocks b on b.id = n.block_id and (b.user_id = {reader} or b.is_public)
            where n.workflow_id = w.id
            order by n.position) n), '')
    || '],"edges":[' || coalesce((
        select convert_from(string_agg(e.document, ','), 'UTF8')
        from (select document from workflow_edges where workflow_id = w.id order by position) e), '') || ']}'
from w
