"""PgBouncer in its transaction mode before a PostgreSQL of the tests: a session is lent for one transaction at a time, and to whoever comes.

    with Pooler(postgres) as pooler:
        pooler.url("mydatabase")       as postgres.url(), through the pooler
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

from server import ROLE, Missing, _free_port

START_DEADLINE_S = 20
PROGRAMS = ("/usr/sbin/pgbouncer", "pgbouncer")
# Few sessions for many clients, so that they change hands all the time.
SETTINGS = {"pool_mode": "transaction", "default_pool_size": "6", "max_client_conn": "1000", "auth_type": "scram-sha-256",
            "listen_addr": "127.0.0.1", "unix_socket_dir": "", "log_connections": "0", "log_disconnections": "0"}


class Pooler:
    """`settings` of pgbouncer.ini go before SETTINGS."""

    def __init__(self, postgres, settings=None, port=None):
        program = next(filter(None, map(shutil.which, PROGRAMS)), None)
        if program is None:
            raise Missing("PgBouncer is not installed: tools/install-packages.sh installs it")
        self.postgres = postgres
        self.port = port or _free_port()
        self._files = pathlib.Path(postgres.directory)
        postgres.write("users.txt", f'"{ROLE}" "{postgres.password}"\n')
        text = f"[databases]\n* = host=127.0.0.1 port={postgres.port}\n[pgbouncer]\n"
        own = {"listen_port": self.port, "auth_file": self._files / "users.txt"}
        text += "".join(f"{name} = {value}\n" for name, value in {**SETTINGS, **own, **(settings or {})}.items())
        postgres.write("pgbouncer.ini", text)
        # It refuses to run as root, as PostgreSQL does.
        as_owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self._log = open(self._files / "pgbouncer.log", "w+b")
        self._process = subprocess.Popen([program, "-q", self._files / "pgbouncer.ini"], stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=self._log, cwd="/", **as_owner)
        self._await()

    def _await(self):
        until = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > until:
                    log = self.log_text()
                    self.close()
                    raise RuntimeError(f"PgBouncer did not start:\n{log[-2000:]}") from None
                time.sleep(0.02)

    def url(self, database="postgres"):
        return self.postgres.url(database, port=self.port)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def log_text(self):
        return (self._files / "pgbouncer.log").read_text(errors="replace")

    def signal(self, number):
        self._process.send_signal(number)

    def close(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def through(pooler, url):
    """The same URL by way of a pooler, "HOST:PORT"."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{pooler}").geturl()
