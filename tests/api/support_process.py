"""The command line as a user runs it: one command to its end, or one that stays, with a deadline on every wait."""

import os
import queue
import re
import subprocess
import threading
import time

from client import binary
from stores import environment_for

COMMAND_DEADLINE_S = 60


def clean_environment(arguments, over=None):
    """None of our variables but those that the store of the run asks for, and those that are given."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONGGI_")}
    environment.update(environment_for(arguments))
    environment.update(over or {})
    return environment


class Ended:
    def __init__(self, command, code, stdout, stderr):
        self.command, self.code, self.stdout, self.stderr = command, code, stdout, stderr

    @property
    def output(self):
        return self.stdout + self.stderr

    def __repr__(self):
        return f"{' '.join(self.command)} -> {self.code}\n--- stdout\n{self.stdout[-3000:]}\n--- stderr\n{self.stderr[-3000:]}"

    def succeeded(self):
        assert self.code == 0, repr(self)
        return self

    def failed(self, *words):
        """Refused with a message that has all of these words, and not by a signal or an uncaught exception."""
        assert self.code not in (0, None) and 0 < self.code < 126, repr(self)
        for word in words:
            assert str(word).lower() in self.output.lower(), f"{word!r} is not in the message: {self!r}"
        assert "terminate called" not in self.output, repr(self)
        return self


def onggi(*arguments, environment=None, cwd=None, deadline_s=COMMAND_DEADLINE_S):
    """Runs a command to its end."""
    command = [binary(), *map(str, arguments)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=deadline_s, cwd=cwd,
                              env=clean_environment(arguments, environment))
    except subprocess.TimeoutExpired as expired:
        output = (expired.stdout or b"") + (expired.stderr or b"")
        raise AssertionError(f"{command} has not ended after {deadline_s} s\n{output.decode(errors='replace')}") from None
    return Ended(command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


class Background:
    """A command that stays: `with Background("serve", ...) as process: process.wait_for("listening on (.*)")`."""

    def __init__(self, *arguments, environment=None, cwd=None):
        self.command = [binary(), *map(str, arguments)]
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        cwd=cwd, env=clean_environment(arguments, environment))
        self.stdout, self.stderr = [], []
        self._news = queue.Queue()
        for pipe, kept in ((self.process.stdout, self.stdout), (self.process.stderr, self.stderr)):
            threading.Thread(target=self._read, args=(pipe, kept), daemon=True).start()

    def _read(self, pipe, kept):
        for raw in pipe:
            line = raw.decode(errors="replace")
            kept.append(line)
            if kept is self.stdout:
                self._news.put(line)
        if kept is self.stdout:
            self._news.put(None)
        pipe.close()

    def wait_for(self, pattern, deadline_s=20):
        """The match in the next line of stdout that has one."""
        until = time.monotonic() + deadline_s
        while True:
            try:
                line = self._news.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"no line with {pattern!r}\n{''.join(self.stdout)}{''.join(self.stderr)}"
            found = re.search(pattern, line)
            if found:
                return found

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, deadline_s=20):
        return self.process.wait(deadline_s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def fewest_queries(send, times=5):
    """The least that a request costs. On PostgreSQL it looks the caller's key up again whenever some key or user has changed."""
    return min(send().queries for _ in range(times))


def eventually(fact, deadline_s=20, every_s=0.02):
    """Waits for a fact to become true and returns it."""
    until = time.monotonic() + deadline_s
    while True:
        value = fact()
        if value:
            return value
        assert time.monotonic() < until, f"not so within {deadline_s} s"
        time.sleep(every_s)
