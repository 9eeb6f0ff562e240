"""Agents' memory: what is remembered, listed, found and forgotten."""

import pytest

from client import in_parallel, make_agent, timestamp, unique
from support_process import eventually


@pytest.fixture
def agent(alice):
    return make_agent(alice)["id"]


@pytest.fixture
def memory(agent):
    return f"/agents/{agent}/memory"


def remember(client, memory, **fields):
    return client.post(memory, json={"type": "short_term", "content": "it was said", **fields}).expect(201)


def contents(client, path, **params):
    return [item["content"] for item in client.items(path, **params)]


def brought(admin, alice, agent, *memories):
    """Brought along by an admin who acts for alice, so that they may be old."""
    bodies = [{"type": "short_term", "content": unique(), **fields} for fields in memories]
    return admin.post(f"/agents/{agent}/memory", params={"user_id": alice.id}, json=bodies).expect(201)["items"]


def test_one_is_made_with_defaults_and_shown(alice, agent, memory):
    answer = alice.post(memory, json={"type": "semantic", "content": "물은 100도에서 끓는다"})
    made = answer.expect(201)
    assert answer.headers["Location"].endswith(f"{memory}/{made['id']}")
    shown = alice.get(f"{memory}/{made['id']}").expect(200)
    assert shown == made
    assert {name: shown[name] for name in ("agent_id", "user_id", "metadata", "importance", "session_id", "embedding", "access_count", "last_accessed_at",
                                           "version")} == {
        "agent_id": agent, "user_id": alice.id, "metadata": {}, "importance": "medium", "session_id": None, "embedding": None, "access_count": 0,
        "last_accessed_at": None, "version": 1}


@pytest.mark.parametrize("body, field", [
    ({"content": "x"}, "/type"), ({"type": "short_term"}, "/content"), ({"type": "forgotten", "content": "x"}, "/type"),
    ({"type": "short_term", "content": ""}, "/content"), ({"type": "short_term", "content": "x" * (1 << 20) + "y"}, "/content"),
    ({"type": "short_term", "content": "x", "importance": "vital"}, "/importance"), ({"type": "short_term", "content": "x", "metadata": []}, "/metadata"),
    ({"type": "short_term", "content": "x", "embedding": [1, "2"]}, "/embedding/1"), ({"type": "short_term", "content": "x", "embedding": [1e300]}, "/embedding/0"),
    ({"type": "short_term", "content": "x", "embedding": [0] * 4097}, "/embedding"), ({"type": "short_term", "content": "x", "access_count": 3}, "/access_count"),
    ({"type": "short_term", "content": "x", "created_at": "2026-01-01T00:00:00Z"}, "/created_at"), ({"type": "short_term", "content": "x", "kind": 1}, "/kind")])
def test_what_is_not_valid_names_its_place(alice, memory, body, field):
    assert [error["field"] for error in alice.post(memory, json=body).expect(422)["errors"]] == [field]
    refused = alice.post(memory, json=[{"type": "semantic", "content": "good"}, body]).expect(422)
    assert [error["field"] for error in refused["errors"]] == ["/1" + field]
    assert alice.items(memory) == []


def test_an_embedding_comes_back_as_32_bit_numbers_and_stays_out_of_lists(alice, memory):
    made = remember(alice, memory, embedding=[0.1, -2.5, 3, 1e-7])
    assert made["embedding"] == [0.1, -2.5, 3, 1e-7]
    assert "embedding" not in alice.items(memory)[0]


def test_a_thousand_at_once_and_no_more(alice, memory):
    made = alice.post(memory, json=[{"type": "episodic", "content": str(i)} for i in range(1000)]).expect(201)["items"]
    assert [item["content"] for item in made] == [str(i) for i in range(1000)]
    assert [item["id"] for item in made] == sorted(item["id"] for item in made)
    alice.post(memory, json=[{"type": "episodic", "content": "x"}] * 1001).expect(422)
    assert contents(alice, memory) == [str(i) for i in reversed(range(1000))]
    assert alice.get(memory, params={"count": "true", "limit": 1}).expect(200)["total"] == 1000


