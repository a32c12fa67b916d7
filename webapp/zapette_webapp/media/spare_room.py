"""The room on the disk for files that can be made again: it ends before the stores have none."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

RESERVE: Final = 128 << 20
"""Bytes that such files leave free; a tenth of a small disk."""


def has_room(folder: Path, size: int = 0) -> bool:
    """Return whether `size` more bytes fit on the disk of a folder, with the reserve."""
    usage = shutil.disk_usage(folder)
    # some file systems, as in memory or in user space, do not say how large they are
    return not usage.total or usage.free - size >= min(RESERVE, usage.total // 10)


def make_room(folder: Path, delete: Callable[[Callable[[], bool]], None], size: int = 0) -> None:
    """Delete such files until `has_room`.

    Args:
        folder: a folder of the disk.
        delete: deletes the oldest files, until its argument says that it is enough.
        size: as of `has_room`.

    Raises:
        OSError: there is no room: the system's error of a full disk.
    """
    is_enough = partial(has_room, folder, size)
    if is_enough():
        return
    delete(is_enough)
    if not is_enough():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_full(error: OSError) -> bool:
    """Return whether an error says that the disk, or the user's part of it, is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
