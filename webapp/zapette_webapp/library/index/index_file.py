"""The SQLite file of the library's index.

It is a cache: if it is damaged, or of another folder or a later version, a new one replaces it.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from zapette_broker.storage import sqlite, sqlite_file
from zapette_broker.storage.sqlite_connection import SqliteConnection
from zapette_broker.storage.sqlite_errors import translated
from zapette_broker.storage.sqlite_file import SIDE_FILES, Schema
from zapette_broker.storage.store_errors import ForeignStore, StoreDamaged, StoreNewer

log = logging.getLogger("zapette.library")

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    path TEXT PRIMARY KEY,
    folder TEXT,
    kind TEXT NOT NULL,
    rank INTEGER NOT NULL,
    sort TEXT NOT NULL,
    search TEXT NOT NULL,
    title TEXT NOT NULL,
    year INTEGER,
    series TEXT,
    season INTEGER,
    episode INTEGER,
    artist TEXT,
    album TEXT,
    size INTEGER NOT NULL DEFAULT 0,
    mtime_ns INTEGER NOT NULL,
    added_at REAL NOT NULL,
    gone_at REAL,
    poster TEXT,
    poster_mtime_ns INTEGER,
    subtitles TEXT NOT NULL DEFAULT '[]',
    probed INTEGER NOT NULL DEFAULT 0,
    duration REAL,
    type TEXT,
    tracks TEXT NOT NULL DEFAULT '[]',
    width INTEGER,
    height INTEGER,
    has_cover INTEGER NOT NULL DEFAULT 0,
    flaw TEXT,
    bitrate INTEGER,
    demuxer TEXT,
    start REAL,
    inside TEXT NOT NULL DEFAULT '[]',
    fonts TEXT NOT NULL DEFAULT '[]',
    chapters TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS by_folder ON entries (folder, rank, sort, path) WHERE gone_at IS NULL;
CREATE INDEX IF NOT EXISTS gone ON entries (folder) WHERE gone_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_time ON entries (added_at DESC, sort)
WHERE gone_at IS NULL AND rank = 1;
-- holds all that a search reads, so that it reads nothing else
CREATE INDEX IF NOT EXISTS by_text ON entries (search, rank, sort, path) WHERE gone_at IS NULL;
CREATE INDEX IF NOT EXISTS unprobed ON entries (path)
WHERE gone_at IS NULL AND rank = 1 AND probed = 0;
"""


SCHEMA: Final = Schema(0x7A61706C, 5, _TABLES, claims_unnamed=True)

# From an older schema to the next one. The times at which media were first seen stay; what is in
# them is read again.
_STEPS: Final = {
    3: (
        "ALTER TABLE entries ADD COLUMN flaw TEXT",
        "ALTER TABLE entries ADD COLUMN bitrate INTEGER",
        "ALTER TABLE entries ADD COLUMN demuxer TEXT",
        "ALTER TABLE entries ADD COLUMN start REAL",
        "ALTER TABLE entries ADD COLUMN inside TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE entries ADD COLUMN fonts TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE entries ADD COLUMN chapters TEXT NOT NULL DEFAULT '[]'",
        "UPDATE entries SET probed = 0",
    ),
    # The rules for titles changed. A text that no scan writes has each medium stored again.
    4: ("UPDATE entries SET subtitles = ' ' || subtitles",),
}


def open_(file: Path, folder: Path) -> SqliteConnection:
    """Return a connection to the index of `folder` in `file`; create it if needed.

    Raises:
        StoreError: it cannot be written, or is busy.
    """
    try:
        _migrate(file)
        return _opened(file, folder)
    except (StoreDamaged, StoreNewer, ForeignStore) as error:
        log.warning("scanning the library into a new index: %s", error)
    remove(file)
    return _opened(file, folder)


def remove(file: Path) -> None:
    """Remove the file of an index and its SQLite side files."""
    with translated(file):
        for end in ("", *SIDE_FILES):
            Path(f"{file}{end}").unlink(missing_ok=True)


def _migrate(file: Path) -> None:
    """Bring an index of an older schema up to date; leave any other file as it is.

    Raises:
        StoreError: it cannot be read or written, is busy or damaged.
    """
    if not file.is_file():
        return
    with translated(file), closing(sqlite_file.connect(file)) as connection:
        if _pragma(connection, "application_id") != SCHEMA.application:
            return
        connection.execute("BEGIN IMMEDIATE")
        version = _pragma(connection, "user_version")
        while version in _STEPS:
            for statement in _STEPS[version]:
                connection.execute(statement)
            version += 1
            connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("COMMIT")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _opened(file: Path, folder: Path) -> SqliteConnection:
    # a path may have bytes that are not UTF-8, which SQLite does not take
    name = str(folder).encode("utf-8", "backslashreplace").decode()

    def prepare(connection: SqliteConnection) -> None:
        connection.write("PRAGMA synchronous = NORMAL")
        connection.write("INSERT OR IGNORE INTO about VALUES ('folder', ?)", (name,))
        ((kept,),) = connection.read("SELECT value FROM about WHERE name = 'folder'")
        if kept != name:
            raise ForeignStore(f"{file}: it is of another media folder")

    return sqlite.open_(file, SCHEMA, prepare=prepare)