def test_a_repeated_creation_is_told_from_a_conflict(alice, bob, memory):
    body = {"id": "01a1e000-0000-7000-8000-%012x" % (hash(unique()) & 0xFFFFFFFFFFFF), "type": "semantic", "content": "once"}
    first = alice.post(memory, json=body).expect(201)
    assert alice.post(memory, json=body).expect(200) == first
    alice.post(memory, json={**body, "content": "twice"}).expect(409)
    others = f"/agents/{make_agent(bob)['id']}/memory"
    bob.post(others, json=body).expect(409)
    alice.post(memory, json=[{"type": "semantic", "content": "new"}, {**body, "content": "twice"}]).expect(409)
    assert contents(alice, memory) == ["once"]


def test_a_repeated_array_costs_the_same_however_long(alice, memory):
    body = lambda count: [{"id": "01a1e%03x-0000-7000-8000-%012x" % (n, hash(unique()) & 0xFFFFFFFFFFFF), "type": "semantic",  # noqa: E731
                           "content": str(n)} for n in range(count)]
    spent = []
    for count in (1, 10, 300):
        sent = body(count)
        first = alice.post(memory, json=sent).expect(201)
        again = alice.post(memory, json=sent + [{"type": "semantic", "content": "new"}])
        assert again.expect(201)["items"][:-1] == first["items"]
        spent.append(again.queries)
    assert len(set(spent)) == 1, spent


def test_lists_are_filtered(alice, memory):
    alice.post(memory, json=[
        {"type": "short_term", "content": "a", "importance": "low", "session_id": "s", "metadata": {"k": 1}},
        {"type": "long_term", "content": "b", "importance": "high", "session_id": "s", "metadata": {"k": 1, "l": [1, 2]}},
        {"type": "semantic", "content": "c"}]).expect(201)
    assert contents(alice, memory, type="short_term") == contents(alice, memory, memory_type="short_term") == ["a"]
    assert contents(alice, memory, importance="high") == ["b"]
    assert contents(alice, memory, session_id="s") == ["b", "a"]
    assert contents(alice, memory, metadata='{"k":1}') == ["b", "a"]
    assert contents(alice, memory, metadata='{"l":[2]}') == contents(alice, memory, **{"metadata.k": "1", "type": "long_term"}) == ["b"]
    assert contents(alice, memory, metadata="{}") == ["c", "b", "a"]
    assert contents(alice, memory, to=timestamp(minutes=-5)) == []
    alice.get(memory, params={"type": "short_term", "memory_type": "semantic"}).expect(422)
    alice.get(memory, params={"kind": "x"}).expect(422)


def test_a_change_is_a_merge_patch_that_heeds_if_match(alice, memory):
    made = remember(alice, memory, metadata={"a": 1, "b": 2})
    path = f"{memory}/{made['id']}"
    changed = alice.patch(path, json={"metadata": {"b": None}, "importance": None, "type": "semantic"}).expect(200)
    assert (changed["metadata"], changed["importance"], changed["type"], changed["version"]) == ({"a": 1}, "medium", "semantic", 2)
    alice.patch(path, json={"content": "new"}, headers={"If-Match": '"1-0"'}).expect(412)
    alice.patch(path, json={"content": None}).expect(422)
    alice.patch(path, json={"access_count": 9}).expect(422)
    alice.delete(path, headers={"If-Match": '"1-0"'}).expect(412)
    alice.delete(path).expect(204)
    alice.get(path).expect(404)


def test_memory_is_its_owners_alone_even_of_a_public_agent(alice, bob, admin):
    agent = make_agent(alice, is_public=True)["id"]
    made = remember(alice, f"/agents/{agent}/memory")
    for path in ("", f"/{made['id']}", "/settings", "/stats", "/timeline"):
        bob.get(f"/agents/{agent}/memory{path}").expect(404)
    bob.post(f"/agents/{agent}/memory", json={"type": "semantic", "content": "x"}).expect(404)
    bob.post(f"/memory/consolidate/{agent}").expect(404)
    assert admin.get(f"/agents/{agent}/memory", params={"user_id": alice.id}).expect(200)["items"]
    alice.delete(f"/agents/{agent}").expect(204)
    alice.get(f"/agents/{agent}/memory").expect(404)


