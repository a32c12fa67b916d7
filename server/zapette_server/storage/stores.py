"""The stores that the broker and the web side share: creation, repair and closing."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

from zapette_broker.storage import damage, marks, sqlite_file
from zapette_broker.storage.sqlite import WHOLE_INTERVAL
from zapette_broker.storage.sqlite_file import Schema
from zapette_broker.storage.store_errors import StoreBusy, StoreDamaged, StoreError, StoreNewer
from zapette_server.checks import without_folders
from zapette_server.storage import grants, player_registry
from zapette_server.storage.data_folder import SETUP, DataFolder
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.grants import Grants
from zapette_server.storage.player_registry import RECENT, PlayerRegistry

log = logging.getLogger("zapette.store")

BROKER: Final = "broker"
WEB: Final = "web"

_LOOK: Final = 0.5
_SETUP_TIMEOUT: Final = 30.0
_HANDOVER: Final = 6.0


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores that one process has open.

    Attributes:
        folder: the data folder.
        registry: the players.
        grants: the tokens of remotes and guests.
    """

    folder: DataFolder
    registry: PlayerRegistry
    grants: Grants
    _lock: FolderLock

    @classmethod
    def open(
        cls, path: Path, part: str, *, timeout: float | None = None, recent: float = RECENT
    ) -> Self:
        """Open the stores in the folder `path`; create missing ones.

        A damaged store is set aside and replaced, unless another part has it open.

        Args:
            path: the data folder.
            part: the part that opens them, `BROKER` or `WEB`; one process of each at a time.
            timeout: seconds that a later call waits for another process.
            recent: seconds for which a player keeps its place after it was last seen.

        Raises:
            StoreBusy: another process of the same kind runs on the folder.
            StoreError: the folder or a store cannot be used.
        """
        folder = DataFolder.open(path)
        lock = FolderLock(path, part)
        # A killed process may still hold it.
        lock.take(_HANDOVER)
        try:
            registry, grants = _open(folder, {BROKER, WEB} - {part}, timeout, recent)
        except BaseException:
            lock.release()
            raise
        return cls(folder, registry, grants, lock)

    def watch(self, found: Callable[[StoreDamaged], None], stopping: threading.Event) -> None:
        """Check the stores until `stopping`; call `found` once if one is damaged.

        Damage that a statement reports counts once a check of the whole file confirms it.
        """
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
        self._lock.release()


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


def prepare(path: Path, gives_up: Callable[[], bool] = bool) -> None:
    """Create the data folder and its stores, and repair damage, before any part runs.

    Args:
        path: the data folder.
        gives_up: whether to wait no longer for parts that still end.

    Raises:
        StoreBusy: a part runs on the folder already.
        StoreNewer: a newer version wrote one of the stores; all stay unchanged.
        StoreError: the folder or a store cannot be used.
    """
    folder = DataFolder.open(path)
    with contextlib.ExitStack() as parts:
        for part in (BROKER, WEB):
            parts.enter_context(FolderLock(path, part).held(_HANDOVER, gives_up))
        _refuse_newer(folder)
        registry, grants = _open(folder, set())
        registry.close()
        grants.close()


def _open(
    folder: DataFolder,
    others: set[str],
    timeout: float | None = None,
    recent: float = RECENT,
) -> tuple[PlayerRegistry, Grants]:
    """Open the stores, which the parts `others` may have open too."""
    with FolderLock(folder.path, SETUP).held(_SETUP_TIMEOUT):
        registry = _registry(
            folder, others, partial(PlayerRegistry, timeout=timeout, recent=recent)
        )
        try:
            make = partial(Grants, timeout=timeout)
            return registry, _grants(folder, others, registry, make)
        except BaseException:
            registry.close()
            raise


def _registry(
    folder: DataFolder, others: set[str], make: Callable[[Path], PlayerRegistry]
) -> PlayerRegistry:
    file = folder.registry
    try:
        return make(file)
    except StoreDamaged as error:
        with _alone(folder, others, error):
            rows = PlayerRegistry.salvaged(file)
            aside = damage.set_aside(file)
            registry = make(file)
            registry.take(rows)
        log.error(  # noqa: TRY400 - the message says it all
            "%s; it is kept as %s. %d players were recovered; any other player gets a new code"
            " when its page is opened",
            without_folders(str(error)),
            aside.name,
            len(rows),
        )
        return registry


def _grants(
    folder: DataFolder, others: set[str], registry: PlayerRegistry, make: Callable[[Path], Grants]
) -> Grants:
    file = folder.grants
    is_new = not file.exists() or not file.stat().st_size
    try:
        grants = make(file)
    except StoreDamaged as error:
        with _alone(folder, others, error):
            # The revocations are lost, so that no earlier token may stay valid.
            registry.renew_all()
            aside = damage.set_aside(file)
            grants = make(file)
        log.error(  # noqa: TRY400 - the message says it all
            "%s; it is kept as %s. Every player has a new code, which phones must scan",
            without_folders(str(error)),
            aside.name,
        )
    else:
        if is_new and not registry.is_empty():
            registry.renew_all()
            log.warning("visitors.db was gone: every player has a new code, which phones must scan")
    return grants


@contextlib.contextmanager
def _alone(folder: DataFolder, others: set[str], damaged: StoreDamaged) -> Iterator[None]:
    """Keep the other parts from starting; raise `damaged` if one runs."""
    with contextlib.ExitStack() as stack:
        try:
            for part in others:
                stack.enter_context(FolderLock(folder.path, part).held())
        except StoreBusy:
            raise damaged from None
        yield
