"""The seed's own table: what one platform told of itself (claims), and the same pages of that platform as it was and as it became
(peers/seed), of Fastify + pg and of onggi on both stores, on the same data."""

import json
import shutil
import sqlite3
import time
import uuid
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from data import keep
from measure import in_turn, wrk
from memory_life import AGENTS, KEY, Client, Year, clean, create
from memory_life import server as memory_server
from pages import DASHBOARD_BUT, pages
from process import Failed
from same import check
from seed_load import Load, Request, cpu_s, shuffled
from servers import PREFIX, Fastify, Nginx, Onggi, Seed, fetch

KINDS = ("before", "after")
ALONE, TOGETHER = 1, 16  # connections
LONGEST_S = 2            # of a run: there are six contenders to a page
ALONE_S = 1              # of one client's
SLOW_S = 3               # of the seed's "before", which answers a few a second
PAUSE_S = 12             # until PostgreSQL's counters tell what was read
COUNTED = 10             # dashboards, for rows read
RATE, RATE_S = 50, 12


@dataclass
class Kind:
    """What a user waits for, and what the seed says of it: statements and milliseconds, before and after."""
    page: str
    title: str
    statements: str = ""
    waited: str = ""
    rate: str = ""
    share: int = 0  # of the fifty requests of the mixed load
    but: tuple = ()


PAGES = (
    Kind("workflow", "a workflow of 50 nodes and 60 edges", "104 -> 6", "2,000 -> 300 ms", share=15),
    Kind("agent", "an agent with ten tools", "18 -> 4", "800 -> 150 ms", share=12),
    Kind("executions", "the 50 newest executions of a user and an agent", "", "2,000 -> 400 ms", share=10),
    Kind("agents_containing", "agents by a value of their configuration, 50 of 190 in 20,000", "", "10,000 -> 500 ms", share=3),
    Kind("workflows_containing", "workflows by what their graph contains, 10 of 1,000", "", "10,000 -> 500 ms", share=1),
    Kind("dashboard", "the dashboard of 30 days, user with three of ten executions", "", "5,000 -> 100 ms", share=1, but=DASHBOARD_BUT),
)
RECORDED = 8  # executions recorded, of the fifty
MIXED = Kind("mixed", "reading all of these, mixed", "", "2,500 -> 250 ms", "50 -> 400")


@dataclass
class Contender:
    server: object
    data: object     # whose key and ids are asked for
    figures: dict = field(default_factory=dict)

    @property
    def url(self):
        return self.server.url


