"""The servers that are measured: onggi, nginx, PostgreSQL and the peer on it."""

import json
import os
import re
import signal
import shutil
import sqlite3
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from process import Failed, Process, as_user, free_port, run

PREFIX = "/api/agent-builder"
POSTGRES = Path("/usr/lib/postgresql/15/bin")


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


class Onggi:
    """`onggi serve`; serve() starts it again where other options are asked for."""

    def __init__(self, binary, directory, log):
        self.binary, self.directory, self.log = binary, directory, log
        self.process = None
        self._flags = None

    def serve(self, *flags):
        if self.process is not None and self._flags == flags:
            return self
        self.stop()
        command = [self.binary, "serve", "--data", self.directory, "--listen", "127.0.0.1:0", *flags]
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


# What COPY takes, in the order of the columns: uuid and bytea in hex, timestamps, booleans.
def _id(column):
    return f"lower(hex({column}))"


def _time(column):
    return f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000, 'unixepoch') || printf('.%03dZ', {column} % 1000)"


TABLES = {
    "users": (_id("id"), "name"),
    "api_keys": (r"'\x' || lower(hex(key_hash))", _id("user_id")),
    "tools": ("id", "name", "description", "category"),
    "agents": (_id("id"), _id("user_id"), "name", "description", "agent_type", "llm_provider", "llm_model", "configuration",
               "is_public", _time("created_at"), _time("updated_at"), "version"),
    "agent_tools": (_id("agent_id"), "position", "tool_id", "configuration", '"order"'),
    "workflows": (_id("id"), _id("user_id"), "name", "description", "is_public", "graph_definition", _time("created_at"),
                  _time("updated_at"), "version"),
    "workflow_nodes": (_id("workflow_id"), "position", "node_id", "type", "placement", "data", "parent_id",
                       f"nullif({_id('agent_id')}, '')", f"nullif({_id('block_id')}, '')"),
    "workflow_edges": (_id("workflow_id"), "position", "edge_id", "source", "target", "source_handle", "target_handle", "data"),
    "agent_executions": (_id("id"), _id("user_id"), _id("agent_id"), "session_id", "input_data", "output_data", "status",
                         "error_message", _time("started_at"), _time("completed_at"), "duration_ms", "execution_context",
                         "llm_call_count", "llm_prompt_tokens", "llm_completion_tokens", "llm_total_tokens", "tool_call_count",
                         "tool_total_duration_ms", "cache_hit_count", "cache_miss_count",
                         "printf('%d.%09d', cost_nanos / 1000000000, cost_nanos % 1000000000)",
                         _time("created_at"), _time("updated_at"), "version"),
}

SETTINGS = {"listen_addresses": "", "max_connections": 50, "shared_buffers": "1GB", "effective_cache_size": "4GB", "work_mem": "16MB",
            "maintenance_work_mem": "256MB", "random_page_cost": 1.1, "effective_io_concurrency": 100, "max_wal_size": "4GB",
            "checkpoint_timeout": "15min", "jit": "off", "synchronous_commit": "on", "log_min_messages": "warning"}


class Postgres:
    """A cluster of its own, reached by a socket of its own."""

    def __init__(self, work, name):
        self.home = work / f"postgres-{name}"
        self.loaded = self.home / "loaded"
        self.log = work / "postgres.log"
        if not (POSTGRES / "postgres").exists():
            raise Failed(f"{POSTGRES} holds no PostgreSQL: tools/install-packages.sh --bench installs it")
        if not self.loaded.exists():
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(mode=0o755)
            if os.geteuid() == 0:
                shutil.chown(self.home, "postgres", "postgres")
            try:
                run(POSTGRES / "initdb", "-D", self.home / "cluster", "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8",
                    cwd="/", **as_user("postgres"))
            except (Failed, PermissionError) as failure:
                raise Failed(f"PostgreSQL's user postgres must be able to reach {self.home} (--work names another place): {failure}") from None
        command = [POSTGRES / "postgres", "-D", self.home / "cluster", "-k", self.home]
        for name_, value in SETTINGS.items():
            command += ["-c", f"{name_}={value}"]
        # SIGINT: a fast shutdown that does not wait for its clients.
        self.process = Process(command, self.log, self._answers, user="postgres", stop_signal=signal.SIGINT)

    @property
    def environment(self):
        return {"PGHOST": str(self.home), "PGUSER": "postgres", "PGDATABASE": "bench"}

    def _answers(self):
        # Also while it is still starting a socket is there: pg_isready knows.
        return subprocess.run([POSTGRES / "pg_isready", "-q", "-h", self.home], check=False).returncode == 0

    def sql(self, text, database="bench"):
        return run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text,
                   env={**os.environ, **self.environment, "PGDATABASE": database})

    def load(self, root, rows, say):
        """The rows, by COPY; then keys, indexes and statistics."""
        if self.loaded.exists():
            return
        say("loading PostgreSQL")
        self.sql("drop database if exists bench", "postgres")
        self.sql("create database bench", "postgres")
        peer = root / "bench/peers/fastify"
        self.sql((peer / "schema.sql").read_text())
        for table, columns in TABLES.items():
            self._copy(rows, table, columns)
        self.sql((peer / "indexes.sql").read_text())
        self.sql("vacuum analyze")
        self.sql("checkpoint")
        self.loaded.touch()

    def _copy(self, rows, table, columns):
        question = f"select {', '.join(columns)} from {table}"
        with subprocess.Popen(["sqlite3", "-readonly", "-csv", str(rows), question], stdout=subprocess.PIPE) as rows_out:
            run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", f"copy {table} from stdin (format csv)",
                stdin=rows_out.stdout, env={**os.environ, **self.environment})
            rows_out.stdout.close()
        if rows_out.returncode != 0:
            raise Failed(f"sqlite3 could not read {table}")
        with sqlite3.connect(f"file:{rows}?mode=ro", uri=True) as connection:
            expected = connection.execute(f"select count(*) from {table}").fetchone()[0]
        loaded = int(self.sql(f"select count(*) from {table}"))
        if loaded != expected:
            raise Failed(f"PostgreSQL holds {loaded} {table} of {expected}")

    def stop(self):
        self.process.stop()


class Fastify:
    """The peer: one node process."""

    def __init__(self, root, postgres, log, database="bench"):
        environment = {**postgres.environment, "PGDATABASE": database, "PORT": "0", "NODE_ENV": "production"}
        self.process = Process(["node", root / "bench/peers/fastify/server.js"], log, "listening on http", environment)
        self.url = re.search(r"listening on (http://\S+)", self.process.text())[1]

    def stop(self):
        self.process.stop()
