"""Steps: appended one or many, unique by number, always in order."""

import pytest

from client import in_parallel, timestamp, to_ms
from support_executions import STEP_TYPES, kind, steps  # noqa: F401

SENT = ("step_number", "step_type", "content", "step_metadata")


def as_sent(shown):
    return [{name: step[name] for name in SENT} for step in shown]


def append(client, kind, execution, json):
    return client.post(f"{kind.path}/{execution['id']}/steps", json=json)


def test_one_step_is_appended(alice, kind):
    made = kind.make(alice)
    etag = alice.get(f"{kind.path}/{made['id']}").etag
    step = append(alice, kind, made, {"step_number": 0, "step_type": "thought"}).expect(201)
    assert step["step_number"] == 0 and step["step_type"] == "thought" and step["step_metadata"] == {} and step["content"] is None
    to_ms(step["timestamp"])
    answer = alice.get(f"{kind.path}/{made['id']}")
    assert answer.expect(200)["steps"] == [step]
    assert answer.etag != etag


def test_a_step_keeps_its_time(alice, kind):
    moment = timestamp(minutes=-5)
    made = kind.make(alice, steps=steps(1, timestamp=moment))
    assert made["steps"][0]["timestamp"] == moment
    assert append(alice, kind, made, steps(1, 1, timestamp=moment)[0]).expect(201)["timestamp"] == moment


@pytest.mark.parametrize("step_type", STEP_TYPES)
def test_every_type_of_step_is_kept(alice, kind, step_type):
    content = "안녕 \U0001f3fa <b>&\"'\\ \t\n" + step_type
    made = kind.make(alice)
    append(alice, kind, made, {"step_number": 3, "step_type": step_type, "content": content, "step_metadata": {"n": None, "l": [1, {}]}}).expect(201)
    step = kind.get(alice, made)["steps"][0]
    assert (step["step_type"], step["content"], step["step_metadata"]) == (step_type, content, {"n": None, "l": [1, {}]})


def test_many_steps_are_appended_and_shown_in_order(alice, kind):
    made = kind.make(alice, steps=steps(2, 40)[::-1])
    assert as_sent(made["steps"]) == steps(2, 40)
    answer = append(alice, kind, made, steps(30, 5)[::-1]).expect(201)
    assert sorted(step["step_number"] for step in answer["items"]) == list(range(5, 35))
    append(alice, kind, made, steps(1, 0)[0]).expect(201)
    append(alice, kind, made, steps(1, 1_000)).expect(201)
    assert as_sent(kind.get(alice, made)["steps"]) == steps(1, 0) + steps(30, 5) + steps(2, 40) + steps(1, 1_000)


def test_a_number_twice_in_one_body_is_refused_whole(alice, kind):
    made = kind.make(alice)
    append(alice, kind, made, [*steps(3), steps(1, 1)[0]]).expect(422)
    subject = kind.make_subject(alice)
    kind.post(alice, subject, steps=[*steps(3), steps(1, 2)[0]]).expect(422)
    assert kind.get(alice, made)["steps"] == []
    assert kind.count(alice, **{kind.reference: subject["id"]}) == 0


def test_a_number_that_is_there_already_is_a_conflict(alice, kind):
    made = kind.make(alice, steps=steps(3))
    append(alice, kind, made, steps(1, 1)[0]).expect(409)
    append(alice, kind, made, [*steps(2, 3), steps(1, 2)[0]]).expect(409)
    assert kind.get(alice, made)["steps"] == made["steps"]


@pytest.mark.parametrize("body, pointer", [
    ({"step_type": "thought"}, "/step_number"), ({"step_number": 1, "step_type": "x"}, "/step_type"),
    ({"step_number": "1", "step_type": "error"}, "/step_number"), ({"step_number": -1, "step_type": "error"}, "/step_number"),
    ({"step_number": 1, "step_type": "error", "note": 1}, "/note"), ({"step_number": 1, "step_type": "error", "content": 1}, "/content"),
    ([{"step_number": 1, "step_type": "error"}, {"step_number": 2}], "/1/step_type"),
    ([{"step_number": 1, "step_type": "error"}, {"step_number": 2, "step_type": "error", "timestamp": "now"}], "/1/timestamp")])
def test_a_step_that_is_not_valid_is_named_and_nothing_is_kept(alice, kind, body, pointer):
    made = kind.make(alice)
    append(alice, kind, made, body).rejects(pointer)
    assert kind.get(alice, made) == made


@pytest.mark.parametrize("body", [5, "x", None, [1], [[]]])
def test_what_is_no_step_is_refused(alice, kind, body):
    append(alice, kind, kind.make(alice), body).expect(422)


def test_a_thousand_steps_go_in_a_request_and_ten_thousand_on_an_execution(alice, kind):
    made = kind.make(alice)
    append(alice, kind, made, steps(1001)).expect(422)
    for first in range(0, 10_000, 1000):
        append(alice, kind, made, steps(1000, first, content=None)).expect(201)
    append(alice, kind, made, steps(1, 10_000)[0]).expect(409, 422)
    shown = kind.get(alice, made)["steps"]
    assert [step["step_number"] for step in shown] == list(range(10_000))


def test_steps_appended_at_once_all_stay(alice, kind):
    made = kind.make(alice)
    numbers = list(range(120))
    in_parallel(lambda number: append(alice, kind, made, steps(120)[number]).expect(201), numbers[::-1])
    assert as_sent(kind.get(alice, made)["steps"]) == steps(120)


def test_of_two_that_append_the_same_number_at_once_one_wins(alice, kind):
    made = kind.make(alice)
    answers = in_parallel(lambda who: append(alice, kind, made, {"step_number": 7, "step_type": "action", "content": str(who)}), range(8))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    assert kind.get(alice, made)["steps"] == [next(answer.json() for answer in answers if answer.status == 201)]


def test_a_repeated_append_with_an_idempotency_key_counts_once(alice, kind):
    made = kind.make(alice)
    path = f"{kind.path}/{made['id']}/steps"
    first = alice.post(path, json=steps(3), headers={"Idempotency-Key": "append-1"})
    again = alice.post(path, json=steps(3), headers={"Idempotency-Key": "append-1"})
    assert again.expect(201) == first.expect(201)
    assert again.headers["Idempotent-Replay"] == "true" and first.headers["Idempotent-Replay"] is None
    alice.post(path, json=steps(3, 10), headers={"Idempotency-Key": "append-1"}).expect(422)
    assert as_sent(kind.get(alice, made)["steps"]) == steps(3)
