"""What the benchmark says about its figures (bench/): the parts that need no server."""

import argparse
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import cost  # noqa: E402
import facts  # noqa: E402
import measure  # noqa: E402
import postgres  # noqa: E402
import run  # noqa: E402
import seed_table  # noqa: E402
import table  # noqa: E402
from data import fingerprint  # noqa: E402
from pages import DASHBOARD_BUT, Page  # noqa: E402
from postgres_reads import KINDS, STATEMENTS, StoreReads, filled, statement, tried  # noqa: E402
from postgres_writes import StoreWrites  # noqa: E402
from process import Failed  # noqa: E402
from reads import target  # noqa: E402
from same import check  # noqa: E402
from seed import PAGES, SeedTable, statements  # noqa: E402
from seed_load import Load, Request, shuffled  # noqa: E402
from servers import Answer  # noqa: E402
from writes import EmbeddedWrites  # noqa: E402

SHOWN = {"items": [{"id": "a", "at": "2026-11-22T20:02:43.131Z", "cost_usd": 0.0129, "tags": ["x"]}], "next_cursor": "one"}


def changed(**members):
    return {"items": [{**SHOWN["items"][0], **members}], "next_cursor": "another"}


def test_the_same_content_in_another_spelling_is_the_same():
    assert check("peer", SHOWN, changed(at="2026-11-22T20:02:43.131+00:00", cost_usd=0.012900000)) is None


@pytest.mark.parametrize("other", [
    changed(id="b"),
    changed(at="2026-11-22T20:02:43.132Z"),
    changed(cost_usd=0.013),
    changed(tags=["x", "y"]),
    changed(more=1),
    {"items": [], "next_cursor": None},
])
def test_another_content_is_told(other):
    assert check("peer", SHOWN, other)
    assert check("peer", other, SHOWN)


def test_what_the_peer_need_not_show_alike_is_left_out():
    mine = {"executions": {"total": 3, "p95_duration_ms": 9279}, "timestamp": "2026-11-22T20:02:43.131Z"}
    other = {"executions": {"total": 3, "p95_duration_ms": None}, "timestamp": "2026-11-22T20:02:43.132Z"}
    assert check("peer", mine, other) and check("peer", mine, other, DASHBOARD_BUT) is None
    other["executions"]["total"] = 4
    assert check("peer", mine, other, DASHBOARD_BUT)


def run_of(per_second, p99_ms=1.0):
    return {"per_second": per_second, "p50_ms": 0.5, "p99_ms": p99_ms}


def test_contenders_run_in_turn_and_one_that_fails_is_left_out():
    order = []

    def contender(name, fails_at=None):
        def once():
            order.append(name)
            if order.count(name) == fails_at:
                raise Failed("refused")
            return run_of(100.0 * order.count(name))
        return once
    figures = measure.in_turn({"a": contender("a"), "b": contender("b", fails_at=2)}, rounds=3)
    assert order == ["a", "b", "a", "b", "a"]
    assert figures["a"].as_json()["per_second"] == 200.0
    assert figures["a"].as_json()["per_second_range"] == [100.0, 300.0]
    assert figures["b"].as_json() == {"error": "refused"}


SETTINGS = {"executions": 10, "rounds": 3, "seconds": 1}


def result(store="embedded", **row):
    onggi = measure.Figures([run_of(9000.0), run_of(8000.0), run_of(7000.0)]).as_json()
    row = {"key": "page", "title": "a page", "bytes": 1234, "queries": 1, "contenders": {"onggi": onggi}, **row}
    return {"date": "2026-11-22", "stores": {store: {"rows": [row], "facts": [], "settings": SETTINGS}},
            "machine": {"cpu": "a cpu", "cores": 2, "memory_gb": 4, "kernel": "6", "file_system": "ext4", "fsync_ms": 1.5, "load_before": 0.1},
            "versions": {"onggi": "onggi 0", "sqlite": "3"}}


