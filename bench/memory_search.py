#!/usr/bin/python3
"""Search in one agent's memory, through HTTP, one client: memory_search.py [--memories 100000] [--beside 0]

Starts build/onggi on a directory of its own (or on ONGGI_DATABASE_URL), stores memories of 400 bytes whose words are as
frequent as words are (Zipf), in arrays of a thousand, and asks. `--beside` makes as many other agents with ten memories each.
Prints what storing costs a memory, the first search (the index is made), the median and p99 of the others, and of searches beside a client that
stores one memory after the other.
"""

import argparse
import bisect
import http.client
import itertools
import json
import os
import random
import re
import subprocess
import tempfile
import threading
import time

SYLLABLES = [a + b for a in "bcdfghjklmnprstvw" for b in "aeiou"]


def words(count):
    rng = random.Random(1)
    return ["".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4))) for _ in range(count)]


class Text:
    def __init__(self, vocabulary=50_000):
        self.words = words(vocabulary)
        self.sums = list(itertools.accumulate(1 / (i + 10) for i in range(vocabulary)))
        self.random = random.Random(2)

    def word(self):
        return self.words[bisect.bisect_left(self.sums, self.random.random() * self.sums[-1])]

    def of_size(self, size):
        text = ""
        while len(text) < size:
            text += self.word() + " "
        return text[:size].strip()


class Client:
    def __init__(self, port, key):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.key = key
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def wait_until_ready(self):
        """On PostgreSQL a server listens before its schema is there."""
        until = time.monotonic() + 60
        while True:
            self.connection.request("GET", "/readyz")
            answer = self.connection.getresponse()
            answer.read()
            if answer.status == 200:
                return
            assert time.monotonic() < until, "not ready within a minute"
            time.sleep(0.05)

    def post(self, path, body):
        self.connection.request("POST", "/api/agent-builder" + path, json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        assert answer.status < 300, data
        return json.loads(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--memories", type=int, default=100_000)
    parser.add_argument("--beside", type=int, default=0)
    parser.add_argument("--searches", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="onggi-search-", dir=os.environ.get("TMPDIR", "/tmp")) as directory:
        key = "onggi_" + "A" * 43
        environment = {name: value for name, value in os.environ.items() if name != "ONGGI_BINARY" and not name.startswith("ONGGI_TEST_")} | {"ONGGI_ADMIN_KEY": key}
        server = subprocess.Popen([os.environ.get("ONGGI_BINARY", "build/onggi"), "serve", "--data", directory + "/data", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, env=environment)
        try:
            port = next(int(found[1]) for line in server.stdout if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
            client = Client(port, key)
            client.wait_until_ready()
            measure(client, server.pid, arguments)
        finally:
            server.terminate()
            server.wait()


def spread(times):
    times = sorted(times)
    return f"{times[len(times) // 2]:.2f} ms (median), {times[len(times) * 99 // 100]:.2f} ms (p99)"


def measure(client, pid, arguments):
    text = Text()
    make = lambda: client.post("/agents", {"name": "a", "llm_provider": "p", "llm_model": "m"})["id"]
    for _ in range(arguments.beside):
        agent = make()
        client.post(f"/agents/{agent}/memory", [{"type": "semantic", "content": text.of_size(400)} for _ in range(10)])
    agent = make()
    begun, spent = time.perf_counter(), 0
    for _ in range(0, arguments.memories, 1000):
        batch = [{"type": "semantic", "content": text.of_size(400)} for _ in range(1000)]
        begun = time.perf_counter()
        client.post(f"/agents/{agent}/memory", batch)
        spent += time.perf_counter() - begun
    print(f"{arguments.memories} memories stored, {spent / arguments.memories * 1e6:.0f} us each")
    lengths = itertools.cycle(range(3, 7))

    def search():
        question = " ".join(text.word() for _ in range(next(lengths)))
        begun = time.perf_counter()
        client.post(f"/agents/{agent}/memory/search", {"query": question})
        return (time.perf_counter() - begun) * 1000

    times = [search() for _ in range(arguments.searches + 1)]
    print(f"the first search {times[0]:.0f} ms, then {spread(times[1:])}")
    stopping, written = threading.Event(), 0

    def write():
        nonlocal written
        writer = Client(client.connection.port, client.key)
        while not stopping.is_set():
            writer.post(f"/agents/{agent}/memory", {"type": "semantic", "content": text.of_size(400)})
            written += 1

    thread = threading.Thread(target=write)
    thread.start()
    begun = time.perf_counter()
    times = [search() for _ in range(arguments.searches)]
    rate = written / (time.perf_counter() - begun)
    stopping.set()
    thread.join()
    print(f"while {rate:.0f} memories a second are written {spread(times)}")
    with open(f"/proc/{pid}/status") as status:
        print("; ".join(line.strip() for line in status if line.startswith(("RssAnon", "VmHWM"))))


if __name__ == "__main__":
    main()
