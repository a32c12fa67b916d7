"""A backup: one file with all that a household needs, also made while Zapette runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, Final

from zapette_broker.storage import sqlite_file
from zapette_broker.storage.sqlite_errors import translated
from zapette_broker.storage.store_errors import StoreBusy, os_error
from zapette_server.errors import BackupError
from zapette_server.storage.backups.backup_format import (
    MANIFEST,
    NEEDED,
    SETTINGS,
    Entry,
    Manifest,
    is_kept,
)

_SQLITE: Final = b"SQLite format 3\0"
_LOG_HEADER: Final = 32
_ATTEMPTS: Final = 100


def write(data: Path, settings: Path | None, file: Path) -> list[str]:
    """Write a backup of the data folder `data` to `file`, mode 0600.

    Each store is copied as it was at one moment, also while Zapette writes to it.

    Args:
        data: the data folder.
        settings: the settings file, if there is one.
        file: the backup, which must not exist.

    Returns:
        The names of what was left out and cannot be made again: links, and names that no data
        folder has.

    Raises:
        BackupError: there is no data folder, or `file` exists.
        StoreError: a file cannot be read or written, or a store is damaged; no file is left.
    """
    if missing := [name for name in sorted(NEEDED) if not (data / name).exists()]:
        raise BackupError(
            f"{data} is not a data folder of Zapette: {missing[0]!r} is missing in it"
        )
    if file.resolve().is_relative_to(data.resolve()):
        raise BackupError(f"{file} would be in the data folder; name a file elsewhere")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupError(f"{file} exists already; remove it, or name another file") from None
    except OSError as error:
        raise os_error(file, error) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            left_out = _pack(data, settings, stream)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException as error:
        file.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise os_error(Path(error.filename or file), error) from error
        raise
    return left_out


def _pack(data: Path, settings: Path | None, stream: IO[bytes]) -> list[str]:
    names, left_out = _files(data)
    entries: dict[str, Entry] = {}
    with (
        tempfile.TemporaryDirectory(prefix="zapette-backup-") as scratch,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in names:
            with _still(data / name, Path(scratch)) as file:
                entries[name] = _add(archive, file, name)
        if settings is not None and settings.exists():
            entries[SETTINGS] = _add(archive, settings, SETTINGS)
        made_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        archive.writestr(MANIFEST, Manifest(version("zapette"), made_at, entries).encode())
    return left_out


def _files(data: Path) -> tuple[list[str], list[str]]:
    """Return the names to keep, and those of links and others that are left out."""
    names, left_out = [], []
    for folder, below, files in os.walk(data, onerror=_fail):
        for each in sorted([*files, *below]):
            path = Path(folder, each)
            name = path.relative_to(data).as_posix()
            if not is_kept(name):
                if each in below:
                    below.remove(each)
                continue
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                names.append(name)
            elif not stat.S_ISDIR(mode):
                left_out.append(name)
    # the broker's first: a player that is made meanwhile is then known rather than half known
    return sorted(names, key=lambda name: (name != "broker.db", name)), left_out


def _fail(error: OSError) -> None:
    raise error


def _add(archive: zipfile.ZipFile, file: Path, name: str) -> Entry:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while block := source.read(1 << 20):
            digest.update(block)
            size += len(block)
            target.write(block)
    return Entry(size, digest.hexdigest())


@contextmanager
def _still(file: Path, scratch: Path) -> Iterator[Path]:
    """Provide the content of a file as it is at one moment: for a store, all that is committed."""
    with file.open("rb") as stream:
        is_store = stream.read(len(_SQLITE)) == _SQLITE
    if not is_store:
        yield file
        return
    copy, whole = scratch / "copy.db", scratch / "whole.db"
    try:
        _copy_store(file, copy)
        with (
            translated(file),
            closing(sqlite_file.connect(copy)) as source,
            closing(sqlite3.connect(whole)) as target,
        ):
            source.backup(target)
            sqlite_file.check_integrity(file, target)
        yield whole
    finally:
        for each in scratch.iterdir():
            each.unlink()


def _copy_store(file: Path, copy: Path) -> None:
    """Copy an SQLite file and its write-ahead log, which together are one moment's content.

    The broker locks its file for itself, so that SQLite cannot copy it. The file changes only as
    pages of the log are written into it: while the log begins with the same header, it still holds
    all of them, and a page that was copied half written is read from there ("WAL-mode File
    Format", 4.1 to 4.4).

    Raises:
        StoreBusy: the log was begun again during each of many attempts.
        OSError: a file cannot be read or written.
    """
    log, log_copy = (it.with_name(it.name + "-wal") for it in (file, copy))
    for _ in range(_ATTEMPTS):
        before = _header(log)
        shutil.copyfile(file, copy)
        log_copy.unlink(missing_ok=True)
        if before is not None:
            try:
                shutil.copyfile(log, log_copy)
            except FileNotFoundError:
                continue
        if _header(log) == before:
            return
    raise StoreBusy(f"{file}: it changes too fast to be copied; try again later")


def _header(log: Path) -> bytes | None:
    try:
        with log.open("rb") as stream:
            return stream.read(_LOG_HEADER)
    except FileNotFoundError:
        return None
