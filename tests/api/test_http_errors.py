"""What a server meets on the open network: broken framing, sizes beyond every limit, hostile paths. It answers, and goes on."""

import pytest

from client import PREFIX, make_agent, unique, uuid7
from support_http import Closed, Wire, is_alive, once, request

AGENT = {"llm_provider": "ollama", "llm_model": "llama3.1"}
HOST = "Host: 127.0.0.1\r\n"


def names(client):
    return {agent["name"] for agent in client.items("/agents", limit=500)}


# Framing: what two parties may read differently is refused, and nothing behind it is executed

def refuses_and_ends(server, alice, raw):
    """Sends this with a creation behind it: every answer is a refusal, the connection ends, and the creation is not executed."""
    name = unique("smuggled")
    with Wire(server) as wire:
        wire.send_until_refused([raw + request("POST", "/agents", key=alice.key, body={**AGENT, "name": name})])
        try:
            while True:
                assert 400 <= wire.read().status <= 501
        except Closed:
            pass
    assert name not in names(alice)
    is_alive(server, alice.key)


@pytest.mark.parametrize("framing", [
    "Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4", "Content-Length: 4\r\nContent-Length: 5",
    "Content-Length: 4, 5", "Content-Length: -1", "Content-Length: +4", "Content-Length: 0x4", "Content-Length: 4 4", "Content-Length: four",
    "Content-Length: 99999999999999999999", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding : chunked", " Transfer-Encoding: chunked",
    "Content-Length: 4\r\nTransfer-Encoding: \x0bchunked", "Content-Length : 4"])
def test_ambiguous_framing_is_refused_and_ends_the_connection(server, alice, framing):
    head = f"POST {PREFIX}/agents HTTP/1.1\r\n{HOST}Authorization: Bearer {alice.key}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    refuses_and_ends(server, alice, head.encode("latin-1") + b"0\r\n\r\n")


CHUNKED = [("Transfer-Encoding", "chunked"), ("Content-Type", "application/json")]


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n{}\r\n", b"2\r\n{}0\r\n\r\n", b"\r\n",
                                    b" 2\r\n{}\r\n0\r\n\r\n", b"0x2\r\n{}\r\n0\r\n\r\n"])
def test_broken_chunks_are_refused_and_end_the_connection(server, alice, chunks):
    refuses_and_ends(server, alice, request("POST", "/agents", key=alice.key, headers=CHUNKED) + chunks)


@pytest.mark.parametrize("endless", [b"x" * 65_536, b"Trailer: x\r\n" * 5_000])
def test_endless_chunk_extensions_and_trailers_are_cut(server, alice, endless):
    head = request("POST", "/agents", key=alice.key, headers=CHUNKED) + (b"2;" if endless.startswith(b"x") else b"2\r\n{}\r\n0\r\n")
    with Wire(server) as wire:
        wire.send_until_refused([head, *[endless] * 600])
        try:
            wire.read().expect(400, 413, 431)
        except Closed:
            pass
    is_alive(server, alice.key)


