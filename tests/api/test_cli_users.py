"""Users and keys from the command line: on a directory that nobody serves, and beside a running server, through it."""

import pytest

from client import Client, make_agent
from support_cli import printed_ids, printed_key
from support_process import eventually, onggi


class Place:
    """A data directory, served or not while commands run; `with place.served()` it is served in either case."""

    def __init__(self, server, is_served):
        self.server, self.is_served = server, is_served
        if not is_served:
            server.stop()

    def run(self, *arguments):
        return onggi(*arguments, "--data", self.server.data)

    def ask(self, key, path="/me"):
        if not self.is_served:
            self.server.start()
        try:
            return Client(self.server, key).get(path)
        finally:
            if not self.is_served:
                self.server.stop()


@pytest.fixture(params=[False, True], ids=["alone", "beside_a_server"])
def place(request, new_server):
    return Place(new_server(), request.param)


def test_a_user_is_added_and_gets_a_key(place):
    place.run("user", "add", "carol").succeeded()
    listed = place.run("user", "list").succeeded().stdout
    assert "carol" in listed and "admin" in listed
    added = place.run("key", "add", "carol", "laptop")
    key = printed_key(added)
    me = place.ask(key).expect(200)
    assert me["name"] == "carol" and me["role"] == "user"
    keys = place.run("key", "list", "carol").succeeded()
    assert "laptop" in keys.stdout and key not in keys.output
    place.ask(key, "/users").expect(403)


def test_a_key_may_be_added_by_the_id_of_its_user(place):
    done = place.run("user", "add", "dora").succeeded()
    listed = place.run("user", "list").succeeded().stdout
    id = next(printed_ids(line)[0] for line in listed.splitlines() if "dora" in line)
    assert not printed_ids(done.stdout) or printed_ids(done.stdout)[0] == id
    key = printed_key(place.run("key", "add", id, "phone"))
    assert place.ask(key).expect(200)["id"] == id


def test_an_admin_is_added(place):
    place.run("user", "add", "root-two", "--role", "admin").succeeded()
    key = printed_key(place.run("key", "add", "root-two", "k"))
    assert place.ask(key).expect(200)["role"] == "admin"
    place.ask(key, "/users").expect(200)


def test_a_revoked_key_opens_nothing(place):
    place.run("user", "add", "erin").succeeded()
    one, two = (printed_key(place.run("key", "add", "erin", name)) for name in ("first-key", "second-key"))
    place.ask(one).expect(200)
    listed = place.run("key", "list", "erin").succeeded().stdout
    id = next(printed_ids(line)[0] for line in listed.splitlines() if "first-key" in line)
    place.run("key", "revoke", id).succeeded()
    eventually(lambda: place.ask(one).status == 401, deadline_s=1 if place.is_served else 10)
    place.ask(two).expect(200)
    assert "first-key" not in place.run("key", "list", "erin").succeeded().stdout
    place.run("key", "revoke", id).failed()


def test_a_removed_user_is_gone_with_its_keys(place):
    place.run("user", "add", "frank").succeeded()
    key = printed_key(place.run("key", "add", "frank", "k"))
    place.ask(key).expect(200)
    place.run("user", "remove", "frank").succeeded()
    eventually(lambda: place.ask(key).status == 401, deadline_s=1 if place.is_served else 10)
    assert "frank" not in place.run("user", "list").succeeded().stdout


def test_a_user_that_owns_rows_is_not_removed(new_server):
    server = new_server()
    onggi("user", "add", "grace", "--data", server.data).succeeded()
    client = Client(server, printed_key(onggi("key", "add", "grace", "k", "--data", server.data)))
    agent = make_agent(client)
    onggi("user", "remove", "grace", "--data", server.data).failed()
    client.get(f"/agents/{agent['id']}").expect(200)
    server.stop()
    onggi("user", "remove", "grace", "--data", server.data).failed()
    server.start()
    client.get(f"/agents/{agent['id']}").expect(200)


@pytest.mark.parametrize("arguments, word", [(["user", "add"], "name"), (["user", "add", "x", "--role", "boss"], "role"),
    (["key", "add", "nobody", "k"], "nobody"), (["key", "list", "nobody"], "nobody"),
                                             (["user", "remove", "nobody"], "nobody"), (["key", "revoke", "nothing"], "nothing")])
def test_a_mistake_is_told_and_changes_nothing(place, arguments, word):
    before = place.run("user", "list").succeeded().stdout
    place.run(*arguments).failed(word)
    assert place.run("user", "list").succeeded().stdout == before


def test_what_was_done_beside_a_server_outlives_it(new_server):
    server = new_server()
    onggi("user", "add", "henry", "--data", server.data).succeeded()
    key = printed_key(onggi("key", "add", "henry", "k", "--data", server.data))
    server.kill()
    assert "henry" in onggi("user", "list", "--data", server.data).succeeded().stdout
    server.start()
    assert Client(server, key).get("/me").expect(200)["name"] == "henry"
