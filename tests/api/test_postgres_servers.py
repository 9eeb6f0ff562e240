"""Several servers on one PostgreSQL database: what was acknowledged by one is seen by all, and nothing is ever seen to go back."""

import itertools
import random
import threading

import pytest

from client import Client, make_agent, make_workflow, node, unique
from stores import Database, postgres_only
from support_counters import KINDS, Configuration, NameWithin, Subject, watch
from support_postgres import A_SECOND, Cluster, at_once, is_ready
from support_process import eventually

pytestmark = postgres_only


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 3)
    yield cluster
    cluster.close()
    assert cluster.complaints()[:5] == []


def watched(cluster, kinds, turns=1):
    owner, other = cluster.new_user("owner"), cluster.new_user("other")
    subjects = [kind(owner[i % len(owner)], other=other[i % len(owner)], admins=cluster.admins) for i, kind in enumerate(kinds)]
    chance = random.Random(7)
    return watch(subjects, lambda: chance.choice(owner), owner, {client.server: client for client in other}, turns)


def test_what_one_server_acknowledged_every_server_shows(cluster):
    assert watched(cluster, KINDS) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_server_acknowledged_every_server_shows_under_load_of_its_own_kind(cluster, kind):
    assert watched(cluster, [kind] * 3) == []


class Backwards(Subject):
    """A reader that is told an old state now and then."""

    def __init__(self, owner, **_):
        super().__init__()
        self.agent, self.reads, self.old = make_agent(owner, configuration={"n": 0}), itertools.count(), None

    def write(self, pick, n):
        pick().patch(f"/agents/{self.agent['id']}", json={"configuration": {"n": n}}).expect(200)

    def read(self, reader):
        n = reader.get(f"/agents/{self.agent['id']}").expect(200)["configuration"]["n"]
        if next(self.reads) % 50 == 10 and self.old is not None:
            return self.old
        self.old = min(n, self.old) if self.old is not None else n
        return n


def test_whoever_watches_sees_an_old_state(cluster):
    assert any("is shown, which is none of" in complaint for complaint in watched(cluster, [Backwards], turns=5))


def test_whoever_watches_sees_pages_that_are_not_confirmed(tmp_path):
    """Changes no longer count: servers go on showing what they remember."""
    cluster = Cluster(tmp_path)
    try:
        functions = cluster.database.rows("select oid::regprocedure::text from pg_proc where proname = 'onggi_count_change'")
        assert functions, "the function that counts changes has another name: teach it to this test"
        for signature, in functions:
            cluster.database.rows(f"create or replace function {signature.replace('(', '(changed ')} returns void language plpgsql as "
                                  "$$ begin return; end $$")
        for kind in (Configuration, NameWithin):
            assert any("is shown, which is none of" in complaint for complaint in watched(cluster, [kind], turns=3)), kind
    finally:
        cluster.close()


def test_a_page_in_memory_is_confirmed_by_one_statement(cluster):
    owner = cluster.new_user()
    agent = make_agent(owner[0])
    for path in (f"/agents/{agent['id']}", f"/workflows/{make_workflow(owner[0], nodes=[node('a', data={'agent_id': agent['id']})])['id']}"):
        first, again = [], []
        for turn in range(5):  # the caller's key is looked up, too, after some key has changed
            owner[turn % 2].patch(path, json={"name": unique()}).expect(200)
            for client in owner:
                first.append(client.get(path).queries)
                again.append(client.get(path).queries)
        assert (min(first), min(again)) == (2, 1) and max(again) <= 2


def test_another_users_changes_void_nobody_elses_pages(cluster):
    owner, other = cluster.new_user(), cluster.new_user()
    path = f"/agents/{make_agent(owner[0])['id']}"
    seen = []
    for turn in range(5):
        owner[0].get(path)
        for client in other:
            make_agent(client)
        seen.append(owner[0].get(path).queries)
    assert min(seen) == 1


