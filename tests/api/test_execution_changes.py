"""PATCH finishes or corrects an execution, and never lets it run again."""


import threading

import pytest

from client import in_parallel, now_ms, timestamp, to_ms, uuid7
from support_executions import FINISHED, HOUR_MS, kind, rejects_one_of, steps  # noqa: F401


@pytest.mark.parametrize("status", FINISHED)
def test_a_patch_finishes(alice, kind, status):
    started = now_ms() - 5000
    made = kind.make(alice, started_at=timestamp(started), session_id="s", input_data={"a": 1}, steps=steps(2))
    before = now_ms()
    done = kind.patch(alice, made, status=status, output_data={"b": 2}, metrics={"llm_prompt_tokens": 7, "llm_completion_tokens": 4}).expect(200)
    assert done["status"] == status and done["output_data"] == {"b": 2}
    assert before - 50 <= to_ms(done["completed_at"]) <= now_ms() + 50
    assert done["duration_ms"] == to_ms(done["completed_at"]) - started
    assert done["metrics"]["llm_total_tokens"] == 11
    assert done["version"] > made["version"]
    for name in ("id", "started_at", "session_id", "input_data", "steps", "created_at", kind.reference, kind.subject_name):
        assert done[name] == made[name], name
    assert kind.get(alice, made) == done


def test_a_patch_that_finishes_may_tell_the_end_or_the_duration(alice, kind):
    started = now_ms() - HOUR_MS
    one, two = (kind.make(alice, started_at=timestamp(started)) for _ in range(2))
    assert kind.patch(alice, one, status="completed", completed_at=timestamp(started + 700)).expect(200)["duration_ms"] == 700
    assert kind.patch(alice, two, status="failed", duration_ms=800).expect(200)["completed_at"] == timestamp(started + 800)
    three = kind.make(alice, started_at=timestamp(started))
    rejects_one_of(kind.patch(alice, three, status="failed", completed_at=timestamp(started - 1)), "/completed_at", "/started_at")
    assert kind.get(alice, three) == three


@pytest.mark.parametrize("status", FINISHED)
def test_a_finished_execution_cannot_run_again(alice, kind, status):
    made = kind.make(alice, status=status, duration_ms=0)
    kind.patch(alice, made, status="running").expect(409)
    kind.patch(alice, made, status="running", error_message="again").expect(409)
    assert kind.get(alice, made) == made


def test_a_finished_execution_can_be_corrected(alice, kind):
    started = now_ms() - HOUR_MS
    made = kind.make(alice, status="completed", started_at=timestamp(started), duration_ms=10, error_message="odd")
    fixed = kind.patch(alice, made, status="failed", error_message="it failed after all", duration_ms=11,
                       completed_at=timestamp(started + 11), metrics={"cost_usd": 0.25}).expect(200)
    assert (fixed["status"], fixed["duration_ms"], fixed["metrics"]["cost_usd"]) == ("failed", 11, 0.25)
    assert kind.patch(alice, made, error_message=None).expect(200)["error_message"] is None
    assert kind.patch(alice, made, status="failed").expect(200)["status"] == "failed"


def test_null_in_a_patch_goes_back_to_the_default(alice, kind):
    started = now_ms() - HOUR_MS
    made = kind.make(alice, status="completed", session_id="s", started_at=timestamp(started), completed_at=timestamp(started + 50), duration_ms=49,
                     output_data={"x": 1}, execution_context={"y": 1},
                     metrics={"llm_prompt_tokens": 2, "llm_completion_tokens": 3, "llm_total_tokens": 9, "cost_usd": 1.5})
    shown = kind.patch(alice, made, session_id=None, output_data=None, execution_context=None, duration_ms=None,
                       metrics={"llm_total_tokens": None, "cost_usd": None}).expect(200)
    assert shown["session_id"] is None and shown["output_data"] is None and shown["execution_context"] == {}
    assert shown["duration_ms"] == 50
    assert shown["metrics"]["llm_total_tokens"] == 5 and shown["metrics"]["cost_usd"] == 0
    kind.patch(alice, made, **{kind.reference: None}).rejects(f"/{kind.reference}")


def test_documents_are_merged(alice, kind):
    made = kind.make(alice, execution_context={"a": 1, "b": {"c": 2, "d": [1, 2]}}, input_data={"k": {"l": 1}})
    shown = kind.patch(alice, made, execution_context={"b": {"c": None, "d": [3]}, "e": {"f": None, "g": 1}}, input_data={"k": {"m": 2}}).expect(200)
    assert shown["execution_context"] == {"a": 1, "b": {"d": [3]}, "e": {"g": 1}}
    assert shown["input_data"] == {"k": {"l": 1, "m": 2}}