def test_settings_have_defaults_and_bounds_and_hold_at_once(alice, admin, agent, memory):
    defaults = {"short_term_retention_hours": 24, "auto_cleanup": True, "auto_consolidation": True, "consolidation_threshold": 100,
                "enable_compression": True, "max_memory_size_mb": 1000, "importance_threshold": "low"}
    settings = memory + "/settings"
    assert alice.get(settings).expect(200) == defaults
    for name, bad in (("short_term_retention_hours", 0), ("short_term_retention_hours", 169), ("consolidation_threshold", 9), ("consolidation_threshold", 1001),
                      ("max_memory_size_mb", 99), ("max_memory_size_mb", 10001), ("importance_threshold", "none"), ("auto_cleanup", 1), ("other", 1)):
        assert alice.put(settings, json={name: bad}).expect(422)["errors"][0]["field"] == "/" + name
    brought(admin, alice, agent, {"content": "day", "created_at": timestamp(hours=-30)}, {"content": "hour", "created_at": timestamp(hours=-2)})
    assert contents(alice, memory) == ["hour"]
    assert alice.put(settings, json={"short_term_retention_hours": 48}).expect(200) == {**defaults, "short_term_retention_hours": 48}
    assert contents(alice, memory) == ["hour", "day"]
    alice.put(settings, json={"short_term_retention_hours": 1}).expect(200)
    assert contents(alice, memory) == []
    alice.put(settings, json={"short_term_retention_hours": 1, "auto_cleanup": False}).expect(200)
    assert contents(alice, memory) == ["hour", "day"]


def test_accesses_are_counted_and_stand_in_the_timeline_by_day(alice, memory):
    made = remember(alice, memory)
    path = f"{memory}/{made['id']}"
    for _ in range(3):
        alice.get(path).expect(200)
    eventually(lambda: alice.items(memory)[0]["access_count"] == 3)
    entries = alice.items(memory + "/timeline")
    assert [(entry["type"], entry["memory_id"]) for entry in entries] == [("created", made["id"]), ("accessed", made["id"])]
    assert entries[1]["metadata"] == {"count": 3}
    assert alice.get(path).expect(200)["version"] == 1


def test_a_clean_up_promotes_first_and_removes_what_has_expired(alice, admin, agent, memory):
    made = brought(admin, alice, agent,
                   {"content": "old", "created_at": timestamp(hours=-25)},
                   {"content": "used", "created_at": timestamp(hours=-25), "access_count": 3, "importance": "low"},
                   {"type": "long_term", "importance": "low", "content": "unused", "created_at": timestamp(hours=-24 * 91)},
                   {"type": "long_term", "importance": "low", "content": "needed", "created_at": timestamp(hours=-24 * 91), "last_accessed_at": timestamp(hours=-1)},
                   {"type": "episodic", "importance": "low", "content": "event", "created_at": timestamp(hours=-24 * 31)},
                   {"type": "episodic", "content": "great event", "created_at": timestamp(hours=-24 * 31)})
    assert sorted(contents(alice, memory)) == ["great event", "needed", "used"]
    mine = lambda answer: sorted((gone["type"], gone["id"]) for gone in answer["list"] if gone["agent_id"] == agent)
    expected = sorted((made[i]["type"], made[i]["id"]) for i in (0, 2, 4))
    overview = alice.get("/memory/stats").expect(200)["stats"]
    assert [overview[f"old_{name}_count"] for name in ("stm", "ltm", "episodic")] == [1, 1, 1]
    assert [overview[f"{name}_count"] for name in ("short_term", "long_term", "episodic", "semantic")] == [1, 1, 1, 0]
    dry = admin.post("/memory/cleanup", params={"dry_run": "true", "list": "true"}).expect(200)
    assert mine(dry) == expected and set(dry["list"][0]) == {"id", "agent_id", "type", "reason"}
    done = admin.post("/memory/cleanup", params={"list": "true"}).expect(200)
    assert done["success"] is True and mine(done) == expected
    assert set(done["stats"]) == {"stm_deleted", "ltm_deleted", "episodic_deleted", "total_deleted", "promoted", "merged", "bytes_reclaimed", "duration_ms"}
    assert done["stats"]["promoted"] >= 1 and done["stats"]["bytes_reclaimed"] > 0
    promoted = alice.get(f"{memory}/{made[1]['id']}").expect(200)
    assert (promoted["type"], promoted["importance"]) == ("long_term", "medium")
    undone = alice.post(f"{memory}/{made[1]['id']}/undo").expect(200)
    assert (undone["type"], undone["importance"]) == ("short_term", "low")
    alice.post(f"{memory}/{made[1]['id']}/undo").expect(409)
    assert alice.post(memory + "/consolidate").expect(200)["consolidated_count"] == 0
    assert {entry["type"] for entry in alice.items(memory + "/timeline", limit=2)} >= {"created", "promoted", "removed", "undone"}
    assert mine(admin.post("/memory/cleanup", params={"list": "true"}).expect(200)) == []


