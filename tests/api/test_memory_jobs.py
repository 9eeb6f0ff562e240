"""Memory's nightly job, and accesses that outlive the server."""

import pytest

from client import Client, make_agent, timestamp
from support_jobs import run_to_its_end
from support_process import eventually, onggi

STATS = {"stm_deleted", "ltm_deleted", "episodic_deleted", "total_deleted", "promoted", "merged", "bytes_reclaimed", "duration_ms"}


def brought(admin, agent, *memories):
    return admin.post(f"/agents/{agent['id']}/memory", json=[{"type": "short_term", **memory} for memory in memories]).expect(201)["items"]


def test_the_nightly_job_does_what_a_clean_up_does(admin):
    agent = make_agent(admin)
    memory = f"/agents/{agent['id']}/memory"
    brought(admin, agent, {"content": "old", "created_at": timestamp(hours=-25)},
                           {"content": "used", "created_at": timestamp(hours=-25), "access_count": 2}, {"content": "new"})
    brought(admin, agent, {"content": "due", "created_at": timestamp(hours=-13), "access_count": 2})
    due = next(item for item in admin.items(memory) if item["content"] == "due")
    admin.get(f"{memory}/{due['id']}").expect(200)  # the third access; nobody waits until it is written
    run = run_to_its_end(admin, "memory_cleanup")
    assert run["status"] == "completed" and set(run["result"]) == STATS
    assert run["result"]["stm_deleted"] >= 2 and run["result"]["promoted"] >= 1
    assert {item["content"]: item["type"] for item in admin.items(memory)} == {"due": "long_term", "new": "short_term"}
    status = admin.get("/memory/scheduler/status").expect(200)
    assert status["success"] is True and status["scheduler"]["running"] is True
    job = next(one for one in status["scheduler"]["jobs"] if one["id"] == "memory_cleanup")
    assert set(job["last_run"]["result"]) == STATS and job["last_run"]["status"] == "completed"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_accesses_that_were_written_outlive_the_server(new_server, how):
    server = new_server()
    admin = Client(server, server.admin_key)
    agent = make_agent(admin)
    memory = f"/agents/{agent['id']}/memory"
    made, = brought(admin, agent, {"content": "x"})
    for _ in range(50):
        admin.get(f"{memory}/{made['id']}").expect(200)
    if how == "kill":
        eventually(lambda: admin.items(memory)[0]["access_count"] == 50, deadline_s=30)
        server.kill()
    else:
        server.stop()
    server.start()
    admin = Client(server, server.admin_key)
    assert admin.items(memory)[0]["access_count"] == 50
    assert [entry["metadata"]["count"] for entry in admin.items(memory + "/timeline") if entry["type"] == "accessed"] == [50]


def counted(admin, memory):
    """How often the agent's one memory was accessed: by its row, and by its timeline."""
    entries = [entry for entry in admin.items(memory + "/timeline") if entry["type"] == "accessed"]
    return admin.items(memory)[0]["access_count"], sum(entry["metadata"]["count"] for entry in entries)


def test_kill_9_with_accesses_pending_doubles_none_and_leaves_nothing_wrong(new_server):
    server = new_server()
    admin = Client(server, server.admin_key)
    agent = make_agent(admin)
    memory = f"/agents/{agent['id']}/memory"
    made, = brought(admin, agent, {"content": "x"})
    most = 0
    for accesses in (1, 40, 400):
        for _ in range(accesses):
            admin.get(f"{memory}/{made['id']}").expect(200)
        server.kill()
        least, most = most, most + accesses
        server.start()
        admin = Client(server, server.admin_key)
        by_row, by_timeline = counted(admin, memory)
        assert by_row == by_timeline and least <= by_row <= most
        most = by_row
    for _ in range(3):
        admin.get(f"{memory}/{made['id']}").expect(200)
    eventually(lambda: counted(admin, memory) == (most + 3, most + 3), deadline_s=30)
    server.stop()
    onggi("check", "--data", server.data).succeeded()
