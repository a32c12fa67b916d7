"""What an error of SQLite about a file means: one of `zapette_broker.storage.store_errors`."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from zapette_broker.storage.store_errors import (
    ADVICE,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreReadOnly,
    os_error,
)

_LEAST_ROOM: Final = 256 * 1024
_KINDS: Final[Mapping[int, type[StoreError]]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_PROTOCOL: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    # also if a quota or a size limit is reached
    sqlite3.SQLITE_IOERR_WRITE: StoreFull,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_IOERR_SHORT_READ: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
    sqlite3.SQLITE_FORMAT: StoreDamaged,
    # a missing table or column: the schema was checked when the file was opened
    sqlite3.SQLITE_ERROR: StoreDamaged,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_PERM: StoreReadOnly,
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the system about `path` into `StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        found = store_error(path, error)
        if found is None:
            raise
        raise found from error
    except OSError as error:
        raise os_error(path, error) from error


def store_error(path: Path, error: sqlite3.Error) -> StoreError | None:
    """Return what an error of SQLite about `path` means; None for a mistake of the program."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # Python raises these for invalid text
        return damaged(path, str(error)) if isinstance(error, sqlite3.OperationalError) else None
    primary = code & 0xFF
    kind = _KINDS.get(code) or _KINDS.get(primary, StoreError)
    if kind is StoreError and primary in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
        # SQLite does not report this when it creates the files next to the database
        if _is_full(path):
            kind = StoreFull
        elif path.parent.exists() and not os.access(path.parent, os.W_OK):
            kind = StoreReadOnly
    advice = ADVICE.get(kind, "{reason}").format(reason=error)
    return kind(f"{path}: {advice}")


def busy(path: Path) -> StoreBusy:
    """Return the error for a file that another process or thread has locked."""
    return StoreBusy(f"{path}: {ADVICE[StoreBusy]}")


def damaged(path: Path, reason: str) -> StoreDamaged:
    """Return the error for a file that does not contain what was written to it."""
    return StoreDamaged(f"{path}: {ADVICE[StoreDamaged].format(reason=reason)}")


def _is_full(path: Path) -> bool:
    try:
        return bool(shutil.disk_usage(path.parent).free < _LEAST_ROOM)
    except OSError:
        return False
