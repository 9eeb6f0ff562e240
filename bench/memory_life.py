#!/usr/bin/python3
"""A year of memory, created, promoted and cleaned up, through HTTP: memory_life.py [--memories 365000] [--cycles 1] [--writer] [--promote 100000] [--clients 1]

Starts build/onggi on a directory of its own (or on ONGGI_DATABASE_URL), creates memories of ten agents in arrays of a hundred, as a year
would have brought them (7 of 10 short-term; 8 of 10 are to go), and cleans up; with `--writer` beside a client that creates one memory
after the other. Prints memories a second, and how large the store is afterwards: the embedded file beside its vacuumed copy, or
PostgreSQL's tables. `--cycles` does it so many times over. `--promote` creates as many that are due, and promotes them. `--clients` create them at once, each a process of
its own that has its arrays ready.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import re
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from facts import fact
from process import Failed
from reads import target
from servers import on

AT_ONCE = 100
AGENTS = 10
DAY = 86_400
KEY = "onggi_" + "A" * 43


class Client:
    def __init__(self, port, key=KEY):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.port, self.key = port, key

    def wait_until_ready(self):
        """On PostgreSQL a server listens before its schema is there."""
        until = time.monotonic() + 60
        while True:
            self.connection.request("GET", "/readyz")
            answer = self.connection.getresponse()
            answer.read()
            if answer.status == 200:
                return
            if time.monotonic() > until:
                raise Failed("the server is not ready within a minute")
            time.sleep(0.05)

    def send(self, path, body=None):
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        self.connection.request("POST", "/api/agent-builder" + path, text,
                                {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise Failed(f"POST {path}: {answer.status} {data[:300]}")
        return data

    def post(self, path, body=None):
        return json.loads(self.send(path, body))

    def agents(self, count):
        return [self.post("/agents", {"name": f"a{i}", "llm_provider": "p", "llm_model": "m"})["id"] for i in range(count)]


class Year:
    """Memories as JSON, oldest first."""

    def __init__(self, memories):
        self.memories = memories
        self.random = random.Random(7)
        self.now = time.time()
        words = ["".join(self.random.choice("abcdefghijklmnop") for _ in range(self.random.randint(3, 9))) for _ in range(3000)]
        self.texts = [" ".join(self.random.choice(words) for _ in range(50)) for _ in range(2000)]
        self.words = words

    def kind(self):
        choice, of = self.random.random(), self.random.choice
        if choice < 0.7:
            return "short_term", of(("low", "medium", "high"))
        if choice < 0.8:
            return "episodic", "low"
        if choice < 0.83:
            return "long_term", "low"
        return of(("semantic", "long_term", "episodic")), of(("medium", "high"))

    def memory(self, i):
        type_, importance = self.kind()
        created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now - (self.memories - i) / self.memories * 365 * DAY))
        session = f', "session_id": "s{i // 20}"' if i % 2 else ""
        return (f'{{"type": "{type_}", "importance": "{importance}", "content": "{i} {self.random.choice(self.texts)}", "metadata": {{"source": '
                f'"{self.random.choice(self.words)}", "n": {i % 100}}}, "created_at": "{created}"{session}}}')

    def arrays(self):
        for first in range(0, self.memories, AT_ONCE):
            yield "[" + ",".join(self.memory(i) for i in range(first, min(self.memories, first + AT_ONCE))) + "]"


def due(count):
    """Memories that are to be promoted."""
    texts = Year(1).texts
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 13 * 3600))
    for first in range(0, count, AT_ONCE):
        yield "[" + ",".join(f'{{"type": "short_term", "content": "{i} {texts[i % len(texts)]}", "access_count": 3, "created_at": "{created}"}}'
                             for i in range(first, first + AT_ONCE)) + "]"


def create(client, agents, arrays):
    """How many a second, of the requests alone."""
    count, spent = 0, 0.0
    for number, array in enumerate(arrays):
        begun = time.perf_counter()
        client.send(f"/agents/{agents[number % len(agents)]}/memory", array)
        spent += time.perf_counter() - begun
        count += AT_ONCE
    return count / spent


def create_at_once(client, agents, arrays, clients):
    """The same by several processes at once: how many a second, from the first request to the last answer."""
    arrays = list(arrays)

    def run(first):
        mine = Client(client.port, client.key)
        begin.wait()
        for number in range(first, len(arrays), clients):
            mine.send(f"/agents/{agents[number % len(agents)]}/memory", arrays[number])

    fork = multiprocessing.get_context("fork")
    begin = fork.Barrier(clients + 1)
    processes = [fork.Process(target=run, args=(first,)) for first in range(clients)]
    for process in processes:
        process.start()
    begin.wait()
    begun = time.perf_counter()
    for process in processes:
        process.join()
        if process.exitcode:
            raise Failed("a client that creates memories has failed")
    return len(arrays) * AT_ONCE / (time.perf_counter() - begun)


class Writer(threading.Thread):
    """One memory after the other, until it is stopped; how long each waited, in ms."""

    def __init__(self, client):
        super().__init__()
        self.client = Client(client.port, client.key)
        self.agent = self.client.agents(1)[0]
        self.times = []
        self.is_stopped = threading.Event()
        self.start()

    def run(self):
        while not self.is_stopped.is_set():
            begun = time.perf_counter()
            self.client.post(f"/agents/{self.agent}/memory", {"type": "semantic", "content": "beside"})
            self.times.append((time.perf_counter() - begun) * 1000)

    def stop(self):
        self.is_stopped.set()
        self.join()
        return sorted(self.times)


def alone(client, seconds=5):
    writer = Writer(client)
    time.sleep(seconds)
    return writer.stop()


def clean(client, is_beside):
    """What the clean-up says, the seconds it took, and how long the writer's writes waited meanwhile."""
    writer = Writer(client) if is_beside else None
    begun = time.perf_counter()
    try:
        stats = client.post("/memory/cleanup")["stats"]
    finally:
        took = time.perf_counter() - begun
        times = writer.stop() if writer else []
    return stats, took, times