def test_a_target_that_is_missed_is_said():
    text = table.markdown(result(targets=[target("at least 7,500/s", 8000.0, 7500)]))
    assert "| a page | 1,234 | 1 | 8,000 (7,000 - 9,000) | 0.50 | 1.00 |" in text
    assert "at least 7,500/s: 8,000, met" in text and "missed" not in text
    of_missed = result(targets=[target("at least 8,500/s", 8000.0, 8500)])
    assert "at least 8,500/s: 8,000, **missed**" in table.markdown(of_missed)
    assert table.missed(of_missed) == ["a page, on the embedded store"]
    assert not target("p99 under 10 ms", 11, 10, is_upper=True)["met"]


@pytest.mark.parametrize("store", table.NAMES)
def test_a_page_that_could_not_be_measured_is_said(store):
    failed = result(store, error="onggi answers 422: no\nmore")
    text = table.markdown(failed)
    assert "**failed**: onggi answers 422: no |" in text
    assert table.missed(failed) == [f"a page, on {table.NAMES[store]}"]
    head, line = (next(line for line in text.splitlines() if line.startswith(start)) for start in ("| page", "| a page"))
    assert head.count("|") == line.count("|")


def test_each_store_has_its_table_and_what_is_recorded_on_postgresql_one_of_its_own():
    both = result(title="a page in a file")
    shared = result("postgres", title="a page in a database")["stores"]["postgres"]
    bare = {"insert": {"per_second": 5000.0, "per_second_range": [4000.0, 6000.0], "runs": []}}
    onggi = shared["rows"][0]["contenders"]
    shared["rows"].append({**shared["rows"][0], "key": "single", "title": "one execution", "contenders": {**onggi, **bare}})
    both["stores"]["postgres"] = shared
    lines = table.markdown(both).splitlines()
    order = ["### On the embedded store", "| page", "| a page in a file", "### On PostgreSQL", "| page", "| a page in a database",
             "| recorded", "| one execution"]
    found = [next((start for start in order if line.startswith(start)), None) for line in lines]
    assert [start for start in found if start] == order
    assert "5,000 (4,000 - 6,000)" in next(line for line in lines if line.startswith("| one execution"))


# --- PostgreSQL ------------------------------------------------------------------------------------

SAID = """progress: 1.1 s, 100.0 tps, lat 1.6 ms stddev 0.1, 0 failed
progress: 2.0 s, 400.0 tps, lat 1.6 ms stddev 0.1, 0 failed
number of transactions actually processed: 910
number of failed transactions: {failed} (0.000%)
initial connection time = 100.000 ms
tps = 303.333333 (without initial connection time)
"""


def test_the_first_second_of_pgbench_does_not_count():
    # 910 in 3 s, from 0.1 s on; 110 of them until 1.1 s: 800 in the two seconds that are left.
    assert postgres.per_second(SAID.format(failed=0)) == pytest.approx(400)
    with pytest.raises(Failed):
        postgres.per_second(SAID.format(failed=3))
    with pytest.raises(Failed):
        postgres.per_second("pgbench: error")


# pgbench takes a colon and a name for a variable in quotes as well, and two colons for a cast.
VARIABLE = re.compile(r"(?<!:):(\w+)")
STATEMENT_FILES = sorted(STATEMENTS.glob("*.sql"))


@pytest.mark.parametrize("path", STATEMENT_FILES, ids=lambda path: path.stem)
def test_a_statement_holds_nothing_that_pgbench_takes_for_a_variable(path):
    text = statement(path)
    assert VARIABLE.findall(text) == [] and "--" not in text and ";" not in text
    variables = VARIABLE.findall(filled(text, id=":id", reader=":reader", filter=":filter", value=":value"))
    assert variables and set(variables) <= {"id", "reader", "filter", "value"}
    assert not re.search(r"\{\w+\}", filled(text, id="", reader="", filter="", value=""))


def test_every_page_has_statements_of_both_kinds():
    pages = {path.name.split(".")[0] for path in STATEMENT_FILES}
    assert pages == {"workflow", "agent", "executions", "agents_containing", "workflows_containing"}
    assert all(list(STATEMENTS.glob(f"{page}.{kind}*.sql")) for page in pages for kind in KINDS)


