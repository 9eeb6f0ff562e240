"""Statistics and the dashboard: what they show, for whom, on which date; that they are exact at once, and after kill -9."""

import contextlib
import http.client
import json
import math
import sqlite3
import threading
from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from client import PREFIX, Client, make_agent, make_user, make_workflow, now_ms, timestamp
from stores import IS_POSTGRES, postgres_only, rows
from support_jobs import run_to_its_end, wait_for
from support_postgres import Cluster, at_once
from support_process import eventually, onggi
from test_metrics import scrape

FIGURES = {"execution_count", "running_count", "completed_count", "failed_count", "timeout_count", "cancelled_count", "success_rate", "avg_duration_ms",
           "min_duration_ms", "max_duration_ms", "p50_duration_ms", "p95_duration_ms", "p99_duration_ms", "llm_call_count", "llm_prompt_tokens",
           "llm_completion_tokens", "llm_total_tokens", "tool_call_count", "cost_usd"}
DAY_MS = 86_400_000


def today(zone="UTC", days=0):
    return (datetime.now(ZoneInfo(zone)).date() + timedelta(days=days)).isoformat()


def record(client, agent, **over):
    return client.post("/executions", json={"agent_id": agent["id"], **over}).expect(201)


@pytest.fixture
def owner(admin):
    return make_user(admin, "statistician")


def nearest_rank(durations, percent):
    return sorted(durations)[math.ceil(percent / 100 * len(durations)) - 1]


def test_an_item_shows_every_figure(owner):
    agent = make_agent(owner)
    durations = [3, 17, 250, 1_000, 1_001, 90_000, 123_456]
    for duration in durations:
        record(owner, agent, status="completed", duration_ms=duration,
               metrics={"llm_call_count": 2, "llm_prompt_tokens": 10, "llm_completion_tokens": 5, "tool_call_count": 1, "cost_usd": 0.25})
    record(owner, agent, status="failed", duration_ms=10)
    record(owner, agent)
    answer = owner.get("/statistics/agents", group_by="none").expect(200)
    assert set(answer) == {"from", "to", "timezone", "group_by", "as_of", "frozen_before", "items"}
    assert (answer["from"], answer["to"], answer["timezone"], answer["frozen_before"]) == (today(days=-29), today(), "UTC", None)
    (item,) = answer["items"]
    assert set(item) == FIGURES
    assert (item["execution_count"], item["running_count"], item["completed_count"], item["failed_count"]) == (9, 1, 7, 1)
    assert item["success_rate"] == 87.5
    every = durations + [10]
    assert item["avg_duration_ms"] == round(sum(every) / len(every), 3)
    assert (item["min_duration_ms"], item["max_duration_ms"]) == (3, 123_456)
    for percent in (50, 95, 99):
        exact = nearest_rank(every, percent)
        assert abs(item[f"p{percent}_duration_ms"] - exact) <= exact / 100
    assert (item["llm_call_count"], item["llm_prompt_tokens"], item["llm_completion_tokens"], item["llm_total_tokens"]) == (14, 70, 35, 105)
    assert (item["tool_call_count"], item["cost_usd"]) == (7, 1.75)


def test_without_executions_days_are_left_out_and_none_is_zero(owner):
    assert owner.get("/statistics/agents").expect(200)["items"] == []
    (item,) = owner.get("/statistics/workflows", group_by="none").expect(200)["items"]
    assert (item["execution_count"], item["success_rate"], item["avg_duration_ms"], item["p95_duration_ms"], item["cost_usd"]) == (0, None, None, None, 0)


