"""Users and their API keys."""

import re
import stat
import time

import pytest

from client import Client, make_agent, make_execution, make_knowledgebase, make_user, to_ms, unique

KEY = r"onggi_[A-Za-z0-9_-]{43}"


def test_a_user_has_defaults(admin):
    name = unique("carol")
    user = admin.post("/users", json={"name": name}).expect(201)
    assert set(user) == {"id", "name", "role", "timezone", "created_at", "updated_at", "version"}
    assert (user["name"], user["role"], user["timezone"]) == (name, "user", "UTC")
    assert to_ms(user["created_at"]) == to_ms(user["updated_at"])
    assert admin.get(f"/users/{user['id']}").expect(200) == user


@pytest.mark.parametrize("fields, field", [
    ({}, "/name"), ({"name": None}, "/name"), ({"name": 7}, "/name"),
    ({"name": "x", "role": "root"}, "/role"), ({"name": "x", "role": 1}, "/role"),
    ({"name": "x", "timezone": "Mars/Olympus"}, "/timezone"), ({"name": "x", "timezone": "../../etc/passwd"}, "/timezone"),
    ({"name": "x", "timezone": ""}, "/timezone"), ({"name": "x", "nickname": "y"}, "/nickname")])
def test_an_invalid_user_is_refused_naming_the_field(admin, fields, field):
    admin.post("/users", json=fields).rejects(field)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Argentina/Buenos_Aires", "Australia/Lord_Howe"])
def test_a_zone_of_the_iana_database_is_accepted(admin, zone):
    assert admin.post("/users", json={"name": unique(), "timezone": zone}).expect(201)["timezone"] == zone


def test_a_patch_changes_what_it_names(admin, alice):
    before = admin.get(f"/users/{alice.id}").expect(200)
    after = admin.patch(f"/users/{alice.id}", json={"timezone": "Asia/Seoul"}).expect(200)
    assert after == {**before, "timezone": "Asia/Seoul", "version": before["version"] + 1, "updated_at": after["updated_at"]}
    assert alice.get("/me").expect(200)["timezone"] == "Asia/Seoul"
    assert admin.patch(f"/users/{alice.id}", json={"timezone": None}).expect(200)["timezone"] == "UTC"
    admin.patch(f"/users/{alice.id}", json={"name": None}).rejects("/name")


def test_users_are_filtered_by_name_and_role(admin, alice):
    assert [user["id"] for user in admin.items("/users", name=alice.user["name"])] == [alice.id]
    assert admin.items("/users", name=alice.user["name"], role="admin") == []
    assert {user["role"] for user in admin.items("/users", role="admin")} == {"admin"}


def test_me_is_the_user_itself(admin, alice):
    assert alice.get("/me").expect(200) == admin.get(f"/users/{alice.id}").expect(200)
    assert (admin.user["name"], admin.user["role"]) == ("admin", "admin")


def test_users_are_for_admins(alice, bob):
    alice.get("/users").expect(403)
    alice.post("/users", json={"name": unique()}).expect(403)
    alice.patch(f"/users/{bob.id}", json={"role": "admin"}).expect(403)
    alice.delete(f"/users/{bob.id}").expect(403)
    alice.delete(f"/users/{bob.id}", erase=True).expect(403)
    bob.get("/me").expect(200)


def test_a_role_changes_for_the_keys_in_use(admin, alice):
    alice.get("/users").expect(403)
    admin.patch(f"/users/{alice.id}", json={"role": "admin"}).expect(200)
    until(lambda: alice.get("/users").status == 200)
    admin.patch(f"/users/{alice.id}", json={"role": "user"}).expect(200)
    until(lambda: alice.get("/users").status == 403)


def test_a_user_that_owns_rows_is_deleted_only_on_purpose(admin, alice):
    agent = make_agent(alice)
    admin.delete(f"/users/{alice.id}").expect(409)
    alice.get(f"/agents/{agent['id']}").expect(200)
    admin.delete(f"/users/{alice.id}", erase=True).expect(204)
    admin.get(f"/users/{alice.id}").expect(404)
    admin.delete(f"/users/{alice.id}", erase=True).expect(404)


def test_an_execution_alone_keeps_its_user(admin, alice, bob):
    public = make_agent(bob, is_public=True)
    make_execution(alice, public["id"])
    admin.delete(f"/users/{alice.id}").expect(409)


def test_erasing_a_user_erases_what_it_published_and_its_keys(admin, alice, bob):
    agent = make_agent(alice, is_public=True)
    make_knowledgebase(alice)
    bob.get(f"/agents/{agent['id']}").expect(200)
    admin.delete(f"/users/{alice.id}", erase=True).expect(204)
    bob.get(f"/agents/{agent['id']}").expect(404)
    assert bob.items("/agents", name=agent["name"]) == []
    until(lambda: alice.get("/me").status == 401)


def test_a_user_without_rows_is_deleted(admin):
    user = admin.post("/users", json={"name": unique()}).expect(201)
    admin.delete(f"/users/{user['id']}").expect(204)
    admin.get(f"/users/{user['id']}").expect(404)
    admin.patch(f"/users/{user['id']}", json={"name": "x"}).expect(404)
    assert admin.items("/users", name=user["name"]) == []


# Keys

