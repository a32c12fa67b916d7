"""Locks in the data folder: for the processes that run on it, and for creating its files."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from zapette_broker.storage.store_errors import StoreBusy, os_error
from zapette_server.storage import private_file

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None

log = logging.getLogger("zapette.store")

_POLL: Final = 0.05
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_HELD: Final = {errno.EAGAIN, errno.EACCES}


class FolderLock:
    """A lock of one process; the system releases it when the process ends.

    Args:
        folder: the data folder.
        name: the purpose of the lock: the running subcommand of ``zapette``.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._file = folder / f"{name}.lock"
        self._descriptor: int | None = None

    def take(self, wait: float = 0.0, gives_up: Callable[[], bool] = bool) -> None:
        """Take the lock; wait for it for at most `wait` seconds, or until `gives_up` is true.

        Raises:
            StoreBusy: another process holds it; the message names the process.
            StoreError: its file cannot be created.
        """
        try:
            # root opens it too, in a folder where another user may put a link
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        except OSError as error:
            raise os_error(self._file, error) from error
        private_file.keep_owner(descriptor, self._folder)
        deadline = time.monotonic() + wait
        while not _locked(descriptor):
            if time.monotonic() >= deadline or gives_up():
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise StoreBusy(
                    f"data folder {self._folder}: `zapette {self._name}` already runs on it"
                    f" (process {holder or 'unknown'}); stop it, or use another folder"
                    " with --data"
                )
            time.sleep(_POLL)
        self._descriptor = descriptor
        # Only the message above needs it: a full disk must not prevent the start.
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())

    def release(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextlib.contextmanager
    def held(self, wait: float = 0.0, gives_up: Callable[[], bool] = bool) -> Iterator[None]:
        """Hold the lock while the block runs; raises the errors of `take`."""
        self.take(wait, gives_up)
        try:
            yield
        finally:
            self.release()


def _locked(descriptor: int) -> bool:
    """Lock an open file, unless another process holds it; true if the system has no locks."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        log.warning("the data folder's file system has no locks: do not start Zapette on it twice")
    return True
