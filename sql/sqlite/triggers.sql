-- How the index of terms (migrations/sqlite/0002_terms.sql) follows the rows: triggers of the writer's connection alone. They are temporary,
-- so that a file can still be mended with any tool that knows nothing of json_terms() (`onggi check` tells when the index was left behind).
--
-- json_terms(document, members, scope, most) gives the terms of an object's members (src/json/terms.h), place_of() where their document lies.
-- An update writes the difference alone: most changes leave most terms.

create temp trigger agent_terms_insert after insert on main.agents
when new.deleted_at is null
begin
    insert or ignore into agent_terms select term, place_of(new.created_at, new.id) from json_terms(new.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(new.is_public, x'', new.user_id), 16384);
end;

create temp trigger agent_terms_delete after delete on main.agents
when old.deleted_at is null
begin
    delete from agent_terms where place = place_of(old.created_at, old.id) and term in (select term from json_terms(old.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(old.is_public, x'', old.user_id), 16384));
end;

create temp trigger agent_terms_update after update on main.agents
when old.deleted_at is null
begin
    delete from agent_terms where place = place_of(old.created_at, old.id) and term in (
        select term from json_terms(old.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(old.is_public, x'', old.user_id), 16384)
        except
        select term from json_terms(new.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(new.is_public, x'', new.user_id), 16384) where new.deleted_at is null);
    insert or ignore into agent_terms select term, place_of(new.created_at, new.id) from (
        select term from json_terms(new.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(new.is_public, x'', new.user_id), 16384) where new.deleted_at is null
        except
        select term from json_terms(old.document, 'name,agent_type,llm_provider,llm_model,is_public,configuration', iif(old.is_public, x'', old.user_id), 16384));
end;

create temp trigger block_terms_insert after insert on main.blocks
begin
    insert or ignore into block_terms select term, place_of(new.created_at, new.id) from json_terms(new.document, 'name,block_type,is_public,configuration', iif(new.is_public, x'', new.user_id), 16384);
end;

create temp trigger block_terms_delete after delete on main.blocks
begin
    delete from block_terms where place = place_of(old.created_at, old.id) and term in (select term from json_terms(old.document, 'name,block_type,is_public,configuration', iif(old.is_public, x'', old.user_id), 16384));
end;

create temp trigger block_terms_update after update on main.blocks
when true
begin
    delete from block_terms where place = place_of(old.created_at, old.id) and term in (
        select term from json_terms(old.document, 'name,block_type,is_public,configuration', iif(old.is_public, x'', old.user_id), 16384)
        except
        select term from json_terms(new.document, 'name,block_type,is_public,configuration', iif(new.is_public, x'', new.user_id), 16384));
    insert or ignore into block_terms select term, place_of(new.created_at, new.id) from (
        select term from json_terms(new.document, 'name,block_type,is_public,configuration', iif(new.is_public, x'', new.user_id), 16384)
        except
        select term from json_terms(old.document, 'name,block_type,is_public,configuration', iif(old.is_public, x'', old.user_id), 16384));
end;

create temp trigger workflow_terms_insert after insert on main.workflows
begin
    insert or ignore into workflow_terms select term, place_of(new.created_at, new.id) from json_terms(substr(new.document, 1, length(new.document) - 1) || ',' || new.page || '}', 'name,is_public,graph_definition', iif(new.is_public, x'', new.user_id), 16384);
end;

create temp trigger workflow_terms_delete after delete on main.workflows
begin
    delete from workflow_terms where place = place_of(old.created_at, old.id) and term in (select term from json_terms(substr(old.document, 1, length(old.document) - 1) || ',' || old.page || '}', 'name,is_public,graph_definition', iif(old.is_public, x'', old.user_id), 16384));
end;

create temp trigger workflow_terms_update after update on main.workflows
when new.name <> old.name or new.is_public <> old.is_public or new.page <> old.page
begin
    delete from workflow_terms where place = place_of(old.created_at, old.id) and term in (
        select term from json_terms(substr(old.document, 1, length(old.document) - 1) || ',' || old.page || '}', 'name,is_public,graph_definition', iif(old.is_public, x'', old.user_id), 16384)
        except
        select term from json_terms(substr(new.document, 1, length(new.document) - 1) || ',' || new.page || '}', 'name,is_public,graph_definition', iif(new.is_public, x'', new.user_id), 16384));
    insert or ignore into workflow_terms select term, place_of(new.created_at, new.id) from (
        select term from json_terms(substr(new.document, 1, length(new.document) - 1) || ',' || new.page || '}', 'name,is_public,graph_definition', iif(new.is_public, x'', new.user_id), 16384)
        except
        select term from json_terms(substr(old.document, 1, length(old.document) - 1) || ',' || old.page || '}', 'name,is_public,graph_definition', iif(old.is_public, x'', old.user_id), 16384));
end;

create temp trigger workflow_node_terms_insert after insert on main.workflow_nodes
begin
    insert or ignore into workflow_node_terms
    select t.term, place_of(w.created_at, w.id, new.position)
    from workflows w, json_terms(new.document, 'type,agent_id,data', iif(w.is_public, x'', w.user_id), 16384) t
    where w.id = new.workflow_id;
end;

create temp trigger workflow_node_terms_delete after delete on main.workflow_nodes
begin
    delete from workflow_node_terms where (term, place) in (
        select t.term, place_of(w.created_at, w.id, old.position)
        from workflows w, json_terms(old.document, 'type,agent_id,data', iif(w.is_public, x'', w.user_id), 16384) t
        where w.id = old.workflow_id);
