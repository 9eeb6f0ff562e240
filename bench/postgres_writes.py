"""Executions that are recorded on PostgreSQL: beside pgbench's bare INSERT, and bare inserts of a thousand rows, into the very table."""

import os
import shutil
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from postgres import PLANS_ONCE, pgbench
from pages import STORE_DASHBOARD_FACTOR
from process import Failed
from reads import target
from servers import Fastify, Onggi
from writes import BATCH, BATCH_CONNECTIONS, BATCH_SHARE, Writes

TABLE = "agent_executions"
# A UUIDv7 of this moment without its last 8 digits, of which each row takes some.
MOMENT = ("(select lpad(to_hex(cast(date_part('epoch', clock_timestamp()) * 1000 as bigint)), 12, '0') || '7'"
          " || substr(translate(cast(gen_random_uuid() as text), '-', ''), 1, 11))")


# What is to tell statistics of executions becomes a statement that does nothing: a trigger would cost each row something.
WITHOUT_STATISTICS = "create rule bench_without_statistics as on insert to agent_execution_changes do instead nothing"


class StoreWrites(Writes):
    batch_clients = (1, BATCH_CONNECTIONS)

    def __init__(self, bench):
        super().__init__(bench)
        self.postgres = bench.data.postgres

    def _start(self):
        data = self.bench.data
        self.postgres.make_database("onggi_write", template=data.database)
        self.onggi = Onggi(self.bench.binary, data.directory, self.bench.work / "store-write.log", self.postgres.url("onggi_write")).serve()
        self.postgres.make_database("fastify_write", template=data.peer_database)
        self.fastify = Fastify(self.bench.root, self.postgres, self.bench.work / "store-write-fastify.log", "fastify_write")

    def _remove(self):
        for database in ("onggi_write", "fastify_write"):
            self.postgres.drop_database(database)

    def _others(self, clients, rows, row, answer):
        return self._bare_insert(clients, answer) if rows == 1 else self._bare_batches(clients, answer)

    def _targets(self, key, figures):
        onggi = figures["onggi"].median()
        bare = [figures[name] for name in ("insert", "unnest", "copy") if name in figures]
        best = max((each.median() for each in bare if each.runs), default=None)
        if best and key == "single":
            yield target("at least the bare INSERT", onggi / best, 1)
        elif key.endswith("_arriving") and figures["fastify"].runs:
            yield target(f"at least {STORE_DASHBOARD_FACTOR} times Fastify", onggi / figures["fastify"].median(), STORE_DASHBOARD_FACTOR)
        elif best:
            yield target("at least 60 % of the best bare insert", onggi / best, BATCH_SHARE)

    @contextmanager
    def _without_statistics(self):
        database, directory = "onggi_without", self.bench.work / "write-without"
        self.postgres.make_database(database, template=self.bench.data.database)
        try:
            self.postgres.sql(WITHOUT_STATISTICS, database)
            onggi = Onggi(self.bench.binary, directory, self.bench.work / "write-without.log", self.postgres.url(database)).serve()
            try:
                yield onggi
            finally:
                onggi.stop()
        finally:
            self.postgres.drop_database(database)
            shutil.rmtree(directory, ignore_errors=True)

    def _database_cpu_s(self, name):
        return self.postgres.cpu_s({"with": "onggi_write", "without": "onggi_without"}[name])

    # --- one row -----------------------------------------------------------------------------------

    def _bare_insert(self, clients, answer):
        """The row that onggi has just written, again and again, with an id and times of its own."""
        columns = self._columns()
        row = self._rows([answer.json()["id"]], columns)[0]
        values, variables = [], {}
        for name, value in zip(columns, row):
            if name == "id":
                values.append(f"cast({MOMENT} || '00000000' as uuid)")
            elif name in ("started_at", "created_at", "updated_at"):
                values.append("date_trunc('milliseconds', clock_timestamp())")
            elif value is None:
                values.append("null")
            else:
                variables[name] = value
                values.append("convert_to(:document, 'UTF8')" if name == "document" else f":{name}")
        script = self.bench.work / "pgbench-insert.sql"
        script.write_text(f"insert into {TABLE} ({', '.join(columns)})\nvalues ({', '.join(values)});\n")
        return {"insert": lambda: pgbench(self.postgres, "onggi_write", script, self.bench.seconds, variables, PLANS_ONCE, clients)}

    def _columns(self):
        return self._sql("select attname from pg_attribute where attrelid = cast('agent_executions' as regclass) and attnum > 0"
                         " and not attisdropped order by attnum").splitlines()

    def _sql(self, text):
        return self.postgres.sql(text, "onggi_write")

    def _rows(self, ids, columns):
        """As text, in the order of the ids; None for null."""
        chosen = ", ".join("convert_from(document, 'UTF8')" if name == "document" else name for name in columns)
        listed = ", ".join(f"'{id_}'" for id_ in ids)
        question = f"select {chosen} from {TABLE} where id in ({listed}) order by id"
        text = self.postgres.psql("onggi_write", "-F", "\x1f", "-P", "null=\\N", "-c", question)
        rows = [[None if value == "\\N" else value for value in line.split("\x1f")] for line in text.rstrip("\n").split("\n")]
        if len(rows) != len(ids):
            raise Failed(f"onggi has written {len(rows)} rows of {len(ids)}")
        return rows

    # --- a thousand --------------------------------------------------------------------------------

    def _bare_batches(self, clients, answer):
        """The rows that onggi has just written, again and again, with ids of their own: as arrays, and by COPY."""
        columns = self._columns()
        ids = [item["id"] for item in answer.json()["items"]]
        listed = ", ".join(f"'{id_}'" for id_ in ids)
        self._sql(f"drop table if exists bench.batch; create table bench.batch as select * from {TABLE} where id in ({listed})")
        if int(self._sql("select count(*) from bench.batch")) != BATCH:
            raise Failed("onggi has not written what it has answered")
        lines = self._sql("copy bench.batch to stdout").rstrip("\n").split("\n")
        bodies = [line[line.index("\t"):] + "\n" for line in lines]
        return {"unnest": lambda: self._unnest(columns, clients),
                "copy": lambda: copied(self.postgres, columns, bodies, clients, self.bench.seconds)}

    def _unnest(self, columns, clients):
        """Each client of pgbench fetches the rows once, in the second that does not count."""
        others = [name for name in columns if name != "id"]
        types = dict(line.split("|") for line in self._sql(
            f"select attname, format_type(atttypid, null) from pg_attribute where attrelid = cast('{TABLE}' as regclass) and attnum > 0"
        ).splitlines())
        # Documents as text: their bytes would be sent twice as long.
        types["document"] = "text"
        fetched = ", ".join(f"cast(array_agg({_text(name)}) as text) as {name}" for name in others)
        arrays = ", ".join(f"cast(:{name} as {types[name]}[])" for name in others)
        selected = ", ".join("convert_to(r.document, 'UTF8')" if name == "document" else f"r.{name}" for name in others)
        script = self.bench.work / "pgbench-unnest.sql"
        script.write_text(
            f"\\if :is_begun = 0\nselect {fetched} from bench.batch \\gset\n\\set is_begun 1\n\\endif\n"
            f"insert into {TABLE} (id, {', '.join(others)})\n"
            f"select cast({MOMENT} || lpad(to_hex(r.number), 8, '0') as uuid), {selected}\n"
            f"from unnest({arrays}) with ordinality r({', '.join(others)}, number);\n")
        run = pgbench(self.postgres, "onggi_write", script, self.bench.seconds, {"is_begun": 0}, PLANS_ONCE, clients)
        return {"per_second": run["per_second"] * BATCH}


def _text(name):
    return "convert_from(document, 'UTF8')" if name == "document" else name


def copied(postgres, columns, bodies, clients, seconds):
    """COPY over and over, a psql a client; rows a second. `bodies`: lines without their first column, the id."""
    command = [f"copy {TABLE} ({', '.join(columns)}) from stdin;\n", "\\.\n"]

    def copy_once(psql):
        moment = f"{time.time_ns() // 1_000_000:012x}7{uuid.uuid4().hex[:11]}"
        psql.stdin.write("".join([command[0], *(f"{moment}{number:08x}{body}" for number, body in enumerate(bodies)), command[1]]))
        psql.stdin.flush()
        if psql.stdout.readline() != f"COPY {len(bodies)}\n":
            raise Failed("psql could not COPY")

    def client(_):
        with subprocess.Popen(["psql", "-X", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**os.environ, **postgres.environment("onggi_write")}) as psql:
            copy_once(psql)
            done, begun = 0, time.monotonic()
            while time.monotonic() < begun + seconds:
                copy_once(psql)
                done += len(bodies)
            return done / (time.monotonic() - begun)
    with ThreadPoolExecutor(clients) as threads:
        return {"per_second": sum(threads.map(client, range(clients)))}
