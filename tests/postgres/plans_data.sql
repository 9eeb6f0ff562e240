-- Realistic row counts for test_plans.py, skewed as they are in life: 50 users of whom the first owns a quarter of everything, 20,000 agents,
-- 1,000 workflows of 50 nodes and 60 edges (28 KB each as shown), 1,000,000 executions of agents over twelve months, 50,000 of workflows, and steps of
-- the newest. Indexes are built behind the rows, by their own definitions.

select setseed(0.5);
-- In one transaction, so that no trigger waits for its end.
set constraints all immediate;

create temporary table built_later as
select pg_get_indexdef(i.indexrelid) as definition, cast(i.indexrelid as regclass) as name
from pg_index i join pg_class c on c.oid = i.indrelid
where c.relname in ('agent_executions', 'workflow_executions', 'workflow_nodes', 'workflows', 'agents') and not i.indisprimary and not i.indisunique;
do $$
declare
    index record;
begin
    for index in select * from built_later loop
        execute format('drop index %s', index.name);
    end loop;
end $$;
alter table agent_executions drop constraint agent_executions_user_id_fkey;
alter table workflow_executions drop constraint workflow_executions_user_id_fkey;

select onggi_ensure_partitions(now() - interval '12 months', now() + interval '1 month');

create function pg_temp.numbered(kind integer, number bigint) returns uuid language sql immutable
return cast(lpad(to_hex(kind), 8, '0') || lpad(to_hex(number), 24, '0') as uuid);
create function pg_temp.id_at(at timestamptz, number bigint) returns uuid language sql immutable
return cast(lpad(to_hex(cast(extract(epoch from at) * 1000 as bigint)), 12, '0') || '7' || substr(md5(cast(number as text)), 1, 3) || '8'
    || substr(md5(cast(number as text)), 4, 15) as uuid);
create function pg_temp.bytes(document text) returns bytea language sql immutable return convert_to(document, 'UTF8');

insert into users
select pg_temp.numbered(1, n), 'user ' || n, case when n <= 2 then 'admin' else 'user' end, 'UTC', now(), now(), 1, null,
    pg_temp.bytes(json_build_object('id', pg_temp.numbered(1, n), 'name', 'user ' || n)::text)
from generate_series(1, 50) n;
insert into api_keys
select pg_temp.numbered(2, n), pg_temp.numbered(1, 1 + n % 50), 'key', sha256(cast(cast(n as text) as bytea)), now(), '{}' from generate_series(1, 2000) n;
insert into tools
select 'tool_' || n, 'Tool ' || n, null, 'search', '{}', '{}', 'custom', null, false, false, date_trunc('milliseconds', now()) - n * interval '1 hour', now(), 1, null, '{}', '{}'
from generate_series(1, 500) n;
insert into knowledgebases
select pg_temp.numbered(4, n), pg_temp.numbered(1, 1 + n % 50), 'kb ' || n, null, 'e5', 500, 50, '{}', date_trunc('milliseconds', now()) - n * interval '1 hour', now(), 1, null, '{}'
from generate_series(1, 2000) n;

insert into blocks (id, user_id, name, block_type, input_schema, output_schema, configuration, is_public, created_at, updated_at, version, document)
select pg_temp.numbered(5, n), pg_temp.numbered(1, cast(1 + floor(50 * power(random(), 2)) as bigint)), 'block ' || n, 'llm', '{}', '{}',
    jsonb_build_object('model', 'm' || n % 20, 'rank', n % 500), n % 20 = 0, date_trunc('milliseconds', now()) - n * interval '1 hour', now(), 1, pg_temp.bytes(repeat('b', 500))
from generate_series(1, 5000) n;

insert into agents (id, user_id, name, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version, document)
select pg_temp.numbered(6, n), pg_temp.numbered(1, cast(1 + floor(50 * power(random(), 2)) as bigint)), 'agent ' || n % 15000,
    case when n % 10 = 0 then 'template_based' else 'custom' end, provider, 'model ' || n % 30,
    jsonb_build_object('llm_provider', provider, 'temperature', n % 10 / 10.0, 'limits', jsonb_build_object('max_tokens', n % 4096, 'timeout', n % 60),
        'tags', jsonb_build_array('t' || n % 100, 't' || n % 7), 'prompt', repeat('You are agent ' || n || '. ', 30)),
    n % 20 = 0, date_trunc('milliseconds', now()) - n * interval '20 minutes', now(), 1,
    pg_temp.bytes(json_build_object('id', pg_temp.numbered(6, n), 'name', 'agent ' || n % 15000, 'text', repeat('You are agent ' || n || '. ', 30))::text)
