"""Locks that others hold, statements that take too long: nobody waits but who must, nothing hangs, and what is wrong is said."""

import signal
import threading

import pytest

from client import in_parallel, make_agent, make_workflow, unique, uuid7
from stores import postgres_only
from support_executions import AGENTS, create_batch, steps
from support_http import Wire, request
from support_postgres import SLOWNESS, Cluster, held, insist, waiting_for_locks
from support_process import eventually

pytestmark = postgres_only
TIMEOUT_MS = 700  # of a statement


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
