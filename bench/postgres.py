"""A private PostgreSQL, reached by a Unix socket of its own, and pgbench on it."""

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from process import Failed, Process, as_user, run

POSTGRES = Path("/usr/lib/postgresql/15/bin")
SETTINGS = {"listen_addresses": "", "max_connections": 100, "shared_buffers": "1GB", "effective_cache_size": "4GB", "work_mem": "16MB",
            "maintenance_work_mem": "256MB", "random_page_cost": 1.1, "effective_io_concurrency": 100, "max_wal_size": "4GB",
            "checkpoint_timeout": "15min", "jit": "off", "fsync": "on", "synchronous_commit": "on", "log_min_messages": "warning"}
PLANS_ONCE = "-c plan_cache_mode=force_generic_plan"
PLANS_EACH = "-c plan_cache_mode=force_custom_plan"
WARM_UP_S = 1  # of a run of pgbench: its connections are new ones, that know no table and have prepared nothing


class Postgres:
    """A cluster in a directory of its own, made where there is none, and the server on it."""

    def __init__(self, home, log):
        self.home = home
        if not (POSTGRES / "postgres").exists():
            raise Failed(f"{POSTGRES} holds no PostgreSQL: tools/install-packages.sh --bench installs it")
        if not (home / "cluster/PG_VERSION").exists():
            self._make()
        command = [POSTGRES / "postgres", "-D", home / "cluster", "-k", home]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        # SIGINT: a fast shutdown that does not wait for its clients.
        self.process = Process(command, log, self._answers, user="postgres", stop_signal=signal.SIGINT)

    def _make(self):
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o755)
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        making = self.home / "making"
        try:
            run(POSTGRES / "initdb", "-D", making, "-A", "trust", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8", cwd="/",
                **as_user("postgres"))
        except (Failed, PermissionError) as failure:
            raise Failed(f"PostgreSQL's user postgres must be able to reach {self.home} (--work names another place): {failure}") from None
        making.rename(self.home / "cluster")

    def _answers(self):
        # Also while it is still starting a socket is there: pg_isready knows.
        return subprocess.run([POSTGRES / "pg_isready", "-q", "-h", self.home], check=False).returncode == 0

    def environment(self, database):
        return {"PGHOST": str(self.home), "PGUSER": "postgres", "PGDATABASE": database}

    def url(self, database):
        return f"postgres://postgres@/{database}?host={quote(str(self.home), safe='')}"

    def psql(self, database, *arguments, **options):
        return run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *arguments,
                   env={**os.environ, **self.environment(database)}, **options)

    def sql(self, text, database):
        return self.psql(database, "-c", text)

    def make_database(self, name, template=None):
        """An empty one or a copy, in place of one of this name. The template must not be in use."""
        self.drop_database(name)
        # Copied as files, rather than through the log of writes.
        self.sql(f"create database {name}" + (f" template {template} strategy file_copy" if template else ""), "postgres")

    def drop_database(self, name):
        self.sql(f"drop database if exists {name}", "postgres")

    def copy_in(self, database, table, command, environment=None):
        """The rows that a command writes to its standard output; `table` with what COPY takes behind it."""
        words = [str(word) for word in command]
        with subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}) as source:
            self.psql(database, "-c", f"copy {table}", stdin=source.stdout)
            source.stdout.close()
        if source.returncode != 0:
            raise Failed(f"{' '.join(words[:3])} ... could not read what {table.split()[0]} is to hold")

    def cpu_s(self, database):
        """What the processes that serve a database now have taken of the processors."""
        taken = 0
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with suppress(OSError):  # it has ended meanwhile
                if f" {database} " in Path(f"/proc/{pid}/cmdline").read_text():
                    taken += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        return taken / 1e9

    def settle(self, database):
        """After a load: what the planner knows, and nothing left for later."""
        self.sql("vacuum analyze", database)
        self.sql("checkpoint", database)

    def stop(self):
        self.process.stop()


def pgbench(postgres, database, script, seconds, variables=None, settings="", clients=16):
    """One run, without its first second. `variables` of the script, `settings` as PGOPTIONS takes them."""
    command = [POSTGRES / "pgbench", "-n", "-M", "prepared", "-c", clients, "-j", 1, "-T", seconds + WARM_UP_S, "-P", WARM_UP_S,
               "-f", script]
    for name, value in (variables or {}).items():
        command += ["-D", f"{name}={value}"]
    environment = {**os.environ, **postgres.environment(database), "PGOPTIONS": settings}
    said = run(*command, env=environment, stderr=subprocess.STDOUT)
    return {"per_second": per_second(said)}


def per_second(said):
    """What pgbench says, less the first report: transactions a second after the warm-up."""
    def number(pattern):
        found = re.search(pattern, said)
        if not found:
            raise Failed(f"pgbench says something else than expected:\n{said[-2000:]}")
        return float(found[1])
    if number(r"number of failed transactions: (\d+)"):
        raise Failed(f"transactions of pgbench failed:\n{said[-2000:]}")
    processed = number(r"number of transactions actually processed: (\d+)")
    # A report counts from before the connections are made, the whole from after.
    reported_at, in_first = number(r"progress: ([\d.]+) s"), number(r"progress: [\d.]+ s, ([\d.]+) tps")
    lasted = processed / number(r"tps = ([\d.]+) \(without initial connection time\)")
    connecting = number(r"initial connection time = ([\d.]+) ms") / 1000
    return (processed - in_first * reported_at) / (lasted + connecting - reported_at)
