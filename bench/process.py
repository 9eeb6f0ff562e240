"""Processes and commands that the benchmark starts: each is ended by its own pid, whatever happens."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path


class Failed(Exception):
    """Something that the benchmark needs did not work; the text is for the user."""


def run(*command, **options):
    """Runs to its end and gives its standard output; Failed, with what it said, where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "check": False, **options})
    if done.returncode != 0:
        said = (done.stderr or done.stdout or "").strip()
        raise Failed(f"{' '.join(words[:4])} ...: exit code {done.returncode}\n{said[-2000:]}")
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A server in the background. It is ready when a line of its log holds `ready`, or when ready() says so."""

    def __init__(self, command, log, ready, environment=None, user=None, deadline_s=60, stop_signal=signal.SIGTERM):
        self.log = Path(log)
        self.stop_signal = stop_signal
        words = [str(word) for word in command]
        with open(self.log, "wb") as out:
            self._begun = time.monotonic()
            self.process = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            start_new_session=True, env={**os.environ, **(environment or {})}, **as_user(user))
        try:
            self._wait(ready, deadline_s)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return self.log.read_text(errors="replace")

    def _wait(self, ready, deadline_s):
        while not (ready() if callable(ready) else ready in self.text()):
            if self.process.poll() is not None:
                raise Failed(f"{self.process.args[0]} ended at once:\n{self.text()[-2000:]}")
            if time.monotonic() > self._begun + deadline_s:
                raise Failed(f"{self.process.args[0]} is not ready after {deadline_s} s:\n{self.text()[-2000:]}")
            time.sleep(0.001)
        self.ready_s = time.monotonic() - self._begun

    def stop(self, deadline_s=60):
        if self.process.poll() is not None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def anonymous_mb(self):
        """Memory that is the process's own, not the file's pages."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        kilobytes = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Anonymous:"))
        return kilobytes / 1024


def as_user(user):
    """Options of subprocess for another user, which PostgreSQL asks for where we are root."""
    if user is None or os.geteuid() != 0:
        return {}
    return {"user": user, "group": user, "extra_groups": []}


def end_on_signals():
    """SIGTERM as Ctrl-C: what was started is stopped on the way out."""
    def end(number, _frame):
        raise KeyboardInterrupt(f"signal {number}")
    signal.signal(signal.SIGTERM, end)
    with suppress(ValueError):
        signal.signal(signal.SIGHUP, end)
