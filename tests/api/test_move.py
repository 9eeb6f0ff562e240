"""`onggi copy`, `export` and `import`: a store that was moved answers as before, byte for byte.

With ONGGI_STORE=postgres between a data directory and PostgreSQL, there and back; otherwise between data directories.
"""

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess

import pytest

import stores
from client import Client, Server, binary, make_agent, make_block, make_execution, make_knowledgebase, make_tool, make_user, make_workflow, \
    make_workflow_execution, new_key, node, timestamp, uuid7
from stores import Database
from support_executions import AGENTS, steps
from support_process import clean_environment, eventually, onggi

ODD = {"": [], "n": [2**63 - 1, 1e300, 0.1, -0.0], "옹기": '메모리 "q" \\ \u0001', "deep": [[{}]], "null": None}
LISTS = ("/agents", "/blocks", "/workflows", "/tools", "/knowledgebases", "/executions", "/workflow-executions", "/users")


class Place:
    """A store that something is moved to: a data directory, or a database beside one."""

    def __init__(self, directory, is_postgres):
        self.directory = directory
        self.database = Database() if is_postgres else None
        self.name = self.database.url if is_postgres else str(directory / "data")

    def rows(self, text):
        if self.database:
            return self.database.rows(text)
        with contextlib.closing(sqlite3.connect(self.directory / "data" / "onggi.db", timeout=30)) as connection:
            rows = connection.execute(text).fetchall()
            connection.commit()
            return rows

    def serve(self, key):
        arguments = {"database_url": self.database.url} if self.database else {"store": "embedded"}
        return Server(self.directory, admin_key=key, **arguments)

    def serve_command(self):
        """`onggi serve`, where it ends by itself."""
        return onggi("serve", "--data", self.directory / "data", "--listen", "127.0.0.1:0", *(["--database-url", self.name] if self.database else []))

    def check(self):
        return onggi("check", "--data", self.directory / "data", environment={"ONGGI_DATABASE_URL": self.name if self.database else ""})

    def how_far(self):
        """Which table an unfinished move is at; None: there is none."""
        try:
            return json.loads(self.rows("select place from unfinished_move")[0][0]).get("table", "")
        except (sqlite3.OperationalError, IndexError):
            return None
        except Exception as failure:  # psycopg2 is not there on the embedded store
            assert "unfinished_move" in str(failure), failure
            return None


@pytest.fixture
def new_place(tmp_path):
    """new_place(is_postgres): by default of the other kind, where there is one."""
    places = []

    def make(is_postgres=stores.IS_POSTGRES):
        directory = tmp_path / f"place{len(places)}"
        directory.mkdir()
        places.append(Place(directory, is_postgres))
        return places[-1]

    yield make
    for place in places:
        if place.database:
            place.database.drop()


def fill(admin):
    """Some of everything; whose it is and where it is shown."""
    ana = make_user(admin, "아나", timezone="Asia/Seoul")
    tool = make_tool(admin, name="검색", input_schema=ODD)
    notes = make_knowledgebase(ana, configuration=ODD)
    block = make_block(ana, is_public=True, configuration=ODD)
    agent = make_agent(ana, configuration=ODD, tools=[{"tool_id": tool["id"], "configuration": ODD}], knowledgebases=[{"knowledgebase_id": notes["id"]}])
    ana.patch(f"/agents/{agent['id']}", json={"name": "둘째", "is_public": True}).expect(200)
    gone = make_agent(ana, configuration={})
    make_execution(ana, gone["id"])
    ana.delete(f"/agents/{gone['id']}").expect(204)
    workflow = make_workflow(ana, nodes=[node("a", data={"agent_id": agent["id"], "odd": ODD}), node("b", data={"block_id": block["id"]})],
                             webhooks=[{"webhook_path": "/in", "secret": "hush"}], schedules=[{"cron_expression": "0 2 * * *"}])
    execution = make_execution(ana, agent["id"], input_data=ODD, execution_context=ODD, steps=steps(3), session_id="s", status="failed", error_message="옹기")
    of_workflow = make_workflow_execution(ana, workflow["id"], input_data={}, steps=steps(2))
    memory = f"/agents/{agent['id']}/memory"
    due = {"type": "short_term", "access_count": 3, "metadata": ODD, "session_id": "s"}
    remembered = [{**due, "content": content, "created_at": timestamp(hours=-20)} for content in ("물은 끓는다 " * 200, "STRASSE", "strasse", "again", "Again")]
    made = admin.post(memory, params={"user_id": ana.id}, json=[*remembered, {"type": "semantic", "content": "x", "embedding": [0.5, 2]}]).expect(201)["items"]
    assert ana.post(memory + "/consolidate").expect(200)["consolidated_count"] == 3
    ana.post(f"{memory}/{made[3]['id']}/undo").expect(200)
    ana.put(memory + "/settings", json={"short_term_retention_hours": 48}).expect(200)
    admin.put("/prices", json={"prices": [{"llm_provider": "ollama", "llm_model": "m", "prompt_usd_per_million": 0.5, "completion_usd_per_million": 2}]}).expect(200)
    for job in ("memory_cleanup", "retention", "stats_aggregation"):
        admin.post(f"/jobs/{job}/run").expect(202)
        eventually(lambda: admin.get(f"/jobs/{job}").expect(200)["last_run"] is not None)
    ana.once = {"json": AGENTS.of(agent), "headers": {"Idempotency-Key": "once"}}
    ana.recorded = ana.post("/executions", **ana.once).expect(201)
    ana.pages = [*LISTS[:-1], f"/agents/{agent['id']}", f"/agents/{agent['id']}/versions", f"/workflows/{workflow['id']}", f"/blocks/{block['id']}",
                 f"/knowledgebases/{notes['id']}", f"/tools/{tool['id']}", f"/executions/{execution['id']}", f"/workflow-executions/{of_workflow['id']}",
                 memory, memory + "/timeline", memory + "/settings", memory + "/stats", "/executions?session_id=s", "/workflows/nodes?type=tool", "/me"]
    ana.searches = [("/agents", {"configuration": json.dumps({"옹기": ODD["옹기"]})}), ("/executions", {"input_data": json.dumps({"deep": [[{}]]}), "from_": "2020-01-01T00:00:00Z"})]
    return ana


