"""Many writers, two servers, one database: nothing is lost, nothing is done twice, rules that span rows hold."""

import collections
import threading
from datetime import datetime, timezone

import pytest

from client import Client, in_parallel, make_agent, make_knowledgebase, make_tool, make_workflow, node, now_ms, timestamp, unique, uuid7
from stores import postgres_only
from support_executions import AGENTS, DAY_MS, WORKFLOWS, finished, steps
from support_postgres import Cluster, at_once, insist

pytestmark = postgres_only
CLIENTS = 16
ROUNDS = 15


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()
    assert cluster.complaints()[:5] == []


@pytest.fixture
def user(cluster):
    """A new user, as a client of each server."""
    return cluster.new_user()


def statuses(answers):
    return collections.Counter(answer.status for answer in answers)


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


# Rules that span rows


@pytest.mark.parametrize("how", ["demoted", "removed"])
def test_two_admins_that_remove_each_other_leave_one(tmp_path, how):
    cluster = Cluster(tmp_path)
    try:
        survivor = cluster.admins[0]
        first = survivor.get("/me").expect(200)
        for turn in range(ROUNDS):
            user = survivor.post("/users", json={"name": f"second {turn}", "role": "admin"}).expect(201)
            key = survivor.post(f"/users/{user['id']}/keys", json={"name": "k"}).expect(201)["key"]
            second = Client(cluster.servers[1], key, user)
            survivor = Client(cluster.servers[0], survivor.key, first)
            second.get("/users").expect(200)
            ask = lambda client, other: lambda: insist(lambda: (  # noqa: E731
                client.patch(f"/users/{other['id']}", json={"role": "user"}) if how == "demoted" else client.delete(f"/users/{other['id']}")))
            answers = at_once(ask(survivor, user), ask(second, first))
            done = [answer.status in (200, 204) for answer in answers]
            assert sum(done) == 1, answers
            assert next(answer.status for answer, is_done in zip(answers, done) if not is_done) in (401, 403, 404, 409), answers
            if done[1]:
                survivor, first = second, user
            found = [one for one in survivor.items("/users") if one["role"] == "admin"]
            assert [one["id"] for one in found] == [first["id"]]
    finally:
        cluster.close()


def test_an_admin_that_two_demote_at_once_is_demoted_once_and_one_stays(tmp_path):
    cluster = Cluster(tmp_path)
    try:
        admin = cluster.admins
        ids = [admin[0].get("/me").expect(200)["id"]] + [admin[0].post("/users", json={"name": f"a{i}", "role": "admin"}).expect(201)["id"] for i in range(5)]
        answers = at_once(*(lambda n=n: insist(lambda: admin[n % 2].patch(f"/users/{ids[n]}", json={"role": "user"})) for n in range(6)))
        assert all(answer.status in (200, 403, 409) for answer in answers), answers
        roles = rows_of_roles(cluster)
        assert roles.count("admin") >= 1
        assert roles.count("admin") == 6 - statuses(answers)[200]
    finally:
        cluster.close()


def rows_of_roles(cluster):
    return [role for role, in cluster.database.rows("select role from users")]


def test_an_agent_made_while_its_tool_is_deleted_is_refused_or_keeps_it(cluster, user):
    outcomes = collections.Counter()
    for turn in range(ROUNDS * 2):
        tool = make_tool(cluster.admins[turn % 2])
        body = agent_body(uuid7(), tools=[{"tool_id": tool["id"]}])
        made, deleted = at_once(lambda: insist(lambda: user[0].post("/agents", json=body)),
                                lambda: insist(lambda: cluster.admins[1].delete(f"/tools/{tool['id']}")))
        outcome = made.status, deleted.status
        assert outcome in ((201, 409), (422, 204)), (made, deleted)
        outcomes[outcome] += 1
        if made.status == 201:
            assert user[1].get(f"/agents/{body['id']}").expect(200)["tools"][0]["tool"]["name"] == tool["name"]
        else:
            made.rejects("/tools/0/tool_id")
    assert sum(outcomes.values()) == ROUNDS * 2


def test_an_agent_made_while_its_knowledgebase_is_deleted_shows_only_what_is_there(user):
    for turn in range(ROUNDS * 2):
        base = make_knowledgebase(user[0])
        body = agent_body(uuid7(), knowledgebases=[{"knowledgebase_id": base["id"]}])
        made, deleted = at_once(lambda: insist(lambda: user[0].post("/agents", json=body)),
                                lambda: insist(lambda: user[1].delete(f"/knowledgebases/{base['id']}")))
        assert deleted.status == 204 and made.status in (201, 422), (made, deleted)
        for client in user if made.status == 201 else ():
            assert client.get(f"/agents/{body['id']}").expect(200)["knowledgebases"] == []


def test_executions_of_an_agent_that_is_being_deleted_are_recorded_or_refused(user):
    for turn in range(ROUNDS):
        agent = make_agent(user[0], name=f"agent {turn}")
        answers = at_once(*(lambda n=n: insist(lambda: AGENTS.post(user[n % 2], agent)) for n in range(4)),
                          lambda: insist(lambda: user[0].delete(f"/agents/{agent['id']}")))
        assert answers[-1].status == 204 and all(answer.status in (201, 422) for answer in answers[:-1]), answers
        for client in user:
            items = client.items("/executions", agent_id=agent["id"])
            assert len(items) == statuses(answers)[201] and all(item["agent_name"] == agent["name"] for item in items)


def test_whoever_writes_while_being_erased_leaves_nothing_behind(cluster):
    for turn in range(6):
        user = cluster.new_user()
        agent = make_agent(user[0])
        stop, odd = threading.Event(), []

        def write(client):
            while not stop.is_set():
                for answer in (client.post("/agents", json=agent_body(uuid7())), AGENTS.post(client, agent)):
                    if answer.status not in (201, 401, 404, 409, 422, 503):
                        odd.append(answer)
                    if answer.status == 401:
                        return

        threads = [threading.Thread(target=write, args=(client,)) for client in user * 2]
        for thread in threads:
            thread.start()
        answer = insist(lambda: cluster.admins[turn % 2].delete(f"/users/{user[0].id}", erase="true"))
        stop.set()
        for thread in threads:
            thread.join()
        assert answer.status == 204 and odd == []
        left = {table: cluster.database.rows(f"select count(*) from {table} where user_id = %s", [user[0].id])[0][0]
                for table in ("agents", "agent_executions", "api_keys", "idempotency_keys")}
        assert not any(left.values()), left
