#!/usr/bin/python3
"""Measures onggi beside nginx, a bare loop over SQLite, and Fastify + pg on PostgreSQL; see CONTRIBUTING.md.

Prints and saves a table: DIR/bench.md and DIR/bench.json. Exits with 1 where something could not be measured; a target that is
missed is said in the table and does not fail the run.
"""

import argparse
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import facts  # noqa: E402
import machine  # noqa: E402
import table  # noqa: E402
from data import Data, Samples, prepare, prepare_rows  # noqa: E402
from pages import pages  # noqa: E402
from process import Failed, end_on_signals, run  # noqa: E402
from reads import Reads  # noqa: E402
from servers import Fastify, Nginx, Onggi, Postgres  # noqa: E402
from writes import Writes  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SMALL = 10_000


@dataclass
class Bench:
    """What every measurement needs."""
    root: Path
    work: Path
    build: Path
    seconds: int
    rounds: int
    begun: float
    data: Data | None = None
    samples: Samples | None = None

    @property
    def binary(self):
        return self.build / "onggi"

    @property
    def loop(self):
        return self.build / "onggi_bench_sqlite"

    def say(self, text):
        print(f"[{time.monotonic() - self.begun:6.1f} s] {text}", file=sys.stderr, flush=True)


def measure(bench, options, result):
    small = prepare(bench.root, bench.work, bench.binary, SMALL, bench.say)
    bench.data = prepare(bench.root, bench.work, bench.binary, options.executions, bench.say)
    large = bench.data
    if options.grown != options.executions:
        large = prepare(bench.root, bench.work, bench.binary, options.grown, bench.say)
    prepare_rows(bench.root, bench.data, bench.say)
    bench.samples = Samples(bench.data)

    result["facts"] += [facts.fact("making the data, once", bench.data.seconds, "s"), facts.starts(bench), facts.memory_idle(bench),
                        facts.room(bench.data, small)]
    with ExitStack() as running:
        postgres = Postgres(bench.work, bench.data.name)
        running.callback(postgres.stop)
        postgres.load(bench.root, bench.data.rows, bench.say)
        measure_reads(bench, postgres, options, result)
        if options.wants("writes"):
            with Writes(bench, postgres) as writes:
                result["rows"] += writes.rows()
    if options.wants("growth"):
        result["facts"] += facts.growth(bench, small, large)


def measure_reads(bench, postgres, options, result):
    most_mb = 0
    with ExitStack() as running:
        onggi = Onggi(bench.binary, bench.data.directory, bench.work / "onggi.log")
        running.callback(onggi.stop)
        nginx = Nginx(bench.work)
        running.callback(nginx.stop)
        fastify = Fastify(bench.root, postgres, bench.work / "fastify.log")
        running.callback(fastify.stop)
        reads = Reads(bench, onggi, nginx, fastify)
        for page in pages(bench.samples):
            if not options.wants(page.key):
                continue
            bench.say(page.title)
            result["rows"].append(reads.measure(page))
            most_mb = max(most_mb, onggi.process.anonymous_mb())
    if most_mb:
        result["facts"].append(facts.memory_under_load(most_mb))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="in a few minutes: short runs; growth up to the same data")
    parser.add_argument("--executions", type=int, default=1_000_000, metavar="N", help="to measure with [1000000]")
    parser.add_argument("--grown", type=int, metavar="N", help="to compare %d with [5000000; quick: as --executions]" % SMALL)
    parser.add_argument("--seconds", type=int, metavar="N", help="of one run [5; quick: 2]")
    parser.add_argument("--rounds", type=int, metavar="N", help="of each row [5; quick: 2]")
    parser.add_argument("--only", action="append", metavar="ROW", help="a page (bench/pages.py), writes or growth; may be repeated")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench", metavar="DIR", help="where data is kept [build/bench]")
    parser.add_argument("--build", type=Path, default=ROOT / "build", metavar="DIR", help="where the programs are [build]")
    parser.add_argument("--readme", action="store_true", help="only put the last table into README.md")
    options = parser.parse_args()
    options.seconds = options.seconds or (2 if options.quick else 5)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.grown = options.grown or (options.executions if options.quick else 5_000_000)
    options.wants = lambda row: not options.only or row in options.only
    return options


def install_peer():
    run(ROOT / "cmake/npm_install.sh", ROOT / "bench/peers/fastify")


def main():
    options = arguments()
    work = options.work.resolve()
    if options.readme:
        table.write_readme(ROOT / "README.md", (work / "bench.md").read_text())
        return 0
    end_on_signals()
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(ROOT, work, options.build.resolve(), options.seconds, options.rounds, time.monotonic())
    install_peer()
    result = {"date": time.strftime("%Y-%m-%d"), "machine": machine.describe(work), "versions": machine.versions(ROOT, bench.binary),
              "settings": {"executions": options.executions, "grown": options.grown, "seconds": options.seconds, "rounds": options.rounds},
              "rows": [], "facts": []}
    measure(bench, options, result)
    (work / "bench.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    text = table.markdown(result)
    (work / "bench.md").write_text(text)
    print(text)
    bench.say(f"saved as {work / 'bench.md'} and {work / 'bench.json'}")
    missed = table.missed(result)
    if missed:
        bench.say("missed or failed: " + "; ".join(missed))
    return 1 if any("error" in each for each in [*result["rows"], *result["facts"]]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    except KeyboardInterrupt:
        sys.exit("bench: stopped")
