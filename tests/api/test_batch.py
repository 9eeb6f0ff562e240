"""Batches: many whole executions in one durable write, an answer for each, in order."""

import json
import random
import threading

import pytest

from client import in_parallel, make_agent, now_ms, timestamp, unique, uuid7
from support_executions import AGENTS, DAY_MS, create_batch, finished, kind, random_executions, steps  # noqa: F401
from support_process import fewest_queries

NDJSON = {"Content-Type": "application/x-ndjson"}


def post(client, kind, bodies, **headers):
    return client.post(f"{kind.path}/batch", json=bodies, headers=headers)


def post_lines(client, kind, lines):
    return client.post(f"{kind.path}/batch", body="".join(line + "\n" for line in lines).encode(), headers=NDJSON)


def whole(kind, subject, count, **over):
    base = now_ms() - DAY_MS
    return [kind.of(subject, id=uuid7(base + i), steps=steps(i % 3), input_data={"i": i}, **{**finished(base + i), **over}) for i in range(count)]


def statuses(answer):
    return [item["status"] for item in answer.expect(200)["items"]]


def test_a_batch_is_recorded_in_order(alice, kind):
    bodies = whole(kind, kind.make_subject(alice), 50)
    answer = post(alice, kind, bodies)
    assert answer.expect(200) == {"items": [{"status": 201, "id": body["id"]} for body in bodies]}
    for body in bodies[::7]:
        shown = kind.get(alice, body)
        assert all(shown[name] == value for name, value in body.items() if name != "steps")
        assert [step["content"] for step in shown["steps"]] == [step["content"] for step in body["steps"]]


@pytest.mark.parametrize("ends_with", ["\n", "", "\r\n"])
def test_lines_of_json_are_a_batch(alice, kind, ends_with):
    bodies = whole(kind, kind.make_subject(alice), 20)
    text = "\n".join(json.dumps(body) for body in bodies) + ends_with
    answer = alice.post(f"{kind.path}/batch", body=text.encode(), headers=NDJSON)
    assert answer.expect(200) == {"items": [{"status": 201, "id": body["id"]} for body in bodies]}
    assert kind.count(alice) == 20


def test_one_item_is_a_batch(alice, kind):
    item = post(alice, kind, [kind.of(kind.make_subject(alice))]).expect(200)["items"]
    assert [i["status"] for i in item] == [201]
    assert kind.get(alice, item[0]["id"])["status"] == "running"


@pytest.mark.parametrize("as_lines", [False, True])
def test_ten_thousand_items_are_a_batch(alice, kind, as_lines):
    bodies = [kind.of(subject, **finished(now_ms() - DAY_MS + i)) for subject in [kind.make_subject(alice)] for i in range(10_000)]
    answer = post_lines(alice, kind, map(json.dumps, bodies)) if as_lines else post(alice, kind, bodies)
    items = answer.expect(200)["items"]
    assert [item["status"] for item in items] == [201] * 10_000
    assert len({item["id"] for item in items}) == 10_000
    assert kind.count(alice) == 10_000


def test_more_than_ten_thousand_are_refused_whole(alice, kind):
    bodies = [kind.of(subject) for subject in [kind.make_subject(alice)] for _ in range(10_001)]
    assert post(alice, kind, bodies).status in (413, 422)
    assert post_lines(alice, kind, map(json.dumps, bodies)).status in (413, 422)
    assert kind.count(alice) == 0


def test_a_bad_item_stops_no_other_and_names_its_fault(alice, bob, kind):
    subject, theirs = kind.make_subject(alice), kind.make_subject(bob)
    good = whole(kind, subject, 4)
    bad = [(kind.of(subject, status="done"), "/status"), (kind.of(subject, nonsense=1), "/nonsense"), ({}, f"/{kind.reference}"),
           (kind.of(theirs), f"/{kind.reference}"), (kind.of(uuid7()), f"/{kind.reference}"), (kind.of(subject, duration_ms=3), "/duration_ms"),
           (kind.of(subject, started_at=timestamp(days=-400)), "/started_at"), (kind.of(subject, steps=[{"step_number": 1}]), "/steps/0/step_type"),
           (kind.of(subject, metrics={"cost_usd": "1"}), "/metrics/cost_usd"), (7, ""), (None, ""), ([], ""), (kind.of(subject, id="x"), "/id")]
    bodies, pointers = [], []
    for i, (body, pointer) in enumerate(bad):
        bodies += [body, *good[i:i + 1]]
        pointers += [pointer, *[None] * len(good[i:i + 1])]
    for answer in (post(alice, kind, bodies), post_lines(alice, kind, map(json.dumps, bodies))):
        items = answer.expect(200)["items"]
        assert len(items) == len(bodies)
        for body, pointer, item in zip(bodies, pointers, items):
            if pointer is None:
                assert item["status"] in (200, 201) and item["id"] == body["id"]
            else:
                assert item["status"] == 422 and "id" not in item, (body, item)
                assert item["error"]["status"] == 422 and item["error"]["title"] and item["error"]["detail"]
                assert any(error["field"].endswith(pointer) for error in item["error"]["errors"]), (body, item)
    assert {item["id"] for item in alice.items(kind.path)} == {body["id"] for body in good}


def test_a_line_that_is_not_json_writes_nothing_or_only_the_others(alice, kind):
    bodies = whole(kind, kind.make_subject(alice), 2)
    answer = post_lines(alice, kind, [json.dumps(bodies[0]), '{"broken": ', json.dumps(bodies[1])])
    if answer.status == 200:
        assert [item["status"] for item in answer.json()["items"]] in ([201, 400, 201], [201, 422, 201])
        assert kind.count(alice) == 2
    else:
        answer.expect(400)
        assert kind.count(alice) == 0


