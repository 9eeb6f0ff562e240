"""Knowledgebases: each user's own."""

import pytest

from client import make_agent, make_knowledgebase, newest_first, unique


def test_a_knowledgebase_has_defaults(alice):
    name = unique("papers")
    made = alice.post("/knowledgebases", json={"name": name}).expect(201)
    assert made["name"] == name and made["user_id"] == alice.id
    assert (made["chunk_size"], made["chunk_overlap"], made["configuration"]) == (500, 50, {})
    assert made.get("description") is None and made.get("embedding_model") is None
    assert alice.get(f"/knowledgebases/{made['id']}").expect(200) == made


def test_a_knowledgebase_keeps_every_field(alice):
    fields = {"name": unique("papers"), "description": "d", "embedding_model": "nomic-embed-text", "chunk_size": 1000, "chunk_overlap": 0,
              "configuration": {"a": [1, 2, {"b": None}]}}
    made = make_knowledgebase(alice, **fields)
    assert {name: made[name] for name in fields} == fields


@pytest.mark.parametrize("field, value", [
    ("name", None), ("name", 1), ("chunk_size", "500"), ("chunk_size", 1.5), ("chunk_size", True), ("chunk_size", {}),
    ("chunk_overlap", "50"), ("chunk_overlap", []), ("configuration", []), ("configuration", "{}"), ("configuration", 1),
    ("embedding_model", 3), ("description", ["x"])])
def test_a_value_of_another_type_is_refused(alice, field, value):
    alice.post("/knowledgebases", json={"name": "x", field: value}).rejects("/" + field)



def test_a_patch_merges_the_configuration(alice):
    made = make_knowledgebase(alice, configuration={"keep": 1, "drop": 2, "deep": {"a": 1, "b": [1, 2]}})
    path = f"/knowledgebases/{made['id']}"
    patched = alice.patch(path, json={"configuration": {"drop": None, "deep": {"b": [3], "c": {"d": None, "e": 1}}}}).expect(200)
    assert patched["configuration"] == {"keep": 1, "deep": {"a": 1, "b": [3], "c": {"e": 1}}}
    assert patched["version"] == made["version"] + 1
    assert alice.patch(path, json={"configuration": None, "chunk_size": None}).expect(200)["configuration"] == {}


def test_put_replaces(alice):
    made = make_knowledgebase(alice, description="d", chunk_size=900, configuration={"a": 1})
    put = alice.put(f"/knowledgebases/{made['id']}", json={"name": "new"}).expect(200)
    assert (put["name"], put.get("description"), put["chunk_size"], put["configuration"]) == ("new", None, 500, {})
    assert put["created_at"] == made["created_at"] and put["id"] == made["id"]


def test_knowledgebases_are_filtered(alice):
    model = unique("model")
    a = make_knowledgebase(alice, embedding_model=model)
    b = make_knowledgebase(alice, embedding_model=model, name=unique("b"))
    assert [item["id"] for item in alice.items("/knowledgebases", embedding_model=model)] == newest_first(a, b)
    assert [item["id"] for item in alice.items("/knowledgebases", name=b["name"])] == [b["id"]]


def test_nobody_else_sees_it(alice, bob):
    made = make_knowledgebase(alice)
    path = f"/knowledgebases/{made['id']}"
    bob.get(path).expect(404)
    bob.put(path, json={"name": "x"}).expect(404)
    bob.patch(path, json={"name": "x"}).expect(404)
    bob.delete(path).expect(404)
    assert bob.items("/knowledgebases", name=made["name"]) == []
    assert alice.get(path).expect(200) == made


def test_deleting_it_takes_it_from_agents(alice):
    a, b = make_knowledgebase(alice), make_knowledgebase(alice)
    agent = make_agent(alice, knowledgebases=[{"knowledgebase_id": a["id"]}, {"knowledgebase_id": b["id"], "priority": 2}])
    alice.delete(f"/knowledgebases/{a['id']}").expect(204)
    alice.get(f"/knowledgebases/{a['id']}").expect(404)
    left = alice.get(f"/agents/{agent['id']}").expect(200)["knowledgebases"]
    assert [(item["knowledgebase_id"], item["priority"]) for item in left] == [(b["id"], 2)]
