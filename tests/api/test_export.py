"""GET .../export: every execution as a line of JSON, streamed, without holding anybody up."""

import gzip
import json
import os
import random
import signal
import time

import pytest

from client import make_agent, make_user, now_ms, timestamp, unique, uuid7
from support_executions import AGENTS, DAY_MS, HOUR_MS, create_batch, finished, kind, random_executions, steps  # noqa: F401
from support_footprint import IS_SANITIZED
from support_http import Closed, Wire, request
from support_process import eventually


def export(client, kind, **query):
    answer = client.get(f"{kind.path}/export", **query)
    assert answer.status == 200, repr(answer)
    return answer


def lines(answer):
    text = answer.text
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_an_export_is_the_list_with_every_line_as_a_single_get(alice, bob, kind):
    chance = random.Random(9)
    subjects = [kind.make_subject(alice) for _ in range(2)]
    session = unique("session")
    base = now_ms() - 9 * DAY_MS
    bodies = random_executions(chance, kind, subjects, [session, None], 120, base, moments=40)
    for i, body in enumerate(bodies):
        body["steps"] = steps(i % 4, content="줄\nbreak \u2028 \"quoted\"")
    create_batch(alice, kind, bodies)
    kind.make(bob)
    middle = timestamp(base + 12 * HOUR_MS)
    for filters in ({}, {kind.reference: subjects[0]["id"]}, {"session_id": session}, {"status": "failed"}, {"from": middle}, {"to": middle},
                    {"from": middle, "status": "completed", kind.reference: subjects[1]["id"]}, {"session_id": "none"}):
        answer = export(alice, kind, params=filters)
        assert answer.content_type == "application/x-ndjson"
        exported = lines(answer)
        assert sorted(line["id"] for line in exported) == sorted(item["id"] for item in alice.items(kind.path, params=filters)), filters
        for line in exported[::5]:
            assert line == kind.get(alice, line)


def test_an_export_of_nothing_is_empty(alice, kind):
    assert export(alice, kind).body == b""


@pytest.mark.parametrize("name, value", [("limit", 5), ("status", "done"), ("from", "x"), ("nonsense", 1)])
def test_an_export_knows_its_parameters(alice, kind, name, value):
    alice.get(f"{kind.path}/export", params={name: value}).rejects(name)


def test_an_export_needs_a_key(server, anonymous, kind):
    anonymous.get(f"{kind.path}/export").expect(401)


def test_an_export_may_be_compressed(alice, kind):
    subject = kind.make_subject(alice)
    create_batch(alice, kind, [kind.of(subject, input_data={"text": "x" * 500}) for _ in range(200)])
    plain = export(alice, kind)
    compressed = export(alice, kind, headers={"Accept-Encoding": "gzip"})
    body = gzip.decompress(compressed.body) if compressed.headers["Content-Encoding"] == "gzip" else compressed.body
    assert body == plain.body and plain.headers["Content-Encoding"] is None


@pytest.fixture(scope="module")
def large(server):
    """A user of 20,000 executions with steps; no test of this module changes them."""
    client = make_user(server.admin(), "large")
    agent = make_agent(client)
    base = now_ms() - 30 * DAY_MS
    client.ids = set()
    for part in range(4):
        bodies = [AGENTS.of(agent, id=uuid7(base + part * 5000 + i), steps=steps(2), input_data={"question": "왜 " * 60},
                            **finished(base + part * 5000 + i)) for i in range(5000)]
        client.ids |= set(create_batch(client, AGENTS, bodies))
    yield client
    client.close()


def begin_export(client, receive_buffer=4096):
    """An export whose reader takes only the head."""
    wire = Wire(client.server, receive_buffer=receive_buffer, deadline_s=60)
    wire.send(request("GET", "/executions/export", key=client.key))
    status, headers = wire.read_head()
    assert status == 200 and ("transfer-encoding", "chunked") in headers, headers
    return wire


def test_a_large_export_is_whole(large):
    answer = export(large, AGENTS)
    exported = [line["id"] for line in lines(answer)]
    assert len(exported) == 20_000 and set(exported) == large.ids


def test_a_slow_reader_holds_nobody_up_and_gets_it_all(large, alice):
    agent = make_agent(alice)
    with begin_export(large) as wire:
        chunks = wire.chunks()
        received = [next(chunks)]
        for _ in range(50):  # whoever the export held up would wait until it was cut, for taking nothing
            made = AGENTS.make(alice, agent)
            AGENTS.patch(alice, made, status="completed").expect(200)
            alice.get("/executions", limit=20).expect(200)
        received += chunks
    exported = [json.loads(line)["id"] for line in b"".join(received).splitlines()]
    assert len(exported) == 20_000 and set(exported) == large.ids


@pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer has memory of its own, several times that of the server")
def test_an_export_is_not_kept_in_memory(large):
    def resident_mb():
        with open(f"/proc/{large.server.pid}/status") as status:
            return int(next(line for line in status if line.startswith("RssAnon")).split()[1]) / 1024

    whole_mb = len(export(large, AGENTS).body) / 1024 / 1024  # and whatever an export takes once
    before = resident_mb()
    wires = [begin_export(large) for _ in range(8)]
    time.sleep(0.5)
    grown = resident_mb() - before
    for wire in wires:
        wire.close()
    kept = 8 * whole_mb
    assert grown < kept / 2, f"eight exports that nobody reads took {grown:.0f} MB of {kept:.0f} MB"


def test_a_client_that_goes_away_leaves_no_harm(large):
    descriptors = lambda: len(os.listdir(f"/proc/{large.server.pid}/fd"))  # noqa: E731
    before = descriptors()
    for turn in range(20):
        wire = begin_export(large)
        if turn % 2:
            wire.exactly(10_000)
        wire.close()
    eventually(lambda: descriptors() <= before + 2, deadline_s=20)
    large.get("/me").expect(200)
    assert AGENTS.count(large, from_=timestamp(days=-31)) == 10_000  # capped


def test_a_reader_that_stalls_does_not_keep_the_server_from_ending(new_server):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    create_batch(admin, AGENTS, [AGENTS.of(agent, input_data={"text": "x" * 2000}) for _ in range(5000)])
    with begin_export(admin) as wire:
        process = server.process
        server.signal(signal.SIGTERM)
        process.wait(15)
        server.process = None
        with pytest.raises(Closed):  # cut, and to be seen as such
            for _ in wire.chunks():
                pass
