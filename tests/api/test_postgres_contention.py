"""Many writers, two servers, one database: nothing is lost, nothing is done twice."""

import collections
from datetime import datetime, timezone

import pytest

from client import in_parallel, make_agent, make_workflow, node, now_ms, timestamp, unique, uuid7
from stores import postgres_only
from support_executions import AGENTS, DAY_MS, WORKFLOWS, finished, steps
from support_postgres import at_once, cluster, insist, statuses, user  # noqa: F401 (fixtures)

pytestmark = postgres_only
CLIENTS = 16
ROUNDS = 15


# Merge patches

def test_merge_patches_at_once_to_one_agent_lose_nothing(user):
    path = f"/agents/{make_agent(user[0], configuration={'kept': 1})['id']}"

    def patch(number):
        for i in range(ROUNDS):
            change = {f"last{number}": i, "all": {f"{number}-{i}": {"by": number}}}
            insist(lambda: user[number % 2].patch(path, json={"configuration": change})).expect(200)

    in_parallel(patch, range(CLIENTS), threads=CLIENTS)
    for client in user:
        shown = client.get(path).expect(200)
        expected = {"kept": 1, "all": {f"{number}-{i}": {"by": number} for number in range(CLIENTS) for i in range(ROUNDS)},
                    **{f"last{number}": ROUNDS - 1 for number in range(CLIENTS)}}
        assert shown["configuration"] == expected
        assert shown["version"] == 1 + CLIENTS * ROUNDS, "each was done once"
        assert len(client.items(f"{path}/versions", limit=500)) == 100


def test_merge_patches_at_once_to_one_workflow_lose_nothing(user):
    path = f"/workflows/{make_workflow(user[0], nodes=[node('a'), node('b')])['id']}"

    def patch(number):
        for i in range(ROUNDS):
            insist(lambda: user[number % 2].patch(path, json={"graph_definition": {f"by{number}": {str(i): i}}})).expect(200)

    in_parallel(patch, range(CLIENTS), threads=CLIENTS)
    for client in user:
        shown = client.get(path).expect(200)
        graph = shown["graph_definition"]
        assert [graph[f"by{number}"] for number in range(CLIENTS)] == [{str(i): i for i in range(ROUNDS)}] * CLIENTS
        assert [row["id"] for row in shown["nodes"]] == ["a", "b"] and shown["version"] == 1 + CLIENTS * ROUNDS


def test_patches_and_steps_at_once_to_one_execution_lose_nothing(user):
    path = f"/executions/{AGENTS.make(user[0])['id']}"

    def work(number):
        client = user[number % 2]
        for i in range(ROUNDS):
            insist(lambda: client.patch(path, json={"execution_context": {f"{number}-{i}": 1}})).expect(200)
            insist(lambda: client.post(f"{path}/steps", json=steps(1, first=number * 1000 + i))).expect(201)

    in_parallel(work, range(CLIENTS), threads=CLIENTS)
    for client in user:
        shown = client.get(path).expect(200)
        assert len(shown["execution_context"]) == len(shown["steps"]) == CLIENTS * ROUNDS


def test_of_conditional_writes_at_once_one_is_done(user):
    path = f"/agents/{make_agent(user[0])['id']}"
    for turn in range(ROUNDS):
        tag = user[turn % 2].get(path).etag
        answers = at_once(*(lambda n=n: insist(lambda: user[n % 2].patch(path, json={"name": f"{turn}-{n}"}, headers={"If-Match": tag})) for n in range(6)))
        assert statuses(answers) == {200: 1, 412: 5}, answers
        done = next(answer for answer in answers if answer.status == 200).json()
        for client in user:
            assert client.get(path).expect(200)["name"] == done["name"]


# Creations

def agent_body(id, **over):
    return {"id": id, "name": "a", "llm_provider": "p", "llm_model": "m", **over}


def test_creations_at_once_with_one_id_make_one(user):
    agent = make_agent(user[0])
    for turn in range(ROUNDS):
        id, started = uuid7(), now_ms() - 1000
        for path, body in (("/agents", agent_body(id)), ("/workflows", {"id": uuid7(), "name": "w", "graph_definition": {"nodes": [], "edges": []}}),
                           ("/executions", AGENTS.of(agent, id=uuid7(started), started_at=timestamp(started), steps=steps(2)))):
            answers = at_once(*(lambda n=n: insist(lambda: user[n % 2].post(path, json=body)) for n in range(6)))
            assert statuses(answers) == {201: 1, 200: 5}, answers
            assert len({answer.json()["created_at"] for answer in answers}) == 1
    assert AGENTS.count(user[0]) == ROUNDS


def test_of_different_creations_at_once_with_one_id_one_is_made(user):
    agent = make_agent(user[0])
    for turn in range(ROUNDS):
        id = uuid7()
        answers = at_once(*(lambda n=n: insist(lambda: user[n % 2].post("/agents", json=agent_body(id, name=f"n{n}"))) for n in range(6)))
        assert statuses(answers) == {201: 1, 409: 5}, answers
        made = next(answer.json() for answer in answers if answer.status == 201)
        assert user[turn % 2].get(f"/agents/{id}").expect(200)["name"] == made["name"]
        started = now_ms() - 1000
        id = uuid7(started)
        answers = at_once(*(lambda n=n: insist(lambda: AGENTS.post(user[n % 2], agent, id=id, started_at=timestamp(started), session_id=f"s{n}")) for n in range(6)))
        assert statuses(answers) == {201: 1, 409: 5}, answers


