"""Several servers on one database, and what is done to the database behind their backs."""

import contextlib
import http.client
import sys
import threading
import time

import stores
from client import REPOSITORY, Client, Server, binary, new_key, uuid7
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
        user = self.admins[0].post("/users", json={"name": name, **fields}).expect(201)
        key = self.admins[0].post(f"/users/{user['id']}/keys", json={"name": "test"}).expect(201)["key"]
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


class Ledger:
    """What one writer has been told of executions of its own, while whatever happens to the database. Every write is definite: an answer
    of 503 may have happened or not, which a read tells; and it is sent again."""

    def __init__(self, client, agent, number):
        self.client, self.agent, self.number = client, agent, number
        self.rows = {}  # id -> n of the last write that was acknowledged, or was found done
        self.acknowledged = self.unavailable = 0

    def work(self, stop):
        while not stop.is_set():
            id = uuid7()
            self.create(id)
            for n in range(1, 4):
                self.change(id, n)

    def send(self, send):
        try:
            answer = send()
        except (OSError, http.client.HTTPException) as failure:
            raise AssertionError(f"the server has closed a connection: {failure!r}") from failure
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) >= 1, repr(answer)
            self.unavailable += 1
        else:
            self.acknowledged += 1
        return answer

    def create(self, id):
        body = {"agent_id": self.agent["id"], "id": id, "session_id": f"writer-{self.number}", "execution_context": {"n": 0}}
        seen_unavailable = False
        while (answer := self.send(lambda: self.client.post("/executions", json=body))).status == 503:
            seen_unavailable = True
            time.sleep(0.02)
        answer.expect(201, *([200] if seen_unavailable else []))
        self.rows[id] = 0

    def change(self, id, n):
        """Adds one step and counts; repeated until it is done, and never done twice."""
        before = self.rows[id]
        while (answer := self.send(lambda: self.client.patch(f"/executions/{id}", json={"execution_context": {"n": n}},
                                                             headers={"If-Match": f'"{before + 1}-x"'}))).status == 503:
            shown = self.read(id)
            assert shown["execution_context"]["n"] in (before, n), shown
            if shown["execution_context"]["n"] == n:
                break
        else:
            answer.expect(200)
        self.rows[id] = n

    def read(self, id):
        while (answer := self.send(lambda: self.client.get(f"/executions/{id}"))).status == 503:
            time.sleep(0.02)
        return answer.expect(200)

    def settle(self, found):
        """Holds itself against what is there: {id: line of the export}."""
        for id, n in self.rows.items():
            assert id in found, f"{id} was acknowledged and is not there"
            assert found[id]["execution_context"]["n"] == n and found[id]["version"] == n + 1, f"{n} was acknowledged: {found[id]}"
        mine = {id for id, line in found.items() if line["session_id"] == f"writer-{self.number}"}
        assert mine == set(self.rows), "something is there that nobody was told of"


def under_load(ledgers, fault):
    """Runs fault() while the ledgers write, and a while before and after; an assertion that fails anywhere is raised."""
    stop, failures = threading.Event(), []

    def work(ledger):
        try:
            ledger.work(stop)
        except BaseException as failure:  # noqa: BLE001 (raised in the main thread)
            failures.append(failure)

    def progress(count):
        goal = sum(ledger.acknowledged for ledger in ledgers) + count
        until = time.monotonic() + 60
        while sum(ledger.acknowledged for ledger in ledgers) < goal and not failures:
            assert time.monotonic() < until, "nothing has been acknowledged for a minute"
            time.sleep(0.005)

    threads = [threading.Thread(target=work, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    try:
        progress(50)
        fault(progress)
        progress(50)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