def test_items_ascend_by_their_key_and_carry_names(owner):
    agents = [make_agent(owner, name=f"agent {i}") for i in range(3)]
    for i, agent in enumerate(agents):
        for _ in range(i + 1):
            record(owner, agent, started_at=timestamp(days=-i), status="completed", duration_ms=5)
    by_agent = owner.get("/statistics/agents", group_by="agent").expect(200)["items"]
    assert [item["agent_id"] for item in by_agent] == sorted(agent["id"] for agent in agents)
    assert {item["agent_name"]: item["execution_count"] for item in by_agent} == {"agent 0": 1, "agent 1": 2, "agent 2": 3}
    by_day = owner.get("/statistics/agents").expect(200)["items"]
    assert [item["date"] for item in by_day] == sorted(item["date"] for item in by_day) and len(by_day) == 3
    one = owner.get("/statistics/agents", agent_id=agents[2]["id"]).expect(200)["items"]
    assert [item["execution_count"] for item in one] == [3]
    owner.delete(f"/agents/{agents[2]['id']}").expect(204)
    gone = owner.get("/statistics/agents", group_by="agent", agent_id=agents[2]["id"]).expect(200)["items"]
    assert [(item["agent_name"], item["execution_count"]) for item in gone] == [("agent 2", 3)]


def test_workflows_have_their_own(owner):
    workflow = make_workflow(owner, name="flow")
    owner.post("/workflow-executions", json={"workflow_id": workflow["id"], "status": "timeout", "duration_ms": 7}).expect(201)
    (item,) = owner.get("/statistics/workflows", group_by="workflow").expect(200)["items"]
    assert (item["workflow_id"], item["workflow_name"], item["timeout_count"]) == (workflow["id"], "flow", 1)
    assert owner.get("/statistics/agents").expect(200)["items"] == []


def test_ranges_that_are_none_are_refused(owner):
    owner.get("/statistics/agents", **{"from": "2026-13-01"}).rejects("from")
    owner.get("/statistics/agents", to="2026-11-22T00:00:00Z").rejects("to")
    owner.get("/statistics/agents", to="2026-11-01", **{"from": "2026-11-02"}).rejects("from")
    owner.get("/statistics/agents", group_by="workflow").rejects("group_by")
    owner.get("/statistics/workflows", group_by="agent").rejects("group_by")
    owner.get("/statistics/agents", agent_id="x").rejects("agent_id")
    owner.get("/dashboard/stats", days=0).rejects("days")


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"])
def test_a_date_is_a_day_in_the_owners_zone_and_follows_it(admin, zone):
    owner = make_user(admin, "traveller")
    agent = make_agent(owner)
    starts = [now_ms() - hours * 3_600_000 for hours in range(0, 24 * 7, 3)]
    batch = [{"agent_id": agent["id"], "started_at": timestamp(ms), "status": "completed", "duration_ms": i} for i, ms in enumerate(starts)]
    assert all(item["status"] == 201 for item in owner.post("/executions/batch", json=batch).expect(200)["items"])
    for name in ("UTC", zone, "UTC"):
        admin.patch(f"/users/{owner.id}", json={"timezone": name}).expect(200)
        expected = defaultdict(int)
        for ms in starts:
            expected[datetime.fromtimestamp(ms / 1_000, ZoneInfo(name)).date().isoformat()] += 1

        def is_exact():
            answer = owner.get("/statistics/agents").expect(200)
            assert answer["timezone"] == name
            assert {item["date"]: item["execution_count"] for item in answer["items"]} == expected
            return True
        assert is_exact()
        trend = owner.get("/dashboard/execution-trend", days=9).expect(200)
        assert trend["period_days"] == 9 and [row["date"] for row in trend["trend"]] == [today(name, days) for days in range(-8, 1)]
        assert {row["date"]: row["total"] for row in trend["trend"] if row["total"]} == expected
        eventually(lambda: owner.get("/statistics/agents").queries == 1 and is_exact(), deadline_s=30, every_s=0.2)


