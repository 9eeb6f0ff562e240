"""Demo, backup and restore."""

import threading

import pytest

from client import Client, Server, make_agent, make_workflow, make_workflow_execution, node, uuid7
from support_cli import printed_key
from support_executions import AGENTS, steps
from support_load import LOST, exported
from stores import embedded_only
from support_process import onggi

copies_a_file = embedded_only("a backup is a copy of the file; PostgreSQL has pg_dump")
LISTS = ("/agents", "/workflows", "/blocks", "/tools", "/knowledgebases")


def contents(data):
    """What a data directory holds, as its users see it: names and counts."""
    key = printed_key(onggi("key", "add", "admin", "test", "--data", data))
    server = Server(data.parent / "served", start=False)
    server.data = data
    server.start()
    try:
        admin = Client(server, key)
        found = {"users": sorted(user["name"] for user in admin.items("/users"))}
        for user in admin.items("/users"):
            for path in LISTS:
                found[user["name"], path] = sorted(item["name"] for item in admin.items(path, limit=500, user_id=user["id"]))
            for path in ("/executions", "/workflow-executions"):
                found[user["name"], path] = admin.get(path, limit=1, count=True, user_id=user["id"]).expect(200)["total"]
        server.stop()
        return found
    finally:
        server.close()


def test_the_demo_is_the_same_every_time(tmp_path):
    places = [tmp_path / "one" / "data", tmp_path / "two" / "data"]
    for place in places:
        place.parent.mkdir()
        onggi("demo", "--data", place, deadline_s=120).succeeded()
        onggi("check", "--data", place).succeeded()
    one, two = map(contents, places)
    assert one == two
    for path in LISTS[:2]:
        assert any(found for (_, shown), found in ((k, v) for k,
            v in one.items() if k != "users") if shown == path), f"the demo has nothing in {path}"
    assert any(one[name, "/executions"] > 0 for name in one["users"])


def fill(admin):
    """Some of everything."""
    agent = make_agent(admin, configuration={"옹기": [1, 2.5, None]})
    workflow = make_workflow(admin, nodes=[node("a", data={"agent_id": agent["id"]}), node("b")])
    execution = make_workflow_execution(admin, workflow["id"], steps=steps(3))
    return [f"/agents/{agent['id']}", f"/workflows/{workflow['id']}", f"/workflow-executions/{execution['id']}"], agent


@copies_a_file
def test_a_backup_under_load_holds_everything_that_was_acknowledged(new_server, tmp_path):
    server = new_server()
    admin = server.admin()
    paths, agent = fill(admin)
    acknowledged, sent, failures = [], set(), []
    is_over = threading.Event()

    def write():
        try:
            while not is_over.is_set():
                bodies = [AGENTS.of(agent, id=uuid7(), input_data={"text": "x" * 200}, steps=steps(2)) for _ in range(10)]
                sent.update(body["id"] for body in bodies)
                admin.post("/executions/batch", json=bodies).expect(200)
                acknowledged.extend(body["id"] for body in bodies)
        except BaseException as failure:  # noqa: BLE001 (told in the main thread)
            failures.append(failure)

    admin.post("/executions/batch", json=[AGENTS.of(agent, input_data={"text": "y" * 1000}) for _ in range(3000)]).expect(200)
    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        while len(acknowledged) < 200 and not failures:
            is_over.wait(0.01)
        before = set(exported(admin)) | set(acknowledged)
        onggi("backup", tmp_path / "backup.onggi", "--data", server.data, deadline_s=60).succeeded()
    finally:
        is_over.set()
        for thread in threads:
            thread.join(30)
    assert failures == []
    shown = {path: admin.get(path).expect(200) for path in paths}
    lines = exported(admin)
    restored = Server(tmp_path / "restored", start=False, admin_key=server.admin_key)
    onggi("restore", tmp_path / "backup.onggi", "--data", restored.data).succeeded()
    onggi("check", "--data", restored.data).succeeded()
    try:
        restored.start()
        again = restored.admin()
        found = exported(again)
        assert before <= set(found) <= set(lines), "the backup lacks what was acknowledged before it began, or has what never was"
        assert all(lines[id] == line for id, line in found.items())
        for path, value in shown.items():
            assert again.get(path).expect(200) == value
        AGENTS.make(again, agent)
        restored.stop()
    finally:
        restored.close()