class SeedTable:
    """`embedded`, `store`: the data of either store (data.Data, postgres_data.StoreData), with the same number of executions."""

    def __init__(self, bench, embedded, store):
        self.bench, self.embedded, self.store, self.postgres = bench, embedded, store, store.postgres
        self.seconds, self.rounds = min(bench.seconds, LONGEST_S), 1 if bench.is_quick else min(bench.rounds, 3)
        self.paths = {data: {page.key: page for page in pages(data.samples())} for data in (embedded, store)}

    def measure(self, keep):
        """`keep` is called with what there is, as soon as there is more."""
        self._prepare()
        result = {"settings": {"executions": self.store.executions, "seconds": self.seconds, "rounds": self.rounds, "rate": RATE,
                               "rate_seconds": self._rate_s(), "counted": COUNTED}, "pages": []}
        with ExitStack() as servers:
            nginx = Nginx(self.bench.work)
            servers.callback(nginx.stop)
            contenders = self._serve(servers, "", self.embedded.directory)
            for kind in PAGES:
                result["pages"].append(self._row(kind, lambda kind=kind: self._page(kind, contenders, nginx)))
                keep(result)
            result["pages"].append(self._row(MIXED, lambda: self._mixed(contenders)))
            result["rows_read"] = self._row(None, lambda: self._rows_read(contenders))
            keep(result)
        for part, measure in (("cpu", self._cpu), ("memory", self._memory)):
            result[part] = self._row(None, measure)
            keep(result)
        return result

    def _row(self, kind, measure):
        row = {} if kind is None else {"key": kind.page, "title": kind.title, "statements": kind.statements, "waited": kind.waited,
                                       "rate": kind.rate}
        try:
            row["figures"] = measure()
        except Failed as failure:
            row["error"] = str(failure)
            self.bench.say(f"FAILED: {failure}")
        return row

    # --- data and servers --------------------------------------------------------------------------

    def _database(self, kind):
        return f"seed_{kind}_{self.store.executions}"

    def _prepare(self):
        """The peer's rows in the seed's two schemas."""
        for kind in KINDS:
            script = (self.bench.root / f"bench/peers/seed/{kind}.sql").read_text()
            note = self.postgres.home / f"{self._database(kind)}.json"
            if note.exists() and json.loads(note.read_text()) == script:
                continue
            self.bench.say(f"making the seed's rows, {kind}")
            self.postgres.make_database(self._database(kind), template=self.store.peer_database)
            self.postgres.sql(script, self._database(kind))
            self.postgres.settle(self._database(kind))
            keep(note, script)

    def _serve(self, servers, suffix, directory, *flags):
        """Each on its database, by name and this suffix, and on this directory."""
        started = {}

        def add(name, server, data):
            servers.callback(server.stop)
            started[name] = Contender(server, data)
        bench, work = self.bench, self.bench.work
        for kind in KINDS:
            add(kind, Seed(bench.root, self.postgres, work / f"seed-{kind}.log", self._database(kind) + suffix, kind), self.store)
        add("fastify", Fastify(bench.root, self.postgres, work / "seed-fastify.log", self.store.peer_database + suffix), self.store)
        embedded = Onggi(bench.binary, directory, work / "seed-embedded.log")
        add("embedded", embedded, self.embedded)
        embedded.serve(*flags)
        onggi = Onggi(bench.binary, self.store.directory, work / "seed-onggi.log", self.postgres.url(self.store.database + suffix))
        add("postgres", onggi, self.store)
        onggi.serve(*flags)
        return started

    def _path(self, kind, data):
        return self.paths[data][kind.page].paths[0]

    # --- pages -------------------------------------------------------------------------------------

    def _page(self, kind, contenders, nginx):
        self.bench.say(f"the seed's table: {kind.title}")
        figures = {}
        expected = fetch(contenders["postgres"].url + self._path(kind, self.store), self.store.key).json()
        for name, contender in contenders.items():
            url = contender.url + self._path(kind, contender.data)
            fetch(contender.url + PREFIX + "/me", contender.data.key)  # who asks is known then
            first, again = (fetch(url, contender.data.key) for _ in range(2))
            if again.status != 200:
                raise Failed(f"{name} answers {again.status}: {again.body[:200].decode(errors='replace')}")
            wrong = contender.data is self.store and check(name, expected, again.json(), kind.but)
            if wrong:
                raise Failed(wrong)
            figures[name] = {"bytes": len(again.body), "statements": statements(name, first, again)}
        body = fetch(contenders["embedded"].url + self._path(kind, self.embedded), self.embedded.key).body
        static = nginx.publish(f"seed-{kind.page}", body)
        figures["ceiling"] = {"bytes": len(body)}
        runs = {name: lambda connections, seconds, contender=contender: wrk(
            contender.url + self._path(kind, contender.data), seconds, contender.data.key, connections=connections)
                for name, contender in contenders.items()}
        runs["ceiling"] = lambda connections, seconds: wrk(static, seconds, connections=connections)
        return self._measured(figures, runs)

    def _mixed(self, contenders):
        """The reads of the mixed load, as fast as they are answered."""
        self.bench.say(f"the seed's table: {MIXED.title}")
        runs = {}
        for name, contender in contenders.items():
            file = self.bench.work / f"seed-mixed-{name}.paths"
            file.write_text("".join(f"{path}\n" for path in shuffled([(self._path(kind, contender.data), kind.share) for kind in PAGES])))
            runs[name] = lambda connections, seconds, contender=contender, file=file: wrk(
                contender.url + self._path(PAGES[0], contender.data), seconds, contender.data.key, paths=file, connections=connections)
        return self._measured({name: {} for name in contenders}, runs)

    def _measured(self, figures, runs):
        for name, once in runs.items():
            if name not in KINDS:
                once(TOGETHER, self.bench.warm_up_s)
        for connections in (ALONE, TOGETHER):
            measured = in_turn({name: lambda name=name, once=once: once(connections, self._length(name, connections)) for name, once in runs.items()},
                               self.rounds, self.bench.say)
            for name, each in measured.items():
                if each.error:
                    raise Failed(f"{name}: {each.error}")
                if connections == ALONE:
                    figures[name]["p50_ms"] = each.median("p50_ms")
                else:
                    low, high = each.range()
                    figures[name].update(per_second=each.median(), per_second_range=[low, high])
        return figures

    def _length(self, name, connections):
        if name == "before":
            return max(self.seconds, SLOW_S)
        return ALONE_S if connections == ALONE else self.seconds

    # --- rows that a dashboard reads ---------------------------------------------------------------

    def _rows_read(self, contenders):
        """On PostgreSQL by its counters, less what is read when nobody asks; on the embedded store the same rows counted. What is in
        memory already reads none: onggi is asked without it."""
        self.bench.say("the seed's table: rows that a dashboard reads")
        contenders["postgres"].server.serve(*Onggi.flags_without_memory(self.bench.binary))
        databases = {"before": self._database("before"), "after": self._database("after"), "fastify": self.store.peer_database,
                     "postgres": self.store.database}
        at = []
        for _ in range(2):  # what was read before this has been told by then
            time.sleep(PAUSE_S)
            at.append(self._read_so_far(databases))
        for name in databases:
            url = contenders[name].url + self._path(PAGES[-1], self.store)
            for _ in range(COUNTED):
                if fetch(url, self.store.key).status != 200:
                    raise Failed(f"{name} does not answer {url}")
        time.sleep(PAUSE_S)
        at.append(self._read_so_far(databases))
        found = {}
        for name in databases:
            idle, asked, done = (each[name] for each in at)
            tables = {table: round((done[table] - 2 * asked[table] + idle[table]) / COUNTED) for table in done}
            found[name] = {table: rows for table, rows in tables.items() if rows > 0}
        return {**{name: self._in_kinds(tables) for name, tables in found.items()}, "embedded": self._rows_in_the_file(), "tables": found}

    def _read_so_far(self, databases):
        """Rows of each table that scans of it or of its indexes have given."""
        question = ("select s.relname, coalesce(s.seq_tup_read, 0) + coalesce((select sum(i.idx_tup_read) from pg_stat_all_indexes i"
                    " where i.relid = s.relid), 0) from pg_stat_user_tables s")
        return {name: {line.split("|")[0]: int(line.split("|")[1]) for line in self.postgres.sql(question, database).splitlines()}
                for name, database in databases.items()}

    @staticmethod
    def _in_kinds(tables):
        """Executions (their partitions, too), what is not folded yet, summaries, and the rest: agents, workflows and so on that are counted."""
        found = {"executions": 0, "waiting": 0, "summaries": 0, "others": 0}
        for table, rows in tables.items():
            if table.endswith("_changes"):
                found["waiting"] += rows
            elif table.startswith(("agent_execution_", "workflow_execution_", "user_execution_")):
                found["summaries"] += rows
            elif table.startswith("agent_executions"):
                found["executions"] += rows
            else:
                found["others"] += rows
        return found

    def _rows_in_the_file(self):
        with closing(sqlite3.connect(f"file:{self.embedded.file}?mode=ro", uri=True)) as file:
            user = uuid.UUID(self.embedded.samples().reader).bytes
            now = datetime.now(timezone.utc)
            first = (now - timedelta(days=29)).strftime("%Y-%m-%d")
            day_ago = (now - timedelta(days=1)).timestamp() * 1000

            def count(table, where="", *values):
                return file.execute(f"select count(*) from {table} where user_id = ?{where}", (user, *values)).fetchone()[0]
            return {"executions": 0, "waiting": count("agent_execution_changes"),
                    "summaries": count("agent_execution_days", " and date >= ?", first) + count("agent_execution_lifetimes")
                    + count("agent_execution_hours", " and hour >= ?", day_ago - 3_600_000),
                    "others": 1 + sum(count(table) for table in ("agents", "blocks", "workflows", "knowledgebases"))}

    # --- a year of memory --------------------------------------------------------------------------

    def _memory(self):
        memories = 36_500 if self.bench.is_quick else 365_000
        self.bench.say(f"the seed's table: a year of {memories:,} memories")
        found = {kind: self._memory_of_seed(kind, memories) for kind in KINDS}
        found["embedded"] = self._memory_of_onggi(memories, None)
        self.postgres.make_database("onggi_seed_memory")
        try:
            found["postgres"] = self._memory_of_onggi(memories, "onggi_seed_memory")
        finally:
            self.postgres.drop_database("onggi_seed_memory")
        return found

    def _memory_of_seed(self, kind, memories):
        """The same memories; `after` cleans them up."""
        database, rows = "seed_memory", self.bench.work / "memories.csv"
        peers = self.bench.root / "bench/peers"
        self.postgres.make_database(database)
        try:
            for script in ("fastify/schema.sql", "fastify/indexes.sql", "statistics.sql", f"seed/{kind}.sql"):
                self.postgres.sql((peers / script).read_text(), database)
            self.postgres.copy_in(database, "api_keys from stdin", ["psql", "-X", "-q", "-c", "copy api_keys to stdout"],
                                  self.postgres.environment(self.store.peer_database))
            write_memories(rows, memories)
            self.postgres.copy_in(database, "agent_memories from stdin (format csv)", ["cat", rows])
            rows.unlink()
            figures = {"rows_before": self._memories(database), "bytes_before": self._memory_bytes(database)}
            if kind == "after":
                server = Seed(self.bench.root, self.postgres, self.bench.work / "seed-memory.log", database, kind)
                try:
                    answer = fetch(f"{server.url}{PREFIX}/memory/cleanup", self.store.key, b"{}")
                    if answer.status != 200:
                        raise Failed(f"the seed's clean-up answers {answer.status}")
                finally:
                    server.stop()
                self.postgres.sql("vacuum agent_memories", database)
            figures.update(rows=self._memories(database), bytes=self._memory_bytes(database))
            if kind == "after":
                self.postgres.sql("vacuum full agent_memories", database)
                figures["bytes_least"] = self._memory_bytes(database)
            return figures
        finally:
            self.postgres.drop_database(database)

    def _memories(self, database):
        return int(self.postgres.sql("select count(*) from agent_memories", database))

    def _memory_bytes(self, database):
        """Of memories, with whatever belongs to them: indexes, in onggi also words, timeline and settings."""
        return int(self.postgres.sql("select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r'"
                                     " and relname ~ '^(agent_memories|memory_)'", database))

    def _memory_of_onggi(self, memories, database):
        directory = self.bench.work / "seed-memory"
        shutil.rmtree(directory, ignore_errors=True)
        try:
            with memory_server(self.bench.binary, directory, database and self.postgres.url(database)) as (port, _):
                client = Client(port)
                create(client, client.agents(AGENTS), Year(memories).arrays())
                size = lambda: self._memory_bytes(database) if database else file_bytes(directory / "onggi.db")  # noqa: E731
                figures = {"rows_before": memories, "bytes_before": size()}
                clean(client, is_beside=False)
                if database:
                    self.postgres.sql("vacuum", database)
                after = size()
                counts = json.loads(fetch(f"http://127.0.0.1:{port}{PREFIX}/memory/stats", KEY).body)["stats"]
                rows = sum(counts[f"{kind}_count"] for kind in ("short_term", "long_term", "episodic", "semantic"))
            figures.update(rows=rows, bytes=after)
            if database:
                self.postgres.sql("vacuum full", database)
                figures["bytes_least"] = self._memory_bytes(database)
            return figures
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    # --- the processors, under a load that stays the same ------------------------------------------

    def _rate_s(self):
        return 6 if self.bench.is_quick else RATE_S

    def _cpu(self):
        """Each alone, on a copy: executions are recorded as well."""
        self.bench.say(f"the seed's table: processors at {RATE} requests a second")
        copy = self.bench.work / "seed-onggi"
        databases = {"before": self._database("before"), "after": self._database("after"), "fastify": self.store.peer_database,
                     "postgres": self.store.database}
        found = {}
        for name in ("before", "after", "fastify", "embedded", "postgres"):
            with ExitStack() as used:
                data = self.embedded if name == "embedded" else self.store
                if name == "embedded":
                    used.callback(shutil.rmtree, copy, ignore_errors=True)
                    server = Onggi(self.bench.binary, self.embedded.copy(copy), self.bench.work / "seed-cpu.log").serve()
                else:
                    self.postgres.make_database("seed_copy", template=databases[name])
                    used.callback(self.postgres.drop_database, "seed_copy")
                    server = self._server_on_copy(name)
                used.callback(server.stop)
                found[name] = self._cpu_of(server, data, data is self.store)
        return found

    def _server_on_copy(self, name):
        log = self.bench.work / "seed-cpu.log"
        if name == "postgres":
            return Onggi(self.bench.binary, self.store.directory, log, self.postgres.url("seed_copy")).serve()
        if name == "fastify":
            return Fastify(self.bench.root, self.postgres, log, "seed_copy")
        return Seed(self.bench.root, self.postgres, log, "seed_copy", name)

    def _cpu_of(self, server, data, has_database):
        body = json.dumps(data.samples().batch[0], ensure_ascii=False).encode()
        mix = [(Request(self._path(kind, data)), kind.share) for kind in PAGES] + [(Request(f"{PREFIX}/executions", body), RECORDED)]
        # What the copy has left to write is not of this load.
        self.postgres.sql("checkpoint", "postgres")
        Load(server.url, data.key, shuffled(mix), RATE).run(2)
        pids = {"server": server.process.pid, **({"database": self.postgres.process.pid} if has_database else {})}
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        begun = time.monotonic()
        load = Load(server.url, data.key, shuffled(mix), RATE).run(self._rate_s())
        lasted = time.monotonic() - begun
        if load["refused"]:
            raise Failed(f"{load['refused']} requests of the mixed load were refused")
        return {**load, **{name: (cpu_s(pid) - before[name]) / lasted for name, pid in pids.items()}}


