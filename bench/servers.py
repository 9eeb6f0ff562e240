"""The servers that are measured: onggi, nginx and the peer on PostgreSQL (postgres.py)."""

import json
import os
import re
import shutil
import urllib.error
import urllib.request

from process import Process, free_port, run

PREFIX = "/api/agent-builder"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def fetch(url, key=None, body=None):
    request = urllib.request.Request(url, data=body)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refusal:
        return Answer(refusal.code, refusal.headers, refusal.read())


def on(database_url):
    """Options of onggi that name its store."""
    return () if database_url is None else ("--database-url", database_url)


class Onggi:
    """`onggi serve`, on the data directory's file or on a database; serve() starts it again where other options are asked for."""

    def __init__(self, binary, directory, log, database_url=None):
        self.binary, self.directory, self.log = binary, directory, log
        self.store = on(database_url)
        self.process = None
        self._flags = None

    def serve(self, *flags):
        if self.process is not None and self._flags == flags:
            return self
        self.stop()
        command = [self.binary, "serve", "--data", self.directory, "--listen", "127.0.0.1:0", *self.store, *flags]
        self.process = Process(command, self.log, "listening on http")
        self._flags = flags
        self.url = re.search(r"listening on (http://\S+)", self.process.text())[1]
        return self

    def stop(self):
        if self.process is not None:
            self.process.stop()
            self.process = None

    @staticmethod
    def flags_without_memory(binary):
        """What makes it read every page from the file; nothing where it keeps no pages in memory."""
        known = re.search(r"--((?:page-)?cache(?:-[a-z]+)*) ", run(binary, "serve", "--help"))
        return (f"--{known[1]}=0",) if known else ()


class Nginx:
    """One worker, static files."""

    def __init__(self, work):
        self.home = work / "nginx"
        shutil.rmtree(self.home, ignore_errors=True)
        (self.home / "files").mkdir(parents=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        user = "user root;" if os.geteuid() == 0 else ""
        temporary = "".join(f"{kind}_temp_path {self.home}/temporary;\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = self.home / "nginx.conf"
        configuration.write_text(f"""
daemon off; worker_processes 1; {user} pid {self.home}/nginx.pid; error_log stderr;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; default_type application/json;
  keepalive_requests 1000000000; keepalive_timeout 600; open_file_cache max=100;
  {temporary}
  server {{ listen 127.0.0.1:{self.port}; root {self.home}/files; }}
}}""")
        self.process = Process(["nginx", "-p", self.home, "-c", configuration, "-e", "stderr"], work / "nginx.log",
                               ready=self._answers)

    def _answers(self):
        try:
            return fetch(self.url + "/").status > 0
        except OSError:
            return False

    def publish(self, name, body):
        (self.home / "files" / name).write_bytes(body)
        return f"{self.url}/{name}"

    def stop(self):
        self.process.stop()


class Fastify:
    """The peer: one node process."""

    def __init__(self, root, postgres, log, database):
        environment = {**postgres.environment(database), "PORT": "0", "NODE_ENV": "production"}
        self.process = Process(["node", root / "bench/peers/fastify/server.js"], log, "listening on http", environment)
        self.url = re.search(r"listening on (http://\S+)", self.process.text())[1]

    def stop(self):
        self.process.stop()


class Seed:
    """The seed's server, `before` or `after`: one Python process (peers/seed)."""

    def __init__(self, root, postgres, log, database, kind):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {**postgres.environment(database), "PORT": str(port), "SEED": kind, "PYTHONDONTWRITEBYTECODE": "1"}
        # Debian's: what is installed (tools/install-packages.sh) belongs to it.
        self.process = Process(["/usr/bin/python3", root / "bench/peers/seed/app.py"], log, self._answers, environment)

    def _answers(self):
        try:
            return fetch(self.url + "/openapi.json").status == 200
        except OSError:
            return False

    def stop(self):
        self.process.stop()