def test_what_was_tried_is_tried_again_when_something_else_is_asked(tmp_path):
    calls = []

    def candidate(name, *rates):
        rates = iter(rates)

        def once():
            calls.append(name)
            return run_of(next(rates))
        return once
    note = tmp_path / "note.json"
    assert tried(note, "a", {"x": candidate("x", 1.0, 4.0), "y": candidate("y", 3.0, 2.0)}) == {"x": 4.0, "y": 3.0}
    assert calls == ["x", "y", "x", "y"]
    assert tried(note, "a", {}) == {"x": 4.0, "y": 3.0}
    assert tried(note, "b", {"x": candidate("x", 5.0, 6.0)}) == {"x": 6.0}
    with pytest.raises(Failed):
        tried(note, "c", {"x": lambda: (_ for _ in ()).throw(Failed("no"))})


def figures(**rates):
    return {name: measure.Figures([run_of(rate)] if rate else []) for name, rate in rates.items()}


def verdicts(targets):
    return [(each["text"], each["value"], each["met"]) for each in targets]


def a_page(key, **members):
    return Page(key, key, ["/"], key, ["x"], from_memory=True, **members)


def test_a_page_is_held_against_the_faster_statement():
    measured = figures(onggi=700.0, columns=500.0, documents=1001.0, fastify=200.0)
    assert verdicts(StoreReads._targets(None, a_page("agent_first"), measured)) == [
        ("at least 70 % of the best statement", 0.6993, False), ("at least 3 times Fastify", 3.5, True)]
    assert verdicts(StoreReads._targets(None, a_page("agent_first"), figures(onggi=700.0, columns=1000.0, documents=None, fastify=None))) == [
        ("at least 70 % of the best statement", 0.7, True)]


def test_what_is_in_memory_is_held_against_the_stored_row():
    measured = figures(onggi=500.0, stored=1000.0, fastify=100.0)
    assert verdicts(StoreReads._targets(None, a_page("workflow", of_static=0.5), measured)) == [
        ("at least half of the stored row", 0.5, True), ("at least 8 times Fastify", 5.0, False)]


def test_a_dashboard_on_postgresql_is_held_against_fastify_alone():
    page = a_page("dashboard", of_static=0.5, store_factor=20)
    assert verdicts(StoreReads._targets(None, page, figures(onggi=1900.0, fastify=100.0))) == [("at least 20 times Fastify", 19.0, False)]
    page.loop = ""
    assert StoreReads._others(None, page, None, {}) == {}
    assert verdicts(StoreWrites._targets(None, "dashboard_arriving", figures(onggi=2000.0, fastify=100.0))) == [
        ("at least 20 times Fastify", 20.0, True)]
    assert verdicts(EmbeddedWrites._targets(None, "trend_arriving", figures(onggi=7999.0, fastify=100.0))) == [
        ("at least 8,000/s", 7999.0, False)]


def test_what_is_recorded_is_held_against_the_best_bare_insert():
    assert verdicts(StoreWrites._targets(None, "single", figures(onggi=99.0, insert=100.0, fastify=1.0))) == [
        ("at least the bare INSERT", 0.99, False)]
    assert verdicts(StoreWrites._targets(None, "batch", figures(onggi=60.0, unnest=90.0, copy=100.0, fastify=1.0))) == [
        ("at least 60 % of the best bare insert", 0.6, True)]


# --- what statistics cost ---------------------------------------------------------------------------

def test_what_statistics_cost_is_the_median_of_pairs():
    def pair(with_, without):
        return {"with": {"per_second": with_, "cpu_us": 110.0}, "without": {"per_second": without, "cpu_us": 100.0}}
    # The machine was slower in the second pair, for both.
    made = cost.shown("recording", [pair(95.0, 100.0), pair(47.0, 50.0), pair(99.0, 100.0)])
    assert made["value"] == 0.95 and made["cpu_share"] == 1.1 and made["targets"][0]["met"]
    assert "processor time of each, folds included, 1.10 times (110 us, 100 us)" in made["unit"]
    assert not cost.shown("recording", [pair(89.0, 100.0)])["targets"][0]["met"]


def test_the_queue_is_read_off_the_metrics():
    assert cost.waiting("# HELP x\nonggi_statistics_waiting_changes 12\nonggi_statistics_fold_lag_seconds 0\n") == 12


# --- sections, and what is kept of them -------------------------------------------------------------

def options_of(*arguments):
    options = argparse.Namespace(quick=False, store="both", executions=None, grown=None, seconds=None, rounds=None, only=list(arguments) or None)
    run.complete(argparse.ArgumentParser(), options)
    return options


