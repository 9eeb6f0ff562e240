"""Workflows: the graph and its rows, what nodes refer to, schedules and webhooks."""

import contextlib
import sqlite3

import pytest

import stores
from client import edge, make_agent, make_block, make_user, make_workflow, node, unique, uuid7

NOBODY = "01890000-0000-7000-8000-000000000000"


def refused(client, nodes, edges=(), naming=()):
    """Creating this graph is a 422 whose text names one of the ids."""
    answer = client.post("/workflows", json={"name": "w", "graph_definition": {"nodes": list(nodes), "edges": list(edges)}})
    answer.expect(422)
    assert any(id in answer.text for id in naming), answer
    assert all(field.startswith("/graph_definition") for field in answer.fields()) and answer.fields(), answer
    return answer


def by_id(rows):
    return {row["id"]: row for row in rows}


def test_a_workflow_has_defaults(alice):
    graph = {"nodes": [], "edges": []}
    workflow = alice.post("/workflows", json={"name": "w", "graph_definition": graph}).expect(201)
    assert workflow["graph_definition"] == graph and workflow["nodes"] == workflow["edges"] == []
    assert workflow["schedules"] == workflow["webhooks"] == [] and workflow["is_public"] is False
    assert workflow.get("description") is None and workflow["user_id"] == alice.id
    assert alice.get(f"/workflows/{workflow['id']}").expect(200) == workflow


@pytest.mark.parametrize("field, value", [
    ("name", None), ("graph_definition", None), ("graph_definition", []), ("graph_definition", "{}"), ("graph_definition", 3),
    ("is_public", "x"), ("schedules", {}), ("webhooks", "x"), ("description", 4)])
def test_an_invalid_field_is_named(alice, field, value):
    alice.post("/workflows", json={"name": "w", "graph_definition": {"nodes": [], "edges": []}, field: value}).rejects("/" + field)


def test_the_graph_comes_back_as_it_was_sent(alice):
    graph = {"nodes": [{"id": "a", "type": "agent", "position": {"x": -1.5, "y": 1e3}, "data": {"label": "한글", "n": None, "l": [[], {}]},
                        "width": 150, "selected": False, "style": {"color": "#fff"}},
                       {"id": "b", "position": {"x": 0, "y": 0}}],
             "edges": [{"id": "e", "source": "a", "target": "b", "sourceHandle": "out", "targetHandle": None, "animated": True, "data": {"w": 1}}],
             "viewport": {"x": 12.25, "y": -7, "zoom": 0.75}, "notes": [1, "two", None]}
    made = alice.post("/workflows", json={"name": "w", "graph_definition": graph}).expect(201)
    assert made["graph_definition"] == graph
    assert alice.get(f"/workflows/{made['id']}").expect(200)["graph_definition"] == graph


def test_nodes_and_edges_are_rows(alice):
    agent = make_agent(alice)
    workflow = make_workflow(alice, [
        node("g", type="group"), node("a", parentId="g", position={"x": 1, "y": 2.5}, data={"agent_id": agent["id"], "k": 1}),
        node("b", parentNode="g")], [edge("e", "a", "b", sourceHandle="s", targetHandle="t", data={"c": True}), edge("f", "b", "a")])
    rows = by_id(workflow["nodes"])
    assert set(rows) == {"g", "a", "b"} and len(workflow["nodes"]) == 3
    assert rows["a"] == {"id": "a", "type": "agent", "position": {"x": 1, "y": 2.5}, "data": {"agent_id": agent["id"], "k": 1},
                         "parent_id": "g", "agent_id": agent["id"], "block_id": None, "ref_name": agent["name"]}
    assert rows["b"]["parent_id"] == "g" and rows["g"]["parent_id"] is None
    assert rows["b"]["agent_id"] is None and rows["b"]["ref_name"] is None
    edges = by_id(workflow["edges"])
    assert edges["e"] == {"id": "e", "source": "a", "target": "b", "source_handle": "s", "target_handle": "t", "data": {"c": True}}
    assert edges["f"]["source_handle"] is None and edges["f"]["target_handle"] is None


