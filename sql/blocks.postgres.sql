-- What reads differently on PostgreSQL.

-- name: update
-- A document that does not change is left where it lies: neither it nor its index is written anew.
update blocks set
    name = $3, description = $4, block_type = $5, input_schema = $6, output_schema = $7,
    configuration = case when configuration = $8 then configuration else $8 end, implementation = $9,
    is_public = $10, updated_at = $12, version = $13, document = $15
where id = $1 and user_id = $2

-- name: list
-- Each half in its own order and bounded: merged without, the planner sorts what it takes to be few.
select created_at, id, document from (
    (select created_at, id, document from blocks
    where user_id = $1 and not is_public and (created_at, id) < ($2, $3)
    order by created_at desc, id desc limit $4)
    union all
    (select created_at, id, document from blocks
    where is_public and (created_at, id) < ($2, $3)
    order by created_at desc, id desc limit $4)
) shown
order by created_at desc, id desc limit $4