def test_corrections_deletions_and_late_arrivals_count_at_once(owner):
    agent, other = make_agent(owner), make_agent(owner)

    def item(**query):
        return owner.get("/statistics/agents", group_by="none", **query).expect(200)["items"][0]
    least = record(owner, agent, status="completed", duration_ms=5)
    middle = record(owner, agent, status="completed", duration_ms=50)
    most = record(owner, agent, status="failed", duration_ms=5_000)
    running = record(owner, agent)
    assert (item()["min_duration_ms"], item()["max_duration_ms"], item()["running_count"]) == (5, 5_000, 1)
    owner.patch(f"/executions/{running['id']}", json={"status": "completed", "duration_ms": 70_000}).expect(200)
    assert (item()["max_duration_ms"], item()["running_count"], item()["completed_count"]) == (70_000, 0, 3)
    owner.delete(f"/executions/{running['id']}").expect(204)
    owner.delete(f"/executions/{least['id']}").expect(204)
    assert (item()["min_duration_ms"], item()["max_duration_ms"], item()["execution_count"]) == (50, 5_000, 2)
    owner.patch(f"/executions/{most['id']}", json={"agent_id": other["id"], "duration_ms": 20}).expect(200)
    assert (item()["min_duration_ms"], item()["max_duration_ms"]) == (20, 50)
    assert (item(agent_id=other["id"])["failed_count"], item(agent_id=agent["id"])["failed_count"]) == (1, 0)
    record(owner, agent, started_at=timestamp(days=-21), status="completed", duration_ms=1, session_id="late")
    assert item()["min_duration_ms"] == 1
    owner.delete("/executions", session_id="late").expect(204)
    assert (item()["min_duration_ms"], item()["execution_count"]) == (20, 2)
    eventually(lambda: owner.get("/statistics/agents").queries == 1, deadline_s=30, every_s=0.2)
    assert (item()["min_duration_ms"], item()["max_duration_ms"], item()["execution_count"]) == (20, 50, 2)
    assert middle["id"]


def test_the_dashboard_shows_what_there_is(owner):
    agent = make_agent(owner, name="favourite", description="d")
    make_workflow(owner)
    record(owner, agent, started_at=timestamp(days=-40), status="completed", duration_ms=99, metrics={"llm_total_tokens": 100})
    record(owner, agent, started_at=timestamp(hours=-30), status="failed", duration_ms=4_000, metrics={"llm_total_tokens": 7, "cost_usd": 0.5})
    record(owner, agent, started_at=timestamp(hours=-23), status="completed", duration_ms=2_000)
    last = record(owner, agent)
    stats = owner.get("/dashboard/stats").expect(200)
    assert set(stats) == {"resources", "executions", "memory", "timestamp"}
    assert stats["resources"] == {"agents": 1, "blocks": 0, "workflows": 1, "knowledgebases": 0}
    assert stats["executions"] == {"total": 4, "last_24h": 2, "running": 1, "success_rate": 50, "avg_duration_seconds": 3, "p95_duration_ms": 4_000,
                                   "total_tokens": 7, "cost_usd": 0.5}
    assert set(stats["memory"]) == {"short_term", "long_term", "episodic", "semantic"}
    activity = owner.get("/dashboard/recent-activity", limit=2).expect(200)
    assert activity["total"] == 4 and len(activity["activities"]) == 2
    assert activity["activities"][0] == {"id": last["id"], "type": "execution", "agent_id": agent["id"], "agent_name": "favourite", "status": "running",
                                         "started_at": last["started_at"], "duration_ms": None}
    favorites = owner.get("/dashboard/favorite-agents").expect(200)
    assert favorites == {"agents": [{"id": agent["id"], "name": "favourite", "description": "d", "agent_type": "custom", "execution_count": 4,
                                     "last_execution": last["started_at"], "last_status": "running"}], "total": 1}
    status = owner.get("/dashboard/system-status").expect(200)
    assert set(status) == {"status", "database", "stuck_executions", "scheduler", "timestamp"} and status["stuck_executions"] == 0
    record(owner, agent, started_at=timestamp(hours=-2))
    assert owner.get("/dashboard/system-status").expect(200)["stuck_executions"] == 1


