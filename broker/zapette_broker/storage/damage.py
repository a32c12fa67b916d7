"""Puts a damaged SQLite file aside, and reads what it still contains."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from zapette_broker.storage.sqlite_file import SIDE_FILES, connect
from zapette_broker.storage.store_errors import StoreError, os_error

log = logging.getLogger("zapette.store")


def set_aside(path: Path) -> Path:
    """Rename a file and SQLite's files next to it, and return its new name.

    No process may have it open.

    Raises:
        StoreError: it cannot be moved.
    """
    now = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.name}.damaged-{now}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{now}-{number}")
    try:
        path.rename(aside)
        for end in SIDE_FILES:
            side_file = path.with_name(path.name + end)
            if side_file.exists():
                side_file.rename(aside.with_name(aside.name + end))
    except OSError as error:
        raise os_error(path, error) from error
    return aside


def salvage(path: Path, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the rows of a damaged file that can still be read, from both ends of the table.

    The rows are read but not checked. `table` and `columns` are our own names; the first column is
    the key.
    """
    found: dict[tuple[Any, ...], None] = {}
    for order in ("ASC", "DESC"):
        statement = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {columns[0]} {order}"  # noqa: S608
        try:
            with snapshot(path) as connection:
                for row in connection.execute(statement):
                    found[row] = None
        except (sqlite3.Error, StoreError, OSError) as error:
            log.debug("%s: %s", path, error)
    return list(found)


@contextmanager
def snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a file as it is, its write-ahead log included, changing neither.

    Raises:
        StoreError: it cannot be opened.
        OSError: a copy cannot be made.
    """
    log_file = path.with_name(path.name + "-wal")
    if not log_file.exists():
        with closing(connect(path, query="immutable=1")) as connection:
            yield connection
        return
    # SQLite would write the log back into the file when its last reader closes
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".check-") as folder:
        copy = Path(folder) / path.name
        for source in (path, log_file):
            shutil.copyfile(source, copy.with_name(source.name))
        with closing(connect(copy, query="mode=rw")) as connection:
            yield connection