def shown(server, ana, admin_key):
    """What a server shows of it: status, tag and bytes."""
    admin, user = Client(server, admin_key), Client(server, ana.key, ana.user)
    answers = [user.get(path) for path in ana.pages] + [user.get(path, **filters) for path, filters in ana.searches]
    answers += [admin.get(path) for path in ("/users", f"/users/{ana.user['id']}/keys")]
    for answer in answers:
        answer.expect(200)
    return [(answer.etag, answer.body) for answer in answers]


@pytest.fixture
def filled(tmp_path):
    """(data directory, Ana, the admin's key, what is shown) of an embedded store whose server has stopped."""
    key = new_key()
    server = Server(tmp_path / "source", admin_key=key, store="embedded")
    try:
        admin = server.admin()
        ana = fill(admin)
        before = shown(server, ana, key)
        assert all(json.loads(body)["items"] for _, body in before[-4:-2]), "a search finds nothing"
        server.stop()
        yield server.data, ana, key, before
    finally:
        server.close()


def copy(source, target):
    return onggi("copy", "--from", source, "--to", target)


def test_a_store_that_was_moved_there_and_back_answers_byte_for_byte_the_same(filled, new_place):
    data, ana, key, before = filled
    there, back = new_place(), new_place(is_postgres=False)
    ended = copy(data, there.name).succeeded()
    assert "copied agents: 2 rows" in ended.stderr and "verified agents: 2 rows" in ended.stderr, ended
    with contextlib.closing(there.serve(key)) as server:
        assert shown(server, ana, key) == before
        again = Client(server, ana.key).post("/executions", **ana.once)
        assert again.headers["Idempotent-Replay"] and again.expect(201) == ana.recorded
        assert shown(server, ana, key) == before
        server.stop()
    copy(there.name, back.name).succeeded()
    with contextlib.closing(back.serve(key)) as server:
        assert shown(server, ana, key) == before
        server.stop()
    there.check().succeeded()
    back.check().succeeded()


def test_an_export_that_was_imported_is_exported_the_same(filled, new_place, tmp_path):
    data, ana, key, before = filled
    there = new_place()
    onggi("export", "--from", data, tmp_path / "one").succeeded()
    assert stat.S_IMODE(os.stat(tmp_path / "one").st_mode) == 0o600
    onggi("export", "--from", data, tmp_path / "one").failed("exists")
    onggi("import", "--to", there.name, tmp_path / "one").succeeded()
    lines = onggi("export", "--from", there.name, "-").succeeded().stdout.encode().splitlines()
    kept = (tmp_path / "one").read_bytes().splitlines()
    assert lines[1:] == kept[1:] and lines[0] != kept[0]
    assert {json.loads(line).get("table", "") for line in kept} >= {"users", "api_keys", "agent_versions", "execution_steps", "idempotency_keys"}
    with contextlib.closing(there.serve(key)) as server:
        assert shown(server, ana, key) == before
        server.stop()