def test_duplicate_ids_are_named(alice):
    refused(alice, [node("dup"), node("x"), node("dup")], naming=["dup"])
    refused(alice, [node("a"), node("b")], [edge("twice", "a", "b"), edge("twice", "b", "a")], naming=["twice"])


def test_what_leads_to_nowhere_is_named(alice):
    refused(alice, [node("a")], [edge("lost", "a", "ghost")], naming=["ghost", "lost"])
    refused(alice, [node("a")], [edge("lost", "ghost", "a")], naming=["ghost", "lost"])
    refused(alice, [node("a", parentId="ghost")], naming=["ghost"])
    refused(alice, [node("a", parentNode="ghost")], naming=["ghost"])


@pytest.mark.parametrize("nodes, edges", [
    ([{"position": {"x": 0, "y": 0}}], []), ([node(7)], []), ([node(None)], []), (["n"], []), ([node("a"), None], []),
    ([node("a")], [{"source": "a", "target": "a"}]), ([node("a")], [{"id": "e", "target": "a"}]), ([node("a")], [{"id": "e", "source": "a"}]),
    ([node("a")], [edge("e", 1, "a")]), ([node("a")], ["e"])])
def test_a_node_or_edge_without_its_ids_is_refused(alice, nodes, edges):
    refused(alice, nodes, edges, naming=["/graph_definition"])


@pytest.mark.parametrize("graph", [{"nodes": {}, "edges": []}, {"nodes": [], "edges": {}}, {"nodes": "x", "edges": []}])
def test_nodes_and_edges_are_arrays(alice, graph):
    alice.post("/workflows", json={"name": "w", "graph_definition": graph}).expect(422)


def test_a_refused_change_leaves_the_workflow_as_it_was(alice):
    workflow = make_workflow(alice, [node("a"), node("b")], [edge("e", "a", "b")])
    path = f"/workflows/{workflow['id']}"
    alice.patch(path, json={"graph_definition": {"nodes": [node("a")]}}).expect(422)  # the edge would lead to nowhere
    alice.put(path, json={"name": "n", "graph_definition": {"nodes": [node("a"), node("a")], "edges": []}}).expect(422)
    alice.patch(path, json={"name": "n", "schedules": [{"cron_expression": "x"}]}).expect(422)
    assert alice.get(path).expect(200) == workflow


def test_a_patch_of_the_graph_keeps_what_it_does_not_name(alice):
    workflow = make_workflow(alice, [node("a"), node("b")], [edge("e", "a", "b")])
    path = f"/workflows/{workflow['id']}"
    patched = alice.patch(path, json={"graph_definition": {"viewport": {"zoom": 2}}}).expect(200)
    assert patched["graph_definition"] == {**workflow["graph_definition"], "viewport": {"zoom": 2}}
    assert patched["nodes"] == workflow["nodes"] and patched["edges"] == workflow["edges"]
    patched = alice.patch(path, json={"graph_definition": {"nodes": [node("c")], "edges": [], "viewport": None}}).expect(200)
    assert patched["graph_definition"] == {"nodes": [node("c")], "edges": []}
    assert [row["id"] for row in patched["nodes"]] == ["c"] and patched["edges"] == []


def test_put_replaces_graph_and_rows(alice):
    workflow = make_workflow(alice, [node("a"), node("b")], [edge("e", "a", "b")], description="d", schedules=[{"cron_expression": "0 2 * * *"}])
    put = alice.put(f"/workflows/{workflow['id']}", json={"name": "n", "graph_definition": {"nodes": [node("b", type="x")], "edges": []}}).expect(200)
    assert [(row["id"], row["type"]) for row in put["nodes"]] == [("b", "x")] and put["edges"] == put["schedules"] == []
    assert put.get("description") is None
    assert alice.get(f"/workflows/{workflow['id']}").expect(200) == put


