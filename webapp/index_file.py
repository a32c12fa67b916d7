"""The SQLite file of the library's index.

It is a cache: one that is damaged, of another folder or of another version is made anew.
"""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Final

log = logging.getLogger("zapette.library")

SCHEMA_VERSION: Final = 2

_SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entries (
    path TEXT PRIMARY KEY,
    folder TEXT,
    kind TEXT NOT NULL,
    rank INTEGER NOT NULL,
    sort TEXT NOT NULL,
    search TEXT NOT NULL,
    title TEXT NOT NULL,
    year INTEGER,
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
    has_cover INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX by_folder ON entries (folder, rank, sort, path) WHERE gone_at IS NULL;
CREATE INDEX gone ON entries (folder) WHERE gone_at IS NOT NULL;
CREATE INDEX by_time ON entries (added_at DESC, sort) WHERE gone_at IS NULL AND rank = 1;
-- holds all that a search reads, so that it reads nothing else
CREATE INDEX by_text ON entries (search, rank, sort, path) WHERE gone_at IS NULL;
CREATE INDEX unprobed ON entries (path) WHERE gone_at IS NULL AND rank = 1 AND probed = 0;
"""


def open_(file: Path, folder: Path) -> sqlite3.Connection:
    """Return a connection to the index of `folder` in `file`, which is made where needed."""
    try:
        return _prepared(file, folder)
    except sqlite3.DatabaseError as error:
        log.warning("the index of the library is made anew: %s", error)
    for leftover in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        leftover.unlink(missing_ok=True)
    return _prepared(file, folder)


def connect(file: Path) -> sqlite3.Connection:
    """Return a further connection, which begins no transaction by itself."""
    return sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=5)


def _prepared(file: Path, folder: Path) -> sqlite3.Connection:
    database = connect(file)
    try:
        # first, because the files beside it take its mode
        file.chmod(0o600)
        _prepare(database, folder)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, folder: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version not in {0, SCHEMA_VERSION}:
        raise sqlite3.DatabaseError(f"it has schema {version}, this is {SCHEMA_VERSION}")
    if version == 0:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
        database.execute("INSERT INTO about VALUES ('folder', ?)", (str(folder),))
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    database.execute("PRAGMA synchronous = NORMAL")
    row = database.execute("SELECT value FROM about WHERE name = 'folder'").fetchone()
    if row is None or row[0] != str(folder):
        raise sqlite3.DatabaseError("it is of another media folder")
