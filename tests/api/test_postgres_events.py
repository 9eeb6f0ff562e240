"""The live feed across servers on one database: what happens on one is told to those who listen on another, once, in its order."""

import pytest

from client import make_agent
from stores import postgres_only
from support_events import Listener, ids_of
from support_executions import AGENTS, create_batch
from support_postgres import Cluster
from support_process import eventually

pytestmark = postgres_only
SERVERS = 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), SERVERS)
    yield cluster
    cluster.close()
    assert cluster.complaints()[:5] == []


@pytest.fixture
def owner(cluster):
    return cluster.new_user("owner")


def test_who_listens_anywhere_is_told_what_happens_anywhere(cluster, owner):
    agent = make_agent(owner[0])
    with Listener(owner[0]) as near, Listener(owner[1]) as far, Listener(owner[2]) as farthest:
        made = [AGENTS.post(owner[n % SERVERS], agent, status="running").expect(201) for n in range(9)]
        for n, execution in enumerate(made):
            owner[(n + 1) % SERVERS].patch(f"/executions/{execution['id']}", json={"status": "completed"}).expect(200)
        heard = [listener.take(18) for listener in (near, far, farthest)]
    expected = sorted([(name, one["id"]) for one in made for name in ("execution.started", "execution.finished")])
    for events in heard:
        assert sorted((event.name, event.data["id"]) for event in events) == expected
    data = [{(event.name, event.data["id"]): event.data for event in events} for events in heard]
    assert data[0] == data[1] == data[2]


def test_what_happens_as_soon_as_one_listens_is_not_missed(cluster, owner):
    agent = make_agent(owner[0])
    for turn in range(8):
        with Listener(owner[turn % 2]) as listener:
            execution = AGENTS.post(owner[2], agent).expect(201)
            while (event := listener.next()).data["id"] != execution["id"]:
                pass  # of the turns before
            assert event.name == "execution.finished" if execution["status"] != "running" else "execution.started"


def test_many_come_once_and_in_their_order(cluster, owner):
    agent = make_agent(owner[0])
    with Listener(owner[1]) as listener:
        made = [id for _ in range(4) for id in create_batch(owner[0], AGENTS, [AGENTS.of(agent)] * 500)]
        assert ids_of(listener.take(len(made))) == made
        last = AGENTS.post(owner[2], agent).expect(201)
        assert ids_of(listener.take(1)) == [last["id"]]


def test_others_are_told_nothing(cluster, owner):
    stranger = cluster.new_user("stranger")
    agent, other = make_agent(owner[0]), make_agent(stranger[0])
    with Listener(stranger[1]) as listener, Listener(owner[1]) as witness:
        mine = AGENTS.post(owner[0], agent).expect(201)
        theirs = AGENTS.post(stranger[0], other).expect(201)
        assert ids_of(witness.take(1)) == [mine["id"]]
        assert ids_of(listener.take(1)) == [theirs["id"]]


def test_a_server_that_died_and_came_back_is_heard_again(tmp_path):
    cluster = Cluster(tmp_path, 2)
    try:
        owner = cluster.new_user()
        agent = make_agent(owner[0])
        with Listener(owner[1]) as listener:
            for _ in range(2):
                made = AGENTS.post(owner[0], agent).expect(201)
                assert ids_of([listener.next()]) == [made["id"]]
                cluster.servers[0].kill()
                cluster.servers[0].start()
    finally:
        cluster.close()


def test_nothing_is_written_while_nobody_listens_elsewhere_and_nothing_stays(tmp_path):
    cluster = Cluster(tmp_path, 2)
    try:
        owner = cluster.new_user()
        agent = make_agent(owner[0])
        count = lambda table: cluster.database.rows(f"select count(*) from {table}")[0][0]  # noqa: E731
        with Listener(owner[0]) as listener:
            one = AGENTS.post(owner[0], agent).expect(201)
            assert ids_of([listener.next()]) == [one["id"]]
            eventually(lambda: count("feed_listeners") == 1)
            other = AGENTS.post(owner[1], agent).expect(201)
            assert ids_of([listener.next()]) == [other["id"]]
        writers = {server for server, in cluster.database.rows("select distinct server from feed_batches")}
        assert len(writers) == 1 and writers.isdisjoint(server for server, in cluster.database.rows("select server from feed_listeners"))
        for table, column in (("feed_batches", "made_at"), ("feed_listeners", "until")):
            cluster.database.rows(f"update {table} set {column} = {column} - interval '2 minutes'")
        eventually(lambda: count("feed_batches") == 0 and count("feed_listeners") == 0, deadline_s=25)
        AGENTS.post(owner[1], agent).expect(201)
        assert count("feed_batches") == 0
    finally:
        cluster.close()