def test_an_answer_can_be_put_back(alice):
    agent = make_agent(alice)
    workflow = make_workflow(alice, [node("a", data={"agent_id": agent["id"]}), node("b")], [edge("e", "a", "b")], description="d",
                             schedules=[{"cron_expression": "0 2 * * *"}], webhooks=[{"webhook_path": unique("hook"), "secret": "s"}])
    put = alice.put(f"/workflows/{workflow['id']}", json=workflow).expect(200)
    for name in ("name", "description", "graph_definition", "nodes", "edges", "created_at"):
        assert put[name] == workflow[name]
    assert [row["webhook_path"] for row in put["webhooks"]] == [row["webhook_path"] for row in workflow["webhooks"]]


def test_ten_thousand_nodes_and_twenty_thousand_edges_are_the_limit(alice):
    nodes = [{"id": f"n{i}"} for i in range(10_001)]
    edges = [edge(f"e{i}", f"n{i % 10_000}", "n0") for i in range(20_001)]
    workflow = make_workflow(alice, nodes[:-1], edges[:-1])
    assert (len(workflow["nodes"]), len(workflow["edges"])) == (10_000, 20_000)
    refused(alice, nodes, naming=["/graph_definition/nodes"])
    refused(alice, nodes[:-1], edges, naming=["/graph_definition/edges"])
    alice.delete(f"/workflows/{workflow['id']}").expect(204)


# References

def test_a_node_refers_to_what_its_author_can_see(alice, bob):
    own, public = make_block(alice), make_agent(bob, is_public=True)
    workflow = make_workflow(alice, [node("a", data={"block_id": own["id"]}), node("b", data={"agent_id": public["id"]}), node("c")])
    names = {row["id"]: row["ref_name"] for row in workflow["nodes"]}
    assert names == {"a": own["name"], "b": public["name"], "c": None}


def test_a_reference_to_what_is_not_there_or_not_seen_is_refused(alice, bob):
    agent, block, deleted = make_agent(bob), make_block(bob), make_agent(alice)
    alice.delete(f"/agents/{deleted['id']}").expect(204)
    for data, member in [({"agent_id": agent["id"]}, "agent_id"), ({"block_id": block["id"]}, "block_id"), ({"agent_id": NOBODY}, "agent_id"),
                         ({"block_id": NOBODY}, "block_id"), ({"agent_id": deleted["id"]}, "agent_id"), ({"agent_id": "x"}, "agent_id")]:
        answer = refused(alice, [node("fine"), node("bad", data=data)], naming=[member])
        answer.rejects(f"/graph_definition/nodes/1/data/{member}")


def test_an_agent_is_no_block(alice):
    agent, block = make_agent(alice), make_block(alice)
    refused(alice, [node("a", data={"block_id": agent["id"]})], naming=["block_id"])
    refused(alice, [node("a", data={"agent_id": block["id"]})], naming=["agent_id"])


def test_ref_names_follow_what_they_refer_to(alice, bob):
    agent, block = make_agent(bob, is_public=True), make_block(bob, is_public=True)
    workflow = make_workflow(alice, [node("a", data={"agent_id": agent["id"]}), node("b", data={"block_id": block["id"]})])
    path = f"/workflows/{workflow['id']}"

    def names():
        answer = alice.get(path)
        rows = by_id(answer.expect(200)["nodes"])
        return rows["a"]["ref_name"], rows["b"]["ref_name"], answer.etag

    first = names()
    assert first[:2] == (agent["name"], block["name"])
    bob.patch(f"/agents/{agent['id']}", json={"name": "renamed agent"}).expect(200)
    bob.patch(f"/blocks/{block['id']}", json={"name": "renamed block"}).expect(200)
    second = names()
    assert second[:2] == ("renamed agent", "renamed block") and second[2] != first[2]
    bob.patch(f"/agents/{agent['id']}", json={"is_public": False}).expect(200)
    bob.patch(f"/blocks/{block['id']}", json={"is_public": False}).expect(200)
    assert names()[:2] == (None, None)
    kept = alice.patch(path, json={"description": "still mine to change"}).expect(200)
    assert by_id(kept["nodes"])["a"]["agent_id"] == agent["id"]
    bob.patch(f"/agents/{agent['id']}", json={"is_public": True}).expect(200)
    assert names()[0] == "renamed agent"
    bob.delete(f"/agents/{agent['id']}").expect(204)
    assert names()[0] is None


