"""HTTP over a raw socket: connections, pipelining, HEAD, compression, Expect, and who is let in."""

import gzip
import json
import socket
import zlib

import pytest

from client import PREFIX, Client, in_parallel, make_agent, make_execution, make_workflow, node, unique
from stores import embedded_only
from support_http import Closed, Wire, is_alive, once, request
from support_process import eventually

AGENT = {"llm_provider": "ollama", "llm_model": "llama3.1"}


def test_a_connection_carries_many_requests(server, alice):
    with Wire(server) as wire:
        for turn in range(100):
            assert wire.exchange("GET", "/me", key=alice.key).expect(200).json()["id"] == alice.id
            wire.exchange("GET", "/agents/none", key=alice.key).is_problem(404)
            wire.exchange("POST", "/agents", key=alice.key, body={"name": 1}).is_problem(422)
            if turn % 10 == 0:
                wire.exchange("POST", "/agents", key=alice.key, body={**AGENT, "name": unique()}).expect(201)
                wire.exchange("GET", "/me").is_problem(401)


def test_connection_close_is_honoured(server, alice):
    with Wire(server) as wire:
        answer = wire.exchange("GET", "/me", key=alice.key, headers=[("Connection", "close")]).expect(200)
        assert answer.closes
        wire.ends()


def test_pipelined_answers_come_in_order(server, alice):
    agent = make_agent(alice)
    requests, expected = [], []
    for i in range(60):
        kind = i % 5
        id = ("X-Request-Id", f"pipe-{i}")
        if kind == 0:
            requests.append(request("POST", "/agents", key=alice.key, body={**AGENT, "name": unique()}, headers=[id]))
        elif kind == 1:
            requests.append(request("GET", f"/agents/{agent['id']}", key=alice.key, headers=[id]))
        elif kind == 2:
            requests.append(request("HEAD", "/agents?limit=500", key=alice.key, headers=[id]))
        elif kind == 3:
            requests.append(request("GET", "/healthz", headers=[id], absolute=True))
        else:
            requests.append(request("DELETE", "/agents/none", key=alice.key, headers=[id]))
        expected.append((requests[-1].split(b" ")[0].decode(), (201, 200, 200, 200, 404)[kind], f"pipe-{i}"))
    with Wire(server) as wire:
        wire.send(b"".join(requests))
        for method, status, id in expected:
            answer = wire.read(method)
            assert (answer.status, answer["X-Request-Id"]) == (status, id)


def test_pipelined_writes_take_effect_in_order(server, alice):
    agent = make_agent(alice)
    path = f"/agents/{agent['id']}"
    with Wire(server) as wire:
        wire.send(b"".join(request("PATCH", path, key=alice.key, body={"description": str(i)}) + request("GET", path, key=alice.key)
                           for i in range(20)))
        for i in range(20):
            assert wire.read().expect(200).json()["description"] == str(i)
            assert wire.read().expect(200).json()["description"] == str(i)


def test_a_request_may_arrive_byte_by_byte(server, alice):
    with Wire(server) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for turn in range(2):
            for byte in request("POST", "/agents", key=alice.key, body={**AGENT, "name": unique()}):
                wire.send(bytes([byte]))
            wire.read().expect(201)


