"""The real server as a child process, a client that checks what every answer must hold, and the makers of test data.

    server = Server(directory)             starts `onggi serve` on a free port with its own data directory
    client = Client(server, key)           keep-alive, one connection a thread; follows the server over a restart
    client.get("/agents", limit=2)         relative to the prefix; "//healthz" is outside of it; `from_` sends `from`
    client.post("/agents", json={...}).expect(201)["id"]
"""

import concurrent.futures
import http.client
import itertools
import json as jsonlib
import os
import pathlib
import secrets
import signal
import subprocess
import threading
import time
import urllib.parse
from datetime import datetime, timezone

import stores

PREFIX = "/api/agent-builder"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# What takes longer hangs. No promises of speed: a sanitizer's build on a busy machine is fifty times slower.
START_DEADLINE_S = 60
STOP_DEADLINE_S = 30
REQUEST_DEADLINE_S = 180
IDLE_BEFORE_RECONNECT_S = 4
SANITIZER_WORDS = ("AddressSanitizer", "runtime error:", "ThreadSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer")
PROBLEM = "application/problem+json"
MERGE_PATCH = "application/merge-patch+json"
_ABSENT = object()


def binary():
    return str(REPOSITORY / os.environ.get("ONGGI_BINARY", "build/onggi"))  # an absolute path wins over the root


def new_key():
    return "onggi_" + secrets.token_urlsafe(32)


