"""A database that goes away and comes back, or that is not there yet: the server says so, waits, and goes on by itself."""

import threading

import pytest

from client import Client, Server, in_parallel, make_agent, new_key, unique
from stores import Database, postgres_only, rows, url_of
from support_events import Listener
from support_executions import AGENTS
from support_http import once
from support_ledger import ledgers_of, settle, unavailable, under_load
from support_postgres import RECOVERY_S, SLOWNESS, Cluster, Postgres, insist, is_ready
from support_process import eventually

pytestmark = postgres_only
# Somebody's database that loses power loses nothing: this is one that waits for its disk.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "60"}


@pytest.fixture(scope="module")
def postgres():
    with Postgres(DURABLE) as postgres:
        yield postgres


@pytest.fixture
def cluster(tmp_path, postgres):
    cluster = Cluster(tmp_path, database=Database(postgres.url()))
    yield cluster
    cluster.close()


def is_away(server, client):
    """What is asked while the database is away is answered at once, and says so."""
    once(server, "GET", "/healthz", absolute=True).expect(200)
    ready = once(server, "GET", "/readyz", absolute=True).expect(503)
    assert "database" in ready.body.decode().lower(), ready
    for answer in (client.get("/agents"), client.post("/agents", json={"name": "a", "llm_provider": "p", "llm_model": "m"}),
                   client.get("/executions/export")):
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, repr(answer)
    once(server, "GET", "/metrics", absolute=True).expect(200)
    once(server, "GET", "/openapi.json", absolute=True).expect(200)


def is_back(clients):
    for client in clients:
        eventually(lambda: is_ready(client.server) and client.get("/agents").status == 200, deadline_s=RECOVERY_S)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_database_that_stops_and_starts_again(cluster, postgres, mode):
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    path = f"/agents/{agent['id']}"
    for client in owner:
        client.get(path).expect(200)
    for _ in range(3):
        postgres.stop(mode)
        try:
            for client in owner:
                is_away(client.server, client)
                assert client.get(path).status == 503, "a page in memory is not shown unconfirmed"
        finally:
            postgres.start()
        is_back(owner)
        for client in owner:
            assert client.get(path).expect(200) == agent
        make_agent(owner[1])


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_database_that_stops_under_load_loses_nothing_and_doubles_nothing(cluster, postgres, mode):
    owner = cluster.new_user()
    ledgers = ledgers_of(owner, 8)

    def stop_and_start(progress):
        for _ in range(3):
            postgres.stop(mode)
            told = unavailable(ledgers)
            eventually(lambda: unavailable(ledgers) > told + 8, deadline_s=60)
            postgres.start()
            progress(50)

    under_load(ledgers, stop_and_start)
    for client in owner:
        settle(client, ledgers)


def test_whoever_waits_for_events_is_told_of_what_happens_after_an_outage(cluster, postgres):
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    with Listener(owner[0], deadline_s=60) as listener:
        postgres.restart("immediate")
        is_back(owner)
        made = insist(lambda: AGENTS.post(owner[0], agent)).expect(201)
        assert listener.next().data["id"] == made["id"]


