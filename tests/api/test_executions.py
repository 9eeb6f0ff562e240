"""Creating and reading executions: defaults, repetition, references, validation, who sees what, names, deletion."""

import json
import uuid

import pytest

from client import make_agent, make_workflow, now_ms, timestamp, to_ms, unique, uuid7
from support_executions import AGENTS, METRICS, STATUSES, kind, rejects_one_of, steps  # noqa: F401

WHOLE = {"session_id": "s-1", "input_data": {"question": "왜?", "deep": [{"a": None}, 1, 2.5]}, "output_data": {"answer": "그냥"},
         "execution_context": {"trace": "t", "empty": {}}, "status": "failed", "error_message": "model gave up"}


def test_an_execution_starts_with_defaults(alice, kind):
    subject = kind.make_subject(alice)
    before = now_ms()
    answer = kind.post(alice, subject)
    made = answer.expect(201)
    after = now_ms()
    assert answer.headers["Location"].endswith(f"{kind.path}/{made['id']}") and answer.etag
    assert uuid.UUID(made["id"]).version == 7
    assert made["status"] == "running"
    assert before - 50 <= to_ms(made["started_at"]) <= after + 50
    assert int(made["id"].replace("-", "")[:12], 16) == to_ms(made["started_at"])
    assert made[kind.reference] == subject["id"] and made["user_id"] == alice.id
    assert made[kind.subject_name] == subject["name"]
    assert made["execution_context"] == {} and made["steps"] == []
    assert made["metrics"] == dict.fromkeys(METRICS, 0)
    for absent in ("session_id", "input_data", "output_data", "error_message", "completed_at", "duration_ms"):
        assert made[absent] is None, absent
    assert kind.get(alice, made) == made


def test_everything_that_was_sent_comes_back(alice, kind):
    subject = kind.make_subject(alice)
    body = kind.of(subject, **WHOLE, started_at=timestamp(minutes=-3), completed_at=timestamp(minutes=-1), duration_ms=77,
                   steps=steps(5), metrics={name: i + 1 for i, name in enumerate(METRICS)})
    made = kind.post(alice, subject, **body).expect(201)
    shown = kind.get(alice, made)
    assert shown == made
    for name, value in body.items():
        if name != "steps":
            assert shown[name] == value, name
    assert [{name: step[name] for name in ("step_number", "step_type", "content", "step_metadata")} for step in shown["steps"]] == steps(5)


def test_null_in_a_creation_means_absent(alice, kind):
    subject = kind.make_subject(alice)
    made = kind.post(alice, subject, session_id=None, status=None, execution_context=None, completed_at=None, metrics=None, steps=None,
                     started_at=None).expect(201)
    assert made["status"] == "running" and made["execution_context"] == {} and made["steps"] == []
    assert kind.post(alice, subject, input_data={"kept": None}).expect(201)["input_data"] == {"kept": None}


def test_total_tokens_default_to_the_sum(alice, kind):
    subject = kind.make_subject(alice)
    assert kind.make(alice, subject, metrics={"llm_prompt_tokens": 30, "llm_completion_tokens": 12})["metrics"]["llm_total_tokens"] == 42
    told = kind.make(alice, subject, metrics={"llm_prompt_tokens": 30, "llm_completion_tokens": 12, "llm_total_tokens": 50})
    assert told["metrics"]["llm_total_tokens"] == 50
    assert kind.make(alice, subject, metrics={"llm_total_tokens": 0, "llm_prompt_tokens": 3})["metrics"]["llm_total_tokens"] == 0


@pytest.mark.parametrize("literal", ["0.000000001", "1e-9", "0.123456789", "0.1", "0.3", "123456.789012345", "99999.999999999", "0",
                                     "1000000", "0.000001", "4.35", "1.005", "2.675"])
def test_money_is_exact_to_the_nano_dollar(alice, literal):
    agent = make_agent(alice)
    body = f'{{"agent_id": "{agent["id"]}", "metrics": {{"cost_usd": {literal}}}}}'
    made = alice.post("/executions", body=body.encode()).expect(201)
    again = alice.get(f"/executions/{made['id']}")
    spelled = again.text.split('"cost_usd":')[1].split(",")[0].split("}")[0].strip()
    assert "e" not in spelled.lower(), spelled
    assert round(float(spelled) * 10**9) == round(float(literal) * 10**9)
    assert float(spelled) == float(literal)


