"""/openapi.json is valid, complete, and describes what the server answers; the answers that all tests saw are checked in conftest.py."""

import re

import pytest

from client import Client, make_tool, unique
from contract import METHODS, OF_USERS, load, make_world, resolve
from described import complaints
from schema import unknown_keywords, violations

# What API.md lists of definitions and executions.
LISTED = [f"{method} /{kind}{suffix}" for kind in ("tools", "knowledgebases", "blocks", "agents", "workflows") for method, suffix in
          [("GET", ""), ("POST", ""), ("GET", "/{}"), ("PUT", "/{}"), ("PATCH", "/{}"), ("DELETE", "/{}")]]
LISTED += ["GET /users", "POST /users", "GET /users/{}", "PATCH /users/{}", "DELETE /users/{}", "GET /users/{}/keys", "POST /users/{}/keys",
           "DELETE /users/{}/keys/{}", "GET /me", "POST /agents/{}/clone", "GET /agents/{}/export", "POST /agents/import",
           "GET /agents/{}/versions", "POST /agents/{}/versions/{}/restore", "GET /workflows/{}/executions"]
LISTED += [f"{name.split()[0]} /{kind}{name.split()[1][1:]}" for kind in ("executions", "workflow-executions") for name in
           ("GET .", "POST .", "DELETE .", "GET ./{}", "PATCH ./{}", "DELETE ./{}", "POST ./{}/steps", "POST ./batch", "GET ./export")]


@pytest.fixture(scope="module")
def contract(server):
    return load(Client(server, server.admin_key))


@pytest.fixture(scope="module")
def document(contract):
    return contract[0]


@pytest.fixture(scope="module")
def found(contract):
    return contract[1]


@pytest.fixture(scope="module")
def tour(server, found):
    """[(operation, request body or None, answer)]: every operation once with a valid request, deletions last, and its refusals."""
    admin = Client(server, server.admin_key)
    admin.user = admin.get("/me").expect(200)
    world = make_world(admin, 3, [make_tool(admin)["id"] for _ in range(3)], marker=unique("tour"))
    world.ids["tools"] = make_tool(admin)["id"]  # one that nobody uses, so that it can be deleted
    seen = []

    def last(operation):
        return operation.method == "DELETE", not operation.name.endswith("executions/{}"), operation.name == "DELETE /users/{}", -operation.name.count("{}")

    for operation in sorted(found, key=last):
        client = admin if operation.is_for_admins or OF_USERS.match(operation.name) else world.owner
        method, path, arguments = world.request(operation)
        if operation.is_under_prefix:
            world.send(client, operation, params={"no_such_parameter": "1"})  # for the recorder
            world.send(Client(server), operation)
        seen.append((operation, arguments.get("json"), client.request(method, path, absolute=True, **arguments)))
    return seen


# Structure

def test_it_is_openapi_3_1(document):
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert document["info"]["title"] and document["info"]["version"] and document["paths"]
    assert set(document) <= {"openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components", "security", "tags",
                             "externalDocs"} | {name for name in document if name.startswith("x-")}


def test_it_needs_no_key(anonymous):
    answer = anonymous.get("//openapi.json")
    answer.expect(200)
    assert answer.content_type == "application/json"


def test_every_reference_resolves(document):
    def walk(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                resolve(document, {"$ref": value["$ref"]})
            for member in value.values():
                walk(member)
        elif isinstance(value, list):
            for member in value:
                walk(member)

    walk(document)


def test_every_path_item_holds_operations_only(document):
    for path, item in document["paths"].items():
        assert path.startswith("/"), path
        assert set(item) <= set(METHODS) | {"parameters", "summary", "description", "servers"}, (path, set(item))
        assert set(item) & set(METHODS), path


def test_no_two_templates_are_the_same(found):
    names = [operation.name for operation in found]
    assert len(names) == len(set(names))


def test_operation_ids_are_unique(found):
    ids = [operation.spec["operationId"] for operation in found]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"[\w.-]+", id) for id in ids)


def test_parameters_are_those_of_the_path(found):
    for operation in found:
        keys = [(parameter["in"], parameter["name"]) for parameter in operation.parameters]
        assert len(keys) == len(set(keys)), operation.name
        in_path = {name for where, name in keys if where == "path"}
        assert in_path == set(re.findall(r"\{([^}]*)\}", operation.template)), operation.name
        for parameter in operation.parameters:
            assert parameter["in"] in ("path", "query", "header", "cookie"), operation.name
            assert ("schema" in parameter) != ("content" in parameter), (operation.name, parameter["name"])
            assert parameter["in"] != "path" or parameter["required"] is True, operation.name