class Server:
    """`onggi serve` in a directory of its own. Everything that it writes to stderr is kept in `stderr_path`.

    `store`: another than the one of the run; `database_url`: that database, which others may serve too. Without it each directory has a
    database of its own (stores.py).
    """

    all = []

    def __init__(self, directory, *arguments, environment=None, admin_key=None, start=True, store=None, database_url=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data = self.directory / "data"
        self.stderr_path = self.directory / "stderr.txt"
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.store = "postgres" if database_url else store or stores.STORE
        self._database_url = database_url
        self.admin_key = new_key() if admin_key is None else admin_key  # "": the server makes one, and says so once
        self.process = None
        self.port = None
        self.output = []
        Server.all.append(self)
        if start:
            self.start()

    def start(self):
        assert self.process is None, "the server is running already"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONGGI_")}
        if self.admin_key:
            environment["ONGGI_ADMIN_KEY"] = self.admin_key
        if self.store == "postgres":
            environment["ONGGI_DATABASE_URL"] = self.database_url
        environment.update(self.environment)
        command = [binary(), "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", *self.arguments]
        with open(self.stderr_path, "ab") as stderr:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                                            env=environment, cwd=self.directory)
        self.output = []
        self.port = None
        self._ready = threading.Event()
        threading.Thread(target=self._read_output, args=(self.process.stdout, self._ready), daemon=True).start()
        self._ready.wait(START_DEADLINE_S)
        if self.port is None:
            self.kill()
            raise AssertionError(f"the server did not say that it listens\n{''.join(self.output)}{self.stderr()}")
        return self

    @property
    def database_url(self):
        return self._database_url or stores.database_of(self.data).served_url

    def _read_output(self, pipe, ready):
        for raw in pipe:
            line = raw.decode(errors="replace")
            self.output.append(line)
            start = "listening on http://127.0.0.1:"
            if line.startswith(start):
                self.port = int(line[len(start):].strip().rstrip("/"))
                ready.set()
        ready.set()  # ended: nobody needs to wait for the deadline
        pipe.close()

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM; the server must end by itself, with 0."""
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"still running {STOP_DEADLINE_S} s after SIGTERM\n{self.stderr()}") from None
        assert code == 0, f"exit code {code} after SIGTERM\n{self.stderr()}"
        self.assert_no_sanitizer_report()

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()
        if self.store == "postgres" and self._database_url is None:  # what it had sent may be under way still
            stores.database_of(self.data).wait_until_unused()

    def restart(self):
        if self.process is not None:
            self.stop()
        return self.start()

    def close(self):
        """For teardown: stops if it runs."""
        if self.running:
            self.stop()

    def stderr(self, last_bytes=20_000):
        if not self.stderr_path.exists():
            return ""
        return self.stderr_path.read_bytes()[-last_bytes:].decode(errors="replace")

    def sanitizer_report(self):
        text = self.stderr(last_bytes=1_000_000)
        return text if any(word in text for word in SANITIZER_WORDS) else None

    def assert_no_sanitizer_report(self):
        report = self.sanitizer_report()
        assert report is None, report

    def admin(self):
        return Client(self, self.admin_key)


class Answer:
    def __init__(self, method, path, status, headers, body, elapsed_s):
        self.method, self.path, self.status, self.headers, self.body = method, path, status, headers, body
        self.elapsed_s = elapsed_s

    def __repr__(self):
        return f"{self.method} {self.path} -> {self.status} {self.body[:1500].decode(errors='replace')}"

    def json(self):
        return jsonlib.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    @property
    def content_type(self):
        return (self.headers.get("Content-Type") or "").split(";")[0].strip()

    @property
    def queries(self):
        return int(self.headers["Onggi-Queries"])

    @property
    def etag(self):
        return self.headers["ETag"]

    def expect(self, *statuses):
        """The JSON of an answer whose status must be one of these; None when it has no body."""
        assert self.status in statuses, f"expected {' or '.join(map(str, statuses))}: {self!r}"
        return self.json() if self.body and self.content_type.endswith("json") else None

    def fields(self):
        """What a 422 complains of."""
        return [error["field"] for error in self.json().get("errors", [])]

    def rejects(self, field, status=422):
        """A validation error that names this field."""
        problem = self.expect(status)
        assert field in self.fields(), f"{field!r} is not named: {self!r}"
        return next(error for error in problem["errors"] if error["field"] == field)


class Client:
    """One caller. Safe to share among threads: each has its own connection."""

    observers = []  # called with every Answer

    def __init__(self, server, key=None, user=None):
        self.server, self.key, self.user = server, key, user
        self._local = threading.local()

    @property
    def id(self):
        return self.user["id"]

    def get(self, path, **arguments):
        return self.request("GET", path, **arguments)

    def head(self, path, **arguments):
        return self.request("HEAD", path, **arguments)

    def post(self, path, **arguments):
        return self.request("POST", path, **arguments)

    def put(self, path, **arguments):
        return self.request("PUT", path, **arguments)

    def patch(self, path, **arguments):
        return self.request("PATCH", path, **arguments)

    def delete(self, path, **arguments):
        return self.request("DELETE", path, **arguments)

    def request(self, method, path, *, json=_ABSENT, body=None, headers=None, params=(), absolute=False, check=True, **query):
        """`params`: a dict or pairs, for names that are no Python names. check=False: asserts nothing about the answer."""
        target = path[1:] if path.startswith("//") else path if absolute else PREFIX + path
        pairs = list(params.items() if isinstance(params, dict) else params)
        pairs += [(name.rstrip("_"), value) for name, value in query.items() if value is not None]
        if pairs:
            target += ("&" if "?" in target else "?") + urllib.parse.urlencode([(name, _text(value)) for name, value in pairs])
        sent = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if json is not _ABSENT:
            body = jsonlib.dumps(json).encode()
        if body is not None:
            sent["Content-Type"] = MERGE_PATCH if method == "PATCH" else "application/json"
        for name, value in (headers or {}).items():
            for present in [other for other in sent if other.lower() == name.lower()]:
                del sent[present]
            if value is not None:  # None takes a header away
                sent[name] = value
        answer = self._exchange(method, target, body, sent)
        if check:
            assert_is_an_answer(answer)
        for observer in Client.observers:
            observer(answer)
        return answer

    def _exchange(self, method, target, body, headers):
        for attempt in (1, 2):
            connection, is_fresh = self._connection()
            started = time.monotonic()
            try:
                connection.request(method, target, body=body, headers=headers)
                response = connection.getresponse()
                is_endless = response.getheader("Content-Type", "").startswith("text/event-stream")
                content = response.read1() if is_endless else response.read()  # of a live stream its beginning
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if attempt == 2 or is_fresh or method in ("POST", "PATCH"):
                    raise
            except Exception:
                self.close()
                raise
        self._local.used_at = time.monotonic()
        if response.will_close or is_endless:
            self.close()
        return Answer(method, target, response.status, response.headers, content, time.monotonic() - started)

    def _connection(self):
        local = self._local
        connection = getattr(local, "connection", None)
        if connection is not None:
            if local.port == self.server.port and time.monotonic() - local.used_at < IDLE_BEFORE_RECONNECT_S:
                return connection, False
            self.close()
        local.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=REQUEST_DEADLINE_S)
        local.port, local.used_at = self.server.port, time.monotonic()
        return local.connection, True

    def close(self):
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def items(self, path, **query):
        """All items of a list, page by page."""
        found, cursor = [], None
        while True:
            page = self.get(path, cursor=cursor, **query).expect(200)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return jsonlib.dumps(value) if isinstance(value, (dict, list)) else str(value)


def assert_is_an_answer(answer):
    """What holds for every answer of the server, whatever was asked."""
    for name in ("X-Request-Id", "Onggi-Queries", "Server-Timing"):
        assert answer.headers.get(name), f"{name} is missing: {answer!r} {dict(answer.headers)}"
    assert answer.queries >= 0
    assert answer.status < 500 or answer.status in (501, 503), f"the server failed: {answer!r}"
    if answer.status in (204, 304):
        assert answer.body == b"", repr(answer)
    if answer.status >= 400 and answer.method != "HEAD":
        assert answer.content_type == PROBLEM, f"{answer.content_type}: {answer!r}"
        problem = answer.json()
        for name, kind in (("type", str), ("title", str), ("status", int), ("detail", str), ("request_id", str)):
            assert isinstance(problem.get(name), kind), f"{name} is missing or of another type: {answer!r}"
        assert problem["status"] == answer.status
        assert problem["request_id"] == answer.headers["X-Request-Id"]
        for error in problem.get("errors", []):
            assert isinstance(error["field"], str) and isinstance(error["message"], str), repr(answer)


def in_parallel(function, arguments, threads=8):
    """The results, in order, of calling function with each argument; an exception in any of them is raised."""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, arguments))


# Time and ids

_numbers = itertools.count(1)
_run = secrets.token_hex(3)


def unique(word="x"):
    """A name that nobody else uses, in this run or on this server."""
    return f"{word}-{_run}-{next(_numbers)}"


def now_ms():
    return time.time_ns() // 1_000_000


def timestamp(ms=None, **over_now):
    """RFC 3339 as the server writes it. timestamp(hours=-2) is two hours ago."""
    if ms is None:
        units = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1_000, "ms": 1}
        ms = now_ms() + sum(int(value * units[unit]) for unit, value in over_now.items())
    moment = datetime.fromtimestamp(ms // 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def to_ms(text):
    assert text.endswith("Z") and len(text) == 24, f"not RFC 3339 UTC with milliseconds: {text!r}"
    return int(datetime.fromisoformat(text[:-1] + "+00:00").timestamp() * 1000 + 0.5)


def uuid7(ms=None):
    bits = (now_ms() if ms is None else ms) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def newest_first(*objects):
    """The ids in the order of a list: by (created_at, id), as two may be made in one millisecond."""
    return [item["id"] for item in sorted(objects, key=lambda item: (item["created_at"], item["id"]), reverse=True)]


# Makers: the least that is valid, and whatever the test cares about

def make_user(admin, name="user", **over):
    """A new user with a key of its own, as a client."""
    user = admin.post("/users", json={"name": unique(name), **over}).expect(201)
    key = admin.post(f"/users/{user['id']}/keys", json={"name": "test"}).expect(201)
    return Client(admin.server, key["key"], user)


def make_tool(admin, **over):
    """Tools are one catalogue for all: only an admin can make one."""
    fields = {"id": unique("tool").replace("-", "_"), "name": "Vector search", "input_schema": {}, "implementation_type": "builtin"}
    return admin.post("/tools", json={**fields, **over}).expect(201)


def make_knowledgebase(client, **over):
    return client.post("/knowledgebases", json={"name": unique("knowledgebase"), **over}).expect(201)


def make_block(client, **over):
    return client.post("/blocks", json={"name": unique("block"), "block_type": "llm", **over}).expect(201)


def make_agent(client, **over):
    fields = {"name": unique("agent"), "llm_provider": "ollama", "llm_model": "llama3.1"}
    return client.post("/agents", json={**fields, **over}).expect(201)


def node(id, **over):
    return {"id": id, "type": "agent", "position": {"x": 0, "y": 0}, "data": {}, **over}


def edge(id, source, target, **over):
    return {"id": id, "source": source, "target": target, **over}


def make_workflow(client, nodes=(), edges=(), **over):
    fields = {"name": unique("workflow"), "graph_definition": {"nodes": list(nodes), "edges": list(edges)}}
    return client.post("/workflows", json={**fields, **over}).expect(201)


def make_execution(client, agent_id=None, **over):
    """Of an agent that is made for it when none is given."""
    if agent_id is None:
        agent_id = make_agent(client)["id"]
    return client.post("/executions", json={"agent_id": agent_id, **over}).expect(201)


def make_workflow_execution(client, workflow_id=None, **over):
    if workflow_id is None:
        workflow_id = make_workflow(client)["id"]
    return client.post("/workflow-executions", json={"workflow_id": workflow_id, **over}).expect(201)
