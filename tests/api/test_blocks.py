"""Blocks: named uniquely within a user, readable by all when public."""

import pytest

from client import in_parallel, make_block, make_workflow, newest_first, node, unique


def test_a_block_has_defaults(alice):
    name = unique("router")
    block = alice.post("/blocks", json={"name": name, "block_type": "logic"}).expect(201)
    assert block["name"] == name and block["block_type"] == "logic" and block["user_id"] == alice.id
    assert block["input_schema"] == block["output_schema"] == block["configuration"] == {}
    assert block["is_public"] is False
    assert block.get("description") is None and block.get("implementation") is None
    assert alice.get(f"/blocks/{block['id']}").expect(200) == block


@pytest.mark.parametrize("block_type", ["llm", "tool", "logic", "composite"])
def test_a_block_keeps_every_field(alice, block_type):
    fields = {"name": unique(), "description": "d", "block_type": block_type, "input_schema": {"i": 1}, "output_schema": {"o": 2},
              "configuration": {"c": 3}, "implementation": "def run(): ...", "is_public": True}
    block = make_block(alice, **fields)
    assert {name: block[name] for name in fields} == fields


@pytest.mark.parametrize("field, value", [
    ("name", None), ("block_type", None), ("block_type", "loop"), ("block_type", 1), ("is_public", 1), ("is_public", "false"),
    ("configuration", []), ("input_schema", "x"), ("output_schema", 1), ("implementation", {}), ("description", 1)])
def test_an_invalid_field_is_named(alice, field, value):
    alice.post("/blocks", json={"name": unique(), "block_type": "llm", field: value}).rejects("/" + field)


def test_a_name_is_unique_within_a_user(alice, bob):
    block = make_block(alice)
    alice.post("/blocks", json={"name": block["name"], "block_type": "tool"}).expect(409)
    make_block(bob, name=block["name"])
    other = make_block(alice)
    alice.patch(f"/blocks/{other['id']}", json={"name": block["name"]}).expect(409)
    alice.put(f"/blocks/{other['id']}", json={"name": block["name"], "block_type": "llm"}).expect(409)
    assert alice.get(f"/blocks/{other['id']}").expect(200) == other
    assert alice.patch(f"/blocks/{block['id']}", json={"name": block["name"], "description": "same name"}).expect(200)


def test_a_name_is_free_again_after_deletion_and_renaming(alice):
    block, other = make_block(alice), make_block(alice)
    alice.delete(f"/blocks/{block['id']}").expect(204)
    make_block(alice, name=block["name"])
    alice.patch(f"/blocks/{other['id']}", json={"name": unique()}).expect(200)
    make_block(alice, name=other["name"])


def test_of_many_at_once_one_gets_the_name(alice):
    name = unique("race")
    statuses = in_parallel(lambda i: alice.post("/blocks", json={"name": name, "block_type": "llm", "description": str(i)}).status, range(16))
    assert sorted(statuses) == [201] + [409] * 15
    assert len(alice.items("/blocks", name=name)) == 1


def test_a_public_block_is_read_only_to_others(alice, bob):
    block = make_block(alice, is_public=True, configuration={"a": 1})
    path = f"/blocks/{block['id']}"
    assert bob.get(path).expect(200)["configuration"] == {"a": 1}
    bob.put(path, json={"name": "x", "block_type": "llm"}).expect(404)
    bob.patch(path, json={"name": "x"}).expect(404)
    bob.delete(path).expect(404)
    assert alice.get(path).expect(200) == block


def test_lists_show_public_blocks_of_others(alice, bob):
    name = unique("shared")
    public, private = make_block(alice, name=name, is_public=True), make_block(bob, name=name)
    make_block(alice, name=unique(), is_public=False)

    def found(client, **filters):
        return [block["id"] for block in client.items("/blocks", name=name, **filters)]

    assert found(bob) == newest_first(private, public)
    assert found(bob, is_public=True) == [public["id"]]
    assert found(bob, is_public=False) == [private["id"]]
    assert found(alice) == [public["id"]]
    alice.patch(f"/blocks/{public['id']}", json={"is_public": False}).expect(200)
    assert found(bob) == [private["id"]]
    bob.get(f"/blocks/{public['id']}").expect(404)


def test_blocks_are_filtered_by_type(alice):
    a, b = make_block(alice, block_type="tool"), make_block(alice, block_type="composite")
    assert [block["id"] for block in alice.items("/blocks", block_type="tool", is_public=False)] == [a["id"]]
    assert [block["id"] for block in alice.items("/blocks", block_type="composite", name=b["name"])] == [b["id"]]


def test_nodes_keep_the_reference_to_a_deleted_block(alice):
    block = make_block(alice)
    workflow = make_workflow(alice, [node("n", type="block", data={"block_id": block["id"]})])
    assert workflow["nodes"][0]["ref_name"] == block["name"]
    alice.delete(f"/blocks/{block['id']}").expect(204)
    left = alice.get(f"/workflows/{workflow['id']}").expect(200)["nodes"][0]
    assert left["block_id"] == block["id"] and left["ref_name"] is None
    assert left["data"] == {"block_id": block["id"]}
    alice.get(f"/blocks/{block['id']}").expect(404)
    alice.delete(f"/blocks/{block['id']}").expect(404)
