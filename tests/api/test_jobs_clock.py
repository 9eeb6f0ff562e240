"""Jobs and a clock on the wall: 03:00 comes, what was missed is made up, and what was kept long enough goes."""

import os

import pytest

from client import make_agent
from support_jobs import admin_of, at, last_run, wait_for

IS_SANITIZED = "address" in os.environ.get("ONGGI_BINARY", "") or "thread" in os.environ.get("ONGGI_BINARY", "")
pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="the sanitizer's runtime must come before faketime's")


def travel(server, moment):
    """Starts it, or starts it again, at another time."""
    if server.process is not None:
        server.stop()
    server.environment = at(moment)
    server.start()
    return admin_of(server)


def completed(admin, job, scheduled_for):
    def look():
        run = last_run(admin, job)
        return run if run and run["scheduled_for"] == scheduled_for and run["status"] == "completed" else None
    return wait_for(look)


def test_03_00_comes_what_was_missed_is_made_up_and_what_is_old_goes(new_server):
    server = new_server("--retention-cron", "0 3 * * *", "--execution-retention-days", "60", start=False)
    admin = travel(server, "2026-06-01 02:59:50")
    assert admin.get("/jobs/retention").expect(200)["next_run_time"] == "2026-06-01T03:00:00.000Z"
    gone, kept = make_agent(admin, name="gone"), make_agent(admin, name="kept")
    execution = admin.post("/executions", json={"agent_id": gone["id"], "status": "completed", "session_id": "s",
                                                "steps": [{"step_number": 1, "step_type": "thought", "content": "x"}]}).expect(201)
    remembered = [{"type": "short_term", "content": "said"}, {"type": "semantic", "content": "known"}]
    for agent in (gone, kept):
        admin.post(f"/agents/{agent['id']}/memory", json=remembered).expect(201)
    admin.delete(f"/agents/{gone['id']}").expect(204)
    run = completed(admin, "retention", "2026-06-01T03:00:00.000Z")
    assert run["started_at"][:18] in ("2026-06-01T03:00:0", "2026-06-01T03:00:1") and run["result"]["agents"] == 0
    assert admin.get("/jobs/retention").expect(200)["next_run_time"] == "2026-06-02T03:00:00.000Z"
    assert completed(admin, "memory_cleanup", "2026-06-01T03:00:00.000Z")["result"]["total_deleted"] == 0
    path = f"/executions/{execution['id']}"
    assert admin.get(path).expect(200)["agent_name"] == "gone"

    # Forty days without a server: one run, for the newest time that was missed.
    admin = travel(server, "2026-07-11 12:00:00")
    run = completed(admin, "retention", "2026-07-11T03:00:00.000Z")
    assert run["result"]["agents"] == 1 and run["result"]["executions"] == 0
    # The other agent's short-term memory has expired meanwhile, and its timeline is kept; of the agent that goes everything does.
    assert run["result"]["memories"] in (1, 2) and run["result"]["memory_timeline"] >= 2
    cleaned = completed(admin, "memory_cleanup", "2026-07-11T03:00:00.000Z")["result"]
    assert cleaned["stm_deleted"] == cleaned["total_deleted"] == 1 and cleaned["promoted"] == 0
    assert [item["content"] for item in admin.items(f"/agents/{kept['id']}/memory")] == ["known"]
    assert [entry["type"] for entry in admin.items(f"/agents/{kept['id']}/memory/timeline")] == ["removed", "created", "created"]
    assert [one["scheduled_for"][:10] for one in admin.items("/jobs/retention/runs")] == ["2026-07-11", "2026-06-01"]
    assert admin.get(path).expect(200)["agent_name"] == "gone"
    assert [item["agent_name"] for item in admin.items("/executions")] == ["gone"]
    assert [item["agent_name"] for item in admin.items("/executions", session_id="s")] == ["gone"]
    assert [item["agent_name"] for item in admin.items("/executions", agent_id=gone["id"])] == ["gone"]
    admin.get(f"/agents/{kept['id']}").expect(200)
    recent = admin.post("/executions", json={"agent_id": kept["id"]}).expect(201)

    admin = travel(server, "2026-08-30 12:00:00")
    run = completed(admin, "retention", "2026-08-30T03:00:00.000Z")
    assert run["result"]["executions"] == 1 and run["result"]["memory_timeline"] == 2, run
    assert [entry["type"] for entry in admin.items(f"/agents/{kept['id']}/memory/timeline")] == ["removed"]
    admin.get(path).expect(404)
    assert [item["id"] for item in admin.items("/executions")] == [recent["id"]]


def test_executions_can_be_kept_for_ever(new_server):
    server = new_server("--retention-cron", "0 3 * * *", "--execution-retention-days", "0", start=False)
    admin = travel(server, "2026-01-10 12:00:00")
    assert "for ever" in server.stderr()
    execution = admin.post("/executions", json={"agent_id": make_agent(admin)["id"]}).expect(201)
    admin = travel(server, "2031-01-10 12:00:00")
    run = completed(admin, "retention", "2031-01-10T03:00:00.000Z")
    assert run["result"]["executions"] == run["result"]["months"] == 0
    admin.get(f"/executions/{execution['id']}").expect(200)


def test_retention_changes_no_statistic_and_2_00_closes_the_day(new_server):
    server = new_server("--retention-cron", "0 3 * * *", "--execution-retention-days", "60", start=False)
    admin = travel(server, "2026-06-01 12:00:00")
    agent = make_agent(admin, name="gone")
    batch = [{"agent_id": agent["id"], "started_at": f"2026-05-{day:02}T{day % 24:02}:30:00Z", "status": "completed" if day % 3 else "failed",
              "duration_ms": day * 100, "metrics": {"llm_total_tokens": day, "cost_usd": 0.01}} for day in range(3, 31)]
    assert {item["status"] for item in admin.post("/executions/batch", json=batch).expect(200)["items"]} == {201}
    span = {"from": "2026-05-01", "to": "2026-06-01"}

    def shown():
        answers = [admin.get("/statistics/agents", group_by=group, **span).expect(200)["items"] for group in ("day", "agent", "none")]
        return answers, admin.get("/dashboard/stats").expect(200)["executions"]["total"], admin.get("/dashboard/recent-activity").expect(200)["total"]
    before = shown()
    assert before[0][2][0]["execution_count"] == 28 and before[1] == 28
    admin.delete(f"/agents/{agent['id']}").expect(204)

    admin = travel(server, "2026-07-15 12:00:00")
    removed = completed(admin, "retention", "2026-07-15T03:00:00.000Z")["result"]
    assert removed["executions"] + 28 * removed["months"] > 0 and removed["agents"] == 1
    left = len(admin.items("/executions"))
    assert 0 < left < 28
    assert shown() == before
    frozen = admin.get("/statistics/agents", **span).expect(200)["frozen_before"]
    assert frozen == "2026-05-16"
    result = completed(admin, "stats_aggregation", "2026-07-15T02:00:00.000Z")["result"]
    assert result["differences"] == 0 and result["users"] >= 1
    admin.post("/statistics/rebuild").expect(202)
    admin.patch(f"/users/{admin.get('/me').expect(200)['id']}", json={"timezone": "Asia/Kathmandu"}).expect(200)
    (item,) = admin.get("/statistics/agents", group_by="none", **span).expect(200)["items"]
    assert item["execution_count"] == 28 and item == before[0][2][0]
    assert admin.post("/executions", json={"agent_id": agent["id"], "started_at": "2026-05-04T00:00:00Z"}).status == 422
