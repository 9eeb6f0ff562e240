"""Three servers on one database: each run is one server's, whatever happens to it, and one that was overtaken writes nothing more."""

import json
import signal

import pytest

from client import make_agent, timestamp
from stores import connect, postgres_only
from support_jobs import wait_for
from support_postgres import Cluster

pytestmark = postgres_only


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path, 3)
    yield cluster
    for server in cluster.servers:
        if server.running:
            server.signal(signal.SIGCONT)
    cluster.close()


def lines(server, message):
    found = [json.loads(line) for line in server.stderr(1_000_000).splitlines() if line.startswith("{")]
    return [line for line in found if line["message"].split()[0] == message]


def runs(cluster, job="retention"):
    return cluster.database.rows("select id, status, attempt, result from job_runs where job_id = %s order by scheduled_for", [job])


def removals(cluster):
    """What the timeline says was removed."""
    return cluster.database.rows("select cast(coalesce(sum(count), 0) as bigint) from memory_timeline where type = 'removed'")[0][0]


class Held:
    """An agent that was deleted long ago, and a transaction that keeps retention from removing it."""

    def __init__(self, cluster):
        self.admin = cluster.admins[0]
        self.agent = make_agent(self.admin)
        self.admin.delete(f"/agents/{self.agent['id']}").expect(204)
        cluster.database.rows("update agents set deleted_at = now() - interval '40 days' where id = %s returning 1", [self.agent["id"]])
        self.connection = connect(cluster.database.url)
        self.connection.autocommit = False
        self.connection.cursor().execute("select 1 from agents where id = %s for update", [self.agent["id"]])

    def release(self):
        self.connection.close()


def is_waiting(cluster):
    return cluster.database.rows("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%%agents%%'")


def begin(cluster, number, held):
    run = cluster.admins[number].post("/jobs/retention/run").expect(202)
    wait_for(lambda: is_waiting(cluster))
    for admin in cluster.admins:
        admin.post("/jobs/retention/run").expect(409)
        assert admin.get("/jobs/retention").expect(200)["state"] == "running"
    return run


def test_a_run_of_a_server_that_is_killed_is_taken_over_once(cluster):
    held = Held(cluster)
    run = begin(cluster, 0, held)
    cluster.servers[0].kill()
    held.release()
    admin = cluster.admins[1]
    ended = wait_for(lambda: (job := admin.get("/jobs/retention").expect(200))["state"] == "idle" and job["last_run"])
    assert ended["id"] == run["id"] and ended["status"] == "completed" and ended["attempt"] == 2 and ended["result"]["agents"] in (0, 1)
    assert len(runs(cluster)) == 1
    assert sum(len(lines(server, "job_taken_up")) for server in cluster.servers[1:]) == 1
    assert cluster.database.rows("select count(*) from agents where deleted_at is not null") == [(0,)]


def test_a_server_that_stood_still_is_overtaken_and_writes_nothing_more(cluster):
    held = Held(cluster)
    run = begin(cluster, 0, held)
    cluster.servers[0].signal(signal.SIGSTOP)
    held.release()
    admin = cluster.admins[1]
    ended = wait_for(lambda: (job := admin.get("/jobs/retention").expect(200))["state"] == "idle" and job["last_run"], deadline_s=90)
    assert ended["id"] == run["id"] and ended["status"] == "completed" and ended["attempt"] == 2
    before = runs(cluster), cluster.database.rows("select token from jobs where id = 'retention'")
    cluster.servers[0].signal(signal.SIGCONT)
    wait_for(lambda: lines(cluster.servers[0], "job_overtaken") or lines(cluster.servers[0], "job_abandoned"))
    assert (runs(cluster), cluster.database.rows("select token from jobs where id = 'retention'")) == before
    # It is as good as the others from then on.
    cluster.admins[0].post("/jobs/retention/run").expect(202)
    wait_for(lambda: len(runs(cluster)) == 2 and all(status == "completed" for _, status, _, _ in runs(cluster)))


