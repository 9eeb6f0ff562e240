"""A load at a fixed rate of several kinds of requests, and what processes take of the processors meanwhile."""

import http.client
import os
import random
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CLIENTS = 32  # at most so many requests are under way


@dataclass
class Request:
    path: str
    body: bytes | None = None  # a POST


def cpu_s(pid):
    """What a process and those that it has started have taken, also those that have ended; in seconds."""
    fields = _fields(pid)
    own = sum(int(field) for field in fields[11:15])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own / os.sysconf("SC_CLK_TCK") + sum(cpu_s(child) for child in children if Path(f"/proc/{child}").exists())


def _fields(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()


def shuffled(mix):
    """`mix`: requests to how often they come; the same order every time."""
    requests = [request for request, count in mix for _ in range(count)]
    random.Random(7).shuffle(requests)
    return requests


class Load:
    """Requests in turn, each when it is due."""

    def __init__(self, url, key, requests, rate):
        self.address, self.key, self.requests, self.rate = urlsplit(url).netloc, key, requests, rate
        self.lock = threading.Lock()
        self.taken, self.answered, self.refused, self.waited = 0, 0, 0, []

    def run(self, seconds):
        """How many a second were answered, how many refused, and how long one took from when it was due, in ms."""
        self.begun, self.ends = time.monotonic(), time.monotonic() + seconds
        clients = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return {"per_second": self.answered / seconds, "refused": self.refused,
                "p50_ms": statistics.median(self.waited) if self.waited else None}

    def _client(self):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        while True:
            with self.lock:
                number, self.taken = self.taken, self.taken + 1
            due = self.begun + number / self.rate
            if max(due, time.monotonic()) >= self.ends:
                return
            time.sleep(max(0, due - time.monotonic()))
            self._send(connection, self.requests[number % len(self.requests)], due)

    def _send(self, connection, request, due):
        try:
            connection.request("GET" if request.body is None else "POST", request.path, request.body,
                               {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            is_good = answer.status < 300
        except (OSError, http.client.HTTPException):
            connection.close()
            is_good = False
        with self.lock:
            if not is_good:
                self.refused += 1
            elif time.monotonic() <= self.ends:
                self.answered += 1
                self.waited.append((time.monotonic() - due) * 1000)
