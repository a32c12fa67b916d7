"""Small files that only their owner can read, written atomically."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path


def write(file: Path, text: str, *, sync: bool = True) -> None:
    """Replace the content of `file` with `text`, mode 0600.

    Args:
        file: its path, in a folder that exists.
        text: the content, written as UTF-8.
        sync: whether to wait for the disk, so that a power cut loses nothing.

    Raises:
        OSError: the file cannot be written, and is unchanged.
    """
    descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            keep_owner(stream.fileno(), file.parent)
            if sync:
                os.fsync(stream.fileno())
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def make_folder(folder: Path) -> None:
    """Make a folder for such files, mode 0700, if it is missing.

    Args:
        folder: its path; made by root, it gets the owner of the folder that it is in.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _is_root():
        # another user may put a link there
        descriptor = os.open(folder, os.O_DIRECTORY | os.O_NOFOLLOW)
        keep_owner(descriptor, folder.parent)
        os.close(descriptor)


def keep_owner(descriptor: int, folder: Path) -> None:
    """Give a file or folder that root has created to the owner of `folder`, who is to read it.

    So `sudo zapette credentials add` works for a service that runs as another user. A file with a
    second name keeps its owner: it may be one of the system's that was linked here.

    Args:
        descriptor: of the file; its path may be another file's by now.
        folder: the folder that it is for.
    """
    if not _is_root():
        return
    with contextlib.suppress(OSError):
        found, owner = os.fstat(descriptor), folder.stat()
        if stat.S_ISDIR(found.st_mode) or found.st_nlink == 1:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