def merged(admin, alice, agent, memory, *duplicates):
    """Due ones of the same text of which the later are merged into the first."""
    made = brought(admin, alice, agent, *[{"created_at": timestamp(hours=-20 + i), "access_count": 3, **fields} for i, fields in enumerate(duplicates)])
    done = alice.post(memory + "/consolidate").expect(200)
    return [one["id"] for one in made], done["message"]


def test_what_comes_back_says_what_it_said(alice, admin, agent, memory):
    ids, _ = merged(admin, alice, agent, memory, {"content": "Same words", "last_accessed_at": timestamp(hours=-9)},
                    {"content": "Same words", "last_accessed_at": timestamp(hours=-2)})
    alice.patch(f"{memory}/{ids[0]}", json={"content": "edited"}).expect(200)
    alice.post(f"{memory}/{ids[0]}/undo", headers={"If-Match": '"77"'}).expect(412)
    shown = alice.get(f"{memory}/{ids[0]}").expect(200)
    assert alice.post(f"{memory}/{ids[0]}/undo", headers={"If-Match": f'"{shown["version"]}"'}).expect(200)["content"] == "edited"
    assert sorted(contents(alice, memory)) == ["Same words", "edited"]


def test_undo_takes_the_accesses_of_others_back(alice, admin, agent, memory):
    own = timestamp(hours=-9)
    ids, _ = merged(admin, alice, agent, memory, {"content": "Same words", "last_accessed_at": own}, {"content": "same words", "last_accessed_at": timestamp(hours=-2)})
    undone = alice.post(f"{memory}/{ids[0]}/undo").expect(200)
    assert (undone["access_count"], undone["last_accessed_at"]) == (3, own)


def test_a_promotion_is_not_undone_where_an_id_has_been_taken_again(alice, admin, agent, memory):
    ids, _ = merged(admin, alice, agent, memory, {"content": "walrus"}, {"content": "Walrus"})
    remember(alice, memory, id=ids[1], type="semantic", content="ostrich")
    alice.post(f"{memory}/{ids[0]}/undo").expect(409)
    assert sorted(contents(alice, memory)) == ["ostrich", "walrus"]
    found = alice.post(memory + "/search", json={"query": "ostrich"}).expect(200)
    assert [item["memory"]["id"] for item in found] == [ids[1]]
    assert alice.get(f"{memory}/{ids[0]}").expect(200)["type"] == "long_term"


def test_no_more_is_merged_than_can_come_back(alice, admin, agent, memory):
    texts = ["y" * 900_000 + letters for letters in ("ab", "aB", "Ab", "AB", "ab", "aB")]
    ids, message = merged(admin, alice, agent, memory, *[{"content": text} for text in texts])
    assert message == "2 promoted, 4 duplicates merged."
    for one in alice.items(memory, limit=2):
        alice.post(f"{memory}/{one['id']}/undo").expect(200)
    assert {one["id"]: one["content"] for one in alice.items(memory, limit=2)} == dict(zip(ids, texts))


