"""What the benchmark asks PostgreSQL (bench/peers) fits the schema as it is."""

import sys
from pathlib import Path

import pytest
from conftest import connect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from peer_rows import FROM_POSTGRES  # noqa: E402
from postgres_reads import STATEMENTS, filled, statement  # noqa: E402


@pytest.fixture(scope="module")
def cursor(postgres_url, new_database):
    connection = connect(postgres_url, new_database())
    yield connection.cursor()
    connection.close()


@pytest.mark.parametrize("path", sorted(STATEMENTS.glob("*.sql")), ids=lambda path: path.stem)
def test_a_statement_of_pgbench_fits_the_schema(cursor, path):
    asked = filled(statement(path), id="$1", reader="$2", filter="$3", value="$4")
    numbers = sorted(number for number in range(1, 5) if f"${number}" in asked)
    for position, number in enumerate(numbers, 1):
        asked = asked.replace(f"${number}", f"${position}")
    # As pgbench prepares: the types of parameters are found by how they are used.
    cursor.execute(f"prepare asked as {asked}")
    cursor.execute("deallocate asked")


def test_the_peers_rows_can_be_taken_out_of_the_schema(cursor):
    for table, columns in FROM_POSTGRES.items():
        cursor.execute(f"select {columns} from {table} limit 0")


# What makes the peer's rows the seed's, in either schema (bench/peers/seed).
PEERS = ROOT / "bench/peers"
SEED = {"before": "json", "after": "jsonb"}


@pytest.mark.parametrize("kind", SEED)
def test_the_seeds_schema_can_be_made_of_the_peers(postgres_url, new_database, kind):
    connection = connect(postgres_url, new_database())
    cursor = connection.cursor()
    cursor.execute("create schema peer; set search_path to peer")
    for script in ("fastify/schema.sql", "fastify/indexes.sql", "statistics.sql", f"seed/{kind}.sql"):
        cursor.execute((PEERS / script).read_text())
    cursor.execute("select atttypid::regtype::text from pg_attribute where attrelid = 'agents'::regclass and attname = 'configuration'")
    assert cursor.fetchone() == (SEED[kind],)
    cursor.execute("select to_regclass('agent_execution_stats') is not null")
    assert cursor.fetchone() == (kind == "after",)
    connection.close()
