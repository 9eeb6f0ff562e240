#!/usr/bin/python3
"""Measures onggi on both stores: on the embedded one beside nginx, a bare loop over SQLite and Fastify + pg, on PostgreSQL beside pgbench
on the same database and Fastify + pg; see CONTRIBUTING.md.

Prints and saves a table: DIR/bench.md and DIR/bench.json, anew with every row that is there. Exits with 1 where something could not be measured; a target that is
missed is said in the table and does not fail the run.
"""

import argparse
import dataclasses
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import facts  # noqa: E402
import machine  # noqa: E402
import postgres_data  # noqa: E402
import seed_table  # noqa: E402
import table  # noqa: E402
from data import Data, Samples, fingerprint, is_made, prepare, prepare_rows  # noqa: E402
from memory_life import memory_facts  # noqa: E402
from memory_rows import memory_rows  # noqa: E402
from overload import overload  # noqa: E402
from pages import pages  # noqa: E402
from peer_rows import load_from_sqlite  # noqa: E402
from postgres import Postgres  # noqa: E402
from postgres_data import StoreData, StoreSamples  # noqa: E402
from postgres_reads import StoreReads  # noqa: E402
from postgres_writes import StoreWrites  # noqa: E402
from process import Failed, end_on_signals, run  # noqa: E402
from reads import EmbeddedReads  # noqa: E402
from seed import SeedTable  # noqa: E402
from servers import Fastify, Nginx  # noqa: E402
from subjects import subjects  # noqa: E402
from writes import EmbeddedWrites  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SMALL, FEWER, MANY = 10_000, 200_000, 1_000_000
SMALL_AT_ONCE_S = 10  # a machine that needs longer for SMALL has no million in time for --quick


# What can be asked for by name (--only), beside each page; `statistics` are rows and facts of several of them.
SECTIONS = {
    "alone": "starts, memory and room of onggi",
    "pages": "all pages that are read",
    "statistics": "dashboards, statistics of each agent, and what they cost who records",
    "writes": "executions that are recorded",
    "overload": "more of them than can be",
    "memory": "memories, created, read, cleaned up",
    "growth": "the same pages of few and of many executions",
    "seed": "the seed's own table",
}
OF_STATISTICS = ("dashboard", "trend")


@dataclass
class Bench:
    """What every measurement needs."""
    root: Path
    work: Path
    build: Path
    seconds: int
    rounds: int
    is_quick: bool
    begun: float
    data: Data | StoreData | None = None
    samples: Samples | StoreSamples | None = None

    @property
    def binary(self):
        return self.build / "onggi"

    @property
    def warm_up_s(self):
        """Of a server: node compiles what is called often."""
        return 1 if self.is_quick else 2

    @property
    def loop(self):
        return self.build / "onggi_bench_sqlite"

    def say(self, text):
        print(f"[{time.monotonic() - self.begun:6.1f} s] {text}", file=sys.stderr, flush=True)


@dataclass
class Results:
    """What was measured of one store, kept as soon as it is there."""
    part: dict
    keep: object  # called when something was added

    def settings(self, settings):
        self.part["settings"] = settings

    def row(self, row):
        self._add("rows", row)

    def rows(self, rows):
        for row in rows:
            self.row(row)

    def fact(self, made):
        self._add("facts", made)

    def facts(self, facts_):
        for each in facts_:
            self.fact(each)

    def _add(self, kind, made):
        """In place of what an earlier run found of the same."""
        titles = [each["title"] for each in self.part[kind]]
        if made["title"] in titles:
            self.part[kind][titles.index(made["title"])] = made
        else:
            self.part[kind].append(made)
        self.keep()


def executions_of(bench, options, small):
    """How many to measure with: a million, but in a hurry on a slow or busy machine fewer."""
    if options.executions is not None:
        return options.executions
    is_slow = small.seconds > SMALL_AT_ONCE_S and not is_made(bench.root, bench.work, MANY)
    return FEWER if options.quick and is_slow else MANY


def measure_embedded(bench, options, results):
    if options.wants_data:
        measure_embedded_data(bench, options, results)
    if options.wants("memory"):
        results.rows(memory_rows(bench))
        results.facts(memory_facts(bench))