def test_a_revoked_key_opens_nothing_on_any_server(cluster):
    user = cluster.new_user()[0].user
    for turn in range(4):
        key = cluster.admins[turn % 2].post(f"/users/{user['id']}/keys", json={"name": "k"}).expect(201)
        clients = cluster.clients_of(key["key"], user)
        for client in clients:  # what was made by one is known to all at once
            client.get("/me").expect(200)
        cluster.admins[turn % 2].delete(f"/users/{user['id']}/keys/{key['id']}").expect(204)
        clients[turn % 2].get("/me").expect(401)
        eventually(lambda: clients[1 - turn % 2].get("/me").status == 401, deadline_s=A_SECOND)


def test_a_role_holds_on_every_server(cluster):
    user = cluster.new_user("deputy")
    path = f"/users/{user[0].id}"
    for client in user:
        client.get("/users").expect(403)
    cluster.admins[0].patch(path, json={"role": "admin"}).expect(200)
    for client in user:
        eventually(lambda: client.get("/users").status == 200, deadline_s=A_SECOND)
    cluster.admins[1].patch(path, json={"role": "user"}).expect(200)
    for client in user:
        eventually(lambda: client.get("/users").status == 403, deadline_s=A_SECOND)


def test_a_removed_user_is_gone_on_every_server(cluster):
    user = cluster.new_user("leaver")
    agent = make_agent(user[0])
    user[1].get(f"/agents/{agent['id']}").expect(200)
    cluster.admins[0].delete(f"/users/{user[0].id}", erase="true").expect(204)
    for client in user:
        eventually(lambda: client.get(f"/agents/{agent['id']}").status == 401, deadline_s=A_SECOND)


def test_servers_that_start_at_once_on_an_empty_database_agree(tmp_path):
    """Whoever comes first makes the schema and the first admin."""
    for turn in range(3):
        cluster = Cluster(tmp_path / str(turn), 4, start=False)
        try:
            at_once(*(server.start for server in cluster.servers))
            for admin in cluster.admins:
                eventually(lambda: is_ready(admin.server), deadline_s=30)
            users = [admin.get("/users").expect(200)["items"] for admin in cluster.admins]
            assert [len(found) for found in users] == [1] * 4 and len({found[0]["id"] for found in users}) == 1
        finally:
            cluster.close()


def test_servers_that_start_at_once_without_a_key_make_one_key(tmp_path):
    database = Database()
    cluster = Cluster(tmp_path, 3, database=database, start=False)
    try:
        for server in cluster.servers:
            server.admin_key = ""
        at_once(*(server.start for server in cluster.servers))
        written = lambda: [server.data / "admin.key" for server in cluster.servers if (server.data / "admin.key").exists()]  # noqa: E731
        eventually(written, deadline_s=30)
        for server in cluster.servers:
            eventually(lambda: is_ready(server), deadline_s=30)
        assert len(written()) == 1, "one server has made the first admin"
        key = written()[0].read_text().strip()
        for client in cluster.clients_of(key):
            assert client.get("/me").expect(200)["name"] == "admin"
    finally:
        cluster.close()


def test_a_server_that_comes_and_goes_disturbs_nobody(cluster, tmp_path):
    owner = cluster.new_user()
    agent = make_agent(owner[0], configuration={"n": 0})
    stop, failures, count = threading.Event(), [], [0]

    def write():
        try:
            while not stop.is_set():
                owner[0].patch(f"/agents/{agent['id']}", json={"configuration": {"n": count[0] + 1}}).expect(200)
                count[0] += 1
        except BaseException as failure:  # noqa: BLE001 (told in the main thread)
            failures.append(failure)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for turn in range(4):
            guest = Cluster(tmp_path / str(turn), 1, database=cluster.database)
            client = Client(guest.servers[0], owner[0].key)
            least = count[0]
            assert client.get(f"/agents/{agent['id']}").expect(200)["configuration"]["n"] >= least
            guest.servers[0].kill() if turn % 2 else guest.servers[0].stop()
    finally:
        stop.set()
        thread.join()
    assert failures == [] and count[0] > 0
