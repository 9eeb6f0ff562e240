"""Disks that are full, read-only or damaged, directories that are none or in use, files from the future."""

import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess

import pytest

from client import Server, make_agent, uuid7
from stores import embedded_only
from support_disk import fill, small_file_system
from support_executions import AGENTS
from support_load import exported
from support_process import eventually, onggi

PIECE_BYTES = 32_768
START_S = 20
a_file = embedded_only("a file of the data directory; of PostgreSQL see test_fault_disk.py")


def serve(data, *arguments):
    """A start that is expected to be refused."""
    return onggi("serve", "--data", data, "--listen", "127.0.0.1:0", *arguments, deadline_s=START_S)


@pytest.fixture
def small_disk(tmp_path):
    """A data directory on a file system of 8 MB."""
    with small_file_system(tmp_path / "small" / "data", 8) as directory:
        yield directory


@a_file
def test_a_full_disk_is_told_loses_nothing_and_heals_by_itself(small_disk):
    server = Server(small_disk.parent)
    try:
        admin = server.admin()
        agent = make_agent(admin)
        fill(small_disk / "ballast", leave_bytes=2 << 20)
        kept, refused = {}, []

        def record(size=PIECE_BYTES):
            body = AGENTS.of(agent, id=uuid7(), input_data={"noise": secrets.token_hex(size // 2)})
            answer = admin.post("/executions", json=body)
            if answer.status == 201:
                kept[body["id"]] = body
            else:
                answer.expect(503)
                assert answer.headers["Retry-After"].isdigit()
                refused.append(body["id"])
            return answer

        for _ in range(500):
            if record().status == 503:
                break
        assert refused and kept
        fill(small_disk / "ballast-too")
        for _ in range(5):
            record()
        some, tried_again = next(iter(kept)), refused[-1]
        for answer in (admin.patch(f"/executions/{some}", json={"execution_context": {"noise": secrets.token_hex(PIECE_BYTES)}}),
                       admin.post("/executions/batch", json=[AGENTS.of(agent, id=tried_again, input_data={"noise": secrets.token_hex(PIECE_BYTES)})]),
                       admin.post("/agents", json={"name": "x", "llm_provider": "o", "llm_model": "m", "description": "d" * 5000})):
            assert answer.status in (200, 201, 503), repr(answer)
            assert answer.status != 503 or answer.headers["Retry-After"]
        admin.get("/me").expect(200)
        shown = exported(admin)
        assert set(kept) <= set(shown)
        assert all(shown[id]["input_data"] == body["input_data"] for id, body in kept.items())
        assert AGENTS.get(admin, some)["input_data"] == kept[some]["input_data"]
        assert server.running
        (small_disk / "ballast-too").unlink()
        (small_disk / "ballast").unlink()
        eventually(lambda: record(size=100).status == 201, deadline_s=20, every_s=0.1)
        for _ in range(10):
            assert record().status == 201
        for id in set(refused) - {tried_again}:
            admin.get(f"/executions/{id}").expect(404)
        admin.patch(f"/executions/{some}", json={"status": "completed"}).expect(200)
        server.stop()
        onggi("check", "--data", small_disk).succeeded()
        server.start()
        assert set(kept) <= set(exported(admin))
        server.stop()
    finally:
        if server.running:
            server.kill()


@a_file
def test_kill_9_on_a_full_disk_loses_nothing(small_disk):
    server = Server(small_disk.parent)
    try:
        admin = server.admin()
        agent = make_agent(admin)
        kept = set()
        fill(small_disk / "ballast", leave_bytes=2 << 20)
        for _ in range(500):
            body = AGENTS.of(agent, id=uuid7(), input_data={"noise": secrets.token_hex(PIECE_BYTES // 2)})
            if admin.post("/executions", json=body).status != 201:
                break
            kept.add(body["id"])
        server.kill()
        (small_disk / "ballast").unlink()
        server.start()
        assert kept and kept <= set(exported(admin))
        server.stop()
        onggi("check", "--data", small_disk).succeeded()
    finally:
        if server.running:
            server.kill()


def test_a_read_only_disk_is_told(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, timeout=20)
    serve(small_disk).failed(small_disk.parent.name)


@pytest.mark.parametrize("make", [lambda path: path.write_text("a file"), lambda path: path.symlink_to("/proc/onggi"),
    lambda path: path.symlink_to(path)])
def test_a_data_directory_that_is_none_is_told(tmp_path, make):
    path = tmp_path / "occupied"
    make(path)
    serve(path).failed("occupied")


@pytest.mark.parametrize("path", ["/proc/onggi-data", "/dev/null/onggi-data", "/sys/onggi-data"])
def test_a_data_directory_that_cannot_be_made_is_told(path):
    serve(path).failed(path)
    assert not os.path.exists(path)


def test_a_second_server_on_a_directory_is_refused_and_the_first_goes_on(new_server):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    for _ in range(2):
        refused = serve(server.data).failed()
        assert any(word in refused.output.lower() for word in ("in use", "another", "already", "lock", "running")), refused
        AGENTS.make(admin, agent)
    other = server.directory / "link"
    other.symlink_to(server.data)
    serve(other).failed()
    assert AGENTS.count(admin) == 2
    server.kill()
    server.start()  # what the killed one left does not lock it out
    assert AGENTS.count(admin) == 2


def database_of(data):
    found = [path for path in data.iterdir() if path.is_file() and path.open("rb").read(15) == b"SQLite format 3"]
    assert len(found) == 1, f"{found} in {os.listdir(data)}"
    return found[0]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@a_file
def test_a_file_of_a_newer_version_is_refused_untouched(new_server):
    server = new_server()
    make_agent(server.admin())
    server.stop()
    database = database_of(server.data)
    connection = sqlite3.connect(database)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(schema_migrations)")]
    assert "version" in columns, columns
    newest = connection.execute("SELECT * FROM schema_migrations ORDER BY version DESC LIMIT 1").fetchone()
    row = [999 if name == "version" else value for name, value in zip(columns, newest)]
    connection.execute(f"INSERT INTO schema_migrations ({', '.join(columns)}) VALUES ({', '.join('?' * len(row))})", row)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = digest(database)
    refused = serve(server.data).failed()
    assert "newer" in refused.output.lower() or "999" in refused.output, refused
    assert digest(database) == before
    onggi("check", "--data", server.data).failed()


@a_file
def test_a_file_that_is_no_database_is_refused_untouched(new_server):
    server = new_server()
    server.stop()
    database = database_of(server.data)
    for path in server.data.iterdir():
        if path.name.startswith(database.name + "-"):
            path.unlink()
    database.write_bytes(b"this is not a database " * 1000)
    before = digest(database)
    serve(server.data).failed()
    onggi("check", "--data", server.data).failed()
    assert digest(database) == before


@a_file
def test_check_finds_damage(new_server):
    server = new_server()
    admin = server.admin()
    agent = make_agent(admin)
    admin.post("/executions/batch", json=[AGENTS.of(agent, input_data={"text": "x" * 500}) for _ in range(2000)]).expect(200)
    server.stop()
    onggi("check", "--data", server.data).succeeded()
    database = database_of(server.data)
    copy = server.directory / "copy"
    shutil.copytree(server.data, copy)
    size = database.stat().st_size
    with open(database_of(copy), "r+b") as file:
        for offset in range(size // 2, size // 2 + 65_536, 4096):
            file.seek(offset // 4096 * 4096)
            file.write(b"\xff" * 4096)
    damaged = onggi("check", "--data", copy)
    assert damaged.code not in (0, None) and damaged.code > 0, damaged
    onggi("check", "--data", server.data).succeeded()


@a_file
def test_check_of_what_is_not_there_makes_nothing(tmp_path):
    onggi("check", "--data", tmp_path / "nowhere").failed("nowhere")
    assert not (tmp_path / "nowhere").exists()