def test_metrics_that_a_patch_does_not_name_stay(alice, kind):
    made = kind.make(alice, metrics={"llm_call_count": 1, "cache_hit_count": 2, "cost_usd": 0.5})
    shown = kind.patch(alice, made, metrics={"cache_hit_count": 3}).expect(200)
    assert (shown["metrics"]["llm_call_count"], shown["metrics"]["cache_hit_count"], shown["metrics"]["cost_usd"]) == (1, 3, 0.5)


def test_metrics_that_were_taken_back_are_derived_again(alice, kind):
    made = kind.make(alice, metrics={"llm_total_tokens": 100, "cost_usd": 1})
    shown = kind.patch(alice, made, metrics=None).expect(200)
    assert shown["metrics"]["llm_total_tokens"] == 0 and shown["metrics"]["cost_usd"] == 0
    shown = kind.patch(alice, made, metrics={"llm_prompt_tokens": 1_000_000}).expect(200)
    assert shown["metrics"]["llm_total_tokens"] == 1_000_000


def test_an_empty_patch_changes_nothing_that_is_shown(alice, kind):
    made = kind.make(alice, session_id="s", steps=steps(1))
    shown = kind.patch(alice, made).expect(200)
    ignored = ("version", "updated_at")
    assert {k: v for k, v in shown.items() if k not in ignored} == {k: v for k, v in made.items() if k not in ignored}


@pytest.mark.parametrize("field, value", [("status", "done"), ("status", 5), ("nonsense", 1), ("created_at", "2020-01-01T00:00:00.000Z"),
                                          ("user_id", "0193f000-0000-7000-8000-000000000001"), ("version", 77), ("metrics", "x"), ("execution_context", 1)])
def test_a_patch_that_is_not_valid_changes_nothing(alice, kind, field, value):
    made = kind.make(alice)
    answer = kind.patch(alice, made, **{"session_id": "new", field: value})
    answer.rejects(f"/{field}")
    assert kind.get(alice, made) == made


def test_the_id_and_the_owner_stay(alice, kind):
    made = kind.make(alice)
    kind.patch(alice, made, id=uuid7()).rejects("/id")
    shown = kind.patch(alice, made, id=made["id"], user_id=made["user_id"], session_id="s").expect(200)
    assert shown["session_id"] == "s"


def test_a_merge_patch_may_come_under_either_type(alice, kind):
    made = kind.make(alice)
    for media_type in ("application/merge-patch+json", "application/json", "application/json; charset=utf-8"):
        path = f"{kind.path}/{made['id']}"
        assert alice.patch(path, json={"session_id": media_type}, headers={"Content-Type": media_type}).expect(200)["session_id"] == media_type
    alice.patch(path, json={"session_id": "x"}, headers={"Content-Type": "text/plain"}).expect(415)
    alice.patch(path, json=[1]).rejects("")


def test_if_match_guards_a_patch(alice, kind):
    made = kind.make(alice)
    path = f"{kind.path}/{made['id']}"
    etag = alice.get(path).etag
    alice.patch(path, json={"session_id": "one"}, headers={"If-Match": etag}).expect(200)
    alice.patch(path, json={"session_id": "two"}, headers={"If-Match": etag}).expect(412)
    alice.delete(path, headers={"If-Match": etag}).expect(412)
    assert kind.get(alice, made)["session_id"] == "one"
    alice.patch(path, json={"session_id": "three"}, headers={"If-Match": "*"}).expect(200)
    alice.delete(path, headers={"If-Match": alice.get(path).etag}).expect(204)


def test_patches_at_once_never_lose_each_other(alice, kind):
    made = kind.make(alice)

    def patch(writer):
        for turn in range(15):
            kind.patch(alice, made, execution_context={f"w{writer}": {f"t{turn}": True}}).expect(200)

    in_parallel(patch, range(6))
    context = kind.get(alice, made)["execution_context"]
    assert context == {f"w{writer}": {f"t{turn}": True for turn in range(15)} for writer in range(6)}


def test_only_one_of_two_that_finish_with_the_same_etag_wins(alice, kind):
    made = kind.make(alice)
    path = f"{kind.path}/{made['id']}"
    etag = alice.get(path).etag
    start = threading.Barrier(6)

    def finish(status):
        start.wait(20)
        return alice.patch(path, json={"status": status}, headers={"If-Match": etag})

    answers = in_parallel(finish, [*FINISHED, "failed", "completed"])
    assert sorted(answer.status for answer in answers) == [200, 412, 412, 412, 412, 412]
    winner = next(answer for answer in answers if answer.status == 200)
    assert kind.get(alice, made) == winner.json()
