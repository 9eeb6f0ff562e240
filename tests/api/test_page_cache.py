"""Pages that were read before: answered from memory, never stale, never somebody else's.

The embedded store's server knows what has changed. On PostgreSQL another server may have changed it: one statement confirms the page."""

import gzip
import threading

import pytest

from client import Client, edge, make_agent, make_block, make_execution, make_knowledgebase, make_tool, make_workflow, node, unique
from stores import IS_POSTGRES
from support_process import fewest_queries

CONFIRMATION = 1 if IS_POSTGRES else 0  # statements


def read(client, path, **arguments):
    """The page, twice; the second time from memory."""
    client.get(path, **arguments).expect(200)
    return client.get(path, **arguments).expect(200)


def test_a_page_that_was_read_before_costs_no_query_but_its_confirmation(alice):
    agent = make_agent(alice)
    for path in (f"/agents/{agent['id']}", f"/workflows/{make_workflow(alice)['id']}", f"/blocks/{make_block(alice)['id']}"):
        first = alice.get(path)
        again = alice.get(path)
        assert (again.body, again.etag) == (first.body, first.etag) and fewest_queries(lambda: alice.get(path)) == CONFIRMATION
        assert alice.get(path, headers={"If-None-Match": first.etag}).status == 304
        assert alice.head(path).headers["Content-Length"] == str(len(first.body))
    # What is recorded is on no such page.
    make_execution(alice, agent["id"])
    assert fewest_queries(lambda: alice.get(f"/agents/{agent['id']}")) == CONFIRMATION


def test_whatever_a_page_shows_may_change(admin, alice):
    tool, base = make_tool(admin), make_knowledgebase(alice, name="notes")
    agent = make_agent(alice, name="old", tools=[{"tool_id": tool["id"]}], knowledgebases=[{"knowledgebase_id": base["id"]}])
    block = make_block(alice)
    workflow = make_workflow(alice, nodes=[node("a", data={"agent_id": agent["id"]}), node("b", data={"block_id": block["id"]})])
    agent_path, workflow_path = f"/agents/{agent['id']}", f"/workflows/{workflow['id']}"
    read(alice, agent_path), read(alice, workflow_path)
    names = lambda: [row["ref_name"] for row in read(alice, workflow_path)["nodes"]]

    admin.patch(f"/tools/{tool['id']}", json={"category": "changed"}).expect(200)
    assert read(alice, agent_path)["tools"][0]["tool"]["category"] == "changed"
    alice.patch(f"/knowledgebases/{base['id']}", json={"name": "books"}).expect(200)
    assert read(alice, agent_path)["knowledgebases"][0]["name"] == "books"
    alice.patch(agent_path, json={"name": "new"}).expect(200)
    assert read(alice, agent_path)["name"] == "new" and names() == ["new", block["name"]]
    alice.delete(f"/blocks/{block['id']}").expect(204)
    assert names() == ["new", None]
    alice.post(f"/agents/{agent['id']}/versions/1/restore").expect(200)
    assert names() == ["old", None]
    alice.delete(agent_path).expect(204)
    assert alice.get(agent_path).status == 404 and names() == [None, None]
    alice.delete(workflow_path).expect(204)
    assert alice.get(workflow_path).status == 404


def test_memory_knows_whose_page_it_is(admin, alice, bob):
    agent = make_agent(alice, is_public=True)
    workflow = make_workflow(alice, nodes=[node("a", data={"agent_id": agent["id"]})], is_public=True,
                             schedules=[{"cron_expression": "0 2 * * *"}])
    path = f"/workflows/{workflow['id']}"
    assert read(alice, path)["schedules"] and read(bob, path).get("schedules") in (None, [])
    alice.patch(f"/agents/{agent['id']}", json={"is_public": False}).expect(200)
    assert read(alice, path)["nodes"][0]["ref_name"] == agent["name"]
    assert read(bob, path)["nodes"][0]["ref_name"] is None
    assert read(admin, path, params={"user_id": alice.id})["schedules"]
    alice.patch(path, json={"is_public": False}).expect(200)
    assert bob.get(path).status == 404 and bob.get(path).status == 404


def test_a_revoked_key_reads_nothing_from_memory(admin, alice):
    key = admin.post(f"/users/{alice.id}/keys", json={"name": "second"}).expect(201)
    second = Client(alice.server, key["key"], alice.user)
    path = f"/agents/{make_agent(alice)['id']}"
    read(second, path)
    admin.delete(f"/users/{alice.id}/keys/{key['id']}").expect(204)
    assert second.get(path).status == 401


def test_compressed_once_and_the_same(alice):
    workflow = make_workflow(alice, nodes=[node(f"n{i}") for i in range(60)], edges=[edge("e", "n1", "n2")])
    path = f"/workflows/{workflow['id']}"
    plain = alice.get(path)
    for _ in range(2):
        packed = alice.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"]
        assert packed.etag == "W/" + plain.etag
        raw = packed.body if packed.body[:2] != b"\x1f\x8b" else gzip.decompress(packed.body)
        assert raw == plain.body
    alice.patch(path, json={"name": "other"}).expect(200)
    assert alice.get(path, headers={"Accept-Encoding": "gzip"}).etag != packed.etag


def test_a_write_is_seen_by_whoever_reads_after_its_answer(alice):
    agent = make_agent(alice, configuration={"n": 0})
    path, stop = f"/agents/{agent['id']}", threading.Event()
    done, behind = [0], []

    def look():
        while not stop.is_set():
            least = done[0]
            shown = alice.get(path).expect(200)["configuration"]["n"]
            if shown < least:
                behind.append((shown, least))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(1, 150):
        alice.patch(path, json={"configuration": {"n": n}}).expect(200)
        done[0] = n
    stop.set()
    for thread in threads:
        thread.join()
    assert not behind


@pytest.mark.parametrize("megabytes, queries", [("0", {1}), ("8", {CONFIRMATION, 1 + CONFIRMATION})])
def test_how_much_memory_is_an_option(new_server, megabytes, queries):
    server = new_server("--page-cache-mb", megabytes)
    admin = Client(server, server.admin_key)
    path = f"/workflows/{make_workflow(admin)['id']}"
    admin.get("/me")
    assert {admin.get(path).queries for _ in range(4)} == queries
