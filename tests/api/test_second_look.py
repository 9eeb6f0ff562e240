"""Retries, corrections and neighbours: what a first look at the API does not show."""

import json

from client import make_agent, make_tool, make_workflow, unique


def execution(alice, agent, **over):
    return alice.post("/executions", json={"agent_id": agent["id"], "status": "completed", **over})


def test_a_creation_is_repeated_even_when_its_agent_has_gone_since(alice):
    agent = make_agent(alice)
    first = execution(alice, agent, duration_ms=5).expect(201)
    body = {"id": first["id"][:-4] + "abcd", "agent_id": agent["id"], "status": "completed", "duration_ms": 5}
    made = alice.post("/executions", json=body).expect(201)
    alice.delete(f"/agents/{agent['id']}").expect(204)
    assert alice.post("/executions", json=body).expect(200)["id"] == made["id"]
    upper = {**body, "id": body["id"].upper()}
    assert alice.post("/executions", json=upper).expect(200)["id"] == made["id"]
    assert alice.post("/executions/batch", json=[body]).expect(200)["items"][0]["status"] == 200
    alice.post("/executions", json={**body, "duration_ms": 6}).expect(409)


def test_what_was_derived_follows_a_correction_and_what_was_given_stays(alice):
    agent = make_agent(alice)
    derived = execution(alice, agent, started_at="2026-11-20T10:00:00Z", duration_ms=1000).expect(201)
    path = f"/executions/{derived['id']}"
    assert alice.patch(path, json={"duration_ms": 2000}).expect(200)["completed_at"] == "2026-11-20T10:00:02.000Z"
    moved = alice.patch(path, json={"started_at": "2026-11-20T11:00:00Z"}).expect(200)
    assert (moved["completed_at"], moved["duration_ms"]) == ("2026-11-20T11:00:02.000Z", 2000)

    given = execution(alice, agent, started_at="2026-11-20T10:00:00Z", completed_at="2026-11-20T10:00:01Z", duration_ms=1000).expect(201)
    kept = alice.patch(f"/executions/{given['id']}", json={"started_at": "2026-11-20T09:59:00Z"}).expect(200)
    assert (kept["completed_at"], kept["duration_ms"]) == ("2026-11-20T10:00:01.000Z", 1000)

    tokens = execution(alice, agent, metrics={"llm_prompt_tokens": 2, "llm_completion_tokens": 3}).expect(201)
    assert tokens["metrics"]["llm_total_tokens"] == 5
    patched = alice.patch(f"/executions/{tokens['id']}", json={"metrics": {"llm_prompt_tokens": 10}}).expect(200)
    assert patched["metrics"]["llm_total_tokens"] == 13


def test_a_renamed_neighbour_does_not_fail_a_write(alice):
    agent = make_agent(alice)
    workflow = make_workflow(alice, nodes=[{"id": "n", "data": {"agent_id": agent["id"]}}], edges=[])
    shown = alice.get(f"/workflows/{workflow['id']}")
    alice.patch(f"/agents/{agent['id']}", json={"name": unique("renamed")}).expect(200)
    alice.put(f"/workflows/{workflow['id']}", json=shown.json(), headers={"If-Match": shown.headers["ETag"]}).expect(200)


def test_a_page_ends_early_when_its_items_are_large(alice):
    agent = make_agent(alice)
    sent = [execution(alice, agent, input_data="x" * 3_000_000).expect(201)["id"] for _ in range(6)]
    first = alice.get("/executions", limit=100).expect(200)
    assert 1 <= len(first["items"]) < 6 and first["next_cursor"]
    seen, cursor = [item["id"] for item in first["items"]], first["next_cursor"]
    while cursor:
        page = alice.get("/executions", limit=100, cursor=cursor).expect(200)
        seen, cursor = seen + [item["id"] for item in page["items"]], page["next_cursor"]
    assert sorted(seen) == sorted(sent)


def test_a_tool_that_only_deleted_agents_used_can_go(admin, alice):
    tool = make_tool(admin)
    agent = make_agent(alice, tools=[{"tool_id": tool["id"]}])
    admin.delete(f"/tools/{tool['id']}").expect(409)
    alice.delete(f"/agents/{agent['id']}").expect(204)
    admin.delete(f"/tools/{tool['id']}").expect(204)


def test_a_clone_of_a_public_agent_is_private(alice, bob):
    agent = make_agent(alice, is_public=True)
    assert bob.post(f"/agents/{agent['id']}/clone").expect(201)["is_public"] is False


def test_what_fits_alone_fits_in_a_batch(alice):
    agent = make_agent(alice)
    deep = json.loads("[" * 99 + "]" * 99)
    body = {"agent_id": agent["id"], "input_data": deep}
    alice.post("/executions", json=body).expect(201)
    assert [item["status"] for item in alice.post("/executions/batch", json=[body, {}]).expect(200)["items"]] == [201, 422]


def test_a_deep_step_does_not_stand_in_the_way_of_a_correction(alice):
    agent = make_agent(alice)
    made = execution(alice, agent).expect(201)
    deep = json.loads('{"a":' * 98 + "{}" + "}" * 98)
    alice.post(f"/executions/{made['id']}/steps", json={"step_number": 1, "step_type": "thought", "step_metadata": deep}).expect(201)
    alice.patch(f"/executions/{made['id']}", json={"error_message": "corrected"}).expect(200)


def test_a_restoration_takes_no_fields(alice):
    agent = make_agent(alice)
    alice.post(f"/agents/{agent['id']}/versions/1/restore", json={"x": 1}).expect(422)
