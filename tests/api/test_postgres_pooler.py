"""PgBouncer in its transaction mode before PostgreSQL: found out, or told; nothing is left in a session, nothing that one holds is missed."""

import contextlib
import signal
import threading

import pytest

import stores
from client import Client, Server, in_parallel, make_agent, make_workflow, new_key
from pooler import Pooler
from stores import Database, connect, postgres_only
from support_executions import AGENTS
from support_ledger import ledgers_of, settle, under_load
from support_postgres import Cluster, Postgres, held, insist, is_ready, waiting_for_locks
from support_process import Background, eventually, onggi

pytestmark = postgres_only
TIMEOUT_MS = 700  # of a statement
SETTINGS = ("enable_seqscan", "enable_sort", "jit", "statement_timeout", "idle_in_transaction_session_timeout", "plan_cache_mode")
FOUND = "database_pooler_found"


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as postgres:
        yield postgres


@pytest.fixture(scope="module")
def pooler(postgres):
    with Pooler(postgres) as pooler:
        yield pooler


@pytest.fixture
def database(postgres):
    database = Database(postgres.url())
    yield database
    database.drop()


@pytest.fixture
def serve(tmp_path, database, pooler):
    """serve(*arguments, url): a server of the database, through the pooler unless a URL is given; as a client of user admin."""
    servers, key = [], new_key()

    def start(*arguments, url=None):
        servers.append(Server(tmp_path / f"server{len(servers)}", *arguments, admin_key=key, database_url=url or pooler.url(database.name)))
        return Client(servers[-1], key)

    yield start
    for server in servers:
        server.close()


def has_found(admin):
    return FOUND in admin.server.stderr(1_000_000)


def test_a_pooler_is_found_out(serve, database):
    through = serve()
    assert has_found(through) and make_agent(through)
    direct = serve(url=database.url)
    assert not has_found(direct) and len(direct.get("/agents").expect(200)["items"]) == 1


def test_a_pooler_that_passes_over_options_is_found_out_too(serve, postgres, database):
    with Pooler(postgres, {"ignore_startup_parameters": "options"}) as forgiving:
        admin = serve(url=forgiving.url(database.name))
        assert has_found(admin)
        in_parallel(lambda n: make_agent(admin), range(16))


def test_what_is_told_is_believed(serve, database):
    told = serve("--database-pooler", "transaction", url=database.url)
    agent, workflow = make_agent(told), make_workflow(told)
    for path in (f"/agents/{agent['id']}", f"/workflows/{workflow['id']}", "/agents", "/executions"):
        told.get(path).expect(200)
    assert not has_found(told)


def left_in_sessions(url):
    """What the two sessions that there are keep, each occupied by a transaction while the other is looked at."""
    left = []
    with contextlib.ExitStack() as occupied:
        for _ in range(2):
            connection = occupied.enter_context(contextlib.closing(connect(url)))
            connection.autocommit = False
            cursor = connection.cursor()
            cursor.execute("select name from pg_prepared_statements union all "
                           "select name from pg_settings where source = 'session' and name = any(%s)", [list(SETTINGS)])
            left += [name for name, in cursor.fetchall()]
    return left


def test_a_session_carries_nothing_from_one_transaction_to_the_next(serve, postgres, database):
    with Pooler(postgres, {"default_pool_size": "2"}) as narrow:
        url = narrow.url(database.name)
        admin = serve(url=url)
        agent = make_agent(admin)
        for path in (f"/agents/{agent['id']}", "/agents", "/executions", "/workflows/nodes", "/agents", "/executions"):
            admin.get(path).expect(200)
        assert left_in_sessions(url) == []
        assert database.rows("select 1 from pg_locks where locktype = 'advisory'") == []
        stores.rows(url, "set jit = on")
        assert left_in_sessions(url) == ["jit"], "what is left could not be seen"


def test_a_statement_is_given_up_in_time(serve, database):
    admin = serve("--statement-timeout-ms", str(TIMEOUT_MS))
    path = f"/agents/{make_agent(admin)['id']}"
    with held(database.url, "lock table agents in access exclusive mode"):
        admin.patch(path, json={"description": "waits"}).expect(503)
    admin.patch(path, json={"description": "does not"}).expect(200)


def test_what_waits_for_a_lock_holds_up_no_other(serve, database):
    admin = serve()
    first, second = make_agent(admin), make_agent(admin)
    answers = []
    with held(database.url, ("select 1 from agents where id = %s for update", [first["id"]])):
        waiting = Client(admin.server, admin.key)
        thread = threading.Thread(target=lambda: answers.append(waiting.patch(f"/agents/{first['id']}", json={"description": "waits"})))
        thread.start()
        eventually(lambda: waiting_for_locks(database) >= 1, deadline_s=20)
        admin.patch(f"/agents/{second['id']}", json={"description": "goes on"}).expect(200)
    thread.join(60)
    assert [answer.status for answer in answers] == [200]


@pytest.fixture
def cluster(tmp_path, database, pooler):
    """Three servers that start at once behind the pooler, on an empty database."""
    database.served_url = pooler.url(database.name)
    cluster = Cluster(tmp_path, 3, database=database, start=False)
    in_parallel(lambda server: server.start(), cluster.servers)
    yield cluster
    for server in cluster.servers:
        server.kill()


def test_servers_that_start_at_once_bring_the_schema_up_once(cluster):
    versions = cluster.database.rows("select version from schema_migrations order by 1")
    assert [version for version, in versions] == list(range(1, len(versions) + 1))
    migrated = [line for server in cluster.servers for line in server.stderr(1_000_000).splitlines() if "db.migrated" in line]
    assert len(migrated) == len(versions)
    assert make_agent(cluster.new_user()[2])


def test_sessions_cut_behind_the_pooler_lose_nothing_and_double_nothing(cluster, postgres):
    owner = cluster.new_user()

    def cut(progress):
        for _ in range(8):
            stores.rows(postgres.admin_url(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [cluster.database.name])
            progress(20)

    ledgers = ledgers_of(owner, 6)
    under_load(ledgers, cut)
    settle(owner[0], ledgers)
    for server in cluster.servers:
        eventually(lambda: is_ready(server))


def test_a_pooler_that_does_not_answer_for_a_while(serve, postgres, database):
    with Pooler(postgres) as pooler:
        admin = serve(url=pooler.url(database.name))
        agent = make_agent(admin)
        pooler.signal(signal.SIGSTOP)
        pooler.signal(signal.SIGCONT)
        AGENTS.post(admin, agent).expect(201)
    AGENTS.post(admin, agent).expect(503)
    with Pooler(postgres, port=pooler.port):
        insist(lambda: AGENTS.post(admin, agent)).expect(201)
        eventually(lambda: is_ready(admin.server))


def test_options_of_the_url_that_a_pooler_would_drop_are_refused(tmp_path, database, pooler):
    url = pooler.url(database.name) + "?options=-csearch_path%3Delsewhere"
    with Background("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", environment={"ONGGI_DATABASE_URL": url}) as process:
        eventually(lambda: "passes on no options" in "".join(process.stderr), deadline_s=20)


def test_commands_go_through_it(serve, tmp_path, database, pooler):
    agent = make_agent(serve())
    environment = {"ONGGI_DATABASE_URL": pooler.url(database.name)}
    assert "admin" in onggi("user", "list", "--data", tmp_path / "data", environment=environment).succeeded().stdout
    onggi("check", "--data", tmp_path / "data", environment=environment).succeeded()
    database.rows("update agents set name = name || 'x'")
    onggi("check", "--data", tmp_path / "data", environment=environment).failed(agent["id"])
