"""nginx before several servers, as contrib/three-servers/nginx.conf has it: the sample itself, but for addresses and places.

    with Nginx(directory, ["127.0.0.1:8001", ...]) as nginx: Client(nginx, key)
"""

import itertools
import os
import random
import re
import shutil
import socket
import subprocess

import pytest

from client import REPOSITORY
from support_process import eventually

SAMPLE = REPOSITORY / "contrib/three-servers/nginx.conf"
PROGRAM = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
STOP_DEADLINE_S = 20
# Below those that the kernel gives to whoever connects or asks for port 0: nobody takes it while its server is being restarted.
PORTS = range(20_000, 32_000)


def free_port():
    while True:
        with socket.socket() as probe:
            port = random.choice(PORTS)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def substituted(text, *pairs):
    """Each pattern must be met exactly once: a sample that reads differently needs another test."""
    for pattern, replacement in pairs:
        text, count = re.subn(pattern, lambda _, by=replacement: by, text, flags=re.MULTILINE)
        assert count == 1, f"{pattern} is met {count} times in {SAMPLE}"
    return text


def rendered(directory, port, upstreams, certificate=None):
    text = SAMPLE.read_text()
    servers = re.findall(r"server (10\.0\.0\.\d+:8420) ", text)
    assert len(servers) == len(upstreams), servers
    pairs = [(re.escape(f"server {old} "), f"server {new} ") for old, new in zip(servers, upstreams)]
    temporary = "".join(f"{kind}_temp_path {directory}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    pairs += [(r"^user www-data;$", "user root;" if os.geteuid() == 0 else ""), (r"^http \{$", "http {\n" + temporary),
              (r"/run/nginx\.pid", f"{directory}/nginx.pid"), (r"/var/log/nginx/error\.log", "stderr"),
              (r"/var/log/nginx/access\.log", f"{directory}/access.log")]
    if certificate:
        pairs += [(r"^ *listen 8080;$", ""), (r"^ *# listen 443 ssl;$", f"listen 127.0.0.1:{port} ssl;"),
                  (r"# ssl_certificate /\S+;", f"ssl_certificate {certificate[0]};"),
                  (r"# ssl_certificate_key /\S+;", f"ssl_certificate_key {certificate[1]};"), (r"# ssl_protocols", "ssl_protocols")]
    else:
        pairs += [(r"^ *listen 8080;$", f"listen 127.0.0.1:{port};")]
    return substituted(text, *pairs)


class Nginx:
    """In the foreground, on a port of its own. `certificate`: (chain, key), then it speaks TLS."""

    _numbers = itertools.count(1)

    def __init__(self, directory, upstreams, certificate=None):
        if PROGRAM is None:
            missing = "nginx is not installed: tools/install-packages.sh installs it"
            (pytest.fail if os.environ.get("ONGGI_REQUIRE_POSTGRES") == "1" else pytest.skip)(missing)
        self.directory = directory / f"nginx{next(self._numbers)}"
        self.directory.mkdir()
        self.log = self.directory / "stderr.txt"
        self.port = free_port()
        configuration = self.directory / "nginx.conf"
        configuration.write_text(rendered(self.directory, self.port, upstreams, certificate))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "-p", self.directory, "-c", configuration, "-e", "stderr", "-g", "daemon off;"],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            eventually(self._listens, deadline_s=20)
        except BaseException:
            self.close()
            raise

    def _listens(self):
        assert self.process.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def requests(self):
        """The lines of its access log."""
        return (self.directory / "access.log").read_text().splitlines()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
