"""Which store the servers of the tests keep their data in: ONGGI_STORE=embedded (default) or postgres.

On PostgreSQL every data directory has a database of its own, made when a command first names the directory and dropped with the test, on
the server that ONGGI_TEST_POSTGRES names (tests/postgres/run makes one); servers reach it through ONGGI_TEST_POOLER, if that is set. A test that makes no sense there says so:

    @embedded_only("a disk of its own")
    pytestmark = postgres_only          what is particular to PostgreSQL
"""

import contextlib
import itertools
import os
import pathlib
import secrets
import sys
import time
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "postgres"))
from pooler import through  # noqa: E402

STORE = os.environ.get("ONGGI_STORE", "embedded")
assert STORE in ("embedded", "postgres"), f"ONGGI_STORE={STORE} is no store"
IS_POSTGRES = STORE == "postgres"
SERVER_URL = os.environ.get("ONGGI_TEST_POSTGRES", "")
POOLER = os.environ.get("ONGGI_TEST_POOLER", "")
ADMIN_URL = os.environ.get("ONGGI_TEST_POSTGRES_ADMIN", "")
# Commands that open the store; the others know nothing of a database.
COMMANDS_WITH_A_STORE = ("serve", "demo", "check", "user", "key")
UNUSED_DEADLINE_S = 30

postgres_only = pytest.mark.skipif(not IS_POSTGRES, reason="PostgreSQL only: ONGGI_STORE=postgres (make test-api-postgres)")


def embedded_only(reason):
    return pytest.mark.skipif(IS_POSTGRES, reason=f"embedded store only: {reason}")


def url_of(database, server_url=None):
    """The same server's URL, of another database."""
    return urllib.parse.urlsplit(server_url or SERVER_URL)._replace(path="/" + database).geturl()


def connect(url, **options):
    """A psycopg2 connection that commits each statement by itself."""
    import psycopg2  # not needed for the embedded store
    connection = psycopg2.connect(url, **options)
    connection.autocommit = True
    return connection


def rows(url, text, parameters=None):
    """What a statement gives; [] for one that gives nothing."""
    with contextlib.closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return cursor.fetchall() if cursor.description else []


_numbers = itertools.count(1)


class Database:
    """A new, empty one; `options` of CREATE DATABASE."""

    def __init__(self, server_url=None, options=""):
        self.server_url = server_url or SERVER_URL
        self.name = f"onggi_test_{os.getpid()}_{next(_numbers)}_{secrets.token_hex(2)}"
        self.url = url_of(self.name, self.server_url)
        is_behind_pooler = POOLER and self.server_url == SERVER_URL
        self.served_url = through(POOLER, self.url) if is_behind_pooler else self.url  # for onggi
        rows(self.server_url, f"create database {self.name} {options}")

    def rows(self, text, parameters=None):
        return rows(self.url, text, parameters)

    def backends(self, condition="and backend_type = 'client backend'"):
        """The process ids of who is connected."""
        if POOLER:
            condition += " and state <> 'idle'"  # the pooler keeps its sessions
        return [pid for pid, in rows(self.server_url, f"select pid from pg_stat_activity where datname = %s {condition}", [self.name])]

    def wait_until_unused(self, *condition):
        until = time.monotonic() + UNUSED_DEADLINE_S
        while backends := self.backends(*condition):
            assert time.monotonic() < until, f"{self.name} is in use by {backends}"
            time.sleep(0.002)

    def drop(self):
        """Whoever is connected is thrown out."""
        # FORCE is refused while the server's own workers, which are a superuser's, look after the database.
        rows(self.server_url, "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and usename = current_user", [self.name])
        self.wait_until_unused("and usename = current_user")
        rows(self.server_url, f"drop database if exists {self.name}")


# Data directories and their databases

_databases = {}


def database_of(data):
    """The database of a data directory, made if need be."""
    place = os.path.realpath(data)
    if place not in _databases:
        _databases[place] = Database()
    return _databases[place]


def environment_for(arguments):
    """The environment of a command: where it opens a store, the database of the directory that it names."""
    arguments = [str(argument) for argument in arguments]
    if not IS_POSTGRES or arguments[:1] not in [[command] for command in COMMANDS_WITH_A_STORE] or "--database-url" in arguments:
        return {}
    if "--data" not in arguments or "--help" in arguments:
        return {}
    return {"ONGGI_DATABASE_URL": database_of(arguments[arguments.index("--data") + 1]).served_url}


def drop_databases(under=None):
    """Of the data directories below a directory; of all."""
    for place in list(_databases):
        if under is None or pathlib.Path(place).is_relative_to(os.path.realpath(under)):
            _databases.pop(place).drop()
