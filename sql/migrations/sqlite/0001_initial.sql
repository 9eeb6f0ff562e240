-- The embedded store's schema. Ids are the 16 bytes of a UUID; times are milliseconds since the epoch, UTC; money is nano-dollars.
--
-- `document` is the row's own data as JSON, in the form in which a list shows it, written in the same statement as the columns;
-- the columns beside it exist for what is looked up, joined or ordered by. `onggi check` holds the two against each other.
-- Tables whose rows may be large have a rowid: in one without, SQLite copies a whole row, overflow pages and all, for every comparison of keys.
-- `request_hash` is the SHA-256 of the canonical body of a creation that brought its own id: a repetition is told from a conflict by it.

create table users (
    id           blob    not null primary key check (length(id) = 16),
    name         text    not null,
    role         text    not null check (role in ('admin', 'user')),
    timezone     text    not null,
    created_at   integer not null,
    updated_at   integer not null,
    version      integer not null,
    request_hash blob,
    document     text    not null
) strict, without rowid;
create index ix_users_created on users (created_at, id);

-- The key itself is not kept, only its SHA-256. A revoked key's row is gone.
create table api_keys (
    id         blob    not null primary key check (length(id) = 16),
    user_id    blob    not null references users (id) on delete cascade,
    name       text    not null,
    key_hash   blob    not null unique check (length(key_hash) = 32),
    created_at integer not null,
    document   text    not null
) strict, without rowid;
create index ix_api_keys_user_created on api_keys (user_id, created_at, id);

create table tools (
    id                  text    not null primary key,
    name                text    not null,
    description         text,
    category            text,
    input_schema        text    not null,
    output_schema       text    not null,
    implementation_type text    not null check (implementation_type in ('langchain', 'custom', 'builtin')),
    implementation_ref  text,
    requires_auth       integer not null,
    is_builtin          integer not null,
    created_at          integer not null,
    updated_at          integer not null,
    version             integer not null,
    request_hash        blob,
    document            text    not null,
    summary             text    not null  -- {name, category, description}, as an agent's page shows it
) strict;
create index ix_tools_created on tools (created_at, id);

create table knowledgebases (
    id              blob    not null primary key check (length(id) = 16),
    user_id         blob    not null references users (id) on delete restrict,
    name            text    not null,
    description     text,
    embedding_model text,
    chunk_size      integer not null,
    chunk_overlap   integer not null,
    configuration   text    not null,
    created_at      integer not null,
    updated_at      integer not null,
    version         integer not null,
    request_hash    blob,
    document        text    not null
) strict;
create index ix_knowledgebases_user_created on knowledgebases (user_id, created_at, id);

create table blocks (
    id             blob    not null primary key check (length(id) = 16),
    user_id        blob    not null references users (id) on delete restrict,
    name           text    not null,
    description    text,
    block_type     text    not null check (block_type in ('llm', 'tool', 'logic', 'composite')),
    input_schema   text    not null,
    output_schema  text    not null,
    configuration  text    not null,
    implementation text,
    is_public      integer not null,
    created_at     integer not null,
    updated_at     integer not null,
    version        integer not null,
    request_hash   blob,
    document       text    not null,
    unique (user_id, name)
) strict;
create index ix_blocks_user_created on blocks (user_id, created_at, id) where not is_public;
create index ix_blocks_public_created on blocks (created_at, id) where is_public;

-- Deletion is soft: deleted_at is set, the row goes 30 days later.
create table agents (
    id            blob    not null primary key check (length(id) = 16),
    user_id       blob    not null references users (id) on delete restrict,
    name          text    not null,
    description   text,
    agent_type    text    not null check (agent_type in ('custom', 'template_based')),
    llm_provider  text    not null,
    llm_model     text    not null,
    configuration text    not null,
    is_public     integer not null,
    created_at    integer not null,
    updated_at    integer not null,
    version       integer not null,
    deleted_at    integer,
    request_hash  blob,
    document      text    not null
) strict;
create index ix_agents_user_created on agents (user_id, created_at, id) where not is_public and deleted_at is null;
create index ix_agents_public_created on agents (created_at, id) where is_public and deleted_at is null;
create index ix_agents_user on agents (user_id);

