"""Lists of executions against a naive oracle: every combination of filters, random limits, pages, ties."""

import itertools
import random

import pytest

from client import now_ms, timestamp, to_ms, unique, uuid7
from support_executions import DAY_MS, HOUR_MS, STATUSES, create_batch, kind, random_executions, steps  # noqa: F401

FILTERS = ("reference", "session_id", "status", "from", "to")


def newest_first(execution):
    return (to_ms(execution["started_at"]), execution["id"])


class World:
    """Some 300 executions of one user, and what the server shows of each by itself."""

    def __init__(self, client, kind, seed, count=300):
        self.client, self.kind = client, kind
        self.random = random.Random(seed)
        self.subjects = [kind.make_subject(client) for _ in range(3)]
        self.sessions = [unique("session"), unique("세션"), "a b&c=d/é?", None]
        self.base = now_ms() - 20 * DAY_MS
        bodies = random_executions(self.random, kind, self.subjects, self.sessions, count, self.base, spread_ms=3 * HOUR_MS)
        for body in bodies[::3]:  # ids in another order than their times
            body["id"] = uuid7(self.base + self.random.randrange(6 * HOUR_MS))
        ids = create_batch(client, kind, bodies)
        shown = [kind.get(client, id) for id in ids]
        for body, execution in zip(bodies, shown):
            assert all(execution[name] == value for name, value in body.items()), (body, execution)
        self.all = sorted(shown, key=newest_first, reverse=True)

    def some_filters(self, names):
        moment = lambda: to_ms(self.random.choice(self.all)["started_at"]) + self.random.choice((0, 0, 0, -1, 1))  # noqa: E731
        start = moment()
        choices = {"reference": (self.kind.reference, self.random.choice(self.subjects)["id"]),
                   "session_id": ("session_id", self.random.choice(self.sessions[:3])), "status": ("status", self.random.choice(STATUSES)),
                   "from": ("from", timestamp(start)),
                   "to": ("to", timestamp(start + self.random.randrange(2 * HOUR_MS) if "from" in names else moment()))}
        return dict(choices[name] for name in names)

    def expected(self, filters):
        found = []
        for execution in self.all:
            started = to_ms(execution["started_at"])
            if "from" in filters and started < to_ms(filters["from"]) or "to" in filters and started >= to_ms(filters["to"]):
                continue
            if all(execution[name] == value for name, value in filters.items() if name not in ("from", "to")):
                found.append(execution)
        return found

    def pages(self, filters, limit, **query):
        cursor, pages = None, []
        while True:
            answer = self.client.get(self.kind.path, params=filters, limit=limit, cursor=cursor, **query)
            pages.append(answer.expect(200))
            cursor = pages[-1]["next_cursor"]
            if cursor is None:
                return pages
            assert len(pages[-1]["items"]) == limit, "a page that is not the last is full"
            assert len(pages) <= len(self.all), "the pages have no end"


def as_item(execution):
    return {name: value for name, value in execution.items() if name not in ("steps", "execution_context")}


def test_every_combination_of_filters_and_limits_gives_what_an_oracle_gives(alice, bob, kind):
    world, theirs = World(alice, kind, seed=11), World(bob, kind, seed=12, count=20)
    for size in range(len(FILTERS) + 1):
        for names in itertools.combinations(FILTERS, size):
            for _ in range(2):
                filters = world.some_filters(names)
                limit = world.random.choice((1, 2, 3, 7, 20, 50, 299, 300, 500)) if size > 1 else world.random.choice((7, 20, 100, 300, 500))
                expected = world.expected(filters)
                pages = world.pages(filters, limit)
                assert [item for page in pages for item in page["items"]] == [as_item(e) for e in expected], (filters, limit)
                counted = alice.get(kind.path, params=filters, limit=1, count=True).expect(200)
                assert counted["total"] == len(expected), filters
                assert counted.get("total_is_capped", False) is False
    assert [item for page in theirs.pages({}, 500) for item in page["items"]] == [as_item(e) for e in theirs.all]


def test_ties_in_time_are_paged_by_id(alice, kind):
    subject = kind.make_subject(alice)
    moment = now_ms() - DAY_MS
    bodies = [kind.of(subject, id=uuid7(moment + i % 5), started_at=timestamp(moment)) for i in range(25)]
    create_batch(alice, kind, bodies)
    expected = sorted((body["id"] for body in bodies), reverse=True)
    for limit in (1, 4, 24, 25, 26):
        assert [item["id"] for item in alice.items(kind.path, limit=limit)] == expected, limit


def test_pages_are_stable_while_rows_arrive_and_go(alice, kind):
    subject = kind.make_subject(alice)
    base = now_ms() - DAY_MS
    ids = create_batch(alice, kind, [kind.of(subject, started_at=timestamp(base + i)) for i in range(40)])[::-1]
    seen, cursor = [], None
    for turn in itertools.count():
        page = alice.get(kind.path, limit=7, cursor=cursor).expect(200)
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        kind.make(alice, subject, started_at=timestamp(base + 1000 + turn))  # newer than all
        alice.delete(f"{kind.path}/{seen[-1]}").expect(204)                  # the very row that the cursor stands on
    assert seen == ids


