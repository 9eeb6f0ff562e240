"""Servers of adjacent versions of the schema on one database, as during an upgrade: the older ones go on, those too old do not."""

import threading

import pytest

from client import Server, make_agent, make_workflow, new_key
from stores import postgres_only
from support_executions import AGENTS, WORKFLOWS, create_batch
from support_http import once
from support_ledger import ledgers_of, settle, under_load
from support_postgres import A_SECOND, Cluster, is_ready
from support_process import eventually, onggi

pytestmark = postgres_only

# What the next version might bring, by the rules of ARCHITECTURE.md.
NEXT_STEP = ("alter table agents add column reviewed_at timestamptz",
             "alter table agent_executions add column region text not null default ''",
             "create table reviews (id uuid primary key, agent_id uuid references agents on delete cascade)",
             "create index ix_agents_reviewed on agents (reviewed_at)")


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


def version(cluster):
    return cluster.database.rows("select max(version) from schema_migrations")[0][0]


def take_step(cluster, number, oldest_server, *statements):
    """As a newer server would: whoever comes behind a step that waits for a table waits as well, so it does not wait long, and tries again."""
    import psycopg2.errors
    text = ";\n".join(("begin", "set local lock_timeout = '2s'", *statements, f"insert into schema_migrations (version, name, oldest_server) values ({number}, 'later', {oldest_server})",
                       "commit"))
    for attempts_left in reversed(range(20)):
        try:
            return cluster.database.rows(text)
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
            assert attempts_left


def test_servers_go_on_while_a_newer_one_brings_the_schema_further(cluster, tmp_path):
    owner = cluster.new_user()
    agent, workflow = make_agent(owner[0]), make_workflow(owner[0])
    known = version(cluster)

    def upgrade(progress):
        progress(20)
        take_step(cluster, known + 1, known, *NEXT_STEP)
        progress(40)
        cluster.servers[1].restart()  # of the same version: may begin on what a newer one has made
        progress(40)

    ledgers = ledgers_of(owner[:1], 4)
    under_load(ledgers, upgrade)
    settle(owner[1], ledgers)
    for n in range(2):
        assert is_ready(cluster.servers[n])
        owner[n].patch(f"/agents/{agent['id']}", json={"name": f"from {n}"}).expect(200)
        owner[n].get(f"/workflows/{workflow['id']}").expect(200)
        WORKFLOWS.post(owner[n], workflow).expect(201)
        create_batch(owner[n], AGENTS, [AGENTS.of(agent)] * 3)
        assert owner[1 - n].get(f"/agents/{agent['id']}").expect(200)["name"] == f"from {n}"
    assert "newer_schema" in cluster.servers[1].stderr(1_000_000)
    onggi("check", "--data", tmp_path / "nowhere", environment={"ONGGI_DATABASE_URL": cluster.database.url}).succeeded()


@pytest.mark.parametrize("ahead, oldest", [(2, 0), (1, 1)], ids=["two steps", "one that says so"])
def test_a_server_that_is_left_behind_stops_serving_and_says_why(cluster, tmp_path, ahead, oldest):
    owner = cluster.new_user()
    known = version(cluster)
    for step in range(1, ahead + 1):
        take_step(cluster, known + step, known + oldest if oldest else 0)
    for server in cluster.servers:
        eventually(lambda: not is_ready(server), deadline_s=10 * A_SECOND)
        told = once(server, "GET", "/readyz", absolute=True).expect(503)
        assert f"version {known + ahead}" in told.json()["detail"]
        owner[cluster.servers.index(server)].post("/agents", json={"name": "late", "llm_provider": "p", "llm_model": "m"}).expect(503)
    late = Server(tmp_path / "late", database_url=cluster.database.url, admin_key=new_key(), start=False)
    with pytest.raises(AssertionError, match="newer version"):
        late.start()


def test_several_that_start_at_once_on_an_empty_database_bring_it_up_once(tmp_path):
    cluster = Cluster(tmp_path, 3, start=False)
    try:
        threads = [threading.Thread(target=server.start) for server in cluster.servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        owner = cluster.new_user()
        assert all(is_ready(server) for server in cluster.servers) and make_agent(owner[2])
        steps = cluster.database.rows("select version, name from schema_migrations order by version")
        assert [number for number, _ in steps] == list(range(1, len(steps) + 1))
        assert len([line for server in cluster.servers for line in server.stderr(1_000_000).splitlines() if "db.migrated" in line]) == len(steps)
    finally:
        cluster.close()
