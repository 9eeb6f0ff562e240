"""Lists: keyset pages that are stable while rows arrive, cursors, limits, totals, filters of time."""

import base64

import pytest

from client import (in_parallel, make_agent, make_block, make_execution, make_knowledgebase, make_workflow, newest_first, now_ms, timestamp, uuid7)

MAKERS = {"agents": make_agent, "blocks": make_block, "knowledgebases": make_knowledgebase, "workflows": make_workflow}
resources = pytest.mark.parametrize("resource", MAKERS)


def own(resource):
    """Filters that leave out what other tests made public."""
    return {} if resource == "knowledgebases" else {"is_public": False}


@resources
def test_newest_come_first(alice, resource):
    made = [MAKERS[resource](alice) for _ in range(7)]
    items = alice.items(f"/{resource}", limit=3, **own(resource))
    assert [item["id"] for item in items] == newest_first(*made)
    keys = [(item["created_at"], item["id"]) for item in items]
    assert keys == sorted(keys, reverse=True)


@resources
def test_pages_are_stable_while_rows_arrive_and_go(alice, resource):
    made = [MAKERS[resource](alice) for _ in range(20)]
    seen, cursor = [], None
    while True:
        page = alice.get(f"/{resource}", limit=3, cursor=cursor, **own(resource)).expect(200)
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        MAKERS[resource](alice)
        alice.delete(f"/{resource}/{seen[-1]}").expect(204)  # the row that the cursor stands on
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == newest_first(*made)


def test_rows_of_the_same_time_are_neither_lost_nor_doubled(alice):
    agent = make_agent(alice)
    started = timestamp(minutes=-5)
    batch = [{"agent_id": agent["id"], "started_at": started, "status": "completed", "duration_ms": 1} for _ in range(53)]
    made = [item["id"] for item in alice.post("/executions/batch", json=batch).expect(200)["items"]]
    for limit in (1, 7, 52, 53, 54):
        assert [item["id"] for item in alice.items("/executions", agent_id=agent["id"], limit=limit)] == sorted(made, reverse=True)


@resources
def test_the_last_page_says_so(alice, resource):
    for _ in range(4):
        MAKERS[resource](alice)
    whole = alice.get(f"/{resource}", limit=5, **own(resource)).expect(200)
    assert len(whole["items"]) == 4 and whole["next_cursor"] is None
    part = alice.get(f"/{resource}", limit=3, **own(resource)).expect(200)
    assert isinstance(part["next_cursor"], str) and set(part) == {"items", "next_cursor"}
    last = alice.get(f"/{resource}", limit=3, cursor=part["next_cursor"], **own(resource)).expect(200)
    assert part["items"] + last["items"] == whole["items"] and last["next_cursor"] is None


@resources
def test_a_list_of_nothing_is_empty(alice, resource):
    answer = alice.get(f"/{resource}", **own(resource), count=True).expect(200)
    assert answer["items"] == [] and answer["next_cursor"] is None and answer["total"] == 0


def test_fifty_is_the_default_and_five_hundred_the_most(alice):
    in_parallel(lambda _: make_knowledgebase(alice), range(510))
    assert len(alice.get("/knowledgebases").expect(200)["items"]) == 50
    assert len(alice.get("/knowledgebases", limit=500).expect(200)["items"]) == 500
    assert len({item["id"] for item in alice.items("/knowledgebases", limit=500)}) == 510
    assert alice.get("/knowledgebases", limit=1, count=True).expect(200)["total"] == 510


@resources
@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "1.5", "1e2", "99999999999999999999", "0x10", "1 "])
def test_another_limit_is_refused(alice, resource, limit):
    alice.get(f"/{resource}", limit=limit).rejects("limit")


def test_every_list_has_limit_cursor_and_count(admin, alice):
    agent, workflow = make_agent(alice), make_workflow(alice)
    for client, path in [(admin, "/users"), (alice, f"/users/{alice.id}/keys"), (alice, "/tools"), (alice, "/executions"),
                         (alice, "/workflow-executions"), (alice, f"/agents/{agent['id']}/versions"), (alice, f"/workflows/{workflow['id']}/executions")]:
        answer = client.get(path, limit=1, count=True).expect(200)
        assert len(answer["items"]) <= 1 and answer["total"] >= len(answer["items"]) and "next_cursor" in answer
        client.get(path, limit=0).rejects("limit")
        client.get(path, cursor="x").rejects("cursor")
        client.get(path, count="maybe").rejects("count")