def test_a_reader_of_a_public_workflow_sees_no_private_names(alice, bob):
    agent, block = make_agent(alice), make_block(alice, is_public=True)
    workflow = make_workflow(alice, [node("a", data={"agent_id": agent["id"]}), node("b", data={"block_id": block["id"]})], is_public=True)
    assert by_id(workflow["nodes"])["a"]["ref_name"] == agent["name"]
    for _ in range(2):  # from the store, and from memory
        seen = bob.get(f"/workflows/{workflow['id']}")
        assert {row["id"]: row["ref_name"] for row in seen.expect(200)["nodes"]} == {"a": None, "b": block["name"]}
        assert agent["name"] not in seen.text
        assert by_id(alice.get(f"/workflows/{workflow['id']}").expect(200)["nodes"])["a"]["ref_name"] == agent["name"]


# Schedules and webhooks

def test_schedules_have_defaults(alice):
    row = make_workflow(alice, schedules=[{"cron_expression": "*/5 9-17 * * 1-5"}])["schedules"][0]
    assert (row["cron_expression"], row["timezone"], row["input_data"], row["is_active"]) == ("*/5 9-17 * * 1-5", "UTC", {}, True)
    full = {"cron_expression": "0 2 1 1 *", "timezone": "Asia/Kathmandu", "input_data": {"a": [1]}, "is_active": False}
    row = make_workflow(alice, schedules=[full])["schedules"][0]
    assert {name: row[name] for name in full} == full


@pytest.mark.parametrize("schedule, member", [
    ({}, "cron_expression"), ({"cron_expression": ""}, "cron_expression"), ({"cron_expression": "* * * *"}, "cron_expression"),
    ({"cron_expression": "* * * * * *"}, "cron_expression"), ({"cron_expression": "60 * * * *"}, "cron_expression"),
    ({"cron_expression": "* 24 * * *"}, "cron_expression"), ({"cron_expression": "* * 32 * *"}, "cron_expression"),
    ({"cron_expression": "* * * 13 *"}, "cron_expression"), ({"cron_expression": "*/0 * * * *"}, "cron_expression"),
    ({"cron_expression": "x * * * *"}, "cron_expression"), ({"cron_expression": 5}, "cron_expression"),
    ({"cron_expression": "* * * * *", "timezone": "Nowhere"}, "timezone"), ({"cron_expression": "* * * * *", "is_active": 1}, "is_active"),
    ({"cron_expression": "* * * * *", "cron": "x"}, "cron")])
def test_an_invalid_schedule_is_named(alice, schedule, member):
    body = {"name": "w", "graph_definition": {"nodes": [], "edges": []}, "schedules": [{"cron_expression": "0 0 * * *"}, schedule]}
    alice.post("/workflows", json=body).rejects(f"/schedules/1/{member}")


def test_webhooks_have_defaults(alice):
    path = unique("hook")
    row = make_workflow(alice, webhooks=[{"webhook_path": path}])["webhooks"][0]
    assert (row["webhook_path"], row["http_method"], row["is_active"]) == (path, "POST", True)


@pytest.mark.parametrize("webhook, member", [
    ({}, "webhook_path"), ({"webhook_path": 5}, "webhook_path"), ({"webhook_path": None}, "webhook_path"),
    ({"webhook_path": "p", "http_method": 5}, "http_method"), ({"webhook_path": "p", "is_active": "x"}, "is_active"),
    ({"webhook_path": "p", "secret": 5}, "secret"), ({"webhook_path": "p", "sekret": "x"}, "sekret")])
def test_an_invalid_webhook_is_named(alice, webhook, member):
    body = {"name": "w", "graph_definition": {"nodes": [], "edges": []}, "webhooks": [webhook]}
    alice.post("/workflows", json=body).rejects(f"/webhooks/0/{member}")


