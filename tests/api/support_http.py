"""HTTP byte by byte: what a well-behaved client library would not send, and answers as they come over the wire."""

import json as jsonlib
import socket
import ssl

from client import PREFIX

DEADLINE_S = 20


class Closed(Exception):
    """The server ended the connection where an answer was due."""


class Response:
    def __init__(self, status, headers, body, interim):
        self.status, self.headers, self.body, self.interim = status, headers, body, interim

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:800]!r}"

    def __getitem__(self, name):
        """The value of a header, or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def json(self):
        return jsonlib.loads(self.body)

    @property
    def closes(self):
        return (self["Connection"] or "").lower() == "close"

    def expect(self, *statuses):
        assert self.status in statuses, f"expected {' or '.join(map(str, statuses))}: {self!r}"
        return self

    def is_problem(self, *statuses):
        self.expect(*statuses)
        assert (self["Content-Type"] or "").split(";")[0] == "application/problem+json", repr(self)
        problem = self.json()
        assert problem["status"] == self.status and problem["type"] and problem["title"] and problem["detail"], repr(self)
        assert problem["request_id"] == self["X-Request-Id"], repr(self)
        return problem


class Wire:
    """A connection to the server. `with Wire(server) as wire: wire.send(...); wire.read()`."""

    def __init__(self, server=None, path=None, port=None, tls=None, receive_buffer=None, deadline_s=DEADLINE_S):
        self.socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(deadline_s)
        self.socket.connect(str(path) if path else ("127.0.0.1", port or server.port))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def send_until_refused(self, pieces):
        """Sends pieces as long as the server takes them: it may answer and close before the end."""
        try:
            for piece in pieces:
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def _more(self):
        try:
            piece = self.socket.recv(262_144)
        except (ConnectionResetError, ssl.SSLEOFError):
            piece = b""
        if not piece:
            raise Closed(f"after {self._buffer[:200]!r}")
        self._buffer += piece

    def _line(self):
        while b"\r\n" not in self._buffer:
            self._more()
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def exactly(self, count):
        pieces, missing = [self._buffer[:count]], count - len(self._buffer[:count])
        self._buffer = self._buffer[count:]
        while missing > 0:
            self._more()
            pieces.append(self._buffer[:missing])
            missing -= len(pieces[-1])
            self._buffer = self._buffer[len(pieces[-1]):]
        return b"".join(pieces)

    def read_head(self):
        protocol, status = self._line().split(" ", 2)[:2]
        assert protocol == "HTTP/1.1", protocol
        headers = []
        while line := self._line():
            name, colon, value = line.partition(":")
            assert colon and name == name.strip() and name, f"not a header: {line!r}"
            headers.append((name.lower(), value.strip()))
        return int(status), headers

    def chunks(self):
        while size := int(self._line().split(";")[0], 16):
            yield self.exactly(size)
            assert self._line() == "", "a chunk does not end where it says"
        while self._line():
            pass  # trailers

    def read(self, method="GET"):
        """One answer; interim ones (1xx) are listed in it."""
        interim = []
        status, headers = self.read_head()
        while status < 200:
            interim.append(status)
            status, headers = self.read_head()
        response = Response(status, headers, b"", interim)
        has_body = method != "HEAD" and status not in (204, 304)
        length = [value for name, value in headers if name == "content-length"]
        assert len(length) <= 1 and not (length and response["Transfer-Encoding"]), f"two framings: {response!r}"
        if has_body and response["Transfer-Encoding"]:
            response.body = b"".join(self.chunks())
        elif has_body:
            assert length, f"neither a length nor chunks: {response!r}"
            response.body = self.exactly(int(length[0]))
        return response

    def ends(self):
        """Nothing more comes and the server closes."""
        assert self._buffer == b"", f"more than one answer: {self._buffer[:300]!r}"
        try:
            rest = self.socket.recv(65_536)
        except ConnectionResetError:
            rest = b""
        assert rest == b"", f"more than one answer: {rest[:300]!r}"

    def exchange(self, *arguments, **named):
        return self.send(request(*arguments, **named)).read(arguments[0] if arguments else "GET")


def request(method="GET", path="/me", key=None, body=None, headers=(), absolute=False):
    """The bytes of a request. Headers are given as pairs; a body brings its length and JSON's type unless they are among them."""
    target = path if absolute else PREFIX + path
    given = {name.lower() for name, _ in headers}
    lines = [f"{method} {target} HTTP/1.1"]
    if "host" not in given:
        lines.append("Host: 127.0.0.1")
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        if not isinstance(body, bytes):
            body = body.encode() if isinstance(body, str) else jsonlib.dumps(body).encode()
        if "content-type" not in given:
            lines.append("Content-Type: application/json")
        if not given & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def once(server, *arguments, **named):
    """One request over a connection of its own."""
    with Wire(server) as wire:
        return wire.exchange(*arguments, **named)


def is_alive(server, key):
    """The server still answers."""
    once(server, "GET", "/me", key=key).expect(200)
