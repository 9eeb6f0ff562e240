-- The newest workflows that contain something, put together from the documents that their rows keep.
select '{"items":[' || coalesce(convert_from(string_agg(w.document, ','), 'UTF8'), '') || ']}'
from (select document from workflows
    where (user_id = {reader} or is_public) and graph_definition @> {filter}
    order by created_at desc, id desc limit 50) w
