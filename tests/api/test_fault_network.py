"""A network between server and database that delays, cuts, half-closes, swallows and refuses: every write that was acknowledged is there
once, what cannot be done is said in time, and when the fault is over everything goes on by itself."""

import random
import re
import time
import urllib.parse

import pytest

import stores
from client import make_agent
from stores import Database, postgres_only
from support_footprint import IS_SANITIZED, Footprint, anonymous_bytes
from support_http import once
from support_ledger import ledgers_of, settle, unavailable, under_load
from support_postgres import RECOVERY_S, SLOWNESS, Cluster, is_ready
from support_process import eventually
from support_proxy import TO_SERVER, WAYS, Proxy

pytestmark = postgres_only
STATEMENT_MS = 500 * SLOWNESS
CONNECTIONS = 12
LONG_READS = 16
WRITERS = 6
# What a request may take: 5 s for a connection, a statement's time and 5 s for its answer, for the key and for the work; and a busy machine.
LIMIT_S = 2 * (STATEMENT_MS / 1000 + 10) + 10 * SLOWNESS
MEMORY_ROUNDS = 6
MEMORY_BYTES = 12 << 20  # that rounds of faults may add to a server that has seen some; each is worth about 10,000 requests


@pytest.fixture(scope="module")
def proxy():
    with Proxy(urllib.parse.urlsplit(stores.SERVER_URL).port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, proxy):
    """One server, by way of the proxy."""
    database = Database()
    database.served_url = proxy.url(database.url)
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 1, "--statement-timeout-ms", str(STATEMENT_MS), "--database-connections", str(CONNECTIONS),
                      "--loops", "2", "--page-cache-mb", "0", "--longest-wait-ms", "0", database=database)
    yield cluster
    cluster.close()
    assert cluster.complaints()[:5] == []


@pytest.fixture
def client(cluster, proxy):
    """A new user. Afterwards everything works, and nothing is left open."""
    client = cluster.new_user()[0]
    footprint = Footprint(cluster, CONNECTIONS + LONG_READS)
    yield client
    proxy.heal()
    recovers(client, 4 * RECOVERY_S)
    footprint.is_back()


def recovers(client, deadline_s=RECOVERY_S):
    eventually(lambda: is_ready(client.server) and client.get("/agents").status == 200, deadline_s=deadline_s)


def holds_under(client, fault):
    """The ledgers, after everything was as it should be."""
    ledgers = ledgers_of([client], WRITERS)
    under_load(ledgers, lambda progress: fault(progress, ledgers))
    settle(client, ledgers)
    slowest = max(ledger.slowest_s for ledger in ledgers)
    assert slowest < LIMIT_S, f"an answer took {slowest} s"
    return ledgers


def until_told(ledgers, count=1):
    """Until so many more have been told that it cannot be done."""
    told = unavailable(ledgers)
    eventually(lambda: unavailable(ledgers) >= told + count, deadline_s=LIMIT_S)


def test_connections_cut_in_mid_flight(client, proxy):
    chance = random.Random(3)

    def cut(progress, _):
        for turn in range(12):
            proxy.cut_after(chance.randrange(1, 500), WAYS[turn % 2])
            progress(15)
            if turn % 3 == 0:
                proxy.cut()

    holds_under(client, cut)


@pytest.mark.parametrize("way", WAYS)
def test_connections_closed_one_way(client, proxy, way):
    def close(progress, _):
        for _ in range(4):
            proxy.half_close(way)
            progress(25)

    holds_under(client, close)


def test_pieces_that_come_late_are_waited_for(client, proxy):
    def delay(progress, _):
        proxy.delay(0.03)
        progress(60)
        proxy.heal()

    ledgers = holds_under(client, delay)
    assert unavailable(ledgers) <= WRITERS, "slow is not away"


def test_a_database_that_refuses_is_told_at_once_and_found_again(client, proxy):
    def refuse(progress, ledgers):
        for _ in range(3):
            proxy.refuse()
            until_told(ledgers, 4 * WRITERS)
            assert once(client.server, "GET", "/readyz", absolute=True).status == 503
            proxy.heal()
            recovers(client)
            progress(20)

    ledgers = holds_under(client, refuse)
    # Whoever finds out that nobody listens tells all; nobody waits for a connection that will not come.
    assert max(ledger.slowest_s for ledger in ledgers) < 4 * SLOWNESS


@pytest.mark.parametrize("ways", [WAYS, (TO_SERVER,)], ids=["everything", "answers"])
def test_a_network_that_swallows(client, proxy, ways):
    """Questions arrive or not, answers do not: of a COMMIT nobody knows."""
    def swallow(progress, ledgers):
        proxy.swallow(*ways)
        until_told(ledgers, WRITERS)
        assert once(client.server, "GET", "/healthz", absolute=True).status == 200
        proxy.heal()
        recovers(client)
        progress(20)

    holds_under(client, swallow)


def test_reads_that_nobody_answers_keep_no_connection_from_being_made(client, proxy):
    """Shared connections are given up sooner than the others; what they were at must not hold up new ones."""
    agent = make_agent(client)
    paths = [f"/agents/{agent['id']}", "/executions", "/me"]
    for path in paths * 3:
        client.get(path).expect(200)
    proxy.swallow()
    answers = [client.get(path) for path in paths]
    assert {answer.status for answer in answers} == {503} and all(answer.elapsed_s < LIMIT_S for answer in answers), answers
    proxy.heal()
    recovers(client)


def test_connections_that_died_while_idle_are_found_before_requests_do(client, proxy):
    made = lambda: int(re.search(r"^onggi_db_connections_made_total (\d+)", once(client.server, "GET", "/metrics", absolute=True).body.decode(), re.M)[1])  # noqa: E731
    for path in ("/agents", "/executions", "/me"):
        client.get(path).expect(200)
    before = made()
    proxy.swallow()
    proxy.heal()
    eventually(lambda: made() > before, deadline_s=4 * RECOVERY_S)  # a look each second, of those that wait for an answer as well
    recovers(client, 4 * RECOVERY_S)


def test_a_server_ends_when_told_while_nobody_answers_it(client, cluster, proxy):
    """Its own looks at the database are cut short: it has no request to answer."""
    guest = Cluster(cluster.servers[0].directory / "guest", 1, database=cluster.database)  # with 30 s for a statement
    stranger = guest.clients_of(client.key)[0]
    stranger.get("/me").expect(200)
    proxy.swallow()
    for server in (guest.servers[0], client.server):
        eventually(lambda: not is_ready(server), deadline_s=20)
    begun = time.monotonic()
    guest.servers[0].stop()
    assert time.monotonic() - begun < 15 * SLOWNESS, "30 s are what a statement may take"


@pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer keeps memory")
def test_faults_leave_no_memory_behind(client, cluster, proxy):
    server = cluster.servers[0]
    grown = []

    def faults(progress, ledgers):
        for turn in range(2 * MEMORY_ROUNDS):
            proxy.cut()
            progress(30)
            proxy.cut_after(200, TO_SERVER)
            progress(30)
            proxy.refuse()
            until_told(ledgers, WRITERS)
            proxy.heal()
            recovers(client)
            grown.append(anonymous_bytes(server))

    holds_under(client, faults)
    more = max(grown[MEMORY_ROUNDS:]) - max(grown[:MEMORY_ROUNDS])
    assert more < MEMORY_BYTES, f"{more} bytes more: {grown}"