from (select n, case when n % 105 = 0 then 'ollama' when n % 3 = 0 then 'anthropic' else 'openai' end as provider from generate_series(1, 20000) n) a;
insert into agent_tools
select pg_temp.numbered(6, n), p, 'tool_' || 1 + (n * 7 + p * 31) % 500, '{}', p, '{}' from generate_series(1, 20000) n, generate_series(0, 4) p;
insert into agent_knowledgebases
select pg_temp.numbered(6, n), 0, pg_temp.numbered(4, 1 + n % 2000), 0, '{}' from generate_series(1, 20000) n;
insert into agent_versions select pg_temp.numbered(6, n), v, now(), pg_temp.bytes(repeat('v', 300)) from generate_series(1, 20000) n, generate_series(1, 2) v;

create temporary table made_nodes as
select w, p, jsonb_build_object('id', 'n' || p, 'type', case p % 3 when 0 then 'agent' when 1 then 'block' else 'note' end,
    'position', jsonb_build_object('x', p * 10, 'y', w % 1000),
    'data', jsonb_build_object('label', md5(w || ' ' || p), 'agent_id', pg_temp.numbered(6, 1 + (w * 50 + p) % 20000), 'threshold', w % 100, 'rank', p,
        'notes', md5(p || ' ' || w) || md5(p || 'x' || w) || md5(p || 'y' || w) || md5(p || 'z' || w))) as node
from generate_series(1, 1000) w, generate_series(1, 50) p;
insert into workflows (
    id, user_id, name, graph_definition, is_public, created_at, updated_at, version, document, triggers, page, name_places)
select pg_temp.numbered(7, w), pg_temp.numbered(1, cast(1 + floor(50 * power(random(), 2)) as bigint)), 'workflow ' || w, graph, w % 10 = 0,
    date_trunc('milliseconds', now()) - w * interval '3 hours', now(), 1, pg_temp.bytes(repeat('w', 400)), '"schedules":[],"webhooks":[]', pg_temp.bytes(graph::text || graph::text), ''
from (
    select w, jsonb_build_object('nodes', jsonb_agg(node order by p), 'viewport', jsonb_build_object('zoom', w % 50), 'edges', (
        select jsonb_agg(jsonb_build_object('id', 'e' || e, 'source', 'n' || 1 + e % 50, 'target', 'n' || 1 + (e + 1) % 50)) from generate_series(1, 60) e)) as graph
    from made_nodes group by w) g;
