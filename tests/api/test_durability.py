"""Acknowledged is durable: kill -9 under load, SIGTERM under load. Nothing is lost, nothing doubled, nothing half-written."""

import collections
import json
import random
import signal
import threading
import time

import pytest

from client import make_agent, now_ms, unique, uuid7
from support_executions import AGENTS, DAY_MS, finished, steps
from support_http import Wire, request
from support_load import LOST, Writer, exported, state_of
from support_process import eventually, onggi

WRITERS = 8
ROUNDS = 6
BATCH = 2_000  # what a slow build on a busy machine still does within the grace of 10 s


def settle(admin, writers):
    """Holds every ledger against the server, and repeats what went unanswered under an Idempotency-Key."""
    found = {id: state_of(line) for id, line in exported(admin).items()}
    for writer in writers:
        writer.settle(found)
    sessions = collections.Counter(session for _, session, _, _ in found.values())
    for writer in writers:
        for session, unanswered in writer.keyed.items():
            count = sessions[session]
            assert count == 1 or unanswered and count == 0, f"{session} is there {count} times"
            if unanswered:
                writer.send_by_key(session)
                assert AGENTS.count(admin, session_id=session) == 1, "a repeated creation was doubled"
    assert set(sessions) <= {session for writer in writers for session in writer.keyed}, "something that nobody wrote is there"


def test_kill_9_under_load_loses_nothing_and_doubles_nothing(new_server):
    chance = random.Random(7)
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    writers = [Writer(admin, agent, number, seed=7) for number in range(WRITERS)]
    for turn in range(ROUNDS):
        failures = []

        def work(writer):
            try:
                writer.work()
            except BaseException as failure:  # noqa: BLE001 (told in the main thread)
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(writer,)) for writer in writers]
        for thread in threads:
            thread.start()
        acknowledged = lambda: sum(writer.acknowledged for writer in writers)  # noqa: E731
        enough = acknowledged() + 100 + chance.randrange(400)  # the moment of death is what is being tried
        eventually(lambda: failures or acknowledged() >= enough, deadline_s=60, every_s=0.001)
        server.kill()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        assert failures == []
        if turn % 2:
            onggi("check", "--data", server.data).succeeded()
        server.start()
        settle(admin, writers)
    server.stop()
    onggi("check", "--data", server.data).succeeded()


def test_kill_9_while_the_server_starts_again_loses_nothing(new_server):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    bodies = [AGENTS.of(agent, id=uuid7(), steps=steps(2)) for _ in range(500)]
    admin.post("/executions/batch", json=bodies).expect(200)
    chance = random.Random(1)
    for _ in range(5):
        server.kill()
        server.start()
        made = AGENTS.make(admin, agent)
        bodies.append(made)
        time.sleep(chance.random() * 0.05)
    server.kill()
    server.start()
    assert set(exported(admin)) == {body["id"] for body in bodies}


def begin(server, key, path, body):
    """A request of which the server is known to have read the head."""
    wire = Wire(server)
    length = ("Content-Length", str(len(body)))
    wire.send(request("POST", path, key=key, headers=[("Expect", "100-continue"), ("Content-Type", "application/json"), length]))
    assert wire.read_head()[0] == 100
    return wire


def test_sigterm_answers_what_is_in_flight_and_ends_with_0(new_server):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    base = now_ms() - DAY_MS
    batch = [AGENTS.of(agent, id=uuid7(base + i), session_id="batch", **finished(base + i)) for i in range(BATCH)]
    batch_body, single_body = json.dumps(batch).encode(), json.dumps(AGENTS.of(agent, session_id="single")).encode()
    idle = Wire(server)
    whole = begin(server, server.admin_key, "/executions/batch", batch_body).send(batch_body)
    half = begin(server, server.admin_key, "/executions", single_body).send(single_body[:10])
    acknowledged, other_answers = [], []

    def write():
        while True:
            body = AGENTS.of(agent, id=uuid7(), session_id="load")
            try:
                status = admin.post("/executions", json=body).status
            except LOST:
                return
            if status == 201:
                acknowledged.append(body["id"])
            elif status == 503:
                return
            else:
                other_answers.append(status)
                return

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(acknowledged) > 8, deadline_s=30)
    process = server.process
    server.signal(signal.SIGTERM)
    half.send(single_body[10:])
    assert half.read().status in (201, 503)
    answer = whole.read()
    assert answer.status == 200 and len(answer.json()["items"]) == BATCH
    assert process.wait(30) == 0
    server.process = None
    idle.ends()
    for thread in threads:
        thread.join(20)
    assert other_answers == [] and acknowledged
    server.start()
    found = exported(admin)
    assert set(acknowledged) <= set(found), "an acknowledged execution is not there"
    assert AGENTS.count(admin, session_id="batch") == BATCH


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_server_at_once(new_server, number):
    server = new_server()
    admin = server.admin()
    admin.get("/me").expect(200)
    with Wire(server) as idle:
        idle.exchange("GET", "/me", key=server.admin_key).expect(200)
        process, server.process = server.process, None
        process.send_signal(number)
        assert process.wait(9) == 0  # without the 10 s that what is in flight would have
    server.start()
    admin.get("/me").expect(200)


def test_a_second_signal_does_no_harm(new_server):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    session = unique()
    admin.post("/executions/batch", json=[AGENTS.of(agent, session_id=session) for _ in range(1000)]).expect(200)
    process, server.process = server.process, None
    for _ in range(3):
        process.send_signal(signal.SIGTERM)
    process.wait(10)
    server.start()
    assert AGENTS.count(admin, session_id=session) == 1000
