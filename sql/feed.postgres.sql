-- The live feed across servers (app/relay.h). Both tables hold what belongs to the last minute.

-- name: listen
-- $1 server: somebody listens there.
insert into feed_listeners (server, until) values ($1, now() + interval '10 seconds')
on conflict (server) do update set
    since = case when feed_listeners.until < now() then now() else feed_listeners.since end, until = excluded.until

-- name: wanted
-- $1 server: for how many milliseconds somebody has been listening elsewhere; -1: nobody is.
select cast(coalesce(max(extract(epoch from now() - since)) * 1000, -1) as bigint) from feed_listeners where server <> $1 and until > now()

-- name: heads
-- $1 server: the newest batch of each of the others.
select server, max(number) from feed_batches where server <> $1 group by server

-- name: batches
-- $1 server, $2 the batch before them.
select number, events from feed_batches where server = $1 and number > $2 order by number limit 64

-- name: put
insert into feed_batches (server, number, events) values ($1, $2, $3)

-- name: forget
delete from feed_batches where made_at < now() - interval '1 minute'

-- name: forget_listeners
delete from feed_listeners where until < now() - interval '1 minute'