create table agent_tools (
    agent_id      blob    not null references agents (id) on delete cascade,
    position      integer not null,  -- in the order in which they are shown: by "order", then as sent
    tool_id       text    not null references tools (id) on delete restrict,
    configuration text    not null,
    "order"       integer not null,
    document      text    not null,
    primary key (agent_id, position)
) strict;
create index ix_agent_tools_tool on agent_tools (tool_id);

create table agent_knowledgebases (
    agent_id         blob    not null references agents (id) on delete cascade,
    position         integer not null,
    knowledgebase_id blob    not null references knowledgebases (id) on delete cascade,
    priority         integer not null,
    document         text    not null,
    primary key (agent_id, position)
) strict, without rowid;
create index ix_agent_knowledgebases_knowledgebase on agent_knowledgebases (knowledgebase_id);

-- One row a change; the newest 100 of an agent are kept. content is what a user can write of an agent.
create table agent_versions (
    agent_id   blob    not null references agents (id) on delete cascade,
    version    integer not null,
    created_at integer not null,
    content    text    not null,
    primary key (agent_id, version)
) strict;

-- A workflow's page is kept as it is shown: document (the list item) and page (graph_definition, nodes, edges). The names of what its nodes
-- refer to are not its own data: they are put in at read, at the places that name_places lists (32-bit little-endian offset into
-- page and ordinal of workflow_references, for each node that refers to something).
create table workflows (
    id               blob    not null primary key check (length(id) = 16),
    user_id          blob    not null references users (id) on delete restrict,
    name             text    not null,
    description      text,
    is_public        integer not null,
    created_at       integer not null,
    updated_at       integer not null,
    version          integer not null,
    request_hash     blob,
    document         text    not null,
    triggers         text    not null,  -- schedules and webhooks as shown; their owner's eyes only
    page             text    not null,
    name_places      blob    not null
) strict;
create index ix_workflows_user_created on workflows (user_id, created_at, id) where not is_public;
create index ix_workflows_public_created on workflows (created_at, id) where is_public;
create index ix_workflows_user on workflows (user_id);

create table workflow_nodes (
    workflow_id blob    not null references workflows (id) on delete cascade,
    position    integer not null,  -- as in the graph
    node_id     text    not null,
    type        text,
    parent_id   text,
    agent_id    blob,
    block_id    blob,
    document    text    not null,
    primary key (workflow_id, position)
) strict;

create table workflow_edges (
    workflow_id   blob    not null references workflows (id) on delete cascade,
    position      integer not null,
    edge_id       text    not null,
    source        text    not null,
    target        text    not null,
    source_handle text,
    target_handle text,
    document      text    not null,
    primary key (workflow_id, position)
) strict;

-- What the nodes of a workflow refer to, each once. No foreign key: what is referred to may be deleted, the reference stays and is nameless.
create table workflow_references (
    workflow_id blob    not null references workflows (id) on delete cascade,
    ordinal     integer not null,
    agent_id    blob,
    block_id    blob,
    primary key (workflow_id, ordinal),
    check ((agent_id is null) <> (block_id is null))
) strict, without rowid;

create table workflow_schedules (
    workflow_id     blob    not null references workflows (id) on delete cascade,
    position        integer not null,
    cron_expression text    not null,
    timezone        text    not null,
    input_data      text    not null,
    is_active       integer not null,
    primary key (workflow_id, position)
) strict;

create table workflow_webhooks (
    workflow_id  blob    not null references workflows (id) on delete cascade,
    position     integer not null,
    webhook_path text    not null,
    http_method  text    not null,
    is_active    integer not null,
    secret       text,
    primary key (workflow_id, position)
) strict, without rowid;

