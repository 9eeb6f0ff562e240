-- What reads differently on PostgreSQL.

-- name: update
-- A document that does not change is left where it lies: neither it nor its index is written anew.
update blocks set
    name = $3, description = $4, block_type = $5, input_schema = $6, output_schema = $7,
    configuration = case when configuration = $8 then configuration else $8 end, implementation = $9,
    is_public = $10, updated_at = $12, version = $13, document = $15
where id = $1 and user_id = $2
