"""What the benchmark says about its figures (bench/): the parts that need no server."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import measure  # noqa: E402
import table  # noqa: E402
from process import Failed  # noqa: E402
from reads import target  # noqa: E402
from same import check  # noqa: E402

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


def result(**row):
    onggi = measure.Figures([run_of(9000.0), run_of(8000.0), run_of(7000.0)]).as_json()
    row = {"key": "page", "title": "a page", "bytes": 1234, "queries": 1, "contenders": {"onggi": onggi}, **row}
    return {"date": "2026-11-22", "rows": [row], "facts": [],
            "machine": {"cpu": "a cpu", "cores": 2, "memory_gb": 4, "kernel": "6", "file_system": "ext4", "fsync_ms": 1.5, "load_before": 0.1},
            "versions": {"onggi": "onggi 0", "sqlite": "3"}, "settings": {"executions": 10, "rounds": 3, "seconds": 1}}


def test_a_target_that_is_missed_is_said():
    text = table.markdown(result(targets=[target("at least 7,500/s", 8000.0, 7500)]))
    assert "| a page | 1,234 | 1 | 8,000 (7,000 - 9,000) | 0.50 | 1.00 |" in text
    assert "at least 7,500/s: 8,000, met" in text and "missed" not in text
    of_missed = result(targets=[target("at least 8,500/s", 8000.0, 8500)])
    assert "at least 8,500/s: 8,000, **missed**" in table.markdown(of_missed)
    assert table.missed(of_missed) == ["a page"]
    assert not target("p99 under 10 ms", 11, 10, is_upper=True)["met"]


def test_a_page_that_could_not_be_measured_is_said():
    failed = result(error="onggi answers 422: no\nmore")
    assert "**failed**: onggi answers 422: no |" in table.markdown(failed)
    assert table.missed(failed) == ["a page"]


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
    assert "{}" in copy.read_text()