def test_the_same_creation_again_answers_the_stored_object(alice, kind):
    subject = kind.make_subject(alice)
    body = kind.of(subject, id=uuid7(), input_data={"a": 1, "b": [1, 2]}, steps=steps(2))
    first = alice.post(kind.path, json=body).expect(201)
    assert first["id"] == body["id"]
    reordered = json.dumps(dict(reversed(body.items())), indent=2).replace('"a": 1', '"a": 1.0').encode()
    assert alice.post(kind.path, body=reordered).expect(200) == first
    changed = kind.patch(alice, first, status="completed").expect(200)
    assert alice.post(kind.path, json=body).expect(200) == changed
    for other in ({"input_data": {"a": 2}}, {"steps": steps(1)}, {"session_id": "s"}):
        alice.post(kind.path, json={**body, **other}).expect(409)
    assert kind.get(alice, first) == changed
    assert kind.count(alice, **{kind.reference: subject["id"]}) == 1


def test_an_id_of_somebody_else_is_a_conflict(alice, bob, kind):
    made = kind.make(alice)
    theirs = kind.make_subject(bob)
    kind.post(bob, theirs, id=made["id"]).expect(409)
    assert kind.get(alice, made) == made


@pytest.mark.parametrize("field, value", [
    ("status", "done"), ("status", 1), ("session_id", 5), ("session_id", {}), ("execution_context", []), ("execution_context", "x"),
    ("error_message", 7), ("started_at", "yesterday"), ("started_at", 1790000000000), ("started_at", "2026-13-01T00:00:00Z"),
    ("started_at", "2026-02-30T00:00:00Z"), ("started_at", "2026-11-22"), ("metrics", []), ("metrics", 3), ("steps", {}), ("steps", "x"),
    ("id", "1"), ("id", str(uuid.UUID(int=4))), ("id", "7e9cbb2e-abcf-440e-b4be-14c04eb474c2"), ("id", 7), ("agentid", "x"), ("", 1), ("a/b~c", 1)])
def test_a_field_that_is_not_valid_is_named(alice, kind, field, value):
    subject = kind.make_subject(alice)
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    kind.post(alice, subject, **{field: value}).rejects(pointer)
    assert kind.count(alice, **{kind.reference: subject["id"]}) == 0


@pytest.mark.parametrize("metric, value", [("llm_call_count", -1), ("llm_prompt_tokens", 1.5), ("tool_call_count", "3"), ("cost_usd", "1"),
                                           ("cache_hit_count", True), ("tokens", 1), ("cache_miss_count", 2**63),
                                           ("cost_usd", 1_000_001), ("llm_completion_tokens", 10**12 + 1), ("llm_total_tokens", 2 * 10**12 + 1)])
def test_a_metric_that_is_not_valid_is_named(alice, kind, metric, value):
    kind.post(alice, kind.make_subject(alice), metrics={metric: value}).rejects(f"/metrics/{metric}")


@pytest.mark.parametrize("step, pointer", [
    ({"step_type": "thought"}, "/steps/1/step_number"), ({"step_number": 1}, "/steps/1/step_type"),
    ({"step_number": 1, "step_type": "dream"}, "/steps/1/step_type"), ({"step_number": -1, "step_type": "error"}, "/steps/1/step_number"),
    ({"step_number": 1, "step_type": "error", "contents": ""}, "/steps/1/contents"), ({"step_number": 1.5, "step_type": "error"},
    "/steps/1/step_number"),
    ({"step_number": 1, "step_type": "error", "step_metadata": []}, "/steps/1/step_metadata")])
def test_a_step_that_is_not_valid_is_named(alice, kind, step, pointer):
    kind.post(alice, kind.make_subject(alice), steps=[*steps(1), step]).rejects(pointer)


def test_what_is_executed_must_be_there_and_visible(alice, bob, kind):
    alice.post(kind.path, json={}).rejects(f"/{kind.reference}")
    for missing in (None, "x", 5, uuid7(), str(uuid.uuid4()), kind.make_subject(bob)["id"]):
        kind.post(alice, missing).rejects(f"/{kind.reference}")
    gone = kind.make_subject(alice)
    alice.delete(f"{kind.subjects}/{gone['id']}").expect(204)
    kind.post(alice, gone).rejects(f"/{kind.reference}")


def test_a_public_agent_can_be_executed_by_others_unseen_by_its_owner(alice, bob, kind):
    public = kind.make_subject(alice, is_public=True)
    made = kind.make(bob, public)
    assert made["user_id"] == bob.id and made[kind.subject_name] == public["name"]
    alice.get(f"{kind.path}/{made['id']}").expect(404)
    assert kind.count(alice, **{kind.reference: public["id"]}) == 0


