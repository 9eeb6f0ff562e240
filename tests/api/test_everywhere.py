"""What holds for every resource: ids, creation, replacement and patches, what is refused, and acting for a user."""

import pytest

from client import MERGE_PATCH, in_parallel, make_agent, make_knowledgebase, make_tool, make_workflow, timestamp, to_ms, unique, uuid7
from contract import BODIES, load, make_world

NOBODY = "01890000-0000-7000-8000-000000000000"
LEAST = {
    "knowledgebases": lambda: {"name": unique("k")},
    "blocks": lambda: {"name": unique("b"), "block_type": "llm"},
    "agents": lambda: {"name": unique("a"), "llm_provider": "ollama", "llm_model": "m"},
    "workflows": lambda: {"name": unique("w"), "graph_definition": {"nodes": [], "edges": []}},
}
resources = pytest.mark.parametrize("resource", LEAST)


def is_uuid7(text):
    return len(text) == 36 and text == text.lower() and text[14] == "7" and text[19] in "89ab"


# Creation

@resources
def test_the_server_makes_ids_and_times(alice, resource):
    made = alice.post(f"/{resource}", json=LEAST[resource]()).expect(201)
    assert is_uuid7(made["id"]) and made["user_id"] == alice.id and isinstance(made["version"], int)
    assert abs(to_ms(made["created_at"]) - to_ms(timestamp())) < 60_000 and made["updated_at"] == made["created_at"]
    assert abs(int(made["id"].replace("-", "")[:12], 16) - to_ms(made["created_at"])) < 1_000


@resources
def test_a_repeated_creation_answers_the_stored_object(alice, resource):
    body = {"id": uuid7(), **LEAST[resource]()}
    first = alice.post(f"/{resource}", json=body).expect(201)
    assert first["id"] == body["id"]
    assert alice.post(f"/{resource}", json=body).expect(200) == first
    assert alice.post(f"/{resource}", json=dict(reversed(body.items()))).expect(200) == first
    alice.post(f"/{resource}", json={**body, "name": unique("other")}).expect(409)
    assert alice.get(f"/{resource}/{body['id']}").expect(200) == first


@resources
def test_a_repeated_creation_after_a_change_answers_what_is_stored(alice, resource):
    body = {"id": uuid7(), **LEAST[resource]()}
    alice.post(f"/{resource}", json=body).expect(201)
    changed = alice.patch(f"/{resource}/{body['id']}", json={"description": "changed"}).expect(200)
    assert alice.post(f"/{resource}", json=body).expect(200) == changed
    alice.post(f"/{resource}", json={**body, "description": "changed"}).expect(409)


@resources
def test_an_id_of_somebody_else_is_a_conflict(alice, bob, resource):
    body = {"id": uuid7(), **LEAST[resource]()}
    first = alice.post(f"/{resource}", json=body).expect(201)
    answer = bob.post(f"/{resource}", json=body)
    answer.expect(409)
    assert first["name"] not in answer.text
    bob.get(f"/{resource}/{body['id']}").expect(404)


@resources
def test_of_many_creations_at_once_one_is_the_first(alice, resource):
    body = {"id": uuid7(), **LEAST[resource]()}
    statuses = in_parallel(lambda _: alice.post(f"/{resource}", json=body).status, range(16))
    assert sorted(statuses) == [200] * 15 + [201]


@resources
@pytest.mark.parametrize("id", ["", "x", 7, "01890000-0000-7000-8000-00000000000", "01890000-0000-7000-8000-00000000000g", {}])
def test_what_is_no_id_is_refused(alice, resource, id):
    alice.post(f"/{resource}", json={**LEAST[resource](), "id": id}).rejects("/id")


@resources
def test_an_id_in_a_path_that_is_none_is_404(alice, resource):
    for id in (NOBODY, "x", NOBODY[:-1], "'%20OR%201=1--", "%E2%82%AC"):
        alice.get(f"/{resource}/{id}").expect(404)
        alice.delete(f"/{resource}/{id}").expect(404)
    for id in ("%00", "..%2f..", "%ff", "0" * 2000):
        alice.get(f"/{resource}/{id}").expect(400, 404, 414)


@resources
@pytest.mark.parametrize("field, value", [("created_at", "2020-01-01T00:00:00.000Z"), ("version", 9), ("user_id", NOBODY), ("updated_at", "x")])
def test_a_creation_cannot_set_what_is_read_only(alice, resource, field, value):
    alice.post(f"/{resource}", json={**LEAST[resource](), field: value}).rejects("/" + field)


# Replacement and merge patches