def measure_embedded_data(bench, options, results):
    small = prepare(bench.root, bench.work, bench.binary, SMALL, bench.say)
    executions = executions_of(bench, options, small)
    results.settings(settings(options, executions))
    bench = dataclasses.replace(bench, data=prepare(bench.root, bench.work, bench.binary, executions, bench.say))
    bench.samples = bench.data.samples()
    if options.wants("alone"):
        results.fact(facts.fact("making the data, once", bench.data.seconds, "s"))
        results.facts(measure(bench) for measure in (facts.starts, facts.memory_idle))
        results.fact(facts.room(bench.data, small))
    if options.wants_peers:
        prepare_rows(bench.root, bench.data, bench.say)
        with ExitStack() as running:
            postgres = Postgres(bench.work / f"postgres-{bench.data.name}", bench.work / "postgres.log")
            running.callback(postgres.stop)
            loaded = postgres.home / f"loaded-{fingerprint(bench.root, *postgres_data.PEER)}"
            if not loaded.exists():
                bench.say("loading the peer's database")
                load_from_sqlite(bench.root, postgres, "bench", bench.data.rows)
                loaded.touch()
            with ExitStack() as servers:
                nginx = Nginx(bench.work)
                servers.callback(nginx.stop)
                onggi, fastify = both(bench, servers, postgres, "bench")
                measure_pages(bench, EmbeddedReads(bench, onggi, nginx, fastify), options, results)
                if options.wants("statistics"):
                    results.facts(subjects(bench, onggi))
            if options.wants_writes:
                with EmbeddedWrites(bench, postgres, "bench") as writes:
                    measure_writes(writes, options, results)
                    if options.wants("overload"):
                        results.fact(overload(bench, writes.onggi, writes.single))
    if options.wants("growth"):
        large = bench.data
        if options.grown is not None:
            large = prepare(bench.root, bench.work, bench.binary, options.grown, bench.say)
        results.facts(facts.growth(bench, small, large))


def measure_postgres(bench, options, results):
    with ExitStack() as running:
        postgres = postgres_data.start(bench.root, bench.work)
        running.callback(postgres.stop)
        if options.wants_data:
            measure_postgres_data(bench, options, results, postgres)
        if options.wants("memory"):
            postgres.make_database("onggi_memory")
            results.rows(memory_rows(bench, postgres.url("onggi_memory")))
            postgres.make_database("onggi_memory")
            results.facts(memory_facts(bench, postgres.url("onggi_memory")))
            postgres.drop_database("onggi_memory")


def measure_postgres_data(bench, options, results, postgres):
    small = StoreData(postgres, SMALL).prepare(bench)
    executions = options.executions or (FEWER if options.quick and not StoreData(postgres, MANY).is_made else MANY)
    results.settings(settings(options, executions))
    bench = dataclasses.replace(bench, data=StoreData(postgres, executions).prepare(bench))
    bench.samples = bench.data.samples()
    if options.wants("alone"):
        results.fact(facts.fact("making the data, once", bench.data.seconds, "s"))
        results.fact(facts.starts(bench))
        results.fact(facts.room(bench.data, small))
    if options.wants_peers:
        bench.data.prepare_peer(bench)
        with ExitStack() as servers:
            onggi, fastify = both(bench, servers, postgres, bench.data.peer_database)
            measure_pages(bench, StoreReads(bench, onggi, fastify), options, results)
            if options.wants("statistics"):
                results.facts(subjects(bench, onggi))
        if options.wants_writes:
            with StoreWrites(bench) as writes:
                measure_writes(writes, options, results)
    if options.wants("growth"):
        results.facts(facts.growth(bench, small, bench.data))


def measure_writes(writes, options, results):
    if options.wants("statistics"):
        results.facts(writes.statistics_cost())
    results.rows(writes.rows(options.wants("writes"), options.wants("statistics")))


def measure_seed(bench, options, keep):
    """The seed's table, on the data of both stores."""
    with ExitStack() as running:
        postgres = postgres_data.start(bench.root, bench.work)
        running.callback(postgres.stop)
        executions = options.executions or (FEWER if bench.is_quick and not StoreData(postgres, MANY).is_made else MANY)
        store = StoreData(postgres, executions).prepare(bench)
        store.prepare_peer(bench)
        embedded = prepare(bench.root, bench.work, bench.binary, executions, bench.say)
        return SeedTable(bench, embedded, store).measure(keep)


def settings(options, executions):
    return {"executions": executions, "seconds": options.seconds, "rounds": options.rounds}


def both(bench, servers, postgres, peer_database):
    """onggi, to be started by who measures, and the peer."""
    onggi = bench.data.server(bench.binary, bench.work / "onggi.log")
    servers.callback(onggi.stop)
    fastify = Fastify(bench.root, postgres, bench.work / "fastify.log", peer_database)
    servers.callback(fastify.stop)
    return onggi, fastify


def measure_pages(bench, reads, options, results):
    most_mb = 0
    for page in pages(bench.samples):
        if not (options.wants("pages") or options.wants(page.key) or page.key in OF_STATISTICS and options.wants("statistics")):
            continue
        bench.say(page.title)
        results.row(reads.measure(page))
        if reads.onggi.process is not None:
            most_mb = max(most_mb, reads.onggi.process.anonymous_mb())
    if most_mb and options.wants("pages"):
        results.fact(facts.memory_under_load(most_mb))


