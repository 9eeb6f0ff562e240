"""The schema as it is promised to whoever looks into the database: names, types, comments, partitions; no JSON in texts."""

import json
import re

import pytest

from client import Server, in_parallel, make_tool
from contract import make_world
from stores import Database, postgres_only

pytestmark = postgres_only
TABLES = {"users", "api_keys", "tools", "knowledgebases", "blocks", "agents", "agent_tools", "agent_knowledgebases", "agent_versions", "workflows",
          "workflow_nodes", "workflow_edges", "workflow_schedules", "workflow_webhooks", "agent_executions", "workflow_executions", "execution_steps"}
INDEXES = {  # by the names that operators know, with their leading columns
    "ix_workflow_exec_user_workflow_status": ("workflow_executions", ["user_id", "workflow_id", "status"]),
    "ix_workflow_exec_status_started": ("workflow_executions", ["status", "started_at"]),
    "ix_workflow_exec_user_started": ("workflow_executions", ["user_id", "started_at"]),
    "ix_agent_exec_user_agent_started": ("agent_executions", ["user_id", "agent_id", "started_at"]),
    "ix_agent_exec_session_status": ("agent_executions", ["session_id", "status"]),
    "ix_agents_configuration_gin": ("agents", ["configuration"]),
    "ix_workflows_graph_definition_gin": ("workflows", ["graph_definition"]),
    "ix_workflow_nodes_configuration_gin": ("workflow_nodes", ["configuration"]),
}
# What may hold anything that somebody wrote, JSON as well: a description is a text, whatever it says.
FREE_TEXTS = {("idempotency_keys", "key"), ("agents", "filters"), ("blocks", "filters")}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A database that a server has filled with some of everything."""
    database = Database()
    server = Server(tmp_path_factory.mktemp("schema"), database_url=database.url)
    admin = server.admin()
    tools = in_parallel(lambda i: make_tool(admin, id=f"tool_{i}", input_schema={"type": "object", "properties": {"a": {"type": "string"}}},
                                            output_schema={"type": "array"})["id"], range(5))
    world = make_world(admin, 5, tools)
    world.owner.post("/agents", json={"name": "json", "llm_provider": "p", "llm_model": "m", "configuration": {"llm_provider": "p", "deep": {"er": [1]}}},
                     headers={"Idempotency-Key": "k"}).expect(201)
    yield database
    server.close()
    database.drop()


def columns(database):
    """[(table, column, type)] of tables and views, partitions left out."""
    return database.rows("""select c.relname, a.attname, format_type(a.atttypid, null) from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition and a.attnum > 0 and not a.attisdropped""")


def test_the_tables_have_the_names_that_operators_know(filled):
    there = {table for table, _, _ in columns(filled)}
    assert TABLES <= there, TABLES - there
    assert "execution_metrics" in there


@pytest.mark.parametrize("name", INDEXES)
def test_an_index_that_operators_know_is_there(filled, name):
    table, leading = INDEXES[name]
    found = filled.rows("""select t.relname, array(select a.attname::text from unnest(i.indkey) with ordinality k(n, at) join pg_attribute a
            on a.attrelid = i.indrelid and a.attnum = k.n order by at), i.indisvalid
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid where c.relname = %s""", [name])
    assert len(found) == 1, f"{name}: {found}"
    assert found[0][0] == table and found[0][1][:len(leading)] == leading and found[0][2], found


def test_the_index_of_a_value_within_the_configuration_is_there(filled):
    (definition,), = filled.rows("select pg_get_indexdef('ix_agents_llm_provider'::regclass)")
    assert "configuration ->> 'llm_provider'" in definition, definition


def test_no_column_is_of_type_json(filled):
    assert [column for column in columns(filled) if column[2] in ("json", "json[]")] == []


def test_documents_that_one_may_ask_for_are_jsonb(filled):
    types = {(table, column): type for table, column, type in columns(filled)}
    for place in (("agents", "configuration"), ("workflows", "graph_definition"), ("workflow_nodes", "configuration"), ("agent_executions", "input_data"),
                  ("agent_executions", "output_data"), ("agent_executions", "execution_context"), ("execution_steps", "step_metadata"),
                  ("tools", "input_schema"), ("tools", "output_schema"), ("blocks", "configuration"), ("knowledgebases", "configuration"),
                  ("agent_tools", "configuration"), ("workflow_schedules", "input_data")):
        assert types.get(place) == "jsonb", (place, types.get(place))


def is_document(text):
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


def test_no_text_holds_documents(filled):
    """Every text of every row: none of them parses as a JSON object or array."""
    looked = 0
    for table, column, type in columns(filled):
        if type not in ("text", "character varying", "text[]") or (table, column) in FREE_TEXTS:
            continue
        for value, in filled.rows(f'select "{column}" from "{table}" where "{column}" is not null'):
            looked += 1
            for text in filter(None, value if isinstance(value, list) else [value]):
                assert not is_document(text), f"{table}.{column} holds {text[:100]}"
    assert looked > 200


def test_a_text_that_is_a_document_is_recognised():
    assert is_document('{"a":1}') and is_document("[]") and not is_document("1") and not is_document("x")


def test_ids_times_and_money_have_types_of_their_own(filled):
    for table, column, type in columns(filled):
        if column.endswith("_at") or column == "timestamp":
            assert type == "timestamp with time zone", (table, column, type)
        if column == "id" and table not in ("tools", "jobs", "memory_analysis") and not table.endswith("_changes") or column in ("user_id", "agent_id", "workflow_id", "execution_id", "block_id"):
            assert type == "uuid", (table, column, type)
        if column.endswith(("_nanos", "_tokens", "_count", "_ms")):
            assert type == "bigint", (table, column, type)
        assert type not in ("timestamp without time zone", "real", "double precision", "money"), (table, column, type)


def test_every_table_and_column_is_explained(filled):
    bare = filled.rows("""select c.relname, coalesce(a.attname, '') from pg_class c
        cross join lateral (select 0 as attnum, null::name as attname union all
            select attnum, attname from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) a
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
            and coalesce(col_description(c.oid, a.attnum), '') = '' and (a.attnum > 0 or coalesce(obj_description(c.oid, 'pg_class'), '') = '')""")
    assert bare == [], f"{len(bare)} have no comment"


def test_every_reference_says_what_happens_when_its_target_goes(filled):
    """The migrations state ON DELETE; nothing is left to the default, NO ACTION."""
    found = filled.rows("select conrelid::regclass::text, conname, confdeltype from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace "
                        "and conparentid = 0")
    assert found
    assert [row for row in found if row[2] not in ("c", "r", "n", "d")] == []


def test_executions_and_steps_are_partitioned_by_id(filled):
    keys = dict(filled.rows("select partrelid::regclass::text, pg_get_partkeydef(partrelid) from pg_partitioned_table"))
    assert keys == {"agent_executions": "RANGE (id)", "workflow_executions": "RANGE (id)", "execution_steps": "RANGE (execution_id)"}
    assert filled.rows("select 1 from pg_partitioned_table where partdefid <> 0") == [], "no default partition"


def test_the_database_needs_no_extension(filled):
    assert filled.rows("select extname from pg_extension where extname <> 'plpgsql'") == []


def test_the_numbers_of_the_metrics_view_are_those_of_the_executions(filled):
    for kind in ("agent", "workflow"):
        seen = filled.rows("select count(*), sum(llm_call_count), sum(cost_nanos) from execution_metrics where kind = %s", [kind])
        assert seen == filled.rows(f"select count(*), sum(llm_call_count), sum(cost_nanos) from {kind}_executions") and seen[0][0] > 0


def test_keys_are_kept_as_hashes(filled):
    for table, column, type in columns(filled):
        if type == "text":
            assert filled.rows(f'select 1 from "{table}" where "{column}" ~ %s limit 1', ["onggi_[A-Za-z0-9_-]{40}"]) == [], (table, column)
    assert re.fullmatch(r"(?s).{32}", bytes(filled.rows("select key_hash from api_keys limit 1")[0][0]).decode("latin-1"))
