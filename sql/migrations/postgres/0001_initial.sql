-- The schema on PostgreSQL. A fresh database that the connecting role owns is enough; no extension is needed.
--
-- What somebody may want to query stands in columns, JSON in jsonb. `document`, `page`, `triggers`, `summary` and the like are pages as they are
-- shown, kept as bytes (UTF-8), written in the same statement as the columns: `onggi check` holds the two against each other.
-- Executions and their steps are partitioned by month, by ranges of the id: a UUIDv7 whose first 48 bits are milliseconds, within 24 h of
-- started_at. So an id is unique over all months, and a read of one goes to one partition, whatever the plan.

create function onggi_first_id(at timestamptz) returns uuid
language sql immutable strict parallel safe
return cast(lpad(to_hex(cast(extract(epoch from at at time zone 'UTC') * 1000 as bigint)), 12, '0') || repeat('0', 20) as uuid);
comment on function onggi_first_id(timestamptz) is 'The least UUIDv7 of a time: bounds of partitions are such ids';

create function onggi_place(at timestamptz, id uuid) returns bytea
language sql stable strict parallel safe
return int8send(cast(extract(epoch from at) * 1000 as bigint) # cast(-9223372036854775808 as bigint)) || uuid_send(id);
comment on function onggi_place(timestamptz, uuid) is 'Where a row stands in a list ordered by (time, id), as bytes that compare like it';

create table users (
    id           uuid        not null primary key,
    name         text        not null,
    role         text        not null check (role in ('admin', 'user')),
    timezone     text        not null,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    version      bigint      not null,
    request_hash bytea,
    document     bytea       not null
);
create index ix_users_created on users (created_at, id);
create index ix_users_admins on users (id) where role = 'admin';

create table api_keys (
    id         uuid        not null primary key,
    user_id    uuid        not null references users (id) on delete cascade,
    name       text        not null,
    key_hash   bytea       not null unique check (length(key_hash) = 32),
    created_at timestamptz not null,
    document   bytea       not null
);
create index ix_api_keys_user_created on api_keys (user_id, created_at, id);

create table tools (
    id                  text        collate "C" not null primary key,
    name                text        not null,
    description         text,
    category            text,
    input_schema        jsonb       not null,
    output_schema       jsonb       not null,
    implementation_type text        not null check (implementation_type in ('langchain', 'custom', 'builtin')),
    implementation_ref  text,
    requires_auth       boolean     not null,
    is_builtin          boolean     not null,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    version             bigint      not null,
    request_hash        bytea,
    document            bytea       not null,
    summary             bytea       not null
);
create index ix_tools_created on tools (created_at, id);

create table knowledgebases (
    id              uuid        not null primary key,
    user_id         uuid        not null references users (id) on delete restrict,
    name            text        not null,
    description     text,
    embedding_model text,
    chunk_size      bigint      not null,
    chunk_overlap   bigint      not null,
    configuration   jsonb       not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    version         bigint      not null,
    request_hash    bytea,
    document        bytea       not null
);
create index ix_knowledgebases_user_created on knowledgebases (user_id, created_at, id);

-- `filters` (of blocks, agents, workflows and nodes) is whose a row is and what lists of it are filtered by, as terms `member=value`, generated. It
-- stands in one GIN index with the JSON document, so that every filter meets in the index, and nobody's search reads another's rows.

create table blocks (
    id             uuid        not null primary key,
    user_id        uuid        not null references users (id) on delete restrict,
    name           text        not null,
    description    text,
    block_type     text        not null check (block_type in ('llm', 'tool', 'logic', 'composite')),
    input_schema   jsonb       not null,
    output_schema  jsonb       not null,
    configuration  jsonb       not null,
    implementation text,
    is_public      boolean     not null,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    version        bigint      not null,
    request_hash   bytea,
    document       bytea       not null,
    filters        text[]      collate "C" not null generated always as (array[
        case when is_public then 'is_public=true' else 'user_id=' || cast(user_id as text) end,
        'name=' || name, 'block_type=' || block_type]) stored,
    unique (user_id, name)
);
create index ix_blocks_user_created on blocks (user_id, created_at, id) where not is_public;
create index ix_blocks_public_created on blocks (created_at, id) where is_public;
create index ix_blocks_configuration_gin on blocks using gin (configuration jsonb_path_ops, filters);

create table agents (
    id            uuid        not null primary key,
    user_id       uuid        not null references users (id) on delete restrict,
    name          text        not null,
    description   text,
    agent_type    text        not null check (agent_type in ('custom', 'template_based')),
    llm_provider  text        not null,
    llm_model     text        not null,
    configuration jsonb       not null,
    is_public     boolean     not null,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    version       bigint      not null,
    deleted_at    timestamptz,
    request_hash  bytea,
    document      bytea       not null,
    filters       text[]      collate "C" not null generated always as (array[
        case when is_public then 'is_public=true' else 'user_id=' || cast(user_id as text) end,
        'name=' || name, 'agent_type=' || agent_type, 'llm_provider=' || llm_provider, 'llm_model=' || llm_model]) stored
);
create index ix_agents_user_created on agents (user_id, created_at, id) where not is_public and deleted_at is null;
create index ix_agents_public_created on agents (created_at, id) where is_public and deleted_at is null;
create index ix_agents_user on agents (user_id);
create index ix_agents_configuration_gin on agents using gin (configuration jsonb_path_ops, filters) where deleted_at is null;
-- A btree entry holds at most 2,704 bytes: a longer value must not make an insert fail, so it is left to the GIN index. What is not a string
-- would look like one behind ->>. Whose it is (nil: everybody's) and the place follow, so that a page is a range.
create index ix_agents_llm_provider on agents (
    (configuration ->> 'llm_provider'),
    (case when is_public then '00000000-0000-0000-0000-000000000000' else user_id end),
    created_at, id)
where deleted_at is null and jsonb_typeof(configuration -> 'llm_provider') = 'string' and length(configuration ->> 'llm_provider') <= 200;

create table agent_tools (
    agent_id      uuid   not null references agents (id) on delete cascade,
    position      bigint not null,
    tool_id       text   collate "C" not null references tools (id) on delete restrict,
    configuration jsonb  not null,
    "order"       bigint not null,
    document      bytea  not null,
    primary key (agent_id, position)
);
create index ix_agent_tools_tool on agent_tools (tool_id);

create table agent_knowledgebases (
    agent_id         uuid   not null references agents (id) on delete cascade,
    position         bigint not null,
    knowledgebase_id uuid   not null references knowledgebases (id) on delete cascade,
    priority         bigint not null,
    document         bytea  not null,
    primary key (agent_id, position)
);
create index ix_agent_knowledgebases_knowledgebase on agent_knowledgebases (knowledgebase_id);

create table agent_versions (
    agent_id   uuid        not null references agents (id) on delete cascade,
    version    bigint      not null,
    created_at timestamptz not null,
    content    bytea       not null,
    primary key (agent_id, version)
);

create table workflows (
    id               uuid        not null primary key,
    user_id          uuid        not null references users (id) on delete restrict,
    name             text        not null,
    description      text,
    graph_definition jsonb       not null,
    is_public        boolean     not null,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    version          bigint      not null,
    request_hash     bytea,
    document         bytea       not null,
    triggers         bytea       not null,
    page             bytea       not null,
    name_places      bytea       not null,
    filters          text[]      collate "C" not null generated always as (array[
        case when is_public then 'is_public=true' else 'user_id=' || cast(user_id as text) end,
        'name=' || name]) stored
);
create index ix_workflows_user_created on workflows (user_id, created_at, id) where not is_public;
create index ix_workflows_public_created on workflows (created_at, id) where is_public;
create index ix_workflows_user on workflows (user_id);
create index ix_workflows_graph_definition_gin on workflows using gin (graph_definition jsonb_path_ops, filters);

-- A node knows whose it is and where its workflow stands in a list: user_id, is_public and created_at are the workflow's, kept by a trigger.
create table workflow_nodes (
    workflow_id   uuid        not null references workflows (id) on delete cascade,
    position      bigint      not null,
    node_id       text        not null,
    type          text,
    parent_id     text,
    agent_id      uuid,
    block_id      uuid,
    configuration jsonb       not null,
    document      bytea       not null,
    user_id       uuid        not null,
    is_public     boolean     not null,
    created_at    timestamptz not null,
    filters       text[]      collate "C" not null generated always as (array[
        case when is_public then 'is_public=true' else 'user_id=' || cast(user_id as text) end,
        'type=' || case when length(type) <= 200 then type else md5(type) end,
        'agent_id=' || cast(agent_id as text)]) stored,
    primary key (workflow_id, position)
);
create index ix_workflow_nodes_configuration_gin on workflow_nodes using gin (configuration jsonb_path_ops, filters);

create table workflow_edges (
    workflow_id   uuid   not null references workflows (id) on delete cascade,
    position      bigint not null,
    edge_id       text   not null,
    source        text   not null,
    target        text   not null,
    source_handle text,
    target_handle text,
    configuration jsonb,
    document      bytea  not null,
    primary key (workflow_id, position)
);

create table workflow_references (
    workflow_id uuid   not null references workflows (id) on delete cascade,
    ordinal     bigint not null,
    agent_id    uuid,
    block_id    uuid,
    primary key (workflow_id, ordinal),
    check ((agent_id is null) <> (block_id is null))
);

create table workflow_schedules (
    workflow_id     uuid    not null references workflows (id) on delete cascade,
    position        bigint  not null,
    cron_expression text    not null,
    timezone        text    not null,
    input_data      jsonb   not null,
    is_active       boolean not null,
    primary key (workflow_id, position)
);

create table workflow_webhooks (
    workflow_id  uuid    not null references workflows (id) on delete cascade,
    position     bigint  not null,
    webhook_path text    not null,
    http_method  text    not null,
    is_active    boolean not null,
    secret       text,
    primary key (workflow_id, position)
);

-- Executions have no foreign key to what was executed: they outlive it. Steps have none, because they have two parents; who removes executions
-- removes their steps first, and a month goes with its steps.
create table agent_executions (
    id                     uuid        not null primary key,
    user_id                uuid        not null references users (id) on delete restrict,
    agent_id               uuid        not null,
    started_at             timestamptz not null,
    completed_at           timestamptz,
    duration_ms            bigint,
    llm_call_count         bigint      not null,
    llm_prompt_tokens      bigint      not null,
    llm_completion_tokens  bigint      not null,
    llm_total_tokens       bigint      not null,
    tool_call_count        bigint      not null,
    tool_total_duration_ms bigint      not null,
    cache_hit_count        bigint      not null,
    cache_miss_count       bigint      not null,
    cost_nanos             bigint      not null,
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    version                bigint      not null,
    given                  smallint    not null,
    status                 text        collate "C" not null check (status in ('running', 'completed', 'failed', 'timeout', 'cancelled')),
    session_id             text        collate "C",
    request_hash           bytea,
    input_data             jsonb,
    output_data            jsonb,
    error_message          text,
    execution_context      jsonb       not null,
    document               bytea       not null
) partition by range (id);

create table workflow_executions (
    id                     uuid        not null primary key,
    user_id                uuid        not null references users (id) on delete restrict,
    workflow_id            uuid        not null,
    started_at             timestamptz not null,
    completed_at           timestamptz,
    duration_ms            bigint,
    llm_call_count         bigint      not null,
    llm_prompt_tokens      bigint      not null,
    llm_completion_tokens  bigint      not null,
    llm_total_tokens       bigint      not null,
    tool_call_count        bigint      not null,
    tool_total_duration_ms bigint      not null,
    cache_hit_count        bigint      not null,
    cache_miss_count       bigint      not null,
    cost_nanos             bigint      not null,
    created_at             timestamptz not null,
    updated_at             timestamptz not null,
    version                bigint      not null,
    given                  smallint    not null,
    status                 text        collate "C" not null check (status in ('running', 'completed', 'failed', 'timeout', 'cancelled')),
    session_id             text        collate "C",
    request_hash           bytea,
    input_data             jsonb,
    output_data            jsonb,
    error_message          text,
    execution_context      jsonb       not null,
    document               bytea       not null
) partition by range (id);

create table execution_steps (
    execution_id  uuid        not null,
    kind          text        collate "C" not null check (kind in ('agent', 'workflow')),
    step_number   bigint      not null,
    step_type     text        not null check (step_type in ('thought', 'action', 'observation', 'response', 'error')),
    content       text,
    step_metadata jsonb       not null,
    timestamp     timestamptz not null,
    document      bytea       not null,
    primary key (execution_id, kind, step_number)
) partition by range (execution_id);

-- Every list is a range of an index, or of one per status. Leading columns as in the names; the rest makes the order.
create index ix_agent_exec_user_started on agent_executions (user_id, started_at, id);
create index ix_agent_exec_user_status_started on agent_executions (user_id, status, started_at, id);
create index ix_agent_exec_user_agent_started on agent_executions (user_id, agent_id, started_at, id);
create index ix_agent_exec_user_agent_status on agent_executions (user_id, agent_id, status, started_at, id);
create index ix_agent_exec_session_status on agent_executions (session_id, status, user_id, started_at, id, agent_id) where session_id is not null;
create index ix_agent_exec_status_started on agent_executions (status, started_at) where status = 'running';

create index ix_workflow_exec_user_started on workflow_executions (user_id, started_at, id);
create index ix_workflow_exec_user_status_started on workflow_executions (user_id, status, started_at, id);
create index ix_workflow_exec_user_workflow_started on workflow_executions (user_id, workflow_id, started_at, id);
create index ix_workflow_exec_user_workflow_status on workflow_executions (user_id, workflow_id, status, started_at, id);
create index ix_workflow_exec_session_status on workflow_executions (session_id, status, user_id, started_at, id, workflow_id) where session_id is not null;
create index ix_workflow_exec_status_started on workflow_executions (status, started_at) where status = 'running';

create table idempotency_keys (
    user_id      uuid        not null,
    path         text        collate "C" not null,
    key          text        collate "C" not null,
    request_hash bytea       not null,
    created_at   timestamptz not null,
    status       integer     not null,
    location     text,
    etag         text,
    body         bytea       not null,
    primary key (user_id, path, key)
);
create index ix_idempotency_keys_created on idempotency_keys (created_at);

create view execution_metrics as
select id as execution_id, 'agent' as kind, user_id, started_at, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos
from agent_executions
union all
select id, 'workflow', user_id, started_at, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos
from workflow_executions;

-- A node's copies of its workflow's owner and place.
create function onggi_move_workflow_nodes() returns trigger
language plpgsql set search_path from current as $$
begin
    update workflow_nodes set is_public = new.is_public where workflow_id = new.id;
    return null;
end $$;
comment on function onggi_move_workflow_nodes() is 'Keeps workflow_nodes.is_public equal to that of their workflow';
create trigger move_nodes after update of is_public on workflows
for each row when (old.is_public <> new.is_public) execute function onggi_move_workflow_nodes();

-- Versions of what pages in the memory of servers show. A page is used only after the versions of its reader's scope and of everybody's were
-- found unchanged. Changed at commit, by deferred triggers, so that a row is locked for as long as a commit takes. A scope has a row for each of
-- 16 classes of backends, of which the sum counts: transactions at once seldom meet in one, and those that do are run again (40001).
create table definition_versions (
    scope   uuid     not null,
    slot    smallint not null,
    version bigint   not null,
    primary key (scope, slot)
) with (fillfactor = 50);

create function onggi_count_change(changed uuid[]) returns void
language plpgsql set search_path from current as $$
declare
    changed_scope uuid;
begin
    -- In the order of scopes, as everybody, so that nobody waits in a circle; once a transaction.
    for changed_scope in select distinct s from unnest(changed) s where s is not null order by s loop
        insert into definition_versions as d values (changed_scope, pg_backend_pid() % 16, 1)
        on conflict (scope, slot) do update set version = d.version + 1 where d.xmin <> cast(pg_current_xact_id() as xid);
    end loop;
end $$;
comment on function onggi_count_change(uuid[]) is 'Makes pages void that servers keep in memory, of these scopes (definition_versions)';

create function onggi_definition_changed() returns trigger
language plpgsql set search_path from current as $$
declare
    everybody constant uuid := '00000000-0000-0000-0000-000000000000';
    changed uuid[] := '{}';
begin
    if tg_op <> 'INSERT' then
        changed := changed || case when old.is_public then everybody else old.user_id end;
    end if;
    if tg_op <> 'DELETE' then
        changed := changed || case when new.is_public then everybody else new.user_id end;
    end if;
    perform onggi_count_change(changed);
    return null;
end $$;
comment on function onggi_definition_changed() is 'Of rows that are their owner''s or public';

create function onggi_knowledgebase_changed() returns trigger
language plpgsql set search_path from current as $$
begin
    if tg_op = 'DELETE' then
        -- Links of public agents may have gone with it.
        perform onggi_count_change(array[cast('00000000-0000-0000-0000-000000000000' as uuid), old.user_id]);
    else
        perform onggi_count_change(array[new.user_id]);
    end if;
    return null;
end $$;
comment on function onggi_knowledgebase_changed() is 'Of knowledgebases: their owner''s alone';

create function onggi_shared_changed() returns trigger
language plpgsql set search_path from current as $$
begin
    perform onggi_count_change(cast(tg_argv as uuid[]));
    return null;
end $$;
comment on function onggi_shared_changed() is 'Of what all read: the scopes are the trigger''s arguments';

create constraint trigger count_change after insert or update or delete on agents
deferrable initially deferred for each row execute function onggi_definition_changed();
create constraint trigger count_change after insert or update or delete on blocks
deferrable initially deferred for each row execute function onggi_definition_changed();
create constraint trigger count_change after insert or update or delete on workflows
deferrable initially deferred for each row execute function onggi_definition_changed();
create constraint trigger count_change after insert or update or delete on knowledgebases
deferrable initially deferred for each row execute function onggi_knowledgebase_changed();
create constraint trigger count_change after insert or update or delete on tools
deferrable initially deferred for each row execute function onggi_shared_changed('00000000-0000-0000-0000-000000000000');
create constraint trigger count_change after insert or update or delete on users
deferrable initially deferred for each row
execute function onggi_shared_changed('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
create constraint trigger count_change after insert or update or delete on api_keys
deferrable initially deferred for each row execute function onggi_shared_changed('ffffffff-ffff-ffff-ffff-ffffffffffff');

-- Makes the partitions that are missing for the months (UTC) from the first time to the last. A partition is made on its own and attached
-- then, which neither readers nor writers of the others wait for. Each is empty when it is attached: there is nothing to check, and no default
-- partition that would have to be searched.
create function onggi_ensure_partitions(since timestamptz, until timestamptz) returns void
language plpgsql set search_path from current as $$
declare
    parent text;
    partition text;
    month timestamp := date_trunc('month', since at time zone 'UTC');
begin
    -- Any constant that nobody else takes.
    perform pg_advisory_xact_lock(7309940823671139);
    while month <= until at time zone 'UTC' loop
        foreach parent in array array['agent_executions', 'workflow_executions', 'execution_steps'] loop
            partition := parent || to_char(month, '_YYYY_MM');
            if to_regclass(quote_ident(partition)) is null then
                execute format('create table %I (like %I including all)', partition, parent);
                execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, partition,
                    onggi_first_id(month at time zone 'UTC'), onggi_first_id((month + interval '1 month') at time zone 'UTC'));
            end if;
        end loop;
        month := month + interval '1 month';
    end loop;
end $$;
comment on function onggi_ensure_partitions(timestamptz, timestamptz) is 'Makes the monthly partitions that are missing between two times';

-- Compression of what is large, where the server was built with it: lz4 reads several times faster than the default.
do $$
declare
    of_table text;
    of_column text;
begin
    for of_table, of_column in
        select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = cast(current_schema() as regnamespace) and c.relkind in ('r', 'p') and a.attnum > 0
            and a.atttypid in (cast('jsonb' as regtype), cast('bytea' as regtype), cast('text' as regtype))
            and a.attstorage = 'x'
    loop
        execute format('alter table %I alter column %I set compression lz4', of_table, of_column);
    end loop;
exception when feature_not_supported then
    raise notice 'this server has no lz4';
end $$;

comment on table users is 'Who may call; admins may act for others';
comment on table api_keys is 'Keys of users; the key itself is not kept. A revoked key''s row is gone';
comment on table tools is 'The catalogue of tools: admins write, everybody reads';
comment on table knowledgebases is 'What agents read, their owner''s alone. Their removal removes the links of agents';
comment on table blocks is 'Parts of workflows';
comment on table agents is 'Agents. Deletion sets deleted_at; the row goes 30 days later';
comment on table agent_tools is 'The tools of an agent. A tool that is used cannot be deleted';
comment on table agent_knowledgebases is 'The knowledgebases of an agent';
comment on table agent_versions is 'What an agent was after each change, the newest 100';
comment on table workflows is 'Workflows: the graph as JSON, and as it is shown';
comment on table workflow_nodes is 'The nodes of a workflow''s graph, for who queries them';
comment on table workflow_edges is 'The edges of a workflow''s graph';
comment on table workflow_references is 'What the nodes of a workflow refer to, each once. No foreign key: what is referred to may be deleted, the reference stays and is nameless';
comment on table workflow_schedules is 'When a workflow runs by itself';
comment on table workflow_webhooks is 'What starts a workflow from outside';
comment on table agent_executions is 'Executions of agents, by month of the id. No foreign key to the agent: they outlive it';
comment on table workflow_executions is 'Executions of workflows, by month of the id. No foreign key to the workflow: they outlive it';
comment on table execution_steps is 'What executions of both kinds did, by month of their id. No foreign key: removed before their execution, or with their month';
comment on table idempotency_keys is 'Answers to POSTs that carried an Idempotency-Key, for 24 h, written in the transaction of their effect. No foreign key to the user: erased with it by statement, expired otherwise';
comment on table definition_versions is 'Counts committed changes, for servers that keep pages in memory. What counts is the sum over the slots of a scope';
comment on view execution_metrics is 'What executions of both kinds cost. Kept in their own rows, so that recording one is one insert';

-- Columns: under a table's name what is its own, under none what means the same wherever it stands.
do $$
declare
    said record;
begin
    for said in
        select c.relname as of_table, a.attname as of_column, coalesce(
            max(w.meaning) filter (where w.of_table = c.relname), max(w.meaning) filter (where w.of_table = '')) as meaning
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join (values
            ('', 'id', 'UUIDv7'),
            ('', 'user_id', 'The owner'),
            ('', 'name', 'Its name'),
            ('', 'description', 'What it is for'),
            ('', 'configuration', 'Whatever the platform keeps with it'),
            ('', 'is_public', 'Whether everybody may read it'),
            ('', 'created_at', 'When it was created'),
            ('', 'updated_at', 'When it was last changed'),
            ('', 'version', 'Counts its changes, from 1'),
            ('', 'request_hash', 'SHA-256 of the canonical body of a creation that brought its own id: tells a repetition from a conflict'),
            ('', 'document', 'The row''s own data as JSON, as lists show it (UTF-8)'),
            ('', 'filters', 'Whose it is and what lists are filtered by, as terms member=value; generated, searched through GIN'),
            ('', 'input_schema', 'JSON Schema of what it takes'),
            ('', 'output_schema', 'JSON Schema of what it gives'),
            ('', 'agent_id', 'The agent'),
            ('', 'workflow_id', 'The workflow'),
            ('', 'block_id', 'The block'),
            ('', 'position', 'Its place, from 0'),
            ('', 'timezone', 'IANA name of a time zone'),
            ('', 'is_active', 'Whether it holds'),
            ('', 'session_id', 'Groups executions'),
            ('', 'status', 'running, completed, failed, timeout or cancelled'),
            ('', 'started_at', 'When it started, within 24 h of the time in the id'),
            ('', 'completed_at', 'When it ended'),
            ('', 'duration_ms', 'How long it took, milliseconds'),
            ('', 'llm_call_count', 'Calls of a model'),
            ('', 'llm_prompt_tokens', 'Tokens in'),
            ('', 'llm_completion_tokens', 'Tokens out'),
            ('', 'llm_total_tokens', 'Tokens together'),
            ('', 'tool_call_count', 'Calls of tools'),
            ('', 'tool_total_duration_ms', 'Time in tools, milliseconds'),
            ('', 'cache_hit_count', 'Answers from a cache'),
            ('', 'cache_miss_count', 'Answers that a cache did not have'),
            ('', 'cost_nanos', 'Cost in nano-dollars (10^-9 US dollars)'),
            ('', 'given', 'Bits: 1 completed_at, 2 duration_ms, 4 llm_total_tokens were given, not derived'),
            ('', 'input_data', 'What it was given: any JSON'),
            ('', 'output_data', 'What it gave: any JSON'),
            ('', 'error_message', 'Why it failed'),
            ('', 'execution_context', 'Whatever the platform keeps with it'),
            ('', 'execution_id', 'The execution'),
            ('', 'kind', 'agent or workflow: of which kind the execution is. Clients choose ids, so one may stand in both tables'),
            ('users', 'role', 'admin or user'),
            ('api_keys', 'key_hash', 'SHA-256 of the key'),
            ('tools', 'id', 'A slug such as vector_search'),
            ('tools', 'category', 'Groups tools'),
            ('tools', 'implementation_type', 'langchain, custom or builtin'),
            ('tools', 'implementation_ref', 'Where the implementation is found'),
            ('tools', 'requires_auth', 'Whether it needs credentials'),
            ('tools', 'is_builtin', 'Whether it comes with the platform'),
            ('tools', 'summary', 'name, category and description as JSON, as an agent''s page shows them (UTF-8)'),
            ('knowledgebases', 'embedding_model', 'Which model embeds its chunks'),
            ('knowledgebases', 'chunk_size', 'Of a chunk'),
            ('knowledgebases', 'chunk_overlap', 'Of neighbouring chunks'),
            ('blocks', 'name', 'Unique among its owner''s'),
            ('blocks', 'block_type', 'llm, tool, logic or composite'),
            ('blocks', 'implementation', 'Its code or reference'),
            ('agents', 'agent_type', 'custom or template_based'),
            ('agents', 'llm_provider', 'Who serves its model'),
            ('agents', 'llm_model', 'Its model'),
            ('agents', 'deleted_at', 'When it was deleted'),
            ('agent_tools', 'position', 'In the order in which they are shown: by "order", then as sent'),
            ('agent_tools', 'tool_id', 'The tool'),
            ('agent_tools', 'order', 'Where it stands among the agent''s tools, as sent'),
            ('agent_knowledgebases', 'knowledgebase_id', 'The knowledgebase'),
            ('agent_knowledgebases', 'priority', 'Where it stands among the agent''s knowledgebases, as sent'),
            ('agent_versions', 'version', 'The agent''s version'),
            ('agent_versions', 'content', 'What a user can write of an agent, as JSON (UTF-8)'),
            ('workflows', 'graph_definition', 'A React Flow document: nodes, edges and whatever else'),
            ('workflows', 'triggers', 'Schedules and webhooks as shown, to their owner alone (UTF-8)'),
            ('workflows', 'page', 'graph_definition, nodes and edges as a page shows them (UTF-8)'),
            ('workflows', 'name_places', 'Where the names of what nodes refer to are put into page: pairs of 32 bits, offset and ordinal, little-endian'),
            ('workflow_nodes', 'node_id', 'Its id in the graph'),
            ('workflow_nodes', 'type', 'Its type'),
            ('workflow_nodes', 'parent_id', 'The group that it lies in'),
            ('workflow_nodes', 'agent_id', 'The agent that data.agent_id refers to'),
            ('workflow_nodes', 'block_id', 'The block that data.block_id refers to'),
            ('workflow_nodes', 'configuration', 'The node''s data'),
            ('workflow_nodes', 'user_id', 'The workflow''s owner'),
            ('workflow_nodes', 'is_public', 'Whether the workflow is public; kept by a trigger'),
            ('workflow_nodes', 'created_at', 'When the workflow was created'),
            ('workflow_edges', 'edge_id', 'Its id in the graph'),
            ('workflow_edges', 'source', 'The node that it leaves'),
            ('workflow_edges', 'target', 'The node that it reaches'),
            ('workflow_edges', 'source_handle', 'Where it leaves'),
            ('workflow_edges', 'target_handle', 'Where it arrives'),
            ('workflow_edges', 'configuration', 'The edge''s data'),
            ('workflow_references', 'ordinal', 'Its number, which workflows.name_places refers to'),
            ('workflow_schedules', 'cron_expression', 'Five fields'),
            ('workflow_schedules', 'input_data', 'What the execution is given'),
            ('workflow_webhooks', 'webhook_path', 'The path that starts the workflow'),
            ('workflow_webhooks', 'http_method', 'GET, POST, PUT, PATCH or DELETE'),
            ('workflow_webhooks', 'secret', 'Signs its calls; never shown'),
            ('agent_executions', 'id', 'UUIDv7 that carries started_at within 24 h; its month is the partition'),
            ('workflow_executions', 'id', 'UUIDv7 that carries started_at within 24 h; its month is the partition'),
            ('execution_steps', 'step_number', 'Its place; unique within the execution'),
            ('execution_steps', 'step_type', 'thought, action, observation, response or error'),
            ('execution_steps', 'content', 'What was thought, done or seen'),
            ('execution_steps', 'step_metadata', 'Whatever the platform keeps with it'),
            ('execution_steps', 'timestamp', 'When'),
            ('execution_steps', 'document', 'The step as a page shows it, JSON (UTF-8)'),
            ('idempotency_keys', 'user_id', 'Whose request it was'),
            ('idempotency_keys', 'path', 'Of the request'),
            ('idempotency_keys', 'key', 'The Idempotency-Key'),
            ('idempotency_keys', 'request_hash', 'SHA-256 of the request: the same key with another one is refused'),
            ('idempotency_keys', 'status', 'HTTP status of the answer'),
            ('idempotency_keys', 'location', 'Header of the answer'),
            ('idempotency_keys', 'etag', 'Header of the answer'),
            ('idempotency_keys', 'body', 'Of the answer (UTF-8)'),
            ('definition_versions', 'scope', 'The owner of private definitions; nil: public ones, tools and users; all ones: keys and roles'),
            ('definition_versions', 'slot', 'Class of backends that write this row, so that transactions at once seldom meet'),
            ('definition_versions', 'version', 'How many committed transactions changed something of the scope')
        ) w(of_table, of_column, meaning) on w.of_column = a.attname and w.of_table in ('', c.relname)
        where c.relnamespace = cast(current_schema() as regnamespace) and c.relkind in ('r', 'p', 'v') and not c.relispartition
            and c.relname <> 'schema_migrations'
        group by c.relname, a.attname
    loop
        execute format('comment on column %I.%I is %L', said.of_table, said.of_column, said.meaning);
    end loop;
end $$;

select onggi_ensure_partitions(now() - interval '1 month', now() + interval '2 months');
