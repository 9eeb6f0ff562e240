"""A disk that is full, of the data directory or of PostgreSQL: what cannot be written is said, nothing is lost, and room heals it."""

import subprocess

import pytest

from client import Server, make_agent, uuid7
from stores import IS_POSTGRES, postgres_only
from support_disk import fill, small_file_system
from support_executions import AGENTS
from support_ledger import ledgers_of, settle, unavailable, under_load
from support_load import exported
from support_postgres import Postgres
from support_process import eventually, onggi


@pytest.fixture
def small_disk(tmp_path):
    """A server whose data is on a file system of its own: (its directory, the server)."""
    if not IS_POSTGRES:
        with small_file_system(tmp_path / "server" / "data", 128) as directory:
            yield from served(directory, Server(tmp_path / "server"))
        return
    with Postgres() as postgres, small_file_system(postgres.directory / "small", 192) as directory:
        try:
            (directory / "space").mkdir()
            subprocess.run(["chown", "postgres", str(directory / "space")], check=False, timeout=20)
            postgres.sql(f"create tablespace small owner onggi location '{directory / 'space'}'")
            postgres.sql("create database small owner onggi tablespace small")
            yield from served(directory, Server(tmp_path / "server", database_url=postgres.url("small")))
        finally:
            postgres.stop("immediate")


def served(directory, server):
    try:
        yield directory, server
    finally:
        if server.running:
            server.kill()


def test_a_disk_that_fills_under_load_loses_nothing_and_heals_by_itself(small_disk):
    directory, server = small_disk
    admin = server.admin()
    ledgers = ledgers_of([admin], 8)

    def fill_and_free(progress):
        for _ in range(2):
            fill(directory / "ballast")
            told = unavailable(ledgers)
            eventually(lambda: unavailable(ledgers) >= told + 16, deadline_s=60)
            (directory / "ballast").unlink()
            progress(40)

    under_load(ledgers, fill_and_free)
    settle(admin, ledgers)
    server.stop()
    if not IS_POSTGRES:
        onggi("check", "--data", server.data).succeeded()
    server.start()
    settle(admin, ledgers)


@postgres_only  # of the embedded store see test_durability_disk.py
def test_a_full_disk_is_told_loses_nothing_and_heals_by_itself(small_disk):
    directory, server = small_disk
    admin = server.admin()
    agent = make_agent(admin)
    kept, refused_ids = {}, []

    def record(size):
        text = "".join(f"{uuid7()}" for _ in range(size // 36))  # nothing that compresses
        body = AGENTS.of(agent, id=uuid7(), input_data={"noise": text})
        answer = admin.post("/executions", json=body)
        if answer.status == 201:
            kept[body["id"]] = body
        else:
            answer.expect(503)
            assert int(answer.headers["Retry-After"]) >= 1
            refused_ids.append(body["id"])
        return answer.status

    ballast = directory / "ballast"
    fill(ballast, leave_bytes=3 << 20)
    for _ in range(300):
        if record(100_000) == 503:
            break
    assert kept and refused_ids
    admin.get("/me").expect(200)
    shown = exported(admin)
    assert set(kept) <= set(shown) and not set(refused_ids) & set(shown)
    ballast.unlink()
    eventually(lambda: record(1000) == 201, deadline_s=30, every_s=0.1)
    assert record(100_000) == 201
    assert set(exported(admin)) == set(kept)
    server.stop()
