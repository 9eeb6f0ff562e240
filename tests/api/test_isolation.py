"""Nobody sees what is not theirs: every operation of /openapi.json is tried with the ids of somebody else."""

import re

import pytest

from client import Client, make_agent, make_block, make_execution, make_tool, make_user, make_workflow, node, unique
from contract import load, make_world

# What may be seen of a public object; everything else below it is the owner's.
READS_OF_PUBLIC = {"GET /agents/{}", "GET /blocks/{}", "GET /workflows/{}"}
COPIES_OF_PUBLIC = {"GET /agents/{}/export", "POST /agents/{}/clone"}


@pytest.fixture(scope="module")
def module_admin(server):
    client = Client(server, server.admin_key)
    client.user = client.get("/me").expect(200)
    return client


ACCESSES = re.compile(r'"access_count":\d+,"last_accessed_at":(null|"[^"]*")|,?\{"id":"[^"]*","type":"accessed",[^{]*\{"count":\d+\}\}')


@pytest.fixture(scope="module")
def found(module_admin):
    return [operation for operation in load(module_admin)[1] if operation.is_under_prefix]


@pytest.fixture(scope="module")
def world(module_admin):
    """Alice's: one of everything, private."""
    return make_world(module_admin, 1, [make_tool(module_admin)["id"]], marker=unique("alices-secret"))


@pytest.fixture(scope="module")
def bob(module_admin):
    return make_user(module_admin, "bob")


def snapshot(world, found):
    """What the owner reads of everything that can be read."""
    answers = {}
    for operation in found:
        if operation.method == "GET" and operation.has_path_parameters:
            client = world.admin if operation.is_for_admins else world.owner
            # Reading a memory counts as an access.
            answers[operation.name] = ACCESSES.sub("", world.send(client, operation).text)
    assert answers
    return answers


def allowed_of_anothers(operation):
    if operation.is_for_admins:
        return {403}
    if operation.name == "GET /tools/{}":
        return {200}
    if operation.name.split()[1].startswith("/users/"):
        return {403, 404}
    return {404}


def shows_nothing(answer, world):
    assert world.marker not in answer.text, answer
    for id in (world.owner.id, *(str(world.ids[kind]) for kind in ("agents", "knowledgebases", "executions", "workflow-executions"))):
        assert id not in answer.text.replace(answer.path, ""), answer


def test_no_operation_reaches_what_is_anothers(world, found, bob):
    before = snapshot(world, found)
    for operation in found:
        if operation.has_path_parameters:
            answer = world.send(bob, operation)
            assert answer.status in allowed_of_anothers(operation), answer
            assert world.marker not in answer.text, answer
    assert snapshot(world, found) == before


def test_conditions_and_heads_reach_no_further(world, found, bob):
    for operation in found:
        if operation.method == "GET" and operation.has_path_parameters and allowed_of_anothers(operation) == {404}:
            etag = world.send(world.owner, operation).headers.get("ETag", '"x"')
            for headers in ({"If-None-Match": etag}, {"If-None-Match": "*"}, {"If-Match": "*"}):
                assert world.send(bob, operation, headers=headers).status in (404, 412), operation.name
            assert bob.head(world.path(operation), absolute=True).status == 404, operation.name


def test_nobody_acts_for_another(world, found, bob):
    before = snapshot(world, found)
    for operation in found:
        path = operation.name.split()[1]
        if path.startswith("/users") or path == "/me":
            continue
        answer = world.send(bob, operation, params={"user_id": world.owner.id})
        assert answer.status == 403 and world.marker not in answer.text, answer
        answer = world.send(bob, operation, params={"user_id": "01890000-0000-7000-8000-000000000000"})
        assert answer.status == 403, answer
    assert snapshot(world, found) == before


def test_without_a_key_every_operation_is_401(world, found, server):
    nobody, forger = Client(server), Client(server, "onggi_" + "A" * 43)
    before = snapshot(world, found)
    for operation in found:
        for client in (nobody, forger):
            answer = world.send(client, operation)
            assert answer.status == 401, answer
            shows_nothing(answer, world)
    assert snapshot(world, found) == before


def test_what_is_for_admins_is_403(world, found, bob):
    tried = [operation for operation in found if operation.is_for_admins]
    assert len(tried) >= 6
    for operation in tried:
        assert world.send(bob, operation).status == 403, operation.name
        assert world.send(world.owner, operation).status == 403, operation.name


def test_no_list_shows_what_is_anothers(world, found, bob):
    values = {"agent_id": world.ids["agents"], "workflow_id": world.ids["workflows"], "session_id": world.session_id, "status": "completed",
              "name": world.marker + " 0", "llm_model": "llama3.1", "block_type": "llm", "limit": 500, "count": "true", "is_public": "false"}
    for operation in found:
        if operation.method != "GET" or operation.has_path_parameters or operation.is_for_admins:
            continue
        names = [name for name in operation.query_names() if name in values]
        for chosen in [(), names, *([name] for name in names)]:
            answer = world.send(bob, operation, params={name: values[name] for name in chosen})
            shows_nothing(answer, world)
            of_alice = {"agent_id", "workflow_id", "session_id", "name"} & set(chosen)
            if answer.status == 200 and answer.content_type == "application/json" and "items" in answer.json() and of_alice:
                assert answer.json()["items"] == [] and answer.json().get("total", 0) == 0, answer