def test_every_operation_has_responses(document, found):
    for operation in found:
        responses = operation.spec["responses"]
        assert responses, operation.name
        assert any(re.fullmatch(r"[23](\d\d|XX)", status) for status in responses), operation.name
        for status, response in responses.items():
            assert re.fullmatch(r"[1-5](\d\d|XX)|default", status), (operation.name, status)
            response = resolve(document, response)
            assert response["description"], (operation.name, status)
            for media in response.get("content", {}).values():
                assert media == {} or "schema" in media or "example" in media, (operation.name, status)


def test_bodies_are_described_where_there_are_any(document, found):
    for operation in found:
        if "requestBody" in operation.spec:
            assert operation.method in ("POST", "PUT", "PATCH"), operation.name
            content = resolve(document, operation.spec["requestBody"])["content"]
            assert content and all("schema" in media for media in content.values()), operation.name
            if operation.method == "PATCH":
                assert "application/merge-patch+json" in content, operation.name


def test_the_schemas_use_only_what_is_checked_here(document):
    unknown = []
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        unknown += unknown_keywords(schema, f"#/components/schemas/{name}")
    assert not unknown, unknown


def test_every_operation_declares_its_budget(found):
    assert [operation.name for operation in found if type(operation.spec.get("x-query-budget")) is not int] == []


def test_everything_that_is_listed_is_there(found):
    assert set(LISTED) - {operation.name for operation in found} == set()


def test_lists_declare_their_parameters(found):
    for operation in found:
        if operation.name in [f"GET /{kind}" for kind in ("users", "tools", "knowledgebases", "blocks", "agents", "workflows", "executions")]:
            assert {"limit", "cursor", "count"} <= set(operation.query_names()), operation.name


# What the server says

def test_every_operation_does_what_it_says(tour):
    failed = [f"{answer!r:.600}" for _, _, answer in tour if answer.status >= 300]
    assert not failed, "\n".join(failed)


def test_every_answer_of_the_tour_matches_its_schema(document, tour):
    found = [text for operation, _, answer in tour for text in complaints(document, operation, answer)]
    assert not found, "\n".join(found)


def test_every_accepted_body_matches_its_schema(document, tour):
    found = []
    for operation, body, answer in tour:
        if body is None or answer.status >= 300:
            continue
        assert "requestBody" in operation.spec, f"{operation.name}: the body is not described"
        content = resolve(document, operation.spec["requestBody"])["content"]
        media = content.get("application/json") or content["application/merge-patch+json"]
        found += [f"{operation.name}: {text}" for text in violations(document, media["schema"], body)]
    assert not found, "\n".join(found)


def test_every_query_parameter_is_accepted(server, found, tour):
    """What is declared is known: no declared parameter is refused as unknown."""
    admin = Client(server, server.admin_key)
    world = make_world(admin, 1, [make_tool(admin)["id"]])
    values = {"agent_id": world.ids["agents"], "workflow_id": world.ids["workflows"], "limit": "1", "count": "true", "status": "completed",
              "from": "2026-01-01T00:00:00Z", "to": "2036-01-01T00:00:00Z", "user_id": world.owner.id, "is_public": "true",
              "group_by": "none", "days": "7", "session_id": world.session_id, "requires_auth": "true", "is_builtin": "false", "role": "user", "agent_type": "custom",
              "block_type": "llm", "type": "semantic", "memory_type": "semantic", "importance": "low", "metadata": "{}", "implementation_type": "custom", "configuration": "{}", "graph_definition": "{}", "data": "{}"}
    for operation in found:
        if operation.method == "GET" and operation.is_under_prefix and not operation.is_for_admins:
            for name in operation.query_names():
                if name == "input_data":
                    world.send(world.owner, operation, params={name: "{}", "from": values["from"]}).expect(200)
                elif name != "cursor":
                    value = values.get(name, "x")
                    if name in ("from", "to") and "/statistics/" in operation.template:
                        value = value[:10]
                    world.send(world.owner, operation, params={name: value}).expect(200)
