"""Opening SQLite files, which are created if needed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zapette_broker.storage import sqlite_file
from zapette_broker.storage.sqlite_connection import SqliteConnection
from zapette_broker.storage.sqlite_errors import translated
from zapette_broker.storage.sqlite_file import BUSY_TIMEOUT, Schema
from zapette_broker.storage.store_errors import StoreBusy

_POLL: Final = 0.05


def open_(
    path: Path,
    schema: Schema,
    *,
    prepare: Callable[[SqliteConnection], None] | None = None,
    timeout: float = BUSY_TIMEOUT,
) -> SqliteConnection:
    """Open a file for reading and writing, creating it and its tables if needed.

    It waits for other processes that hold the file. The file uses a write-ahead log, and only its
    owner may read it, if the file system has permissions.

    Args:
        path: the file, in a folder that exists.
        schema: its expected content.
        prepare: called with the connection when it is open, and again after a wait.
        timeout: seconds to wait for other processes.

    Raises:
        StoreError: the file cannot be used; a file that is not ours stays unchanged.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return _opened(path, schema, prepare, timeout)
        except StoreBusy:
            # SQLite does not wait by itself while the journal mode changes
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL)


def in_memory(script: str) -> SqliteConnection:
    """Return a connection to a database in memory, with the tables that `script` creates."""
    path = Path(":memory:")
    connection = SqliteConnection(path, sqlite_file.connect(path))
    connection.script(script)
    return connection


def further(path: Path, *, named_rows: bool = False) -> SqliteConnection:
    """Return a further connection to a file that is open already.

    Args:
        path: the file.
        named_rows: whether rows give columns by name.

    Raises:
        StoreError: the file cannot be opened.
    """
    connection = sqlite_file.connect(path)
    if named_rows:
        connection.row_factory = sqlite3.Row
    return SqliteConnection(path, connection)


def _opened(
    path: Path, schema: Schema, prepare: Callable[[SqliteConnection], None] | None, timeout: float
) -> SqliteConnection:
    sqlite_file.check_head(path, schema)
    with translated(path):
        # before SQLite does: the files next to it get its mode
        path.touch(mode=0o600)
    sqlite_file.restrict(path)
    connection = SqliteConnection(path, sqlite_file.connect(path, timeout))
    # the caller gets its own errors
    connection.logs = False
    try:
        _make(connection, schema)
        sqlite_file.inspect(path, whole=True)
        if prepare is not None:
            prepare(connection)
    except BaseException:
        connection.close()
        raise
    connection.logs = True
    return connection


def _make(connection: SqliteConnection, schema: Schema) -> None:
    """Create the tables in an empty file, unless another process was faster."""
    if connection.read("PRAGMA journal_mode")[0][0] != "wal":
        connection.read("PRAGMA journal_mode = WAL")
    if _is_made(connection, schema):
        return
    with connection.transaction():
        if _is_made(connection, schema):
            return
        for statement in schema.script.split(";"):
            if statement.strip():
                connection.write(statement)
        connection.write(f"PRAGMA application_id = {schema.application}")
        connection.write(f"PRAGMA user_version = {schema.version}")


def _is_made(connection: SqliteConnection, schema: Schema) -> bool:
    (version,) = connection.read("PRAGMA user_version")[0]
    (application,) = connection.read("PRAGMA application_id")[0]
    return bool(version == schema.version and application == schema.application)
