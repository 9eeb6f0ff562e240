-- The index that containment searches walk: documents taken apart into path-value terms (src/json/terms.h), kept by the writer's triggers
-- (sql/sqlite/triggers.sql) in the transaction of their rows. Tables without rowid: each is its index and nothing else.
--
-- `term` is 16 bytes and begins with whose documents are searched: an owner's that are not public, or everybody's public ones. `place` is
-- place_of(time, id): eight bytes of the time and the id, so that a term's documents lie in the order of the list and two terms are
-- intersected by jumping along both. A node's place goes on with its position, inverted: they are shown in the order of the graph.

create table agent_terms (
    term  blob not null,
    place blob not null,
    primary key (term, place)
) strict, without rowid;

create table block_terms (
    term  blob not null,
    place blob not null,
    primary key (term, place)
) strict, without rowid;

create table workflow_terms (
    term  blob not null,
    place blob not null,
    primary key (term, place)
) strict, without rowid;

create table workflow_node_terms (
    term  blob not null,
    place blob not null,
    primary key (term, place)
) strict, without rowid;

-- Executions are searched within a range of time and arrive in its order, so the day (of started_at, since the epoch, UTC) comes first: what is
-- written together lies together, however many different texts the inputs hold.
create table agent_execution_terms (
    day   integer not null,
    term  blob    not null,
    place blob    not null,
    primary key (day, term, place)
) strict, without rowid;

create table workflow_execution_terms (
    day   integer not null,
    term  blob    not null,
    place blob    not null,
    primary key (day, term, place)
) strict, without rowid;

-- Of what is there already.
insert into agent_terms
select t.term, place_of(a.created_at, a.id)
from agents a, json_terms(a.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(a.is_public, x'', a.user_id), 16384) t
where a.deleted_at is null;

insert into block_terms
select t.term, place_of(b.created_at, b.id)
from blocks b, json_terms(b.document, 'name,block_type,is_public,configuration', iif(b.is_public, x'', b.user_id), 16384) t;

insert into workflow_terms
select t.term, place_of(w.created_at, w.id)
from workflows w, json_terms(substr(w.document, 1, length(w.document) - 1) || ',' || w.page || '}', 'name,is_public,graph_definition',
    iif(w.is_public, x'', w.user_id), 16384) t;

insert into workflow_node_terms
select t.term, place_of(w.created_at, w.id, n.position)
from workflow_nodes n join workflows w on w.id = n.workflow_id,
    json_terms(n.document, 'type,agent_id,data', iif(w.is_public, x'', w.user_id), 16384) t;

insert into agent_execution_terms
select e.started_at / 86400000, t.term, place_of(e.started_at, e.id)
from agent_executions e, json_terms(e.document, 'input_data', e.user_id, 256) t;

insert into workflow_execution_terms
select e.started_at / 86400000, t.term, place_of(e.started_at, e.id)
from workflow_executions e, json_terms(e.document, 'input_data', e.user_id, 256) t;
