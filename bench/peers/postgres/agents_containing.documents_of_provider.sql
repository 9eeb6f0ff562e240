-- The newest agents of a provider, asked for as the index of providers has them, put together from the documents that their rows keep.
select '{"items":[' || coalesce(convert_from(string_agg(a.document, ','), 'UTF8'), '') || ']}'
from (
    select * from (
        (select created_at, id, document from agents
        where deleted_at is null and configuration ->> 'llm_provider' = {value}
            and jsonb_typeof(configuration -> 'llm_provider') = 'string' and length(configuration ->> 'llm_provider') <= 200
            and case when is_public then '00000000-0000-0000-0000-000000000000' else user_id end = {reader}
        order by created_at desc, id desc limit 50)
        union all
        (select created_at, id, document from agents
        where deleted_at is null and configuration ->> 'llm_provider' = {value}
            and jsonb_typeof(configuration -> 'llm_provider') = 'string' and length(configuration ->> 'llm_provider') <= 200
            and case when is_public then '00000000-0000-0000-0000-000000000000' else user_id end = '00000000-0000-0000-0000-000000000000'
        order by created_at desc, id desc limit 50)) both_kinds
    order by created_at desc, id desc limit 50) a
