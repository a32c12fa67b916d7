"""The room on the disk for files that can be made again: it ends before the stores have none."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Final

RESERVE: Final = 128 << 20
"""Bytes that such files leave free; a tenth of a small disk."""


def has_room(folder: Path, size: int = 0) -> bool:
    """Return whether `size` more bytes fit on the disk of a folder, with the reserve."""
    usage = shutil.disk_usage(folder)
    # some file systems, as in memory or in user space, do not say how large they are
    return not usage.total or usage.free - size >= min(RESERVE, usage.total // 10)


def check(folder: Path, size: int = 0) -> None:
    """Raise the system's error of a full disk unless `has_room`."""
    if not has_room(folder, size):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_full(error: OSError) -> bool:
    """Return whether an error says that the disk, or the user's part of it, is full."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}