def test_what_is_asked_for_decides_what_is_made():
    everything = options_of()
    assert everything.wants_data and everything.wants_peers and everything.wants_writes and all(map(everything.wants, run.SECTIONS))
    memory = options_of("memory")
    assert memory.wants("memory") and not memory.wants("pages") and not memory.wants_data
    assert options_of("growth").wants_data and not options_of("growth").wants_peers
    assert options_of("agent").wants_peers and not options_of("agent").wants_writes
    assert options_of("statistics").wants_writes and not options_of("statistics").wants("writes")
    with pytest.raises(SystemExit):
        options_of("nothing")


def test_a_row_is_kept_at_once_and_in_place_of_its_like():
    kept = []
    part = {"rows": [{"title": "a", "key": "x"}, {"title": "b", "key": "x"}], "facts": []}
    results = run.Results(part, lambda: kept.append(json.dumps(part)))
    results.rows([{"title": "b", "key": "x", "bytes": 1}, {"title": "c", "key": "y"}])
    results.fact({"title": "a"})
    assert [row["title"] for row in part["rows"]] == ["a", "b", "c"] and part["rows"][1]["bytes"] == 1 and len(kept) == 3


def test_an_earlier_run_of_the_same_program_is_gone_on_with(tmp_path):
    file, before = tmp_path / "bench.json", result()
    now, options = {"date": before["date"], "versions": before["versions"]}, options_of("memory")
    options.seconds, options.rounds = SETTINGS["seconds"], SETTINGS["rounds"]
    assert run.earlier(file, now, options) == {}
    run.save(tmp_path, "bench", before, "text")
    assert run.earlier(file, now, options) == before["stores"] and (tmp_path / "bench.md").read_text() == "text"
    assert run.earlier(file, {**now, "versions": {"onggi": "another"}}, options) == {}
    options.seconds += 1
    assert run.earlier(file, now, options) == {}
    assert run.earlier(file, now, options_of()) == {}


def test_room_takes_two_numbers_of_executions():
    class Made:
        def __init__(self, executions, bytes_):
            self.executions, self.bytes = executions, lambda: bytes_
    assert facts.room(Made(20, 300), Made(10, 100))["value"] == 20
    assert "skipped" in facts.room(Made(10, 100), Made(10, 100))
    assert not list(facts.growth(None, Made(10, 100), Made(10, 100)))


# --- the seed's own table --------------------------------------------------------------------------

def seed_result():
    page = {"per_second": 1000.0, "p50_ms": 0.5, "statements": "1, then 0"}
    read = {"executions": 0, "summaries": 30, "waiting": 2, "others": 0}
    return {"settings": {"executions": 10, "rounds": 1, "seconds": 1, "rate": 50, "rate_seconds": 6, "counted": 10},
            "pages": [{"key": "agent", "title": "an agent", "statements": "18 -> 4", "waited": "800 -> 150 ms", "rate": "",
                       "figures": {"before": {"per_second": 9.5, "p50_ms": 101.0, "statements": "13"}, "embedded": page}}],
            "rows_read": {"figures": {"postgres": read, "tables": {}}},
            "memory": {"figures": {"after": {"rows_before": 9, "bytes_before": 8e6, "rows": 3, "bytes": 8e6, "bytes_least": 2e6}}},
            "cpu": {"figures": {"after": {"per_second": 49.6, "p50_ms": 7.0, "server": 0.5, "database": 0.05, "refused": 0},
                                "embedded": {"per_second": 50.0, "p50_ms": None, "server": 0.01, "refused": 0}}}}