def test_a_chunked_body_is_a_body(server, alice):
    body = json.dumps({**AGENT, "name": unique("chunked")}).encode()
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7)) + b"0\r\nTrailer: x\r\n\r\n"
    with Wire(server) as wire:
        for turn in range(2):
            head = request("POST", "/agents", key=alice.key, headers=[("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])
            wire.send(head + chunks)
            assert wire.read().expect(201).json()["name"] == json.loads(body)["name"]


def test_head_answers_as_get_without_a_body(server, alice):
    agent, workflow, execution = make_agent(alice), make_workflow(alice, nodes=[node("a")]), make_execution(alice)
    paths = ["/me", "/agents", "/tools", "/blocks", "/knowledgebases", "/workflows", "/executions", "/workflow-executions", "/nowhere",
             f"/agents/{agent['id']}", f"/agents/{agent['id']}/versions", f"/agents/{agent['id']}/export", "/agents/none", "/agents?limit=0",
             f"/workflows/{workflow['id']}", f"/workflows/{workflow['id']}/executions", f"/executions/{execution['id']}", "/executions/export"]
    absolute = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/", "/nowhere"]
    with Wire(server) as wire:
        for path in [PREFIX + path for path in paths] + absolute:
            get = wire.exchange("GET", path, key=alice.key, absolute=True)
            head = wire.exchange("HEAD", path, key=alice.key, absolute=True)
            assert head.status == get.status and head.body == b"", path
            assert head["Content-Type"] == get["Content-Type"] and head["ETag"] == get["ETag"], path
            if get["Content-Length"] and head["Content-Length"] and path != "/metrics" and get.status < 400:
                assert head["Content-Length"] == get["Content-Length"], path


def test_every_answer_says_what_it_cost(server, alice):
    for path, key in (("/me", alice.key), ("/agents", alice.key), ("/none", alice.key), ("/me", None), ("/me", "wrong")):
        answer = once(server, "GET", path, key=key)
        assert int(answer["Onggi-Queries"]) >= 0 and "total;dur=" in answer["Server-Timing"] and answer["X-Request-Id"]


def test_the_id_of_a_request_comes_back(server, alice):
    for id in ("abc-123", "x", "018f4b1e-0000-7000-8000-000000000000", "~!@#$%^&*()", "y" * 128):
        assert once(server, "GET", "/me", key=alice.key, headers=[("X-Request-Id", id)])["X-Request-Id"] == id
        assert once(server, "GET", "/none", key=alice.key, headers=[("X-Request-Id", id)]).is_problem(404)["request_id"] == id
    ids = {once(server, "GET", "/me", key=alice.key)["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5 and all(ids)
    for odd in ("", "z" * 5000, "a b\tc", "\xe9\xff"):
        assert once(server, "GET", "/me", key=alice.key, headers=[("X-Request-Id", odd)]).expect(200, 400)["X-Request-Id"]


def test_an_answer_is_compressed_for_who_asks(server, alice):
    for _ in range(20):
        make_agent(alice, description="much the same text " * 20)
    plain = once(server, "GET", "/agents", key=alice.key).expect(200)
    assert plain["Content-Encoding"] is None
    for asked in ("gzip", "deflate, gzip;q=0.5, br", "GZIP", "*"):
        answer = once(server, "GET", "/agents", key=alice.key, headers=[("Accept-Encoding", asked)]).expect(200)
        if asked in ("*", "GZIP") and answer["Content-Encoding"] is None:
            continue
        assert answer["Content-Encoding"] == "gzip" and "accept-encoding" in answer["Vary"].lower(), asked
        assert gzip.decompress(answer.body) == plain.body and len(answer.body) < len(plain.body) / 2
    for asked in ("", "br", "identity", "gzip;q=0", "gzip;q=0.0, identity"):
        answer = once(server, "GET", "/agents", key=alice.key, headers=[("Accept-Encoding", asked)]).expect(200)
        assert answer["Content-Encoding"] is None and answer.body == plain.body, asked


def test_an_unchanged_answer_is_not_sent_again_compressed_or_not(server, alice):
    for _ in range(5):
        make_agent(alice, description="text " * 200)
    with Wire(server) as wire:
        for asked in ([], [("Accept-Encoding", "gzip")]):
            etag = wire.exchange("GET", "/agents", key=alice.key, headers=asked).expect(200)["ETag"]
            for match in (etag, f'"other", {etag}', "W/" + etag.removeprefix("W/"), "*"):
                answer = wire.exchange("GET", "/agents", key=alice.key, headers=[*asked, ("If-None-Match", match)]).expect(304)
                assert answer["ETag"]
            wire.exchange("GET", "/agents", key=alice.key, headers=[*asked, ("If-None-Match", '"0"')]).expect(200)


def test_a_body_may_come_compressed(server, alice):
    body = gzip.compress(json.dumps({**AGENT, "name": unique("gzip"), "description": "x" * 10_000}).encode())
    with Wire(server) as wire:
        made = wire.exchange("POST", "/agents", key=alice.key, body=body, headers=[("Content-Encoding", "gzip")]).expect(201).json()
        assert made["description"] == "x" * 10_000
        wire.exchange("GET", "/me", key=alice.key).expect(200)


@pytest.mark.parametrize("spoil", [lambda b: b[:-12], lambda b: b[:10], lambda b: b"\x00" + b, lambda b: b[:20] + b"\xff\xff\xff" + b[23:],
                                   lambda b: b"plain text", lambda b: b"", lambda b: zlib.compress(b"{}"), lambda b: b[:-8] + b"\0" * 8])
def test_a_compressed_body_that_is_broken_is_refused(server, alice, spoil):
    body = spoil(gzip.compress(json.dumps({**AGENT, "name": unique()}).encode() * 3))
    once(server, "POST", "/agents", key=alice.key, body=body, headers=[("Content-Encoding", "gzip")]).is_problem(400)
    is_alive(server, alice.key)


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_another_coding_of_the_body_is_not_supported(server, alice, coding):
    once(server, "POST", "/agents", key=alice.key, body=b"{}", headers=[("Content-Encoding", coding)]).is_problem(415, 400)


def test_a_decompression_bomb_is_refused_before_it_is_whole(server, alice):
    packed = gzip.compress(b'{"name": "' + b"a" * (64 << 20) + b'"}', compresslevel=1)
    announced = [("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))]
    with Wire(server) as wire:
        wire.send(request("POST", "/agents", key=alice.key, headers=announced) + packed[:len(packed) // 2])
        wire.read().is_problem(413)
    is_alive(server, alice.key)


def test_continue_is_said_before_a_body_and_not_before_a_refusal(server, alice):
    body = json.dumps({**AGENT, "name": unique()}).encode()
    length = ("Content-Length", str(len(body)))
    expects = [("Expect", "100-continue"), ("Content-Type", "application/json")]
    with Wire(server) as wire:
        wire.send(request("POST", "/agents", key=alice.key, headers=[*expects, length]))
        assert wire.read_head()[0] == 100
        wire.send(body)
        wire.read().expect(201)
        wire.exchange("GET", "/me", key=alice.key).expect(200)
    with Wire(server) as wire:
        wire.send(request("POST", "/agents", key=alice.key, headers=[*expects, ("Content-Length", str(100 << 20))]))
        answer = wire.read()
        assert answer.interim == []
        answer.is_problem(413)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic YWRtaW46YWRtaW4=", "Bearer " + "x" * 10_000,
                                           "Bearer \xe9\xff", "Token {key}", "{key}", "Bearer {key}x", "Bearer {half}", "Bearer {upper}"])
def test_who_has_no_valid_key_is_told_so(server, alice, authorization):
    headers = [] if authorization is None else [
        ("Authorization", authorization.format(key=alice.key, half=alice.key[:-1], upper=alice.key.swapcase()))]
    with Wire(server) as wire:
        answer = wire.exchange("GET", "/me", headers=headers)
        if answer.status == 400 and "\xe9" in authorization:
            return
        answer.is_problem(401)
        assert answer["WWW-Authenticate"].lower().startswith("bearer")
        wire.exchange("POST", "/agents", body={**AGENT, "name": "x"}, headers=headers).is_problem(401)
        wire.exchange("GET", "/me", key=alice.key).expect(200)


def test_a_revoked_key_is_refused_within_a_second(server, admin, alice):
    key = admin.post(f"/users/{alice.id}/keys", json={"name": "second"}).expect(201)
    holder = Client(server, key["key"])
    with Wire(server) as wire:
        wire.exchange("GET", "/me", key=key["key"]).expect(200)
        holder.get("/me").expect(200)
        admin.delete(f"/users/{alice.id}/keys/{key['id']}").expect(204)
        eventually(lambda: wire.exchange("GET", "/me", key=key["key"]).status == 401, deadline_s=1)
        eventually(lambda: holder.get("/me").status == 401, deadline_s=1)
        for _ in range(8):  # whichever loop takes the connection
            eventually(lambda: once(server, "GET", "/me", key=key["key"]).status == 401, deadline_s=1)
    alice.get("/me").expect(200)


def test_the_keys_of_an_erased_user_are_refused_within_a_second(server, admin, new_user):
    leaver = new_user("leaver")
    make_agent(leaver)
    leaver.get("/me").expect(200)
    admin.delete(f"/users/{leaver.id}", erase=True).expect(204)
    eventually(lambda: leaver.get("/me").status == 401, deadline_s=1)


@embedded_only("what is refused on a busy machine says nothing of connections")
def test_many_connections_at_once_are_served(server, alice):
    def talk(_):
        with Wire(server) as wire:
            return [wire.exchange("GET", "/me", key=alice.key).status for _ in range(5)]

    assert in_parallel(talk, range(300), threads=32) == [[200] * 5] * 300


def test_idle_and_half_sent_connections_hold_nobody_up(server, alice):
    idle = [Wire(server) for _ in range(200)]
    half = [Wire(server).send(b"POST /api/agent-builder/agents HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{") for _ in range(50)]
    is_alive(server, alice.key)
    for wire in idle + half:
        wire.close()
    is_alive(server, alice.key)


def test_a_client_that_leaves_before_its_answer_does_no_harm(server, alice):
    for _ in range(50):
        with Wire(server) as wire:
            wire.send(request("GET", "/agents?limit=500", key=alice.key) * 20)
    with Wire(server) as wire:
        wire.send(request("GET", "/me", key=alice.key))
        wire.socket.shutdown(socket.SHUT_WR)  # has said everything, still listens
        try:
            wire.read().expect(200)
        except Closed:
            pass
    is_alive(server, alice.key)
