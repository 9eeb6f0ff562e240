-- Containment searches on PostgreSQL: GIN indexes on the JSON columns, and with them on `filters`, the terms of whose a row is and what else it is
-- filtered by (migrations/postgres/0001_initial.sql). A filter meets all its conditions in the index; what is read are its matches, of which the
-- newest are put in order. The planner would pass the index by: it does not see that to look into a large document is to read and unpack it.
--
-- $1 reader, $8 the place's time and $9 its id, $10 (nodes) the position there, $11 rows at most, $12 members that are to be equal as a JSON object,
-- $13 the document to be contained, or null, $14 further ones, $16 whether documents are asked for (else they are empty: to be counted). Rows as on the embedded store; all that are returned do match (`whole` is null).
-- Which way a search goes is decided once, by what is asked; the other branches are not begun:
--   list      of everything, or what is public or not: the list itself
--   provider  of agents by configuration.llm_provider alone: a range of ix_agents_llm_provider
--   document  containment
--   filters   members alone
-- `-- for: term, terms` makes the two names that the catalogue has: how many terms a filter has does not matter here.

-- name: agent_with_{kind}
-- for: term, terms
with asked as materialized (
    select case
        when cast($12 as jsonb) - 'is_public' = '{}' and coalesce(cardinality(cast($14 as jsonb[])), 0) = 0 and cast($13 as jsonb) is null then 'list'
        when cast($12 as jsonb) - 'is_public' = '{}' and coalesce(cardinality(cast($14 as jsonb[])), 0) = 0 and case when jsonb_typeof(cast($13 as jsonb)) = 'object' then cast($13 as jsonb) - 'llm_provider' = '{}' else false end and jsonb_typeof($13 -> 'llm_provider') = 'string'
            and length($13 ->> 'llm_provider') <= 200 then 'provider'
        when cast($13 as jsonb) is not null then 'document'
        else 'filters' end as form,
        coalesce(cast($12 as jsonb) ->> 'is_public', 'false') = 'false' as own,
        coalesce(cast($12 as jsonb) ->> 'is_public', 'true') = 'true' as public,
        array(select key || '=' || value from jsonb_each_text(cast($12 as jsonb)) where key <> 'is_public') as terms
)
select onggi_place(created_at, id) as place, case when $16 then document else cast('' as bytea) end as document, cast(null as bytea) as whole
from (
    (select created_at, id, document from agents
    where (select form = 'list' and own from asked) and deleted_at is null and user_id = $1 and not is_public and (created_at, id) < ($8, $9)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from agents
    where (select form = 'list' and public from asked) and deleted_at is null and is_public and (created_at, id) < ($8, $9)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from agents
    where (select form = 'provider' and own from asked) and deleted_at is null and (created_at, id) < ($8, $9)
        and configuration ->> 'llm_provider' = $13 ->> 'llm_provider'
        and jsonb_typeof(configuration -> 'llm_provider') = 'string' and length(configuration ->> 'llm_provider') <= 200
        and case when is_public then '00000000-0000-0000-0000-000000000000' else user_id end = $1
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from agents
    where (select form = 'provider' and public from asked) and deleted_at is null and (created_at, id) < ($8, $9)
        and configuration ->> 'llm_provider' = $13 ->> 'llm_provider'
        and jsonb_typeof(configuration -> 'llm_provider') = 'string' and length(configuration ->> 'llm_provider') <= 200
        and case when is_public then '00000000-0000-0000-0000-000000000000' else user_id end = cast('00000000-0000-0000-0000-000000000000' as uuid)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from agents
    where (select form = 'document' from asked) and deleted_at is null and (created_at, id) < ($8, $9)
        and configuration @> $13
        and filters && (select array_remove(array[case when own then 'user_id=' || cast(cast($1 as uuid) as text) end, case when public then 'is_public=true' end], null) from asked)
        and filters @> (select terms from asked)
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not configuration @> f)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from agents
    where (select form = 'filters' from asked) and deleted_at is null and (created_at, id) < ($8, $9)
        and filters && (select array_remove(array[case when own then 'user_id=' || cast(cast($1 as uuid) as text) end, case when public then 'is_public=true' end], null) from asked)
        and filters @> (select terms from asked)
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not configuration @> f)
    order by created_at desc, id desc limit $11)
    order by created_at desc, id desc limit $11
) found
order by created_at desc, id desc

