"""Small file systems, and how to fill them."""

import contextlib
import errno
import os
import subprocess

import pytest


@contextlib.contextmanager
def small_file_system(directory, megabytes):
    """Mounted on the directory; skips the test where nothing can be mounted."""
    directory.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(directory)], capture_output=True, text=True, timeout=20)
    if mounted.returncode != 0:
        pytest.skip(f"no file system of its own can be mounted here: {mounted.stderr.strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True, timeout=20)


def free_bytes(directory):
    status = os.statvfs(directory)
    return status.f_bavail * status.f_bsize


def fill(path, leave_bytes=0):
    """A file that takes what is free but for `leave_bytes`."""
    with open(path, "wb", buffering=0) as ballast:
        missing = free_bytes(path.parent) - leave_bytes
        try:
            while missing > 0:
                missing -= ballast.write(b"\0" * min(missing, 65_536))
        except OSError as failure:
            assert failure.errno == errno.ENOSPC
