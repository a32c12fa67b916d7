"""Opening the stores, and repairing them when they are damaged."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from zapette_broker.storage import damage
from zapette_broker.storage.store_errors import StoreBusy, StoreDamaged
from zapette_server.health_checks import without_folders
from zapette_server.storage.data_folder import SETUP, DataFolder
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import RECENT, PlayerRegistry

log = logging.getLogger("zapette.store")

_SETUP_TIMEOUT: Final = 30.0


def open_or_repair(
    folder: DataFolder,
    others: set[str],
    timeout: float | None = None,
    recent: float = RECENT,
) -> tuple[PlayerRegistry, Grants]:
    """Open the two stores; set a damaged one aside and replace it.

    Args:
        folder: the data folder.
        others: the parts that may have them open too; damage is not repaired while one has.
        timeout: seconds that a later call waits for another process.
        recent: seconds for which a player keeps its place after it was last seen.

    Raises:
        StoreError: a store cannot be used.
    """
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