-- name: block_with_{kind}
-- for: term, terms
with asked as materialized (
    select case
        when cast($12 as jsonb) - 'is_public' = '{}' and coalesce(cardinality(cast($14 as jsonb[])), 0) = 0 and cast($13 as jsonb) is null then 'list'
        when cast($13 as jsonb) is not null then 'document'
        else 'filters' end as form,
        coalesce(cast($12 as jsonb) ->> 'is_public', 'false') = 'false' as own,
        coalesce(cast($12 as jsonb) ->> 'is_public', 'true') = 'true' as public,
        array(select key || '=' || value from jsonb_each_text(cast($12 as jsonb)) where key <> 'is_public') as terms
)
select onggi_place(created_at, id) as place, case when $16 then document else cast('' as bytea) end as document, cast(null as bytea) as whole
from (
    (select created_at, id, document from blocks
    where (select form = 'list' and own from asked) and user_id = $1 and not is_public and (created_at, id) < ($8, $9)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from blocks
    where (select form = 'list' and public from asked) and is_public and (created_at, id) < ($8, $9)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from blocks
    where (select form = 'document' from asked) and (created_at, id) < ($8, $9)
        and configuration @> $13
        and filters && (select array_remove(array[case when own then 'user_id=' || cast(cast($1 as uuid) as text) end, case when public then 'is_public=true' end], null) from asked)
        and filters @> (select terms from asked)
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not configuration @> f)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from blocks
    where (select form = 'filters' from asked) and (created_at, id) < ($8, $9)
        and filters && (select array_remove(array[case when own then 'user_id=' || cast(cast($1 as uuid) as text) end, case when public then 'is_public=true' end], null) from asked)
        and filters @> (select terms from asked)
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not configuration @> f)
    order by created_at desc, id desc limit $11)
    order by created_at desc, id desc limit $11
) found
order by created_at desc, id desc

-- name: workflow_with_{kind}
-- for: term, terms
with asked as materialized (
    select case
        when cast($12 as jsonb) - 'is_public' = '{}' and coalesce(cardinality(cast($14 as jsonb[])), 0) = 0 and cast($13 as jsonb) is null then 'list'
        when cast($13 as jsonb) is not null then 'document'
        else 'filters' end as form,
        coalesce(cast($12 as jsonb) ->> 'is_public', 'false') = 'false' as own,
        coalesce(cast($12 as jsonb) ->> 'is_public', 'true') = 'true' as public,
        array(select key || '=' || value from jsonb_each_text(cast($12 as jsonb)) where key <> 'is_public') as terms
)
select onggi_place(created_at, id) as place, case when $16 then document else cast('' as bytea) end as document, cast(null as bytea) as whole
from (
    (select created_at, id, document from workflows
    where (select form = 'list' and own from asked) and user_id = $1 and not is_public and (created_at, id) < ($8, $9)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from workflows
    where (select form = 'list' and public from asked) and is_public and (created_at, id) < ($8, $9)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from workflows
    where (select form = 'document' from asked) and (created_at, id) < ($8, $9)
        and graph_definition @> $13
        and filters && (select array_remove(array[case when own then 'user_id=' || cast(cast($1 as uuid) as text) end, case when public then 'is_public=true' end], null) from asked)
        and filters @> (select terms from asked)
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not graph_definition @> f)
    order by created_at desc, id desc limit $11)
    union all
    (select created_at, id, document from workflows
    where (select form = 'filters' from asked) and (created_at, id) < ($8, $9)
        and filters && (select array_remove(array[case when own then 'user_id=' || cast(cast($1 as uuid) as text) end, case when public then 'is_public=true' end], null) from asked)
        and filters @> (select terms from asked)
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not graph_definition @> f)
    order by created_at desc, id desc limit $11)
    order by created_at desc, id desc limit $11
) found
order by created_at desc, id desc

-- name: workflow_node_with_{kind}
-- for: term, terms
-- With the workflow's id and name, and the name of what the node refers to where the reader may see it.
select int8send(cast(extract(epoch from n.created_at) * 1000 as bigint) # cast(-9223372036854775808 as bigint)) || uuid_send(n.workflow_id)
        || int4send(~cast(n.position as integer)) as place,
    case when $16 then n.document else cast('' as bytea) end as document, cast(null as bytea) as whole, w.id, w.name, coalesce(a.name, b.name) as ref_name
from (
    (select created_at, workflow_id, position, document, agent_id, block_id from workflow_nodes
    where cast($13 as jsonb) is not null
        and configuration @> $13
        and (created_at, workflow_id) <= ($8, $9) and ((created_at, workflow_id) < ($8, $9) or position > $10)
        and filters && array['user_id=' || cast(cast($1 as uuid) as text), 'is_public=true']
        and filters @> array(select key || '=' || case when length(value) <= 200 then value else md5(value) end from jsonb_each_text(cast($12 as jsonb)))
        and (cast($12 ->> 'type' as text) is null or type = $12 ->> 'type')
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not configuration @> f)
    order by created_at desc, workflow_id desc, position limit $11)
    union all
    (select created_at, workflow_id, position, document, agent_id, block_id from workflow_nodes
    where cast($13 as jsonb) is null
        and (created_at, workflow_id) <= ($8, $9) and ((created_at, workflow_id) < ($8, $9) or position > $10)
        and filters && array['user_id=' || cast(cast($1 as uuid) as text), 'is_public=true']
        and filters @> array(select key || '=' || case when length(value) <= 200 then value else md5(value) end from jsonb_each_text(cast($12 as jsonb)))
        and (cast($12 ->> 'type' as text) is null or type = $12 ->> 'type')
        and not exists (select 1 from unnest(cast($14 as jsonb[])) f where not configuration @> f)
    order by created_at desc, workflow_id desc, position limit $11)
    order by created_at desc, workflow_id desc, position limit $11
) n
join workflows w on w.id = n.workflow_id
left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $1 or b.is_public)
order by n.created_at desc, n.workflow_id desc, n.position