@resources
def test_read_only_fields_are_accepted_as_they_are_and_refused_otherwise(alice, resource):
    made = alice.post(f"/{resource}", json=LEAST[resource]()).expect(201)
    path = f"/{resource}/{made['id']}"
    alice.put(path, json=made).expect(200)
    now = alice.get(path).expect(200)
    others = {"id": NOBODY, "user_id": NOBODY, "created_at": "2020-01-01T00:00:00.000Z", "version": now["version"] + 1}
    for field, value in others.items():
        alice.put(path, json={**now, field: value}).rejects("/" + field)
        alice.patch(path, json={field: value}).rejects("/" + field)
    assert alice.get(path).expect(200) == now


@resources
def test_put_needs_what_creation_needs(alice, resource):
    made = alice.post(f"/{resource}", json={**LEAST[resource](), "description": "d"}).expect(201)
    path = f"/{resource}/{made['id']}"
    for field in LEAST[resource]():
        alice.put(path, json={k: v for k, v in LEAST[resource]().items() if k != field}).rejects("/" + field)
    assert alice.get(path).expect(200) == made
    assert alice.put(path, json=LEAST[resource]()).expect(200).get("description") is None


@resources
def test_null_in_a_patch_is_the_default_and_refused_where_required(alice, resource):
    made = alice.post(f"/{resource}", json={**LEAST[resource](), "description": "d"}).expect(201)
    path = f"/{resource}/{made['id']}"
    assert alice.patch(path, json={"description": None}).expect(200).get("description") is None
    for field in LEAST[resource]():
        alice.patch(path, json={field: None}).rejects("/" + field)


@resources
def test_both_media_types_of_a_patch_mean_a_merge_patch(alice, resource):
    made = alice.post(f"/{resource}", json=LEAST[resource]()).expect(201)
    path = f"/{resource}/{made['id']}"
    for kind in (MERGE_PATCH, "application/json", "application/json; charset=utf-8", "Application/JSON"):
        patched = alice.patch(path, json={"description": kind}, headers={"Content-Type": kind}).expect(200)
        assert patched["description"] == kind and patched["name"] == made["name"]
    for kind in ("application/json-patch+json", "text/plain"):
        alice.patch(path, json={"description": "x"}, headers={"Content-Type": kind}).expect(415)


def test_a_version_counts_changes_and_updated_at_moves(alice):
    agent = make_agent(alice)
    path = f"/agents/{agent['id']}"
    for i in range(3):
        changed = alice.patch(path, json={"description": str(i)}).expect(200)
        assert changed["version"] == agent["version"] + i + 1
        assert changed["created_at"] == agent["created_at"] and to_ms(changed["updated_at"]) >= to_ms(agent["updated_at"])


def test_a_merge_patch_follows_rfc_7396(alice):
    cases = [  # target, patch, result: those of the RFC's appendix that are objects, inside a document
        ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}), ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}), ({"a": ["b"]}, {"a": "c"}, {"a": "c"}), ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}), ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}), ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": "x"}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}), ({"a": 1}, {"a": [None]}, {"a": [None]}), ({"a": 1}, {}, {"a": 1}),
        ({"": 1, "/": 2, "~": 3}, {"": None, "/": None}, {"~": 3})]
    for target, patch, result in cases:
        base = make_knowledgebase(alice, configuration=target)
        assert base["configuration"] == target
        patched = alice.patch(f"/knowledgebases/{base['id']}", json={"configuration": patch}).expect(200)
        assert patched["configuration"] == result, (target, patch)


@pytest.mark.parametrize("resource", ["agents", "blocks", "knowledgebases"])
def test_concurrent_merge_patches_never_lose_each_others_change(alice, resource):
    made = alice.post(f"/{resource}", json=LEAST[resource]()).expect(201)
    path = f"/{resource}/{made['id']}"
    in_parallel(lambda i: alice.patch(path, json={"configuration": {f"k{i}": i, "deep": {f"d{i}": i}}}).expect(200), range(120))
    after = alice.get(path).expect(200)
    expected = {**{f"k{i}": i for i in range(120)}, "deep": {f"d{i}": i for i in range(120)}}
    assert after["configuration"] == expected and after["version"] == made["version"] + 120


def test_concurrent_patches_of_a_graph_never_lose_each_others_change(alice):
    workflow = make_workflow(alice)
    path = f"/workflows/{workflow['id']}"
    in_parallel(lambda i: alice.patch(path, json={"graph_definition": {"notes": {str(i): i}}}).expect(200), range(60))
    assert alice.get(path).expect(200)["graph_definition"]["notes"] == {str(i): i for i in range(60)}


# What is refused

