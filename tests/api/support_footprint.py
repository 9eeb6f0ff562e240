"""What a server takes of the machine, to see that it gives it back: memory, descriptors, connections to its database."""

import os
import pathlib

from client import binary
from support_process import eventually

IS_SANITIZED = any(word in binary() for word in ("address", "thread"))
# Beyond what it had: connections of clients that have not been closed yet, one being made.
SPARE_DESCRIPTORS = 12
SETTLING_S = 20


def anonymous_bytes(server):
    """Memory of its own, of which files are no part."""
    for line in pathlib.Path(f"/proc/{server.pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no RssAnon in /proc")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


class Footprint:
    """As it was when this was made; `most_connections` of each server to the database."""

    def __init__(self, cluster, most_connections):
        self.cluster = cluster
        self.most = most_connections * len(cluster.servers)
        self.before = [descriptors(server) for server in cluster.servers]

    def is_back(self):
        """Nothing of what was opened meanwhile is left open."""
        for server, before in zip(self.cluster.servers, self.before):
            if server.running:
                eventually(lambda: descriptors(server) <= before + SPARE_DESCRIPTORS, deadline_s=SETTLING_S)
        eventually(lambda: len(self.cluster.database.backends()) <= self.most, deadline_s=SETTLING_S)
