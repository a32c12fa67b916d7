"""The broker's process: wires the household's broker and serves until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import Any, Final

from broker import Broker, Limits
from broker.authentication import HouseholdAuthenticator
from broker.files import allow_many_files
from broker.report import create_report
from zapette import checks
from zapette.accounts import Accounts
from zapette.config import Settings
from zapette.credentials import Keyring
from zapette.data_folder import DataFolder
from zapette.registry import Registry
from zapette.topics import Topics
from zapette.visitors import Visitors

log = logging.getLogger("zapette.broker")

REVOCATION_INTERVAL: Final = 0.2
"""Seconds between two looks at whether a code was renewed or an account removed."""


async def serve(settings: Settings) -> None:
    """Run the broker until SIGINT or SIGTERM.

    Raises:
        StoreError: the data folder cannot be used.
        BrokerError: a port is taken, the broker's store is damaged, or a limit is wrong.
    """
    folder = DataFolder.open(settings.data_dir)
    registry = Registry(folder.registry)
    visitors = Visitors(folder.visitors)
    keyring = Keyring(folder.secret, Topics(settings.base_topic, settings.discovery_prefix))
    authenticator = HouseholdAuthenticator(
        keyring,
        registry,
        visitors,
        Accounts(folder.accounts),
        folder.home_password,
        anonymous=settings.anonymous,
    )
    allow_many_files()
    broker = Broker(
        _configuration(settings),
        authenticator=authenticator,
        limits=Limits.from_text(settings.limits),
        store=folder.messages,
    )
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await broker.start()
    log.info(
        "listening on %s: MQTT %d, WebSocket %d",
        settings.bind,
        settings.mqtt_port,
        settings.ws_port,
    )
    health = checks.Checks()
    health.add("store_messages", checks.store(broker.check_store))
    health.add("store_players", checks.store(registry.check))
    health.add("store_visitors", checks.store(visitors.check))
    report = create_report(settings, keyring, broker, asyncio.get_running_loop(), health)
    report.start()
    watch = asyncio.create_task(
        _end_revoked(broker, authenticator, registry, visitors, folder.accounts)
    )
    try:
        await stopping.wait()
    finally:
        watch.cancel()
        # it says goodbye to this very loop
        await asyncio.to_thread(report.stop)
        await broker.shutdown()
        registry.close()
        visitors.close()


def _configuration(settings: Settings) -> dict[str, Any]:
    host = f"[{settings.bind}]" if ":" in settings.bind else settings.bind
    return {
        "listeners": {
            "default": {"type": "tcp", "bind": f"{host}:{settings.mqtt_port}"},
            "websocket": {"type": "ws", "bind": f"{host}:{settings.ws_port}"},
        },
        "plugins": {},
    }


async def _end_revoked(
    broker: Broker,
    authenticator: HouseholdAuthenticator,
    registry: Registry,
    visitors: Visitors,
    accounts: Path,
) -> None:
    """End the connections whose code was renewed or whose account or token was ended.

    The first look is at the sessions that the store kept: a code may have been renewed meanwhile.
    """
    seen: tuple[int, int] | None = None
    last_end: int | None = None
    while True:
        now = (registry.changes(), _changed_at(accounts))
        if now != seen:
            seen = now
            ended = broker.disconnect(lambda client: authenticator.is_revoked(client.tag))
            if ended:
                log.info("ended %d connections whose credentials were revoked", ended)
        if (end := visitors.last_end()) != last_end:
            last_end = end
            _end_visitors(broker, visitors.ended())
        await asyncio.sleep(REVOCATION_INTERVAL)


def _end_visitors(broker: Broker, client_ids: frozenset[str]) -> None:
    ended = broker.disconnect(lambda client: client.client_id in client_ids)
    if ended:
        log.info("ended %d connections that were turned out", ended)


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