insert into workflow_nodes (workflow_id, position, node_id, type, agent_id, configuration, document, user_id, is_public, created_at)
select v.id, p - 1, node ->> 'id', node ->> 'type', case when p % 3 = 0 then cast(node #>> '{data,agent_id}' as uuid) end, node -> 'data',
    pg_temp.bytes(node::text), v.user_id, v.is_public, v.created_at
from made_nodes join workflows v on v.id = pg_temp.numbered(7, w);
insert into workflow_edges (workflow_id, position, edge_id, source, target, document)
select pg_temp.numbered(7, w), e, 'e' || e, 'a', 'b', '{}' from generate_series(1, 1000) w, generate_series(0, 59) e;
insert into workflow_references
select pg_temp.numbered(7, w), o, pg_temp.numbered(6, 1 + (w * 50 + o * 3) % 20000), null from generate_series(1, 1000) w, generate_series(0, 15) o;
insert into workflow_schedules select pg_temp.numbered(7, w), 0, '0 * * * *', 'UTC', '{}', true from generate_series(1, 1000) w;
insert into workflow_webhooks select pg_temp.numbered(7, w), 0, '/hook/' || w, 'POST', true, 's' from generate_series(1, 1000) w;

create function pg_temp.make_executions(kind text, rows bigint) returns void language plpgsql as $$
begin
    execute format($f$
        insert into %1$s_executions
        select pg_temp.id_at(started, n), pg_temp.numbered(1, owner), pg_temp.numbered(%3$s, 1 + (owner * 97 + n %% 40) %% %4$s), started,
            case when status <> 'running' then started + interval '2 seconds' end, case when status <> 'running' then 2000 end,
            2, 900, 100, 1000, 1, 300, 0, 0, 1500000, started, started, 1, 0, status,
            case when owner = 1 and n %% 15 = 0 then 'session of many' when n %% 2 = 0 then 'session ' || n / 20 end, null,
            jsonb_build_object('query', 'question ' || n %% 5000, 'customer', n %% 20000, 'channel', case when n %% 3 = 0 then 'mail' else 'web' end),
            '{"answer": "as it was asked, so it is answered"}', null, '{}',
            pg_temp.bytes('{"id":"' || n || '","text":"' || repeat(md5(cast(n as text)), 15) || '"}')
        from (
            select n, date_trunc('milliseconds', now() - (%2$s - n) * (interval '365 days' / %2$s)) as started,
                cast(1 + floor(50 * power(random(), 3)) as bigint) as owner,
                case when n %% 200 = 0 then 'running' when n %% 20 = 1 then 'failed' when n %% 100 = 2 then 'timeout' when n %% 80 = 3 then 'cancelled'
                    else 'completed' end as status
            from generate_series(1, %2$s) n) e$f$,
        kind, rows, case kind when 'agent' then 6 else 7 end, case kind when 'agent' then 20000 else 1000 end);
end $$;
select pg_temp.make_executions('agent', 1000000);
select pg_temp.make_executions('workflow', 50000);
insert into execution_steps
select e.id, 'agent', s, 'thought', 'content', '{}', e.started_at, '{}'
from (select id, started_at from agent_executions order by id desc limit 40000) e, generate_series(1, 5) s;
insert into execution_steps
select e.id, 'workflow', s, 'thought', 'content', '{}', e.started_at, '{}' from workflow_executions e, generate_series(1, 3) s;
insert into idempotency_keys
select pg_temp.numbered(1, 1 + n % 50), '/api/agent-builder/executions', 'key ' || n, sha256(cast(cast(n as text) as bytea)), date_trunc('milliseconds', now()) - n * interval '2 seconds', 201, null, null, '{}'
from generate_series(1, 50000) n;
insert into jobs (id, token, taken_until, run_id, lease_until, last_run_id)
select 'job ' || j, 1, now(), case when j = 1 then pg_temp.numbered(8, 1) end, case when j = 1 then now() end, pg_temp.numbered(8, j) from generate_series(1, 6) j;
insert into jobs (id, token, taken_until, run_id, lease_until) values ('retention', 1, now(), pg_temp.numbered(8, 2), now());
insert into job_runs (id, job_id, scheduled_for, started_at, finished_at, status, attempt, progress, result)
select pg_temp.numbered(8, n), case when n % 2 = 0 then 'retention' else 'job ' || 1 + n % 6 end, now() - n * interval '1 minute', now() - n * interval '1 minute',
    case when n not in (2, 7) then now() - n * interval '1 minute' end, case when n in (2, 7) then 'running' else 'completed' end, 1, '{}', '{}'
from generate_series(1, 50000) n;
insert into retention_horizons values ('agent', now() - interval '365 days');
insert into former_names select pg_temp.numbered(9, n), pg_temp.numbered(1, 1 + n % 50), 'former ' || n, false from generate_series(1, 5000) n;

insert into agent_memories (
    id, arrival, agent_id, type, importance, session_id, content, metadata, access_count, last_accessed_at, created_at, updated_at, version, is_pinned,
    is_stale, size_bytes, stored_bytes)
select pg_temp.numbered(8, n), n, pg_temp.numbered(6, case when n % 4 = 0 then 1 else 1 + n % 2000 end),
    case when n % 10 < 7 then 'short_term' when n % 10 = 7 then 'episodic' when n % 10 = 8 then 'semantic' else 'long_term' end,
    case n / 10 % 3 when 0 then 'low' when 1 then 'medium' else 'high' end, case when n % 3 = 0 then 'session ' || n / 300 end, pg_temp.bytes(repeat('m', 300)),
    case when n % 5 = 0 then '{}' else jsonb_build_object('topic', n % 5000, 'channel', n % 3) end, n % 7 / 2,
    case when n % 7 > 1 then now() - n % 200 * interval '1 day' end, now() - n * interval '2 minutes', now(), 1, false, false, 320, 320
from generate_series(1, 200000) n;
-- Their words, changed in 500 transactions; 20,000 more are gone.
insert into memory_words (agent_id, memory_id, changed, analysis, words)
select m.agent_id, m.id, 1 + m.arrival / 400, 1, pg_temp.bytes(repeat('w', 300)) from agent_memories m;
insert into memory_gone (agent_id, changed, gone_at, memory_ids)
select pg_temp.numbered(6, case when n % 4 = 0 then 1 else 1 + n % 2000 end), n, now() - n * interval '10 seconds',
    array[pg_temp.numbered(9, 4 * n), pg_temp.numbered(9, 4 * n + 1), pg_temp.numbered(9, 4 * n + 2), pg_temp.numbered(9, 4 * n + 3)]
from generate_series(1, 5000) n;
insert into memory_embeddings
select m.agent_id, m.id, pg_temp.bytes(repeat('e', 512)) from agent_memories m where m.arrival % 10 = 4;
insert into memory_embedding_queue
select m.id, m.agent_id, 0, now() - m.arrival * interval '1 second' from agent_memories m where m.arrival % 10 = 5;
insert into memory_settings
select pg_temp.numbered(6, n * 3), 24, true, true, 100, true, 1000, 'low', now(), 1 from generate_series(1, 500) n;
insert into memory_timeline
select pg_temp.numbered(6, case when n % 4 = 0 then 1 else 1 + n % 2000 end), now() - n * interval '1 minute', pg_temp.numbered(9, n), 'created', 1,
    uuid_send(pg_temp.numbered(8, n)), '{}' from generate_series(1, 100000) n;

set maintenance_work_mem = '512MB';
do $$
declare
    index record;
begin
    for index in select * from built_later loop
        execute replace(index.definition, ' ON ONLY ', ' ON ');
    end loop;
end $$;
alter table agent_executions add foreign key (user_id) references users (id) on delete restrict;
alter table workflow_executions add foreign key (user_id) references users (id) on delete restrict;

-- Statistics: 90 days of everybody, per agent and workflow and over all; some of it frozen. A few changes wait.
insert into agent_execution_lifetimes
select id, timezone, '0001-01-01', true, 1, 'epoch', null, null, null, '0001-01-01', date_trunc('week', current_date), 1000, 0, 1000, 0, 0, 0 from users where id <> pg_temp.numbered(1, 50);
insert into workflow_execution_lifetimes
select id, timezone, '0001-01-01', true, 1, 'epoch', null, null, null, '0001-01-01', date_trunc('week', current_date), 1000, 0, 1000, 0, 0, 0 from users where id <> pg_temp.numbered(1, 50);
insert into agent_execution_days
select u.id, current_date - d, d > 85, 10, 0, 10, 0, 0, 0, 100, 1, 20, '\x0a14', 1, 1, 1, 2, 1, 1 from users u, generate_series(0, 90) d;
insert into workflow_execution_days
select u.id, current_date - d, d > 85, 10, 0, 10, 0, 0, 0, 100, 1, 20, '\x0a14', 1, 1, 1, 2, 1, 1 from users u, generate_series(0, 90) d;
insert into agent_execution_stats
select u.id, s.id, current_date - d, d > 85, 10, 0, 10, 0, 0, 0, 100, 1, 20, '\x0a14', 1, 1, 1, 2, 1, 1
from users u, (select id from agents order by id limit 10) s, generate_series(0, 90) d;
insert into workflow_execution_stats
select u.id, s.id, current_date - d, d > 85, 10, 0, 10, 0, 0, 0, 100, 1, 20, '\x0a14', 1, 1, 1, 2, 1, 1
from users u, (select id from workflows order by id limit 10) s, generate_series(0, 90) d;
insert into agent_execution_weeks
select u.id, date_trunc('week', current_date - 7 * w), s.id, w > 12, 10, 0, 10, 0, 0, 0, 100, 1, 20, '\x0a14', 1, 1, 1, 2, 1, 1
from users u, (select id from agents order by id limit 10) s, generate_series(1, 13) w;
insert into agent_execution_hours select u.id, date_trunc('hour', now()) - h * interval '1 hour', 1, '\x0002' from users u, generate_series(0, 48) h;
insert into workflow_execution_weeks
select u.id, date_trunc('week', current_date - 7 * w), s.id, w > 12, 10, 0, 10, 0, 0, 0, 100, 1, 20, '\x0a14', 1, 1, 1, 2, 1, 1
from users u, (select id from workflows order by id limit 10) s, generate_series(1, 13) w;
insert into workflow_execution_hours select u.id, date_trunc('hour', now()) - h * interval '1 hour', 1, '\x0002' from users u, generate_series(0, 48) h;
insert into agent_execution_totals select u.id, s.id, 100 from users u, (select id from agents order by id limit 10) s;
insert into workflow_execution_totals select u.id, s.id, 100 from users u, (select id from workflows order by id limit 10) s;
insert into agent_execution_changes (
    user_id, agent_id, started_at, weight, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, cost_nanos)
select u.id, s.id, now(), 1, 'completed', 10, 1, 1, 1, 2, 1, 1 from users u, (select id from agents order by id limit 10) s;
insert into workflow_execution_changes (
    user_id, workflow_id, started_at, weight, status, duration_ms, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens,
    tool_call_count, cost_nanos)
select u.id, s.id, now(), 1, 'completed', 10, 1, 1, 1, 2, 1, 1 from users u, (select id from workflows order by id limit 10) s;
insert into prices select 'provider ' || n, 'model ' || n, 1, 1 from generate_series(1, 100) n;
analyze agent_execution_lifetimes, workflow_execution_lifetimes, agent_execution_days, workflow_execution_days, agent_execution_stats,
    workflow_execution_stats, agent_execution_weeks, workflow_execution_weeks, agent_execution_hours, workflow_execution_hours, agent_execution_totals, workflow_execution_totals,
    agent_execution_changes, workflow_execution_changes, prices;
