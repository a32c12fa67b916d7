"""The bridge's process: wires the bridge and runs it until SIGTERM."""

from __future__ import annotations

import hashlib
import hmac
import logging
import signal
import threading
from typing import Final

from zapette.client.interruption import Interruption
from zapette.errors import SettingsError
from zapette.mqtt.dialing import Dialer, Timing
from zapette.mqtt.event_loop import LoopThread
from zapette.mqtt.executor import ThreadExecutor
from zapette.protocol.topics import Topics
from zapette_bridge.bridge import Bridge
from zapette_bridge.ledger import Ledger
from zapette_bridge.mapping import Mapping
from zapette_bridge.turns import Turns
from zapette_server.access.credentials import Keyring
from zapette_server.access.rights import Role
from zapette_server.engine.create import create_tokens
from zapette_server.local_broker import brokers_here
from zapette_server.settings.settings import Settings
from zapette_server.storage.data_folder import DataFolder
from zapette_server.supervisor import Supervisor

log = logging.getLogger("zapette.bridge")

TIMING: Final = Timing(keep_alive=5, connect=2.0, longest_delay=1.0)
"""With these time-outs, both sides agree within 5 s after an outage."""

_STOP_TIMEOUT: Final = 3.0


def serve(settings: Settings) -> None:
    """Run the bridge until SIGINT or SIGTERM.

    Raises:
        SettingsError: there is no ``bridge.url``.
        StoreError: the data folder cannot be used.
    """
    if not settings.bridge.url:
        raise SettingsError("bridge.url", "it is needed for a bridge")
    folder = DataFolder.open(settings.data_dir)
    topics = Topics(settings.base_topic, settings.discovery_prefix)
    client_id = f"zapette-bridge-{_household(folder)}"
    loop, threads = LoopThread("bridge"), ThreadExecutor("bridge-worker")
    tokens = create_tokens(settings, Keyring(folder.secret, topics))
    ours = Dialer(
        *brokers_here(settings, Role.SERVER.value),
        loop=loop,
        threads=threads,
        token=lambda client_id: tokens.issue(Role.SERVER, client_id)[0],
        timing=TIMING,
        ca_file=settings.ca_file,
    )
    home = Dialer(
        settings.bridge.broker,
        loop=loop,
        threads=threads,
        timing=TIMING,
        ca_file=settings.bridge.ca_file or settings.ca_file,
    )
    mapping = Mapping(topics, settings.bridge.prefix)

    def new_bridge() -> Bridge:
        # read now, because the other bridge has changed the ledger
        ledger = Ledger(folder.path / "bridge.json", f"{home.url.where} {settings.bridge.prefix}")
        return Bridge(ours, home, loop, mapping, ledger, client_id)

    turns = Turns(ours, home, mapping, new_bridge)
    supervisor = Supervisor(log)
    ended, stopped = Interruption(), threading.Event()
    ended.handle(signal.SIGINT, signal.SIGTERM)
    loop.start()
    loop.post(lambda: supervisor.task("bridge", turns.run))
    ended.wait()
    loop.post(lambda: loop.spawn(_stop(supervisor, turns, stopped)))
    stopped.wait(_STOP_TIMEOUT)
    loop.stop()
    threads.stop()


async def _stop(supervisor: Supervisor, turns: Turns, stopped: threading.Event) -> None:
    supervisor.stop()
    try:
        await turns.stop()
    finally:
        stopped.set()


def _household(folder: DataFolder) -> str:
    """Return an id that distinguishes households on one broker and reveals nothing."""
    return hmac.digest(folder.secret, b"bridge", hashlib.sha256).hex()[:16]
