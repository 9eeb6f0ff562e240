"""Three servers on one PostgreSQL database behind the nginx of contrib/three-servers."""

import contextlib
import socket
import ssl
import subprocess
import threading

import pytest

from client import Client, make_agent, unique
from stores import postgres_only
from support_events import Listener
from support_executions import AGENTS
from support_http import Closed, Wire, once, request
from support_load import exported
from support_nginx import Nginx, free_port
from support_postgres import Cluster, is_ready
from support_process import eventually
from test_metrics import scrape

pytestmark = postgres_only
BACK_S = 60  # until a server that was away is asked again: nginx leaves it out for a second or two
LINE = "onggi_http_request_duration_seconds_count"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    # However busy the machine is: nothing here is to be refused for it.
    cluster = Cluster(tmp_path_factory.mktemp("behind"), 3, "--longest-wait-ms", "0", start=False)
    for server in cluster.servers:  # where nginx finds it again after a restart
        server.fixed_port = free_port()
        server.arguments += ["--listen", f"127.0.0.1:{server.fixed_port}"]
        server.start()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def nginx(cluster, tmp_path_factory):
    with Nginx(tmp_path_factory.mktemp("nginx"), [f"127.0.0.1:{server.fixed_port}" for server in cluster.servers]) as nginx:
        yield nginx


@pytest.fixture
def owner(cluster, nginx):
    """A user as a client of each server, and of nginx."""
    cluster.admins[0].close()  # its server may be another since
    direct = cluster.new_user()
    return direct, Client(nginx, direct[0].key, direct[0].user)


def answered(server, route, method="GET"):
    labels = tuple(sorted({"method": method, "route": "/api/agent-builder" + route}.items()))
    return scrape(server).samples[LINE, labels]


def test_requests_are_spread_over_all_servers(cluster, owner):
    _, client = owner
    before = [answered(server, "/me") for server in cluster.servers]
    for _ in range(60):
        client.get("/me").expect(200)
    counts = [answered(server, "/me") - was for server, was in zip(cluster.servers, before)]
    assert sum(counts) == 60 and min(counts) >= 10, counts


def test_what_was_written_is_read_from_whichever_server_comes_next(cluster, owner):
    direct, client = owner
    path = f"/agents/{make_agent(client)['id']}"
    for _ in range(20):
        name = unique()
        client.patch(path, json={"name": name}).expect(200)
        for reader in (*direct, client, client, client):
            assert reader.get(path).expect(200)["name"] == name


def test_a_request_has_one_id(nginx, owner):
    _, client = owner
    for given, is_taken in (("mine-1", True), (None, False), ("x" * 200, False)):
        headers = [("X-Request-Id", given)] if given else []
        problem = once(nginx, "GET", "/agents/none", key=client.key, headers=headers)
        assert [name for name, _ in problem.headers].count("x-request-id") == 1, problem
        assert (problem.is_problem(404, 422)["request_id"] == given) == is_taken
        eventually(lambda: any(f" {problem['X-Request-Id']} " in line for line in nginx.requests()))


def test_large_bodies_pass(owner):
    _, client = owner
    agent = make_agent(client)
    made = AGENTS.make(client, agent, input_data={"text": "x" * (4 << 20)})
    assert len(AGENTS.get(client, made)["input_data"]["text"]) == 4 << 20


def test_metrics_are_asked_of_each_server_alone(nginx, cluster):
    once(nginx, "GET", "/metrics", absolute=True).expect(404)
    once(nginx, "GET", "/readyz", absolute=True).expect(200)
    scrape(cluster.servers[0])


def test_events_stream_through_at_once(cluster, owner):
    """Each event is waited for while the stream stays open and nothing else is sent."""
    direct, client = owner
    agent = make_agent(client)
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(Listener(client)) for _ in cluster.servers]
        made = {AGENTS.make(each, agent)["id"] for each in direct}
        for listener in listeners:
            assert listener.next().data["id"] in made


def test_the_sample_speaks_tls(tmp_path, cluster, owner):
    _, client = owner
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", chain,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True, timeout=60)
    with Nginx(tmp_path, [f"127.0.0.1:{server.fixed_port}" for server in cluster.servers], (chain, key)) as nginx:
        with Wire(nginx, tls=ssl.create_default_context(cafile=chain)) as wire:
            wire.exchange("GET", "/me", key=client.key).expect(200)


# Servers that go away

