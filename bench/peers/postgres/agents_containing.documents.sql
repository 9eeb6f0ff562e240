-- The newest agents that contain something, put together from the documents that their rows keep.
select '{"items":[' || coalesce(convert_from(string_agg(a.document, ','), 'UTF8'), '') || ']}'
from (select document from agents
    where deleted_at is null and (user_id = {reader} or is_public) and configuration @> {filter}
    order by created_at desc, id desc limit 50) a
