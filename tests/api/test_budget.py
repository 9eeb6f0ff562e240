"""A fixed query budget: what an operation costs does not depend on how many rows there are, and never exceeds what its route declares.

Every operation of /openapi.json is measured in worlds of 1, 10, 100 and 1,000 related rows, right after a start (nothing in memory but
the caller's key), once more, and, if it writes, with an Idempotency-Key as well.
"""

import pytest

from client import Client, Server, in_parallel, make_tool, unique
from contract import load, make_world
from stores import IS_POSTGRES
from support_process import eventually, fewest_queries

SIZES = (1, 10, 100, 1_000)
# 409: that agents use it, or that it was not promoted, is found in the same statements
IN_USE = {"DELETE /tools/{}", "POST /agents/{}/memory/{}/undo"}
# Kept in memory on the embedded store until anything is written, for a second at most: by chance these would cost nothing.
KEPT_FOR_A_MOMENT = ("GET /statistics/", "GET /dashboard/")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("budget"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def measured(own_server):
    """{phase: {(operation's name, variant): {size: queries}}}"""
    admin = Client(own_server, own_server.admin_key)
    _, found = load(admin)
    tool_ids = in_parallel(lambda _: make_tool(admin)["id"], range(max(SIZES)))
    phases = {"cold": {}, "again": {}, "writes": {}, "first use of a key": {}}
    for size in SIZES:
        world = make_world(admin, size, tool_ids[::-1])
        measure(own_server, world, found, phases)
        tool_ids = tool_ids[1:] + tool_ids[:1]  # the first tool of a world is its own
    return found, phases


def measure(server, world, found, phases):
    def note(phase, operation, variant, send):
        if phase != "first use of a key":
            know_the_key(caller(world, operation))
        if operation.name.startswith(KEPT_FOR_A_MOMENT):
            make_tool(world.admin)
        answer = send()
        assert answer.status < 300 or operation.name in IN_USE and answer.status == 409, answer
        phases[phase].setdefault((operation.name, variant), {})[world.size] = answer.queries

    reads = [operation for operation in found if operation.method == "GET"]
    writes = sorted((operation for operation in found if operation.method in ("POST", "PATCH", "PUT", "DELETE")), key=order)
    keys = [world.owner.post(f"/users/{world.owner.id}/keys", json={"name": unique()}).expect(201)["key"] for _ in reads]
    server.restart()
    for operation, key in zip(reads, keys):
        if not operation.is_for_admins:
            note("first use of a key", operation, "", lambda: world.send(Client(server, key), operation))
    server.restart()
    for client in (world.owner, world.admin):
        client.get("/me").expect(200)  # the key's warm-up
    for phase in ("cold", "again"):
        for operation in reads:
            for variant, params in variants(world, operation):
                note(phase, operation, variant, lambda: world.send(caller(world, operation), operation, params=params))
    for operation in writes:
        note("writes", operation, "", lambda: world.send(caller(world, operation), operation))
        if operation.method == "POST" and not operation.name.endswith("/keys"):
            method, path, arguments = world.request(operation)
            arguments["headers"] = {"Idempotency-Key": unique()}
            for variant in ("idempotent", "replayed"):
                note("writes", operation, variant, lambda: caller(world, operation).request(method, path, absolute=True, **arguments))


def know_the_key(client):
    """On PostgreSQL whose a key is may be asked anew at any time, after some key has changed: not by what is measured."""
    if IS_POSTGRES:
        least = fewest_queries(lambda: client.get("/me"), times=3)
        eventually(lambda: client.get("/me").queries <= least, every_s=0)


def caller(world, operation):
    return world.admin if operation.is_for_admins else world.owner


def order(operation):
    """Creations first; what holds others is deleted after them, the user last."""
    rank = ("POST", "PATCH", "PUT", "DELETE").index(operation.method)
    if operation.method != "DELETE":
        return rank, 0
    single = operation.name.endswith("executions/{}") or operation.name.count("{}") > 1
    return rank, 3 if operation.name == "DELETE /users/{}" else 0 if single else 1 if operation.has_path_parameters else 2


def variants(world, operation):
    """A list is read with its defaults, at its longest, with a total, and by each of its filters."""
    values = {"limit": 500, "count": "true", "agent_id": world.ids["agents"], "workflow_id": world.ids["workflows"],
              "session_id": world.session_id, "status": "completed", "is_public": "false", "user_id": world.owner.id}
    yield "", {}
    for name in operation.query_names():
        if name in values and not (name == "user_id" and caller(world, operation) is world.admin):
            yield f"{name}=", {name: values[name]}
    if {"limit", "count"} <= set(operation.query_names()):
        yield "limit= and count=", {"limit": 500, "count": "true"}


def assert_is_flat(counts):
    uneven = [f"{name} {variant}: {by_size}" for (name, variant), by_size in counts.items() if len(set(by_size.values())) > 1]
    assert not uneven, "the number of queries depends on the data:\n" + "\n".join(uneven)
    assert counts and all(set(by_size) == set(SIZES) for by_size in counts.values())


def test_every_operation_declares_its_budget(measured):
    found, _ = measured
    missing = [operation.name for operation in found if type(operation.budget) is not int or operation.budget < 0]
    assert not missing, missing


def test_every_operation_is_measured(measured):
    found, phases = measured
    names = {name for counts in phases.values() for name, _ in counts}
    assert names == {operation.name for operation in found if operation.method != "HEAD"}


def test_a_read_costs_the_same_however_much_there_is(measured):
    assert_is_flat(measured[1]["cold"])


def test_a_repeated_read_costs_the_same_however_much_there_is(measured):
    assert_is_flat(measured[1]["again"])


def test_a_write_costs_the_same_however_much_there_is(measured):
    assert_is_flat(measured[1]["writes"])


def test_a_repeated_read_costs_no_more_than_the_first(measured):
    _, phases = measured
    dearer = [f"{key}: {size}" for key, by_size in phases["again"].items() for size in SIZES if by_size[size] > phases["cold"][key][size]]
    assert not dearer, dearer


def test_no_operation_exceeds_its_budget(measured):
    found, phases = measured
    budgets = {operation.name: operation.budget for operation in found}
    exceeded = [f"{name} {variant} ({phase}): {by_size}, declared {budgets[name]}" for phase, counts in phases.items()
                for (name, variant), by_size in counts.items() if max(by_size.values()) > budgets[name]]
    assert not exceeded, "\n".join(exceeded)


@pytest.mark.parametrize("name, budget", [("GET /workflows/{}", 6), ("GET /agents/{}", 4)])
def test_the_budgets_of_the_promise_are_kept(measured, name, budget):
    declared = next(operation.budget for operation in measured[0] if operation.name == name)
    assert declared <= budget


def test_a_refused_request_is_within_the_budget_too(admin, alice, bob):
    _, found = load(admin)
    world = make_world(admin, 1, [make_tool(admin)["id"]])
    for operation in found:
        if operation.is_under_prefix:
            for answer in (world.send(bob, operation), world.send(bob, operation, params={"no_such_parameter": "1"})):
                assert answer.queries <= operation.budget, (operation.name, answer.queries, answer)