class Caller:
    """Sends one request after the other through nginx, on its own connection."""

    def __init__(self, nginx, key):
        self.nginx, self.key, self.answers, self.failure = nginx, key, 0, None
        self._wire = None

    def send(self, *arguments, **named):
        if self._wire is None:
            self._wire = Wire(self.nginx)
        answer = self._wire.exchange(*arguments, key=self.key, **named)
        if answer.closes:
            self._wire = self._wire.close()
        self.answers += 1
        return answer

    def work(self, stop):
        try:
            while not stop.is_set():
                self.turn()
        except (OSError, Closed, AssertionError) as failure:
            self.failure = failure


class Reader(Caller):
    def __init__(self, nginx, key, paths):
        super().__init__(nginx, key)
        self.paths = paths

    def turn(self):
        for path in self.paths:
            self.send("GET", path).expect(200)


class Writer(Caller):
    """Executions without id or key: one that is sent twice is there twice. `told`: the session of each, and what was answered."""

    def __init__(self, nginx, key, agent):
        super().__init__(nginx, key)
        self.agent, self.told = agent, {}

    def turn(self):
        session = unique("session")
        answer = self.send("POST", "/executions", body={"agent_id": self.agent["id"], "session_id": session})
        self.told[session] = answer.expect(201, 502).status


@contextlib.contextmanager
def load(nginx, client, agent):
    """Readers and writers work meanwhile; gives progress(), which returns when each has had some more answers."""
    callers = [Reader(nginx, client.key, [f"/agents/{agent['id']}", "/executions?limit=5"]) for _ in range(4)]
    callers += [Writer(nginx, client.key, agent) for _ in range(2)]
    stop = threading.Event()

    def progress(count=20):
        goals = [(caller, caller.answers + count) for caller in callers]
        eventually(lambda: all(caller.failure or caller.answers >= goal for caller, goal in goals), deadline_s=60, every_s=0.005)

    threads = [threading.Thread(target=caller.work, args=(stop,)) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        progress()
        yield progress
        progress()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for caller in callers:
        if caller.failure:
            raise caller.failure
    settle(client, callers[4:])


def settle(client, writers):
    """What was acknowledged is there once; what was not is there once at most; nothing else is."""
    there = [line["session_id"] for line in exported(client).values()]
    assert len(there) == len(set(there)), "something was done twice"
    told = {session: status for writer in writers for session, status in writer.told.items()}
    assert {session for session, status in told.items() if status == 201} <= set(there) <= set(told)
    assert sum(status == 201 for status in told.values()) > 50


def is_asked(server):
    """nginx sends requests to it again."""
    before = answered(server, "/agents/{agent_id}")
    eventually(lambda: answered(server, "/agents/{agent_id}") > before, deadline_s=BACK_S)


def test_a_server_that_is_killed_under_load_is_not_noticed_by_readers_and_nothing_is_lost_or_doubled(cluster, nginx, owner):
    _, client = owner
    agent = make_agent(client)
    with load(nginx, client, agent) as progress:
        cluster.servers[0].kill()
        progress(50)
        cluster.servers[0].start()
        is_asked(cluster.servers[0])


def test_servers_are_restarted_one_after_the_other_under_load_and_no_read_fails(cluster, nginx, owner):
    _, client = owner
    agent = make_agent(client)
    with load(nginx, client, agent) as progress:
        for server in cluster.servers:
            server.stop()
            progress()
            server.start()
            eventually(lambda: is_ready(server), deadline_s=30)
            is_asked(server)


class Dropper:
    """An upstream that takes a request and breaks off: it may have done it. Keeps what it was sent."""

    def __init__(self, requests):
        self.requests = requests
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    head = b""
                    while b"\r\n\r\n" not in head and (piece := connection.recv(65_536)):
                        head += piece
                    if head:
                        self.requests.append(head.decode())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def test_what_may_have_happened_is_not_sent_again(tmp_path):
    requests = []
    with contextlib.ExitStack() as stack:
        upstreams = [stack.enter_context(contextlib.closing(Dropper(requests))) for _ in range(3)]
        nginx = stack.enter_context(Nginx(tmp_path, [upstream.address for upstream in upstreams]))
        for method, times in (("POST", 1), ("PATCH", 1), ("GET", 2)):
            requests.clear()
            with Wire(nginx) as wire:
                answer = wire.send(request(method, "/executions", body={} if method != "GET" else None, headers=[("X-Request-Id", "r-1")])).read()
            assert answer.expect(502)["X-Request-Id"] == "r-1"
            assert [sent.split(" ")[0] for sent in requests] == [method] * times
            assert all("x-request-id: r-1\r\n" in sent.lower() for sent in requests)
