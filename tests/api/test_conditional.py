"""ETag, If-None-Match and If-Match; Idempotency-Key."""

import re
import threading

import pytest

from client import edge, in_parallel, make_agent, make_user, make_workflow, node, unique

LEAST = {"name": "a", "llm_provider": "ollama", "llm_model": "m"}


def with_key(key, **others):
    return {"Idempotency-Key": key, **others}


# ETag

def test_an_etag_is_the_version_and_a_hash(alice):
    agent = make_agent(alice)
    path = f"/agents/{agent['id']}"
    answer = alice.get(path)
    assert re.fullmatch(rf'"{agent["version"]}-[\w-]+"', answer.etag)
    assert alice.get(path).etag == answer.etag
    patched = alice.patch(path, json={"description": "d"})
    assert patched.etag.startswith(f'"{agent["version"] + 1}-') and alice.get(path).etag == patched.etag


@pytest.mark.parametrize("condition", ["{0}", "W/{0}", '"x", {0}', '"x",{0} , W/"y"', "*"])
def test_what_the_reader_has_is_not_sent_again(alice, condition):
    path = f"/agents/{make_agent(alice)['id']}"
    etag = alice.get(path).etag
    answer = alice.get(path, headers={"If-None-Match": condition.format(etag)})
    answer.expect(304)
    assert answer.etag == etag
    alice.get(path, headers={"If-None-Match": '"x"'}).expect(200)
    changed = alice.patch(path, json={"description": "d"})
    if condition != "*":
        assert alice.get(path, headers={"If-None-Match": condition.format(etag)}).expect(200) == changed.json()


def test_a_list_has_an_etag_that_follows_what_it_shows(alice):
    agent = make_agent(alice)
    first = alice.get("/agents", name=agent["name"])
    assert re.fullmatch(r'"[\w-]+"', first.etag)
    alice.get("/agents", name=agent["name"], headers={"If-None-Match": first.etag}).expect(304)
    alice.patch(f"/agents/{agent['id']}", json={"description": "d"}).expect(200)
    second = alice.get("/agents", name=agent["name"], headers={"If-None-Match": first.etag})
    assert second.expect(200)["items"][0]["description"] == "d" and second.etag != first.etag


def test_an_etag_differs_for_readers_who_see_other_things(alice, bob):
    agent = make_agent(alice)
    workflow = make_workflow(alice, [node("n", data={"agent_id": agent["id"]})], is_public=True)
    path = f"/workflows/{workflow['id']}"
    mine = alice.get(path)
    theirs = bob.get(path, headers={"If-None-Match": mine.etag})
    assert theirs.expect(200)["nodes"][0]["ref_name"] is None
    assert theirs.etag != mine.etag


@pytest.mark.parametrize("condition", ['"{0}-anything"', 'W/"{0}-anything"', "*", '"99-x", "{0}-y"'])
def test_a_write_under_the_present_version_succeeds(alice, condition):
    for method, body, status in [("PATCH", {"description": "d"}, 200), ("PUT", LEAST, 200), ("DELETE", None, 204)]:
        agent = make_agent(alice)
        arguments = {} if body is None else {"json": body}
        answer = alice.request(method, f"/agents/{agent['id']}", headers={"If-Match": condition.format(agent["version"])}, **arguments)
        answer.expect(status)


@pytest.mark.parametrize("condition", ['"0-x"', '"2-x"', 'W/"99-x"', '"11-x"'])
def test_a_write_under_another_version_is_refused_and_changes_nothing(alice, condition):
    agent = make_agent(alice)
    path = f"/agents/{agent['id']}"
    while agent["version"] in (2, 11):  # whatever versions begin with
        agent = alice.patch(path, json={"description": unique()}).expect(200)
    alice.patch(path, json={"description": "d"}, headers={"If-Match": condition}).expect(412)
    alice.put(path, json=LEAST, headers={"If-Match": condition}).expect(412)
    alice.delete(path, headers={"If-Match": condition}).expect(412)
    assert alice.get(path).expect(200) == agent


def test_a_renamed_neighbour_does_not_fail_a_write(alice):
    agent = make_agent(alice)
    workflow = make_workflow(alice, [node("n", data={"agent_id": agent["id"]})])
    path = f"/workflows/{workflow['id']}"
    before = alice.get(path)
    alice.patch(f"/agents/{agent['id']}", json={"name": "renamed"}).expect(200)
    after = alice.get(path, headers={"If-None-Match": before.etag})
    assert after.expect(200)["nodes"][0]["ref_name"] == "renamed"
    alice.patch(path, json={"description": "d"}, headers={"If-Match": before.etag}).expect(200)
    alice.patch(path, json={"description": "e"}, headers={"If-Match": before.etag}).expect(412)


def test_of_many_writes_under_one_version_one_succeeds(alice):
    agent = make_agent(alice)
    path = f"/agents/{agent['id']}"
    match = {"If-Match": f'"{agent["version"]}-x"'}
    answers = in_parallel(lambda i: alice.patch(path, json={"description": str(i)}, headers=match), range(24))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 23
    winner = next(answer for answer in answers if answer.status == 200)
    assert alice.get(path).expect(200) == winner.json()


def test_if_match_on_what_is_not_there_is_404_or_412(alice, bob):
    agent = make_agent(alice)
    answer = bob.patch(f"/agents/{agent['id']}", json={"name": "x"}, headers={"If-Match": "*"})
    missing = bob.patch("/agents/01890000-0000-7000-8000-000000000000", json={"name": "x"}, headers={"If-Match": "*"})
    assert answer.status == missing.status and answer.status in (404, 412)


# Idempotency-Key