STORES = {"embedded": measure_embedded, "postgres": measure_postgres}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="in a quarter of an hour: short runs, less of a year of memory")
    parser.add_argument("--store", choices=[*STORES, "both"], default="both", help="which to measure [both]")
    parser.add_argument("--executions", type=int, metavar="N",
                        help=f"to measure with [{MANY}; quick, where that would take too long to make: {FEWER}]")
    parser.add_argument("--grown", type=int, metavar="N", help=f"to compare {SMALL} with on the embedded store [those measured with]")
    parser.add_argument("--seconds", type=int, metavar="N", help="of one run [2; quick: 1]")
    parser.add_argument("--rounds", type=int, metavar="N", help="of each row [3]")
    parser.add_argument("--only", action="append", metavar="SECTION",
                        help=f"a page (bench/pages.py), or {', '.join(SECTIONS)}; may be repeated; what the same program gave before is kept")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench", metavar="DIR", help="where data is kept [build/bench]")
    parser.add_argument("--build", type=Path, default=ROOT / "build", metavar="DIR", help="where the programs are [build]")
    parser.add_argument("--readme", action="store_true", help="only put the last table into README.md")
    options = parser.parse_args()
    complete(parser, options)
    return options


def complete(parser, options):
    """What follows from what was asked for."""
    options.seconds = options.seconds or (1 if options.quick else 2)
    options.rounds = options.rounds or 3
    page_keys = {page.key for page in pages(Samples.none())}
    unknown = set(options.only or ()) - page_keys - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}: {', '.join([*SECTIONS, *sorted(page_keys)])}")
    options.wants = lambda section: not options.only or section in options.only
    options.wants_writes = any(options.wants(section) for section in ("writes", "statistics", "overload"))
    options.wants_peers = options.wants_writes or options.wants("pages") or bool(page_keys & set(options.only or ()))
    options.wants_data = options.wants_peers or options.wants("alone") or options.wants("growth")


def earlier(file, result, options):
    """What an earlier run of the same program, on the same day and machine and with the same settings, has found: what is measured now
    goes beside it. Where everything is measured, nothing."""
    if not options.only or not file.exists():
        return {}
    before = json.loads(file.read_text())
    asked = (options.seconds, options.rounds)
    same = all((part["settings"]["seconds"], part["settings"]["rounds"]) == asked for part in before["stores"].values())
    return before["stores"] if same and (before["date"], before["versions"]) == (result["date"], result["versions"]) else {}


def save(work, name, result, text):
    """In one step each, so that whoever is interrupted has what there was before."""
    for suffix, content in (("json", json.dumps(result, indent=2, ensure_ascii=False) + "\n"), ("md", text)):
        making = work / f"{name}.{suffix}.making"
        making.write_text(content)
        making.replace(work / f"{name}.{suffix}")


def show(bench, name, text):
    print(text, flush=True)
    bench.say(f"saved as {bench.work / name}.md and .json")


def install_peer():
    run(ROOT / "cmake/npm_install.sh", ROOT / "bench/peers/fastify")


def main():
    options = arguments()
    work = options.work.resolve()
    if options.readme:
        for name, write in (("bench.md", table.write_readme), ("seed.md", seed_table.write_readme)):
            if (work / name).exists():
                write(ROOT / "README.md", (work / name).read_text())
        return 0
    end_on_signals()
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(ROOT, work, options.build.resolve(), options.seconds, options.rounds, options.quick, time.monotonic())
    install_peer()
    result = {"date": time.strftime("%Y-%m-%d"), "machine": machine.describe(work), "versions": machine.versions(ROOT, bench.binary),
              "stores": {}}
    if options.only != ["seed"]:
        result["stores"] = earlier(work / "bench.json", result, options)
        for store, measure in STORES.items():
            if options.store in (store, "both"):
                bench.say(f"on {table.NAMES[store]}")
                part = result["stores"].setdefault(store, {"settings": settings(options, 0), "rows": [], "facts": []})
                measure(bench, options, Results(part, lambda: save(work, "bench", result, table.markdown(result))))
        show(bench, "bench", table.markdown(result))
    missed, failed = table.missed(result), any("error" in each for each in table.everything(result))
    if options.wants("seed") and options.store == "both":
        def keep(seed):
            save(work, "seed", {**result, "stores": {}, "seed": seed}, seed_table.markdown(seed, seed_table_heading))
        seed_table_heading = table.heading(result)
        seed = measure_seed(bench, options, keep)
        show(bench, "seed", seed_table.markdown(seed, seed_table_heading))
        failures = seed_table.failures(seed)
        missed, failed = missed + failures, failed or bool(failures)
    if missed:
        bench.say("missed or failed: " + "; ".join(missed))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit("bench: stopped")
