"""Agents: their tools and knowledgebases, clones, exports, versions and soft deletion."""

import pytest

from client import make_agent, make_execution, make_knowledgebase, make_tool, newest_first, unique

LEAST = {"name": "a", "llm_provider": "ollama", "llm_model": "llama3.1"}
CONTENT = ("name", "description", "agent_type", "llm_provider", "llm_model", "configuration", "is_public", "tools", "knowledgebases")


def versions(client, agent):
    return client.items(f"/agents/{agent['id']}/versions")


def links(agent):
    """What an agent refers to, without what a GET embeds."""
    return (sorted((tool["tool_id"], tool["order"], str(tool["configuration"])) for tool in agent["tools"]),
            sorted((base["knowledgebase_id"], base["priority"]) for base in agent["knowledgebases"]))


def test_an_agent_has_defaults(alice):
    agent = alice.post("/agents", json=LEAST).expect(201)
    assert {name: agent[name] for name in LEAST} == LEAST
    assert (agent["agent_type"], agent["configuration"], agent["is_public"]) == ("custom", {}, False)
    assert agent["tools"] == [] and agent["knowledgebases"] == [] and agent["user_id"] == alice.id
    assert agent.get("description") is None
    assert alice.get(f"/agents/{agent['id']}").expect(200) == agent


def test_a_creation_answers_what_a_get_answers_and_where(alice):
    answer = alice.post("/agents", json=LEAST)
    got = alice.get(f"/agents/{answer.expect(201)['id']}")
    assert answer.body == got.body and answer.etag == got.etag
    assert answer.headers["Location"].endswith(f"/api/agent-builder/agents/{got.json()['id']}")


@pytest.mark.parametrize("field, value", [
    ("name", None), ("llm_provider", None), ("llm_model", None), ("name", 1), ("llm_provider", {}), ("agent_type", "bespoke"),
    ("configuration", []), ("configuration", "{}"), ("is_public", "yes"), ("is_public", 0), ("tools", {}), ("tools", "x"),
    ("knowledgebases", 1)])
def test_an_invalid_field_is_named(alice, field, value):
    alice.post("/agents", json={**LEAST, field: value}).rejects("/" + field)


@pytest.mark.parametrize("tools, field", [
    ([{}], "/tools/0/tool_id"), ([{"tool_id": None}], "/tools/0/tool_id"), ([{"tool_id": "no_such_tool"}], "/tools/0/tool_id"),
    ([{"tool_id": 5}], "/tools/0/tool_id"), ([7], "/tools/0")])
def test_a_link_to_no_tool_is_refused(alice, tools, field):
    alice.post("/agents", json={**LEAST, "tools": tools}).rejects(field)


def test_an_invalid_member_of_a_link_is_named(admin, alice):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    for link, field in [({"configuration": []}, "/tools/1/configuration"), ({"order": "1"}, "/tools/1/order"), ({"ordr": 1}, "/tools/1/ordr")]:
        alice.post("/agents", json={**LEAST, "tools": [{"tool_id": tool["id"]}, {"tool_id": make_tool(admin)["id"], **link}]}).rejects(field)
    for link, field in [({"priority": 0.5}, "/knowledgebases/0/priority"), ({"prio": 1}, "/knowledgebases/0/prio")]:
        alice.post("/agents", json={**LEAST, "knowledgebases": [{"knowledgebase_id": base["id"], **link}]}).rejects(field)


def test_a_knowledgebase_of_another_is_no_knowledgebase(alice, bob):
    theirs = make_knowledgebase(bob)
    for id in (theirs["id"], "01890000-0000-7000-8000-000000000000", "not-an-id"):
        alice.post("/agents", json={**LEAST, "knowledgebases": [{"knowledgebase_id": id}]}).rejects("/knowledgebases/0/knowledgebase_id")


def test_tools_and_knowledgebases_are_embedded(admin, alice):
    tool = make_tool(admin, name="Search", category="retrieval", description="finds")
    base = make_knowledgebase(alice)
    agent = make_agent(alice, tools=[{"tool_id": tool["id"], "configuration": {"k": 5}, "order": 3}],
                       knowledgebases=[{"knowledgebase_id": base["id"]}])
    assert agent["tools"] == [{"tool_id": tool["id"], "configuration": {"k": 5}, "order": 3,
                               "tool": {"name": "Search", "category": "retrieval", "description": "finds"}}]
    assert agent["knowledgebases"] == [{"knowledgebase_id": base["id"], "priority": 0, "name": base["name"]}]


def test_embedded_names_are_fresh(admin, alice):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    agent = make_agent(alice, tools=[{"tool_id": tool["id"]}], knowledgebases=[{"knowledgebase_id": base["id"]}])
    path = f"/agents/{agent['id']}"
    before = alice.get(path)
    admin.patch(f"/tools/{tool['id']}", json={"name": "Renamed tool"}).expect(200)
    alice.patch(f"/knowledgebases/{base['id']}", json={"name": "Renamed base"}).expect(200)
    after = alice.get(path)
    assert after.json()["tools"][0]["tool"]["name"] == "Renamed tool"
    assert after.json()["knowledgebases"][0]["name"] == "Renamed base"
    assert after.json()["version"] == agent["version"] and after.etag != before.etag
    alice.patch(path, json={"description": "d"}, headers={"If-Match": before.etag}).expect(200)


