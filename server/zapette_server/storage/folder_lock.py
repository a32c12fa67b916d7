"""Locks in the data folder: which process runs on it, and which creates its files."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from zapette_broker.storage.store_errors import StoreBusy, os_error

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # there is none for Windows
    fcntl = None

log = logging.getLogger("zapette.store")

_POLL: Final = 0.05
_HELD: Final = {errno.EAGAIN, errno.EACCES}


class FolderLock:
    """A lock that one process holds until it ends, however it ends.

    Args:
        folder: the data folder.
        name: the purpose of the lock: the running subcommand of ``zapette``.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._file = folder / f"{name}.lock"
        self._descriptor: int | None = None

    def take(self, wait: float = 0.0) -> None:
        """Take the lock, after waiting for at most `wait` seconds.

        Raises:
            StoreBusy: another process has it; the message says which.
            StoreError: its file cannot be made.
        """
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise os_error(self._file, error) from error
        deadline = time.monotonic() + wait
        while not _locked(descriptor):
            if time.monotonic() >= deadline:
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise StoreBusy(
                    f"data folder {self._folder}: `zapette {self._name}` already runs on it"
                    f" (process {holder or 'unknown'}); stop it, or use another folder"
                    " with --data"
                )
            time.sleep(_POLL)
        self._descriptor = descriptor
        # only for the message above: a full disk must not prevent the start
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Release it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextlib.contextmanager
    def held(self, wait: float = 0.0) -> Iterator[None]:
        """Hold the lock while the block runs; raises as `take` does."""
        self.take(wait)
        try:
            yield
        finally:
            self.release()


def _locked(descriptor: int) -> bool:
    """Lock an open file unless another process has; true if the system has no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        log.warning("the data folder's file system has no locks: do not start Zapette on it twice")
    return True
