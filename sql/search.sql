-- Containment searches on the embedded store, over the index of terms (migrations/sqlite/0002_terms.sql).
--
-- A search is a walk down the places of a list (db/place.h), newest first, that yields candidates; whoever reads them stops when the page is
-- full, or after so many. `document` is null for a place that was passed over. Where the terms alone do not decide, or the document has too
-- many terms to be listed (`unlisted`), `whole` is what the filter must be held against.
--
-- Of one term the walk is a range of the index. Of several it jumps: the next place is the least of what lies next before the present one for
-- each term, so that about as many places are visited as the rarest term has, whichever that is. Own private documents and everybody's public
-- ones have terms of their own, and the walk follows whichever comes next.

-- name: {kind}_with_term
-- for: agent, block
-- $1 reader, $2 the place to go on below, the term of own ($3) and of public ones ($4), the unlisted own ($5) and public ones ($6), $7 whether
-- `whole` is asked for.
select t.place as place, o.document, case when $7 then o.document end as whole
from {kind}_terms t join {kind}s o on o.id = substr(t.place, 9)
where t.term = $3 and t.place < $2 and o.user_id = $1 and not o.is_public
union all
select t.place as place, o.document, case when $7 then o.document end as whole
from {kind}_terms t join {kind}s o on o.id = substr(t.place, 9)
where t.term = $4 and t.place < $2 and o.is_public
union all
select t.place as place, o.document, o.document as whole
from {kind}_terms t join {kind}s o on o.id = substr(t.place, 9)
where t.term = $5 and t.place < $2 and o.user_id = $1 and not o.is_public
union all
select t.place as place, o.document, o.document as whole
from {kind}_terms t join {kind}s o on o.id = substr(t.place, 9)
where t.term = $6 and t.place < $2 and o.is_public
order by place desc

