"""The stores that the broker and the web side share: creation, checks and closing."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from zapette_broker.storage import marks, sqlite, sqlite_file
from zapette_broker.storage.sqlite_connection import WHOLE_INTERVAL
from zapette_broker.storage.sqlite_file import Schema
from zapette_broker.storage.store_errors import StoreDamaged, StoreError, StoreNewer
from zapette_server.storage import shared_secrets
from zapette_server.storage.connection import Connection
from zapette_server.storage.data_folder import SECRETS, SETUP, DataFolder, make_folder
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.opening import SQLITE, open_server
from zapette_server.storage.store_repair import open_or_repair
from zapette_server.storage.tables import grants, leases, player_registry
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.leases import Leases
from zapette_server.storage.tables.player_registry import RECENT, PlayerRegistry

log = logging.getLogger("zapette.store")

BROKER: Final = "broker"
WEB: Final = "web"

_LOOK: Final = 0.5
_SHARED: Final = leases.TABLE
_HANDOVER: Final = 6.0


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores that one process has open.

    Attributes:
        folder: the data folder.
        registry: the players.
        grants: the tokens of remotes and guests.
        shared: the database of what else all web sides share: in memory with SQLite, since
            one web side is alone then.
        is_shared: whether other web sides use it too.
    """

    folder: DataFolder
    registry: PlayerRegistry
    grants: Grants
    shared: Connection
    is_shared: bool
    _lock: FolderLock

    @classmethod
    def open(
        cls,
        path: Path,
        part: str,
        database: str = SQLITE,
        *,
        timeout: float | None = None,
        recent: float = RECENT,
    ) -> Self:
        """Open the stores in the folder `path`; create missing ones.

        A damaged store is set aside and replaced, unless another part has it open.

        Args:
            path: the data folder.
            part: the part that opens them, `BROKER` or `WEB`; one process of each at a time.
            database: `SQLITE`, or the URL of a PostgreSQL database.
            timeout: seconds that a later call waits for another process.
            recent: seconds for which a player keeps its place after it was last seen.

        Raises:
            StoreBusy: another process of the same kind runs on the folder.
            StoreError: the folder or a store cannot be used.
        """
        lock = FolderLock(make_folder(path), part)
        # A killed process may still hold it.
        lock.take(_HANDOVER)
        try:
            if database != SQLITE:
                return cls._on_server(path, database, timeout, recent, lock)
            folder = DataFolder.open(path)
            registry, grants = open_or_repair(folder, {BROKER, WEB} - {part}, timeout, recent)
        except BaseException:
            lock.release()
            raise
        return cls(folder, registry, grants, sqlite.in_memory(_SHARED), False, lock)

    @classmethod
    def _on_server(
        cls, path: Path, url: str, timeout: float | None, recent: float, lock: FolderLock
    ) -> Self:
        server = open_server(url, timeout=timeout)
        try:
            shared_secrets.join(server, path)
            folder = DataFolder.open(path)
            registry = PlayerRegistry(server, recent=recent)
            return cls(folder, registry, Grants(server), server, True, lock)
        except BaseException:
            server.close()
            raise

    @property
    def leases(self) -> Leases:
        """What this process does alone among all web sides."""
        return Leases(self.shared)

    def checks(self) -> dict[str, Callable[[], None]]:
        """Return by name what checks the databases and raises `StoreError`."""
        if self.is_shared:
            return {"database": self.shared.check}
        return {"store_players": self.registry.check, "store_visitors": self.grants.check}

    def watch(self, found: Callable[[StoreDamaged], None], stopping: threading.Event) -> None:
        """Check the stores until `stopping`; call `found` once if one is damaged.

        Damage that a statement reports counts once a check of the whole file confirms it. Nothing
        here can repair PostgreSQL.
        """
        if self.is_shared:
            stopping.wait()
            return
        due = 0.0
        while not stopping.wait(_LOOK):
            damaged = self.registry.is_suspect or self.grants.is_suspect
            if not damaged and time.monotonic() < due:
                continue
            due = time.monotonic() + WHOLE_INTERVAL
            for check in (self.registry.check, self.grants.check):
                try:
                    check()
                except StoreDamaged as error:
                    found(error)
                    stopping.wait()
                    return
                except StoreError as error:
                    # It may pass, and /healthz reports it.
                    log.debug("%s", error)

    def close(self) -> None:
        """Close the stores and let another process of this kind run."""
        self.registry.close()
        self.grants.close()
        self.shared.close()
        self._lock.release()


def open_folder(path: Path, database: str = SQLITE) -> DataFolder:
    """Open a data folder for a command; new secrets are those of the database, if that has some.

    Raises:
        StoreError: the folder or, if the folder is new, the database cannot be used.
    """
    if database != SQLITE and not all((path / name).exists() for name in SECRETS):
        make_folder(path)
        with contextlib.closing(open_server(database)) as server:
            shared_secrets.join(server, path)
    return DataFolder.open(path)


@contextlib.contextmanager
def opened(path: Path, database: str = SQLITE) -> Iterator[tuple[PlayerRegistry, Grants]]:
    """Provide the players and grants to a command, while the parts run.

    Raises:
        StoreError: the folder or a store cannot be used.
    """
    with contextlib.ExitStack() as stack:
        if database != SQLITE:
            server = stack.enter_context(contextlib.closing(open_server(database)))
            yield PlayerRegistry(server), Grants(server)
            return
        folder = DataFolder.open(path)
        registry = stack.enter_context(contextlib.closing(PlayerRegistry(folder.registry)))
        yield registry, stack.enter_context(contextlib.closing(Grants(folder.grants)))


@contextlib.contextmanager
def unused(path: Path) -> Iterator[None]:
    """Keep every process of Zapette off a data folder.

    Raises:
        StoreBusy: one uses it already.
    """
    with contextlib.ExitStack() as stack:
        for name in ("run", BROKER, WEB, SETUP):
            stack.enter_context(FolderLock(path, name).held())
        yield


def known(folder: DataFolder) -> dict[Path, Schema]:
    """Return the stores that every start needs, with what is expected in them."""
    return {
        folder.registry: player_registry.SCHEMA,
        folder.grants: grants.SCHEMA,
        folder.messages: Schema(marks.APPLICATION_ID, marks.SCHEMA_VERSION, ""),
    }


def _refuse_newer(folder: DataFolder) -> None:
    """Raise StoreNewer before anything changes, if a newer version wrote one of the stores."""
    for file, schema in known(folder).items():
        try:
            sqlite_file.check_head(file, schema)
        except StoreNewer:
            raise
        except StoreError as error:
            # the process that opens it repairs or reports it
            log.debug("%s", error)


def prepare(path: Path, gives_up: Callable[[], bool] = bool, database: str = SQLITE) -> None:
    """Create the data folder and its stores, and repair damage, before any part runs.

    Args:
        path: the data folder.
        gives_up: whether to wait no longer for parts that still end.
        database: `SQLITE`, or the URL of a PostgreSQL database.

    Raises:
        StoreBusy: a part runs on the folder already.
        StoreNewer: a newer version wrote one of the stores; all stay unchanged.
        StoreError: the folder or a store cannot be used.
    """
    make_folder(path)
    with contextlib.ExitStack() as parts:
        for part in (BROKER, WEB):
            parts.enter_context(FolderLock(path, part).held(_HANDOVER, gives_up))
        if database != SQLITE:
            with contextlib.closing(open_server(database)) as server:
                shared_secrets.join(server, path)
            return
        folder = DataFolder.open(path)
        _refuse_newer(folder)
        registry, grants = open_or_repair(folder, set())
        registry.close()
        grants.close()
