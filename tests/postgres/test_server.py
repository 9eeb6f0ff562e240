"""The private PostgreSQL of the tests: what it is, and that it is gone when whoever made it is gone."""

import importlib.machinery
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import server
from server import Missing, Postgres

pytestmark = pytest.mark.skipif(os.environ.get("ONGGI_REQUIRE_POSTGRES") == "0" and not server.is_installed(), reason="PostgreSQL is not installed")
RUN = pathlib.Path(__file__).with_name("run")


def run(*arguments, environment=None):
    return subprocess.run([RUN, *arguments], capture_output=True, text=True, timeout=120, env={**without_server(), **(environment or {})})


def without_server():
    return {name: value for name, value in os.environ.items() if not name.startswith("ONGGI_")}


def eventually(fact, deadline_s=30):
    until = time.monotonic() + deadline_s
    while not fact():
        assert time.monotonic() < until, f"not so within {deadline_s} s"
        time.sleep(0.02)


def start_time(pid):
    """Tells a process from a later one of the same number; None when there is none."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


@pytest.fixture(scope="module")
def postgres():
    try:
        with Postgres() as it:
            yield it
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)


def psql(url, text):
    return subprocess.run([server.binaries() / "psql", "-X", "-A", "-t", "-c", text, url], capture_output=True, text=True, timeout=60)


def test_the_role_may_make_databases_and_is_no_superuser(postgres):
    told = psql(postgres.url(), "select rolsuper, rolcreatedb, rolcreaterole from pg_roles where rolname = current_user")
    assert told.stdout.split() == ["f|t|f"], told
    assert psql(postgres.url(), "create database one").returncode == 0
    assert psql(postgres.url("one"), "show server_encoding").stdout.split() == ["UTF8"]


def test_a_password_is_asked_for_everywhere(postgres):
    assert "authentication failed" in psql(postgres.url(password="wrong"), "select 1").stderr
    assert psql(postgres.socket_url(), "select 1").stdout.split() == ["1"]
    assert psql(postgres.socket_url().replace(postgres.password, "wrong"), "select 1").returncode != 0


def test_it_stops_and_starts_again_on_its_port(postgres):
    before = postgres.url()
    psql(postgres.url(), "create table kept (n int)")
    postgres.stop()
    assert psql(before, "select 1").returncode != 0
    postgres.start()
    assert psql(before, "select count(*) from pg_class where relname = 'kept'").returncode == 0 and postgres.url() == before


def test_a_runner_passes_the_exit_code_on_and_leaves_nothing():
    done = run("sh", "-c", 'echo "$ONGGI_TEST_POSTGRES"; exit 7')
    assert done.returncode == 7 and done.stdout.startswith("postgresql://onggi:"), done
    assert psql(done.stdout.strip(), "select 1").returncode != 0


def test_a_server_that_is_named_already_is_used():
    done = run("sh", "-c", 'echo "$ONGGI_TEST_POSTGRES"', environment={"ONGGI_TEST_POSTGRES": "postgresql://mine"})
    assert (done.returncode, done.stdout) == (0, "postgresql://mine\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_the_runner_however_it_ends(tmp_path, number):
    told = tmp_path / "told"
    question = f'psql -X -A -t -c "show data_directory" "$ONGGI_TEST_POSTGRES_ADMIN" >{told}.part; mv {told}.part {told}; exec cat'
    path = {"PATH": f"{server.binaries()}:{os.environ['PATH']}"}
    runner = subprocess.Popen([RUN, "sh", "-c", question], stdin=subprocess.PIPE, env={**without_server(), **path})
    try:
        eventually(told.exists)
        cluster = pathlib.Path(told.read_text().strip())
        pid = int((cluster / "postmaster.pid").read_text().split()[0])
        started = start_time(pid)
        assert started
        runner.send_signal(number)
        if number == signal.SIGKILL:  # then nobody tells the command, which waits for this
            runner.stdin.close()
        code = runner.wait(60)
        assert code == (-number if number == signal.SIGKILL else 128 + number)
        eventually(lambda: start_time(pid) != started)
        eventually(lambda: not cluster.parent.exists())
    finally:
        if runner.poll() is None:
            runner.kill()
            runner.wait()


@pytest.fixture
def runner_without_postgres(monkeypatch):
    """The runner's main, on a machine that has no PostgreSQL."""
    monkeypatch.delenv("ONGGI_TEST_POSTGRES", raising=False)
    monkeypatch.delenv("ONGGI_TEST_POSTGRES_ADMIN", raising=False)
    monkeypatch.setattr(server.glob, "glob", lambda pattern: [])
    monkeypatch.setattr(server.shutil, "which", lambda name: None)
    monkeypatch.setattr(server, "end_on_signals", lambda: None)
    loader = importlib.machinery.SourceFileLoader("runner", str(RUN))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("runner", loader))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    return module.main


def test_without_postgresql_it_says_so_and_fails(runner_without_postgres, capfd, tmp_path):
    assert runner_without_postgres(["touch", str(tmp_path / "ran")]) == 1
    assert "not installed" in capfd.readouterr().err and not (tmp_path / "ran").exists()


def test_without_postgresql_an_optional_one_is_left_out_visibly(runner_without_postgres, capfd):
    assert runner_without_postgres(["--optional", "sh", "-c", 'echo "server: $ONGGI_TEST_POSTGRES."; exit 3']) == 3
    told = capfd.readouterr()
    assert told.out == "server: .\n" and "PostgreSQL is not installed: its tests are skipped" in told.err
