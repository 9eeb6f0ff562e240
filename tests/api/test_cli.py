"""The command line: help, version, options from flags, environment and file, and what it says to mistakes."""

import json
import re

import pytest

from client import Server
from support_cli import flag_of, in_file, options, other_values, variable_of
from support_process import eventually, onggi

COMMANDS = ("serve", "demo", "check", "backup", "restore", "copy", "export", "import", "user", "key", "config", "openapi", "version")


def test_the_version_is_one_line():
    done = onggi("version").succeeded()
    assert len(done.stdout.splitlines()) == 1 and re.search(r"\d+\.\d+", done.stdout)


def test_help_names_every_command():
    done = onggi("--help").succeeded()
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", done.stdout), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command):
    done = onggi(command, "--help").succeeded()
    assert command in done.stdout and done.stderr == ""


def test_help_of_serve_lists_every_option():
    told = onggi("serve", "--help").succeeded().stdout
    for name in options():
        assert re.search(rf"{flag_of(name)}\b", told) or variable_of(name) in told, name


def test_the_contract_is_printed_as_it_is_served(server):
    printed = json.loads(onggi("openapi").succeeded().stdout)
    served = server.admin().get("//openapi.json").expect(200)
    for document in (printed, served):
        document.pop("servers", None)
    assert printed == served and printed["openapi"].startswith("3.1")


@pytest.mark.parametrize("arguments, word", [(["nonsense"], "nonsense"), (["serve", "--nonsense"], "nonsense"),
    (["serve", "--nonsense=1"], "nonsense"), (["check", "extra-word"], "extra-word"),
                                             (["serve", "extra-word"], "extra-word"), (["config", "--listen"], "listen"),
                                             (["user", "nonsense"], "nonsense"), (["key", "nonsense"], "nonsense"),
                                             (["backup"], "file"), (["restore"], "file")])
def test_a_mistake_is_told_by_name(tmp_path, arguments, word):
    onggi(*arguments, cwd=tmp_path, deadline_s=20).failed(word)


def test_no_command_at_all_says_what_there_is(tmp_path):
    done = onggi(cwd=tmp_path, deadline_s=20)
    assert "serve" in done.output


