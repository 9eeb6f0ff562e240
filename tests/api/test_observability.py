"""Trouble as an operator sees it: /readyz, /metrics and the log say what, once, and nothing of what was sent."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading

import pytest

from client import in_parallel, make_agent, unique
from stores import IS_POSTGRES, Database, embedded_only, postgres_only, rows
from support_executions import AGENTS
from support_http import once
from support_postgres import RECOVERY_S, Cluster, Postgres, held, is_ready, waiting_for_locks
from support_process import eventually
from test_metrics import scrape

TROUBLES = ("warning", "error")


def log(server):
    """The lines of the log, each an object."""
    return [json.loads(line) for line in server.stderr(10_000_000).splitlines()]


def troubles(server):
    return [line for line in log(server) if line["level"] in TROUBLES]


def told(server, event, **fields):
    return [line for line in log(server) if line["message"] == event and all(line.get(name) == value for name, value in fields.items())]


def counted(server, name, **labels):
    """The sum of the series that have these labels; a series must be there."""
    wanted = set(labels.items())
    values = [value for (found, its), value in scrape(server).samples.items() if found == name and wanted <= set(its)]
    assert values, f"{name} {labels} is not there"
    return sum(values)


def parts(server):
    return once(server, "GET", "/readyz", absolute=True).json()["parts"]


@contextlib.contextmanager
def in_background(send):
    """send() on a thread of its own; gives the list that its result will be in, and is there at the end."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(send()))
    thread.start()
    try:
        yield answers
    finally:
        thread.join(60)
    assert answers, "there was no answer"


# What is there from the beginning

NAMES = {
    "onggi_db_timeouts_total": [{"kind": kind} for kind in ("statement", "lock", "answer", "connection")],
    "onggi_db_shed_total": [{"reason": reason} for reason in ("waiting", "long_reads")],
    "onggi_http_shed_total": [{"reason": reason} for reason in ("connections", "requests", "congestion", "body_bytes")],
    "onggi_http_server_errors_total": [{"kind": kind} for kind in ("internal", "away", "connection_lost", "overload", "disk_full")],
    "onggi_http_budget_overruns_total": [{"method": "GET", "route": "/api/agent-builder/agents/{agent_id}"}],
}
POSTGRES_NAMES = {
    "onggi_db_transaction_retries_total": [{"reason": reason} for reason in ("collision", "another", "orphan", "partition", "connection_lost")],
    "onggi_db_reconnections_total": [{}],
    "onggi_db_connection_failures_total": [{}],
}


def test_counters_of_trouble_read_0_before_there_is_any(new_server):
    server = new_server()
    for name, labels in (NAMES | POSTGRES_NAMES if IS_POSTGRES else NAMES).items():
        for one in labels:
            assert counted(server, name, **one) == 0, (name, one)


def test_no_request_of_the_other_tests_ran_more_statements_than_it_may(server, alice):
    AGENTS.make(alice)
    assert counted(server, "onggi_http_budget_overruns_total") == 0
    assert counted(server, "onggi_http_server_errors_total", kind="internal") == 0


# Slow statements

def batch_until(fact, client, request_id, secret):
    """Batches of which the insertion takes longer than the servers of these tests allow, until what is waited for is true: at most ten lines
    a second are written."""
    agent = make_agent(client)
    body = [{"agent_id": agent["id"], "session_id": secret, "input_data": {"k": secret}} for _ in range(2_000)]

    def send():
        client.post("/executions/batch", json=body, headers={"X-Request-Id": request_id}).expect(200)
        return fact()

    return eventually(send, deadline_s=60)


def test_a_slow_statement_is_logged_by_its_name_and_the_request_and_without_what_was_sent(new_server):
    server = new_server("--slow-statement-ms", "5")
    secret = unique("never-in-a-log")
    slow = batch_until(lambda: told(server, "slow_statement", request="batch-1"), server.admin(), "batch-1", secret)
    for line in slow:
        assert line["level"] == "warning" and line["ms"] >= 5 and re.fullmatch(r"[\w.,]+", line["name"]), line
        assert set(line) == {"ts", "level", "message", "name", "ms", "request"}, line
    lines = len(told(server, "slow_statement"))
    assert counted(server, "onggi_db_slow_statements_total") >= lines
    whole = server.stderr(10_000_000)
    assert secret not in whole and server.admin_key not in whole


def test_the_log_as_text_has_the_request_as_well(new_server):
    server = new_server("--slow-statement-ms", "5", "--log-format", "text")
    line = r"warning slow_statement name=[\w.,]+ ms=\d+ request=batch-2\n"
    batch_until(lambda: re.search(line, server.stderr(10_000_000)), server.admin(), "batch-2", unique())