def test_an_answer_can_be_put_back(admin, alice):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    agent = make_agent(alice, description="d", configuration={"a": 1}, tools=[{"tool_id": tool["id"], "order": 1}],
                       knowledgebases=[{"knowledgebase_id": base["id"], "priority": 4}])
    put = alice.put(f"/agents/{agent['id']}", json=agent).expect(200)
    ignored = ("version", "updated_at", "latest_version")
    assert {k: v for k, v in put.items() if k not in ignored} == {k: v for k, v in agent.items() if k not in ignored}


def test_a_patch_of_tools_replaces_the_list(admin, alice):
    a, b = make_tool(admin)["id"], make_tool(admin)["id"]
    agent = make_agent(alice, tools=[{"tool_id": a, "configuration": {"x": 1}}])
    patched = alice.patch(f"/agents/{agent['id']}", json={"tools": [{"tool_id": b}]}).expect(200)
    assert [(tool["tool_id"], tool["configuration"]) for tool in patched["tools"]] == [(b, {})]
    assert alice.patch(f"/agents/{agent['id']}", json={"tools": None}).expect(200)["tools"] == []


def test_lists_leave_out_the_embedded_and_filter(alice):
    model = unique("model")
    a = make_agent(alice, llm_model=model, llm_provider="openai")
    b = make_agent(alice, llm_model=model, agent_type="template_based")
    items = alice.items("/agents", llm_model=model)
    assert [item["id"] for item in items] == newest_first(a, b)
    assert not {"tools", "knowledgebases"} & set(items[0])
    assert [item["id"] for item in alice.items("/agents", llm_model=model, llm_provider="openai")] == [a["id"]]
    assert [item["id"] for item in alice.items("/agents", llm_model=model, agent_type="template_based")] == [b["id"]]
    assert [item["id"] for item in alice.items("/agents", name=a["name"])] == [a["id"]]
    assert alice.items("/agents", llm_model=model, is_public=True) == []


def test_a_clone_is_an_agent_of_its_own(admin, alice):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    agent = make_agent(alice, description="d", configuration={"a": {"b": 1}}, tools=[{"tool_id": tool["id"], "configuration": {"t": 1}}],
                       knowledgebases=[{"knowledgebase_id": base["id"], "priority": 1}])
    clone = alice.post(f"/agents/{agent['id']}/clone").expect(201)
    assert clone["id"] != agent["id"] and clone["name"] == agent["name"] + " (copy)"
    assert all(clone[name] == agent[name] for name in ("description", "agent_type", "llm_provider", "llm_model", "configuration"))
    assert links(clone) == links(agent)
    assert alice.post(f"/agents/{agent['id']}/clone", json={"name": "Second"}).expect(201)["name"] == "Second"
    alice.patch(f"/agents/{clone['id']}", json={"configuration": {"a": None}}).expect(200)
    assert alice.get(f"/agents/{agent['id']}").expect(200) == agent
    alice.post(f"/agents/{agent['id']}/clone", json={"nam": "x"}).rejects("/nam")
    alice.post(f"/agents/{agent['id']}/clone", json={"a/b~c": "x"}).rejects("/a~1b~0c")


def test_a_public_agent_is_cloned_without_its_knowledgebases(admin, alice, bob):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    agent = make_agent(alice, is_public=True, tools=[{"tool_id": tool["id"]}], knowledgebases=[{"knowledgebase_id": base["id"]}])
    clone = bob.post(f"/agents/{agent['id']}/clone").expect(201)
    assert clone["user_id"] == bob.id and clone["knowledgebases"] == [] and len(clone["tools"]) == 1
    alice.patch(f"/agents/{agent['id']}", json={"is_public": False}).expect(200)
    bob.post(f"/agents/{agent['id']}/clone").expect(404)


def test_an_export_imports_as_the_same(admin, alice, bob):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    agent = make_agent(alice, description="d", configuration={"a": [1, {"b": None}]}, agent_type="template_based",
                       tools=[{"tool_id": tool["id"], "configuration": {"t": 1}, "order": 2}],
                       knowledgebases=[{"knowledgebase_id": base["id"], "priority": 1}])
    export = alice.get(f"/agents/{agent['id']}/export").expect(200)
    assert (export["format"], export["format_version"]) == ("onggi-agent", 1) and set(export["agent"]) == set(CONTENT)
    imported = alice.post("/agents/import", json=export).expect(201)
    assert imported["id"] != agent["id"] and links(imported) == links(agent)
    assert all(imported[name] == agent[name] for name in CONTENT[:7])
    assert alice.get(f"/agents/{imported['id']}/export").expect(200) == export
    bob.post("/agents/import", json=export).expect(422)  # the knowledgebase is not his
    alice.post("/agents/import", json={**export, "format": "other"}).rejects("/format")
    alice.post("/agents/import", json={**export, "format_version": 2}).rejects("/format_version")
    alice.post("/agents/import", json={**export, "extra": 1}).rejects("/extra")
    alice.post("/agents/import", json={**export, "a/b~c": 1}).rejects("/a~1b~0c")
    alice.post("/agents/import", json={**export, "agent": {**export["agent"], "extra": 1}}).rejects("/agent/extra")
    alice.post("/agents/import", json={"format": "onggi-agent", "format_version": 1}).rejects("/agent")