@pytest.mark.parametrize("path, body", [
    ("/agents", LEAST), ("/knowledgebases", {"name": "k"}), ("/workflows", {"name": "w", "graph_definition": {"nodes": [node("a")], "edges": []}})])
def test_a_replay_answers_the_same_and_does_nothing(alice, path, body):
    headers = with_key(unique("key"))
    first = alice.post(path, json=body, headers=headers)
    assert first.expect(201) and "Idempotent-Replay" not in first.headers
    for _ in range(2):
        again = alice.post(path, json=body, headers=headers)
        assert (again.status, again.body) == (201, first.body) and again.headers["Idempotent-Replay"] == "true"
    assert len(alice.items(path, **({} if path == "/knowledgebases" else {"is_public": False}))) == 1


def test_a_replay_answers_what_was_answered_then(alice):
    headers = with_key(unique("key"))
    first = alice.post("/agents", json=LEAST, headers=headers)
    alice.patch(f"/agents/{first.json()['id']}", json={"name": "changed"}).expect(200)
    assert alice.post("/agents", json=LEAST, headers=headers).body == first.body
    alice.delete(f"/agents/{first.json()['id']}").expect(204)
    assert alice.post("/agents", json=LEAST, headers=headers).body == first.body


def test_other_posts_are_replayed_as_well(alice):
    agent = make_agent(alice)
    path = f"/agents/{agent['id']}"
    version = alice.items(f"{path}/versions")[0]["version"]
    for target, arguments in [(f"{path}/clone", {}), (f"{path}/clone", {"json": {"name": "c"}}), (f"{path}/versions/{version}/restore", {}),
                              ("/agents/import", {"json": alice.get(f"{path}/export").json()}), ("/executions", {"json": {"agent_id": agent["id"]}}),
                              ("/executions/batch", {"json": [{"agent_id": agent["id"]}, {"agent_id": "x"}]})]:
        headers = with_key(unique("key"))
        first = alice.post(target, headers=headers, **arguments)
        again = alice.post(target, headers=headers, **arguments)
        assert first.status < 300 and (again.status, again.body) == (first.status, first.body), target
        assert again.headers["Idempotent-Replay"] == "true", target
    assert len(alice.items("/executions", agent_id=agent["id"])) == 2
    assert len(alice.items("/agents", is_public=False)) == 4


def test_the_same_key_with_another_body_is_refused(alice):
    headers = with_key(unique("key"))
    alice.post("/agents", json=LEAST, headers=headers).expect(201)
    alice.post("/agents", json={**LEAST, "name": "other"}, headers=headers).expect(422)
    alice.post("/agents", json=LEAST, headers=headers).expect(201)
    assert len(alice.items("/agents", is_public=False)) == 1


def test_a_key_is_scoped_by_user_and_path(alice, bob):
    headers = with_key(unique("key"))
    first = alice.post("/agents", json=LEAST, headers=headers).expect(201)
    theirs = bob.post("/agents", json=LEAST, headers=headers)
    assert theirs.expect(201)["id"] != first["id"] and theirs.json()["user_id"] == bob.id
    assert "Idempotent-Replay" not in theirs.headers
    alice.post("/knowledgebases", json={"name": "k"}, headers=headers).expect(201)
    a, b = make_agent(alice), make_agent(alice)
    names = [alice.post(f"/agents/{agent['id']}/clone", headers=headers).expect(201)["name"] for agent in (a, b)]
    assert names == [a["name"] + " (copy)", b["name"] + " (copy)"]


def test_at_once_one_takes_effect_and_the_others_replay_or_conflict(alice):
    headers = with_key(unique("key"))
    graph = {"nodes": [node(f"n{i}") for i in range(2_000)], "edges": [edge(f"e{i}", f"n{i}", "n0") for i in range(2_000)]}
    body = {"name": unique("w"), "graph_definition": graph}
    barrier = threading.Barrier(8)

    def send(_):
        barrier.wait()
        return alice.post("/workflows", json=body, headers=headers)

    answers = in_parallel(send, range(8))
    assert {answer.status for answer in answers} <= {201, 409}
    created = [answer for answer in answers if answer.status == 201]
    assert len({answer.body for answer in created}) == 1
    assert sum("Idempotent-Replay" not in answer.headers for answer in created) == 1
    assert len(alice.items("/workflows", name=body["name"])) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "tab\there", "ümlaut", "\x7f"])
def test_a_key_of_other_characters_or_length_is_refused(alice, key):
    answer = alice.post("/agents", json=LEAST, headers=with_key(key.encode("latin-1")))
    assert answer.status in ((422,) if key.isprintable() and key.isascii() else (400, 422)), answer
    assert alice.items("/agents", is_public=False) == []


def test_a_key_of_255_visible_characters_is_accepted(alice):
    key = "".join(chr(33 + i % 94) for i in range(255))
    first = alice.post("/agents", json=LEAST, headers=with_key(key)).expect(201)
    assert alice.post("/agents", json=LEAST, headers=with_key(key)).expect(201) == first


def test_a_key_is_kept_over_a_restart(new_server):
    server = new_server()
    alice = make_user(server.admin(), "alice")
    first = alice.post("/agents", json=LEAST, headers=with_key("k"))
    server.restart()
    again = alice.post("/agents", json=LEAST, headers=with_key("k"))
    assert (again.status, again.body) == (201, first.body)
    server.kill()
    server.start()
    assert alice.post("/agents", json=LEAST, headers=with_key("k")).body == first.body


def test_a_refused_request_has_no_effect_that_a_replay_could_hide(alice):
    headers = with_key(unique("key"))
    for _ in range(2):
        alice.post("/agents", json={**LEAST, "colour": 1}, headers=headers).expect(422)
    assert alice.items("/agents", is_public=False) == []
