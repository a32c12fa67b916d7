"""Restoring a backup: everything is checked first, and what was there is kept."""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import os
import secrets
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import IO, Final

from zapette_broker.storage import sqlite_file
from zapette_broker.storage.sqlite_errors import translated
from zapette_broker.storage.store_errors import StoreError, StoreFull, os_error
from zapette_server.errors import BackupError
from zapette_server.storage import private_file, stores
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.backups.backup_format import (
    MANIFEST,
    MOST_MANIFEST,
    Entry,
    Manifest,
    stays,
)
from zapette_server.storage.backups.held_folder import HeldFolder
from zapette_server.storage.data_folder import ASIDE, RESTORING, DataFolder

_STAGED: Final = ".restore-"
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
        raise BackupError(f"{file}: it is not a backup, or is incomplete ({error})") from error


def _manifest(file: Path, archive: zipfile.ZipFile) -> Manifest:
    """Return the manifest, once the entries are just those that it names, with their sizes."""
    sizes = {it.filename: it.file_size for it in archive.infolist()}
    if MANIFEST not in sizes or sizes[MANIFEST] > MOST_MANIFEST:
        raise BackupError(f"{file}: it is not a backup of Zapette")
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
        stack.enter_context(stores.unused(data))
        size = sum(it.size for it in manifest.files.values())
        if size > shutil.disk_usage(data).free:
            raise StoreFull(f"{data}: the backup needs {size >> 20} MiB of room, and there is less")
        # the owner of the folder may be hostile to root, who restores
        held = stack.enter_context(HeldFolder(data))
        for name in held.names():
            # of a restore that a power cut ended
            if name.startswith(_STAGED):
                held.discard(name)
        staged = stack.enter_context(held.make(f"{_STAGED}{secrets.token_hex(4)}"))
        stack.callback(held.discard, staged.path.name)
        for name, entry in manifest.files.items():
            _extract(file, archive, name, entry, staged, data)
        _check_usable(file, staged.path)
        return _exchange(staged, held)


def _extract(
    file: Path,
    archive: zipfile.ZipFile,
    name: str,
    entry: Entry,
    folder: HeldFolder,
    data: Path,
) -> None:
    digest = hashlib.sha256()
    with ExitStack() as stack:
        *above, last = name.split("/")
        for part in above:
            folder = stack.enter_context(_subfolder(folder, part, data))
        output = stack.enter_context(os.fdopen(folder.create(last), "wb"))
        private_file.keep_owner(output.fileno(), data)
        source = stack.enter_context(archive.open(name))
        # it reads no more than the size that was checked
        while block := source.read(1 << 20):
            digest.update(block)
            output.write(block)
        output.flush()
        os.fsync(output.fileno())
    if digest.hexdigest() != entry.sha256:
        raise BackupError(f"{file}: {name} was changed or damaged")


def _subfolder(folder: HeldFolder, name: str, data: Path) -> HeldFolder:
    """Return a folder in another one; make it, for the owner of the data folder, if need be."""
    if name in folder.names():
        return folder.sub(name)
    made = folder.make(name)
    if made.descriptor is not None:
        private_file.keep_owner(made.descriptor, data)
    return made


def _check_usable(file: Path, folder: Path) -> None:
    """Check that this version can use what is in the folder."""
    try:
        found = DataFolder.read(folder)
        Accounts(found.accounts).names()
        for path, schema in stores.known(found).items():
            if sqlite_file.check_head(path, schema):
                with translated(path), closing(sqlite_file.connect(path)) as connection:
                    sqlite_file.check_integrity(path, connection)
    except StoreError as error:
        reason = str(error).replace(f"{folder}{os.sep}", "")
        raise type(error)(f"{file}: {reason}") from error


def _exchange(staged: HeldFolder, data: HeldFolder) -> Path | None:
    """Move what is in `data` aside, and what is in `staged` there; undo both if one fails.

    After a power cut in between, `RESTORING` keeps every start off the folder until the next
    restore, which moves what it finds aside too.
    """
    before = [name for name in data.names() if not stays(name)]
    with ExitStack() as stack:
        aside = stack.enter_context(data.make(_aside(data))) if before else None
        was_cut = RESTORING in data.names()
        if not was_cut:
            stack.enter_context(data.make(RESTORING))
        moved: list[tuple[str, HeldFolder, HeldFolder]] = []
        try:
            data.sync()
            for name, source, target in _moves(before, aside, staged, data):
                source.move(name, target)
                moved.append((name, source, target))
            for folder in filter(None, (aside, staged, data)):
                folder.sync()
            data.remove(RESTORING)
        except BaseException:
            for name, source, target in reversed(moved):
                target.move(name, source)
            if not was_cut:
                data.remove(RESTORING)
            if aside is not None:
                data.remove(aside.path.name)
            raise
    data.sync()
    return aside.path if aside is not None else None


def _moves(
    before: list[str], aside: HeldFolder | None, staged: HeldFolder, data: HeldFolder
) -> Iterator[tuple[str, HeldFolder, HeldFolder]]:
    if aside is not None:
        yield from ((name, data, aside) for name in before)
    yield from ((name, staged, data) for name in staged.names())


def _aside(data: HeldFolder) -> str:
    """Return the name of a folder that is not there yet."""
    first = ASIDE + time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    taken = set(data.names())
    names = (first if number == 1 else f"{first}-{number}" for number in count(1))
    return next(name for name in names if name not in taken)