-- name: {kind}_with_terms
-- for: agent, block
-- As {kind}_with_term, but of several: $3 and $4 are terms one after the other, 16 bytes each.
with recursive
slots(at) as (select 1 union all select at + 16 from slots where at + 16 < length($3)),
walk(place) as (
    select $2
    union all
    select max(
        coalesce((select min(coalesce((select max(t.place) from {kind}_terms t where t.term = substr($3, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
        coalesce((select min(coalesce((select max(t.place) from {kind}_terms t where t.term = substr($4, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
        coalesce((select max(t.place) from {kind}_terms t where t.term = $5 and t.place < w.place), x''),
        coalesce((select max(t.place) from {kind}_terms t where t.term = $6 and t.place < w.place), x''))
    from walk w where w.place > x'')
select w.place, o.document, case when $7 or exists (select 1 from {kind}_terms t where t.term = $5 and t.place = w.place) or exists (select 1 from {kind}_terms t where t.term = $6 and t.place = w.place) then o.document end
from walk w left join {kind}s o on o.id = substr(w.place, 9) and (
    (o.user_id = $1 and not o.is_public and (exists (select 1 from {kind}_terms t where t.term = $5 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from {kind}_terms t where t.term = substr($3, s.at, 16) and t.place = w.place))))
    or (o.is_public and (exists (select 1 from {kind}_terms t where t.term = $6 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from {kind}_terms t where t.term = substr($4, s.at, 16) and t.place = w.place)))))
where w.place > x'' and w.place < $2

-- name: workflow_with_term
-- $1 reader, $2 the place to go on below, the term of own ($3) and of public ones ($4), the unlisted own ($5) and public ones ($6), $7 whether
-- `whole` is asked for.
select t.place as place, o.document, case when $7 then substr(o.document, 1, length(o.document) - 1) || ',' || o.page || '}' end as whole
from workflow_terms t join workflows o on o.id = substr(t.place, 9)
where t.term = $3 and t.place < $2 and o.user_id = $1 and not o.is_public
union all
select t.place as place, o.document, case when $7 then substr(o.document, 1, length(o.document) - 1) || ',' || o.page || '}' end as whole
from workflow_terms t join workflows o on o.id = substr(t.place, 9)
where t.term = $4 and t.place < $2 and o.is_public
union all
select t.place as place, o.document, substr(o.document, 1, length(o.document) - 1) || ',' || o.page || '}' as whole
from workflow_terms t join workflows o on o.id = substr(t.place, 9)
where t.term = $5 and t.place < $2 and o.user_id = $1 and not o.is_public
union all
select t.place as place, o.document, substr(o.document, 1, length(o.document) - 1) || ',' || o.page || '}' as whole
from workflow_terms t join workflows o on o.id = substr(t.place, 9)
where t.term = $6 and t.place < $2 and o.is_public
order by place desc

-- name: workflow_with_terms
-- As workflow_with_term, but of several: $3 and $4 are terms one after the other, 16 bytes each.
with recursive
slots(at) as (select 1 union all select at + 16 from slots where at + 16 < length($3)),
walk(place) as (
    select $2
    union all
    select max(
        coalesce((select min(coalesce((select max(t.place) from workflow_terms t where t.term = substr($3, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
        coalesce((select min(coalesce((select max(t.place) from workflow_terms t where t.term = substr($4, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
        coalesce((select max(t.place) from workflow_terms t where t.term = $5 and t.place < w.place), x''),
        coalesce((select max(t.place) from workflow_terms t where t.term = $6 and t.place < w.place), x''))
    from walk w where w.place > x'')
select w.place, o.document, case when $7 or exists (select 1 from workflow_terms t where t.term = $5 and t.place = w.place) or exists (select 1 from workflow_terms t where t.term = $6 and t.place = w.place) then substr(o.document, 1, length(o.document) - 1) || ',' || o.page || '}' end
from walk w left join workflows o on o.id = substr(w.place, 9) and (
    (o.user_id = $1 and not o.is_public and (exists (select 1 from workflow_terms t where t.term = $5 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from workflow_terms t where t.term = substr($3, s.at, 16) and t.place = w.place))))
    or (o.is_public and (exists (select 1 from workflow_terms t where t.term = $6 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from workflow_terms t where t.term = substr($4, s.at, 16) and t.place = w.place)))))
where w.place > x'' and w.place < $2

-- name: workflow_node_with_term
-- As {kind}_with_term; with the workflow's id and name, and the name of what the node refers to where the reader may see it.
select t.place as place, n.document, case when $7 then n.document end as whole, w.id, w.name, coalesce(a.name, b.name) as ref_name
from workflow_node_terms t
join workflows w on w.id = substr(t.place, 9, 16)
join workflow_nodes n on n.workflow_id = w.id and n.position = position_in(t.place)
left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $1 or b.is_public)
where t.term = $3 and t.place < $2 and w.user_id = $1 and not w.is_public
union all
select t.place as place, n.document, case when $7 then n.document end as whole, w.id, w.name, coalesce(a.name, b.name) as ref_name
from workflow_node_terms t
join workflows w on w.id = substr(t.place, 9, 16)
join workflow_nodes n on n.workflow_id = w.id and n.position = position_in(t.place)
left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $1 or b.is_public)
where t.term = $4 and t.place < $2 and w.is_public
union all
select t.place as place, n.document, n.document as whole, w.id, w.name, coalesce(a.name, b.name) as ref_name
from workflow_node_terms t
join workflows w on w.id = substr(t.place, 9, 16)
join workflow_nodes n on n.workflow_id = w.id and n.position = position_in(t.place)
left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $1 or b.is_public)
where t.term = $5 and t.place < $2 and w.user_id = $1 and not w.is_public
union all
select t.place as place, n.document, n.document as whole, w.id, w.name, coalesce(a.name, b.name) as ref_name
from workflow_node_terms t
join workflows w on w.id = substr(t.place, 9, 16)
join workflow_nodes n on n.workflow_id = w.id and n.position = position_in(t.place)
left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $1 or b.is_public)
where t.term = $6 and t.place < $2 and w.is_public
order by place desc

-- name: workflow_node_with_terms
with recursive
slots(at) as (select 1 union all select at + 16 from slots where at + 16 < length($3)),
walk(place) as (
    select $2
    union all
    select max(
        coalesce((select min(coalesce((select max(t.place) from workflow_node_terms t where t.term = substr($3, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
        coalesce((select min(coalesce((select max(t.place) from workflow_node_terms t where t.term = substr($4, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
        coalesce((select max(t.place) from workflow_node_terms t where t.term = $5 and t.place < w.place), x''),
        coalesce((select max(t.place) from workflow_node_terms t where t.term = $6 and t.place < w.place), x''))
    from walk w where w.place > x'')
select w.place, n.document, case when $7 or exists (select 1 from workflow_node_terms t where t.term = $5 and t.place = w.place) or exists (select 1 from workflow_node_terms t where t.term = $6 and t.place = w.place) then n.document end, o.id, o.name, coalesce(a.name, b.name)
from walk w
left join workflows o on o.id = substr(w.place, 9, 16) and (
    (o.user_id = $1 and not o.is_public and (exists (select 1 from workflow_node_terms t where t.term = $5 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from workflow_node_terms t where t.term = substr($3, s.at, 16) and t.place = w.place))))
    or (o.is_public and (exists (select 1 from workflow_node_terms t where t.term = $6 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from workflow_node_terms t where t.term = substr($4, s.at, 16) and t.place = w.place)))))
left join workflow_nodes n on n.workflow_id = o.id and n.position = position_in(w.place)
left join agents a on a.id = n.agent_id and a.deleted_at is null and (a.user_id = $1 or a.is_public)
left join blocks b on b.id = n.block_id and (b.user_id = $1 or b.is_public)
where w.place > x'' and w.place < $2

-- name: {kind}_execution_with_terms
-- for: agent, workflow
-- $1 owner, ($2 day, $3 place) to go on below, ($4 day, $5 place) the earliest, $6 the terms, $7 the unlisted, $8 whether `whole` is asked for;
-- filters or null: $9 the agent or workflow, $10 session, $11 status. Day by day: an empty place says that a day is exhausted.
with recursive
slots(at) as (select 1 union all select at + 16 from slots where at + 16 < length($6)),
walk(day, place) as (
    select $2, $3
    union all
    select
        case when w.place > x'' then w.day else (select max(t.day) from {kind}_execution_terms t where t.day < w.day and t.day >= $4) end,
        case when w.place > x'' then max(
            coalesce((select min(coalesce((select max(t.place) from {kind}_execution_terms t where t.day = w.day and t.term = substr($6, s.at, 16) and t.place < w.place), x'')) from slots s), x''),
            coalesce((select max(t.place) from {kind}_execution_terms t where t.day = w.day and t.term = $7 and t.place < w.place), x''))
        else x'ff' end
    from walk w where w.day is not null and (w.place = x'' or w.place >= $5))
select w.place, e.document, case when $8 or exists (select 1 from {kind}_execution_terms t where t.day = w.day and t.term = $7 and t.place = w.place) then e.document end,
    coalesce(s.name, (select o.name from former_names o where o.id = e.{kind}_id and (o.user_id = $1 or o.is_public)))
from walk w
left join {kind}_executions e on e.id = substr(w.place, 9) and e.user_id = $1 and w.place >= $5
    and ($9 is null or e.{kind}_id = $9) and ($10 is null or e.session_id = $10) and ($11 is null or e.status = $11)
    and (exists (select 1 from {kind}_execution_terms t where t.day = w.day and t.term = $7 and t.place = w.place) or not exists (select 1 from slots s where not exists (select 1 from {kind}_execution_terms t where t.day = w.day and t.term = substr($6, s.at, 16) and t.place = w.place)))
left join {kind}s s on s.id = e.{kind}_id and (s.user_id = $1 or s.is_public)
where w.day is not null and w.place < $3 or w.day < $2