def test_creations_at_once_by_two_users_with_one_id_make_one(cluster):
    one, two = cluster.new_user(), cluster.new_user()
    for turn in range(ROUNDS):
        body = agent_body(uuid7())
        answers = at_once(lambda: insist(lambda: one[0].post("/agents", json=body)), lambda: insist(lambda: two[1].post("/agents", json=body)))
        assert statuses(answers) == {201: 1, 409: 1}, answers


def test_creations_at_once_with_one_idempotency_key_have_one_effect(user):
    agent = make_agent(user[0])
    for turn in range(ROUNDS):
        session, headers = unique("session"), {"Idempotency-Key": unique("key")}
        send = lambda n: insist(lambda: record(user[n % 2], agent, session, headers))  # noqa: E731
        answers = at_once(*(lambda n=n: send(n) for n in range(6)))
        assert set(statuses(answers)) <= {201, 409}, answers  # 409: while it is in flight
        done = [answer for answer in answers if answer.status == 201]
        assert len({answer.body for answer in done}) == 1 and sum(answer.headers["Idempotent-Replay"] is None for answer in done) == 1
        for n in range(2):
            again = send(n)
            assert (again.status, again.body, again.headers["Idempotent-Replay"]) == (201, done[0].body, "true")
        assert AGENTS.count(user[turn % 2], session_id=session) == 1


def record(client, agent, session, headers):
    return client.post("/executions", json=AGENTS.of(agent, session_id=session), headers=headers)


@pytest.mark.parametrize("kind", [AGENTS, WORKFLOWS], ids=["agent", "workflow"])
def test_batches_at_once_that_share_rows_make_each_once(user, kind):
    """In opposite orders: whoever waits for another in a circle is run again."""
    subject = kind.make_subject(user[0])
    for turn in range(5):
        base = now_ms() - 100_000
        bodies = [kind.of(subject, id=uuid7(base + i), started_at=timestamp(base + i), steps=steps(2)) for i in range(200)]
        orders = (bodies, bodies[::-1], bodies[100:] + bodies[:100], bodies[::2] + bodies[1::2])
        answers = at_once(*(lambda n=n: insist(lambda: user[n % 2].post(f"{kind.path}/batch", json=orders[n])) for n in range(4)))
        items = [item for answer in answers for item in answer.expect(200)["items"]]
        assert collections.Counter(item["status"] for item in items) == {201: 200, 200: 600}
        assert len({item["id"] for item in items if item["status"] == 201}) == 200
    assert kind.count(user[1]) == 1000


def test_executions_that_arrive_together_are_each_answered_for_themselves(cluster, user):
    """Servers record what arrives together together; what is wrong with one, or has to wait for one, is nothing to the others."""
    agent, gone = make_agent(user[0]), make_agent(user[0])
    user[0].delete(f"/agents/{gone['id']}").expect(204)
    client = user[0]
    for turn in range(ROUNDS):
        known = AGENTS.of(agent, id=uuid7(now_ms() - 5000), session_id="known")
        client.post("/executions", json=known).expect(201)
        late = now_ms() - (40 + 20 * turn) * DAY_MS
        for table in ("agent_executions", "execution_steps"):
            cluster.database.rows(f"drop table if exists {table}_{datetime.fromtimestamp(late / 1000, timezone.utc):%Y_%m}")
        bodies = [(201, AGENTS.of(agent)) for _ in range(5)] + [
            (201, AGENTS.of(agent, steps=steps(3))), (200, known), (409, {**known, "session_id": "other"}), (422, AGENTS.of(gone)),
            (422, AGENTS.of(uuid7())), (201, AGENTS.of(agent, steps=steps(1), **finished(late))), (422, AGENTS.of(agent, colour=1))]
        answers = at_once(*(lambda body=body: insist(lambda: client.post("/executions", json=body)) for _, body in bodies))
        assert [answer.status for answer in answers] == [status for status, _ in bodies], answers
        for answer, (status, body) in zip(answers, bodies):
            if status == 201:
                shown = user[1].get(f"/executions/{answer.json()['id']}").expect(200)
                assert shown == answer.json() and len(shown["steps"]) == len(body.get("steps", []))
    found = user[1].items("/executions", limit=500)
    assert len({item["id"] for item in found}) == len(found) >= 7 * ROUNDS


def test_blocks_of_one_name_at_once_make_one(user):
    for turn in range(ROUNDS):
        body = {"name": unique("block"), "block_type": "llm"}
        answers = at_once(*(lambda n=n: insist(lambda: user[n % 2].post("/blocks", json=body)) for n in range(4)))
        assert statuses(answers) == {201: 1, 409: 3}, answers


def test_steps_of_one_number_at_once_make_one(user):
    path = f"/executions/{AGENTS.make(user[0])['id']}/steps"
    for turn in range(ROUNDS):
        answers = at_once(*(lambda n=n: insist(lambda: user[n % 2].post(path, json={"step_number": turn, "step_type": "action", "content": str(n)})) for n in range(4)))
        assert statuses(answers) == {201: 1, 409: 3}, answers
