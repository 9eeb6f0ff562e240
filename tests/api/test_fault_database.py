"""A database that is locked, slow, short of connections, or in conflict with somebody else: under load every write that was acknowledged is
there once, and what cannot be done is said."""

import re
import threading
import time

import pytest

from client import make_agent
from stores import postgres_only
from support_http import once
from support_ledger import ledgers_of, settle, unavailable, under_load
from support_postgres import Cluster, held, insist, waiting_for_locks
from support_process import eventually

pytestmark = postgres_only
TABLES = ("agent_executions", "execution_steps", "idempotency_keys", "agents", "definition_versions")
RETRIES = r"^onggi_db_transaction_retries_total\{[^}]*\} (\d+)"


@pytest.fixture
def serve(tmp_path):
    clusters = []

    def start(*arguments, count=1):
        # What a busy machine sheds is no fault of the database.
        clusters.append(Cluster(tmp_path / str(len(clusters)), count, "--longest-wait-ms", "0", *arguments))
        return clusters[-1]

    yield start
    for cluster in clusters:
        cluster.close()


def retries(server):
    return sum(map(int, re.findall(RETRIES, once(server, "GET", "/metrics", absolute=True).body.decode(), re.M)))


def somebody_waits(database):
    """Soon: else they are at other rows."""
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        if waiting_for_locks(database):
            return


def test_statements_that_take_too_long_under_load(serve):
    """Somebody locks one table after the other for longer than a statement may take."""
    cluster = serve("--statement-timeout-ms", "300")
    client = cluster.new_user()[0]
    ledgers = ledgers_of([client], 8)

    def lock(progress):
        for table in TABLES:
            with held(cluster.database.url, f"lock table {table} in access exclusive mode"):
                if table == TABLES[0]:
                    told = unavailable(ledgers)
                    eventually(lambda: unavailable(ledgers) >= told + 4, deadline_s=60)
                else:
                    eventually(lambda: waiting_for_locks(cluster.database) >= 1, deadline_s=60)
            progress(30)

    under_load(ledgers, lock)
    settle(client, ledgers)
    assert cluster.complaints() == []


def test_more_writers_than_connections(serve):
    """The pool is full all the time: they wait for each other, and no more connections are made than there may be."""
    cluster = serve("--database-connections", "4", "--loops", "1")
    client = cluster.new_user()[0]
    ledgers = ledgers_of([client], 24)
    most = [0]

    def count(progress):
        for _ in range(10):
            progress(60)
            most[0] = max(most[0], len(cluster.database.backends()))

    under_load(ledgers, count)
    settle(client, ledgers)
    assert 0 < most[0] <= 3 + 2, "three that threads share and two of the loop"  # no export is running meanwhile
    assert cluster.complaints() == []


def test_somebody_elses_transactions_on_the_same_rows(serve):
    """They lock against the servers' order, which is that of the ids, what the servers change; whoever loses runs again."""
    cluster = serve(count=2)
    owner = cluster.new_user()
    ledgers = ledgers_of(owner, 8)

    def interfere(progress):
        count = lambda: sum(retries(server) for server in cluster.servers)  # noqa: E731
        goal = count() + 4
        until = time.monotonic() + 60
        while count() < goal:
            assert time.monotonic() < until, "hardly anything has collided"
            try:
                with held(cluster.database.url) as other:  # connected by now: they are soon at other rows
                    touch = "update agent_executions set updated_at = updated_at where id = %s"
                    changing = sorted((ledger.current for ledger in ledgers if ledger.rows.get(ledger.current, 3) < 2), reverse=True)
                    for id in changing[:1]:
                        other.execute(touch, [id])
                        somebody_waits(cluster.database)
                    for id in changing[1:]:
                        other.execute(touch, [id])
                    other.execute("commit")
            except Exception as failure:  # noqa: BLE001 (psycopg2 is not needed for the embedded store)
                assert getattr(failure, "pgcode", None) in ("40P01", "40001"), failure
            progress(5)

    under_load(ledgers, interfere)
    settle(owner[1], ledgers)
    assert unavailable(ledgers) == 0 and cluster.complaints() == []


def test_a_deadlock_at_commit_is_run_again(serve):
    """The server has the agent's row and waits at COMMIT to count its change; whoever holds that waits for the row. It is the server that
    PostgreSQL ends, since it has waited longer."""
    cluster = serve()
    server, client = cluster.servers[0], cluster.new_user()[0]
    agent = make_agent(client)
    before, answers = retries(server), []
    with held(cluster.database.url, "lock table definition_versions in exclusive mode") as other:
        thread = threading.Thread(target=lambda: answers.append(insist(lambda: client.patch(f"/agents/{agent['id']}", json={"name": "new"}))))
        thread.start()
        eventually(lambda: waiting_for_locks(cluster.database) >= 1, deadline_s=20)
        other.execute("select 1 from agents where id = %s for update", [agent["id"]])
        other.execute("commit")
        thread.join(60)
    shown = answers[0].expect(200)
    assert (shown["name"], shown["version"]) == ("new", 2) and retries(server) > before
