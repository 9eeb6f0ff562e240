"""What is measured about onggi alone: starts, memory, room on the disk, growth, overload."""

import shutil
import statistics

from measure import in_turn, wrk
from pages import pages
from process import Failed
from reads import target
from servers import Onggi, fetch

STARTS = 5
START_S = 0.5
UNDER_LOAD_MB = 200
IDLE_MB = 30
GROWTH = 1.5
OVERLOAD = 3


def fact(title, value, unit, *targets):
    return {"title": title, "value": value, "unit": unit, "targets": list(targets)}


def starts(bench):
    taken = []
    for _ in range(STARTS):
        onggi = bench.data.server(bench.binary, bench.work / "start.log").serve()
        taken.append(onggi.process.ready_s)
        onggi.stop()
    median = statistics.median(taken)
    return fact("start, until it listens", round(median, 3), "s", target(f"under {START_S} s", median, START_S, is_upper=True))


def memory_under_load(most_mb):
    return fact("anonymous memory, the most seen under this load", round(most_mb, 1), "MB",
                target(f"under {UNDER_LOAD_MB} MB", most_mb, UNDER_LOAD_MB, is_upper=True))


def memory_idle(bench):
    directory = bench.work / "empty"
    shutil.rmtree(directory, ignore_errors=True)
    onggi = Onggi(bench.binary, directory, bench.work / "empty.log").serve()
    try:
        fetch(onggi.url + "/healthz")
        megabytes = onggi.process.anonymous_mb()
    finally:
        onggi.stop()
        shutil.rmtree(directory, ignore_errors=True)
    return fact("anonymous memory, idle and empty", round(megabytes, 1), "MB",
                target(f"under {IDLE_MB} MB", megabytes, IDLE_MB, is_upper=True))


def room(large, small):
    """What is there beside executions is of the same size in both, and needs two numbers of executions to be told apart."""
    title = "bytes on the disk for each execution, indexes included"
    if large.executions == small.executions:
        return {**fact(title, None, ""), "skipped": f"it takes more than {small.executions:,} executions"}
    each = (large.bytes() - small.bytes()) / (large.executions - small.executions)
    return fact(title, round(each), "bytes")


def growth(bench, small, large):
    """The same pages at two numbers of executions, in turn; nothing where there is one."""
    if small.executions == large.executions:
        return
    flags = Onggi.flags_without_memory(bench.binary)
    servers = {data.executions: data.server(bench.binary, bench.work / f"growth-{data.executions}.log") for data in (small, large)}
    of = {data.executions: {page.key: page for page in pages(data.samples())} for data in (small, large)}
    keys = {data.executions: data.key for data in (small, large)}
    try:
        for server in servers.values():
            server.serve(*flags)
        for page in of[small.executions].values():
            if page.grows:
                yield _growth_of(bench, page.key, servers, of, keys)
    finally:
        for server in servers.values():
            server.stop()


def _growth_of(bench, page_key, servers, of, keys):
    def contender(executions, seconds):
        page = of[executions][page_key]
        paths = bench.work / f"growth-{executions}.paths"
        paths.write_text("".join(f"{path}\n" for path in page.paths))
        return wrk(servers[executions].url + page.paths[0], seconds, keys[executions], paths=paths)
    small, large = sorted(servers)
    title = f"{of[small][page_key].title}: at {small:,} executions against {large:,}"
    bench.say(title)
    try:
        for executions in servers:
            contender(executions, 1)
    except Failed as failure:
        return {**fact(title, None, ""), "error": str(failure)}
    figures = in_turn({executions: lambda executions=executions: contender(executions, bench.seconds) for executions in servers},
                      bench.rounds, bench.say)
    failed = [each.error for each in figures.values() if each.error]
    if failed:
        return {**fact(title, None, ""), "error": failed[0]}
    at_small, at_large = figures[small].median(), figures[large].median()
    made = fact(title, round(at_small / at_large, 2), "times", target(f"within {GROWTH} times", at_small / at_large, GROWTH, is_upper=True))
    made["per_second"] = {str(small): round(at_small, 1), str(large): round(at_large, 1)}
    return made