def test_a_secret_is_never_shown(alice, bob):
    secret = unique("very-secret")
    body = {"name": unique("w"), "graph_definition": {"nodes": [], "edges": []}, "is_public": True,
            "webhooks": [{"webhook_path": unique("hook"), "secret": secret}]}
    made = alice.post("/workflows", json=body)
    path = f"/workflows/{made.expect(201)['id']}"
    answers = [made, alice.get(path), bob.get(path), alice.get("/workflows", name=body["name"]), alice.patch(path, json={"description": "d"}),
               alice.put(path, json=body), alice.put(path, json=alice.get(path).json()), alice.get(path)]
    for answer in answers:
        assert answer.status < 300 and secret not in answer.text, answer
        assert '"secret"' not in answer.text, answer
    bad = {**body, "webhooks": [{"webhook_path": 7, "secret": secret}]}
    assert secret not in alice.put(path, json=bad).text


def test_a_secret_is_kept_where_it_is_not_sent(new_server):
    server = new_server()
    secret, alice = unique("very-secret"), make_user(server.admin(), "alice")
    workflow = make_workflow(alice, webhooks=[{"webhook_path": unique("hook"), "secret": secret}])
    path = f"/workflows/{workflow['id']}"
    if not rows_that_hold(server, secret):
        pytest.skip("secrets are not stored readable")
    alice.patch(path, json={"description": "d"}).expect(200)
    alice.put(path, json=alice.get(path).json()).expect(200)
    assert rows_that_hold(server, secret)


def rows_that_hold(server, text):
    """Tables with a row that holds the text. The API never shows a secret, so the database must."""
    if server.store == "postgres":
        database = stores.database_of(server.data)
        tables = [name for name, in database.rows("select tablename from pg_tables where schemaname = 'public'")]
        return [table for table in tables if database.rows(f'select 1 from "{table}" as one where one::text like %s', [f"%{text}%"])]
    server.stop()
    found = []
    for path in server.data.rglob("*"):
        if path.is_file() and path.read_bytes()[:16] == b"SQLite format 3\0":
            with contextlib.closing(sqlite3.connect(path)) as database:
                for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    rows = database.execute(f'SELECT * FROM "{table}"')
                    found += [table for row in rows if any(text in str(value) for value in row)]
    server.start()
    return found


def test_another_secret_is_other_content(alice):
    id = uuid7()
    body = {"id": id, "name": "w", "graph_definition": {"nodes": [], "edges": []}, "webhooks": [{"webhook_path": unique("h"), "secret": "one"}]}
    alice.post("/workflows", json=body).expect(201)
    alice.post("/workflows", json=body).expect(200)
    alice.post("/workflows", json={**body, "webhooks": [{**body["webhooks"][0], "secret": "two"}]}).expect(409)


def test_others_see_neither_schedules_nor_webhooks(alice, bob):
    workflow = make_workflow(alice, [node("a")], is_public=True, schedules=[{"cron_expression": "0 2 * * *"}], webhooks=[{"webhook_path": unique()}])
    seen = bob.get(f"/workflows/{workflow['id']}").expect(200)
    assert seen["graph_definition"] == workflow["graph_definition"] and not {"schedules", "webhooks"} & set(seen)
    assert {"schedules", "webhooks"} <= set(alice.get(f"/workflows/{workflow['id']}").expect(200))


def test_lists_leave_out_the_graph_and_filter_by_name(alice):
    workflow = make_workflow(alice, [node("a")])
    item, = alice.items("/workflows", name=workflow["name"])
    assert item["id"] == workflow["id"] and not {"graph_definition", "nodes", "edges"} & set(item)
    alice.delete(f"/workflows/{workflow['id']}").expect(204)
    assert alice.items("/workflows", name=workflow["name"]) == []
    alice.get(f"/workflows/{workflow['id']}").expect(404)
    alice.delete(f"/workflows/{workflow['id']}").expect(404)
