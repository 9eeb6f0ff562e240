#!/usr/bin/python3
"""Measures onggi on both stores: on the embedded one beside nginx, a bare loop over SQLite and Fastify + pg, on PostgreSQL beside pgbench
on the same database and Fastify + pg; see CONTRIBUTING.md.

Prints and saves a table: DIR/bench.md and DIR/bench.json. Exits with 1 where something could not be measured; a target that is
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
SMALL, FEWER, MANY, GROWN = 10_000, 200_000, 1_000_000, 5_000_000
SMALL_AT_ONCE_S = 10  # a machine that needs longer for SMALL has no million in time for --quick


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


def executions_of(bench, options, small):
    """How many to measure with: a million, but in a hurry on a slow or busy machine fewer."""
    if options.executions is not None:
        return options.executions
    is_slow = small.seconds > SMALL_AT_ONCE_S and not is_made(bench.root, bench.work, MANY)
    return FEWER if options.quick and is_slow else MANY


def measure_embedded(bench, options, result):
    small = prepare(bench.root, bench.work, bench.binary, SMALL, bench.say)
    executions = executions_of(bench, options, small)
    result["settings"] = settings(options, executions)
    bench = dataclasses.replace(bench, data=prepare(bench.root, bench.work, bench.binary, executions, bench.say))
    large = bench.data
    if options.grown is not None:
        large = prepare(bench.root, bench.work, bench.binary, options.grown, bench.say)
    prepare_rows(bench.root, bench.data, bench.say)
    bench.samples = bench.data.samples()

    result["facts"] += [facts.fact("making the data, once", bench.data.seconds, "s"), facts.starts(bench), facts.memory_idle(bench),
                        facts.room(bench.data, small)]
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
            measure_pages(bench, EmbeddedReads(bench, onggi, nginx, fastify), options, result)
            if options.wants("subjects"):
                result["facts"] += subjects(bench, onggi)
        if options.wants("writes"):
            with EmbeddedWrites(bench, postgres, "bench") as writes:
                result["facts"].append(writes.statistics_cost())
                result["rows"] += writes.rows()
                result["facts"].append(overload(bench, writes.onggi, writes.single))
    if options.wants("memory"):
        result["rows"] += memory_rows(bench)
        result["facts"] += memory_facts(bench)
    if options.wants("growth"):
        result["facts"] += facts.growth(bench, small, large)


def measure_postgres(bench, options, result):
    with ExitStack() as running:
        postgres = postgres_data.start(bench.root, bench.work)
        running.callback(postgres.stop)
        small = StoreData(postgres, SMALL).prepare(bench)
        executions = options.executions or (FEWER if options.quick and not StoreData(postgres, MANY).is_made else MANY)
        result["settings"] = settings(options, executions)
        bench = dataclasses.replace(bench, data=StoreData(postgres, executions).prepare(bench))
        bench.data.prepare_peer(bench)
        bench.samples = bench.data.samples()

        result["facts"] += [facts.fact("making the data, once", bench.data.seconds, "s"), facts.starts(bench),
                            facts.room(bench.data, small)]
        with ExitStack() as servers:
            onggi, fastify = both(bench, servers, postgres, bench.data.peer_database)
            measure_pages(bench, StoreReads(bench, onggi, fastify), options, result)
            if options.wants("subjects"):
                result["facts"] += subjects(bench, onggi)
        if options.wants("writes"):
            with StoreWrites(bench) as writes:
                result["facts"].append(writes.statistics_cost())
                result["rows"] += writes.rows()
        if options.wants("memory"):
            postgres.make_database("onggi_memory")
            result["rows"] += memory_rows(bench, postgres.url("onggi_memory"))
            postgres.make_database("onggi_memory")
            result["facts"] += memory_facts(bench, postgres.url("onggi_memory"))
            postgres.drop_database("onggi_memory")
        if options.wants("growth"):
            result["facts"] += facts.growth(bench, small, bench.data)


def measure_seed(bench, options):
    """The seed's table, on the data of both stores."""
    with ExitStack() as running:
        postgres = postgres_data.start(bench.root, bench.work)
        running.callback(postgres.stop)
        executions = options.executions or (FEWER if bench.is_quick and not StoreData(postgres, MANY).is_made else MANY)
        store = StoreData(postgres, executions).prepare(bench)
        store.prepare_peer(bench)
        embedded = prepare(bench.root, bench.work, bench.binary, executions, bench.say)
        return SeedTable(bench, embedded, store).measure()


def settings(options, executions):
    return {"executions": executions, "seconds": options.seconds, "rounds": options.rounds}


def both(bench, servers, postgres, peer_database):
    """onggi, to be started by who measures, and the peer."""
    onggi = bench.data.server(bench.binary, bench.work / "onggi.log")
    servers.callback(onggi.stop)
    fastify = Fastify(bench.root, postgres, bench.work / "fastify.log", peer_database)
    servers.callback(fastify.stop)
    return onggi, fastify


def measure_pages(bench, reads, options, result):
    most_mb = 0
    for page in pages(bench.samples):
        if not options.wants(page.key):
            continue
        bench.say(page.title)
        result["rows"].append(reads.measure(page))
        if reads.onggi.process is not None:
            most_mb = max(most_mb, reads.onggi.process.anonymous_mb())
    if most_mb:
        result["facts"].append(facts.memory_under_load(most_mb))


STORES = {"embedded": measure_embedded, "postgres": measure_postgres}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="in a quarter of an hour: short runs; growth up to the same data")
    parser.add_argument("--store", choices=[*STORES, "both"], default="both", help="which to measure [both]")
    parser.add_argument("--executions", type=int, metavar="N",
                        help=f"to measure with [{MANY}; quick, where that would take too long to make: {FEWER}]")
    parser.add_argument("--grown", type=int, metavar="N", help=f"to compare {SMALL} with on the embedded store [{GROWN}; quick: those measured with]")
    parser.add_argument("--seconds", type=int, metavar="N", help="of one run [5; quick: 1]")
    parser.add_argument("--rounds", type=int, metavar="N", help="of each row [5; quick: 3]")
    parser.add_argument("--only", action="append", metavar="ROW", help="a page (bench/pages.py), subjects, writes, memory, growth or seed; may be repeated")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench", metavar="DIR", help="where data is kept [build/bench]")
    parser.add_argument("--build", type=Path, default=ROOT / "build", metavar="DIR", help="where the programs are [build]")
    parser.add_argument("--readme", action="store_true", help="only put the last table into README.md")
    options = parser.parse_args()
    options.seconds = options.seconds or (1 if options.quick else 5)
    options.rounds = options.rounds or (3 if options.quick else 5)
    if options.grown is None and not options.quick:
        options.grown = GROWN
    options.wants = lambda row: not options.only or row in options.only
    return options


def save(bench, name, result, text):
    (bench.work / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    (bench.work / f"{name}.md").write_text(text)
    print(text)
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
        for store, measure in STORES.items():
            if options.store in (store, "both"):
                bench.say(f"on {table.NAMES[store]}")
                measure(bench, options, result["stores"].setdefault(store, {"rows": [], "facts": []}))
        save(bench, "bench", result, table.markdown(result))
    missed, failed = table.missed(result), any("error" in each for each in table.everything(result))
    if options.wants("seed") and options.store == "both":
        seed = measure_seed(bench, options)
        save(bench, "seed", {**result, "stores": {}, "seed": seed}, seed_table.markdown(seed, table.heading(result)))
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