def test_a_dashboard_that_was_read_before_shows_what_has_changed_since(owner):
    # Answers are kept in memory: nothing that was acknowledged may be missing from the next.
    agent = make_agent(owner, name="first")

    def shown():
        stats = owner.get("/dashboard/stats").expect(200)
        trend = owner.get("/dashboard/execution-trend").expect(200)["trend"]
        by_agent = owner.get("/statistics/agents", group_by="agent").expect(200)["items"]
        return (stats["executions"]["total"], stats["executions"]["last_24h"], sum(day["total"] for day in trend), stats["resources"]["agents"],
                stats["memory"]["short_term"], [item["agent_name"] for item in by_agent])

    recorded = []
    for done in range(1, 6):
        recorded.append(record(owner, agent, status="completed", duration_ms=done))
        assert shown() == (done, done, done, 1, done - 1, ["first"])
        owner.post(f"/agents/{agent['id']}/memory", json={"type": "short_term", "content": f"memory {done}"}).expect(201)
        assert shown() == (done, done, done, 1, done, ["first"])
    make_agent(owner)
    owner.patch(f"/agents/{agent['id']}", json={"name": "second"}).expect(200)
    assert shown() == (5, 5, 5, 2, 5, ["second"])
    owner.delete(f"/executions/{recorded[0]['id']}").expect(204)
    record(owner, agent, started_at=timestamp(days=-2))
    assert shown() == (5, 4, 5, 2, 5, ["second"])


def test_favorites_come_most_executed_first(owner):
    agents = [make_agent(owner, name=f"a{i}") for i in range(4)]
    for agent, times in zip(agents, (1, 3, 2, 0)):
        for _ in range(times):
            record(owner, agent)
    assert [(agent["name"], agent["execution_count"]) for agent in owner.get("/dashboard/favorite-agents", limit=2).expect(200)["agents"]] == [("a1", 3), ("a2", 2)]


def test_an_admin_sees_a_user_and_everybody(admin, owner):
    agent = make_agent(owner)
    record(owner, agent, status="completed", duration_ms=5)
    before = admin.get("/statistics/agents", group_by="none", user_id="all").expect(200)["items"][0]["execution_count"]
    record(owner, agent, status="completed", duration_ms=6)
    everybody = admin.get("/statistics/agents", group_by="none", user_id="all").expect(200)
    assert everybody["items"][0]["execution_count"] == before + 1 and everybody["timezone"] is None
    assert admin.get("/statistics/agents", group_by="none", user_id=owner.id).expect(200)["items"][0]["execution_count"] == 2
    for path in ("stats", "recent-activity", "favorite-agents", "execution-trend", "system-status"):
        admin.get(f"/dashboard/{path}", user_id="all").expect(200)
        owner.get(f"/dashboard/{path}", user_id="all").expect(403)
    owner.get("/statistics/agents", user_id="all").expect(403)
    owner.get("/agents", user_id="all").rejects("user_id")
    owner.post("/statistics/rebuild").expect(403)
    owner.get("/prices").expect(403)


