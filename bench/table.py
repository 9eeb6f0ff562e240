"""What was measured, as Markdown."""

import re

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def _count(value):
    return f"{value:,.0f}"


def _rate(figures):
    """Median and range of a contender."""
    if figures is None:
        return ""
    if "error" in figures:
        return "failed"
    low, high = figures["per_second_range"]
    return f"{_count(figures['per_second'])} ({_count(low)} - {_count(high)})"


def _milliseconds(figures, name):
    return "" if not figures or "error" in figures else f"{figures[name]:.2f}"


def _verdict(target):
    if target["bound"] is None:
        return f"{target['text']}: {'met' if target['met'] else '**missed**'}"
    value = target["value"]
    shown = _count(value) if abs(value) >= 100 else f"{value:.2f}"
    return f"{target['text']}: {shown}, {'met' if target['met'] else '**missed**'}"


def _verdicts(targets):
    return "; ".join(_verdict(each) for each in targets)


def _row_line(row, contenders):
    if "error" in row:
        first_line = row["error"].splitlines()[0].replace("|", "\\|")
        return f"| {row['title']} | | | **failed**: {first_line} |{' |' * (len(contenders) + 3)}"
    of = row["contenders"]
    onggi = of.get("onggi")
    cells = [row["title"], _count(row["bytes"]) if "bytes" in row else "", str(row.get("queries", "")), _rate(onggi),
             _milliseconds(onggi, "p50_ms"), _milliseconds(onggi, "p99_ms"), *(_rate(of.get(name)) for name in contenders),
             _verdicts(row.get("targets", []))]
    if "written_per_second" in row:
        cells[0] += f" ({_count(row['written_per_second'])} rows/s)"
    return f"| {' | '.join(cells)} |"


def _rows(rows, first, contenders):
    """A table of rows; none where there are none."""
    if not rows:
        return []
    head = [first, "bytes", "statements", "onggi", "p50", "p99", *contenders.values(), "expected"]
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(_row_line(row, contenders) for row in rows), ""]


def _fact_line(fact):
    if "error" in fact or "skipped" in fact:
        why = fact.get("skipped") and f"skipped: {fact['skipped']}" or f"**failed**: {fact['error'].splitlines()[0]}"
        return f"| {fact['title']} | {why} | |"
    return f"| {fact['title']} | {fact['value']:,} {fact['unit']} | {_verdicts(fact['targets'])} |"


NAMES = {"embedded": "the embedded store", "postgres": "PostgreSQL"}
BESIDE = {"embedded": {"nginx": "nginx, the same bytes", "loop": "SQLite, bare loop, no HTTP", "fastify": "Fastify + pg"},
          "postgres": {"columns": "pgbench, JSON made of columns", "documents": "pgbench, stored documents put together",
                       "stored": "pgbench, the page as one stored row", "fastify": "Fastify + pg"}}
# What is recorded there is measured beside something else than pages are.
RECORDS = ("single", "batch", "memory_create")
RECORDED = {"insert": "pgbench, bare INSERT", "unnest": "pgbench, INSERT of arrays", "copy": "COPY", "fastify": "Fastify + pg"}
NOTES = {"postgres": "One private PostgreSQL for all, reached by a Unix socket: shared_buffers 1 GB, fsync and synchronous_commit on."
                     " pgbench (`-M prepared -c16 -j1`) asks onggi's own database for the same content: its best statements"
                     " (`bench/peers/postgres`), each with the plans that are fastest."}


def _store(store, part):
    settings = part["settings"]
    lines = [f"### On {NAMES[store]}", "",
             f"{settings['executions']:,} executions, three in ten of them the reader's; `wrk -t1 -c16`, {settings['rounds']} rounds of"
             f" {settings['seconds']} s in turn: the median of the rounds (and their range), in requests per second, latencies of onggi in ms."
             + (f" {NOTES[store]}" if store in NOTES else ""), ""]
    if store == "postgres":
        lines += _rows([row for row in part["rows"] if row["key"] not in RECORDS], "page", BESIDE[store])
        lines += _rows([row for row in part["rows"] if row["key"] in RECORDS], "recorded", RECORDED)
    else:
        lines += _rows(part["rows"], "page", BESIDE[store])
    return [*lines, "| onggi alone | | expected |", "|---|---|---|", *(_fact_line(fact) for fact in part["facts"])]


def heading(result):
    """Of what, when, where and with what."""
    machine, versions = result["machine"], result["versions"]
    others = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "onggi")
    return (f"{versions['onggi']}, {result['date']}: {machine['cpu']}, {machine['cores']} cores for servers and clients together,"
            f" {machine['memory_gb']} GB, Linux {machine['kernel']}, {machine['file_system']} (an fdatasync of 8 KB takes {machine['fsync_ms']} ms),"
            f" load {machine['load_before']} before. {others}.")


def markdown(result):
    lines = [heading(result)]
    for store, part in result["stores"].items():
        lines += ["", *_store(store, part)]
    return "\n".join(lines) + "\n"


def everything(result):
    """All rows and facts."""
    return [each for part in result["stores"].values() for each in [*part["rows"], *part["facts"]]]


def missed(result):
    """What does not hold, of which store: titles of rows and facts with a target missed or a failure."""
    return [f"{each['title']}, on {NAMES[store]}" for store, part in result["stores"].items() for each in [*part["rows"], *part["facts"]]
            if "error" in each or any(not target["met"] for target in each.get("targets", []))
            or any("error" in figures for figures in each.get("contenders", {}).values())]


def write_readme(path, text):
    """Puts the tables between the markers."""
    write_between(path, BEGIN, END, text)


def write_between(path, begin, end, text):
    readme = path.read_text()
    if begin not in readme or end not in readme:
        raise ValueError(f"{path} has no {begin} ... {end}")
    path.write_text(re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{text}{end}", readme, flags=re.DOTALL))
