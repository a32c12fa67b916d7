"""A folder held by its descriptor, so that renaming it cannot swap in another one."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

_HOLDS: Final = {os.open, os.mkdir, os.rename, os.rmdir} <= os.supports_dir_fd
_FOLDER: Final = getattr(os, "O_DIRECTORY", 0) | os.O_RDONLY
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


class HeldFolder:
    """A folder, for root at work in one that belongs to somebody else.

    Where the system has no such means (Windows), it is reached by its path.

    Args:
        path: of the folder, which must exist; for errors and for what reads in it.
        descriptor: of the folder, which is closed with this; opened by its path if None.

    Raises:
        OSError: it is no folder or cannot be opened.
    """

    def __init__(self, path: Path, descriptor: int | None = None) -> None:
        self.path = path
        self._descriptor = os.open(path, _FOLDER) if _HOLDS and descriptor is None else descriptor

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    @property
    def descriptor(self) -> int | None:
        """The descriptor; None where the system has none of folders."""
        return self._descriptor

    def names(self) -> list[str]:
        """Return the names of what is in it, sorted."""
        return sorted(os.listdir(self.path if self._descriptor is None else self._descriptor))  # noqa: PTH208 - of a descriptor

    def make(self, name: str) -> HeldFolder:
        """Make a folder in it, mode 0700.

        Raises:
            OSError: it cannot be made, or somebody replaced it at once.
        """
        with self._named(name):
            os.mkdir(self._at(name), 0o700, dir_fd=self._descriptor)
        made = self.sub(name)
        if made.descriptor is not None:
            owner = os.fstat(made.descriptor).st_uid
            if owner != os.geteuid() or made.names():
                os.close(made.descriptor)
                raise PermissionError(1, "somebody else replaced it", str(made.path))
        return made

    def sub(self, name: str) -> HeldFolder:
        """Return a folder in it, which must not be a link.

        Raises:
            OSError: it is not there, or no folder.
        """
        if self._descriptor is None:
            return HeldFolder(self.path / name)
        with self._named(name):
            opened = os.open(name, _FOLDER | _NO_LINK, dir_fd=self._descriptor)
        return HeldFolder(self.path / name, opened)

    def create(self, name: str) -> int:
        """Return the descriptor of a new file in it, mode 0600, open for writing.

        Raises:
            OSError: it cannot be created.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | getattr(os, "O_BINARY", 0)
        with self._named(name):
            return os.open(self._at(name), flags, 0o600, dir_fd=self._descriptor)

    def move(self, name: str, to: HeldFolder) -> None:
        """Move a file or folder in it to another folder, under the same name.

        Raises:
            OSError: it cannot be moved.
        """
        with self._named(name):
            os.rename(
                self._at(name),
                to._at(name),
                src_dir_fd=self._descriptor,
                dst_dir_fd=to.descriptor,
            )

    def remove(self, name: str) -> None:
        """Remove an empty folder in it, if it is there and empty."""
        with suppress(OSError):
            os.rmdir(self._at(name), dir_fd=self._descriptor)

    def discard(self, name: str) -> None:
        """Remove a folder in it with everything in that, as far as that is possible."""
        shutil.rmtree(self._at(name), ignore_errors=True, dir_fd=self._descriptor)

    def sync(self) -> None:
        """Wait until the names in it are on the disk, where the system can."""
        if self._descriptor is None:
            return
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            # of a share of Windows (SMB), for example
            if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
                raise

    def _at(self, name: str) -> str:
        return name if self._descriptor is not None else str(self.path / name)

    @contextmanager
    def _named(self, name: str) -> Iterator[None]:
        """Give errors the whole path, which the system does not know."""
        try:
            yield
        except OSError as error:
            error.filename = str(self.path / name)
            raise