def test_every_change_is_a_version(admin, alice):
    tool = make_tool(admin)
    agent = make_agent(alice, configuration={"a": 1}, tools=[{"tool_id": tool["id"]}])
    alice.patch(f"/agents/{agent['id']}", json={"configuration": {"a": 2}}).expect(200)
    alice.put(f"/agents/{agent['id']}", json={**LEAST, "name": "third"}).expect(200)
    newest, middle, oldest = versions(alice, agent)
    assert set(newest) == {"version", "created_at", "agent"} and set(newest["agent"]) == set(CONTENT)
    assert newest["agent"]["name"] == "third" and newest["agent"]["tools"] == []
    assert middle["agent"]["configuration"] == {"a": 2} and oldest["agent"]["configuration"] == {"a": 1}
    assert oldest["agent"]["name"] == agent["name"] and oldest["agent"]["tools"][0]["tool_id"] == tool["id"]
    assert newest["version"] > middle["version"] > oldest["version"]
    latest = alice.get(f"/agents/{agent['id']}").expect(200)["latest_version"]
    assert latest == {"version": newest["version"], "created_at": newest["created_at"]}


def test_the_newest_hundred_versions_are_kept(alice):
    agent = make_agent(alice)
    for i in range(104):
        alice.patch(f"/agents/{agent['id']}", json={"description": f"change {i}"}).expect(200)
    kept = versions(alice, agent)
    assert [item["agent"]["description"] for item in kept] == [f"change {i}" for i in range(103, 3, -1)]
    gone = kept[-1]["version"] - 1
    alice.post(f"/agents/{agent['id']}/versions/{gone}/restore").expect(404)
    assert len(alice.get(f"/agents/{agent['id']}/versions", limit=7).expect(200)["items"]) == 7


def test_restoring_brings_the_content_back_as_a_new_version(admin, alice):
    tool, base = make_tool(admin), make_knowledgebase(alice)
    agent = make_agent(alice, description="first", configuration={"a": 1}, tools=[{"tool_id": tool["id"], "order": 1}],
                       knowledgebases=[{"knowledgebase_id": base["id"], "priority": 2}])
    oldest = versions(alice, agent)[0]["version"]
    changed = alice.put(f"/agents/{agent['id']}", json=LEAST).expect(200)
    restored = alice.post(f"/agents/{agent['id']}/versions/{oldest}/restore").expect(200)
    assert restored["description"] == "first" and restored["configuration"] == {"a": 1} and links(restored) == links(agent)
    assert restored["version"] > changed["version"] and len(versions(alice, agent)) == 3
    assert alice.get(f"/agents/{agent['id']}").expect(200) == restored


@pytest.mark.parametrize("version", ["0", "99", "-1", "x", "9223372036854775808"])
def test_a_version_that_is_not_there_is_not_restored(alice, version):
    agent = make_agent(alice)
    alice.post(f"/agents/{agent['id']}/versions/{version}/restore").expect(404, 422)
    assert alice.get(f"/agents/{agent['id']}").expect(200) == agent


def test_a_deleted_agent_is_gone_for_every_use(alice, bob):
    agent = make_agent(alice, is_public=True)
    path = f"/agents/{agent['id']}"
    version = versions(alice, agent)[0]["version"]
    alice.delete(path).expect(204)
    for client in (alice, bob):
        client.get(path).expect(404)
        client.patch(path, json={"name": "x"}).expect(404)
        client.put(path, json=LEAST).expect(404)
        client.delete(path).expect(404)
        client.post(f"{path}/clone").expect(404)
        client.get(f"{path}/export").expect(404)
        client.get(f"{path}/versions").expect(404)
        client.post(f"{path}/versions/{version}/restore").expect(404)
        client.post("/executions", json={"agent_id": agent["id"]}).rejects("/agent_id")
        assert client.items("/agents", name=agent["name"]) == []


def test_executions_of_a_deleted_agent_keep_its_last_name(alice):
    agent = make_agent(alice)
    execution = make_execution(alice, agent["id"])
    alice.patch(f"/agents/{agent['id']}", json={"name": "last name"}).expect(200)
    alice.delete(f"/agents/{agent['id']}").expect(204)
    assert alice.get(f"/executions/{execution['id']}").expect(200)["agent_name"] == "last name"
    assert [item["agent_name"] for item in alice.items("/executions", agent_id=agent["id"])] == ["last name"]
