"""Fixtures: one server for each process of the session (there is one for each core), and users that no other test knows."""

import os

import pytest

import client as clients
import stores
from client import Client, Server, binary, make_user
from contract import load
from described import complaints_of_all
from recorder import Recorder

RECORDER = Recorder()


@pytest.fixture(scope="session", autouse=True)
def sanitizers_are_silent():
    """Afterwards: no server of this process, the killed ones included, has reported anything."""
    yield
    reports = [report for report in (server.sanitizer_report() for server in Server.all) if report]
    assert not reports, "\n".join(reports)


@pytest.fixture(scope="session", autouse=True)
def no_database_is_left(sanitizers_are_silent):
    yield
    stores.drop_databases()


@pytest.fixture(autouse=True)
def no_database_of_the_test_is_left(request):
    directory = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if directory is not None:
        stores.drop_databases(under=directory)


@pytest.fixture(scope="session")
def server(tmp_path_factory, no_database_is_left):
    if not os.access(binary(), os.X_OK):
        pytest.fail(f"{binary()} is not there: build it, or set ONGGI_BINARY", pytrace=False)
    server = Server(tmp_path_factory.mktemp("onggi"))
    yield server
    server.close()


@pytest.fixture
def new_server(tmp_path):
    """new_server(*arguments): a server of the test's own, that it may stop, kill and restart; several get directories of their own."""
    servers = []

    def make(*arguments, **options):
        servers.append(Server(tmp_path / f"server{len(servers)}", *arguments, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def admin(server):
    client = Client(server, server.admin_key)
    client.user = client.get("/me").expect(200)
    yield client
    client.close()


@pytest.fixture
def anonymous(server):
    client = Client(server)
    yield client
    client.close()


@pytest.fixture
def alice(admin):
    client = make_user(admin, "alice")
    yield client
    client.close()


@pytest.fixture
def bob(admin):
    client = make_user(admin, "bob")
    yield client
    client.close()


@pytest.fixture
def new_user(admin):
    """new_user(name, **fields): one more user, as a client."""
    return lambda name="user", **fields: make_user(admin, name, **fields)


def _maker(function):
    return pytest.fixture(lambda: function, name=function.__name__)


make_tool = _maker(clients.make_tool)
make_knowledgebase = _maker(clients.make_knowledgebase)
make_block = _maker(clients.make_block)
make_agent = _maker(clients.make_agent)
make_workflow = _maker(clients.make_workflow)
make_execution = _maker(clients.make_execution)
make_workflow_execution = _maker(clients.make_workflow_execution)


@pytest.fixture(scope="session", autouse=True)
def answers_are_described(server):
    """Afterwards: what the server answered to the tests of this process, a few answers of each kind, is as /openapi.json says."""
    yield
    document, operations = load(Client(server, server.admin_key))
    complaints = complaints_of_all(document, operations, RECORDER.answers())
    assert not complaints, "\n".join(complaints[:40])


def pytest_configure(config):
    if stores.IS_POSTGRES and not stores.SERVER_URL:
        pytest.exit("ONGGI_STORE=postgres needs a server: tests/postgres/run COMMAND... starts one", returncode=1)
    Client.observers.append(RECORDER.observe)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in Server.all:
            if server.running or item.funcargs.get("new_server"):
                report.sections.append((f"stderr of {server.directory.name}", server.stderr(last_bytes=4_000)))


def pytest_sessionfinish():
    for server in Server.all:
        if server.running:  # an interrupted session
            server.kill()
