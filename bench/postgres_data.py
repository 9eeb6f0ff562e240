"""The data to measure with on PostgreSQL: databases of one cluster, made by `onggi demo --size bench` as on the embedded store, kept under
the work directory, made anew when what makes it has changed. Beside onggi's tables stand, in a schema `bench`, the ids that pgbench asks
for and whole pages as rows."""

import csv
import json
import shutil

from data import READER, as_posted, fill, fingerprint, keep
from peer_rows import load_from_postgres
from postgres import Postgres
from process import Failed
from servers import PREFIX, Onggi, fetch

STORED = {"workflow": "workflows", "agent": "agents"}
PEER = ("bench/peers/fastify/schema.sql", "bench/peers/fastify/indexes.sql", "bench/peers/statistics.sql")
EACH_BYTES = 7000        # of an execution in both databases, and in the copies to write into
DEFINITIONS_BYTES = 1 << 30


def start(root, work):
    """The cluster that the data is kept in."""
    name = f"cluster-{fingerprint(root, 'sql/migrations/postgres', *PEER)}"
    for stale in work.glob("cluster-*"):
        if stale.name != name:
            shutil.rmtree(stale)
    return Postgres(work / name, work / "store.log")


class StoreData:
    """onggi's database, its data directory, and the reader's key."""

    def __init__(self, postgres, executions):
        self.postgres, self.executions = postgres, executions
        self.database = f"onggi_{executions}"
        self.peer_database = f"fastify_{executions}"
        self.directory = postgres.home / f"data-{executions}"
        self.note = postgres.home / f"data-{executions}.json"
        self.peer_note = postgres.home / f"fastify-{executions}.json"

    @property
    def is_made(self):
        return self.note.exists()

    @property
    def key(self):
        return json.loads(self.note.read_text())["key"]

    @property
    def seconds(self):
        """How long it took to make."""
        return json.loads(self.note.read_text())["seconds"]

    def bytes(self):
        return int(self.postgres.sql(f"select pg_database_size('{self.database}')", "postgres"))

    def server(self, binary, log):
        return Onggi(binary, self.directory, log, self.postgres.url(self.database))

    def samples(self):
        return StoreSamples(self)

    def prepare(self, bench):
        """Makes the database where it is not there yet."""
        if self.is_made:
            return self
        free = shutil.disk_usage(self.postgres.home).free
        if free < self.executions * EACH_BYTES + DEFINITIONS_BYTES:
            raise Failed(f"{self.postgres.home} has {free >> 20} MB free: too little for {self.executions:,} executions")
        bench.say(f"making {self.executions:,} executions on PostgreSQL")
        shutil.rmtree(self.directory, ignore_errors=True)
        self.postgres.make_database(self.database)
        made = fill(bench.binary, self.executions, self.directory, self.postgres.url(self.database))
        self._keep_pages(bench, made["key"])
        self.postgres.settle(self.database)
        keep(self.note, made)
        return self

    def prepare_peer(self, bench):
        """The same for the peer."""
        if self.peer_note.exists():
            return
        bench.say("loading the peer's database")
        load_from_postgres(bench.root, self.postgres, self.peer_database, self.database)
        keep(self.peer_note, {})

    def _keep_pages(self, bench, key):
        """A table a kind: its samples by number, each with its page as onggi answers it."""
        self.postgres.sql("create schema bench", self.database)
        samples = self.samples()
        onggi = self.server(bench.binary, bench.work / "store-pages.log").serve()
        try:
            for kind, resource in STORED.items():
                pages = self.postgres.home / f"{kind}.csv"
                with open(pages, "w", newline="", encoding="utf-8") as out:
                    rows = csv.writer(out)
                    for number, id_ in enumerate(getattr(samples, resource)):
                        rows.writerow([number, id_, fetch(f"{onggi.url}{PREFIX}/{resource}/{id_}", key).body.decode()])
                # Not compressed: that reads fastest.
                self.postgres.sql(f"create table bench.{kind} (number bigint not null unique, id uuid primary key, page text not null);"
                                  f"alter table bench.{kind} alter page set storage external", self.database)
                self.postgres.copy_in(self.database, f"bench.{kind} from stdin (format csv)", ["cat", pages])
                pages.unlink()
        finally:
            onggi.stop()


class StoreSamples:
    """Ids to ask for, chosen as on the embedded store (data.Samples)."""

    def __init__(self, data):
        def values(question):
            return data.postgres.sql(question, data.database).rstrip("\n").split("\n")
        self.reader = values(f"select id from users where name = '{READER}'")[0]
        self.agents = values(f"select id from agents where is_public and user_id <> '{self.reader}' and deleted_at is null"
                             " and id in (select agent_id from agent_tools) order by id limit 1000")
        self.workflows = values(f"select id from workflows where is_public and user_id <> '{self.reader}' order by id limit 1000")
        self.busiest_agents = values(f"select agent_id from agent_executions where user_id = '{self.reader}'"
                                     " group by agent_id order by count(*) desc, agent_id")
        newest = values(f"select convert_from(document, 'UTF8') from agent_executions where user_id = '{self.reader}'"
                        " and status = 'completed' order by started_at desc limit 1000")
        self.batch = [as_posted(json.loads(document)) for document in newest]
