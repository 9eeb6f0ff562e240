"""Executions that are recorded, durably: one a request, a thousand a request, and readers beside them. Everything is written
into copies, which are removed afterwards."""

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from cost import StatisticsCost, recorded
from facts import fact
from measure import CONNECTIONS, in_turn, loop, wrk
from process import Failed, run
from reads import target
from servers import PREFIX, Fastify, Onggi, fetch

BATCH = 1000
BATCH_CONNECTIONS = 4
SINGLE_AT_LEAST = 10_000
BATCH_SHARE = 0.6
READERS_P99_MS = 10
ARRIVING = 100        # executions a second, while dashboards are read
DASHBOARD_AT_LEAST = 8000
# A row that is to tell statistics of an execution is never written.
WITHOUT_STATISTICS = "create trigger bench_without_statistics before insert on agent_execution_changes begin select raise(ignore); end"


class Writes:
    """Use in a with statement: it makes the copies and removes them. What every store has in common; EmbeddedWrites and StoreWrites
    (postgres_writes.py) say beside whom it is measured."""

    batch_clients = (BATCH_CONNECTIONS,)

    def __init__(self, bench):
        self.bench = bench
        self.onggi = self.fastify = None
        self.single, self.batch = bench.work / "single.json", bench.work / "batch.json"

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        self.single.write_text(json.dumps(self.bench.samples.batch[0], ensure_ascii=False))
        self.batch.write_text(json.dumps(self.bench.samples.batch[:BATCH], ensure_ascii=False))
        return self

    def __exit__(self, *_):
        for server in (self.onggi, self.fastify):
            if server is not None:
                server.stop()
        self._remove()

    def _start(self):
        """onggi and the peer, on copies."""
        raise NotImplementedError

    def _remove(self):
        raise NotImplementedError

    def _others(self, clients, rows, row, answer):
        """Contenders by name that record so many rows at a time from so many clients, as `answer` shows of onggi; what is to be said of
        them goes into the row."""
        raise NotImplementedError

    def _targets(self, key, figures):
        raise NotImplementedError

    def rows(self, is_recording=True, is_statistics=True):
        """Of recording, and of dashboards while executions arrive."""
        if is_recording:
            yield from self._recording()
        if is_statistics:
            yield from self._arriving()

    def _recording(self):
        yield self._row("single", "recording one execution, durable, 16 clients", self._measure_single)
        for clients in self.batch_clients:
            said = "one client" if clients == 1 else f"{clients} clients"
            yield self._row("batch", f"recording executions in batches of 1,000, durable, {said}; rows/s",
                            lambda row, clients=clients: self._measure_batch(row, clients))
        yield self._row("readers", "the 50 newest executions, while batches of 1,000 are written without pause", self._measure_readers)

    def _arriving(self):
        for key, title, path in (("dashboard_arriving", "the dashboard of 30 days", "stats?days=30"),
                                 ("trend_arriving", "executions day by day, 30 days", "execution-trend?days=30")):
            yield self._row(key, f"{title}, while {ARRIVING} executions a second arrive",
                            lambda row, path=path: self._measure_arriving(row, f"{PREFIX}/dashboard/{path}"))

    def _row(self, key, title, measure):
        self.bench.say(title)
        row = {"key": key, "title": title}
        try:
            measure(row)
        except Failed as failure:
            row["error"] = str(failure)
            self.bench.say(f"FAILED: {failure}")
        return row

    def _measure_in_turn(self, row, path, body, clients, rows, answer):
        def server(url):
            return lambda: settled(lambda: wrk(url + PREFIX + path, self.bench.seconds, self.bench.data.key, post=body,
                                               connections=clients, weight=rows))
        others = {name: lambda once=once: settled(once) for name, once in self._others(clients, rows, row, answer).items()}
        contenders = {"onggi": server(self.onggi.url), **others, "fastify": server(self.fastify.url)}
        figures = in_turn(contenders, self.bench.rounds, self.bench.say)
        row["contenders"] = {name: each.as_json() for name, each in figures.items()}
        row["targets"] = list(self._targets(row["key"], figures)) if figures["onggi"].runs else []

    def _measure_single(self, row):
        answers = [fetch(url + PREFIX + "/executions", self.bench.data.key, self.single.read_bytes())
                   for url in (self.onggi.url, self.fastify.url)]
        own, peer = (self._essence(answer) for answer in answers)
        if own != peer:
            raise Failed(f"Fastify records something else: {own} and {peer}")
        row.update(bytes=len(answers[0].body), queries=int(answers[0].headers["Onggi-Queries"]))
        self._measure_in_turn(row, "/executions", self.single, CONNECTIONS, 1, answers[0])

    @staticmethod
    def _essence(answer):
        if answer.status != 201:
            raise Failed(f"a POST is answered by {answer.status}: {answer.body[:200].decode(errors='replace')}")
        return {name: value for name, value in answer.json().items()
                if name not in ("id", "started_at", "completed_at", "created_at", "updated_at")}

    def _measure_batch(self, row, clients):
        answers = {}
        for url in (self.onggi.url, self.fastify.url):
            answer = answers[url] = fetch(url + PREFIX + "/executions/batch", self.bench.data.key, self.batch.read_bytes())
            items = answer.json().get("items", [])
            if [item["status"] for item in items] != [201] * BATCH:
                raise Failed(f"a batch is answered by {answer.status}: {answer.body[:200].decode(errors='replace')}")
        own = answers[self.onggi.url]
        row.update(bytes=len(own.body), queries=int(own.headers["Onggi-Queries"]))
        self._measure_in_turn(row, "/executions/batch", self.batch, clients, BATCH, own)

    def _measure_readers(self, row):
        page = f"{PREFIX}/executions?agent_id={self.bench.samples.busiest_agents[0]}"
        written = []

        def once():
            with ThreadPoolExecutor(1) as beside:
                writing = beside.submit(wrk, self.onggi.url + PREFIX + "/executions/batch", self.bench.seconds + 1, self.bench.data.key,
                                        post=self.batch, connections=1, weight=BATCH)
                reading = wrk(self.onggi.url + page, self.bench.seconds, self.bench.data.key)
                written.append(writing.result()["per_second"])
            return reading
        figures = in_turn({"onggi": lambda: settled(once)}, self.bench.rounds, self.bench.say)
        row["contenders"] = {name: each.as_json() for name, each in figures.items()}
        if figures["onggi"].runs:
            row["written_per_second"] = round(sorted(written)[len(written) // 2], 1)
            row["targets"] = [target(f"p99 under {READERS_P99_MS} ms", figures["onggi"].median("p99_ms"), READERS_P99_MS, is_upper=True)]


    def _measure_arriving(self, row, page):
        """The reader's own executions arrive, one a request, where it is asked: onggi and the peer."""
        generator = self.bench.build / "onggi_bench_load"
        if not generator.exists():
            raise Failed(f"{generator.name} is not built")
        written = []

        def once(url):
            with ThreadPoolExecutor(1) as beside:
                arriving = beside.submit(run, generator, "--target", urlsplit(url).netloc, "--path", PREFIX + "/executions", "--key",
                                         self.bench.data.key, "--body", self.single, "--connections", CONNECTIONS, "--rates",
                                         f"{ARRIVING}:{self.bench.seconds + 1}")
                reading = wrk(url + page, self.bench.seconds, self.bench.data.key)
                phase, = json.loads(arriving.result())["phases"]
            if url == self.onggi.url:
                written.append(phase["ok_per_second"])
            return reading
        figures = in_turn({name: lambda url=server.url: settled(lambda: once(url))
                           for name, server in (("onggi", self.onggi), ("fastify", self.fastify))}, self.bench.rounds, self.bench.say)
        answer = fetch(self.onggi.url + page, self.bench.data.key)
        row.update(bytes=len(answer.body), queries=int(answer.headers["Onggi-Queries"]))
        row["contenders"] = {name: each.as_json() for name, each in figures.items()}
        if figures["onggi"].runs:
            row["written_per_second"] = round(sorted(written)[len(written) // 2], 1)
            row["targets"] = list(self._targets(row["key"], figures))

    # --- what statistics cost ----------------------------------------------------------------------

    def statistics_cost(self):
        """Two facts; where there is no such copy one that says so."""
        try:
            with self._without_statistics() as without:
                cost = StatisticsCost(self.bench, {"with": self.onggi, "without": without}, self._database_cpu_s)
                yield from recorded(cost, self.single, self.batch, BATCH)
        except Failed as failure:
            yield {**fact("what statistics cost who records", None, ""), "error": str(failure)}

    def _database_cpu_s(self, name):
        """Of the copy `with` or `without`; a file has no processes of its own."""
        return 0

    def _without_statistics(self):
        """onggi on another copy, for a with statement."""
        raise NotImplementedError


class EmbeddedWrites(Writes):
    def __init__(self, bench, postgres, database):
        super().__init__(bench)
        self.postgres, self.database = postgres, database
        self.directory = bench.work / "write-onggi"
        self.loop_directory = bench.work / "write-loop"

    def _start(self):
        data = self.bench.data
        self.onggi = Onggi(self.bench.binary, data.copy(self.directory), self.bench.work / "write-onggi.log").serve()
        self.loop_file = data.copy(self.loop_directory) / "onggi.db"
        self.postgres.make_database("fastify_write", template=self.database)
        self.fastify = Fastify(self.bench.root, self.postgres, self.bench.work / "write-fastify.log", "fastify_write")

    def _remove(self):
        for directory in (self.directory, self.loop_directory):
            shutil.rmtree(directory, ignore_errors=True)
        self.postgres.drop_database("fastify_write")

    def _others(self, clients, rows, row, answer):
        arguments = ("insert", self.loop_file, self.bench.samples.reader, rows, self.bench.seconds)
        return {"loop": lambda: loop(self.bench.loop, *arguments)}

    def _targets(self, key, figures):
        onggi = figures["onggi"].median()
        if key == "single":
            yield target(f"at least {SINGLE_AT_LEAST:,}/s", onggi, SINGLE_AT_LEAST)
        elif key.endswith("_arriving"):
            yield target(f"at least {DASHBOARD_AT_LEAST:,}/s", onggi, DASHBOARD_AT_LEAST)
        elif figures["loop"].runs:
            yield target("at least 60 % of the bare loop", onggi / figures["loop"].median(), BATCH_SHARE)

    @contextmanager
    def _without_statistics(self):
        directory = self.bench.work / "write-without"
        try:
            copy = self.bench.data.copy(directory)
            with closing(sqlite3.connect(copy / "onggi.db")) as file:
                file.execute(WITHOUT_STATISTICS)
            onggi = Onggi(self.bench.binary, copy, self.bench.work / "write-without.log").serve()
            try:
                yield onggi
            finally:
                onggi.stop()
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def settled(once):
    """What others have left unwritten is on the disk first."""
    os.sync()
    return once()