def test_costs_are_estimated_by_prices_and_applied_on_demand(admin, owner):
    agent = make_agent(owner, llm_provider="acme", llm_model="large")
    tokens = {"llm_prompt_tokens": 1_000, "llm_completion_tokens": 500}
    before = record(owner, agent, status="completed", duration_ms=1, metrics=tokens)
    assert before["metrics"]["cost_usd"] == 0 and "cost_is_estimated" not in before
    prices = {"prices": [{"llm_provider": "acme", "llm_model": "large", "prompt_usd_per_million": 2.5, "completion_usd_per_million": 10}]}
    assert admin.put("/prices", json=prices).expect(200) == prices
    assert admin.get("/prices").expect(200) == prices
    estimated = record(owner, agent, status="completed", duration_ms=1, metrics=tokens)
    assert (estimated["metrics"]["cost_usd"], estimated["cost_is_estimated"]) == (0.0075, True)
    assert owner.get(f"/executions/{estimated['id']}").expect(200) == estimated
    given = record(owner, agent, status="completed", duration_ms=1, metrics={**tokens, "cost_usd": 0})
    assert given["metrics"]["cost_usd"] == 0 and "cost_is_estimated" not in given
    patched = owner.patch(f"/executions/{estimated['id']}", json={"metrics": {"llm_prompt_tokens": 2_000}}).expect(200)
    assert patched["metrics"]["cost_usd"] == 0.01

    def cost():
        return owner.get("/statistics/agents", group_by="none").expect(200)["items"][0]["cost_usd"]
    assert cost() == 0.01
    prices["prices"][0]["prompt_usd_per_million"] = 5
    admin.put("/prices", json=prices).expect(200)
    assert cost() == 0.01
    # A correction of something else is not the demand.
    same = owner.patch(f"/executions/{estimated['id']}", json={}).expect(200)
    assert (same["version"], same["metrics"]["cost_usd"]) == (patched["version"], 0.01)
    same = owner.patch(f"/executions/{estimated['id']}", json={"session_id": "s"}).expect(200)
    assert (same["version"], same["metrics"]["cost_usd"], same["cost_is_estimated"]) == (patched["version"] + 1, 0.01, True)
    run = admin.post("/prices/apply").expect(202)
    assert run["status"] == "running" and run["finished_at"] is None
    eventually(lambda: cost() == 0.025, deadline_s=30, every_s=0.1)
    assert owner.get(f"/executions/{given['id']}").expect(200)["metrics"]["cost_usd"] == 0
    assert owner.patch(f"/executions/{given['id']}", json={"metrics": None}).expect(200)["metrics"]["cost_usd"] == 0
    again = owner.patch(f"/executions/{given['id']}", json={"metrics": {"llm_prompt_tokens": 1_000_000}}).expect(200)
    assert (again["metrics"]["cost_usd"], again["cost_is_estimated"]) == (5, True)
    again = owner.patch(f"/executions/{given['id']}", json={"metrics": {"cost_usd": None}}).expect(200)
    assert (again["metrics"]["cost_usd"], again["cost_is_estimated"]) == (5, True)
    for wrong in ({"prices": [{**prices["prices"][0], "llm_model": ""}]}, {"prices": [prices["prices"][0]] * 2}, {"price": []}):
        admin.put("/prices", json=wrong).expect(422)
    admin.put("/prices", json={"prices": []}).expect(200)


def test_the_first_dates_of_all_can_be_asked_for(owner):
    shown = owner.get("/statistics/agents", to="0001-01-01").expect(200)
    assert (shown["from"], shown["to"], shown["items"]) == ("0001-01-01", "0001-01-01", [])


def test_a_rebuild_is_of_one_user(admin, owner):
    admin.post("/statistics/rebuild", json={"user_id": admin.get("/me").expect(200)["id"]}, user_id=owner.id).rejects("/user_id")


def test_files_without_prices_and_spans_without_dates_are_refused(new_server, tmp_path):
    server = new_server()
    admin = Client(server, server.admin_key)
    prices = {"prices": [{"llm_provider": "acme", "llm_model": "small", "prompt_usd_per_million": 3, "completion_usd_per_million": 4}]}
    admin.put("/prices", json=prices).expect(200)
    place = ["--data", server.data, *(["--database-url", server.database_url] if IS_POSTGRES else [])]
    price = '[[prices]]\nllm_provider = "a"\nllm_model = "b"\nprompt_usd_per_million = nan\ncompletion_usd_per_million = 1\n'
    for text, told in (("", "no price"), ("# nothing\n", "no price"), (price, "finite")):
        (tmp_path / "prices.toml").write_text(text)
        loaded = onggi("prices", "load", str(tmp_path / "prices.toml"), *place)
        assert loaded.code == 1 and told in loaded.stderr, loaded
    assert admin.get("/prices").expect(200) == prices
    (tmp_path / "prices.toml").write_text("prices = []\n")
    loaded = onggi("prices", "load", str(tmp_path / "prices.toml"), *place)
    assert loaded.code == 0 and admin.get("/prices").expect(200) == {"prices": []}, loaded
    verified = onggi("stats", "verify", "--from", "2026-05-01", "--to", "2026-04-01", *place)
    assert verified.code == 1 and "--from" in verified.stderr and "ok" not in verified.stdout, verified


