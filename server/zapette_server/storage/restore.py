"""Restoring a backup: everything is checked first, and what was there is kept."""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Final

from zapette_broker.storage import sqlite_file
from zapette_broker.storage.sqlite_errors import translated
from zapette_broker.storage.store_errors import StoreError, StoreFull, os_error
from zapette_server.errors import BackupError
from zapette_server.storage import private_file
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.backup_format import (
    ASIDE,
    MANIFEST,
    MOST_MANIFEST,
    Entry,
    Manifest,
    stays,
)
from zapette_server.storage.data_folder import SETUP, DataFolder
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.stores import BROKER, WEB, known

_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError),
)


def restore(file: Path, data: Path) -> Path | None:
    """Put a backup in the place of the data folder `data`, on which nothing may run.

    Args:
        file: the backup.
        data: the data folder, made if missing.

    Returns:
        The folder in `data` that now holds what was there before; None if nothing was.

    Raises:
        BackupError: the file is no whole backup, or was changed; `data` is as it was.
        StoreBusy: Zapette runs on the folder.
        StoreError: a store in it cannot be used here, or a file cannot be read or written; `data`
            is as it was.
    """
    try:
        with file.open("rb") as stream, contextlib.closing(_opened(file, stream)) as archive:
            manifest = _manifest(file, archive)
            is_new = not data.exists()
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                return _replace(file, archive, manifest, data)
            except BaseException:
                if is_new:
                    shutil.rmtree(data, ignore_errors=True)
                raise
    except _DAMAGED as error:
        raise BackupError(f"{file}: it is damaged ({error})") from error
    except OSError as error:
        raise os_error(Path(error.filename or file), error) from error


def _opened(file: Path, stream: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise BackupError(f"{file}: it is no backup, or not all of one ({error})") from error


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    """Return the manifest, once the entries are just those that it names, with their sizes."""
    sizes = {it.filename: it.file_size for it in archive.infolist()}
    if MANIFEST not in sizes or sizes[MANIFEST] > MOST_MANIFEST:
        raise BackupError(f"{file}: it is no backup of Zapette")
    try:
        manifest = Manifest.decode(archive.read(MANIFEST))
    except BackupError as error:
        raise BackupError(f"{file}: {error}") from error
    named = {name: it.size for name, it in manifest.files.items()} | {MANIFEST: sizes[MANIFEST]}
    if named != sizes or len(sizes) != len(archive.infolist()):
        raise BackupError(f"{file}: it does not hold what its manifest names")
    return manifest


def _replace(file: Path, archive: zipfile.ZipFile, manifest: Manifest, data: Path) -> Path | None:
    with ExitStack() as stack:
        for name in ("run", BROKER, WEB, SETUP):
            stack.enter_context(FolderLock(data, name).held())
        size = sum(it.size for it in manifest.files.values())
        if size > shutil.disk_usage(data).free:
            raise StoreFull(f"{data}: the backup needs {size >> 20} MiB of room, and there is less")
        staged = stack.enter_context(tempfile.TemporaryDirectory(dir=data, prefix=".restore-"))
        for name, entry in manifest.files.items():
            _extract(file, archive, name, entry, Path(staged))
        _check_usable(file, Path(staged))
        for path in Path(staged).rglob("*"):
            private_file.keep_owner(path, data)
        return _exchange(Path(staged), data)


def _extract(file: Path, archive: zipfile.ZipFile, name: str, entry: Entry, folder: Path) -> None:
    target = folder / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as output, archive.open(name) as source:
        # it reads no more than the size that was checked
        while block := source.read(1 << 20):
            digest.update(block)
            output.write(block)
        output.flush()
        os.fsync(output.fileno())
    if digest.hexdigest() != entry.sha256:
        raise BackupError(f"{file}: {name} was changed or damaged")


def _check_usable(file: Path, folder: Path) -> None:
    """Check that this version can use what is in the folder."""
    try:
        found = DataFolder.open(folder)
        Accounts(found.accounts).names()
        for path, schema in known(found).items():
            if sqlite_file.check_head(path, schema):
                with translated(path), closing(sqlite_file.connect(path)) as connection:
                    sqlite_file.check_integrity(path, connection)
    except StoreError as error:
        reason = str(error).replace(f"{folder}{os.sep}", "")
        raise type(error)(f"{file}: {reason}") from error


def _exchange(staged: Path, data: Path) -> Path | None:
    """Move what is in `data` aside, and what is in `staged` there; undo both if one fails."""
    before = [it for it in sorted(data.iterdir()) if not stays(it.name)]
    aside = _aside(data) if before else None
    moved: list[tuple[Path, Path]] = []
    try:
        for path, target in _moves(before, aside, staged, data):
            path.rename(target)
            moved.append((path, target))
    except OSError:
        for path, target in reversed(moved):
            target.rename(path)
        if aside is not None:
            aside.rmdir()
        raise
    return aside


def _moves(
    before: list[Path], aside: Path | None, staged: Path, data: Path
) -> Iterator[tuple[Path, Path]]:
    if aside is not None:
        yield from ((path, aside / path.name) for path in before)
    # the secret last: without it nothing can start in between
    after = sorted(staged.iterdir(), key=lambda path: path.name == "secret")
    yield from ((path, data / path.name) for path in after)


def _aside(data: Path) -> Path:
    name = ASIDE + time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    number = 1
    while (data / name).exists():
        number += 1
        name = f"{name}-{number}"
    (data / name).mkdir(mode=0o700)
    return data / name
