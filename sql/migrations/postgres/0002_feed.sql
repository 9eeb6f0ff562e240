-- The live feed across servers: what happens on one is told to those who listen on another.
--
-- Not logged, since nothing here is worth keeping over a crash: it is news of the last minute.

create unlogged table feed_listeners (
    server uuid not null primary key,
    since timestamptz not null default now(),
    until timestamptz not null);
comment on table feed_listeners is 'Servers at which somebody listens to the live feed (GET /events): the others write what happens into feed_batches only then';
comment on column feed_listeners.server is 'The server: another id after every start';
comment on column feed_listeners.since is 'Since when somebody has been listening there';
comment on column feed_listeners.until is 'Holds until then unless it is renewed, which the server does every other second';

create unlogged table feed_batches (
    server uuid not null,
    number bigint not null,
    made_at timestamptz not null default now(),
    events jsonb not null,
    primary key (server, number));
comment on table feed_batches is 'Events of the live feed on their way to other servers; rows are removed after a minute, by whichever server comes by';
comment on column feed_batches.server is 'Where they happened: another id after every start';
comment on column feed_batches.number is 'Counted from 1 by that server, so that others know what they have told already';
comment on column feed_batches.made_at is 'When it was written';
comment on column feed_batches.events is 'In their order: [{"name", "user": whose it is, "data": as listeners are told}]';

create index ix_feed_batches_made_at on feed_batches (made_at);
create index ix_feed_listeners_until on feed_listeners (until);