def test_prices_are_applied_by_the_command_beside_a_server(new_server):
    server = new_server()
    admin = Client(server, server.admin_key)
    agent = make_agent(admin, llm_provider="acme", llm_model="small")
    record(admin, agent, status="completed", duration_ms=1, metrics={"llm_prompt_tokens": 1_000_000})
    admin.put("/prices", json={"prices": [{"llm_provider": "acme", "llm_model": "small", "prompt_usd_per_million": 3, "completion_usd_per_million": 4}]}).expect(200)
    place = ["--data", server.data, *(["--database-url", server.database_url] if IS_POSTGRES else [])]
    applied = onggi("prices", "apply", *place)
    assert applied.code == 0 and "started" in applied.stdout, applied
    eventually(lambda: admin.get("/statistics/agents", group_by="none").expect(200)["items"][0]["cost_usd"] == 3, deadline_s=30, every_s=0.1)
    server.stop()
    alone = onggi("prices", "apply", *place)
    assert alone.code == 0 and "0 executions" in alone.stdout, alone


def test_prices_are_described(admin):
    described = admin.get("//openapi.json").expect(200)
    assert described["paths"][PREFIX + "/prices"]["put"]["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Prices"}
    price = described["components"]["schemas"]["Prices"]["properties"]["prices"]["items"]
    assert set(price["required"]) == {"llm_provider", "llm_model", "prompt_usd_per_million", "completion_usd_per_million"}


def rebuilt(admin, **asked):
    """The run of a rebuild, when it is over."""
    run = admin.post("/statistics/rebuild", json=asked).expect(202)
    assert run["job_id"] == "statistics_rebuild" and run["status"] == "running" and run["progress"] == asked
    return ended(admin, run)


def ended(admin, run):
    return wait_for(lambda: next((one for one in admin.items(f"/jobs/{run['job_id']}/runs") if one["id"] == run["id"] and one["finished_at"]), None))


def test_a_rebuild_is_a_run_and_changes_nothing(admin, owner):
    agent = make_agent(owner)
    for i in range(20):
        record(owner, agent, started_at=timestamp(hours=-i * 10), status="completed", duration_ms=i)
    before = owner.get("/statistics/agents").expect(200)["items"]
    run = rebuilt(admin, user_id=owner.id, **{"from": today(days=-5)})
    assert (run["status"], run["result"], run["progress"]) == ("completed", {"users": 1}, {"user_id": owner.id, "from": today(days=-5), "users": 1})
    assert owner.get("/statistics/agents").expect(200)["items"] == before
    assert all(admin.post("/statistics/rebuild").expect(202)["progress"].keys() <= {"users"} for _ in range(3))
    wait_for(lambda: admin.get("/jobs/statistics_rebuild").expect(200)["state"] == "idle")
    every = rebuilt(admin)
    assert every["status"] == "completed" and every["result"]["users"] >= 2
    acting = ended(admin, admin.post("/statistics/rebuild", user_id=owner.id).expect(202))
    assert acting["progress"] == {"user_id": owner.id, "users": 1}
    job = admin.get("/jobs/statistics_rebuild").expect(200)
    assert (job["schedule"], job["next_run_time"], job["state"], job["last_run"]["id"]) == (None, None, "idle", acting["id"])
    assert "statistics_rebuild" not in {job["id"] for job in admin.items("/jobs")}
    assert owner.get("/statistics/agents").expect(200)["items"] == before
    for wrong, field in (({"since": "2026-01-01"}, "/since"), ({"from": "2026-02-30"}, "/from"), ({"from": "2026-02-02", "to": "2026-02-01"}, "/from"),
                         ({"user_id": "me"}, "/user_id"), ({"user_id": agent["id"]}, "/user_id")):
        admin.post("/statistics/rebuild", json=wrong).rejects(field)