@pytest.mark.parametrize("raw", [
    b"\r\n\r\n\r\n", b"hello\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1 x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01",
    b"\x00" * 1000 + b"\r\n\r\n", b"GET /me HTTP/1.1\r\nno colon\r\n\r\n", b"GET /me HTTP/1.1\r\n: x\r\n\r\n",
    b"GET /me HTTP/1.1\r\nA\x00B: x\r\n\r\n",
    b"GET /me HTTP/1.1\r\nA: x\x00y\r\n\r\n", b"GET /m e HTTP/1.1\r\n\r\n", b"G\xc3\xa9T / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_what_is_no_request_is_refused(server, alice, raw):
    with Wire(server, deadline_s=10) as wire:
        wire.send_until_refused([raw])
        wire.socket.shutdown(1)
        try:
            answer = wire.read()
            assert 400 <= answer.status < 600 and answer.status != 500, answer
        except Closed:
            pass
    is_alive(server, alice.key)


# Sizes

def test_a_declared_body_over_the_limit_is_refused_unread(server, alice):
    with Wire(server) as wire:
        wire.send(request("POST", "/agents", key=alice.key, headers=[("Content-Type", "application/json"), ("Content-Length", str((16 << 20) + 1))]))
        wire.read().is_problem(413)
    is_alive(server, alice.key)


def test_a_chunked_body_over_the_limit_is_refused(server, alice):
    head = request("POST", "/agents", key=alice.key, headers=[("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with Wire(server) as wire:
        wire.send_until_refused([head, *[piece] * 320])
        try:
            wire.read().is_problem(413)
        except Closed:
            pass  # it had closed while we were sending, and its answer was lost with the rest
    is_alive(server, alice.key)


def test_a_body_just_under_the_limit_is_read(server, alice):
    body = b'{"name": "x"' + b" " * ((16 << 20) - 13) + b"}"
    assert len(body) == 16 << 20
    once(server, "POST", "/agents", key=alice.key, body=body).is_problem(422)


@pytest.mark.parametrize("headers", [[("X-Long", "x" * 40_000)], [(f"X-{i}", "y" * 50) for i in range(1000)],
    [("Cookie", "a=b; " * 10_000)], [("X" * 40_000, "y")]])
def test_headers_over_the_limit_are_refused(server, alice, headers):
    with Wire(server) as wire:
        wire.send_until_refused([request("GET", "/me", key=alice.key, headers=headers)])
        wire.read().is_problem(431)
    is_alive(server, alice.key)


def test_headers_without_an_end_are_refused(server, alice):
    with Wire(server) as wire:
        wire.send_until_refused([b"GET / HTTP/1.1\r\n", *[b"X-Endless: " + b"x" * 1000 + b"\r\n"] * 1000])
        try:
            wire.read().is_problem(431)
        except Closed:
            pass
    is_alive(server, alice.key)


def test_headers_within_the_limit_are_read(server, alice):
    headers = [(f"X-{i}", "y" * 500) for i in range(40)]
    once(server, "GET", "/me", key=alice.key, headers=headers).expect(200)


def test_a_request_line_over_the_limit_is_refused(server, alice):
    with Wire(server) as wire:
        wire.send_until_refused([request("GET", "/agents?name=" + "x" * 40_000, key=alice.key)])
        wire.read().is_problem(431, 414)
    is_alive(server, alice.key)


# Methods and types

@pytest.mark.parametrize("method, path, allowed", [
    ("DELETE", "/agents", {"GET", "POST"}), ("PUT", "/agents", {"GET", "POST"}), ("POST", "/agents/{id}", {"GET", "PUT", "PATCH", "DELETE"}),
    ("POST", "/me", {"GET"}), ("PATCH", "/executions", {"GET", "POST", "DELETE"}), ("DELETE", "/agents/{id}/versions", {"GET"}),
    ("PUT", "/agents/{id}/clone", {"POST"})])
def test_a_method_that_is_not_there_is_405_with_what_is(server, alice, method, path, allowed):
    agent = make_agent(alice)
    answer = once(server, method, path.format(id=agent["id"]), key=alice.key, body=b"{}" if method != "GET" else None)
    answer.is_problem(405)
    told = {name.strip() for name in answer["Allow"].split(",")}
    assert allowed <= told and method not in told, told


@pytest.mark.parametrize("method", ["BREW", "PROPFIND", "get", "TRACE", "CONNECT", "X" * 200])
def test_an_unknown_method_is_refused(server, alice, method):
    with Wire(server) as wire:
        wire.send(request(method, "/agents", key=alice.key))
        try:
            wire.read().is_problem(400, 405, 501)
        except Closed:
            pass
    is_alive(server, alice.key)


@pytest.mark.parametrize("method, path", [("POST", "/healthz"), ("PUT", "/metrics"), ("DELETE", "/openapi.json"), ("POST", "/docs")])
def test_pages_outside_the_prefix_are_read_only(server, method, path):
    once(server, method, path, body=b"{}", absolute=True).is_problem(405)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "json", "application/jsonx",
                                        "text/json", "application/", "*/*"])
def test_another_type_of_body_is_not_supported(server, alice, media_type):
    body = {**AGENT, "name": unique()}
    once(server, "POST", "/agents", key=alice.key, body=body, headers=[("Content-Type", media_type)]).is_problem(415)


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"])
def test_json_is_json_however_it_is_spelled(server, alice, media_type):
    once(server, "POST", "/agents", key=alice.key, body={**AGENT, "name": unique()}, headers=[("Content-Type", media_type)]).expect(201)


def test_options_are_answered(server, alice):
    for path in (PREFIX + "/agents", PREFIX + "/me", "/healthz", "*"):
        with Wire(server) as wire:
            answer = wire.exchange("OPTIONS", path, key=alice.key, absolute=True)
            assert answer.status < 500 and (answer.status not in (200, 204, 405) or path == "*" or answer["Allow"]), answer


# Paths and queries

@pytest.mark.parametrize("path", [
    "/nowhere", "/agents/1", "/agents/none", "/agents/" + "a" * 4000, "/agents/{id}/nowhere", "/agents/{id}/versions/0", "/agents/{id}/versions/x",
    "/agents/{id}/versions/99999999999999999999", "/agents/{id}x", "/agents/{id}%20", "/agents/00000000-0000-0000-0000-000000000000",
    "/agents/{nodash}", "/agents/%7B{id}%7D",
    "/agents/%00", "/agents/{id}%00", "/agents/..", "/agents/../users", "/agents/%2e%2e/me", "/agents/..%2f..%2f..%2fetc%2fpasswd",
    "/../../etc/passwd", "//me", "/ME",
    "/agents/'%20or%201=1--", "/agents/%E2%80%AE", "/agents/%ff%fe", "/tools/%00", "/tools/" + "x" * 3000, "/tools/..%5c..",
    "/executions/-1", "/executions/export/x"])
def test_what_is_not_there_is_404(server, alice, path):
    agent = make_agent(alice)
    path = path.format(id=agent["id"], nodash=agent["id"].replace("-", ""))
    for method in ("GET", "DELETE"):
        once(server, method, path, key=alice.key).is_problem(
            404, *([400] if "%" in path or ".." in path else []), *([403, 405] if method == "DELETE" else []))
    assert once(server, "GET", f"/agents/{agent['id']}", key=alice.key).status == 200


@pytest.mark.parametrize("path", ["/%", "/agents/%", "/agents/%4", "/agents/%zz", "/agents/%u0041", "/agents/\xff\xfe"])
def test_a_path_that_is_badly_encoded_is_refused(server, alice, path):
    once(server, "GET", path, key=alice.key).is_problem(400, 404)
    is_alive(server, alice.key)


@pytest.mark.parametrize("query", ["%", "limit=%zz", "%zz=1", "limit=%4", "name=%ff%fe", "name=%ed%a0%80", "name=%c0%80"])
def test_a_query_that_is_badly_encoded_is_refused(server, alice, query):
    once(server, "GET", f"/agents?{query}", key=alice.key).is_problem(400, 422)


@pytest.mark.parametrize("path", ["/agents", "/workflows", "/blocks", "/tools", "/knowledgebases", "/executions", "/workflow-executions",
    "/me", "/agents/{id}"])
def test_an_unknown_query_parameter_is_named(alice, path):
    path = path.format(id=make_agent(alice)["id"])
    alice.get(path, nonsense=1).rejects("nonsense")
    alice.get(path, params=[("Limit", 1)]).rejects("Limit")


@pytest.mark.parametrize("query", ["?", "?&", "?limit=5&"])
def test_a_query_that_asks_for_nothing_more_is_none(server, alice, query):
    assert once(server, "GET", "/agents" + query, key=alice.key).status == 200
    once(server, "GET", "/agents?=5", key=alice.key).is_problem(422)


def test_a_query_parameter_twice_is_refused(alice):
    for pairs in ([("limit", 1), ("limit", 1)], [("name", "a"), ("limit", 5), ("name", "b")]):
        alice.get("/agents", params=pairs).rejects(pairs[0][0])
    once(alice.server, "GET", "/agents?limit=1&%6cimit=2", key=alice.key).is_problem(422)


def test_a_write_ignores_no_query_parameter(alice):
    name = unique()
    alice.post("/agents", json={**AGENT, "name": name}, dry_run=True).rejects("dry_run")
    assert name not in names(alice)
    alice.delete(f"/executions/{uuid7()}", params={"sesion_id": "x"}).expect(404, 422)