def test_a_server_ends_when_told_while_its_database_is_away(cluster, postgres):
    owner = cluster.new_user()
    postgres.stop()
    try:
        threads = [threading.Thread(target=lambda: owner[0].get("/agents")) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        cluster.servers[0].stop()
    finally:
        postgres.start()
    is_back(owner[1:])


def test_a_key_that_was_revoked_elsewhere_is_not_let_in_after_an_outage(cluster, postgres):
    user = cluster.new_user()[0].user
    key = cluster.admins[0].post(f"/users/{user['id']}/keys", json={"name": "k"}).expect(201)
    stranger = Client(cluster.servers[1], key["key"])
    stranger.get("/me").expect(200)
    postgres.stop()
    postgres.start()
    is_back(cluster.admins)
    insist(lambda: cluster.admins[0].delete(f"/users/{user['id']}/keys/{key['id']}")).expect(204)
    eventually(lambda: stranger.get("/me").status == 401, deadline_s=SLOWNESS)


# A server that is started first

def test_a_server_started_before_its_database_listens_waits_and_becomes_ready(tmp_path, postgres):
    database = Database(postgres.url())
    server = Server(tmp_path, admin_key="", database_url=database.url, start=False)
    postgres.stop()
    try:
        server.start()
        once(server, "GET", "/healthz", absolute=True).expect(200)
        assert "database" in once(server, "GET", "/readyz", absolute=True).expect(503).body.decode().lower()
        answer = once(server, "GET", "/me", key=new_key())
        assert answer.status == 503 and int(answer["Retry-After"]) >= 1
        assert not (server.data / "admin.key").exists()
        postgres.start()
        eventually(lambda: is_ready(server), deadline_s=RECOVERY_S + 10 * SLOWNESS)
        path = server.data / "admin.key"
        assert path.stat().st_mode & 0o777 == 0o600
        admin = Client(server, path.read_text().strip())
        assert admin.get("/me").expect(200)["role"] == "admin"
        make_agent(admin)
    finally:
        if not postgres_listens(postgres):
            postgres.start()
        server.close()
        database.drop()


def postgres_listens(postgres):
    try:
        postgres.sql("select 1")
        return True
    except RuntimeError:
        return False


def test_a_server_started_before_its_database_exists_becomes_ready(tmp_path, postgres):
    name = f"later_{unique().replace('-', '_')}"
    server = Server(tmp_path, database_url=url_of(name, postgres.url()))
    try:
        once(server, "GET", "/healthz", absolute=True).expect(200)
        said = once(server, "GET", "/readyz", absolute=True).expect(503).body.decode()
        assert name in said + server.stderr() and "exist" in said + server.stderr(), "what is missing is named"
        assert postgres.password not in said + server.stderr()
        rows(postgres.url(), f"create database {name}")
        eventually(lambda: is_ready(server), deadline_s=RECOVERY_S + 10 * SLOWNESS)
        make_agent(server.admin())
    finally:
        server.close()
        rows(postgres.url(), f"drop database if exists {name}")


def test_a_wrong_password_is_said_and_never_shown(tmp_path, postgres):
    database = Database(postgres.url())
    wrong = "hunter2hunter2"
    server = Server(tmp_path, database_url=postgres.url(database.name, password=wrong))
    try:
        said = once(server, "GET", "/readyz", absolute=True).expect(503).body.decode()
        eventually(lambda: "password" in (said + server.stderr()).lower(), deadline_s=20)
        answer = server.admin().get("/me")
        assert answer.status == 503
        assert wrong not in said + server.stderr() + answer.text + "".join(server.output)
        rows(postgres.admin_url(), f"alter role onggi password '{wrong}'")
        eventually(lambda: is_ready(server), deadline_s=RECOVERY_S + 10 * SLOWNESS)
        assert wrong not in server.stderr()
    finally:
        rows(postgres.admin_url(), f"alter role onggi password '{postgres.password}'")
        server.close()
        database.drop()


def test_a_database_that_takes_no_more_connections_is_a_503_at_worst(cluster, postgres):
    """Somebody else has taken all connections that there are."""
    from stores import connect
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    others = []
    try:
        for _ in range(60):
            others.append(connect(cluster.database.url))
    except Exception:  # noqa: BLE001 (too many: that is what is wanted)
        pass
    try:
        answers = in_parallel(lambda n: (owner[n % 2].get("/agents"), AGENTS.post(owner[n % 2], agent)), range(40), threads=16)
        assert {answer.status for pair in answers for answer in pair} <= {200, 201, 503}
    finally:
        for other in others:
            other.close()
    is_back(owner)
    assert AGENTS.count(owner[0]) == sum(pair[1].status == 201 for pair in answers)
