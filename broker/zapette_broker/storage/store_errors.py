"""The errors of stored files, as one tree; the whole project raises these.

::

    StoreError               the data folder or a file in it cannot be used
    ├── StoreBusy            another process has locked it
    ├── StoreFull            there is no room left on the disk
    ├── StoreUnreachable     the database's server does not answer
    └── UnusableStore        waiting does not help: a person must act
        ├── StoreDamaged     the file does not contain what was written
        │   └── StoreOlder   an earlier version wrote it, in a form that is no longer read
        ├── StoreReadOnly    the file or its file system may not be written
        ├── StoreNewer       a newer version of this program wrote it
        └── ForeignStore     another program wrote it
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Final


class StoreError(Exception):
    """A stored file or folder cannot be used; the message says which and why."""


class StoreBusy(StoreError):
    """Another process has locked the file; it may be free later."""


class StoreFull(StoreError):
    """There is no room left on the disk to write."""


class StoreUnreachable(StoreError):
    """The server of the database does not answer; it may come back."""


class UnusableStore(StoreError):
    """The file stays unusable until a person acts; the message says what to do."""


class StoreDamaged(UnusableStore):
    """The file does not contain what was written to it."""


class StoreOlder(StoreDamaged):
    """An earlier version of this program wrote the file, in a form that is no longer read."""


class StoreReadOnly(UnusableStore):
    """The file, its folder or its file system may not be written."""


class StoreNewer(UnusableStore):
    """A newer version of this program wrote the file, which stays unchanged."""


class ForeignStore(UnusableStore):
    """Another program wrote the file, which stays unchanged."""


ADVICE: Final[Mapping[type[StoreError], str]] = {
    StoreBusy: "another process has locked it",
    StoreFull: "its disk is full ({reason}); make room",
    StoreDamaged: "damaged ({reason}); restore a backup, or move it away to start without it",
    UnusableStore: "something else is in its place ({reason}); move that away",
    StoreReadOnly: "it cannot be written ({reason}); make the file and its folder writable",
}
"""What a person can do about an error; ``{reason}`` is the system's message."""


def os_error(path: Path, error: OSError) -> StoreError:
    """Return the `StoreError` for a system error about `path`."""
    kind: type[StoreError] = StoreError
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        kind = StoreFull
    elif error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        kind = StoreReadOnly
    elif error.errno in {errno.EISDIR, errno.ENOTDIR, errno.ELOOP}:
        kind = UnusableStore
    reason = error.strerror or str(error)
    return kind(f"{path}: {ADVICE.get(kind, '{reason}').format(reason=reason)}")