-- Executions lie in the order in which they arrived, so a page of recent ones is a few pages of the file. Only what is looked up or
-- summed stands in columns; input, output and error are in the document alone. Every list is served by a prefix of one of three indexes: equal owner (and
-- agent or session), one status, newest first; a list over all statuses merges five such ranges.
-- No foreign key to the agent: a deleted agent's executions stay.
create table agent_executions (
    id                     blob    not null primary key check (length(id) = 16),
    user_id                blob    not null references users (id) on delete restrict,
    agent_id               blob    not null,
    session_id             text,
    status                 text    not null check (status in ('running', 'completed', 'failed', 'timeout', 'cancelled')),
    started_at             integer not null,
    completed_at           integer,
    duration_ms            integer,
    llm_call_count         integer not null,
    llm_prompt_tokens      integer not null,
    llm_completion_tokens  integer not null,
    llm_total_tokens       integer not null,
    tool_call_count        integer not null,
    tool_total_duration_ms integer not null,
    cache_hit_count        integer not null,
    cache_miss_count       integer not null,
    cost_nanos             integer not null,
    created_at             integer not null,
    updated_at             integer not null,
    version                integer not null,
    given                  integer not null,  -- bits: 1 completed_at, 2 duration_ms, 4 llm_total_tokens were given, not derived
    request_hash           blob,
    document               text    not null,
    execution_context      text    not null
) strict;
create index ix_agent_exec_user_status_started on agent_executions (user_id, status, started_at, id);
create index ix_agent_exec_user_agent_status_started on agent_executions (user_id, agent_id, status, started_at, id);
create index ix_agent_exec_user_session_status_started on agent_executions (user_id, session_id, status, started_at, id, agent_id) where session_id is not null;

create table workflow_executions (
    id                     blob    not null primary key check (length(id) = 16),
    user_id                blob    not null references users (id) on delete restrict,
    workflow_id            blob    not null,
    session_id             text,
    status                 text    not null check (status in ('running', 'completed', 'failed', 'timeout', 'cancelled')),
    started_at             integer not null,
    completed_at           integer,
    duration_ms            integer,
    llm_call_count         integer not null,
    llm_prompt_tokens      integer not null,
    llm_completion_tokens  integer not null,
    llm_total_tokens       integer not null,
    tool_call_count        integer not null,
    tool_total_duration_ms integer not null,
    cache_hit_count        integer not null,
    cache_miss_count       integer not null,
    cost_nanos             integer not null,
    created_at             integer not null,
    updated_at             integer not null,
    version                integer not null,
    given                  integer not null,  -- bits: 1 completed_at, 2 duration_ms, 4 llm_total_tokens were given, not derived
    request_hash           blob,
    document               text    not null,
    execution_context      text    not null
) strict;
create index ix_workflow_exec_user_status_started on workflow_executions (user_id, status, started_at, id);
create index ix_workflow_exec_user_workflow_status_started on workflow_executions (user_id, workflow_id, status, started_at, id);
create index ix_workflow_exec_user_session_status_started on workflow_executions (user_id, session_id, status, started_at, id, workflow_id) where session_id is not null;

-- Steps of both kinds. kind is part of the key because clients choose ids: the same id may stand in both tables.
create table execution_steps (
    execution_id blob    not null,
    kind         text    not null check (kind in ('agent', 'workflow')),
    step_number  integer not null,
    document     text    not null,
    primary key (execution_id, kind, step_number)
) strict;

-- Answers to POSTs that carried an Idempotency-Key, for 24 h, written in the transaction of their effect.
create table idempotency_keys (
    user_id      blob    not null,
    path         text    not null,
    key          text    not null,
    request_hash blob    not null,
    created_at   integer not null,
    status       integer not null,
    location     text,
    etag         text,
    body         text    not null,
    primary key (user_id, path, key)
) strict;
create index ix_idempotency_keys_created on idempotency_keys (created_at);
