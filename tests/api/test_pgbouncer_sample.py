"""The sample of contrib/pgbouncer, as it is but for addresses and places, between a server and the PostgreSQL of the tests."""

import configparser
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.parse

import pytest

import stores
from client import REPOSITORY, Server, make_agent
from stores import Database, connect, postgres_only
from support_executions import AGENTS
from support_nginx import free_port
from support_postgres import is_ready
from support_process import eventually

pytestmark = postgres_only
SAMPLE = REPOSITORY / "contrib/pgbouncer/pgbouncer.ini"
PROGRAM = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")


def rendered(directory, port, database):
    sample = configparser.ConfigParser(comment_prefixes=(";",), interpolation=None)
    sample.read(SAMPLE)
    url = urllib.parse.urlsplit(database.url)
    assert list(sample["databases"]) == ["onggi"]
    sample["databases"] = {database.name: f"host={url.hostname} port={url.port} dbname={database.name}"}
    places = {"listen_addr": "127.0.0.1", "listen_port": str(port), "unix_socket_dir": "", "logfile": f"{directory}/log",
              "pidfile": f"{directory}/pid", "auth_file": f"{directory}/userlist.txt"}
    assert set(places) <= set(sample["pgbouncer"])
    sample["pgbouncer"].update(places)
    with open(directory / "pgbouncer.ini", "w") as file:
        sample.write(file)
    (directory / "userlist.txt").write_text(f'"{url.username}" "{url.password}"\n')


@pytest.fixture
def pooled():
    """A database, and its URL by way of PgBouncer."""
    if PROGRAM is None:
        missing = "PgBouncer is not installed: tools/install-packages.sh installs it"
        (pytest.fail if os.environ.get("ONGGI_REQUIRE_POSTGRES") == "1" else pytest.skip)(missing)
    # It refuses to run as root, and another user cannot see into the directories of the tests.
    as_owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    directory, port, database = pathlib.Path(tempfile.mkdtemp(prefix="onggi-pgbouncer-")), free_port(), Database()
    rendered(directory, port, database)
    if as_owner:
        for path in (directory, *directory.iterdir()):
            shutil.chown(path, "postgres", "postgres")
    process = subprocess.Popen([PROGRAM, "-q", directory / "pgbouncer.ini"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, cwd="/", **as_owner)

    def listens():
        log = directory / "log"
        assert process.poll() is None, log.read_text() if log.exists() else "it has ended at once"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    try:
        eventually(listens, deadline_s=20)
        url = urllib.parse.urlsplit(database.url)
        yield database, url._replace(netloc=f"{url.username}:{url.password}@127.0.0.1:{port}").geturl()
    finally:
        process.terminate()
        process.wait(20)
        database.drop()
        shutil.rmtree(directory)


def test_a_session_is_lent_for_a_transaction(pooled):
    database, url = pooled
    sessions = set()
    with contextlib.closing(connect(url)) as one, contextlib.closing(connect(url)) as other:
        for connection in (one, other):
            with connection.cursor() as cursor:
                cursor.execute("select pg_backend_pid()")
                sessions.add(cursor.fetchone()[0])
    assert len(sessions) == 1, "each client has a session of its own"


def test_a_server_works_through_it_and_finds_it_out_by_itself(tmp_path, pooled):
    database, url = pooled
    server = Server(tmp_path, database_url=url)
    try:
        eventually(lambda: is_ready(server), deadline_s=20)
        admin = server.admin()
        agent = make_agent(admin)
        made = AGENTS.make(admin, agent)
        assert AGENTS.get(admin, made)["agent_name"] == agent["name"]
        assert stores.rows(database.url, "select count(*) from agent_executions") == [(1,)]
    finally:
        server.kill()