-- name: {kind}_execution_with_terms
-- for: agent, workflow
-- $1 owner, $9 the agent or workflow, $10 session and $11 status or null, $12 from, ($13, $14) the place, $15 rows at most, $16 what the input
-- contains, $17 further ones, $18 the least id and $19 one above all that the range can hold, $21 whether documents are asked for.
--
-- First a walk over the newest 1,000: what many inputs contain is found there. What they do not is seldom, or old, and is looked up below where the
-- walk ended, in the GIN index, which holds the owner as well: nobody's search reads another's rows. The order is not the index's: the
-- matches are sorted. No index that begins with user_id may serve this second part, so it does not name user_id but as the GIN index has it.
with walked as materialized (
    select started_at, id, {kind}_id, document from (
        (select started_at, id, {kind}_id, document, input_data from {kind}_executions
        where user_id = $1 and (started_at, id) < ($13, $14) and started_at >= $12 and id >= $18 and (id < case when cast($9 as uuid) is null then cast($19 as uuid) end or id = case when cast($9 as uuid) is null then cast($19 as uuid) end)
            and (cast($10 as text) is null or session_id = $10) and (cast($11 as text) is null or status = $11)
        order by started_at desc, id desc limit 1000)
        union all
        (select started_at, id, {kind}_id, document, input_data from {kind}_executions
        where user_id = $1 and {kind}_id = $9 and (started_at, id) < ($13, $14) and started_at >= $12 and id >= $18 and (id < case when cast($9 as uuid) is not null then cast($19 as uuid) end or id = case when cast($9 as uuid) is not null then cast($19 as uuid) end)
            and (cast($10 as text) is null or session_id = $10) and (cast($11 as text) is null or status = $11)
        order by started_at desc, id desc limit 1000)
    ) candidate
    where input_data @> $16 and not exists (select 1 from unnest(cast($17 as jsonb[])) f where not input_data @> f)
    limit $15
),
ended as materialized (
    select started_at, id from (
        (select started_at, id from {kind}_executions
        where user_id = $1 and (started_at, id) < ($13, $14) and started_at >= $12 and id >= $18 and (id < case when cast($9 as uuid) is null then cast($19 as uuid) end or id = case when cast($9 as uuid) is null then cast($19 as uuid) end)
            and (cast($10 as text) is null or session_id = $10) and (cast($11 as text) is null or status = $11)
        order by started_at desc, id desc limit 1000)
        union all
        (select started_at, id from {kind}_executions
        where user_id = $1 and {kind}_id = $9 and (started_at, id) < ($13, $14) and started_at >= $12 and id >= $18 and (id < case when cast($9 as uuid) is not null then cast($19 as uuid) end or id = case when cast($9 as uuid) is not null then cast($19 as uuid) end)
            and (cast($10 as text) is null or session_id = $10) and (cast($11 as text) is null or status = $11)
        order by started_at desc, id desc limit 1000)
    ) candidate
    offset 999 limit 1
),
looked_up as materialized (
    select started_at, id, {kind}_id, document from {kind}_executions
    where (select count(*) from walked) < $15
        and array[user_id] @> array[cast($1 as uuid)] and input_data @> $16 and not exists (select 1 from unnest(cast($17 as jsonb[])) f where not input_data @> f)
        and (started_at, id) < ((select started_at from ended), (select id from ended)) and started_at >= $12
        and id >= $18 and (id < $19 or id = $19)
        and (cast($9 as uuid) is null or {kind}_id = $9)
        and (cast($10 as text) is null or session_id = $10) and (cast($11 as text) is null or status = $11)
    order by started_at desc, id desc limit $15
)
select onggi_place(f.started_at, f.id) as place, case when $21 then f.document else cast('' as bytea) end as document, cast(null as bytea) as whole,
    coalesce((select s.name from {kind}s s where s.id = f.{kind}_id and (s.user_id = $1 or s.is_public)),
        (select o.name from former_names o where o.id = f.{kind}_id and (o.user_id = $1 or o.is_public))) as name
from (select * from walked union all select * from looked_up limit $15) f
