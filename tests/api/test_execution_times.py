"""What an execution derives from its id and its times, and how far they may lie apart."""

import uuid

import pytest

from client import now_ms, timestamp, to_ms, uuid7
from support_executions import DAY_MS, FINISHED, HOUR_MS, RETENTION_DAYS, kind, rejects_one_of  # noqa: F401

MINUTE_MS = 60_000


def id_time(execution):
    return int(execution["id"].replace("-", "")[:12], 16)


def test_started_at_defaults_to_the_time_of_the_clients_id(alice, kind):
    for ago in (0, 1, HOUR_MS, 30 * DAY_MS, 364 * DAY_MS):
        ms = now_ms() - ago
        made = kind.make(alice, id=uuid7(ms))
        assert to_ms(made["started_at"]) == ms
        assert kind.get(alice, made) == made


def test_the_servers_id_carries_started_at(alice, kind):
    subject = kind.make_subject(alice)
    for ago in (0, 999, 90 * DAY_MS, -HOUR_MS):
        ms = now_ms() - ago
        made = kind.make(alice, subject, started_at=timestamp(ms))
        assert to_ms(made["started_at"]) == ms and id_time(made) == ms
        assert uuid.UUID(made["id"]).version == 7


@pytest.mark.parametrize("apart_ms, is_valid", [(DAY_MS - 1000, True), (-DAY_MS + 1000, True), (DAY_MS + 1000, False), (-DAY_MS - 1000, False)])
def test_an_id_lies_within_a_day_of_started_at(alice, kind, apart_ms, is_valid):
    started = now_ms() - 10 * DAY_MS
    answer = kind.post(alice, kind.make_subject(alice), id=uuid7(started + apart_ms), started_at=timestamp(started))
    if is_valid:
        assert to_ms(answer.expect(201)["started_at"]) == started
    else:
        rejects_one_of(answer, "/id", "/started_at")


def test_a_correction_of_started_at_stays_within_a_day_of_the_id(alice, kind):
    started = now_ms() - 10 * DAY_MS
    made = kind.make(alice, started_at=timestamp(started))
    for apart in (DAY_MS - 1000, 1000 - DAY_MS, 0):
        assert to_ms(kind.patch(alice, made, started_at=timestamp(started + apart)).expect(200)["started_at"]) == started + apart
    for apart in (DAY_MS + 1000, -DAY_MS - 1000):
        kind.patch(alice, made, started_at=timestamp(started + apart)).rejects("/started_at")
    shown = kind.get(alice, made)
    assert shown["id"] == made["id"] and to_ms(shown["started_at"]) == started


def test_a_start_more_than_a_day_ahead_is_refused(alice, kind):
    subject = kind.make_subject(alice)
    kind.post(alice, subject, started_at=timestamp(hours=23)).expect(201)
    kind.post(alice, subject, started_at=timestamp(hours=25)).rejects("/started_at")
    rejects_one_of(kind.post(alice, subject, id=uuid7(now_ms() + 25 * HOUR_MS)), "/id", "/started_at")


def test_a_start_before_the_retention_horizon_is_refused(alice, kind):
    subject = kind.make_subject(alice)
    kept, lost = now_ms() - (RETENTION_DAYS - 2) * DAY_MS, now_ms() - (RETENTION_DAYS + 2) * DAY_MS
    kind.post(alice, subject, started_at=timestamp(kept)).expect(201)
    kind.post(alice, subject, started_at=timestamp(lost)).rejects("/started_at")
    rejects_one_of(kind.post(alice, subject, id=uuid7(lost)), "/id", "/started_at")
    kind.post(alice, subject, started_at="1970-01-01T00:00:00Z").rejects("/started_at")
    assert kind.count(alice, **{kind.reference: subject["id"]}) == 1


def test_any_offset_is_the_same_instant(alice, kind):
    subject = kind.make_subject(alice)
    base = now_ms() // 1000 * 1000 - DAY_MS
    text = timestamp(base + 9 * HOUR_MS)
    for spelled in (text.replace("Z", "+09:00"), text[:19] + "+09:00", timestamp(base - 5 * HOUR_MS - 30 * MINUTE_MS)[:19] + "-05:30",
                    timestamp(base)[:19] + "Z", timestamp(base).replace("Z", "-00:00")):
        assert kind.make(alice, subject, started_at=spelled)["started_at"] == timestamp(base)


@pytest.mark.parametrize("status", FINISHED)
def test_a_finished_one_takes_its_duration_from_its_times(alice, kind, status):
    started = now_ms() - HOUR_MS
    made = kind.make(alice, status=status, started_at=timestamp(started), completed_at=timestamp(started + 1234))
    assert made["duration_ms"] == 1234 and made["completed_at"] == timestamp(started + 1234)


def test_a_finished_one_takes_its_end_from_its_duration(alice, kind):
    started = now_ms() - HOUR_MS
    for duration in (0, 1, 90_000):
        made = kind.make(alice, status="timeout", started_at=timestamp(started), duration_ms=duration)
        assert made["completed_at"] == timestamp(started + duration) and made["duration_ms"] == duration


def test_a_finished_one_without_either_ended_when_it_arrived(alice, kind):
    started = now_ms() - HOUR_MS
    before = now_ms()
    made = kind.make(alice, status="completed", started_at=timestamp(started))
    assert before - 50 <= to_ms(made["completed_at"]) <= now_ms() + 50
    assert made["duration_ms"] == to_ms(made["completed_at"]) - started


def test_a_duration_that_is_told_is_kept_beside_the_times(alice, kind):
    started = now_ms() - HOUR_MS
    made = kind.make(alice, status="completed", started_at=timestamp(started), completed_at=timestamp(started + 5000), duration_ms=4321)
    assert made["duration_ms"] == 4321 and made["completed_at"] == timestamp(started + 5000)


def test_an_end_may_lie_a_day_ahead_and_no_more(alice, kind):
    subject = kind.make_subject(alice)
    kind.post(alice, subject, status="completed", completed_at=timestamp(hours=23)).expect(201)
    kind.post(alice, subject, status="completed", completed_at=timestamp(hours=25)).rejects("/completed_at")
    rejects_one_of(kind.post(alice, subject, status="completed", duration_ms=26 * HOUR_MS), "/duration_ms", "/completed_at")


def test_an_end_before_the_start_is_refused(alice, kind):
    subject = kind.make_subject(alice)
    started = now_ms() - HOUR_MS
    kind.post(alice, subject, status="completed", started_at=timestamp(started), completed_at=timestamp(started)).expect(201)
    rejects_one_of(kind.post(alice, subject, status="completed", started_at=timestamp(started), completed_at=timestamp(started - 1)),
                   "/completed_at", "/started_at")
    rejects_one_of(kind.post(alice, subject, status="completed", duration_ms=-1), "/duration_ms")


def test_a_running_one_has_no_end(alice, kind):
    subject = kind.make_subject(alice)
    kind.post(alice, subject, completed_at=timestamp()).rejects("/completed_at")
    kind.post(alice, subject, duration_ms=5).rejects("/duration_ms")
    kind.post(alice, subject, status="running", completed_at=timestamp()).rejects("/completed_at")
    made = kind.make(alice, subject)
    kind.patch(alice, made, completed_at=timestamp()).rejects("/completed_at")
    kind.patch(alice, made, duration_ms=5).rejects("/duration_ms")
    assert kind.get(alice, made) == made
