"""Both kinds of executions under one vocabulary: the rules are the same, only what was executed is called otherwise."""

import pytest

from client import make_agent, make_workflow, timestamp, unique

METRICS = ("llm_call_count", "llm_prompt_tokens", "llm_completion_tokens", "llm_total_tokens", "tool_call_count",
           "tool_total_duration_ms", "cache_hit_count", "cache_miss_count", "cost_usd")
STATUSES = ("running", "completed", "failed", "timeout", "cancelled")
FINISHED = STATUSES[1:]
STEP_TYPES = ("thought", "action", "observation", "response", "error")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
RETENTION_DAYS = 365


class Kind:
    def __init__(self, word, path, subjects, make):
        self.path = path              # /executions
        self.subjects = subjects      # /agents
        self.reference = f"{word}_id"
        self.subject_name = f"{word}_name"
        self._make = make

    def make_subject(self, client, **over):
        return self._make(client, **over)

    def of(self, subject, **fields):
        """The body of a creation."""
        return {self.reference: subject["id"] if isinstance(subject, dict) else subject, **fields}

    def post(self, client, subject, **fields):
        return client.post(self.path, json=self.of(subject, **fields))

    def make(self, client, subject=None, **fields):
        if subject is None:
            subject = self.make_subject(client)
        return self.post(client, subject, **fields).expect(201)

    def get(self, client, execution):
        return client.get(f"{self.path}/{id_of(execution)}").expect(200)

    def patch(self, client, execution, **fields):
        return client.patch(f"{self.path}/{id_of(execution)}", json=fields)

    def count(self, client, **filters):
        return client.get(self.path, limit=1, count=True, **filters).expect(200)["total"]


def id_of(execution):
    return execution["id"] if isinstance(execution, dict) else execution


AGENTS = Kind("agent", "/executions", "/agents", make_agent)
WORKFLOWS = Kind("workflow", "/workflow-executions", "/workflows", make_workflow)


@pytest.fixture(params=[AGENTS, WORKFLOWS], ids=["agent", "workflow"])
def kind(request):
    return request.param


def rejects_one_of(answer, *fields):
    """A 422 that names at least one of these fields."""
    answer.expect(422)
    assert set(answer.fields()) & set(fields), f"none of {fields} is named: {answer!r}"


def steps(count, first=0, **over):
    return [{"step_number": first + i, "step_type": STEP_TYPES[i % 5], "content": f"step {first + i}",
             "step_metadata": {"at": i}, **over} for i in range(count)]


def finished(started_ms, duration_ms=1000, **over):
    """The fields of a finished execution, none left to a default."""
    return {"status": "completed", "started_at": timestamp(started_ms), "completed_at": timestamp(started_ms + duration_ms),
            "duration_ms": duration_ms, **over}


def random_executions(random, kind, subjects, sessions, count, base_ms, spread_ms=DAY_MS, moments=None, **over):
    """Bodies of whole executions, many of which share their started_at."""
    times = [base_ms + random.randrange(spread_ms) for _ in range(moments or max(2, count // 4))]
    bodies = []
    for _ in range(count):
        status = random.choice(STATUSES)
        body = kind.of(random.choice(subjects), status=status, started_at=timestamp(random.choice(times)),
                       input_data={"question": unique("q")}, execution_context={"n": random.randrange(1000)})
        session = random.choice(sessions)
        if session is not None:
            body["session_id"] = session
        if status != "running":
            body["duration_ms"] = random.randrange(100_000)
        bodies.append({**body, **over})
    return bodies


def create_batch(client, kind, bodies):
    """The ids of a batch in which everything is new."""
    items = client.post(f"{kind.path}/batch", json=bodies).expect(200)["items"]
    assert [item["status"] for item in items] == [201] * len(bodies), [i for i in items if i["status"] != 201][:3]
    return [item["id"] for item in items]