def statements(name, first, again):
    """What a page takes: at first, and again."""
    if name == "fastify":
        return "1"  # one statement a page, by its making (peers/fastify/statements.js)
    header = "Onggi-Queries" if name in ("embedded", "postgres") else "Seed-Queries"
    counts = [answer.headers[header] for answer in (first, again)]
    return counts[0] if counts[0] == counts[1] else ", then ".join(counts)


def file_bytes(path):
    """Of a file of SQLite's, whatever of it is still in the log beside it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        return file.execute("pragma page_count").fetchone()[0] * file.execute("pragma page_size").fetchone()[0]


def write_memories(path, memories):
    """The memories of memory_life.Year, of ten agents of one user, as CSV of peers/fastify/schema.sql."""
    user, *agents = (str(uuid.uuid4()) for _ in range(1 + AGENTS))
    with open(path, "w", encoding="utf-8") as out:
        for number, array in enumerate(Year(memories).arrays()):
            agent = agents[number % AGENTS]
            for each in json.loads(array):
                cells = (str(uuid.uuid4()), agent, user, each.get("session_id", ""), each["type"], each["importance"], each["content"],
                         json.dumps(each["metadata"]).replace('"', '""'), "0", "", each["created_at"])
                out.write(",".join(f'"{cell}"' if cell else "" for cell in cells) + "\n")
