"""`make run`, as a new user would; what it builds and installs is there already."""

import os
import re
import signal
import subprocess

import pytest

from client import REPOSITORY, binary
from stores import embedded_only
from support_process import eventually

pytestmark = embedded_only("make run serves the embedded store")


@pytest.mark.skipif(os.path.realpath(binary()) != str(REPOSITORY / "build/onggi"), reason="make run starts build/onggi")
def test_make_run_fills_a_new_directory_serves_it_and_ends_when_told(tmp_path):
    # With what `make test` exports: none of it may disturb the server.
    environment = {**os.environ, "ONGGI_REQUIRE_POSTGRES": "1"}
    environment = {name: value for name, value in environment.items() if name == "ONGGI_REQUIRE_POSTGRES" or not name.startswith(("ONGGI_", "MAKE"))}
    log = tmp_path / "log"
    with open(log, "wb") as output:
        make = subprocess.Popen(["make", "run", "-o", "build", f"DATA={tmp_path / 'data'}", "LISTEN=127.0.0.1:0"], cwd=REPOSITORY,
                                env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        def listening():
            assert make.poll() is None, log.read_text()
            return re.search(r"listening on (http://\S+)", log.read_text())
        url = eventually(listening, deadline_s=60)[1]
        key = (tmp_path / "data" / "admin.key").read_text().strip()
        shown = subprocess.run(["curl", "-s", "-H", f"Authorization: Bearer {key}", f"{url}/api/agent-builder/agents?limit=3"],
                               capture_output=True, text=True, check=True, timeout=20).stdout
        assert shown.count('"agent_type"') == 3, shown
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGTERM)
        make.wait(20)
