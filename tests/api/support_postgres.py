"""Several servers on one database, and what is done to the database behind their backs."""

import collections
import contextlib
import sys
import threading
import time

import pytest

import stores
from client import REPOSITORY, Client, Server, binary, new_key
from stores import Database, connect, rows
from support_http import once

sys.path.insert(0, str(REPOSITORY / "tests" / "postgres"))
from server import Postgres  # noqa: E402, F401 (for those who need a PostgreSQL of their own)

# A sanitizer's build keeps promises of time later.
SLOWNESS = 10 if any(word in binary() for word in ("address", "thread")) else 1
A_SECOND = 1 * SLOWNESS
RECOVERY_S = 5 * SLOWNESS


class Cluster:
    """`count` servers on one database. `admins`: a client of user admin for each."""

    def __init__(self, directory, count=2, *arguments, database=None, start=True):
        self.database = database or Database()
        self.key = new_key()
        self.servers = [Server(directory / f"server{i}", *arguments, admin_key=self.key, database_url=self.database.served_url, start=False)
                        for i in range(count)]
        if start:
            for server in self.servers:
                server.start()
        self.admins = self.clients_of(self.key)

    def clients_of(self, key, user=None):
        """One caller, as a client of each server."""
        return [Client(server, key, user) for server in self.servers]

    def new_user(self, name="user", **fields):
        """After a fault the first connection that is taken may be a dead one still."""
        admin = self.admins[0]
        user = insist(lambda: admin.post("/users", json={"name": name, **fields})).expect(201)
        key = insist(lambda: admin.post(f"/users/{user['id']}/keys", json={"name": "test"})).expect(201)["key"]
        return self.clients_of(key, user)

    def complaints(self):
        """What the servers have logged as an error."""
        lines = [line for server in self.servers for line in server.stderr(1_000_000).splitlines()]
        return [line for line in lines if '"level":"error"' in line]

    def close(self):
        for server in self.servers:
            if server.running:
                server.kill()
        self.database.drop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two servers for the tests of a file, which log no error."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()
    assert cluster.complaints()[:5] == []


@pytest.fixture
def user(cluster):
    """A new user, as a client of each server."""
    return cluster.new_user()


def is_ready(server):
    return once(server, "GET", "/readyz", absolute=True).expect(200, 503).status == 200


@contextlib.contextmanager
def held(url, *statements):
    """A transaction of somebody else that has run these statements and neither commits nor rolls back within."""
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("begin")
            for statement in statements:
                cursor.execute(*((statement,) if isinstance(statement, str) else statement))
            yield cursor
    finally:
        connection.close()


def waiting_for_locks(database):
    """How many statements of the servers wait for a lock."""
    text = "select count(*) from pg_stat_activity where datname = %s and wait_event_type = 'Lock'"
    return rows(database.server_url, text, [database.name])[0][0]


def terminate_backends(database):
    """Of everybody who is connected to the database; how many they were."""
    admin = stores.url_of("postgres", stores.ADMIN_URL)
    return len(rows(admin, "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database.name]))


def at_once(*functions):
    """Begins all at the same moment; their results in order. An exception is raised."""
    barrier = threading.Barrier(len(functions))
    results, failures = [None] * len(functions), []

    def work(number, function):
        try:
            barrier.wait(30)
            results[number] = function()
        except BaseException as failure:  # noqa: BLE001 (raised in the main thread)
            failures.append(failure)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def statuses(answers):
    """How many answers of each status."""
    return collections.Counter(answer.status for answer in answers)


def insist(send, deadline_s=60):
    """The answer to a request that is repeated as long as it is a 503, which must say when to come again."""
    until = time.monotonic() + deadline_s
    while True:
        answer = send()
        if answer.status != 503:
            return answer
        assert int(answer.headers["Retry-After"]) >= 1, repr(answer)
        assert time.monotonic() < until, f"503 for {deadline_s} s: {answer!r}"
        time.sleep(0.05)
