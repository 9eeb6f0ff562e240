"""Ways to a PostgreSQL: a Unix socket, TLS whose certificate is checked, the command line."""

import re
import subprocess

import pytest

from client import Server, make_agent
from stores import Database, postgres_only
from support_cli import options
from support_http import once
from support_postgres import Postgres
from support_process import eventually, onggi

pytestmark = postgres_only


def openssl(directory, *arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=directory, timeout=60)


def authority(directory, name):
    openssl(directory, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.crt")
    return directory / f"{name}.crt"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """{ours, another: of authorities; server.crt, server.key: for localhost only, by ours}"""
    directory = tmp_path_factory.mktemp("certificates")
    found = {"ours": authority(directory, "ours"), "another": authority(directory, "another")}
    openssl(directory, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key",
            "-out", "server.csr")
    (directory / "extension").write_text("subjectAltName=DNS:localhost\n")
    openssl(directory, "x509", "-req", "-in", "server.csr", "-CA", "ours.crt", "-CAkey", "ours.key", "-CAcreateserial", "-days", "2", "-extfile", "extension",
            "-out", "server.crt")
    return {**found, "server.crt": directory / "server.crt", "server.key": directory / "server.key"}


@pytest.fixture(scope="module")
def secure(certificates):
    """A PostgreSQL that takes nobody without TLS."""
    files = {name: certificates[name].read_bytes() for name in ("server.crt", "server.key")}
    settings = {"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
    with Postgres(settings, host_lines=["hostssl all all 127.0.0.1/32 scram-sha-256", "hostnossl all onggi 127.0.0.1/32 reject"], files=files) as postgres:
        yield postgres


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(url, **over):
        servers.append(Server(tmp_path / str(len(servers)), database_url=url, **over))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def becomes_ready(server):
    eventually(lambda: once(server, "GET", "/readyz", absolute=True).status == 200, deadline_s=30)


def is_refused(server, *words):
    """It is not ready and says why, in /readyz or in its log."""
    said = lambda: once(server, "GET", "/readyz", absolute=True).expect(503).body.decode() + server.stderr()  # noqa: E731
    eventually(lambda: any(word in said().lower() for word in words), deadline_s=30)
    assert server.admin().get("/me").status == 503
    return said()


def test_tls_with_a_certificate_that_is_checked(secure, certificates, serve):
    secure.sql("create database encrypted owner onggi")
    server = serve(secure.url("encrypted", host="localhost", sslmode="verify-full", sslrootcert=certificates["ours"]))
    becomes_ready(server)
    make_agent(server.admin())
    question = "select count(*) > 0 and bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'onggi'"
    assert secure.sql(question) == "t"


@pytest.mark.parametrize("over", [{"host": "localhost", "sslrootcert": "another"}, {"host": "127.0.0.1", "sslrootcert": "ours"}],
                         ids=["another_authority", "another_host"])
def test_tls_with_a_certificate_that_is_not_right_is_refused(secure, certificates, serve, over):
    url = secure.url(sslmode="verify-full", **{**over, "sslrootcert": certificates[over["sslrootcert"]]})
    said = is_refused(serve(url), "certificate")
    assert secure.password not in said


def test_without_tls_where_it_is_asked_for_is_refused(secure, serve):
    said = is_refused(serve(secure.url(sslmode="disable")), "pg_hba", "rejects", "no encryption")
    assert secure.password not in said


def test_a_unix_socket(serve):
    with Postgres() as postgres:
        database = Database(postgres.url())
        server = serve(postgres.socket_url(database.name))
        becomes_ready(server)
        make_agent(server.admin())
        assert postgres.sql(f"select bool_and(client_addr is null) from pg_stat_activity where datname = '{database.name}' and usename = 'onggi'") == "t"
        server.close()


@pytest.mark.parametrize("url", ["nonsense", "http://x/y", "mysql://u:hunter2hunter2@h/d", "postgres://u:hunter2hunter2@h/d?nonsense=1"])
def test_a_url_that_is_none_is_told_without_its_password(tmp_path, url):
    told = onggi("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", environment={"ONGGI_DATABASE_URL": url}, deadline_s=30).failed("database")
    assert "hunter2" not in told.output


def test_the_password_is_shown_nowhere(serve, server):
    url = server.database_url
    password = re.search(r":([^:@/]+)@", url)[1]
    one = serve(url)
    becomes_ready(one)
    shown = onggi("config", environment={"ONGGI_DATABASE_URL": url}).succeeded().output
    assert password not in shown and options(environment={"ONGGI_DATABASE_URL": url})["database-url"]
    for path in ("/readyz", "/metrics", "/healthz"):
        assert password not in once(one, "GET", path, absolute=True).body.decode()
    assert password not in one.stderr() + "".join(one.output)


def test_commands_work_on_the_database_whether_or_not_it_is_served(tmp_path):
    database = Database()
    run = lambda *arguments: onggi(*arguments, "--data", tmp_path / "data", environment={"ONGGI_DATABASE_URL": database.url})  # noqa: E731
    try:
        run("user", "add", "ana").succeeded()
        server = Server(tmp_path / "other", database_url=database.url)
        try:
            becomes_ready(server)
            assert "ana" in run("user", "list").succeeded().stdout
            run("user", "add", "bo").succeeded()
            assert "bo" in run("user", "list").succeeded().stdout
        finally:
            server.close()
        run("check").succeeded()
    finally:
        database.drop()


def test_backup_and_restore_say_what_to_use_instead(tmp_path):
    database = Database()
    try:
        for command in ("backup", "restore"):
            told = onggi(command, tmp_path / "file", "--data", tmp_path / "data", environment={"ONGGI_DATABASE_URL": database.url}).failed()
            assert "pg_dump" in told.output or "postgresql" in told.output.lower(), told
    finally:
        database.drop()