end;

-- When a workflow goes its nodes follow, and find no workflow any more.
create temp trigger workflow_node_terms_leave before delete on main.workflows
begin
    delete from workflow_node_terms where (term, place) in (
        select t.term, place_of(old.created_at, old.id, n.position)
        from workflow_nodes n, json_terms(n.document, 'type,agent_id,data', iif(old.is_public, x'', old.user_id), 16384) t
        where n.workflow_id = old.id);
end;

-- Published, or no longer.
create temp trigger workflow_node_terms_move after update on main.workflows
when new.is_public <> old.is_public
begin
    delete from workflow_node_terms where (term, place) in (
        select t.term, place_of(old.created_at, old.id, n.position)
        from workflow_nodes n, json_terms(n.document, 'type,agent_id,data', iif(old.is_public, x'', old.user_id), 16384) t
        where n.workflow_id = old.id);
    insert or ignore into workflow_node_terms
    select t.term, place_of(new.created_at, new.id, n.position)
    from workflow_nodes n, json_terms(n.document, 'type,agent_id,data', iif(new.is_public, x'', new.user_id), 16384) t
    where n.workflow_id = new.id;
end;

create temp trigger agent_execution_terms_insert after insert on main.agent_executions
begin
    insert or ignore into agent_execution_terms select new.started_at / 86400000, term, place_of(new.started_at, new.id) from json_terms(new.document, 'input_data', new.user_id, 256);
end;

create temp trigger agent_execution_terms_delete after delete on main.agent_executions
begin
    delete from agent_execution_terms where day = old.started_at / 86400000 and place = place_of(old.started_at, old.id) and term in (
        select term from json_terms(old.document, 'input_data', old.user_id, 256));
end;

create temp trigger agent_execution_terms_update after update on main.agent_executions
when new.started_at <> old.started_at or new.document -> '$.input_data' is not old.document -> '$.input_data'
begin
    delete from agent_execution_terms where day = old.started_at / 86400000 and place = place_of(old.started_at, old.id) and term in (
        select term from json_terms(old.document, 'input_data', old.user_id, 256));
    insert or ignore into agent_execution_terms select new.started_at / 86400000, term, place_of(new.started_at, new.id) from json_terms(new.document, 'input_data', new.user_id, 256);
end;

create temp trigger workflow_execution_terms_insert after insert on main.workflow_executions
begin
    insert or ignore into workflow_execution_terms select new.started_at / 86400000, term, place_of(new.started_at, new.id) from json_terms(new.document, 'input_data', new.user_id, 256);
end;

create temp trigger workflow_execution_terms_delete after delete on main.workflow_executions
begin
    delete from workflow_execution_terms where day = old.started_at / 86400000 and place = place_of(old.started_at, old.id) and term in (
        select term from json_terms(old.document, 'input_data', old.user_id, 256));
end;

create temp trigger workflow_execution_terms_update after update on main.workflow_executions
when new.started_at <> old.started_at or new.document -> '$.input_data' is not old.document -> '$.input_data'
begin
    delete from workflow_execution_terms where day = old.started_at / 86400000 and place = place_of(old.started_at, old.id) and term in (
        select term from json_terms(old.document, 'input_data', old.user_id, 256));
    insert or ignore into workflow_execution_terms select new.started_at / 86400000, term, place_of(new.started_at, new.id) from json_terms(new.document, 'input_data', new.user_id, 256);
end;

-- Of memories what they expire as stands in the scope: what has expired is passed over by where it lies. Metadata that is empty matches nothing that is
-- looked for here.
create temp trigger memory_terms_insert after insert on main.agent_memories
when new.metadata <> '{}'
begin
    insert or ignore into memory_terms select memory_term(term, place_of(new.created_at, new.id)), place_of(new.created_at, new.id) from json_terms(
        '{"metadata":' || unpacked(new.metadata) || '}', 'metadata',
        memory_scope(new.agent_id, new.shelf), 256);
end;

create temp trigger memory_terms_delete after delete on main.agent_memories
when old.metadata <> '{}' and not exists (
    select 1 from memory_sweeps where agent_id = old.agent_id and is_open
        and life = case when old.shelf < 3 then 0 when old.shelf = 9 then 1 when old.shelf = 15 then 2 else 3 end)
begin
    delete from memory_terms where place = place_of(old.created_at, old.id) and term in (select memory_term(term, place_of(old.created_at, old.id)) from json_terms(
        '{"metadata":' || unpacked(old.metadata) || '}', 'metadata',
        memory_scope(old.agent_id, old.shelf), 256));
end;

create temp trigger memory_terms_update after update on main.agent_memories
when (old.metadata <> '{}' or new.metadata <> '{}')
    and (old.metadata <> new.metadata or old.created_at <> new.created_at or memory_scope(old.agent_id, old.shelf) <> memory_scope(new.agent_id, new.shelf))
begin
    delete from memory_terms where place = place_of(old.created_at, old.id) and term in (select memory_term(term, place_of(old.created_at, old.id)) from json_terms(
        '{"metadata":' || unpacked(old.metadata) || '}', 'metadata',
        memory_scope(old.agent_id, old.shelf), 256));
    insert or ignore into memory_terms select memory_term(term, place_of(new.created_at, new.id)), place_of(new.created_at, new.id) from json_terms(
        '{"metadata":' || unpacked(new.metadata) || '}', 'metadata',
        memory_scope(new.agent_id, new.shelf), 256) where new.metadata <> '{}';
end;
