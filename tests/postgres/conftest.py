"""Databases of PostgreSQL for the tests of its schema."""

import os
import secrets
import urllib.parse
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]
MIGRATIONS = sorted((ROOT / "sql" / "migrations" / "postgres").glob("*.sql"))


def connect(url, database):
    connection = psycopg2.connect(urllib.parse.urlsplit(url)._replace(path=f"/{database}").geturl())
    connection.autocommit = True
    return connection


@pytest.fixture(scope="session")
def postgres_url():
    url = os.environ.get("ONGGI_TEST_POSTGRES")
    if not url:
        pytest.skip("ONGGI_TEST_POSTGRES names no server; tests/postgres/run starts one")
    return url


@pytest.fixture(scope="session")
def new_database(postgres_url):
    """Makes databases that hold the schema and are gone when the tests have ended."""
    made = []
    admin = connect(postgres_url, "postgres")

    def make():
        name = f"onggi_{secrets.token_hex(6)}"
        admin.cursor().execute(f"create database {name}")
        made.append(name)
        connection = connect(postgres_url, name)
        for migration in MIGRATIONS:
            connection.cursor().execute("begin; " + migration.read_text() + "; commit")
        connection.close()
        return name

    yield make
    for name in made:
        admin.cursor().execute(f"drop database {name} with (force)")
    admin.close()