def test_statistics_are_exact_while_they_are_rebuilt_and_others_record(admin, owner):
    agent = make_agent(owner)
    batch = [{"agent_id": agent["id"], "started_at": timestamp(hours=-i), "status": "completed", "duration_ms": i} for i in range(50)]
    sent, acknowledged, done = [0], [0], threading.Event()

    def write():
        try:
            for _ in range(20):
                sent[0] += len(batch)
                acknowledged[0] += len(owner.post("/executions/batch", json=batch).expect(200)["items"])
        finally:
            done.set()

    def rebuild():
        while not done.is_set():
            for run in (lambda: rebuilt(admin, user_id=owner.id), lambda: run_to_its_end(admin, "stats_aggregation")):
                least = acknowledged[0]
                count = owner.get("/statistics/agents", group_by="none").expect(200)["items"][0]["execution_count"]
                assert least <= count <= sent[0]
                ran = run()
                assert ran["status"] == "completed" and ran["result"].get("differences", 0) == 0, ran

    at_once(write, rebuild)
    assert sum(item["execution_count"] for item in owner.get("/statistics/agents").expect(200)["items"]) == sent[0]
    assert owner.get("/dashboard/stats").expect(200)["executions"]["total"] == sent[0]


def test_who_was_erased_and_comes_back_under_the_same_id_begins_anew(admin):
    user = make_user(admin, "phoenix")
    for count in (5, 1):
        agent = make_agent(user)
        user.post("/executions/batch", json=[{"agent_id": agent["id"], "status": "completed", "duration_ms": 1}] * count).expect(200)
        for _ in range(2):
            assert user.get("/dashboard/stats").expect(200)["executions"]["total"] == count
            assert sum(day["total"] for day in user.get("/dashboard/execution-trend").expect(200)["trend"]) == count
            (item,) = user.get("/statistics/agents", group_by="agent").expect(200)["items"]
            assert (item["agent_id"], item["execution_count"]) == (agent["id"], count)
            eventually(lambda: user.get("/statistics/agents").queries <= 1, deadline_s=30, every_s=0.2)
        admin.delete(f"/users/{user.id}", erase="true").expect(204)
        user = make_user(admin, "phoenix", id=user.id)
        assert user.get("/dashboard/stats").expect(200)["executions"]["total"] == 0
        assert user.get("/statistics/agents", group_by="agent").expect(200)["items"] == []


def test_nobody_is_shown_less_than_was_acknowledged_when_they_asked(owner):
    agent = make_agent(owner)
    acknowledged, done = [0], threading.Event()

    def write():
        try:
            for _ in range(150):
                record(owner, agent, status="completed", duration_ms=1)
                acknowledged[0] += 1
        finally:
            done.set()

    def read():
        while not done.is_set():
            least = acknowledged[0]
            assert owner.get("/dashboard/stats").expect(200)["executions"]["total"] >= least
            least = acknowledged[0]
            assert sum(day["total"] for day in owner.get("/dashboard/execution-trend").expect(200)["trend"]) >= least

    at_once(write, *[read] * 6)


