"""The process manager: starts broker, web side and bridge, and restarts what ends."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from typing import Final

from zapette.client.interruption import Interruption
from zapette_broker.storage.store_errors import StoreError, UnusableStore
from zapette_cli.processes.part import DAMAGED, FATAL, Part
from zapette_cli.processes.ports import check_ports
from zapette_cli.processes.reloading import EVERYTHING, Watcher
from zapette_server.settings.settings import Settings
from zapette_server.storage.data_folder import make_folder, read_secret
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.opening import SQLITE
from zapette_server.supervisor import FIRST_DELAY, LONGEST_DELAY

log = logging.getLogger("zapette.manager")

RELOAD: Final = -1
"""What `run` returns when its own code has changed and it must run again."""

_STOP_TIMEOUT: Final = 4.0
_LOOK: Final = 0.1
_LOOK_AT_CODE: Final = 0.5
_GONE: Final = (
    "it is no longer there; mount or restore it, or start Zapette again for a new household"
)


def run(
    settings: Settings,
    on_ready: Callable[[], None],
    is_ready: Callable[[], bool],
    on_look: Callable[[], None] = lambda: None,
    *,
    on_stop: Callable[[], None] = lambda: None,
    reload: bool = False,
) -> int:
    """Keep the parts running until SIGINT or SIGTERM; return the exit code.

    Args:
        settings: what the parts are started with.
        on_ready: called once, when everything is up for the first time.
        is_ready: tells whether everything is up.
        on_look: called several times a second.
        on_stop: called when the parts are to stop.
        reload: whether to start a part again when its code changes, and to return `RELOAD` when
            that of all has.

    Raises:
        SettingsError: a port is taken, or the certificate cannot be used.
        StoreBusy: another `zapette run` keeps the data folder.
        StoreError: the data folder cannot be used, and a person must act.
    """
    stopping = Interruption()
    stopping.handle(signal.SIGINT, signal.SIGTERM)
    make_folder(settings.data_dir)
    with FolderLock(settings.data_dir, "run").held():
        if not _prepare(settings, stopping):
            return 0
        if settings.tls_cert is not None:
            from zapette_cli.processes.certificate import renew_own, server_certificate

            renew_own(settings)
            server_certificate(settings)
        check_ports(settings)
        return _keep_running(
            settings, on_ready, is_ready, on_look, on_stop, stopping, reload=reload
        )


def _prepare(settings: Settings, stopping: Interruption, secret: bytes | None = None) -> bool:
    """Create the stores before they are needed; return false to stop instead.

    It waits for temporary failures, such as a full disk, to end.

    Args:
        settings: the settings.
        stopping: whether to stop.
        secret: the signing secret that the data folder had at the start, if it must have it now.
    """
    # only here: other commands start without SQLite
    from zapette_server.storage import stores

    delay = FIRST_DELAY
    while not stopping.is_set():
        try:
            _check_secret(settings, secret)
            stores.prepare(settings.data_dir, stopping.is_set, settings.database)
        except UnusableStore:
            raise
        except StoreError as error:
            if stopping.is_set():
                break
            log.error("%s; trying again in %.1f s", error, delay)  # noqa: TRY400 - the message is complete
            stopping.wait(delay)
            delay = min(delay * 2, LONGEST_DELAY)
        else:
            return True
    return False


def _check_secret(settings: Settings, secret: bytes | None) -> None:
    if not _has_secret(settings, secret):
        raise StoreError(f"data folder {settings.data_dir}: {_GONE}")


def _has_secret(settings: Settings, secret: bytes | None) -> bool:
    """Return whether the data folder has this signing secret; without one, any will do."""
    try:
        return secret is None or read_secret(settings.data_dir) == secret
    except StoreError:
        return False


def _keep_running(
    settings: Settings,
    on_ready: Callable[[], None],
    is_ready: Callable[[], bool],
    on_look: Callable[[], None],
    on_stop: Callable[[], None],
    stopping: Interruption,
    *,
    reload: bool,
) -> int:
    # with PostgreSQL, the secret comes from the database
    secret = read_secret(settings.data_dir) if settings.database == SQLITE else None
    parts = [Part(name, settings) for name in part_names(settings)]
    watcher = Watcher() if reload else None
    looked_at = 0.0
    was_ready = False
    code = 0
    while not stopping.is_set() and code == 0:
        now = time.monotonic()
        codes = [part.look(now) for part in parts]
        if FATAL in codes:
            code = FATAL
        elif DAMAGED in codes or (
            codes.count(None) < len(codes) and not _has_secret(settings, secret)
        ):
            log.error("restarting all parts to repair a store or to wait for the data folder")
            _stop(parts)
            _prepare(settings, stopping, secret)
        elif not was_ready and is_ready():
            was_ready = True
            on_ready()
        on_look()
        if watcher is not None and now - looked_at > _LOOK_AT_CODE:
            looked_at = now
            code = code or _renew(parts, watcher.changed())
        stopping.wait(_LOOK)
    on_stop()
    _stop(parts)
    return code


def part_names(settings: Settings) -> tuple[str, ...]:
    """Return the subcommands that run the parts."""
    broker = [] if settings.broker.is_nats else ["broker"]
    front = ["front"] if settings.is_tls else []
    return (*broker, "web", *front, *(["bridge"] if settings.bridge.url else []))


def _renew(parts: list[Part], changed: set[str]) -> int:
    if EVERYTHING in changed:
        log.info("the code of all parts has changed: restarting everything")
        return RELOAD
    for part in parts:
        if part.name in changed:
            part.renew()
    return 0


def _stop(parts: list[Part]) -> None:
    """End all parts: the broker last, so that the others do not lose it and say so."""
    for is_broker in (False, True):
        ending = [part for part in parts if (part.name == "broker") == is_broker]
        for part in ending:
            if part.process is not None:
                part.process.terminate()
        deadline = time.monotonic() + _STOP_TIMEOUT
        for part in ending:
            part.stop(deadline)