def test_the_seeds_table_says_claims_and_figures():
    text = seed_table.markdown(seed_result(), "where")
    for line in ("| an agent: statements | 18 -> 4 | 13 |  |  | 1, then 0 |  |  |",
                 "| an agent: p50, one client, ms | 800 -> 150 ms | 101 |  |  | 0.50 |  |  |",
                 "| an agent: requests/s, 16 connections |  | 9.5 |  |  | 1,000 |  |  |",
                 "| rows that a dashboard reads, not from memory | 1,000,000 -> 30 |  |  |  |  | 30 summaries, 2 not folded yet |  |",
                 "| memories after a year of 9 | 365,000 -> 50,000 |  | 3 |  |  |  |  |",
                 "| MB of them, before and after the clean-up | 10,000 -> 1,400 |  | 8 -> 8 (2 after VACUUM FULL) |  |  |  |  |",
                 "| the database's processes at 50 requests/s, mixed, of one core | 80 % -> 5 % |  | 5.0 % |  | in the server's |  |  |",
                 "| answered of these, requests/s; p50, ms |  |  | 50; 7.0 |  | 50; none |  |  |"):
        assert line in text.splitlines(), line
    assert seed_table.failures(seed_result()) == []


def test_the_seeds_table_is_shown_as_far_as_it_is_made():
    whole = seed_table.markdown(seed_result(), "where").splitlines()
    part = seed_result()
    del part["memory"], part["cpu"]
    lines = seed_table.markdown(part, "where").splitlines()
    assert 0 < len(lines) < len(whole) and set(lines) < set(whole)


def test_a_part_of_the_seeds_table_that_failed_is_said():
    failed = seed_result()
    failed["cpu"] = {"error": "refused\nmore"}
    lines = seed_table.markdown(failed, "where").splitlines()
    assert "| processors under a steady load | **failed**: refused |" + " |" * 6 in lines
    assert len({line.count("|") for line in lines if line.startswith("|")}) == 1
    assert seed_table.failures(failed) == ["the seed's table: cpu"]


def answer_of(**headers):
    return Answer(200, {name.replace("_", "-"): value for name, value in headers.items()}, b"")


def test_statements_are_those_of_the_page():
    first, again = answer_of(Onggi_Queries="1"), answer_of(Onggi_Queries="0")
    assert statements("embedded", first, again) == "1, then 0" and statements("postgres", first, first) == "1"
    assert statements("before", answer_of(Seed_Queries="13"), answer_of(Seed_Queries="13")) == "13"


def test_rows_are_told_apart_by_what_they_are():
    tables = {"agent_executions_2026_11": 5, "agent_execution_changes": 4, "agent_execution_days": 30, "user_execution_totals": 1, "agents": 7}
    assert SeedTable._in_kinds(tables) == {"executions": 5, "waiting": 4, "summaries": 31, "others": 7}


def test_the_mixed_load_is_fifty_requests_in_the_same_order_every_time():
    mix = [(kind.page, kind.share) for kind in PAGES] + [("record", 8)]
    assert len(shuffled(mix)) == 50 and shuffled(mix) == shuffled(mix) and shuffled(mix).count("dashboard") == 1


def test_a_load_to_nobody_is_refused():
    load = Load("http://127.0.0.1:1", "key", [Request("/")], 50).run(0.1)
    assert load["refused"] > 0 and load["per_second"] == 0 and load["p50_ms"] is None


def test_data_is_made_anew_for_what_its_own_store_is_made_of(tmp_path):
    for name in ("src/cli/demo/a.cc", "one/a.sql", "other/a.sql", "single.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    before = fingerprint(tmp_path, "one", "single.sql")
    (tmp_path / "other/a.sql").write_text("changed")
    assert fingerprint(tmp_path, "one", "single.sql") == before
    for name in ("one/a.sql", "single.sql", "src/cli/demo/a.cc"):
        (tmp_path / name).write_text("changed")
        assert fingerprint(tmp_path, "one", "single.sql") != before, name
        (tmp_path / name).write_text(name)


def test_the_readme_keeps_what_stands_around_the_table(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    table.write_readme(readme, "| new |\n")
    assert readme.read_text() == f"before\n{table.BEGIN}\n| new |\n{table.END}\nafter\n"
    readme.write_text("no place for it")
    with pytest.raises(ValueError):
        table.write_readme(readme, "x")


def test_the_project_readme_has_a_place_for_the_table(tmp_path):
    copy = tmp_path / "README.md"
    copy.write_text((ROOT / "README.md").read_text())
    table.write_readme(copy, json.dumps({}))
    seed_table.write_readme(copy, "[]\n")
    assert "{}" in copy.read_text() and f"{seed_table.BEGIN}\n[]\n{seed_table.END}" in copy.read_text()