def test_a_corrected_start_moves_in_the_list(alice, kind):
    subject = kind.make_subject(alice)
    base = now_ms() - DAY_MS
    ids = [kind.make(alice, subject, started_at=timestamp(base + i * 1000))["id"] for i in range(5)]
    kind.patch(alice, ids[0], started_at=timestamp(base + HOUR_MS)).expect(200)
    expected = [ids[0], ids[4], ids[3], ids[2], ids[1]]
    for limit in (1, 2, 50):
        assert [item["id"] for item in alice.items(kind.path, limit=limit)] == expected
    assert [item["id"] for item in alice.items(kind.path, from_=timestamp(base + HOUR_MS))] == ids[:1]
    assert [item["id"] for item in alice.items(kind.path, to=timestamp(base + HOUR_MS), limit=2)] == expected[1:]


def test_items_leave_out_the_heavy_parts(alice, kind):
    kind.make(alice, steps=steps(3), execution_context={"big": "x" * 1000}, metrics={"cost_usd": 0.5})
    item = alice.get(kind.path).expect(200)["items"][0]
    assert "steps" not in item and "execution_context" not in item
    assert item["metrics"]["cost_usd"] == 0.5 and item[kind.subject_name]


def test_from_is_included_and_to_is_not(alice, kind):
    subject = kind.make_subject(alice)
    base = now_ms() - HOUR_MS
    ids = [kind.make(alice, subject, started_at=timestamp(base + i))["id"] for i in range(3)]
    found = lambda **query: [item["id"] for item in alice.items(kind.path, **query)]  # noqa: E731
    assert found(from_=timestamp(base + 1)) == [ids[2], ids[1]]
    assert found(to=timestamp(base + 1)) == [ids[0]]
    assert found(from_=timestamp(base + 1), to=timestamp(base + 1)) == []
    assert found(from_=timestamp(base + 1), to=timestamp(base + 2)) == [ids[1]]
    assert found(from_=timestamp(base + 1 + 9 * HOUR_MS).replace("Z", "+09:00"), to=timestamp(base + 2)) == [ids[1]]


def test_a_total_is_capped(alice, kind):
    subject = kind.make_subject(alice)
    base = now_ms() - DAY_MS
    bodies = [kind.of(subject, started_at=timestamp(base + i % 1000)) for i in range(10_000)]
    create_batch(alice, kind, bodies)
    page = alice.get(kind.path, limit=1, count=True).expect(200)
    assert page["total"] == 10_000 and page.get("total_is_capped", False) is False
    kind.make(alice, subject)
    page = alice.get(kind.path, limit=1, count=True).expect(200)
    assert page["total"] == 10_000 and page["total_is_capped"] is True
    assert "total" not in alice.get(kind.path, limit=1).expect(200)


@pytest.mark.parametrize("name, value", [("limit", "0"), ("limit", "501"), ("limit", "-1"), ("limit", "x"), ("limit", "1.5"), ("limit", ""),
                                         ("limit", "99999999999999999999"), ("cursor", "x"), ("cursor", "AAAA"), ("cursor", "é\x00"),
                                         ("status", "done"),
                                         ("from", "yesterday"), ("to", "2026"), ("count", "maybe"), ("stauts", "failed"),
                                         ("started_at", "2026-11-22T02:00:00.000Z")])
def test_a_query_parameter_that_is_not_valid_is_named(alice, kind, name, value):
    alice.get(kind.path, params=[(name, value)]).rejects(name)


def test_a_query_parameter_given_twice_is_refused(alice, kind):
    alice.get(kind.path, params=[("status", "failed"), ("status", "completed")]).rejects("status")


def test_a_cursor_of_another_list_opens_nothing(alice, bob, kind):
    for _ in range(3):
        kind.make(alice)
    theirs = kind.make(bob)
    cursor = alice.get(kind.path, limit=1).expect(200)["next_cursor"]
    answer = bob.get(kind.path, cursor=cursor, limit=50)
    assert answer.status in (200, 422), repr(answer)
    assert answer.status == 422 or [item["id"] for item in answer.json()["items"]] in ([], [theirs["id"]])
    for spoilt in (cursor[:-2], cursor + "A", cursor[::-1], cursor.swapcase()):
        assert alice.get(kind.path, cursor=spoilt).status in (200, 422)


def test_a_list_answers_304_until_something_changes(alice, kind):
    made = kind.make(alice)
    etag = alice.get(kind.path).etag
    assert alice.get(kind.path, headers={"If-None-Match": etag}).status == 304
    kind.patch(alice, made, status="completed").expect(200)
    assert alice.get(kind.path, headers={"If-None-Match": etag}).status == 200