def vacuumed(directory):
    """Bytes of the file, and of its vacuumed copy."""
    file, copy = Path(directory) / "onggi.db", Path(directory) / "vacuumed.db"
    copy.unlink(missing_ok=True)
    connection = sqlite3.connect(file)
    connection.execute("vacuum into ?", (str(copy),))
    connection.close()
    sizes = file.stat().st_size, copy.stat().st_size
    copy.unlink()
    return sizes


def memory_facts(bench, database=None):
    """For the table of `make bench`, on a directory and a database (its URL) that are empty."""
    directory = bench.work / "memory"
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with server(bench.binary, directory, database) as (port, _):
            yield from _facts(bench, Client(port), None if database else directory)
    except Failed as failure:
        yield {**fact("a year of memory", None, ""), "error": str(failure)}
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _facts(bench, client, directory):
    memories, promoted = (36_500, 10_000) if bench.is_quick else (365_000, 100_000)
    bench.say(f"a year of {memories:,} memories")
    agents = client.agents(AGENTS)
    rate = create(client, agents, Year(memories).arrays())
    yield fact("creating memories in arrays of 100, durable, one client", round(rate), "memories/s",
               target("at least 10,000/s", rate, 10_000))
    before = alone(client)
    stats, took, times = clean(client, is_beside=True)
    longer = times[-1] - before[len(before) // 2]
    yield fact(f"clean-up of {stats['total_deleted']:,} of {memories:,} memories, beside a client that writes", round(took, 1), "s",
               target("under 10 s", took, 10, is_upper=True))
    yield fact("the longest that this client waited for a write meanwhile", round(times[-1]), f"ms; alone {before[-1]:.0f} ms",
               target("at most 50 ms longer", longer, 50, is_upper=True))
    if directory:
        size, least = vacuumed(directory)
        yield fact("the file afterwards, against its vacuumed copy", round(size / least, 3), "times", target("at most 1.15", size / least, 1.15, is_upper=True))
    create(client, agents, due(promoted))
    stats, took, _ = clean(client, is_beside=False)
    yield fact(f"promotion of {stats['promoted']:,} memories", round(took, 1), "s", target("under 5 s", took, 5, is_upper=True))


def cpu(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show_sizes(database, directory):
    if not database:
        size, least = vacuumed(directory)
        print(f"file {size / 1e6:.1f} MB, vacuumed {least / 1e6:.1f} MB: {size / least:.3f}", flush=True)
        return
    query = ("select relname, pg_relation_size(oid), pg_indexes_size(oid), coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0) from pg_class"
             " where relname in ('agent_memories', 'memory_words', 'memory_timeline', 'memory_gone') order by 1")
    said = subprocess.run(["psql", "-XAt", "-F", " ", database, "-c", query], check=True, capture_output=True, text=True).stdout
    for line in said.splitlines():
        name, table, indexes, toast = line.split()
        print(f"  {name}: table {int(table) / 1e6:.1f}, indexes {int(indexes) / 1e6:.1f}, toast {int(toast) / 1e6:.1f} MB", flush=True)


@contextmanager
def server(binary, directory, database=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONGGI_")} | {"ONGGI_ADMIN_KEY": KEY}
    command = [binary, "serve", "--data", directory, "--listen", "127.0.0.1:0", *on(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as process:
        try:
            ports = (int(found[1]) for line in process.stdout if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
            port = next(ports, None)
            if port is None:
                raise Failed(f"{binary} ended at once")
            Client(port).wait_until_ready()
            yield port, process.pid
        finally:
            process.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--memories", type=int, default=365_000)
    parser.add_argument("--cycles", type=int, default=1)
    parser.add_argument("--promote", type=int, default=0)
    parser.add_argument("--writer", action="store_true")
    parser.add_argument("--clients", type=int, default=1, help="that create memories at once")
    parser.add_argument("--data", help="a directory that stays; [a temporary one]")
    parser.add_argument("--no-clean", action="store_true", help="create alone")
    parser.add_argument("--no-create", action="store_true", help="clean up what is there")
    options = parser.parse_args()
    database = os.environ.get("ONGGI_DATABASE_URL")
    with tempfile.TemporaryDirectory(prefix="onggi-life-", dir=os.environ.get("TMPDIR", "/tmp")) as temporary:
        directory = options.data or temporary + "/data"
        with server(os.environ.get("ONGGI_BINARY", "build/onggi"), directory, database) as (port, pid):
            client = Client(port)
            agents = [] if options.no_create else client.agents(AGENTS)
            for _ in range(options.cycles):
                if not options.no_create:
                    arrays = due(options.promote) if options.promote else Year(options.memories).arrays()
                    before = cpu(pid)
                    rate = create(client, agents, arrays) if options.clients == 1 else create_at_once(client, agents, arrays, options.clients)
                    print(f"{rate:,.0f} created a second, {cpu(pid) - before:.1f} s of CPU", flush=True)
                    show_sizes(database, directory)
                if options.no_clean:
                    continue
                if options.writer:
                    times = alone(client)
                    print(f"a writer alone: median {times[len(times) // 2]:.1f}, longest {times[-1]:.0f} ms")
                before = cpu(pid)
                stats, took, times = clean(client, options.writer)
                print(f"cleaned up in {took:.1f} s, {cpu(pid) - before:.1f} s of CPU: {stats}", flush=True)
                if times:
                    print(f"the writer beside: {len(times)} writes, median {times[len(times) // 2]:.1f}, p99 {times[len(times) * 99 // 100]:.1f}, "
                          f"longest {times[-1]:.0f} ms")
                show_sizes(database, directory)


if __name__ == "__main__":
    main()