@resources
def test_what_is_not_an_object_is_refused(alice, resource):
    for text in (b"[]", b"null", b"1", b'"x"', b"true"):
        alice.post(f"/{resource}", body=text).rejects("")
    for text in (b"", b"{", b"{]", b"nul", b"{'a': 1}", b'{"a": 1,}', b'{"a": NaN}', b'{"name": "x"} x', b'{"a": 01}', b'\xef\xbb\xbf{"a":'):
        alice.post(f"/{resource}", body=text).expect(400)
    alice.post(f"/{resource}").expect(400)
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", MERGE_PATCH):
        alice.post(f"/{resource}", json=LEAST[resource](), headers={"Content-Type": kind}).expect(415)


@resources
def test_other_methods_and_paths_are_refused(alice, resource):
    made = alice.post(f"/{resource}", json=LEAST[resource]()).expect(201)
    for method, path in [("PUT", f"/{resource}"), ("PATCH", f"/{resource}"), ("POST", f"/{resource}/{made['id']}")]:
        answer = alice.request(method, path, json={})
        answer.expect(405)
        assert "GET" in answer.headers["Allow"]
    alice.get(f"/{resource}/{made['id']}/nothing").expect(404)
    alice.get("/nothing").expect(404)
    alice.get("//api/agent-builders/agents").expect(404)


@pytest.fixture
def world(admin):
    return make_world(admin, 1, [make_tool(admin)["id"]])


def callers(world, found):
    """Each operation under the prefix with a client that may call it."""
    return [(operation, world.admin if operation.is_for_admins else world.owner) for operation in found if operation.is_under_prefix]


def test_an_unknown_parameter_is_never_silently_dropped(world):
    _, found = load(world.admin)
    for operation, client in callers(world, found):
        answer = world.send(client, operation, params={"no_such_parameter": "1"})
        assert answer.status == 422 and "no_such_parameter" in answer.fields(), answer


def test_a_parameter_given_twice_is_refused(world):
    _, found = load(world.admin)
    for operation, client in callers(world, found):
        for name in operation.query_names():
            method, path, arguments = world.request(operation)
            pairs = [*((n, v) for n, v in arguments.pop("params").items() if n != name), (name, "1"), (name, "1")]
            answer = client.request(method, path, absolute=True, params=pairs, **arguments)
            assert answer.status == 422 and name in answer.fields(), answer


def test_an_unknown_field_is_never_silently_dropped(world):
    _, found = load(world.admin)
    for operation, client in callers(world, found):
        body = BODIES[operation.name](world) if operation.name in BODIES else None
        if isinstance(body, dict):
            world.send(client, operation, json={**body, "no_such_field": 1}).rejects("/no_such_field")


def test_text_that_looks_like_sql_is_text(alice):
    for name in ("'; DROP TABLE agents; --", 'a"b', "%_\\", "$1 ?2 :x", "🏺옹기"):
        agent = make_agent(alice, name=name, description=name)
        assert alice.get(f"/agents/{agent['id']}").expect(200)["name"] == name
        assert [item["id"] for item in alice.items("/agents", name=name, is_public=False)] == [agent["id"]]


# Acting for a user

def test_an_admin_acts_for_a_user(admin, alice):
    agent = admin.post("/agents", json=LEAST["agents"](), user_id=alice.id).expect(201)
    path = f"/agents/{agent['id']}"
    assert agent["user_id"] == alice.id and alice.get(path).expect(200) == agent
    assert agent["id"] in [item["id"] for item in admin.items("/agents", user_id=alice.id)]
    changed = admin.patch(path, json={"name": "by the admin"}, user_id=alice.id).expect(200)
    assert alice.get(path).expect(200) == changed
    own = make_agent(alice)
    assert admin.get(f"/agents/{own['id']}", user_id=alice.id).expect(200) == own
    admin.delete(f"/agents/{own['id']}", user_id=alice.id).expect(204)
    alice.get(f"/agents/{own['id']}").expect(404)


def test_an_admin_who_acts_for_a_user_sees_what_the_user_sees(admin, alice, bob):
    agent = make_agent(bob)
    admin.get(f"/agents/{agent['id']}", user_id=alice.id).expect(404)
    admin.post("/agents", json={**LEAST["agents"](), "knowledgebases": [{"knowledgebase_id": make_knowledgebase(bob)["id"]}]},
               user_id=alice.id).rejects("/knowledgebases/0/knowledgebase_id")


def test_a_user_acts_for_itself_only(admin, alice, bob):
    agent = make_agent(alice)
    assert alice.get(f"/agents/{agent['id']}", user_id=alice.id).expect(200) == agent
    bob.get(f"/agents/{agent['id']}", user_id=alice.id).expect(403)
    bob.get("/agents", user_id=admin.id).expect(403)
    bob.post("/agents", json=LEAST["agents"](), user_id=alice.id).expect(403)
    bob.get("/agents", user_id=NOBODY).expect(403)
    admin.get("/agents", user_id=NOBODY).expect(404)
    admin.post("/agents", json=LEAST["agents"](), user_id=NOBODY).expect(404)