@pytest.mark.parametrize("body", [b"{}", b'"x"', b"7", b"null", b'{"items": []}'])
def test_what_is_no_list_is_no_batch(alice, kind, body):
    alice.post(f"{kind.path}/batch", body=body).expect(422)


def test_a_batch_that_is_not_json_is_refused(alice, kind):
    subject = kind.make_subject(alice)
    for body in (b"", b"[", json.dumps([kind.of(subject)]).encode()[:-1], json.dumps([kind.of(subject)]).encode() + b"]"):
        alice.post(f"{kind.path}/batch", body=body).expect(400)
    alice.post(f"{kind.path}/batch", body=b"[]", headers={"Content-Type": "text/csv"}).expect(415)
    assert kind.count(alice) == 0


def test_an_empty_batch_does_nothing(alice, kind):
    answer = post(alice, kind, [])
    assert answer.status == 422 or answer.expect(200) == {"items": []}


def test_a_batch_sent_again_finds_everything_stored(alice, kind):
    bodies = whole(kind, kind.make_subject(alice), 30)
    assert statuses(post(alice, kind, bodies)) == [201] * 30
    shown = kind.get(alice, bodies[3])
    assert statuses(post(alice, kind, bodies)) == [200] * 30
    assert statuses(post_lines(alice, kind, map(json.dumps, bodies[::-1]))) == [200] * 30
    assert alice.post(kind.path, json=bodies[0]).status == 200
    assert kind.get(alice, bodies[3]) == shown
    assert kind.count(alice) == 30


def test_an_id_with_other_content_is_a_conflict_in_its_place(alice, bob, kind):
    subject = kind.make_subject(alice)
    bodies = whole(kind, subject, 5)
    theirs = kind.make(bob)
    assert statuses(post(alice, kind, bodies[:3])) == [201] * 3
    changed = [{**body, "input_data": {"other": 1}} for body in bodies[:2]]
    answer = post(alice, kind, [changed[0], bodies[1], bodies[3], changed[1], kind.of(subject, id=theirs["id"]), bodies[4], bodies[4],
                                {**bodies[4], "session_id": "other"}])
    assert statuses(answer) == [409, 200, 201, 409, 409, 201, 200, 409]
    for item in answer.json()["items"]:
        assert (item["status"] == 409) == ("error" in item)
    assert kind.get(alice, bodies[0])["input_data"] == {"i": 0} and kind.get(bob, theirs) == theirs


def test_the_same_batch_twice_at_once_is_recorded_once(alice, kind):
    bodies = whole(kind, kind.make_subject(alice), 200)
    start = threading.Barrier(4)

    def send(order):
        start.wait(20)
        answer = post(alice, kind, bodies[::order]).expect(200)
        return {item["id"]: item["status"] for item in answer["items"]}

    answers = in_parallel(send, (1, -1, 1, -1))
    for body in bodies:
        assert sorted(answer[body["id"]] for answer in answers) == [200, 200, 200, 201]
    assert kind.count(alice) == 200


def test_an_idempotency_key_makes_a_batch_without_ids_repeatable(alice, bob, kind):
    bodies = [kind.of(subject, input_data={"i": i}) for subject in [kind.make_subject(alice)] for i in range(20)]
    key = {"Idempotency-Key": unique("batch")}
    first, again = post(alice, kind, bodies, **key), post(alice, kind, bodies, **key)
    assert first.expect(200) == again.expect(200)
    assert again.headers["Idempotent-Replay"] == "true" and first.headers["Idempotent-Replay"] is None
    post(alice, kind, bodies[:-1], **key).expect(422)
    assert kind.count(alice) == 20
    theirs = post(bob, kind, [kind.of(kind.make_subject(bob))], **key)
    assert theirs.headers["Idempotent-Replay"] is None and statuses(theirs) == [201]
    for bad in ("", "a b", "x" * 256, "\x7f"):
        post(alice, kind, bodies[:1], **{"Idempotency-Key": bad}).expect(400 if bad == "\x7f" else 422)


def test_a_batch_costs_the_same_statements_whatever_its_size(alice, kind):
    subject = kind.make_subject(alice)
    costs = {fewest_queries(lambda: post(alice, kind, whole(kind, subject, count))) for count in (10, 100, 1000)}
    assert len(costs) == 1, costs


def test_a_batch_that_was_answered_survives_kill_9(new_server):
    server = new_server()
    admin = server.admin()
    bodies = whole(AGENTS, make_agent(admin), 3000)
    assert statuses(post(admin, AGENTS, bodies)) == [201] * 3000
    server.kill()
    server.start()
    assert AGENTS.count(admin) == 3000
    assert statuses(post(admin, AGENTS, bodies)) == [200] * 3000


def test_kill_9_during_a_batch_leaves_all_or_none_of_it(new_server):
    chance = random.Random(3)
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    for turn in range(6):
        session = unique("batch")
        bodies = random_executions(chance, AGENTS, [agent], [session], 2000, now_ms() - 5 * DAY_MS, id=None)
        answered = []

        def send():
            try:
                answered.append(post(admin, AGENTS, bodies).status)
            except OSError:
                pass  # killed before it could answer

        thread = threading.Thread(target=send)
        thread.start()
        thread.join(0.01 + chance.random() * 0.2)
        server.kill()
        thread.join(20)
        server.start()
        found = AGENTS.count(admin, session_id=session)
        assert found in (0, 2000) and (found == 2000 or answered == []), (found, answered)
    create_batch(admin, AGENTS, whole(AGENTS, agent, 3))
