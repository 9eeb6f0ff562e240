"""Connections that are cut, a schema of another version: nothing is lost, nothing hangs, and what is wrong is said."""

import json
import re
import threading

import pytest

import stores
from client import in_parallel, make_agent, make_workflow, unique
from stores import Database, postgres_only
from support_executions import AGENTS, create_batch, steps
from support_http import Wire, request
from support_load import exported
from support_ledger import ledgers_of, settle, under_load
from support_postgres import Cluster, held, insist, is_ready, terminate_backends, waiting_for_locks
from support_process import Background, eventually, onggi

pytestmark = postgres_only
# A read runs again once, on a new connection, which is not the oldest.
OLDEST_ENDS = """select pg_terminate_backend((select pid from pg_stat_activity
    where datname = %s and backend_type = 'client backend' order by backend_start limit 1))"""
admin_only = pytest.mark.skipif(not stores.ADMIN_URL, reason="needs ONGGI_TEST_POSTGRES_ADMIN: a superuser, to terminate what servers do")


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


# Connections that are cut

@admin_only
def test_connections_that_were_cut_while_idle_do_not_show_in_reads(cluster):
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    workflow = make_workflow(owner[0])
    for _ in range(10):
        in_parallel(lambda n: [owner[n % 2].get(path).expect(200) for path in ("/me", "/agents", "/executions")], range(8))
        assert terminate_backends(cluster.database) > 0
        for client in owner:
            for path in ("/me", f"/agents/{agent['id']}", f"/workflows/{workflow['id']}", "/agents", "/executions"):
                client.get(path).expect(200)
            assert is_ready(client.server)


@admin_only
def test_connections_that_were_cut_while_idle_cost_a_write_a_503_at_worst(cluster):
    owner = cluster.new_user()
    path = f"/agents/{make_agent(owner[0], configuration={'n': 0})['id']}"
    for n in range(1, 11):
        terminate_backends(cluster.database)
        insist(lambda: owner[n % 2].patch(path, json={"configuration": {"n": n}})).expect(200)
        assert owner[0].get(path).expect(200)["configuration"]["n"] == n


@admin_only
def test_connections_cut_under_load_lose_nothing_and_double_nothing(cluster):
    owner = cluster.new_user()
    ledgers = ledgers_of(owner, 8)

    def cut(progress):
        for _ in range(15):
            terminate_backends(cluster.database)
            progress(20)

    under_load(ledgers, cut)
    for client in owner:
        settle(client, ledgers)


@admin_only
def test_single_connections_cut_under_load_do_not_show_in_reads(cluster):
    """One at a time, as a balancer or an impatient administrator does."""
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    paths = ["/me", "/agents", f"/agents/{agent['id']}", "/executions", f"/executions?agent_id={agent['id']}&count=true", "/agents?configuration.a=1"]
    stop, odd, read = threading.Event(), [], [0]

    def look(number):
        turn = number
        while not stop.is_set():
            turn += 1
            answer = owner[turn % 2].get(paths[turn % len(paths)])
            read[0] += 1
            if answer.status != 200:
                odd.append(answer)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(25):
            goal = read[0] + 30
            stores.rows(stores.ADMIN_URL, OLDEST_ENDS, [cluster.database.name])
            eventually(lambda: read[0] >= goal, deadline_s=60, every_s=0.002)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert odd == [], f"{len(odd)} of {read[0]} reads"


@admin_only
def test_an_export_whose_connection_is_cut_is_seen_to_be_cut_or_goes_on(cluster):
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    for _ in range(2):
        create_batch(owner[0], AGENTS, [AGENTS.of(agent, input_data={"text": "x" * 3000}) for _ in range(3000)])
    with Wire(owner[0].server, receive_buffer=4096, deadline_s=60) as wire:
        wire.send(request("GET", "/executions/export", key=owner[0].key))
        status, _ = wire.read_head()
        assert status == 200
        chunks = wire.chunks()
        received = [next(chunks)]
        terminate_backends(cluster.database)
        try:
            received += chunks
            is_whole = True
        except Exception:  # noqa: BLE001 (however the end of the stream shows)
            is_whole = False
        lines = b"".join(received).splitlines()
        assert not is_whole or len(lines) == 6000, f"{len(lines)} lines and an end as if there were no more"
    assert len(exported(owner[0])) == 6000


