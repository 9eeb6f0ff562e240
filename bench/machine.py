"""Where it was measured, and with what."""

import json
import os
import platform
import re
import shutil
import sqlite3
import statistics
import subprocess
import time

from postgres import POSTGRES
from process import run


def _line(path, pattern):
    with open(path, encoding="utf-8") as file:
        found = re.search(pattern, file.read(), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def fsync_ms(directory):
    """How long it takes until 8 KB, added to a file, are on the disk: the median of 200."""
    path = directory / "fsync"
    taken = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 8192)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    path.unlink()
    return round(statistics.median(taken), 3)


def describe(work):
    kind = run("findmnt", "-n", "-o", "FSTYPE,SOURCE", "--target", work).split()
    return {
        "cpu": _line("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "cores": os.cpu_count(),
        "memory_gb": round(int(_line("/proc/meminfo", r"^MemTotal:\s*(\d+)")) / (1 << 20)),
        "kernel": platform.release(),
        "file_system": kind[0],
        "fsync_ms": fsync_ms(work),
        "load_before": round(os.getloadavg()[0], 2),
    }


def versions(root, binary):
    lock = json.loads((root / "bench/peers/fastify/package-lock.json").read_text())["packages"]
    # wrk exits with 1 after its help, nginx speaks on standard error.
    said = lambda *command: subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: E731
    first = lambda done: (done.stdout + done.stderr).splitlines()[0]  # noqa: E731
    found = {
        "onggi": first(said(binary, "version")),
        "sqlite": run("sqlite3", "--version").split()[0],
        "python's sqlite": sqlite3.sqlite_version,
        "nginx": re.sub(r".*nginx/", "", first(said("nginx", "-v"))),
        "wrk": re.sub(r"^wrk (debian/)?(\S+).*", r"\2", first(said("wrk", "-v"))),
        "fastify": lock["node_modules/fastify"]["version"],
        "pg": lock["node_modules/pg"]["version"],
    }
    if shutil.which("node"):
        found["node"] = run("node", "--version").strip().lstrip("v")
    if (POSTGRES / "postgres").exists():
        found["postgresql"] = run(POSTGRES / "postgres", "--version").split()[2]
    found.pop("python's sqlite")
    return found