class Sources:
    """An option's value from each source."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name

    def flag(self, value):
        return [flag_of(self.name), value]

    def variable(self, value):
        return {variable_of(self.name): value}

    def file(self, value):
        path = self.directory / "onggi.toml"
        path.write_text(in_file(self.name, value))
        return ["--config", path]


def option_names():
    try:
        return sorted(options())
    except (AssertionError, OSError):
        return ["listen"]  # not built yet: collected all the same


def works(arguments, environment=None):
    done = onggi("config", *arguments, environment=environment)
    return done.code == 0


@pytest.mark.parametrize("name", option_names())
def test_an_option_comes_from_flag_environment_and_file_in_this_order(tmp_path, name):
    default = options()[name]
    sources = Sources(tmp_path, name)
    if name == "config":
        pytest.skip("names the file itself")
    is_secret = re.search("key$|secret|password|database.url$", name) and name not in ("tls_key", "tls-key")
    candidates = [value for value in other_values(name, default) if works([], sources.variable(value))]
    if not candidates and name.startswith("tls"):
        pytest.skip("is checked together with its other half")
    assert candidates, f"no other value of {name} is known: add it to OTHER_VALUES"
    value = candidates[0]
    shown = options(environment=sources.variable(value))[name]
    if is_secret:
        assert value not in shown and "hunter2" not in shown
        assert value not in onggi("config", environment=sources.variable(value)).output
        return
    assert shown == value != default
    assert options(*sources.file(value))[name] == value
    if not works(sources.flag(value)):
        sources.flag = lambda v: [f"{flag_of(name)}={v}"]  # booleans
    assert options(*sources.flag(value))[name] == value
    assert options(*sources.file(value), environment=sources.variable(default))[name] == default, "the environment wins over the file"
    assert options(*sources.flag(default), environment=sources.variable(value))[name] == default, "a flag wins over the environment"
    assert options(*sources.flag(default), *sources.file(value))[name] == default, "a flag wins over the file"


def test_an_unknown_key_of_the_file_is_told_by_name(tmp_path):
    path = tmp_path / "onggi.toml"
    for text in ("nonsense = 1\n", 'listn = "127.0.0.1:0"\n'):
        path.write_text(text)
        onggi("config", "--config", path).failed(text.split()[0])
        onggi("serve", "--data", tmp_path / "data", "--config", path, deadline_s=20).failed(text.split()[0])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["listen = \n", "= 1\n", "[[[\n", 'listen = "x\n', "\x00", "listen"])
def test_a_file_that_is_not_toml_is_told(tmp_path, text):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    onggi("config", "--config", path).failed("broken.toml")


def test_a_file_that_is_not_there_is_told(tmp_path):
    onggi("config", "--config", tmp_path / "missing.toml").failed("missing.toml")


@pytest.mark.parametrize("name", option_names())
def test_a_number_out_of_range_is_told_by_name(name):
    value = options().get(name, "")
    if not re.fullmatch(r"\d+", value):
        pytest.skip("is no number")
    for wrong in ("-1", "x", "1.5", "", "99999999999999999999"):
        done = onggi("config", environment={variable_of(name): wrong})
        if wrong == "" and done.code == 0:
            continue
        done.failed()
        assert name.replace("-", "_") in done.output.replace("-", "_").lower(), done


def test_a_secret_is_masked():
    for variable, secret in (("ONGGI_ADMIN_KEY", "onggi_" + "s" * 43),):
        done = onggi("config", environment={variable: secret}).succeeded()
        assert secret not in done.output and "s" * 10 not in done.output


# What the first start leaves

def test_the_first_start_prints_the_key_of_admin_once_and_writes_it_for_its_owner_only(tmp_path):
    server = Server(tmp_path, admin_key="")
    try:
        path = server.data / "admin.key"
        key = path.read_text().strip()
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(key) >= 43
        server.admin_key = key
        me = server.admin().get("/me").expect(200)
        assert me["name"] == "admin" and me["role"] == "admin"
        eventually(lambda: key in "".join(server.output) + server.stderr())
        server.stop()
        server.admin_key = ""
        first = "".join(server.output) + server.stderr()
        assert first.count(key) == 1, "printed once"
        server.stderr_path.write_text("")
        server.start()
        server.admin_key = key
        server.admin().get("/me").expect(200)
        server.stop()
        assert key not in "".join(server.output) + server.stderr()
        assert path.read_text().strip() == key
    finally:
        server.close()


def test_a_key_that_was_given_is_not_printed(new_server):
    server = new_server()
    server.admin().get("/me").expect(200)
    server.stop()
    assert server.admin_key not in "".join(server.output) + server.stderr()


@pytest.mark.parametrize("name", ["with space", "옹기", "long/" * 3 + "x" * 120, "-dash"])
def test_a_data_directory_may_have_any_name(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    server = Server(tmp_path / name)
    try:
        server.admin().get("/me").expect(200)
        done = onggi("user", "add", "somebody", "--data", server.data).succeeded()
        assert done.code == 0 and "somebody" in server.admin().get("/users").text
        server.stop()
        onggi("check", "--data", server.data).succeeded()
    finally:
        server.close()


# The log

def test_the_log_is_json_and_keeps_keys_and_bodies_to_itself(tmp_path):
    arguments = ["--log-requests", "true"] if works(["--log-requests", "true"]) else ["--log-requests"] if works(["--log-requests"]) else []
    server = Server(tmp_path, *arguments)
    try:
        admin = server.admin()
        admin.post("/agents", json={"name": "secret-name", "llm_provider": "secret-provider", "llm_model": "m",
            "configuration": {"k": "secret-configuration"}}).expect(201)
        admin.post("/agents", json={"name": "secret-bad-name", "oops": "secret-oops"}).expect(422)
        admin.post("/agents", body=b'{"secret-broken": ').expect(400)
        admin.get("/agents", params={"name": "secret-query"})
        user = admin.post("/users", json={"name": "u"}).expect(201)
        key = admin.post(f"/users/{user['id']}/keys", json={"name": "k"}).expect(201)["key"]
        admin.get("/me", headers={"Authorization": "Bearer secret-wrong-key"}).expect(401)
        server.stop()
        log = server.stderr(last_bytes=1_000_000)
        lines = [line for line in log.splitlines() if line.strip()]
        assert lines, "nothing is logged"
        for line in lines:
            assert isinstance(json.loads(line), dict), line
        for secret in ("secret-", key, server.admin_key):
            assert secret not in log, secret
    finally:
        server.close()
