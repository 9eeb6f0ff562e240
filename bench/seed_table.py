"""The seed's own table, as Markdown."""

from table import write_between

BEGIN, END = "<!-- seed -->", "<!-- /seed -->"
COLUMNS = {"before": "seed, before", "after": "seed, after", "fastify": "Fastify + pg", "embedded": "onggi, embedded",
           "postgres": "onggi, PostgreSQL", "ceiling": "nginx, the same bytes"}


def _number(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:,.1f}"


def _ms(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}" if value >= 1 else f"{value:.2f}"


def _line(title, claim, cells):
    return "| " + " | ".join([title, claim, *(cells.get(name, "") for name in COLUMNS)]) + " |"


def _shown(part, show):
    """A cell a contender; one that was not measured stays empty."""
    return {name: show(part["figures"][name]) for name in COLUMNS if part["figures"].get(name)}


def _failed(title, part):
    return [f"| {title} | **failed**: {part['error'].splitlines()[0]} |" + " |" * len(COLUMNS)]


def _page_lines(page):
    if "error" in page:
        return _failed(page["title"], page)
    lines = []
    if any("statements" in each for each in page["figures"].values()):
        lines.append(_line(f"{page['title']}: statements", page["statements"], _shown(page, lambda each: each.get("statements", ""))))
    lines += [_line(f"{page['title']}: p50, one client, ms", page["waited"], _shown(page, lambda each: _ms(each["p50_ms"]))),
              _line(f"{page['title']}: requests/s, 16 connections", page["rate"], _shown(page, lambda each: _number(each["per_second"])))]
    return lines


def _rows_read_lines(part):
    if "error" in part:
        return _failed("rows that a dashboard reads", part)

    def show(each):
        kinds = (("executions", "executions"), ("summaries", "summaries"), ("waiting", "not folded yet"), ("others", "of other tables"))
        return ", ".join(f"{each[kind]:,} {name}" for kind, name in kinds if each[kind])
    return [_line("rows that a dashboard reads, not from memory", "1,000,000 -> 30", _shown(part, show))]


def _memory_lines(part):
    if "error" in part:
        return _failed("a year of memory", part)
    least = lambda each: f" ({each['bytes_least'] / 1e6:,.0f} after VACUUM FULL)" if "bytes_least" in each else ""  # noqa: E731
    first = next(iter(part["figures"].values()))
    return [_line(f"memories after a year of {first['rows_before']:,}", "365,000 -> 50,000",
                  _shown(part, lambda each: f"{each['rows']:,}")),
            _line("MB of them, before and after the clean-up", "10,000 -> 1,400", _shown(
                part, lambda each: f"{each['bytes_before'] / 1e6:,.0f} -> {each['bytes'] / 1e6:,.0f}{least(each)}"))]


def _cpu_lines(part, rate):
    if "error" in part:
        return _failed("processors under a steady load", part)
    said = f"at {rate} requests/s, mixed"
    percent = lambda each, name: f"{100 * each[name]:,.1f} %" if name in each else ""  # noqa: E731
    return [_line(f"the database's processes {said}, of one core", "80 % -> 5 %", _shown(
                part, lambda each: percent(each, "database") or "in the server's")),
            _line(f"the server's process {said}, of one core", "", _shown(part, lambda each: percent(each, "server"))),
            _line("answered of these, requests/s; p50, ms", "", _shown(
                part, lambda each: f"{each['per_second']:.0f}; {_ms(each['p50_ms']) if each['p50_ms'] is not None else 'none'}"))]


NOTES = """The seed is FastAPI + SQLAlchemy (`bench/peers/seed`), one process as Fastify and onggi are; claims are that platform's own, for its
own data. Pages of the seed, of Fastify and of onggi on PostgreSQL are compared before they are measured, but for the dashboard's
`p95_duration_ms` (daily rows without percentiles cannot show it: null), and what moves with the clock. Statements: of the seed those
that SQLAlchemy sends, without the key's; the claim's 104 are of nodes that each refer to something else, here to a few agents; of
onggi "1, then 0" where it is in memory afterwards. Rows read: on PostgreSQL the counters of `pg_stat_user_tables` and
`pg_stat_all_indexes` over {counted} dashboards, less what is read in as long a time without them; on the embedded store, which counts
nothing, the rows that its one statement selects, counted; onggi without pages in memory. Memories: the same texts everywhere, the seed
without search in them; its indexes, and onggi's words, timeline and indexes, included; PostgreSQL after VACUUM. Steady load: in fifty
requests 15 workflows, 12 agents, 10 lists of executions, 8 executions recorded, 3 searches in configurations, 1 in graphs, 1
dashboard; from /proc over {rate_seconds} s, each contender alone on a copy; the embedded store is in onggi's process."""


def markdown(seed, head):
    settings = seed["settings"]
    notes = NOTES.replace("\n", " ").format(counted=settings["counted"], rate_seconds=settings["rate_seconds"])
    lines = [head, "", f"{settings['executions']:,} executions, `wrk -t1`, {settings['rounds']} rounds of {settings['seconds']} s (one client: 1 s) in turn, medians. {notes}", "",
             _line("", "the seed's claim", COLUMNS), "|---" * (len(COLUMNS) + 2) + "|"]
    for page in seed["pages"]:
        lines += _page_lines(page)
    for name, lines_of in (("rows_read", _rows_read_lines), ("memory", _memory_lines), ("cpu", lambda part: _cpu_lines(part, settings["rate"]))):
        if name in seed:
            lines += lines_of(seed[name])
    return "\n".join(lines) + "\n"


def failures(seed):
    parts = [*seed["pages"], *({"title": name, **seed[name]} for name in ("rows_read", "memory", "cpu"))]
    return [f"the seed's table: {part['title']}" for part in parts if "error" in part]


def write_readme(path, text):
    write_between(path, BEGIN, END, text)
