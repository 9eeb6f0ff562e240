"""Servers that end, in order or not, under load: on either store what was acknowledged is there once; beside others on one database nobody
else notices."""

import time

import pytest

from client import Client
from stores import postgres_only
from support_ledger import ledgers_of, settle, unavailable, under_load
from support_postgres import A_SECOND, Cluster, is_ready
from support_process import eventually, onggi


@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL"])
def test_a_server_that_ends_under_load_loses_nothing_and_doubles_nothing(new_server, end):
    server = new_server()
    admin = server.admin()
    ledgers = []
    for turn in range(3):
        # Those of each turn are new: what the last ones did last is in doubt.
        mine = ledgers_of([admin], 8, may_go=True)
        for ledger in mine:
            ledger.number += 100 * turn
        ledgers += mine

        def fault(progress, mine=mine):
            progress(40 * turn)
            server.stop() if end == "SIGTERM" else server.kill()  # stop(): it ends by itself, with 0
            eventually(lambda: all(ledger.is_gone for ledger in mine), deadline_s=60)

        under_load(mine, fault)
        server.start()
        settle(admin, ledgers)
    server.stop()
    onggi("check", "--data", server.data).succeeded()


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path, 3, "--longest-wait-ms", "0")
    yield cluster
    cluster.close()


@postgres_only
def test_one_of_three_that_is_killed_under_load_is_noticed_by_its_own_callers_alone(cluster):
    owner = cluster.new_user()
    lost = ledgers_of(owner[:1], 4, may_go=True)
    others = ledgers_of(owner[1:], 8)
    for ledger in others:
        ledger.number += 100

    def kill(progress):
        progress(100)
        cluster.servers[0].kill()
        eventually(lambda: all(ledger.is_gone for ledger in lost), deadline_s=60)
        progress(200)
        cluster.servers[0].start()
        eventually(lambda: is_ready(cluster.servers[0]), deadline_s=30)
        progress(50)

    under_load(lost + others, kill)
    assert unavailable(others) == 0
    for client in owner:
        settle(client, lost + others)
    assert cluster.complaints() == []


@postgres_only
def test_a_key_revoked_on_one_of_three_opens_nothing_on_any_within_a_second(cluster):
    user = cluster.new_user()[0].user
    for turn in range(3):
        key = cluster.admins[turn].post(f"/users/{user['id']}/keys", json={"name": "k"}).expect(201)
        clients = [Client(server, key["key"], user) for server in cluster.servers]
        for client in clients:
            client.get("/me").expect(200)
        cluster.admins[turn].delete(f"/users/{user['id']}/keys/{key['id']}").expect(204)
        until = time.monotonic() + A_SECOND
        clients[turn].get("/me").expect(401)
        for client in clients:
            eventually(lambda: client.get("/me").status == 401, deadline_s=max(0.05, until - time.monotonic()))
