"""An SQLite file as such: whose it is, whether it is whole, and a plain connection to it."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zapette_broker.storage.sqlite_errors import damaged, translated
from zapette_broker.storage.store_errors import ForeignStore, StoreNewer, StoreOlder, os_error

BUSY_TIMEOUT: Final = 5.0
"""Seconds that a statement waits for another process."""

SIDE_FILES: Final = ("-wal", "-shm", "-journal")
"""The suffixes of SQLite's files next to a database."""

MOST_INSPECTED: Final = 32 * 1024 * 1024
"""The largest file, in bytes, that such a check reads."""

INSPECTION: Final = 1.0
"""Seconds that a check of a file waits for another process."""

_MAGIC: Final = b"SQLite format 3\0"
_LEAST_ROOM: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Schema:
    """The expected content of a file.

    Attributes:
        application: SQLite's application id, so that another program's file is not taken for ours.
        version: of the tables; a file of a later one is refused.
        script: the statements that create the tables in an empty file.
        claims_unnamed: whether a file without an application id is ours; early versions set none.
    """

    application: int
    version: int
    script: str
    claims_unnamed: bool = False


def connect(path: Path, timeout: float = BUSY_TIMEOUT, *, query: str = "") -> sqlite3.Connection:
    """Return a plain connection, for any thread, that begins no transaction by itself.

    Args:
        path: the file.
        timeout: seconds that a statement waits for other processes.
        query: parameters of SQLite's file URI, such as ``mode=ro``.

    Raises:
        StoreError: the file cannot be opened.
    """
    name = f"{path.resolve().as_uri()}?{query}" if query else str(path)
    with translated(path):
        return sqlite3.connect(
            name,
            uri=bool(query),
            check_same_thread=False,
            isolation_level=None,
            timeout=timeout,
        )


def check_head(path: Path, schema: Schema) -> bool:
    """Check whose file it is, without SQLite and without a change; False if it does not exist.

    Raises:
        StoreError: it cannot be read, or is damaged, another program's or of a newer version.
    """
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise os_error(path, error) from error
    if not head:
        return False
    if len(head) < 100 or not head.startswith(_MAGIC):
        raise damaged(path, "it is not an SQLite file")
    application = int.from_bytes(head[68:72], "big")
    version = int.from_bytes(head[60:64], "big")
    if application != schema.application and (application or not schema.claims_unnamed):
        raise ForeignStore(f"{path}: it belongs to another program and stays unchanged")
    if 0 < version < schema.version:
        raise StoreOlder(f"{path}: an earlier version wrote it (schema {version})")
    if version > schema.version:
        raise StoreNewer(
            f"{path}: it was written by a newer version (schema {version}, this one knows"
            f" {schema.version}) and stays unchanged; install the newer version again, or restore a"
            " backup that this version or an earlier one made"
        )
    return True


def inspect(path: Path, *, whole: bool) -> None:
    """Check over a separate connection that a file can be read and written.

    Args:
        path: the file.
        whole: whether to read all of it, if it has at most `MOST_INSPECTED` bytes.

    Raises:
        StoreError: it cannot, or is damaged; it waits for a busy one for a second at most.
    """
    with translated(path):
        connection = connect(path, INSPECTION, query="mode=rw")
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            if whole and path.stat().st_size <= MOST_INSPECTED:
                check_integrity(path, connection)
        finally:
            connection.close()


def check_integrity(path: Path, connection: sqlite3.Connection) -> None:
    """Read all of a file.

    Raises:
        StoreDamaged: it is not intact.
    """
    (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if problem != "ok":
        # it may have several lines
        raise damaged(path, str(problem).splitlines()[-1])


def restrict(path: Path) -> None:
    """Let only the owner read and write a file, if the file system has permissions.

    Raises:
        StoreError: the file is not there or may not be changed.
    """
    try:
        path.chmod(0o600)
    except OSError as error:
        # FAT and some network file systems have no modes
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise os_error(path, error) from error


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one of its name; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def has_room(path: Path) -> bool:
    """Return whether the disk of a file has room for more than a small write."""
    try:
        return shutil.disk_usage(path.parent).free >= _LEAST_ROOM
    except OSError:
        return False
