"""The process manager: starts broker, web side and bridge, and restarts what ends."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from zapette.client.interruption import Interruption
from zapette.errors import SettingsError
from zapette_broker.storage.store_errors import StoreError, UnusableStore
from zapette_cli.processes.reloading import EVERYTHING, Watcher
from zapette_server.one_port import websocket_port
from zapette_server.settings import Settings, to_environment
from zapette_server.storage.data_folder import DataFolder, make_folder
from zapette_server.storage.folder_lock import FolderLock
from zapette_server.storage.opening import SQLITE

log = logging.getLogger("zapette.manager")


FATAL: Final = 2
"""The exit code of a part that a restart would not help."""

DAMAGED: Final = 65
"""The exit code of a part that found a damaged store (EX_DATAERR of sysexits.h)."""

RELOAD: Final = -1
"""What `run` returns when its own code has changed and it must run again."""

_SHORTEST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 30.0
_SETTLED: Final = 60.0
_STOP_TIMEOUT: Final = 4.0
_LOOK: Final = 0.1
_LOOK_AT_CODE: Final = 0.5


def ports(settings: Settings) -> list[tuple[str, str, int]]:
    """Return each port with its setting and what it is for."""
    found = [
        ("http_port", "pages", settings.http_port),
        ("mqtt_port", "MQTT", 0 if settings.broker.is_nats else settings.mqtt_port),
        ("ws_port", "MQTT over WebSocket", websocket_port(settings)),
        ("mqtts_port", "MQTT over TLS", settings.mqtts_port if settings.is_tls else 0),
    ]
    return [each for each in found if each[2]]


def check_ports(settings: Settings) -> None:
    """Check that every port is free.

    Raises:
        SettingsError: one is taken, or the address is another machine's; it names the setting.
    """
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    for key, what, port in ports(settings):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.bind, port))
                probe.listen(1)
            except OSError as error:
                raise cannot_listen(settings, key, what, port, error) from error


def cannot_listen(
    settings: Settings, key: str, what: str, port: int, error: OSError
) -> SettingsError:
    """Return the error about a port that cannot be used; it names the setting to change."""
    if error.errno == errno.EADDRNOTAVAIL:
        return SettingsError("bind", f"{settings.bind} is not an address of this machine")
    reason = (
        f"port {port} ({what}) cannot be used: {error.strerror}; set another with "
        f"ZAPETTE_{key.upper()}=PORT, --{key.replace('_', '-')} PORT or {key} = PORT "
        "in config/zapette.toml"
    )
    return SettingsError(key, reason)


@dataclass(slots=True)
class Part:
    """A process that is restarted when it ends.

    Attributes:
        name: the subcommand that runs it.
        settings: what it is started with.
        process: the running process; None while it waits to be started again.
    """

    name: str
    settings: Settings
    process: subprocess.Popen[bytes] | None = None
    delay: float = _SHORTEST_DELAY
    started_at: float = 0.0
    start_at: float = field(default=0.0)
    renewing: bool = False

    def start(self) -> None:
        """Start the process, which ends itself when this one ends."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "zapette_cli", self.name, "--exit-with-parent"],
            env=environment(self.settings),
            stdin=subprocess.PIPE,
            # Ctrl-C reaches the whole process group; only the manager handles it
            start_new_session=True,
        )

    def look(self, now: float) -> int | None:
        """Start the process if it is due; return its exit code if it has just died."""
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return None
        code = self.process.poll()
        if code is None:
            return None
        self._close()
        if self.renewing:
            self.renewing = False
            self.start_at = now
            return None
        if now - self.started_at > _SETTLED:
            self.delay = _SHORTEST_DELAY
        if code == FATAL:
            log.error(
                "the %s ended (%s), and starting it again would not help", self.name, _cause(code)
            )
            return code
        self.start_at = now + self.delay
        log.error("the %s died (%s); restarting in %.1f s", self.name, _cause(code), self.delay)
        self.delay = min(self.delay * 2, _LONGEST_DELAY)
        return code

    def renew(self) -> None:
        """End the process and restart it at once."""
        log.info("the code of the %s has changed: restarting it", self.name)
        self.start_at = 0.0
        if self.process is not None:
            self.renewing = True
            self.process.terminate()

    def stop(self, deadline: float) -> None:
        """Wait until the process ends as requested; kill it at `deadline`."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("the %s did not stop in time and was killed", self.name)
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None


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
    # with PostgreSQL, the secrets may come from there
    (DataFolder.open if settings.database == SQLITE else make_folder)(settings.data_dir)
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


def _prepare(settings: Settings, stopping: Interruption) -> bool:
    """Create the stores before they are needed; return false to stop instead.

    It waits for temporary failures, such as a full disk, to end.
    """
    # only here: other commands start without SQLite
    from zapette_server.storage import stores

    delay = _SHORTEST_DELAY
    while not stopping.is_set():
        try:
            stores.prepare(settings.data_dir, stopping.is_set, settings.database)
        except UnusableStore:
            raise
        except StoreError as error:
            if stopping.is_set():
                break
            log.error("%s; trying again in %.1f s", error, delay)  # noqa: TRY400 - the message is complete
            stopping.wait(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
        else:
            return True
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
        elif DAMAGED in codes:
            log.error("restarting all parts to repair the store")
            _stop(parts)
            _prepare(settings, stopping)
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


def environment(settings: Settings) -> dict[str, str]:
    """Return environment variables that give another process the same settings."""
    inherited = {name: value for name, value in os.environ.items() if "ZAPETTE_" not in name}
    return inherited | to_environment(settings) | {"ZAPETTE_CONFIG": os.devnull}


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


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