@postgres_only
def test_who_asks_the_same_at_the_same_time_shares_a_statement_and_nobody_else_does(new_server):
    server = new_server()
    users = [make_user(Client(server, server.admin_key)) for _ in range(2)]
    agents = [make_agent(user) for user in users]

    def shared():
        return scrape(server).samples["onggi_db_shared_reads_total", ()]

    def asked_at_once(recorded):
        # However connections are given to event loops, both users are on each.
        connections = [(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30), number // (1 + recorded % 3) % 2) for number in range(16)]
        for connection, whose in connections:
            connection.request("GET", f"{PREFIX}/dashboard/stats", headers={"Authorization": f"Bearer {users[whose].key}"})
        for connection, whose in connections:
            assert json.loads(connection.getresponse().read())["executions"]["total"] == recorded * (whose + 1)
            connection.close()
        return shared() > before

    before = shared()
    has_shared = False
    for recorded in range(1, 100):
        for whose, (user, agent) in enumerate(zip(users, agents, strict=True)):
            for _ in range(whose + 1):
                record(user, agent, status="completed", duration_ms=1)
        has_shared = asked_at_once(recorded) or has_shared
        if has_shared and recorded >= 10:
            return
    pytest.fail("nobody has shared a statement")


def folded(server):
    return scrape(server).samples["onggi_statistics_folded_total", ()]


def tamper(server, text):
    if IS_POSTGRES:
        rows(server.database_url, text)
        return
    with contextlib.closing(sqlite3.connect(f"{server.data}/onggi.db")) as connection, connection:
        connection.execute(text)


def verify(server, *arguments):
    place = ["--database-url", server.database_url] if IS_POSTGRES else []
    return onggi("stats", "verify", "--data", server.data, *place, *arguments)


@pytest.mark.parametrize("is_served", [True, False])
def test_verification_reports_what_was_changed_by_hand_and_makes_it_anew(new_server, is_served):
    server = new_server()
    admin = Client(server, server.admin_key)
    agent = make_agent(admin)
    record(admin, agent, status="completed", duration_ms=5)
    eventually(lambda: folded(server) >= 1, deadline_s=30, every_s=0.1)
    assert verify(server).code == 0
    if not is_served:
        server.stop()
    tamper(server, "update agent_execution_stats set execution_count = 8, completed_count = 8")
    dry = verify(server, "--dry-run")
    assert dry.code == 1 and agent["id"] in dry.stdout and "repaired" not in dry.stdout, dry
    assert verify(server, "--to", today(days=-1)).code == 0
    real = verify(server, "--from", today(days=-1))
    assert real.code == 1 and agent["id"] in real.stdout and "1 repaired" in real.stdout, real
    assert verify(server).code == 0


def test_kill_9_loses_nothing_of_what_was_acknowledged(new_server):
    server = new_server()
    admin = Client(server, server.admin_key)
    agent = make_agent(admin)
    recorded = 0
    for _ in range(3):
        before = folded(server)
        batch = [{"agent_id": agent["id"], "started_at": timestamp(ms=now_ms() - i * 600_000), "status": "completed", "duration_ms": i}
                 for i in range(3_000)]
        recorded += len(admin.post("/executions/batch", json=batch).expect(200)["items"])
        # A thousand of them at a time are folded: in the midst of it.
        wait_for(lambda: folded(server) > before)
        server.kill()
        server.start()
        admin = Client(server, server.admin_key)
        assert admin.get("/statistics/agents", group_by="none").expect(200)["items"][0]["execution_count"] == recorded
        assert admin.get("/dashboard/stats").expect(200)["executions"]["total"] == recorded
    eventually(lambda: admin.get("/statistics/agents").queries == 1, deadline_s=30, every_s=0.2)
    assert sum(item["execution_count"] for item in admin.get("/statistics/agents").expect(200)["items"]) == recorded
    server.stop()
    verified = verify(server)
    assert verified.code == 0 and "ok" in verified.stdout, verified


@postgres_only
def test_two_servers_that_record_for_one_user_give_one_sum(tmp_path):
    cluster = Cluster(tmp_path)
    try:
        user = cluster.new_user()
        agent = make_agent(user[0])
        sent, acknowledged, done = [0, 0], [0, 0], [False, False]

        def write(which):
            for turn in range(15):
                batch = [{"agent_id": agent["id"], "started_at": timestamp(hours=-(i + turn)), "status": "completed", "duration_ms": i} for i in range(40)]
                sent[which] += 41
                acknowledged[which] += len(user[which].post("/executions/batch", json=batch).expect(200)["items"])
                made = record(user[which], agent)
                user[1 - which].patch(f"/executions/{made['id']}", json={"status": "failed", "duration_ms": turn}).expect(200)
                acknowledged[which] += 1

        def writer(which):
            try:
                write(which)
            finally:
                done[which] = True

        def watch():
            while not all(done):
                for client in user:
                    least = sum(acknowledged)
                    count = client.get("/statistics/agents", group_by="none").expect(200)["items"][0]["execution_count"]
                    assert least <= count <= sum(sent)

        at_once(lambda: writer(0), lambda: writer(1), watch)
        for client in user:
            (item,) = client.get("/statistics/agents", group_by="none").expect(200)["items"]
            assert (item["execution_count"], item["completed_count"], item["failed_count"], item["running_count"]) == (1_230, 1_200, 30, 0)
            assert client.get("/dashboard/stats").expect(200)["executions"]["total"] == 1_230
        assert verify(cluster.servers[0]).code == 0
    finally:
        cluster.close()
    assert cluster.complaints() == []