def test_a_month_that_somebody_reads_is_not_waited_for(cluster):
    admin, database = cluster.admins[0], cluster.database
    database.rows("select onggi_ensure_partitions('2024-01-15', '2024-02-15')")
    reading = connect(database.url)
    reading.autocommit = False
    reading.cursor().execute("select count(*) from agent_executions")
    admin.post("/jobs/retention/run").expect(202)
    wait_for(lambda: admin.get("/jobs/retention").expect(200)["state"] == "running")
    for _ in range(50):
        admin.get("/executions").expect(200)
    assert database.rows("select to_regclass('agent_executions_2024_01') is not null") == [(True,)]
    reading.close()
    ended = wait_for(lambda: admin.get("/jobs/retention").expect(200)["last_run"])
    assert ended["status"] == "completed" and ended["result"]["months"] == 2 and ended["result"]["bytes_returned"] > 0
    assert database.rows("select to_regclass('agent_executions_2024_01') is null and to_regclass('execution_steps_2024_02') is null") == [(True,)]


def test_a_clean_up_that_stood_still_is_overtaken_and_removes_nothing_more(cluster):
    admin, database = cluster.admins[1], cluster.database
    agent = make_agent(admin)
    memory = f"/agents/{agent['id']}/memory"
    for first in range(0, 3000, 1000):
        admin.post(memory, json=[{"type": "short_term", "content": f"{first + i}", "created_at": timestamp(hours=-30)} for i in range(1000)]).expect(201)
    lasting = admin.post(memory, json={"type": "semantic", "content": "stays"}).expect(201)
    held = connect(database.url)
    held.autocommit = False
    held.cursor().execute("select 1 from agent_memories where type = 'short_term' order by created_at desc, id desc limit 1 for update")
    cluster.admins[0].post("/jobs/memory_cleanup/run").expect(202)
    wait_for(lambda: database.rows("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%%agent_memories%%'"))
    cluster.servers[0].signal(signal.SIGSTOP)
    held.close()
    ended = wait_for(lambda: (job := admin.get("/jobs/memory_cleanup").expect(200))["state"] == "idle" and job["last_run"], deadline_s=90)
    assert ended["status"] == "completed" and ended["attempt"] == 2
    late = [admin.post(memory, json={"type": "short_term", "content": f"late {i}", "created_at": timestamp(hours=-30)}).expect(201) for i in range(3)]
    before = runs(cluster, "memory_cleanup")
    cluster.servers[0].signal(signal.SIGCONT)
    wait_for(lambda: lines(cluster.servers[0], "job_overtaken") or lines(cluster.servers[0], "job_abandoned"))
    assert runs(cluster, "memory_cleanup") == before and removals(cluster) == 3000
    assert database.rows("select count(*) from agent_memories where type = 'short_term'") == [(len(late),)]
    assert [item["id"] for item in admin.items(memory)] == [lasting["id"]]
    assert admin.post("/memory/cleanup").expect(200)["stats"]["stm_deleted"] == len(late) and removals(cluster) == 3000 + len(late)


def test_accesses_are_added_up_whichever_server_saw_them(cluster):
    agent = make_agent(cluster.admins[0])
    memory = f"/agents/{agent['id']}/memory"
    made = cluster.admins[0].post(memory, json={"type": "semantic", "content": "read by all"}).expect(201)
    for turn in range(60):
        cluster.admins[turn % 3].get(f"{memory}/{made['id']}").expect(200)

    def counted(admin):
        entries = [entry for entry in admin.items(memory + "/timeline") if entry["type"] == "accessed"]
        return admin.items(memory)[0]["access_count"], sum(entry["metadata"]["count"] for entry in entries)
    wait_for(lambda: all(counted(admin) == (60, 60) for admin in cluster.admins))
    cluster.servers[2].kill()
    for _ in range(20):
        cluster.admins[0].get(f"{memory}/{made['id']}").expect(200)
    wait_for(lambda: counted(cluster.admins[1]) == (80, 80))