# A schema of another version, a database of somebody else

def refused(url, tmp_path, *words):
    """The server does not serve this database, ends, and says why."""
    with Background("serve", "--data", tmp_path / "refused", "--listen", "127.0.0.1:0", environment={"ONGGI_DATABASE_URL": url}) as process:
        assert process.wait(30) not in (0, None), "".join(process.stdout + process.stderr)
        told = "".join(process.stdout + process.stderr)
    for word in words:
        assert word in told.lower(), told
    assert "terminate called" not in told and stores.url_of("x").split(":")[2].split("@")[0] not in told
    return told


def tables_of(database):
    return database.rows("select relname, relkind, relfilenode from pg_class where relnamespace = 'public'::regnamespace order by 1")


def test_a_database_of_a_newer_onggi_is_refused_untouched(cluster, tmp_path):
    database = cluster.database
    for server in cluster.servers:
        server.stop()
    database.rows("insert into schema_migrations select (json_populate_record(m, '{\"version\": 999}')).* from schema_migrations m order by version desc limit 1")
    before = tables_of(database)
    told = refused(database.url, tmp_path, "newer")
    assert "999" in told or "newer" in told.lower()
    assert tables_of(database) == before


def test_a_database_in_another_encoding_is_refused(tmp_path):
    database = Database(options="template template0 encoding 'SQL_ASCII' locale 'C'")
    try:
        refused(database.url, tmp_path, "utf")
        assert tables_of(database) == []
    finally:
        database.drop()


def test_check_holds_the_database_against_itself(cluster):
    client = cluster.new_user()[0]
    agent = make_agent(client, configuration={"a": [1, 2, {"b": None}]})
    execution = AGENTS.make(client, agent, steps=steps(3))
    server = cluster.servers[0]
    check = lambda: onggi("check", "--data", server.directory / "elsewhere", environment={"ONGGI_DATABASE_URL": cluster.database.url})  # noqa: E731
    check().succeeded()
    for damage, mend in (("update agents set name = name || 'x' where id = %s", "update agents set name = left(name, -1) where id = %s"),
                         ("update agents set configuration = configuration || '{\"a\": 1}' where id = %s", None)):
        cluster.database.rows(damage, [agent["id"]])
        assert agent["id"] in check().failed().output
        if mend:
            cluster.database.rows(mend, [agent["id"]])
            check().succeeded()
    cluster.database.rows("update agent_executions set duration_ms = 77 where id = %s", [execution["id"]])
    assert execution["id"] in check().failed().output


def test_check_of_an_empty_database_makes_nothing(tmp_path):
    database = Database()
    try:
        onggi("check", "--data", tmp_path / "nowhere", environment={"ONGGI_DATABASE_URL": database.url}).failed()
        assert tables_of(database) == []
    finally:
        database.drop()


# What the log and the answers say

@admin_only
def test_a_cut_connection_is_logged_without_password_and_values(cluster):
    client = cluster.new_user()[0]
    secret = unique("never-in-a-log")
    agent = make_agent(client, configuration={"k": secret})
    with held(cluster.database.url, ("select 1 from agents where id = %s for update", [agent["id"]])):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(client.patch(f"/agents/{agent['id']}", json={"configuration": {"k2": secret}})))
        thread.start()
        eventually(lambda: waiting_for_locks(cluster.database) >= 1, deadline_s=20)
        terminate_backends(cluster.database)
        thread.join(60)
    assert answers[0].status in (200, 503)
    password = re.search(r"://[^:]+:([^@]+)@", cluster.database.url)[1]
    for server in cluster.servers:
        log = server.stderr(1_000_000)
        assert secret not in log and password not in log
        for line in log.splitlines():
            json.loads(line)
    assert secret not in answers[0].text or answers[0].status == 200


def test_metrics_tell_of_the_database(cluster):
    for admin in cluster.admins:
        AGENTS.make(admin)
        assert re.search(r"^onggi_db_\w+ [1-9]", admin.get("//metrics", check=False).text, re.M)
