"""A small disk of a test's own, that can be filled and made read-only."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

_TMPFS = ("mount", "-t", "tmpfs", "-o")


@cache
def may_mount() -> bool:
    """Tell whether this process may mount a disk, as root or in a namespace of its own may."""
    with TemporaryDirectory() as folder:
        probe = [*_TMPFS, "size=4096", "zapette-test", folder]
        if subprocess.run(probe, capture_output=True, check=False).returncode:
            return False
        unmount(Path(folder))
    return True


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Have `folder` be a file system of `size` bytes of its own while the block runs."""
    folder.mkdir(exist_ok=True)
    options = f"size={size},mode=0700"
    subprocess.run([*_TMPFS, options, "zapette-test", str(folder)], check=True)
    try:
        yield
    finally:
        unmount(folder)


def unmount(folder: Path) -> None:
    """Take a disk away, at the latest when nothing of it is open any more."""
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
