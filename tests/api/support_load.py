"""Writers that keep a ledger: what was acknowledged, and what may or may not have happened when the server died."""

import http.client
import json
import random

from client import now_ms, unique, uuid7
from support_executions import DAY_MS, steps

LOST = (OSError, http.client.HTTPException)  # the server went away before it answered
ABSENT = None


def state_of(line):
    """What of an execution a ledger keeps."""
    return (line["status"], line["session_id"], json.dumps(line["execution_context"], sort_keys=True), len(line["steps"]))


class Writer:
    """One thread's writes, one after the other, on executions of its own."""

    def __init__(self, client, agent, number, seed):
        self.client, self.agent, self.number = client, agent, number
        self.random = random.Random(seed * 1000 + number)
        self.rows = {}      # id -> the states that it may be in; one when the last write was acknowledged
        self.group = []     # ids of a batch that was not acknowledged: all or none of them are there
        self.keyed = {}     # session of a creation with an Idempotency-Key -> (key, body); None once acknowledged
        self.acknowledged = 0

    def work(self):
        """Writes until the server goes away."""
        operations = [self.create] * 5 + [self.patch] * 4 + [self.append] * 2 + [self.batch] + [self.remove] + [self.create_by_key]
        try:
            while True:
                self.random.choice(operations)()
                self.acknowledged += 1
        except LOST:
            pass

    def body(self):
        base = now_ms() - self.random.randrange(30 * DAY_MS)
        return {"agent_id": self.agent["id"], "id": uuid7(base), "session_id": f"writer-{self.number}", "steps": steps(self.random.randrange(3)),
                "execution_context": {"n": 0, "padding": "p" * self.random.randrange(2000)}}

    def expected(self, body):
        return ("running", body["session_id"], json.dumps(body["execution_context"], sort_keys=True), len(body["steps"]))

    def write(self, id, after, send, *statuses):
        """After an exception both states are possible."""
        before = self.rows.get(id, {ABSENT})
        self.rows[id] = before | {after}
        send().expect(*statuses)
        self.rows[id] = {after}

    def some_row(self):
        """One that is there and runs, newer ones more often; None when there is none."""
        for _ in range(10):
            if self.rows:
                id = self.random.choice(list(self.rows)[-200:])
                (state,) = self.rows[id]
                if state is not ABSENT and state[0] == "running":
                    return id, state
        return None

    def create(self):
        body = self.body()
        self.write(body["id"], self.expected(body), lambda: self.client.post("/executions", json=body), 201)

    def patch(self):
        if row := self.some_row():
            id, (status, session, context, count) = row
            status = self.random.choice(("running", "running", "completed", "failed"))
            context = {**json.loads(context), "n": json.loads(context)["n"] + 1}
            after = (status, session, json.dumps(context, sort_keys=True), count)
            self.write(id, after, lambda: self.client.patch(f"/executions/{id}", json={"status": status,
                "execution_context": {"n": context["n"]}}), 200)

    def append(self):
        if row := self.some_row():
            id, (status, session, context, count) = row
            self.write(id, (status, session, context, count + 2), lambda: self.client.post(f"/executions/{id}/steps", json=steps(2, count)), 201)

    def remove(self):
        if row := self.some_row():
            id, _ = row
            self.write(id, ABSENT, lambda: self.client.delete(f"/executions/{id}"), 204)

    def batch(self):
        bodies = [self.body() for _ in range(self.random.randrange(2, 60))]
        self.group = [body["id"] for body in bodies]
        for body in bodies:
            self.rows[body["id"]] = {ABSENT, self.expected(body)}
        items = self.client.post("/executions/batch", json=bodies).expect(200)["items"]
        assert [item["status"] for item in items] == [201] * len(bodies), items
        for body in bodies:
            self.rows[body["id"]] = {self.expected(body)}
        self.group = []

    def create_by_key(self):
        session = unique("keyed")
        self.keyed[session] = (unique("key"), {"agent_id": self.agent["id"], "session_id": session, "execution_context": {"n": 0}})
        self.send_by_key(session)

    def send_by_key(self, session):
        key, body = self.keyed[session]
        self.client.post("/executions", json=body, headers={"Idempotency-Key": key}).expect(201)
        self.keyed[session] = None

    def settle(self, found):
        """Holds the ledger against what is there ({id: state}); afterwards there is no doubt left."""
        there = [id in found for id in self.group]
        assert all(there) or not any(there), f"{sum(there)} of a batch of {len(there)} are there"
        for id, possible in self.rows.items():
            state = found.pop(id, ABSENT)
            assert state in possible, f"{id} is {state}, not one of {possible}"
            self.rows[id] = {state}
        self.group = []


def exported(client):
    """{id: line} of every execution; each must be there once."""
    answer = client.get("/executions/export")
    assert answer.status == 200, repr(answer)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    found = {line["id"]: line for line in lines}
    assert len(found) == len(lines), "an execution is exported twice"
    return found