def test_a_store_that_is_served_is_exported_but_not_copied(new_server, new_place, tmp_path):
    server = new_server(store="embedded")
    agent = make_agent(server.admin())
    onggi("export", "--from", server.data, tmp_path / "export").succeeded()
    assert agent["id"] in (tmp_path / "export").read_text()
    copy(server.data, new_place().name).failed("in use by another onggi")


def test_a_target_that_is_not_empty_is_refused(filled, new_place, tmp_path):
    data, *_ = filled
    there = new_place()
    copy(data, there.name).succeeded()
    copy(data, there.name).failed("not empty", "users")
    onggi("export", "--from", data, tmp_path / "export").succeeded()
    onggi("import", "--to", there.name, tmp_path / "export").failed("not empty", "users")
    copy(tmp_path / "nothing", there.name).failed("there is no store")
    copy(data, data).failed("the same store")
    assert not (tmp_path / "nothing").exists()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """An embedded store whose copy takes a while."""
    server = Server(tmp_path_factory.mktemp("large"), store="embedded")
    try:
        admin = server.admin()
        agent = make_agent(admin)
        bodies = [AGENTS.of(agent, id=uuid7(), input_data={"number": number, "text": "x" * 300}) for number in range(8_000)]
        admin.post("/executions/batch", json=bodies).expect(200)
        server.stop()
        yield server
    finally:
        server.close()


def killed_midway(source, new_place):
    """A target to which a copy was killed while it wrote executions."""
    for _ in range(5):
        target = new_place()
        process = subprocess.Popen([binary(), "copy", "--from", source, "--to", target.name], env=clean_environment(["copy"]), stderr=subprocess.DEVNULL)
        eventually(lambda: target.how_far() == "agent_executions" or process.poll() is not None, deadline_s=60, every_s=0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if target.how_far() == "agent_executions":
            return target
    raise AssertionError("a copy was always quicker than who would kill it")


def test_a_copy_that_was_killed_goes_on_where_it_was(large, new_place):
    target = killed_midway(str(large.data), new_place)
    count = "select count(*) from agent_executions"
    before = target.rows(count)[0][0]
    assert 0 < before < 8_000
    target.serve_command().failed("not wholly there")
    ended = copy(large.data, target.name).succeeded()
    assert "copied users" not in ended.stderr and "verified users: 1 rows" in ended.stderr, ended
    assert target.rows(count)[0][0] == 8_000
    with contextlib.closing(target.serve(large.admin_key)) as server:
        assert Client(server, large.admin_key).get("/executions", limit=1, count=True).expect(200)["total"] == 8_000
        server.stop()


def test_what_was_changed_in_the_target_meanwhile_is_noticed(large, new_place):
    target = killed_midway(str(large.data), new_place)
    target.rows("update users set timezone = 'Asia/Seoul'")
    ended = copy(large.data, target.name).failed("not the same", "users (one of 1 rows")
    assert ended.code == 1
    target.serve_command().failed("not wholly there")


def test_an_import_that_was_killed_goes_on_and_one_of_a_cut_file_fails(filled, new_place, tmp_path):
    data, ana, key, before = filled
    export = tmp_path / "export"
    onggi("export", "--from", data, export).succeeded()
    lines = export.read_bytes().splitlines(keepends=True)
    middle = next(number for number, line in enumerate(lines) if b'"table":"workflows"' in line) + 1
    target = new_place()
    process = subprocess.Popen([binary(), "import", "--to", target.name, "-"], env=clean_environment(["import"]), stdin=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    process.stdin.write(b"".join(lines[:middle]))
    process.stdin.flush()
    eventually(lambda: target.how_far() is not None and target.rows("select count(*) from agent_versions")[0][0] > 0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    target.serve_command().failed("not wholly there")

    (tmp_path / "cut").write_bytes(b"".join(lines[:-1]))
    onggi("import", "--to", target.name, tmp_path / "cut").failed(f"line {len(lines)}", "cut")
    number = max(number for number, line in enumerate(lines) if b'"user_id"' in line)
    wrong = [*lines[:number], lines[number].replace(b'"user_id"', b'"owner"'), *lines[number + 1:]]
    (tmp_path / "wrong").write_bytes(b"".join(wrong))
    onggi("import", "--to", target.name, tmp_path / "wrong").failed(f"line {number + 1}", "/owner")
    onggi("import", "--to", target.name, export).succeeded()
    with contextlib.closing(target.serve(key)) as server:
        assert shown(server, ana, key) == before
        server.stop()
