"""Jobs: what an admin sees of them, asks for, and is told."""

import pytest

from client import Client, make_agent, unique
from support_events import Listener
from support_jobs import last_run, run_to_its_end, wait_for
from test_metrics import scrape

JOBS = {"memory_cleanup", "retention", "partition_maintenance", "reclaim_space"}
RUN = {"id", "job_id", "scheduled_for", "started_at", "finished_at", "duration_ms", "status", "attempt", "progress", "result", "error"}
JOB = {"id", "name", "schedule", "timezone", "state", "next_run_time", "progress", "current_run", "last_run"}


def test_jobs_are_listed_with_schedule_and_state(admin):
    items = admin.get("/jobs").expect(200)["items"]
    assert JOBS <= {item["id"] for item in items}
    for item in items:
        assert set(item) == JOB
        assert len(item["schedule"].split()) == 5 and item["timezone"] == "UTC" and item["next_run_time"] > "2026"
        assert admin.get(f"/jobs/{item['id']}").expect(200)["schedule"] == item["schedule"]


def test_the_list_of_jobs_has_pages(admin):
    every = [item["id"] for item in admin.get("/jobs").expect(200)["items"]]
    page = admin.get("/jobs", limit=1, count="true").expect(200)
    assert [item["id"] for item in page["items"]] == every[:1] and page["total"] == len(every)
    found = every[:1]
    while page["next_cursor"]:
        page = admin.get("/jobs", limit=1, cursor=page["next_cursor"]).expect(200)
        found += [item["id"] for item in page["items"]]
    assert found == every


def test_a_run_is_asked_for_and_seen(admin):
    run = admin.post("/jobs/reclaim_space/run").expect(202)
    assert set(run) == RUN and run["job_id"] == "reclaim_space" and run["status"] == "running" and run["attempt"] == 1
    ended = wait_for(lambda: next((one for one in admin.items("/jobs/reclaim_space/runs") if one["id"] == run["id"] and one["finished_at"]), None))
    assert ended["status"] == "completed" and ended["error"] is None and ended["result"]["bytes_returned"] >= 0
    assert ended["duration_ms"] >= 0
    job = admin.get("/jobs/reclaim_space").expect(200)
    assert job["state"] == "idle" and job["current_run"] is None and job["progress"] is None
    assert job["last_run"]["id"] == run["id"]


def test_runs_are_listed_newest_first_in_pages(admin):
    made = [run_to_its_end(admin, "partition_maintenance")["id"] for _ in range(3)]
    first = admin.get("/jobs/partition_maintenance/runs", limit=2, count="true").expect(200)
    assert [run["id"] for run in first["items"]] == made[:0:-1] and first["total"] >= 3
    second = admin.get("/jobs/partition_maintenance/runs", limit=2, cursor=first["next_cursor"]).expect(200)
    assert second["items"][0]["id"] == made[0]
    times = [run["scheduled_for"] for run in admin.items("/jobs/partition_maintenance/runs")]
    assert times == sorted(times, reverse=True)


def test_a_repeated_request_under_one_key_begins_one_run(admin):
    key = {"Idempotency-Key": unique()}
    one = admin.post("/jobs/retention/run", headers=key).expect(202)
    assert admin.post("/jobs/retention/run", headers=key).expect(202)["id"] == one["id"]
    wait_for(lambda: last_run(admin, "retention") and last_run(admin, "retention")["id"] == one["id"])


@pytest.mark.parametrize("path", ["/jobs", "/jobs/retention", "/jobs/retention/runs", "/memory/scheduler/status"])
def test_jobs_are_for_admins(alice, path):
    alice.get(path).expect(403)
    alice.post("/jobs/retention/run").expect(403)


def test_a_job_that_is_none_is_404(admin):
    admin.get("/jobs/nonsense").expect(404)
    admin.get("/jobs/nonsense/runs").expect(404)
    admin.post("/jobs/nonsense/run").expect(404)


def test_a_run_takes_no_fields(admin):
    admin.post("/jobs/retention/run", json={"now": True}).expect(422)
    admin.get("/jobs/retention/runs", status="failed").expect(422)


def test_the_scheduler_tells_its_state(admin):
    run = run_to_its_end(admin, "retention")
    answer = admin.get("/memory/scheduler/status").expect(200)
    assert answer["success"] is True and set(answer) == {"success", "scheduler"}
    assert answer["scheduler"]["running"] is True and set(answer["scheduler"]) == {"running", "jobs"}
    jobs = {job["id"]: job for job in answer["scheduler"]["jobs"]}
    assert JOBS <= set(jobs)
    assert all(set(job) == {"id", "name", "next_run_time", "last_run"} for job in jobs.values())
    shown = jobs["retention"]["last_run"]
    assert shown == {"status": "completed", "started_at": run["started_at"], "duration_ms": run["duration_ms"], "result": run["result"], "error": None}


def test_admins_are_told_of_jobs_and_nobody_else(admin, alice):
    with Listener(admin) as listener, Listener(alice) as other:
        run = admin.post("/jobs/partition_maintenance/run").expect(202)
        events = [listener.next() for _ in range(2)]
        mine = [event for event in events if event.data["id"] == run["id"]]
        assert [event.name for event in mine] == ["job.started", "job.finished"]
        assert mine[1].data["status"] == "completed" and mine[1].data["job_id"] == "partition_maintenance"
        agent = make_agent(alice)
        alice.post("/executions", json={"agent_id": agent["id"]}).expect(201)
        assert other.next().name == "execution.started"  # and nothing before it


def test_metrics_count_runs(server, admin):
    run_to_its_end(admin, "reclaim_space")
    samples = scrape(server).samples

    def of(name, **labels):
        return next(value for (series, pairs), value in samples.items() if series == name and labels.items() <= dict(pairs).items())

    assert of("onggi_job_runs_total", job="reclaim_space", outcome="completed") >= 1
    assert of("onggi_job_duration_seconds_count", job="reclaim_space") >= 1
    assert of("onggi_job_next_run_timestamp_seconds", job="reclaim_space") > 1_700_000_000


@pytest.mark.parametrize("option", ["--memory-cleanup-cron", "--stats-aggregation-cron", "--retention-cron", "--reclaim-space-cron", "--partition-maintenance-cron"])
def test_a_schedule_that_is_none_is_refused(option):
    from support_process import onggi
    onggi("serve", "--data", "/nowhere/at/all", option, "0 3 * *").failed(option, "cron")
    onggi("serve", "--data", "/nowhere/at/all", "--timezone", "Mars/Olympus").failed("--timezone", "IANA")


def test_a_zone_moves_the_next_run(new_server):
    server = new_server("--timezone", "Asia/Seoul", "--retention-cron", "0 3 * * *", "--scheduler", "false")
    admin = Client(server, server.admin_key)
    job = admin.get("/jobs/retention").expect(200)
    assert job["timezone"] == "Asia/Seoul" and job["next_run_time"][11:] == "18:00:00.000Z"
    assert admin.get("/memory/scheduler/status").expect(200)["scheduler"]["running"] is False
    assert run_to_its_end(admin, "retention")["status"] == "completed"
