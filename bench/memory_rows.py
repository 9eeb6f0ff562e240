"""Memories: created in arrays, one read, fifty listed; on a directory and a database (its URL) that are empty. How a year of them is cleaned
up is in memory_life.py."""

import shutil

from measure import CONNECTIONS, in_turn, wrk
from memory_life import AT_ONCE, KEY, Client, Year, create, server
from process import Failed
from reads import target
from servers import PREFIX, fetch

MEMORIES = 20_000
WRITERS = 4
PAGE_AT_LEAST = 8_000       # as other pages that are put together
CREATED_AT_LEAST = 10_000


def memory_rows(bench, database=None):
    directory = bench.work / "memory-rows"
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with server(bench.binary, directory, database) as (port, _):
            client = Client(port)
            agents = client.agents(10)
            create(client, agents, Year(MEMORIES).arrays())
            url = f"http://127.0.0.1:{port}{PREFIX}/agents/{agents[0]}/memory"
            # Targets are the embedded store's: on PostgreSQL nobody has made the same.
            yield from _pages(bench, url, database is None)
            yield _row(bench, "memory_create", f"creating memories in arrays of {AT_ONCE}, durable, {WRITERS} clients; memories/s",
                       lambda row: _created(bench, row, url, database is None))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _row(bench, key, title, measure):
    bench.say(title)
    row = {"key": key, "title": title}
    try:
        measure(row)
    except Failed as failure:
        row["error"] = str(failure)
        bench.say(f"FAILED: {failure}")
    return row


def _pages(bench, url, has_targets):
    listed = fetch(url + "?limit=50", KEY)
    ids = [item["id"] for item in fetch(url + "?limit=500", KEY).json()["items"]]
    paths = bench.work / "memory.paths"
    paths.write_text("".join(f"{url.partition('/api')[1]}{url.partition('/api')[2]}/{each}\n" for each in ids))
    one = f"{url}/{ids[0]}"
    for key, title, asked, file in (("memory_one", f"one memory, of {len(ids)}", one, paths),
                                    ("memory_list", "the 50 newest memories of an agent", url + "?limit=50", None)):
        def measure(row, asked=asked, file=file):
            answer = fetch(asked, KEY)
            row.update(bytes=len(answer.body), queries=int(answer.headers["Onggi-Queries"]))
            _measured(bench, row, lambda: wrk(asked, bench.seconds, KEY, paths=file, connections=CONNECTIONS),
                      PAGE_AT_LEAST if has_targets else None)
        yield _row(bench, key, title, measure)
    if len(listed.json()["items"]) != 50:
        raise Failed("an agent has fewer than 50 memories")


def _created(bench, row, url, has_targets):
    body = bench.work / "memory.json"
    body.write_text(next(Year(AT_ONCE).arrays()))
    answer = fetch(url, KEY, body.read_bytes())
    row.update(bytes=len(answer.body), queries=int(answer.headers["Onggi-Queries"]))
    _measured(bench, row, lambda: wrk(url, bench.seconds, KEY, post=body, connections=WRITERS, weight=AT_ONCE),
              CREATED_AT_LEAST if has_targets else None)


def _measured(bench, row, once, at_least):
    figures = in_turn({"onggi": once}, bench.rounds, bench.say)["onggi"]
    row["contenders"] = {"onggi": figures.as_json()}
    row["targets"] = [target(f"at least {at_least:,}/s", figures.median(), at_least)] if at_least and figures.runs else []
