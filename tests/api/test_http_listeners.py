"""Where the server listens and for whom: CORS on and off, a Unix socket, TLS."""

import signal
import socket
import ssl
import subprocess

import pytest

from client import Server, new_key, unique
from support_http import Closed, Wire, once, request
from support_process import Background, onggi

ORIGIN = "https://app.example"
PREFLIGHT = [("Access-Control-Request-Method", "PATCH"), ("Access-Control-Request-Headers", "authorization, content-type, if-match, idempotency-key")]


@pytest.fixture(scope="module")
def cors_server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("cors"), "--cors-origin", ORIGIN)
    yield server
    server.close()


def words(value):
    return {word.strip().lower() for word in (value or "").split(",")}


def test_a_browser_of_an_allowed_origin_may_ask_first(cors_server):
    for path in ("/agents", "/agents/x", "/executions/batch"):
        answer = once(cors_server, "OPTIONS", path, headers=[("Origin", ORIGIN), *PREFLIGHT]).expect(200, 204)
        assert answer["Access-Control-Allow-Origin"] == ORIGIN
        assert "patch" in words(answer["Access-Control-Allow-Methods"]) or path == "/executions/batch"
        assert {"authorization", "content-type", "if-match", "idempotency-key"} <= words(answer["Access-Control-Allow-Headers"])
        assert "origin" in words(answer["Vary"])


def test_a_browser_of_an_allowed_origin_may_read_answers_and_errors(cors_server):
    key = cors_server.admin_key
    for path, sent, status in (("/me", key, 200), ("/me", None, 401), ("/none", key, 404), ("/agents?limit=0", key, 422)):
        answer = once(cors_server, "GET", path, key=sent, headers=[("Origin", ORIGIN)]).expect(status)
        assert answer["Access-Control-Allow-Origin"] == ORIGIN and "origin" in words(answer["Vary"])
        assert {"etag", "x-request-id"} <= words(answer["Access-Control-Expose-Headers"])


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example", "https://app.example.evil.example",
    "https://app.example:8443", "null", "https://APP.example.", "app.example", ""])
def test_another_origin_is_not_allowed(cors_server, origin):
    for method, extra in (("OPTIONS", PREFLIGHT), ("GET", [])):
        answer = once(cors_server, method, "/me", key=cors_server.admin_key, headers=[("Origin", origin), *extra])
        assert answer["Access-Control-Allow-Origin"] in (None, ORIGIN), answer
        assert answer["Access-Control-Allow-Origin"] != origin


def test_without_an_origin_allowed_nothing_is_said_of_it(server):
    for method, extra in (("OPTIONS", PREFLIGHT), ("GET", [])):
        answer = once(server, method, "/me", key=server.admin_key, headers=[("Origin", ORIGIN), *extra])
        assert not [name for name, _ in answer.headers if name.startswith("access-control-allow")], answer


def test_every_origin_may_be_allowed(new_server):
    server = new_server("--cors-origin", "*")
    for origin in (ORIGIN, "http://localhost:3000"):
        answer = once(server, "GET", "/me", key=server.admin_key, headers=[("Origin", origin)]).expect(200)
        assert answer["Access-Control-Allow-Origin"] in ("*", origin)


# A Unix socket

def test_a_unix_socket_serves_the_same(tmp_path):
    path = tmp_path / "onggi.sock"
    key = new_key()
    with Background("serve", "--data", tmp_path / "data", "--listen", f"unix:{path}", environment={"ONGGI_ADMIN_KEY": key}) as process:
        assert str(path) in process.wait_for("listening on unix:(.*)").group(1)
        with Wire(path=path) as wire:
            wire.exchange("GET", "/me", key=key).expect(200)
            wire.exchange("GET", "/me").is_problem(401)
            made = wire.exchange("POST", "/agents", key=key, body={"name": unique(), "llm_provider": "ollama", "llm_model": "m"}).expect(201)
            assert wire.exchange("GET", f"/agents/{made.json()['id']}", key=key).json() == made.json()
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    with Background("serve", "--data", tmp_path / "data", "--listen", f"unix:{path}") as process:  # whatever the last one left there
        process.wait_for("listening on unix:")
        process.process.kill()
        process.wait()
    with Background("serve", "--data", tmp_path / "data", "--listen", f"unix:{path}") as process:
        process.wait_for("listening on unix:")
        with Wire(path=path) as wire:
            wire.exchange("GET", "/me", key=key).expect(200)


def test_a_file_in_the_place_of_the_socket_is_left_alone(tmp_path):
    path = tmp_path / "precious.txt"
    path.write_text("mine")
    onggi("serve", "--data", tmp_path / "data", "--listen", f"unix:{path}", deadline_s=20).failed(path.name)
    assert path.read_text() == "mine"


def test_an_address_that_is_taken_is_told(tmp_path, server):
    onggi("serve", "--data", tmp_path / "data", "--listen", f"127.0.0.1:{server.port}", deadline_s=20).failed(str(server.port))


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x", "unix:", "", ":::"])
def test_an_address_that_is_none_is_told(tmp_path, address):
    onggi("serve", "--data", tmp_path / "data", "--listen", address, deadline_s=20).failed("listen")


# TLS

@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    files = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", files[1], "-out", files[0]], check=True,
                    capture_output=True, timeout=60)
    return files


def test_tls_serves_the_same(tmp_path, certificate):
    key = new_key()
    trust = ssl.create_default_context(cafile=certificate[0])
    with Background("serve", "--data", tmp_path, "--listen", "127.0.0.1:0", "--tls-cert", certificate[0], "--tls-key", certificate[1],
                    environment={"ONGGI_ADMIN_KEY": key}) as process:
        port = int(process.wait_for(r"listening on https://127\.0\.0\.1:(\d+)").group(1))
        with Wire(port=port, tls=trust) as wire:
            assert wire.socket.version() in ("TLSv1.2", "TLSv1.3")
            for _ in range(5):
                wire.exchange("GET", "/me", key=key).expect(200)
            text = "x" * 3_000_000
            body = {"name": unique(), "llm_provider": "ollama", "llm_model": "m", "configuration": {"text": text}}
            made = wire.exchange("POST", "/agents", key=key, body=body).expect(201).json()
            assert wire.exchange("GET", f"/agents/{made['id']}", key=key).json()["configuration"]["text"] == text
            wire.send(request("GET", "/me", key=key) * 10)
            assert [wire.read().status for _ in range(10)] == [200] * 10
        with Wire(port=port) as plain:  # who speaks plainly is not answered as if that were fine
            plain.send_until_refused([request("GET", "/me", key=key)])
            try:
                assert plain.read().status == 400
            except (Closed, ValueError, AssertionError, TimeoutError):
                pass
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            Wire(port=port, tls=old)
        hanging = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]  # a handshake that never begins
        with Wire(port=port, tls=trust) as wire:
            wire.exchange("GET", "/healthz", absolute=True).expect(200)
        for connection in hanging:
            connection.close()
        process.signal(signal.SIGTERM)
        assert process.wait() == 0


def test_tls_needs_both_files_and_valid_ones(tmp_path, certificate):
    serve = ("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0")
    onggi(*serve, "--tls-cert", certificate[0], deadline_s=20).failed("tls")
    onggi(*serve, "--tls-key", certificate[1], deadline_s=20).failed("tls")
    missing = tmp_path / "missing.pem"
    onggi(*serve, "--tls-cert", missing, "--tls-key", certificate[1], deadline_s=20).failed("missing.pem")
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    onggi(*serve, "--tls-cert", garbage, "--tls-key", certificate[1], deadline_s=20).failed("garbage.pem")