@resources
def test_a_cursor_that_is_none_is_refused(alice, resource):
    for cursor in ("x", "0", "null", "é", "A" * 5000, "../..", base64.urlsafe_b64encode(b"[]").decode(), "' OR 1=1"):
        alice.get(f"/{resource}", cursor=cursor).rejects("cursor")


def test_a_tampered_cursor_shows_nothing_of_others(alice, bob):
    for _ in range(3):
        make_knowledgebase(bob)
    mine = {make_knowledgebase(alice)["id"] for _ in range(4)}
    cursor = alice.get("/knowledgebases", limit=2).expect(200)["next_cursor"]
    for i in range(len(cursor)):
        for changed in (cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1:], cursor[:i] + cursor[i + 1:]):
            answer = alice.get("/knowledgebases", cursor=changed)
            if answer.status != 422:
                assert {item["id"] for item in answer.expect(200)["items"]} <= mine
    theirs = bob.get("/knowledgebases", limit=2).expect(200)["next_cursor"]
    answer = alice.get("/knowledgebases", cursor=theirs)
    if answer.status != 422:
        assert {item["id"] for item in answer.expect(200)["items"]} <= mine


def test_totals_follow_the_filter_and_are_capped(alice):
    agent, other = make_agent(alice), make_agent(alice)
    make_execution(alice, other["id"])
    for size in (10_000, 1):
        batch = [{"agent_id": agent["id"]} for _ in range(size)]
        assert {item["status"] for item in alice.post("/executions/batch", json=batch).expect(200)["items"]} == {201}
    answer = alice.get("/executions", agent_id=agent["id"], limit=1, count=True).expect(200)
    assert answer["total"] == 10_000 and answer["total_is_capped"] is True
    answer = alice.get("/executions", agent_id=other["id"], limit=1, count=True).expect(200)
    assert answer["total"] == 1 and not answer.get("total_is_capped")
    assert "total" not in alice.get("/executions", agent_id=other["id"], count=False).expect(200)


def test_an_unknown_value_of_a_filter_is_refused(alice):
    for path, filters in [("/agents", {"is_public": "x"}), ("/executions", {"agent_id": "x"}), ("/executions", {"from_": "yesterday"}),
                          ("/executions", {"to": "2026-13-01T00:00:00Z"}), ("/executions", {"from_": ""})]:
        name = next(iter(filters)).rstrip("_")
        alice.get(path, **filters).rejects(name)


# Times

def test_from_is_included_and_to_is_not(alice):
    agent = make_agent(alice)
    base = now_ms() // 1000 * 1000 - 3_600_000
    made = [make_execution(alice, agent["id"], started_at=timestamp(base + i * 1000))["id"] for i in range(4)]

    def found(**filters):
        return [item["id"] for item in alice.items("/executions", agent_id=agent["id"], **filters)][::-1]

    assert found(from_=timestamp(base + 1000)) == made[1:]
    assert found(from_=timestamp(base + 1001)) == made[2:]
    assert found(to=timestamp(base + 2000)) == made[:2]
    assert found(to=timestamp(base + 2001)) == made[:3]
    assert found(from_=timestamp(base + 1000), to=timestamp(base + 3000), limit=1) == made[1:3]


@pytest.mark.parametrize("offset, shift_minutes", [("+00:00", 0), ("-00:00", 0), ("+09:00", 540), ("-03:30", -210), ("+05:45", 345), ("+14:00", 840)])
def test_a_time_is_accepted_in_any_offset(alice, offset, shift_minutes):
    agent = make_agent(alice)
    ms = now_ms() // 1000 * 1000 - 7_200_000
    local = timestamp(ms + shift_minutes * 60_000)[:-1] + offset
    execution = make_execution(alice, agent["id"], started_at=local)
    assert execution["started_at"] == timestamp(ms)
    assert len(alice.items("/executions", agent_id=agent["id"], from_=local)) == 1
    assert alice.items("/executions", agent_id=agent["id"], to=local) == []


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-01-01T24:61:00Z",
                                  "2026-01-01T00:00:00+99:00", 1767225600000, {}, "2026-01-01T00:00:00.000ZZ"])
def test_what_is_no_time_is_refused(alice, text):
    agent = make_agent(alice)
    alice.post("/executions", json={"agent_id": agent["id"], "started_at": text}).rejects("/started_at")


def test_a_creation_with_an_id_of_the_past_does_not_disturb_the_order(alice):
    old_id = uuid7(now_ms() - 86_400_000 * 400)
    made = [make_knowledgebase(alice), make_knowledgebase(alice, id=old_id), make_knowledgebase(alice)]
    assert [item["id"] for item in alice.items("/knowledgebases", limit=1)] == newest_first(*made)
