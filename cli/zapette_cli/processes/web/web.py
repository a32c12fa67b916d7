"""The web process: serves the web side with waitress until SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Final

from zapette_broker.storage.store_errors import StoreDamaged
from zapette_cli.processes.web.web_side import WebSide
from zapette_server.settings.settings import Settings
from zapette_server.storage.stores import WEB, Stores
from zapette_server.storage.tables.player_registry import RECENT
from zapette_webapp import store_limiter

SWITCH_INTERVAL: Final = 0.001
"""Seconds between switches of threads (docs/decisions/0003-wsgi-server.md)."""


def serve(settings: Settings) -> None:
    """Run the web side until SIGINT or SIGTERM.

    Raises:
        StoreError: the data folder cannot be used.
        SettingsError: the port is taken, or may not be used.
    """
    stores = Stores.open(
        settings.data_dir,
        WEB,
        settings.database,
        timeout=store_limiter.STORE_TIMEOUT,
        recent=max(RECENT, 2.0 * settings.token_lifetime),
    )
    side = WebSide(settings, stores)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    # a walk through the library is all Python: it must not make others wait for their turn
    sys.setswitchinterval(SWITCH_INTERVAL)
    side.start()
    damage: list[StoreDamaged] = []

    def found(error: StoreDamaged) -> None:
        damage.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    side.watch(found)
    try:
        side.run()
    finally:
        side.stop()
        stores.close()
    if damage:
        # the manager repairs the file and starts this process again
        raise damage[0]


def _exit(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
