"""A private PostgreSQL for tests: in a temporary directory, on a port and a Unix socket of its own, gone when whoever made it is gone.

    with Postgres() as postgres:
        postgres.url()                  of role `onggi`, who may create databases and is no superuser
        postgres.admin_url()            of the superuser, for tests that terminate what others are doing
        postgres.stop(), postgres.start()

Its settings are unlike those of a fresh installation where that must not matter: it is somewhere off the hour, and writes days first.
"""

import contextlib
import glob
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse

OLDEST_VERSION = 15
ROLE = "onggi"
START_DEADLINE_S = 60
STOP_DEADLINE_S = 60
# Nothing of this outlives the tests: no disk is waited for.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB", "max_connections": "300",
         "autovacuum": "on"}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FOREIGN = {"timezone": "Asia/Kathmandu", "datestyle": "SQL, DMY", "log_min_messages": "warning"}
# Ends the server and removes the directory when its standard input ends: the process that holds the other end has closed it or is dead.
WATCH = 'cat; "$1" -D "$2/cluster" -m immediate -w stop; rm -rf "$2"'


class Missing(Exception):
    """There is no PostgreSQL on this machine that could be used; the text is for the user."""


def binaries():
    """The directory of the newest PostgreSQL's programs."""
    found = [pathlib.Path(path).parent for path in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    found.sort(key=lambda path: [int(number) for number in re.findall(r"\d+", path.parent.name)])
    in_path = shutil.which("initdb")
    for directory in ([pathlib.Path(in_path).parent] if in_path else []) + found[::-1]:
        if all(os.access(directory / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres", "psql")):
            told = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=20).stdout
            version = re.search(r"\) (\d+)", told)
            if version and int(version[1]) >= OLDEST_VERSION:
                return directory
    raise Missing(f"PostgreSQL {OLDEST_VERSION} or newer is not installed (neither in PATH nor in /usr/lib/postgresql): "
                  "tools/install-packages.sh installs it")


def is_installed():
    try:
        return bool(binaries())
    except Missing:
        return False


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """Started when made. `settings` of postgresql.conf go before those of QUICK; `host_lines` of pg_hba.conf before its own.
    `files`: {name: bytes}, for certificates: a setting names them by their name."""

    def __init__(self, settings=None, host_lines=(), files=None):
        self.programs = binaries()
        # PostgreSQL refuses to run as root.
        self._as_owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="onggi-postgres-"))
        self.cluster = self.directory / "cluster"
        self.log = self.directory / "log"
        self.port = None
        self.password, self._admin_password = secrets.token_hex(16), secrets.token_hex(16)
        self._watcher = None
        try:
            if self._as_owner:
                shutil.chown(self.directory, "postgres", "postgres")
            self._watcher = subprocess.Popen(["sh", "-c", WATCH, "sh", self.programs / "pg_ctl", self.directory], stdin=subprocess.PIPE,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
                                             **self._as_owner)
            self.write("password", self._admin_password)
            self._run("initdb", "--no-sync", "--no-locale", "-E", "UTF8", "-U", "postgres", "-A", "scram-sha-256",
                      f"--pwfile={self.directory / 'password'}", "-D", self.cluster)
            for name, content in (files or {}).items():
                self.write(f"cluster/{name}", content)
            self._configure({**QUICK, **FOREIGN, **(settings or {})}, host_lines)
            self.start()
            self.sql(f"create role {ROLE} login createdb password '{self.password}'")
        except BaseException:
            self.close()
            raise

    # Who may come in, and how

    def url(self, database="postgres", host="127.0.0.1", port=None, role=ROLE, password=None, **parameters):
        """Of the role for tests; parameters are libpq's (sslmode ...)."""
        secret = self.password if password is None else password
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        return f"postgresql://{role}:{urllib.parse.quote(secret, safe='')}@{host}:{port or self.port}/{database}{query}"

    def socket_url(self, database="postgres"):
        """The same through the Unix socket."""
        query = urllib.parse.urlencode({"host": self.directory, "port": self.port, "user": ROLE, "password": self.password})
        return f"postgresql:///{database}?{query}"

    def admin_url(self, database="postgres"):
        return self.url(database, role="postgres", password=self._admin_password)

    def sql(self, text, database="postgres"):
        """Runs it as the superuser and gives what psql prints, without alignment."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text, self.admin_url(database))

    # Coming and going

    def start(self):
        """Returns when it takes connections. The port stays the same from the first start on."""
        for attempts_left in (4, 3, 2, 1, 0):
            port = self.port or _free_port()
            try:
                self._run("pg_ctl", "-D", self.cluster, "-l", self.log, "-w", "-t", START_DEADLINE_S, "-s", "-o", f"-p {port}", "start")
                self.port = port
                return self
            except RuntimeError as failure:  # somebody else was quicker to take the port
                if self.port or not attempts_left or "could not bind" not in self.log_text():
                    raise RuntimeError(f"{failure}\n{self.log_text()[-2000:]}") from None
        raise AssertionError("unreachable")

    def stop(self, mode="fast"):
        """`fast` ends what is being done in order; `immediate` is a crash."""
        self._run("pg_ctl", "-D", self.cluster, "-m", mode, "-w", "-t", STOP_DEADLINE_S, "-s", "stop")

    def restart(self, mode="fast"):
        self.stop(mode)
        return self.start()

    def reload(self, **settings):
        """Settings that need no new start."""
        for name, value in settings.items():
            self.sql(f"alter system set {name} = '{value}'")
        self.sql("select pg_reload_conf()")

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def close(self):
        """Ends the server, however busy, and removes everything."""
        if self._watcher is not None:
            watcher, self._watcher = self._watcher, None
            with contextlib.suppress(BrokenPipeError):
                watcher.stdin.close()
            watcher.wait(STOP_DEADLINE_S)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Inside

    def write(self, name, content):
        """A file in its directory, that it alone can read."""
        path = self.directory / name
        path.touch(mode=0o600)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if self._as_owner:
            shutil.chown(path, "postgres", "postgres")

    def _configure(self, settings, host_lines):
        own = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.directory)}
        with open(self.cluster / "postgresql.conf", "a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in {**own, **settings}.items())
        if host_lines:
            path = self.cluster / "pg_hba.conf"
            path.write_text("".join(line + "\n" for line in host_lines) + path.read_text())

    def _run(self, program, *arguments):
        # The log of pg_ctl's server must not be a pipe of ours: the server would keep it open.
        with tempfile.TemporaryFile() as output:
            environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
            done = subprocess.run([str(self.programs / program), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT, cwd="/", env=environment, check=False,
                                  timeout=START_DEADLINE_S + STOP_DEADLINE_S, **self._as_owner)
            output.seek(0)
            text = output.read().decode(errors="replace")
        if done.returncode != 0:
            raise RuntimeError(f"{program}: exit code {done.returncode}\n{text[-2000:]}")
        return text.strip()


def end_on_signals():
    """SIGTERM and SIGHUP as Ctrl-C: what was started is ended on the way out."""
    def end(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
