"""Writers that know of every write whether it was acknowledged, while whatever happens to the database and its servers.

    ledgers = ledgers_of(clients, 8)
    under_load(ledgers, fault)          fault(progress): progress(n) waits until n more writes are acknowledged
    settle(clients[0], ledgers)         nothing lost, nothing doubled, nothing half, nothing that nobody was told of
"""

import http.client
import threading
import time

from client import make_agent, unique, uuid7
from support_load import exported
from support_postgres import insist

PROGRESS_S = 60
BATCH = 12
REPEATS = 2_000  # of one write, before it is called a hang


class Gone(Exception):
    """The server has closed the connection without an answer."""


class Ledger:
    """One writer's executions. Every write is made definite: one that was answered by 503 may have happened or not, so it is sent
    again, under the same id or key, until it is known to be done once.

    `may_go`: the server may be killed; the writer ends then, and its last write is in doubt.
    """

    def __init__(self, client, agent, number, may_go=False):
        self.client, self.agent, self.number, self.may_go = client, agent, number, may_go
        self.rows = {}     # id -> n of the last write that was acknowledged, or was found done
        self.keyed = {}    # session of a creation by Idempotency-Key -> id
        self.batches = []  # ids that are there together
        self.doubt = {}    # id, or session -> the n that it may have besides; None: it may be there
        self.acknowledged = self.unavailable = 0
        self.slowest_s = 0
        self.current = None  # the id that it is at
        self.is_gone = False

    def work(self, stop):
        turn = 0
        try:
            while not stop.is_set():
                turn += 1
                self.current = id = uuid7()
                self.create(id)
                for n in range(1, 4):
                    self.change(id, n)
                self.create_by_key()
                if turn % 3 == 0:
                    self.create_batch()
        except Gone:
            self.is_gone = True
            if not self.may_go:
                raise

    def send(self, send):
        try:
            answer = send()
        except (OSError, http.client.HTTPException) as failure:
            raise Gone(f"the server has closed a connection: {failure!r}") from failure
        self.slowest_s = max(self.slowest_s, answer.elapsed_s)
        if answer.status == 503:
            assert int(answer.headers["Retry-After"]) >= 1 and answer.json()["detail"], repr(answer)
            self.unavailable += 1
        else:
            self.acknowledged += 1
        return answer

    def insist(self, send, first, again):
        """The answer that is no 503: of these statuses, if it was the first try or not."""
        expected = first
        for _ in range(REPEATS):
            answer = self.send(send)
            if answer.status != 503 and not (answer.status == 409 and "409" in again):
                answer.expect(*expected)
                return answer
            expected = [status for status in again if status != "409"]
            time.sleep(0.02)
        raise AssertionError(f"never answered otherwise: {answer!r}")

    def body(self, session, **over):
        return {"agent_id": self.agent["id"], "session_id": session, "execution_context": {"n": 0}, **over}

    @property
    def session(self):
        return f"writer-{self.number}"

    def create(self, id):
        body = self.body(self.session, id=id)
        self.doubt[id] = None
        self.insist(lambda: self.client.post("/executions", json=body), (201,), (200, 201))
        self.rows[id] = 0
        del self.doubt[id]

    def create_by_key(self):
        """Its id is the server's: only the key keeps a second try from making a second one."""
        session = f"keyed-{self.number}-{len(self.keyed)}"
        body, headers = self.body(session), {"Idempotency-Key": unique("key")}
        self.doubt[session] = None
        answer = self.insist(lambda: self.client.post("/executions", json=body, headers=headers), (201,), (201, "409"))  # 409: in flight still
        self.keyed[session] = answer.json()["id"]
        del self.doubt[session]

    def create_batch(self):
        bodies = [self.body(self.session, id=uuid7()) for _ in range(BATCH)]
        ids = [body["id"] for body in bodies]
        self.batches.append(ids)
        self.doubt.update(dict.fromkeys(ids))
        answer = self.insist(lambda: self.client.post("/executions/batch", json=bodies), (200,), (200,))
        statuses = {item["status"] for item in answer.json()["items"]}
        assert statuses in ({201}, {200}), f"half of a batch was done: {statuses}"
        for id in ids:
            self.rows[id] = 0
            del self.doubt[id]

    def change(self, id, n):
        """Counts; repeated until it is done, and never done twice."""
        before = self.rows[id]
        self.doubt[id] = n
        while True:
            answer = self.send(lambda: self.client.patch(f"/executions/{id}", json={"execution_context": {"n": n}},
                                                         headers={"If-Match": f'"{before + 1}-x"'}))
            if answer.status != 503:
                answer.expect(200)
                break
            shown = self.read(id)["execution_context"]["n"]
            assert shown in (before, n), f"{id} shows {shown}, neither {before} nor {n}"
            if shown == n:
                break
        self.rows[id] = n
        del self.doubt[id]

    def read(self, id):
        return self.insist(lambda: self.client.get(f"/executions/{id}"), (200,), (200,)).json()

    # Afterwards

    def settle(self, found):
        """Holds itself against what is there: {id: line of the export}."""
        for id, n in self.rows.items():
            assert id in found, f"{id} was acknowledged and is not there"
            possible = {n, self.doubt[id]} if id in self.doubt else {n}
            shown = found[id]["execution_context"]["n"]
            assert shown in possible and found[id]["version"] == shown + 1, f"{n} was acknowledged: {found[id]}"
        for ids in self.batches:
            there = [id in found for id in ids]
            assert all(there) or not any(there), f"{sum(there)} of a batch of {len(there)} are there"
        for session, id in self.keyed.items():
            assert id in found and found[id]["session_id"] == session, f"{session} was acknowledged and is not there"
        by_key = [line["session_id"] for line in found.values() if line["session_id"].startswith(f"keyed-{self.number}-")]
        assert len(by_key) == len(set(by_key)), f"a creation by key was doubled: {sorted(by_key)}"
        unknown = {id for id, line in found.items() if line["session_id"] == self.session} - set(self.rows) - set(self.doubt)
        unknown |= set(by_key) - set(self.keyed) - set(self.doubt)
        assert not unknown, f"{unknown} is there, and nobody was told of it"


def ledgers_of(clients, count, **options):
    """So many, of one user; `clients`: one for each server."""
    agent = make_agent(clients[0])
    return [Ledger(clients[number % len(clients)], agent, number, **options) for number in range(count)]


def settle(client, ledgers):
    insist(lambda: client.get("/executions/export"))  # one connection may be a dead one still
    found = exported(client)
    for ledger in ledgers:
        ledger.settle(found)
    written = sum(len(ledger.rows) + len(ledger.keyed) + len(ledger.doubt) for ledger in ledgers)
    assert len(found) <= written, "more is there than anybody has written"


def unavailable(ledgers):
    return sum(ledger.unavailable for ledger in ledgers)


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
        until = time.monotonic() + PROGRESS_S
        while sum(ledger.acknowledged for ledger in ledgers) < goal and not failures:
            assert time.monotonic() < until, f"nothing has been acknowledged for {PROGRESS_S} s"
            time.sleep(0.005)

    threads = [threading.Thread(target=work, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    try:
        progress(50)
        fault(progress)
        if not all(ledger.is_gone for ledger in ledgers):
            progress(50)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]
