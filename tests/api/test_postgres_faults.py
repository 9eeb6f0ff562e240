"""Connections that are cut, locks that others hold, statements that take too long, a schema of another version: nothing is lost, nothing
hangs, and what is wrong is said."""

import json
import os
import re
import signal
import subprocess
import threading

import pytest

import stores
from client import Server, in_parallel, make_agent, make_workflow, unique, uuid7
from stores import Database, postgres_only
from support_executions import AGENTS, create_batch, steps
from support_http import Wire, request
from support_load import exported
from support_ledger import ledgers_of, settle, under_load
from support_postgres import SLOWNESS, Cluster, Postgres, held, insist, is_ready, terminate_backends, waiting_for_locks
from support_process import Background, eventually, onggi

pytestmark = postgres_only
TIMEOUT_MS = 700  # of a statement
admin_only = pytest.mark.skipif(not stores.ADMIN_URL, reason="needs ONGGI_TEST_POSTGRES_ADMIN: a superuser, to terminate what servers do")


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path)
    yield cluster
    cluster.close()


@pytest.fixture
def impatient(tmp_path):
    """A server whose statements may take less than a second; as an admin of it."""
    cluster = Cluster(tmp_path, 1, "--statement-timeout-ms", str(TIMEOUT_MS))
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
            pids = cluster.database.backends()
            if pids:
                stores.rows(stores.ADMIN_URL, "select pg_terminate_backend(%s)", [pids[len(pids) // 2]])
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


# Locks that others hold

def test_a_write_that_waits_too_long_is_a_503_and_done_later(impatient):
    client = impatient.admins[0]
    path = f"/agents/{make_agent(client)['id']}"
    id = path.split("/")[-1]
    with held(impatient.database.url, ("select 1 from agents where id = %s for update", [id])):
        answer = client.patch(path, json={"name": "later"})
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
        assert client.get(path).expect(200)["name"] != "later"
    client.patch(path, json={"name": "later"}).expect(200)
    assert client.get(path).expect(200)["name"] == "later"


def test_a_read_that_waits_too_long_is_a_503(impatient):
    client = impatient.admins[0]
    make_agent(client)
    with held(impatient.database.url, "lock table agents in access exclusive mode"):
        answer = client.get("/agents")
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
        client.get("/blocks").expect(200)
        client.get("//healthz").expect(200)
    client.get("/agents").expect(200)


@pytest.mark.parametrize("table", ["users", "api_keys", "agents", "agent_executions", "execution_steps", "workflows", "definition_versions", "idempotency_keys"])
def test_a_table_that_is_locked_hangs_nothing(impatient, table):
    """Whatever is asked meanwhile is answered, and everything is well when the lock is gone."""
    client = impatient.admins[0]
    agent = make_agent(client)
    execution = AGENTS.make(client, agent, steps=steps(1))
    asks = [lambda: client.get(f"/agents/{agent['id']}"), lambda: client.get(f"/executions/{execution['id']}"), lambda: AGENTS.post(client, agent, steps=steps(1)),
            lambda: client.patch(f"/agents/{agent['id']}", json={"name": unique()}), lambda: client.get("/executions"), lambda: client.get("/workflows"),
            lambda: client.post("/agents", json={"name": "a", "llm_provider": "p", "llm_model": "m"}, headers={"Idempotency-Key": unique()})]
    with held(impatient.database.url, f"lock table {table} in access exclusive mode"):
        answers = in_parallel(lambda ask: ask(), asks * 3, threads=len(asks) * 3)
        assert {answer.status for answer in answers} <= {200, 201, 503}, answers
        client.get("//healthz").expect(200)
    for ask in asks:
        insist(ask).expect(200, 201)


def test_a_lock_on_a_row_holds_up_nobody_but_who_wants_it(cluster):
    """The statements of many share connections; one that waits must not stand in front of others."""
    client = cluster.new_user()[0]
    agent = make_agent(client)
    workflow = make_workflow(client)
    execution = AGENTS.make(client, agent)
    waiting, answers = [], []
    with held(cluster.database.url, ("select 1 from agents where id = %s for update", [agent["id"]]),
              ("select 1 from agent_executions where id = %s for update", [execution["id"]])):
        for ask in (lambda: client.patch(f"/agents/{agent['id']}", json={"name": "new"}), lambda: AGENTS.patch(client, execution, status="completed")):
            waiting.append(threading.Thread(target=lambda ask=ask: answers.append(ask())))
            waiting[-1].start()
        eventually(lambda: waiting_for_locks(cluster.database) >= 2, deadline_s=20)
        reads = ["/agents", f"/agents/{agent['id']}", f"/workflows/{workflow['id']}", "/executions", f"/executions/{execution['id']}", "/me"]
        in_parallel(lambda n: client.get(reads[n % len(reads)]).expect(200), range(120))
        in_parallel(lambda n: AGENTS.make(client), range(20))
        assert all(thread.is_alive() for thread in waiting) and answers == [], "they were to wait"
    for thread in waiting:
        thread.join(60)
    assert [answer.status for answer in answers] == [200, 200]


def test_executions_that_wait_for_somebody_elses_rows_hold_up_no_others(cluster):
    """Those that arrive together are recorded together; but not with these, whose ids a transaction of somebody else is about to take."""
    client = cluster.new_user()[0]
    agent = make_agent(client)
    made = AGENTS.make(client, agent)
    taken = [uuid7() for _ in range(6)]
    copy = "insert into agent_executions select (jsonb_populate_record(e, jsonb_build_object('id', %s))).* from agent_executions e where id = %s"
    answers, waiting = [], []
    with held(cluster.database.url, *((copy, [id, made["id"]]) for id in taken)):
        for id in taken:
            waiting.append(threading.Thread(target=lambda id=id: answers.append(insist(lambda: AGENTS.post(client, agent, id=id)))))
            waiting[-1].start()
        eventually(lambda: waiting_for_locks(cluster.database) >= 1, deadline_s=20)
        in_parallel(lambda n: AGENTS.make(client, agent), range(40), threads=12)
        assert answers == [], "they were to wait"
    for thread in waiting:
        thread.join(60)
    assert [answer.status for answer in answers] == [201] * 6
    assert AGENTS.count(client) == 47


def test_an_export_that_nobody_reads_holds_up_nobody(cluster):
    client = cluster.new_user()[0]
    agent = make_agent(client)
    create_batch(client, AGENTS, [AGENTS.of(agent, input_data={"text": "x" * 3000}) for _ in range(3000)])
    wires = []
    for _ in range(3):
        wires.append(Wire(client.server, receive_buffer=4096, deadline_s=60))
        wires[-1].send(request("GET", "/executions/export", key=client.key))
        assert wires[-1].read_head()[0] == 200
    in_parallel(lambda n: client.get(("/agents", "/executions?limit=5", "/me")[n % 3]).expect(200), range(100))
    in_parallel(lambda n: AGENTS.make(client, agent), range(20))
    for wire in wires:
        assert len(b"".join(wire.chunks()).splitlines()) == 3000, "as of when it began"
        wire.close()


def test_a_server_whose_statement_waits_ends_when_told(cluster):
    server, client = cluster.servers[0], cluster.admins[0]
    agent = make_agent(client)
    with held(cluster.database.url, ("select 1 from agents where id = %s for update", [agent["id"]])):
        wire = Wire(server, deadline_s=60)
        wire.send(request("PATCH", f"/agents/{agent['id']}", key=server.admin_key, body={"name": "x"}))
        eventually(lambda: waiting_for_locks(cluster.database) >= 1, deadline_s=20)
        process, server.process = server.process, None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10 + 5 * SLOWNESS) == 0  # 10 s for what is in flight
        wire.close()
    assert cluster.admins[1].get(f"/agents/{agent['id']}").expect(200)["name"] in (agent["name"], "x")


def test_a_write_that_waited_for_a_change_begins_anew(cluster):
    """What it had read before is old."""
    client = cluster.new_user()[0]
    one = AGENTS.make(client)
    path = f"/executions/{one['id']}"
    with held(cluster.database.url, ("select 1 from agent_executions where id = %s for update", [one["id"]])) as other:
        answers = []
        thread = threading.Thread(target=lambda: answers.append(insist(lambda: AGENTS.patch(client, one, execution_context={"k": 1}))))
        thread.start()
        eventually(lambda: waiting_for_locks(cluster.database) >= 1, deadline_s=20)
        other.execute("update agent_executions set error_message = 'touched' where id = %s", [one["id"]])
        other.execute("commit")
        thread.join(60)
    assert [answer.status for answer in answers] == [200]
    assert client.get(path).expect(200)["execution_context"] == {"k": 1}


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


# A disk that is full

@pytest.fixture
def small_disk(tmp_path):
    """A private PostgreSQL with a database on a file system of 48 MB; as (postgres, URL, directory)."""
    with Postgres() as postgres:
        directory = postgres.directory / "small"
        directory.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=0777", "tmpfs", str(directory)], capture_output=True, text=True, timeout=20)
        if mounted.returncode != 0:
            pytest.skip(f"no file system of its own can be mounted here: {mounted.stderr.strip()}")
        try:
            (directory / "space").mkdir()
            subprocess.run(["chown", "postgres", str(directory / "space")], check=False, timeout=20)
            postgres.sql(f"create tablespace small owner onggi location '{directory / 'space'}'")
            postgres.sql("create database small owner onggi tablespace small")
            yield postgres, postgres.url("small"), directory
        finally:
            postgres.stop("immediate")
            subprocess.run(["umount", "-l", str(directory)], check=True, timeout=20)


def test_a_full_disk_is_told_loses_nothing_and_heals_by_itself(small_disk, tmp_path):
    postgres, url, directory = small_disk
    server = Server(tmp_path / "server", database_url=url)
    try:
        admin = server.admin()
        agent = make_agent(admin)
        kept, refused_ids = {}, []

        def record(size):
            text = "".join(f"{uuid7()}" for _ in range(size // 36))  # nothing that compresses
            body = AGENTS.of(agent, id=uuid7(), input_data={"noise": text})
            answer = admin.post("/executions", json=body)
            if answer.status == 201:
                kept[body["id"]] = body
            else:
                answer.expect(503)
                assert int(answer.headers["Retry-After"]) >= 1
                refused_ids.append(body["id"])
            return answer.status

        ballast = directory / "ballast"
        free = os.statvfs(directory)
        ballast.write_bytes(b"\0" * max(0, free.f_bavail * free.f_bsize - (3 << 20)))
        for _ in range(300):
            if record(100_000) == 503:
                break
        assert kept and refused_ids
        admin.get("/me").expect(200)
        shown = exported(admin)
        assert set(kept) <= set(shown) and not set(refused_ids) & set(shown)
        ballast.unlink()
        eventually(lambda: record(1000) == 201, deadline_s=30, every_s=0.1)
        assert record(100_000) == 201
        assert set(exported(admin)) == set(kept)
        server.stop()
    finally:
        if server.running:
            server.kill()


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
