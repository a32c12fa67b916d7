"""A small disk of a test's own, that can be filled and made read-only."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Have `folder` be a file system of `size` bytes of its own while the block runs.

    To mount one takes root's rights: where they are missing the test is left out, loudly; the
    tests of `test_full_broker` fill a store by SQLite's own means, everywhere.
    """
    folder.mkdir(exist_ok=True)
    options = f"size={size},mode=0700"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "zapette-test", str(folder)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(
            "NOT TESTED: a full and a read-only disk. Mounting a tmpfs needs root: run this test as"
            f" root, or in `unshare --user --map-root-user --mount` ({done.stderr.strip()})"
        )
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leave no byte free on the disk of `folder` while the block runs."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as stream:
        for block in (1 << 16, 1 << 12, 1):
            while True:
                try:
                    stream.write(bytes(block))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    break
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write to the disk of `folder`, where nothing is open, while the block runs."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
