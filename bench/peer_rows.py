"""The peer's database: what onggi keeps, as the rows of the peer's own schema."""

import sqlite3

from process import Failed


# What COPY takes from SQLite, in the order of the columns: uuid and bytea in hex, timestamps, booleans.
def _id(column):
    return f"lower(hex({column}))"


def _time(column):
    return f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000, 'unixepoch') || printf('.%03dZ', {column} % 1000)"


FROM_SQLITE = {
    "users": (_id("id"), "name"),
    "api_keys": (r"'\x' || lower(hex(key_hash))", _id("user_id")),
    "tools": ("id", "name", "description", "category"),
    "agents": (_id("id"), _id("user_id"), "name", "description", "agent_type", "llm_provider", "llm_model", "configuration",
               "is_public", _time("created_at"), _time("updated_at"), "version"),
    "agent_tools": (_id("agent_id"), "position", "tool_id", "configuration", '"order"'),
    "workflows": (_id("id"), _id("user_id"), "name", "description", "is_public", "graph_definition", _time("created_at"),
                  _time("updated_at"), "version"),
    "workflow_nodes": (_id("workflow_id"), "position", "node_id", "type", "placement", "data", "parent_id",
                       f"nullif({_id('agent_id')}, '')", f"nullif({_id('block_id')}, '')"),
    "workflow_edges": (_id("workflow_id"), "position", "edge_id", "source", "target", "source_handle", "target_handle", "data"),
    "agent_executions": (_id("id"), _id("user_id"), _id("agent_id"), "session_id", "input_data", "output_data", "status",
                         "error_message", _time("started_at"), _time("completed_at"), "duration_ms", "execution_context",
                         "llm_call_count", "llm_prompt_tokens", "llm_completion_tokens", "llm_total_tokens", "tool_call_count",
                         "tool_total_duration_ms", "cache_hit_count", "cache_miss_count",
                         "printf('%d.%09d', cost_nanos / 1000000000, cost_nanos % 1000000000)",
                         _time("created_at"), _time("updated_at"), "version"),
}

# The same from onggi's tables on PostgreSQL; a few things stand in the rows' documents alone.
_SHOWN = "cast(convert_from(document, 'UTF8') as jsonb)"
FROM_POSTGRES = {
    "users": "id, name",
    "api_keys": "key_hash, user_id",
    "tools": "id, name, description, category",
    "agents": "id, user_id, name, description, agent_type, llm_provider, llm_model, configuration, is_public, created_at, updated_at, version",
    "agent_tools": 'agent_id, position, tool_id, configuration, "order"',
    "workflows": "id, user_id, name, description, is_public, graph_definition, created_at, updated_at, version",
    "workflow_nodes": f"workflow_id, position, node_id, type, {_SHOWN} -> 'position', configuration, parent_id, agent_id, block_id",
    "workflow_edges": f"workflow_id, position, edge_id, source, target, source_handle, target_handle, {_SHOWN} -> 'data'",
    "agent_executions": """id, user_id, agent_id, session_id, input_data, output_data, status, error_message, started_at, completed_at,
        duration_ms, execution_context, llm_call_count, llm_prompt_tokens, llm_completion_tokens, llm_total_tokens, tool_call_count,
        tool_total_duration_ms, cache_hit_count, cache_miss_count, cost_nanos / cast(1000000000 as numeric), created_at, updated_at, version""",
}
ORDER = {"agent_executions": " order by id"}


def load_from_sqlite(root, postgres, database, rows):
    """`rows`: the file that peers/rows.sql makes."""
    def source(table):
        return ["sqlite3", "-readonly", "-csv", rows, f"select {', '.join(FROM_SQLITE[table])} from {table}"], {}
    with sqlite3.connect(f"file:{rows}?mode=ro", uri=True) as connection:
        counts = {table: connection.execute(f"select count(*) from {table}").fetchone()[0] for table in FROM_SQLITE}
    _load(root, postgres, database, source, counts)


def load_from_postgres(root, postgres, database, onggi):
    """`onggi`: the database of its own in the same cluster."""
    def source(table):
        where = " where deleted_at is null" if table == "agents" else ""
        question = f"select {FROM_POSTGRES[table]} from {table}{where}{ORDER.get(table, '')}"
        return ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", f"copy ({question}) to stdout (format csv)"], postgres.environment(onggi)
    counts = {table: int(postgres.sql(f"select count(*) from {table}" + (" where deleted_at is null" if table == "agents" else ""), onggi))
              for table in FROM_POSTGRES}
    _load(root, postgres, database, source, counts)


def _load(root, postgres, database, source, counts):
    """The rows, by COPY; then keys, indexes and statistics."""
    postgres.make_database(database)
    peer = root / "bench/peers/fastify"
    postgres.sql((peer / "schema.sql").read_text(), database)
    for table, expected in counts.items():
        command, environment = source(table)
        postgres.copy_in(database, f"{table} from stdin (format csv)", command, environment)
        loaded = int(postgres.sql(f"select count(*) from {table}", database))
        if loaded != expected:
            raise Failed(f"the peer's database holds {loaded} {table} of {expected}")
    postgres.sql((peer / "indexes.sql").read_text(), database)
    postgres.sql((root / "bench/peers/statistics.sql").read_text(), database)
    postgres.settle(database)