def test_no_statement_is_slow_where_none_is_to_be(new_server):
    server = new_server("--slow-statement-ms", "0")
    batch_until(lambda: True, server.admin(), "batch-3", unique())
    assert counted(server, "onggi_db_slow_statements_total") == 0 and not troubles(server)


def held_up(database):
    """Whether a statement has waited for a lock for a while."""
    text = ("select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock' "
            "and now() - query_start > interval '300 milliseconds'")
    return rows(database.server_url, text, [database.name])[0][0]


@postgres_only
@pytest.mark.parametrize("send, statement", [
    (lambda client, agent: client.patch(f"/agents/{agent['id']}", json={"configuration": {"k": "never-in-a-log"}},
                                        headers={"X-Request-Id": "change-1"}), r"agents\."),
], ids=["a write that waits for a lock"])
def test_time_at_a_lock_is_the_statements_own(tmp_path, send, statement):
    cluster = Cluster(tmp_path, 1, "--slow-statement-ms", "100")
    try:
        client = cluster.new_user()[0]
        agent = make_agent(client)
        with held(cluster.database.url, ("update agents set name = name where id = %s", [agent["id"]])) as cursor:
            with in_background(lambda: send(client, agent)) as answers:
                eventually(lambda: held_up(cluster.database), deadline_s=60)
                cursor.execute("rollback")
        answers[0].expect(200)
        slow = eventually(lambda: told(cluster.servers[0], "slow_statement", request="change-1"))
        assert any(re.search(statement, line["name"]) and line["ms"] >= 300 for line in slow), slow
        assert "never-in-a-log" not in cluster.servers[0].stderr(1_000_000)
    finally:
        cluster.close()


# What runs again, what takes too long

@postgres_only
def test_a_write_that_collides_and_runs_again_is_counted(tmp_path):
    cluster = Cluster(tmp_path, 1)
    try:
        client = cluster.new_user()[0]
        agent = make_agent(client)
        before = counted(cluster.servers[0], "onggi_db_transaction_retries_total", reason="collision")
        with held(cluster.database.url, ("update agents set name = name where id = %s", [agent["id"]])) as cursor:
            with in_background(lambda: client.patch(f"/agents/{agent['id']}", json={"name": "n"})) as answers:
                eventually(lambda: waiting_for_locks(cluster.database), deadline_s=60)
                cursor.execute("commit")
        answers[0].expect(200)
        assert counted(cluster.servers[0], "onggi_db_transaction_retries_total", reason="collision") > before
    finally:
        cluster.close()


@postgres_only
def test_a_statement_that_is_ended_for_its_time_has_one_line_however_many_there_are(tmp_path):
    cluster = Cluster(tmp_path, 1, "--statement-timeout-ms", "200", "--slow-statement-ms", "0")
    server = cluster.servers[0]
    try:
        client = cluster.new_user()[0]
        agent = make_agent(client)
        with held(cluster.database.url, ("update agents set name = name where id = %s", [agent["id"]])):
            for n in range(3):
                client.patch(f"/agents/{agent['id']}", json={"name": "n"}, headers={"X-Request-Id": f"late-{n}"}).expect(503)
        assert counted(server, "onggi_db_timeouts_total", kind="statement") == 3
        assert counted(server, "onggi_http_server_errors_total", kind="statement_timeout") == 3
        lines = troubles(server)
        assert [(line["message"], line["request"], line["cause"]) for line in lines] == [("requests_refused", "late-0", "statement_timeout")]
        assert "agents." in lines[0]["error"]
    finally:
        cluster.close()


# A database that is away

@pytest.fixture(scope="module")
def postgres():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture
def served(tmp_path, postgres):
    """A server whose database can be stopped, as (server, client)."""
    cluster = Cluster(tmp_path, 1, database=Database(postgres.url()))
    yield cluster.servers[0], cluster.new_user()[0]
    cluster.close()


