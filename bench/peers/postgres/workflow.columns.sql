-- A workflow's page, JSON made of columns; where a node stands is in the graph alone.
with w as (select * from workflows where id = {id} and (user_id = {reader} or is_public))
select json_build_object(
    'id', w.id, 'user_id', w.user_id, 'name', w.name, 'description', w.description, 'is_public', w.is_public,
    'created_at', w.created_at, 'updated_at', w.updated_at, 'version', w.version, 'graph_definition', w.graph_definition,
    'nodes', coalesce((
        select json_agg(json_build_object(
            'id', n.node_id, 'type', n.type, 'position', g.node -> 'position', 'data', n.configuration, 'parent_id', n.parent_id,
            'agent_id', n.agent_id, 'block_id', n.block_id, 'ref_name', coalesce(a.name, b.name)) order by n.position)
        from jsonb_array_elements(w.graph_definition -> 'nodes') with ordinality g(node, number)
        join workflow_nodes n on n.workflow_id = w.id and n.position = g.number - 1
        left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = {reader} or a.is_public)
        left join blocks b on b.id = n.block_id and (b.user_id = {reader} or b.is_public)), '[]'),
    'edges', coalesce((
        select json_agg(json_build_object(
            'id', e.edge_id, 'source', e.source, 'target', e.target, 'source_handle', e.source_handle, 'target_handle', e.target_handle,
            'data', e.configuration) order by e.position)
        from workflow_edges e where e.workflow_id = w.id), '[]'))
from w
