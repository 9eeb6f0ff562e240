"""What contrib/ says about the binary and the system holds. (nginx.conf and pgbouncer.ini: test_behind_nginx.py, test_pgbouncer_sample.py)"""

import functools
import os
import re
import shutil
import subprocess

import pytest

from client import REPOSITORY, Server, binary
from stores import embedded_only
from support_cli import options, variable_of
from support_http import once

pytestmark = embedded_only("the same on either store")
CONTRIB = REPOSITORY / "contrib"
DOCKERFILE = (CONTRIB / "docker/Dockerfile").read_text()
SERVICE = CONTRIB / "systemd/onggi.service"
EVERY_DEBIAN_HAS = {"libc6", "libgcc-s1"}


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)


def variables(text):
    return set(re.findall(r"\bONGGI_[A-Z_]+\b", text))


@functools.cache
def known_variables():
    return {variable_of(name) for name in options()}


@pytest.mark.parametrize("path", sorted(path.relative_to(CONTRIB) for path in CONTRIB.rglob("*") if path.is_file()), ids=str)
def test_every_variable_named_is_an_option(path):
    unknown = variables((CONTRIB / path).read_text()) - known_variables() - {"ONGGI_"}
    assert not unknown, unknown


# systemd

def settings():
    """[(name, value)] of the unit."""
    return re.findall(r"^([A-Za-z]+)=(.*)$", SERVICE.read_text(), re.MULTILINE)


def test_systemd_accepts_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed")
    unit = tmp_path / "onggi.service"
    unit.write_text(SERVICE.read_text().replace("/usr/local/bin/onggi", binary()))
    verified = run("systemd-analyze", "verify", unit)
    assert verified.returncode == 0 and "onggi.service" not in verified.stderr, verified.stderr


def test_the_unit_waits_longer_than_the_server_takes_to_stop():
    told = run(binary(), "serve", "--help").stdout
    grace_s = int(re.search(r"at most (\d+) s", told.replace("\n", " "))[1])
    assert int(dict(settings())["TimeoutStopSec"]) > grace_s


def test_the_unit_has_descriptors_for_as_many_connections_as_are_taken():
    most = int(options()["max-connections"])
    assert int(dict(settings())["LimitNOFILE"]) > most + 1024


def test_the_server_runs_as_the_unit_has_it(tmp_path):
    """What it is told, and what is closed to it: its standard output, and writing anywhere but to its data directory."""
    environment = dict(pair.split("=", 1) for name, value in settings() if name == "Environment" for pair in value.split())
    server = Server(tmp_path, environment={name: value for name, value in environment.items() if name != "ONGGI_DATA"})
    try:
        once(server, "GET", "/readyz", absolute=True).expect(200)
        assert server.stderr().startswith("{"), "the journal gets JSON lines"
        assert server.data.stat().st_mode & 0o777 == 0o700
    finally:
        server.close()


# Docker

def stages():
    return re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]


def runtime_packages():
    listed = re.search(r"--no-install-recommends((?:[^&]|\n)*?)&&", stages()[-1])[1]
    return set(listed.replace("\\", " ").split())


@functools.cache
def installed_packages():
    """{name: names that it depends on} of what is installed here."""
    told = run("dpkg-query", "--show", "--showformat=${Package}\t${Pre-Depends}, ${Depends}\n").stdout
    found = {}
    for line in told.splitlines():
        name, depends = line.split("\t")
        found[name] = set(re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)", depends))
    return found


def closure(packages):
    known, todo = set(), list(packages)
    while todo:
        name = todo.pop()
        if name not in known:
            known.add(name)
            todo += installed_packages().get(name, ())
    return known


@functools.cache
def libraries():
    """{path: package} of the shared libraries that the binary loads; those that they load themselves are among them."""
    if not shutil.which("dpkg-query") or not shutil.which("ldd"):
        pytest.skip("not a Debian system")
    told = run("ldd", binary()).stdout
    assert "not found" not in told, told
    paths = re.findall(r"=> (/\S+)", told)
    assert len(paths) > 10, told
    # On a merged /usr a file is known under the path that its package says.
    spellings = {path: {path, os.path.realpath(path), "/usr" + path, os.path.realpath(path).removeprefix("/usr")} for path in paths}
    told = run("dpkg", "--search", *set().union(*spellings.values())).stdout
    by_file = {file: package for package, file in re.findall(r"^([a-z0-9.+-]+)(?::\S+)?: (/\S+)$", told, re.MULTILINE)}
    packages = {path: next((by_file[one] for one in spellings[path] if one in by_file), None) for path in paths}
    assert None not in packages.values(), packages
    return packages


def test_the_image_has_every_library_of_the_binary():
    missing = set(libraries().values()) - closure(runtime_packages()) - EVERY_DEBIAN_HAS
    assert not missing, missing


def test_the_image_names_packages_that_there_are_and_nothing_that_nobody_needs():
    assert runtime_packages() - set(libraries().values()) == {"curl", "tzdata"}
    assert runtime_packages() <= set(installed_packages())


def test_what_the_image_copies_and_calls_is_there():
    for sources in re.findall(r"^COPY ([^-].*) \S+$", DOCKERFILE, re.MULTILINE):
        assert all((REPOSITORY / source).exists() for source in sources.split())
    assert os.access(REPOSITORY / "tools/install-packages.sh", os.X_OK)
    packages = (REPOSITORY / "tools/install-packages.sh").read_text()
    assert "llvm-strip-19" not in DOCKERFILE or re.search(r"\bllvm-19\b", packages)
    assert '"release"' in (REPOSITORY / "CMakePresets.json").read_text()


def test_the_image_is_debians_alone():
    assert [stage.split()[0] for stage in stages()] == ["debian:12", "debian:12-slim"]


def test_the_image_runs_as_a_user_who_owns_its_data():
    last = stages()[-1]
    user = re.search(r"^USER (\d+):(\d+)$", last, re.MULTILINE)
    assert user and int(user[1]) != 0
    assert f"groupadd --gid {user[2]} onggi" in last and f"useradd --uid {user[1]} --gid {user[2]} " in last
    data = re.search(r"\bONGGI_DATA=(\S+)", last)[1]
    assert f"--owner onggi --group onggi --mode 0700 {data}" in last and re.search(rf"^VOLUME {data}$", last, re.MULTILINE)