@pytest.mark.parametrize("path", ["consolidate", "cleanup"])
def test_work_under_a_key_is_done_once(alice, admin, agent, memory, path):
    client, path = (admin, "/memory/cleanup") if path == "cleanup" else (alice, memory + "/consolidate")
    key = {"Idempotency-Key": unique()}
    first = client.post(path, headers=key)
    brought(admin, alice, agent, {"created_at": timestamp(hours=-25), "access_count": 3})
    again = client.post(path, headers=key)
    assert again.expect(200) == first.expect(200) and again.headers["Idempotent-Replay"] == "true"
    assert contents(alice, memory, type="long_term") == []
    other = client.post(path, headers=key, json={"x": 1}).expect(422)
    assert [error["field"] for error in other["errors"]] == ["/x"]
    if path == "/memory/cleanup":
        client.post(path, headers=key, params={"dry_run": "true"}).expect(422)


def test_what_takes_nothing_says_so(admin, agent, memory):
    for path in (memory + "/consolidate", f"/memory/consolidate/{agent}", "/memory/cleanup", f"{memory}/{agent}/undo", "/prices/apply", "/jobs/retention/run"):
        refused = admin.post(path, json={"dry_run": True}).expect(422)
        assert [error["field"] for error in refused["errors"]] == ["/dry_run"]


def test_so_many_short_term_memories_call_for_promotion(alice, admin, agent, memory):
    alice.put(memory + "/settings", json={"consolidation_threshold": 10}).expect(200)
    due = brought(admin, alice, agent, *[{"content": f"due {i}", "created_at": timestamp(hours=-13), "access_count": 3} for i in range(9)])
    brought(admin, alice, agent, {"created_at": timestamp(hours=-1)})
    assert len(contents(alice, memory, type="short_term")) == 10
    remember(alice, memory)
    eventually(lambda: alice.get(f"{memory}/{due[0]['id']}").expect(200)["type"] == "long_term")
    assert len(contents(alice, memory, type="long_term")) == 9


def test_stats_tell_what_lives_and_how_well_it_is_kept(alice, admin, agent, memory):
    alice.post(memory, json={"type": "semantic", "content": "word " * 2000}).expect(201)
    brought(admin, alice, agent, {"created_at": timestamp(hours=-25)})
    stats = alice.get(memory + "/stats").expect(200)
    assert {name: stats[name]["count"] for name in ("short_term", "long_term", "episodic", "semantic")} == {
        "short_term": 0, "long_term": 0, "episodic": 0, "semantic": 1}
    assert stats["total_size_mb"] == stats["semantic"]["size_mb"] > 0
    assert stats["compression_ratio"] > 5


def test_the_overview_is_right_whoever_wrote(alice, admin, agent, memory):
    """Several connections write at once: on PostgreSQL each counts for itself."""
    in_parallel(lambda i: brought(admin, alice, agent, {"importance": "high", "created_at": timestamp(hours=-25 if i % 4 else -1)}), range(40))
    shown = alice.get("/memory/stats").expect(200)["stats"]
    assert (shown["short_term_count"], shown["high_importance_count"], shown["old_stm_count"]) == (10, 10, 30)
    assert alice.get(memory + "/stats").expect(200)["short_term"]["count"] == 10 == len(contents(alice, memory))


def test_erasing_a_user_erases_what_its_agents_remember(admin, alice, agent, memory):
    remember(alice, memory)
    admin.delete(f"/users/{alice.id}").expect(409)
    admin.delete(f"/users/{alice.id}", params={"erase": "true"}).expect(204)


def test_a_clone_remembers_nothing(alice, agent, memory):
    remember(alice, memory)
    clone = alice.post(f"/agents/{agent}/clone").expect(201)["id"]
    assert alice.items(f"/agents/{clone}/memory") == []


def test_the_timeline_goes_on_behind_any_entry(alice, memory):
    alice.post(memory, json=[{"type": "semantic", "content": str(i)} for i in range(25)]).expect(201)
    whole = alice.items(memory + "/timeline", limit=500)
    assert len(whole) == 25 and len({entry["id"] for entry in whole}) == 25
    assert alice.items(memory + "/timeline", limit=7) == whole
    assert alice.get(memory + "/timeline", params={"count": "true"}).expect(200)["total"] == 25