@copies_a_file
def test_a_backup_of_a_directory_that_nobody_serves(new_server, tmp_path):
    server = new_server()
    paths, _ = fill(server.admin())
    shown = {path: server.admin().get(path).expect(200) for path in paths}
    server.stop()
    onggi("backup", tmp_path / "backup.onggi", "--data", server.data).succeeded()
    restored = Server(tmp_path / "restored", start=False, admin_key=server.admin_key)
    onggi("restore", tmp_path / "backup.onggi", "--data", restored.data).succeeded()
    try:
        restored.start()
        assert {path: restored.admin().get(path).expect(200) for path in paths} == shown
        restored.stop()
    finally:
        restored.close()


@copies_a_file
def test_restore_refuses_a_directory_that_has_a_database(new_server, tmp_path):
    server = new_server()
    admin = server.admin()
    onggi("backup", tmp_path / "backup.onggi", "--data", server.data).succeeded()
    agent = make_agent(admin)
    onggi("restore", tmp_path / "backup.onggi", "--data", server.data).failed()
    admin.get(f"/agents/{agent['id']}").expect(200)
    server.stop()
    onggi("restore", tmp_path / "backup.onggi", "--data", server.data).failed()
    server.start()
    admin.get(f"/agents/{agent['id']}").expect(200)


@copies_a_file
@pytest.mark.parametrize("content", [b"", b"not a backup " * 1000, b"SQLite format 3\x00" + b"\x00" * 5000])
def test_restore_refuses_what_is_no_backup(tmp_path, content):
    (tmp_path / "odd.onggi").write_bytes(content)
    onggi("restore", tmp_path / "odd.onggi", "--data", tmp_path / "data").failed()
    assert not (tmp_path / "data").exists() or not [p for p in (tmp_path / "data").iterdir() if p.suffix in (".db", ".sqlite", ".sqlite3")]


@copies_a_file
def test_a_cut_backup_is_not_restored(new_server, tmp_path):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    admin.post("/executions/batch", json=[AGENTS.of(agent, input_data={"text": "x" * 500}) for _ in range(1000)]).expect(200)
    path = tmp_path / "backup.onggi"
    onggi("backup", path, "--data", server.data).succeeded()
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    onggi("restore", path, "--data", tmp_path / "data").failed()


@copies_a_file
def test_a_backup_goes_nowhere_that_cannot_be_written(new_server, tmp_path):
    server = new_server()
    for path in (tmp_path / "missing" / "backup", "/proc/onggi-backup", tmp_path):
        onggi("backup", path, "--data", server.data).failed()
    onggi("backup", tmp_path / "backup", "--data", tmp_path / "nowhere").failed("nowhere")
    onggi("restore", tmp_path / "missing-backup", "--data", tmp_path / "data").failed("missing-backup")
    assert server.running and not (tmp_path / "nowhere").exists()
    server.admin().get("/me").expect(200)


@copies_a_file
def test_a_server_that_dies_during_a_backup_leaves_its_data_whole(new_server, tmp_path):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    for _ in range(3):
        admin.post("/executions/batch", json=[AGENTS.of(agent, input_data={"text": "x" * 500}) for _ in range(5000)]).expect(200)
    ended = []
    thread = threading.Thread(target=lambda: ended.append(onggi("backup", tmp_path / "backup", "--data", server.data)))
    thread.start()
    thread.join(0.05)
    server.kill()
    thread.join(60)
    assert ended, "the backup neither ended nor failed"
    server.start()
    try:
        assert admin.get("/executions", limit=1, count=True).expect(200)["total_is_capped"] is True
    except LOST as failure:
        raise AssertionError("the server is gone") from failure