def test_the_name_that_a_public_object_got_after_it_went_private_does_not_leak(alice, bob, kind):
    public = kind.make_subject(alice, is_public=True)
    made = kind.make(bob, public)
    secret = unique("secret")
    alice.patch(f"{kind.subjects}/{public['id']}", json={"is_public": False, "name": secret}).expect(200)
    assert secret not in bob.get(f"{kind.path}/{made['id']}").text
    assert secret not in bob.get(kind.path).text


def test_another_users_execution_is_not_there(alice, bob, admin, kind):
    made = kind.make(alice, session_id="theirs", steps=steps(1))
    path = f"{kind.path}/{made['id']}"
    for answer in (bob.get(path), bob.patch(path, json={"status": "failed"}), bob.delete(path), bob.post(f"{path}/steps", json=steps(1, 5)[0])):
        answer.expect(404)
    assert made["id"] not in bob.get(kind.path).text
    bob.get(kind.path, user_id=alice.id).expect(403)
    assert admin.get(path, user_id=alice.id).expect(200) == made
    assert admin.get(kind.path, user_id=alice.id).expect(200)["items"][0]["id"] == made["id"]
    admin.get(kind.path, user_id=str(uuid.uuid4())).expect(404)
    assert alice.get(path, user_id=alice.id).expect(200) == made


def test_the_name_is_fresh_and_stays_after_deletion(alice, kind):
    subject = kind.make_subject(alice)
    made = kind.make(alice, subject)
    path = f"{kind.path}/{made['id']}"
    etag = alice.get(path).etag
    for turn in range(3):
        name = unique("renamed")
        alice.patch(f"{kind.subjects}/{subject['id']}", json={"name": name}).expect(200)
        answer = alice.get(path, headers={"If-None-Match": etag})
        assert answer.expect(200)[kind.subject_name] == name
        assert alice.get(path, headers={"If-None-Match": answer.etag}).status == 304
        assert [item[kind.subject_name] for item in alice.get(kind.path).expect(200)["items"]] == [name]
        etag = answer.etag


def test_executions_of_a_deleted_agent_keep_its_last_name(alice):
    agent = make_agent(alice)
    made = AGENTS.make(alice, agent)
    name = unique("last")
    alice.patch(f"/agents/{agent['id']}", json={"name": name}).expect(200)
    alice.delete(f"/agents/{agent['id']}").expect(204)
    assert AGENTS.get(alice, made)["agent_name"] == name
    assert [item["agent_name"] for item in alice.get("/executions", agent_id=agent["id"]).expect(200)["items"]] == [name]
    done = AGENTS.patch(alice, made, status="completed").expect(200)
    assert done["agent_name"] == name and done["status"] == "completed"


def test_a_deleted_execution_is_gone(alice, kind):
    made, other = kind.make(alice, steps=steps(3)), kind.make(alice)
    path = f"{kind.path}/{made['id']}"
    alice.delete(path).expect(204)
    for answer in (alice.get(path), alice.delete(path), alice.patch(path, json={"status": "failed"}), alice.post(f"{path}/steps", json=steps(1)[0])):
        answer.expect(404)
    assert [item["id"] for item in alice.get(kind.path).expect(200)["items"]] == [other["id"]]


def test_a_session_is_erased_whole_and_alone(alice, bob, kind):
    subject = kind.make_subject(alice)
    session, spared = unique("세션 &=%/"), unique("spared")
    gone = [kind.make(alice, subject, session_id=session, status=status)["id"] for status in STATUSES]
    kept = [kind.make(alice, subject, session_id=spared)["id"], kind.make(alice, subject)["id"]]
    theirs = kind.make(bob, session_id=session)
    alice.delete(kind.path, session_id=session).expect(204)
    assert {item["id"] for item in alice.items(kind.path)} == set(kept)
    for execution in gone:
        alice.get(f"{kind.path}/{execution}").expect(404)
    assert kind.get(bob, theirs) == theirs
    alice.delete(kind.path).rejects("session_id")
    assert kind.count(alice) == 2


def test_executions_of_agents_and_workflows_do_not_mix(alice):
    agent, workflow = make_agent(alice), make_workflow(alice)
    execution = AGENTS.make(alice, agent)
    alice.get(f"/workflow-executions/{execution['id']}").expect(404)
    assert alice.get("/workflow-executions").expect(200)["items"] == []
    alice.post("/executions", json={"agent_id": workflow["id"]}).rejects("/agent_id")
    alice.post("/executions", json={"workflow_id": workflow["id"]}).rejects("/workflow_id")
    rejects_one_of(alice.post("/workflow-executions", json={"workflow_id": agent["id"]}), "/workflow_id")