def test_a_key_is_shown_once(alice):
    key = alice.post(f"/users/{alice.id}/keys", json={"name": "laptop"}).expect(201)
    assert set(key) == {"id", "name", "key", "created_at"} and key["name"] == "laptop"
    assert re.fullmatch(KEY, key["key"])
    listed = alice.get(f"/users/{alice.id}/keys")
    assert {"id": key["id"], "name": "laptop", "created_at": key["created_at"]} in listed.expect(200)["items"]
    assert key["key"] not in listed.text and alice.key not in listed.text
    assert Client(alice.server, key["key"]).get("/me").expect(200)["id"] == alice.id


def test_every_key_is_another(alice):
    keys = {alice.post(f"/users/{alice.id}/keys", json={"name": "same"}).expect(201)["key"] for _ in range(5)}
    assert len(keys) == 5


def test_a_key_needs_a_name(alice):
    alice.post(f"/users/{alice.id}/keys", json={}).rejects("/name")
    alice.post(f"/users/{alice.id}/keys", json={"name": "x", "a/b~c": 1}).rejects("/a~1b~0c")
    alice.post(f"/users/{alice.id}/keys", json={"name": "x", "key": "onggi_" + "a" * 43}).expect(422)


def test_a_revoked_key_is_refused_within_a_second(alice):
    key = alice.post(f"/users/{alice.id}/keys", json={"name": "lost"}).expect(201)
    thief = Client(alice.server, key["key"])
    thief.get("/me").expect(200)
    alice.delete(f"/users/{alice.id}/keys/{key['id']}").expect(204)
    until(lambda: thief.get("/me").status == 401)
    alice.get("/me").expect(200)
    assert key["id"] not in [item["id"] for item in alice.items(f"/users/{alice.id}/keys")]
    alice.delete(f"/users/{alice.id}/keys/{key['id']}").expect(404)


def test_the_keys_of_another_user_are_out_of_reach(admin, alice, bob):
    own = alice.items(f"/users/{alice.id}/keys")[0]["id"]
    bob.get(f"/users/{alice.id}/keys").expect(403, 404)
    bob.post(f"/users/{alice.id}/keys", json={"name": "back door"}).expect(403, 404)
    bob.delete(f"/users/{alice.id}/keys/{own}").expect(403, 404)
    bob.delete(f"/users/{bob.id}/keys/{own}").expect(404)
    assert [key["id"] for key in admin.items(f"/users/{alice.id}/keys")] == [own]
    alice.get("/me").expect(200)


def test_an_admin_makes_and_revokes_keys_of_others(admin, alice):
    key = admin.post(f"/users/{alice.id}/keys", json={"name": "spare"}).expect(201)
    assert Client(alice.server, key["key"]).get("/me").expect(200)["id"] == alice.id
    admin.delete(f"/users/{alice.id}/keys/{key['id']}").expect(204)


def test_an_unknown_user_has_no_keys(admin):
    nobody = "01890000-0000-7000-8000-000000000000"
    admin.get(f"/users/{nobody}/keys").expect(404)
    admin.post(f"/users/{nobody}/keys", json={"name": "x"}).expect(404)


@pytest.mark.parametrize("authorization", [
    None, "", "Bearer", "Bearer ", "Bearer x", "Basic YWRtaW46YWRtaW4=", "Bearer onggi_" + "A" * 43, "Bearer onggi_" + "A" * 4000])
def test_without_a_valid_key_nothing_is_shown(anonymous, authorization):
    anonymous.get("/me", headers={"Authorization": authorization}).expect(401)
    anonymous.get("/agents", headers={"Authorization": authorization}).expect(401)
    anonymous.post("/agents", json={}, headers={"Authorization": authorization}).expect(401)


def test_a_key_with_one_character_changed_is_refused(alice):
    for i in (6, 20, len(alice.key) - 1):
        other = "A" if alice.key[i] != "A" else "B"
        forged = alice.key[:i] + other + alice.key[i + 1:]
        Client(alice.server, forged).get("/me").expect(401)
    Client(alice.server, alice.key[:-1]).get("/me").expect(401)
    Client(alice.server, alice.key + "A").get("/me").expect(401)


# The first start

def test_the_first_start_makes_an_admin_key_and_says_it_once(new_server):
    server = new_server(admin_key="")
    path = server.data / "admin.key"
    key = path.read_text().strip()
    assert re.fullmatch(KEY, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "".join(server.output).count(key) + server.stderr().count(key) == 1
    assert Client(server, key).get("/me").expect(200)["name"] == "admin"
    said = server.stderr().count(key)
    server.restart()
    assert key not in "".join(server.output) and server.stderr().count(key) == said
    assert Client(server, key).get("/me").expect(200)["role"] == "admin"


def test_keys_and_their_revocation_outlive_a_restart(new_server):
    server = new_server()
    alice = make_user(server.admin(), "alice")
    lost = alice.post(f"/users/{alice.id}/keys", json={"name": "lost"}).expect(201)
    alice.delete(f"/users/{alice.id}/keys/{lost['id']}").expect(204)
    server.restart()
    alice.get("/me").expect(200)
    Client(server, lost["key"]).get("/me").expect(401)


def test_no_key_is_stored_readable(new_server):
    server = new_server()
    alice = make_user(server.admin(), "alice")
    alice.get("/me").expect(200)
    server.stop()
    for path in server.data.rglob("*"):
        if path.is_file() and path.name != "admin.key":
            assert alice.key.encode() not in path.read_bytes(), path


def until(holds, deadline_s=1.0):
    """What takes effect within a second."""
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, "not within a second"
