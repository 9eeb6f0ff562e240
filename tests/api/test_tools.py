"""Tools: one catalogue for all; admins write, everybody reads."""

import pytest

from client import make_agent, make_tool, newest_first, unique

LEAST = {"name": "Tool", "input_schema": {}, "implementation_type": "builtin"}


def new_id():
    return unique("tool").replace("-", "_")


def test_a_tool_has_defaults(admin):
    id = new_id()
    tool = admin.post("/tools", json={"id": id, **LEAST}).expect(201)
    assert tool["id"] == id and tool["name"] == "Tool" and tool["input_schema"] == {} and tool["output_schema"] == {}
    assert tool["requires_auth"] is False and tool["is_builtin"] is False
    for field in ("description", "category", "implementation_ref"):
        assert tool.get(field) is None
    assert {"created_at", "updated_at", "version"} <= set(tool)


def test_a_tool_keeps_every_field(admin, alice):
    fields = {"id": new_id(), "name": "Vector search", "description": "finds", "category": "retrieval",
              "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}}, "output_schema": {"type": "array"},
              "implementation_type": "langchain", "implementation_ref": "tools.vector:search", "requires_auth": True, "is_builtin": True}
    tool = admin.post("/tools", json=fields).expect(201)
    assert {name: tool[name] for name in fields} == fields
    assert alice.get(f"/tools/{fields['id']}").expect(200) == tool


@pytest.mark.parametrize("field", ["id", "name", "input_schema", "implementation_type"])
def test_a_required_field_cannot_be_missing(admin, field):
    fields = {"id": new_id(), **LEAST}
    admin.post("/tools", json={name: value for name, value in fields.items() if name != field}).rejects("/" + field)
    admin.post("/tools", json={**fields, field: None}).rejects("/" + field)


@pytest.mark.parametrize("id", ["", "has space", "../users", "a/b", "a?b", "ütf", "new\nline", 7, {}])
def test_an_id_is_a_slug(admin, id):
    admin.post("/tools", json={**LEAST, "id": id}).rejects("/id")


@pytest.mark.parametrize("field, value", [
    ("implementation_type", "python"), ("implementation_type", 1), ("input_schema", "{}"), ("input_schema", []), ("input_schema", 1),
    ("output_schema", []), ("requires_auth", "true"), ("requires_auth", 1), ("is_builtin", 0), ("name", 7), ("description", {}),
    ("category", []), ("implementation_ref", False)])
def test_a_value_of_another_type_is_refused(admin, field, value):
    admin.post("/tools", json={"id": new_id(), **LEAST, field: value}).rejects("/" + field)


def test_only_admins_write(admin, alice):
    tool = make_tool(admin)
    path = f"/tools/{tool['id']}"
    alice.post("/tools", json={"id": new_id(), **LEAST}).expect(403)
    alice.put(path, json={"id": tool["id"], **LEAST}).expect(403)
    alice.patch(path, json={"name": "mine"}).expect(403)
    alice.delete(path).expect(403)
    assert alice.get(path).expect(200) == tool


def test_a_tool_made_twice_is_made_once(admin):
    fields = {"id": new_id(), **LEAST, "input_schema": {"a": 1, "b": 2}}
    first = admin.post("/tools", json=fields).expect(201)
    assert admin.post("/tools", json={**fields, "input_schema": {"b": 2, "a": 1}}).expect(200) == first
    admin.post("/tools", json={**fields, "name": "Other"}).expect(409)
    assert admin.get(f"/tools/{fields['id']}").expect(200) == first


def test_patch_and_put_change_a_tool(admin):
    tool = make_tool(admin, description="old", category="search", input_schema={"a": {"b": 1, "c": 2}})
    path = f"/tools/{tool['id']}"
    patched = admin.patch(path, json={"description": None, "input_schema": {"a": {"b": None}}}).expect(200)
    assert patched.get("description") is None and patched["input_schema"] == {"a": {"c": 2}} and patched["category"] == "search"
    assert patched["version"] == tool["version"] + 1
    replaced = admin.put(path, json={**LEAST, "name": "New"}).expect(200)
    assert replaced["name"] == "New" and replaced.get("category") is None and replaced["input_schema"] == {}
    assert admin.get(path).expect(200) == replaced


def test_the_id_of_a_tool_is_final(admin):
    tool = make_tool(admin)
    admin.patch(f"/tools/{tool['id']}", json={"id": new_id()}).rejects("/id")
    assert admin.patch(f"/tools/{tool['id']}", json={"id": tool["id"], "name": "N"}).expect(200)["name"] == "N"


def test_tools_are_filtered(admin, alice):
    category = unique("category")
    a = make_tool(admin, category=category, implementation_type="custom", requires_auth=True, name=unique("name"))
    b = make_tool(admin, category=category, implementation_type="langchain", is_builtin=True)

    def found(**filters):
        return [tool["id"] for tool in alice.items("/tools", category=category, **filters)]

    assert found() == newest_first(a, b)
    assert found(implementation_type="custom") == [a["id"]]
    assert found(requires_auth=True) == [a["id"]]
    assert found(requires_auth=False) == [b["id"]]
    assert found(is_builtin=True) == [b["id"]]
    assert found(name=a["name"]) == [a["id"]]
    alice.get("/tools", requires_auth="perhaps").rejects("requires_auth")


def test_a_tool_in_use_is_not_deleted(admin, alice):
    tool = make_tool(admin)
    agent = make_agent(alice, tools=[{"tool_id": tool["id"]}])
    admin.delete(f"/tools/{tool['id']}").expect(409)
    alice.patch(f"/agents/{agent['id']}", json={"tools": []}).expect(200)
    admin.delete(f"/tools/{tool['id']}").expect(204)
    alice.get(f"/tools/{tool['id']}").expect(404)
    admin.delete(f"/tools/{tool['id']}").expect(404)
    assert tool["id"] not in [item["id"] for item in alice.items("/tools")]


def test_a_tool_that_is_not_there_is_404(admin):
    admin.get("/tools/no_such_tool").expect(404)
    admin.patch("/tools/no_such_tool", json={"name": "x"}).expect(404)
