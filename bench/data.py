"""The data to measure with on the embedded store: made by `onggi demo --size bench`, kept under the work directory, made anew
when what makes it has changed."""

import hashlib
import json
import os
import shutil
import sqlite3
import time
import uuid

from process import Failed, run
from servers import Onggi, on

READER = "bench-001"  # the heavy user: three executions in ten are its own
NEEDS_FREE = 3.5      # times the size of the data: the data, a copy to write into, the rows, PostgreSQL


def fingerprint(root, *others):
    """Of what decides how the data looks: folders and files."""
    digest = hashlib.sha256()
    for name in ("src/cli/demo", *others):
        for file in sorted([root / name, *(root / name).rglob("*")]):
            if file.is_file() and not file.name.endswith("_test.cc"):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def fill(binary, executions, directory, database_url=None):
    """Makes the data and a key of the reader's; the key, and how many seconds it took."""
    begun = time.monotonic()
    run(binary, "demo", "--size", "bench", "--executions", executions, "--data", directory, *on(database_url))
    seconds = time.monotonic() - begun
    key = run(binary, "key", "add", READER, "bench", "--data", directory, *on(database_url)).strip().splitlines()[-1]
    return {"key": key, "seconds": round(seconds, 1)}


def keep(note, content):
    """A note that nobody else reads: it holds a key."""
    note.touch(mode=0o600)
    note.write_text(json.dumps(content))


class Data:
    """One data directory, the reader's key, and the same as plain rows."""

    def __init__(self, work, name, executions):
        self.work = work
        self.name = name
        self.executions = executions
        self.directory = work / f"data-{name}"
        self.rows = work / f"rows-{name}.db"
        self.note = work / f"data-{name}.json"

    @property
    def file(self):
        return self.directory / "onggi.db"

    @property
    def key(self):
        return json.loads(self.note.read_text())["key"]

    @property
    def seconds(self):
        """How long it took to make."""
        return json.loads(self.note.read_text())["seconds"]

    def bytes(self):
        return self.file.stat().st_size

    def server(self, binary, log):
        return Onggi(binary, self.directory, log)

    def samples(self):
        return Samples(self)

    def copy(self, directory):
        """A copy to write into."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
        run("cp", "--reflink=auto", self.file, directory / "onggi.db")
        return directory


def named(root, work, executions):
    return Data(work, f"{executions}-{fingerprint(root, 'sql/migrations/sqlite', 'bench/peers/rows.sql')}", executions)


def is_made(root, work, executions):
    return named(root, work, executions).note.exists()


def prepare(root, work, binary, executions, say):
    """Makes the data directory where it is not there yet."""
    data = named(root, work, executions)
    for stale in work.glob(f"*-{executions}-*"):
        if data.name not in stale.name:
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
    if data.note.exists():
        return data
    free = shutil.disk_usage(work).free
    if free < executions * 1500 * NEEDS_FREE:
        raise Failed(f"{work} has {free >> 20} MB free: too little for {executions:,} executions")
    shutil.rmtree(data.directory, ignore_errors=True)
    say(f"making {executions:,} executions")
    keep(data.note, fill(binary, executions, data.directory))
    return data


def prepare_rows(root, data, say):
    """The same as rows, which the bare loop reads and PostgreSQL is loaded from."""
    if data.rows.exists():
        return
    say("taking the rows out of it")
    making = data.rows.with_suffix(".making")
    making.unlink(missing_ok=True)
    connection = sqlite3.connect(making, isolation_level=None, uri=True)
    try:
        connection.executescript("pragma journal_mode = off; pragma synchronous = off")
        connection.execute("attach ? as onggi", (f"file:{data.file}?mode=ro",))
        connection.executescript((root / "bench/peers/rows.sql").read_text())
    finally:
        connection.close()
    os.replace(making, data.rows)


class Samples:
    """Ids to ask for, all of them to be seen by the reader and none its own, chosen the same way every time."""

    def __init__(self, data):
        connection = sqlite3.connect(f"file:{data.file}?mode=ro", uri=True)

        def ids(question, *values):
            return [str(uuid.UUID(bytes=row[0])) for row in connection.execute(question, values)]
        self.reader = ids("select id from users where name = ?", READER)[0]
        reader = uuid.UUID(self.reader).bytes
        self.agents = ids("select id from agents where is_public and user_id <> ? and deleted_at is null"
                          " and id in (select agent_id from agent_tools) order by id", reader)
        self.workflows = ids("select id from workflows where is_public and user_id <> ? order by id", reader)
        self.busiest_agents = ids("select agent_id from agent_executions where user_id = ?"
                                  " group by agent_id order by count(*) desc, agent_id", reader)
        newest = ("select document from agent_executions where user_id = ? and status = 'completed' order by started_at desc limit 1000")
        self.batch = [as_posted(json.loads(row[0])) for row in connection.execute(newest, (reader,))]
        connection.close()

    @classmethod
    def none(cls):
        """Of no data, to know which pages there are."""
        samples = cls.__new__(cls)
        samples.reader, samples.batch = "", []
        samples.agents, samples.workflows, samples.busiest_agents = [""], [""], [""]
        return samples


def as_posted(shown):
    """An execution as POST takes it, from one as a list shows it."""
    kept = ("agent_id", "session_id", "input_data", "output_data", "status", "duration_ms", "metrics")
    body = {name: shown[name] for name in kept if shown[name] is not None}
    del body["metrics"]["llm_total_tokens"]
    return body
