-- The newest workflows that contain something, JSON made of columns.
select json_build_object('items', coalesce(json_agg(json_build_object(
    'id', w.id, 'user_id', w.user_id, 'name', w.name, 'description', w.description, 'is_public', w.is_public,
    'created_at', w.created_at, 'updated_at', w.updated_at, 'version', w.version) order by w.created_at desc, w.id desc), '[]'))
from (select * from workflows
    where (user_id = {reader} or is_public) and graph_definition @> {filter}
    order by created_at desc, id desc limit 50) w