@postgres_only
def test_an_outage_under_load_has_one_line_when_it_begins_and_one_when_it_is_over(postgres, served):
    server, client = served
    agent = make_agent(client)
    refused, is_over = [], threading.Event()

    def ask(number):
        while not is_over.is_set():
            for answer in (client.get("/agents"), AGENTS.post(client, agent)):
                if answer.status == 503:
                    refused.append(number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: counted(server, "onggi_http_requests_total", status="201") > 50, deadline_s=60)
        postgres.stop("immediate")
        try:
            eventually(lambda: len(refused) > 200, deadline_s=60)
            assert parts(server) == {"server": "ready", "database": "away"}
        finally:
            postgres.start()
        eventually(lambda: is_ready(server), deadline_s=4 * RECOVERY_S)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    eventually(lambda: told(server, "database_reached"))
    lines = troubles(server)
    assert {line["message"] for line in lines} <= {"database_lost", "database_unreachable"}, lines
    # One, and one more for each time that it went on so long that its reason changed.
    assert 1 <= len(lines) <= 4 and len({line["error"] for line in lines}) == len(lines), lines
    assert len(told(server, "database_reached")) == 1
    away = sum(counted(server, "onggi_http_server_errors_total", kind=kind) for kind in ("away", "connection_lost"))
    assert away == len(refused)
    assert counted(server, "onggi_db_reconnections_total") >= 1
    assert counted(server, "onggi_db_transaction_retries_total", reason="connection_lost") >= 1
    assert counted(server, "onggi_db_connection_failures_total") >= 1


def processes_of(postgres):
    postmaster = int((postgres.cluster / "postmaster.pid").read_text().split()[0])
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True, check=False).stdout
    return [postmaster, *map(int, children.split())]


@postgres_only
def test_a_database_that_swallows_everything_does_not_keep_readyz(postgres, served):
    server, client = served
    client.get("/agents").expect(200)
    stopped = processes_of(postgres)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:  # answered while nothing answers there
        answers = in_parallel(lambda _: once(server, "GET", "/readyz", absolute=True), range(4), threads=4)
        for answer in answers:
            assert answer.status == 503 and answer.json()["parts"]["database"] in ("no_answer", "away"), answer
            assert answer.json()["status"] == "unavailable" and answer.json()["detail"]
        once(server, "GET", "/metrics", absolute=True).expect(200)
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: is_ready(server), deadline_s=60)
    client.get("/agents").expect(200)


@embedded_only("a file that is moved")
def test_a_file_that_cannot_be_written_has_one_line_and_is_said_by_readyz(new_server):
    server = new_server()
    client = server.admin()
    agent = make_agent(client)
    database = next(server.data.glob("*.db"))
    away = database.with_suffix(".moved")
    database.rename(away)
    try:
        for n in range(5):
            client.post("/executions", json={"agent_id": agent["id"]}, headers={"X-Request-Id": f"write-{n}"}).expect(503)
        assert parts(server) == {"server": "ready", "database": "read_only"}
    finally:
        away.rename(database)
    AGENTS.make(client, agent)
    assert parts(server) == {"server": "ready", "database": "ready"}
    # A write of the server's own that came first has no request.
    assert [(line["message"], line.get("request", "write-0")) for line in troubles(server)] == [("db.write_failed", "write-0")]
    assert len(told(server, "db.write_recovered")) == 1
    assert counted(server, "onggi_http_server_errors_total", kind="read_only") == 5


# Bugs

def rename_table(server, old, new):
    """Somebody changes the schema behind the server's back."""
    if IS_POSTGRES:
        rows(server.database_url, f"alter table {old} rename to {new}")
    else:
        with contextlib.closing(sqlite3.connect(next(server.data.glob("*.db")), isolation_level=None)) as connection:
            connection.execute("pragma legacy_alter_table = on")
            connection.execute(f"alter table {old} rename to {new}")


def test_a_failure_inside_has_a_line_each_time_with_request_method_and_route(new_server):
    server = new_server()
    client = server.admin()
    secret = unique("never-in-a-log")
    rename_table(server, "blocks", "moved")
    for n in range(2):
        answer = client.get("/blocks", headers={"X-Request-Id": f"bug-{n}"}, params={"name": secret}, check=False)
        answer.expect(500)
        assert answer.json()["request_id"] == f"bug-{n}"
    answer = client.post("/blocks", json={"name": secret, "block_type": "llm"}, headers={"X-Request-Id": '"odd"'}, check=False)
    answer.expect(500)
    lines = [line for line in troubles(server) if line["message"] != "slow_statement"]
    assert [(line["message"], line["level"], line["request"], line["method"], line["route"]) for line in lines] == [
        ("request_failed", "error", "bug-0", "GET", "/api/agent-builder/blocks"),
        ("request_failed", "error", "bug-1", "GET", "/api/agent-builder/blocks"),
        ("request_failed", "error", "'odd'", "POST", "/api/agent-builder/blocks")]
    assert all(line["error"] for line in lines)
    assert secret not in server.stderr(1_000_000) and server.admin_key not in server.stderr(1_000_000)
    assert counted(server, "onggi_http_server_errors_total", kind="internal") == 3
