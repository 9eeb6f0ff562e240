"""Executions lie in partitions by month of their ids: on both sides of midnight, a year late, in batches over many months, by ids that drift
a day from started_at, and all the same one list."""

import random
import re
from datetime import datetime, timezone

import pytest

from client import in_parallel, make_agent, make_workflow, now_ms, timestamp, to_ms, unique, uuid7
from stores import postgres_only
from support_executions import AGENTS, DAY_MS, HOUR_MS, STATUSES, WORKFLOWS, create_batch, finished, steps
from support_postgres import at_once, cluster, held, insist, user  # noqa: F401 (fixtures)

pytestmark = postgres_only
TABLES = {AGENTS: "agent_executions", WORKFLOWS: "workflow_executions"}
KINDS = pytest.mark.parametrize("kind", [AGENTS, WORKFLOWS], ids=["agent", "workflow"])
PARTITIONS = """select child.relname, pg_get_expr(child.relpartbound, child.oid) from pg_inherits
    join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent where parent.relname = %s and parent.relkind = 'p'"""


def first_of_month(ms):
    moment = datetime.fromtimestamp(ms / 1000, timezone.utc)
    return int(moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


def month_of(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y_%m")


def months_ago(count):
    """The first millisecond of a month: 0 is the present one."""
    ms = first_of_month(now_ms())
    for _ in range(count):
        ms = first_of_month(ms - 1)
    return ms


def next_month(ms):
    return first_of_month(ms + 32 * DAY_MS)


def partitions(cluster, table):
    """{name: (first id, id beyond the last)}"""
    found = {}
    for name, bound in cluster.database.rows(PARTITIONS, [table]):
        ids = re.findall(r"'([0-9a-f-]{36})'", bound)
        assert len(ids) == 2, f"{name} has bounds {bound}: neither a default partition nor an open end is wanted"
        found[name] = tuple(ids)
    return found


def id_time(id):
    return int(id.replace("-", "")[:12], 16)


@pytest.mark.parametrize("table", ["agent_executions", "workflow_executions", "execution_steps"])
def test_partitions_are_there_two_months_ahead_and_cover_a_month_each(cluster, table):
    found = partitions(cluster, table)
    now = months_ago(0)
    for ms in (now, next_month(now), next_month(next_month(now))):
        name = f"{table}_{month_of(ms)}"
        assert name in found, f"{name} is not among {sorted(found)}"
        assert [id_time(id) for id in found[name]] == [ms, next_month(ms)] and all(id.endswith("-0000-0000-000000000000") for id in found[name])


@KINDS
def test_at_both_sides_of_midnight_a_repeated_creation_finds_the_first(cluster, user, kind):
    subject = kind.make_subject(user[0])
    midnight = months_ago(0) if now_ms() > months_ago(0) + 60_000 else months_ago(1)
    made = {}
    for id_ms in (midnight - 1, midnight, midnight + 1, midnight - DAY_MS + 1, midnight + DAY_MS - 1):
        for started_ms in (midnight - 1, midnight):
            if abs(id_ms - started_ms) > DAY_MS or max(id_ms, started_ms) > now_ms():
                continue
            body = kind.of(subject, id=uuid7(id_ms), steps=steps(2, timestamp=timestamp(started_ms)), **finished(started_ms))
            user[0].post(kind.path, json=body).expect(201)
            made[body["id"]] = body
    for id, body in made.items():
        for client in user:
            again = client.post(kind.path, json=body)
            assert (again.status, again.json()["id"]) == (200, id)
            client.post(kind.path, json={**body, "session_id": "other"}).expect(409)
            shown = kind.get(client, id)
            assert shown["started_at"] == body["started_at"] and len(shown["steps"]) == 2
    again = user[1].post(f"{kind.path}/batch", json=list(made.values())).expect(200)["items"]
    assert [item["status"] for item in again] == [200] * len(made)
    assert kind.count(user[0]) == len(made)
    for table, column in ((TABLES[kind], "id"), ("execution_steps", "execution_id")):
        stored = cluster.database.rows(f"select {column}::text, tableoid::regclass::text from {table} where {column}::text = any(%s)", [list(made)])
        assert {id for id, _ in stored} == set(made)
        assert all(partition == f"{table}_{month_of(id_time(id))}" for id, partition in stored), stored


@KINDS
def test_the_servers_own_ids_carry_started_at(user, kind):
    subject = kind.make_subject(user[0])
    for started_ms in (months_ago(1), months_ago(1) - 1, months_ago(3) + 5, now_ms() - 5):
        made = kind.make(user[0], subject, **finished(started_ms))
        assert id_time(made["id"]) == started_ms == to_ms(made["started_at"])


@KINDS
def test_a_correction_of_started_at_moves_it_in_lists_over_the_months_end(user, kind):
    subject = kind.make_subject(user[0])
    midnight = months_ago(1)
    made = kind.make(user[0], subject, **finished(midnight + HOUR_MS, 5))
    before, after = {"from_": timestamp(midnight - 2 * DAY_MS), "to": timestamp(midnight)}, {"from_": timestamp(midnight), "to": timestamp(midnight + 2 * DAY_MS)}
    assert (kind.count(user[0], **before), kind.count(user[0], **after)) == (0, 1)
    kind.patch(user[1], made, started_at=timestamp(midnight - HOUR_MS), completed_at=timestamp(midnight + HOUR_MS)).expect(200)
    for client in user:
        assert (kind.count(client, **before), kind.count(client, **after)) == (1, 0)
        assert [item["id"] for item in client.items(kind.path, **before)] == [made["id"]]
    kind.patch(user[0], made, started_at=timestamp(midnight - 2 * DAY_MS)).expect(422)
    assert user[0].delete(f"{kind.path}/{made['id']}").status == 204
    assert kind.count(user[1]) == 0


@KINDS
def test_late_arrivals_make_their_month(cluster, user, kind):
    subject = kind.make_subject(user[0])
    late = now_ms() - 363 * DAY_MS
    for table in (TABLES[kind], "execution_steps"):
        name = f"{table}_{month_of(late)}"
        cluster.database.rows(f"drop table if exists {name}")
        assert name not in partitions(cluster, table)
    path = kind.make(user[0], subject, steps=steps(1, timestamp=timestamp(late)), **finished(late))["id"]
    for table in (TABLES[kind], "execution_steps"):
        name = f"{table}_{month_of(late)}"
        bounds = partitions(cluster, table)[name]
        assert [id_time(id) for id in bounds] == [first_of_month(late), next_month(first_of_month(late))]
    assert len(kind.get(user[1], path)["steps"]) == 1
    assert kind.count(user[1], to=timestamp(late + 1)) == 1


def test_steps_that_come_late_to_an_old_execution_are_kept(cluster, user):
    late = months_ago(10) + 5 * DAY_MS
    made = AGENTS.make(user[0], status="running", started_at=timestamp(late))
    cluster.database.rows(f"drop table if exists execution_steps_{month_of(late)}")
    user[1].post(f"/executions/{made['id']}/steps", json=steps(3, timestamp=timestamp(late))).expect(201)
    assert len(AGENTS.get(user[0], made)["steps"]) == 3


def test_late_arrivals_on_two_servers_at_once_make_their_month_once(cluster, user):
    for count in (9, 8, 7):
        subjects = {AGENTS: make_agent(user[0]), WORKFLOWS: make_workflow(user[0])}
        late = months_ago(count) + 3 * DAY_MS
        for table in ("agent_executions", "workflow_executions", "execution_steps"):
            cluster.database.rows(f"drop table if exists {table}_{month_of(late)}")
        answers = at_once(*(lambda n=n, kind=kind: insist(lambda: kind.post(user[n % 2], subjects[kind], steps=steps(1, timestamp=timestamp(late)), **finished(late)))
                            for n in range(4) for kind in (AGENTS, WORKFLOWS)))
        assert [answer.status for answer in answers] == [201] * 8, answers
        for kind, subject in subjects.items():
            assert kind.count(user[0], **{kind.reference: subject["id"]}) == 4


def test_a_reader_is_not_held_up_while_a_month_is_made(cluster, user):
    """Nor is it kept from being made by whoever reads."""
    late = months_ago(6) + DAY_MS
    agent = make_agent(user[0])
    for table in ("agent_executions", "workflow_executions", "execution_steps"):
        cluster.database.rows(f"drop table if exists {table}_{month_of(late)}")
    with held(cluster.database.url, "select count(*) from agent_executions", "select count(*) from execution_steps"):
        AGENTS.post(user[0], agent, **finished(late)).expect(201)
    assert AGENTS.count(user[1], agent_id=agent["id"]) == 1


@KINDS
def test_a_batch_may_span_many_months(cluster, user, kind):
    subject = kind.make_subject(user[0])
    chance = random.Random(1)
    moments = [months_ago(count) + chance.randrange(27 * DAY_MS) for count in range(1, 11) for _ in range(20)]
    chance.shuffle(moments)
    for count in range(2, 11):
        for table in (TABLES[kind], "execution_steps"):
            if not cluster.database.rows(f"select 1 from {table} where {'execution_' if 'steps' in table else ''}id between %s and %s limit 1",
                                         [uuid_of(months_ago(count)), uuid_of(next_month(months_ago(count)))]):
                cluster.database.rows(f"drop table if exists {table}_{month_of(months_ago(count))}")
    bodies = [kind.of(subject, steps=steps(1, timestamp=timestamp(ms)), **finished(ms)) for ms in moments]
    ids = create_batch(user[0], kind, bodies)
    listed = user[1].items(kind.path, limit=33)
    assert [item["started_at"] for item in listed] == sorted((body["started_at"] for body in bodies), reverse=True)
    assert {item["id"] for item in listed} == set(ids)
    for count in range(1, 11):
        window = {"from_": timestamp(months_ago(count)), "to": timestamp(next_month(months_ago(count)))}
        assert kind.count(user[0], **window) == 20
    stored = cluster.database.rows(f"select id::text, tableoid::regclass::text from {TABLES[kind]} where id::text = any(%s)", [ids])
    assert len(stored) == len(ids) and all(partition.endswith(month_of(id_time(id))) for id, partition in stored)


def uuid_of(ms):
    text = f"{ms:012x}"
    return f"{text[:8]}-{text[8:]}-0000-0000-000000000000"


@KINDS
def test_ids_that_drift_a_day_appear_in_lists_by_started_at(user, kind):
    """Against a naive oracle: every filter, every window around the month's end, pages of every size."""
    chance = random.Random(9)
    midnight = months_ago(2)
    subjects = [kind.make_subject(user[0]) for _ in range(2)]
    bodies = []
    for _ in range(150):
        started_ms = midnight + chance.choice([-1, 0, 1, -HOUR_MS, HOUR_MS, chance.randrange(-2 * DAY_MS, 2 * DAY_MS)])
        drift = chance.choice([0, 0, -DAY_MS, DAY_MS, chance.randrange(-DAY_MS, DAY_MS)])
        status = chance.choice(STATUSES)
        fields = {"status": status, "started_at": timestamp(started_ms)} if status == "running" else {**finished(started_ms), "status": status}
        bodies.append(kind.of(chance.choice(subjects), id=uuid7(started_ms + drift), session_id=chance.choice(["s1", "s2"]), input_data={"n": chance.randrange(3)}, **fields))
    create_batch(user[0], kind, bodies)
    edges = [midnight + offset for offset in (-DAY_MS, -HOUR_MS, -1, 0, 1, HOUR_MS, DAY_MS)]
    windows = [(None, None)] + [(start, end) for start in edges + [None] for end in edges + [None] if start is None or end is None or start < end]
    for start, end in windows:
        filters = chance.choice([{}, {kind.reference: subjects[0]["id"]}, {"status": chance.choice(STATUSES)}, {"session_id": "s1"},
            {kind.reference: subjects[1]["id"], "status": "completed", "session_id": "s2"}, {"input_data": {"n": 1}}])
        if "input_data" in filters and start is None:
            filters = {}
        expected = [body for body in bodies if (start is None or to_ms(body["started_at"]) >= start) and (end is None or to_ms(body["started_at"]) < end)
                    and all(body[name] == value for name, value in filters.items())]
        expected.sort(key=lambda body: (body["started_at"], body["id"]), reverse=True)
        query = {**filters, "from_": start and timestamp(start), "to": end and timestamp(end)}
        client = chance.choice(user)
        found = client.items(kind.path, limit=chance.choice([1, 7, 500]), **query)
        assert [item["id"] for item in found] == [body["id"] for body in expected], query
        assert kind.count(client, **query) == len(expected)
        if "input_data" not in filters:
            exported = [line for line in client.get(f"{kind.path}/export", **query).text.splitlines()]
            assert len(exported) == len(expected)
    for body in bodies:
        assert kind.get(user[1], body)["started_at"] == body["started_at"]


def test_an_id_is_unique_over_all_months(user):
    """The same id cannot be used again with another started_at: its month is its own."""
    midnight = months_ago(1)
    agent = make_agent(user[0])
    id = uuid7(midnight)
    AGENTS.post(user[0], agent, id=id, **finished(midnight - 10)).expect(201)
    AGENTS.post(user[1], agent, id=id, **finished(midnight + 10)).expect(409)
    answers = at_once(*(lambda n=n: insist(lambda: AGENTS.post(user[n % 2], agent, id=uuid_at, **finished(midnight + n))) for uuid_at in [uuid7(midnight)] for n in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]


def test_sessions_are_erased_over_all_months(user):
    agent = make_agent(user[0])
    session = unique("session")
    bodies = [AGENTS.of(agent, session_id=session, steps=steps(1), **finished(months_ago(count) + 1000)) for count in range(1, 11)]
    create_batch(user[0], AGENTS, bodies + [AGENTS.of(agent, session_id="other", **finished(months_ago(3)))])
    user[1].delete("/executions", session_id=session).expect(204)
    assert AGENTS.count(user[0]) == 1 and AGENTS.count(user[1], session_id=session) == 0


def test_beyond_the_horizon_nothing_is_recorded_and_no_month_is_made(cluster, user):
    agent = make_agent(user[0])
    before = partitions(cluster, "agent_executions")
    old = now_ms() - 400 * DAY_MS
    AGENTS.post(user[0], agent, **finished(old)).rejects("/started_at")
    AGENTS.post(user[0], agent, id=uuid7(now_ms() + 3 * DAY_MS)).expect(422)
    assert partitions(cluster, "agent_executions") == before


def test_many_months_are_read_by_many_at_once(user):
    agent = make_agent(user[0])
    bodies = [AGENTS.of(agent, **finished(months_ago(count) + i)) for count in range(1, 11) for i in range(5)]
    create_batch(user[0], AGENTS, bodies)
    counts = in_parallel(lambda n: len(user[n % 2].items("/executions", agent_id=agent["id"], limit=20)), range(16))
    assert counts == [50] * 16
