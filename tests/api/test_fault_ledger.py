"""The checker of the fault tests notices what it is there for: writes that are lost, doubled, half there or changed behind its back."""

import pytest

from client import uuid7
from stores import postgres_only
from support_ledger import ledgers_of, settle, under_load
from support_postgres import Cluster

pytestmark = postgres_only
# A row has its document beside its columns, and both say which it is.
COPY = """insert into agent_executions select (jsonb_populate_record(e, jsonb_build_object('id', %(to)s, 'document',
    '\\x' || encode(convert_to(replace(convert_from(document, 'UTF8'), id::text, %(to)s), 'UTF8'), 'hex')))).*
    from agent_executions e where id = %(id)s returning 1"""
COUNT = """update agent_executions set version = version + 1,
    document = convert_to(replace(convert_from(document, 'UTF8'), '"version":4', '"version":5'), 'UTF8') where id = %s returning 1"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 1)
    yield cluster
    cluster.close()


def remove(rows, id):
    rows("delete from execution_steps where execution_id = %s", [id])
    assert rows("delete from agent_executions where id = %s returning 1", [id])


def lost(rows, ledger):
    remove(rows, list(ledger.rows)[5])


def lost_by_key(rows, ledger):
    remove(rows, list(ledger.keyed.values())[0])


def half_a_batch(rows, ledger):
    remove(rows, ledger.batches[0][3])


def doubled(rows, ledger):
    assert rows(COPY, {"to": uuid7(), "id": list(ledger.rows)[5]})


def doubled_by_key(rows, ledger):
    assert rows(COPY, {"to": uuid7(), "id": list(ledger.keyed.values())[0]})


def lost_change(rows, ledger):
    id = next(id for id, n in ledger.rows.items() if n == 3)
    assert rows("update agent_executions set execution_context = '{\"n\": 2}', version = version - 1 where id = %s returning 1", [id])


def change_done_twice(rows, ledger):
    id = next(id for id, n in ledger.rows.items() if n == 3)
    assert rows(COUNT, [id])


@pytest.mark.parametrize("damage", [lost, lost_by_key, half_a_batch, doubled, doubled_by_key, lost_change, change_done_twice])
def test_what_is_done_behind_the_servers_back_is_noticed(cluster, damage):
    client = cluster.new_user()[0]
    ledgers = ledgers_of([client], 2)
    under_load(ledgers, lambda progress: None)
    settle(client, ledgers)
    damage(cluster.database.rows, ledgers[0])
    with pytest.raises(AssertionError, match="is not there|are there|is there|was doubled|was acknowledged"):
        settle(client, ledgers)