def test_an_id_is_looked_for_in_its_own_collection_only(world, found):
    for operation in found:
        if operation.method == "GET" and operation.has_path_parameters and "/agents/" not in operation.template and not operation.is_for_admins:
            path = world.path(operation)
            for kind in ("tools", "knowledgebases", "blocks", "workflows", "executions", "workflow-executions"):
                path = path.replace(f"/{kind}/{world.ids[kind]}", f"/{kind}/{world.ids['agents']}")
            if path != world.path(operation):
                assert world.owner.get(path, absolute=True).status == 404, path


def test_an_execution_of_what_is_anothers_is_refused(world, bob):
    agent, workflow = world.ids["agents"], world.ids["workflows"]
    answer = bob.post("/executions", json={"agent_id": agent})
    answer.rejects("/agent_id")
    shows_nothing(answer, world)
    bob.post("/workflow-executions", json={"workflow_id": workflow}).rejects("/workflow_id")
    items = bob.post("/executions/batch", json=[{"agent_id": agent}, {"agent_id": make_agent(bob)["id"]}]).expect(200)["items"]
    assert [item["status"] for item in items] == [422, 201]


def test_erasing_a_session_erases_only_ones_own(world, bob):
    mine = make_execution(bob, session_id=world.session_id)
    bob.delete("/executions", session_id=world.session_id).expect(204)
    bob.delete("/workflow-executions", session_id=world.session_id).expect(204)
    bob.get(f"/executions/{mine['id']}").expect(404)
    world.owner.get(f"/executions/{world.ids['executions']}").expect(200)
    world.owner.get(f"/workflow-executions/{world.ids['workflow-executions']}").expect(200)


# Public objects

@pytest.fixture
def public(module_admin):
    world = make_world(module_admin, 1, [make_tool(module_admin)["id"]], marker=unique("public"))
    for kind in ("agents", "blocks", "workflows"):
        world.owner.patch(f"/{kind}/{world.ids[kind]}", json={"is_public": True}).expect(200)
    world.owner.patch(f"/knowledgebases/{world.ids['knowledgebases']}", json={"name": "alices-private-papers"}).expect(200)
    return world


def test_a_public_object_is_read_only_and_shows_no_more_than_itself(public, found, bob):
    before = snapshot(public, found)
    for operation in found:
        if not operation.has_path_parameters:
            continue
        answer = public.send(bob, operation)
        assert "alices-private-papers" not in answer.text, answer
        if operation.name in READS_OF_PUBLIC:
            assert answer.status == 200, answer
            assert not {"latest_version", "schedules", "webhooks"} & set(answer.json()), answer
        elif operation.name in COPIES_OF_PUBLIC:
            assert answer.status in (200, 201, 404), answer
        else:
            assert answer.status in allowed_of_anothers(operation), answer
            assert operation.name == "GET /tools/{}" or public.marker not in answer.text, answer
    assert snapshot(public, found) == before


def test_a_public_agent_hides_the_names_of_knowledgebases(public, bob):
    agent = bob.get(f"/agents/{public.ids['agents']}").expect(200)
    assert [base["name"] for base in agent["knowledgebases"]] == [None]
    assert public.owner.get(f"/agents/{public.ids['agents']}").expect(200)["knowledgebases"][0]["name"] == "alices-private-papers"


def test_a_public_list_item_shows_no_more_than_its_object(public, found, bob):
    for kind in ("agents", "blocks", "workflows"):
        item = next(item for item in bob.items(f"/{kind}", is_public=True, limit=500) if item["id"] == public.ids[kind])
        assert item["user_id"] == public.owner.id
        assert not {"latest_version", "schedules", "webhooks"} & set(item)
        single = bob.get(f"/{kind}/{public.ids[kind]}").expect(200)
        assert all(single.get(name) == value for name, value in item.items())


def test_what_becomes_private_is_gone_at_once_even_for_who_has_it(public, bob):
    for kind in ("agents", "blocks", "workflows"):
        path = f"/{kind}/{public.ids[kind]}"
        etag = bob.get(path).etag
        bob.get(path, headers={"If-None-Match": etag}).expect(304)
        public.owner.patch(path, json={"is_public": False}).expect(200)
        bob.get(path, headers={"If-None-Match": etag}).expect(404)
        bob.get(path).expect(404)
        assert public.ids[kind] not in [item["id"] for item in bob.items(f"/{kind}", limit=500)]


def test_executions_of_a_public_agent_are_their_users(public, bob):
    execution = make_execution(bob, public.ids["agents"])
    public.owner.get(f"/executions/{execution['id']}").expect(404)
    assert execution["id"] not in [item["id"] for item in public.owner.items("/executions", agent_id=public.ids["agents"])]
    assert [item["id"] for item in bob.items("/executions", agent_id=public.ids["agents"])] == [execution["id"]]


def test_names_do_not_leak_through_what_one_shares(bob, module_admin):
    alice = make_user(module_admin, "alice")
    secret = unique("private-name")
    block = make_block(alice, name=secret)
    workflow = make_workflow(alice, [node("n", data={"block_id": block["id"]})], is_public=True)
    for answer in (bob.get(f"/workflows/{workflow['id']}"), bob.get("/workflows", name=workflow["name"])):
        assert answer.status == 200 and secret not in answer.text, answer


def test_a_known_id_cannot_be_taken_to_probe_for_content(world, bob):
    agent = world.owner.get(f"/agents/{world.ids['agents']}").expect(200)
    body = {name: agent[name] for name in ("id", "name", "description", "llm_provider", "llm_model", "configuration")}
    answer = bob.post("/agents", json=body)
    answer.expect(409)
    shows_nothing(answer, world)
