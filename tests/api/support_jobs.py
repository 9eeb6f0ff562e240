"""Jobs as an admin sees them, and servers whose clock is set."""

import glob
import time

import pytest

from client import Client

DEADLINE_S = 60


def wait_for(what, deadline_s=DEADLINE_S):
    """What `what` gives, once it gives something."""
    deadline = time.monotonic() + deadline_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def last_run(admin, job):
    return admin.get(f"/jobs/{job}").expect(200)["last_run"]


def run_to_its_end(admin, job):
    """Asks for a run and gives it as it is when it is over."""
    run = admin.post(f"/jobs/{job}/run").expect(202)
    return wait_for(lambda: next((one for one in admin.get(f"/jobs/{job}/runs").expect(200)["items"]
                                  if one["id"] == run["id"] and one["finished_at"]), None))


def at(moment):
    """The environment of a server whose clock shows `moment` ("2026-06-01 02:59:50", UTC) when it starts, and goes on from there."""
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not libraries:
        pytest.fail("faketime is not installed: tools/install-packages.sh installs it", pytrace=False)
    return {"LD_PRELOAD": libraries[0], "FAKETIME": "@" + moment, "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1", "TZ": "UTC"}


def admin_of(server):
    return Client(server, server.admin_key)
