"""Rules that span rows, while many write through two servers: they hold."""

import collections
import threading

import pytest

from client import Client, make_agent, make_knowledgebase, make_tool, uuid7
from stores import postgres_only
from support_executions import AGENTS
from support_postgres import Cluster, at_once, cluster, insist, statuses, user  # noqa: F401 (fixtures)

pytestmark = postgres_only
ROUNDS = 15


def agent_body(id, **over):
    return {"id": id, "name": "a", "llm_provider": "p", "llm_model": "m", **over}


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
