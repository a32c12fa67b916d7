"""The broker's process: wires the household's broker and serves until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, Final

from zapette.mqtt.url import bracketed
from zapette.protocol.topics import Topics
from zapette_broker import Broker, Limits
from zapette_broker.listeners import HANDOVER
from zapette_broker.running import set_by_signals
from zapette_broker.storage.store_errors import StoreDamaged
from zapette_broker.transports.descriptors import allow_many_files
from zapette_broker.transports.server_certificate import ServerCertificate
from zapette_cli.processes.broker_report import create_report
from zapette_cli.processes.certificate import server_certificate
from zapette_server import health_checks
from zapette_server.access.authentication import (
    HouseholdAuthenticator,
    owner_of,
    terms_of,
)
from zapette_server.access.credentials import Keyring
from zapette_server.access.lookups import Lookups
from zapette_server.access.records import Records
from zapette_server.access.revoked_connections import RevokedConnections
from zapette_server.handover_socket import handover_socket, websocket_port
from zapette_server.settings.settings import Settings
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import DataFolder
from zapette_server.storage.stores import BROKER, Stores
from zapette_server.supervisor import Supervisor

log = logging.getLogger("zapette.broker")

_JOIN: Final = 1.0
_SECURE: Final = "secure"
_FULL: Final = "all are taken, and only the household gets in; raise the limit max_sessions"


async def serve(settings: Settings) -> None:
    """Run the broker until SIGINT or SIGTERM.

    Raises:
        StoreError: the data folder cannot be used.
        SettingsError: the certificate cannot be used.
        BrokerError: a port is taken, the broker's store is damaged, or a limit is wrong.
    """
    stores = Stores.open(settings.data_dir, BROKER, settings.database)
    keyring = Keyring(stores.folder.secret, Topics(settings.base_topic, settings.discovery_prefix))
    lookups, authenticator = _create_authenticator(settings, stores, keyring)
    allow_many_files()
    certificate = server_certificate(settings)
    supervisor = Supervisor(log)
    broker = _create_broker(settings, stores.folder, keyring.topics, authenticator, certificate)
    ended = threading.Event()
    damage: list[StoreDamaged] = []
    loop = asyncio.get_running_loop()
    stopping = set_by_signals()

    def found(error: StoreDamaged) -> None:
        damage.append(error)
        loop.call_soon_threadsafe(stopping.set)

    revocations = RevokedConnections(broker, authenticator, lookups)
    broker.gauges.append(_tasks(supervisor, lookups))
    await broker.start(
        before_listening=lambda: lookups.start(
            loop, revocations.take, revocations.trim, revocations.players()
        )
    )
    broker.on_store_damaged = found
    if certificate is not None:
        supervisor.task("certificate", certificate.watch)
    supervisor.thread("credentials", lookups.run)
    supervisor.thread("stores", lambda: stores.watch(found, ended))
    if handover_socket(settings.data_dir) is None:
        log.warning("WebSockets have a port of their own: this system cannot share the HTTP port")
    log.info("listening on %s: %s", settings.bind, _ports(settings))
    health = _create_checks(broker, stores, lookups, supervisor)
    report = create_report(settings, keyring, broker, loop, health)
    report.start()
    try:
        await stopping.wait()
    finally:
        supervisor.stop()
        lookups.stop()
        ended.set()
        # it publishes `offline` through this loop
        await asyncio.to_thread(report.stop)
        await broker.shutdown()
        if supervisor.stop(_JOIN):
            stores.close()
    if damage:
        # the manager repairs the file and starts this process again
        raise damage[0]


def _create_authenticator(
    settings: Settings, stores: Stores, keyring: Keyring
) -> tuple[Lookups, HouseholdAuthenticator]:
    folder = stores.folder
    accounts = Accounts(folder.accounts)
    records = Records(stores.registry, stores.grants, accounts, folder.accounts)
    lookups = Lookups(records)
    return lookups, HouseholdAuthenticator(
        keyring, lookups, accounts.verify, folder.home_password, anonymous=settings.anonymous
    )


def _create_broker(
    settings: Settings,
    folder: DataFolder,
    topics: Topics,
    authenticator: HouseholdAuthenticator,
    certificate: ServerCertificate | None,
) -> Broker:
    return Broker(
        _configuration(settings),
        authenticator=authenticator,
        limits=Limits.from_text(settings.limits),
        store=folder.messages,
        repair_store=True,
        terms_of=terms_of,
        owner_of=owner_of(topics),
        hosts=settings.hosts,
        tls={_SECURE: certificate.context} if certificate is not None else None,
    )


def _create_checks(
    broker: Broker, stores: Stores, lookups: Lookups, supervisor: Supervisor
) -> health_checks.Checks:
    health = health_checks.Checks()
    health.add("store_messages", health_checks.store(broker.check_store))
    for name, check in stores.checks().items():
        health.add(name, health_checks.store(check))
    health.add("sessions", lambda: _FULL if broker.is_full else None)
    health.add("credentials", lambda: lookups.problem)
    health.add("tasks", lambda: supervisor.problem)
    return health


def _configuration(settings: Settings) -> dict[str, Any]:
    host = bracketed(settings.bind)
    listeners = {}
    handover = handover_socket(settings.data_dir)
    # the first, so that pages find it once the others are there
    if handover is not None:
        listeners["http"] = {"type": "ws", "bind": f"{HANDOVER}{handover}"}
    if port := websocket_port(settings):
        listeners["websocket"] = {"type": "ws", "bind": f"{host}:{port}"}
    listeners["default"] = {"type": "tcp", "bind": f"{host}:{settings.mqtt_port}"}
    if settings.is_tls and settings.mqtts_port:
        listeners[_SECURE] = {"type": "tcp", "bind": f"{host}:{settings.mqtts_port}"}
    return {"listeners": listeners, "plugins": {}}


def _ports(settings: Settings) -> str:
    """Return the ports for the log."""
    ports = [f"MQTT {settings.mqtt_port}"]
    if settings.is_tls and settings.mqtts_port:
        ports.append(f"MQTT over TLS {settings.mqtts_port}")
    if handover_socket(settings.data_dir) is not None:
        ports.append(f"WebSocket {settings.http_port} (with the pages)")
    if port := websocket_port(settings):
        ports.append(f"WebSocket {port}")
    return ", ".join(ports)


def _tasks(supervisor: Supervisor, lookups: Lookups) -> Callable[[], dict[str, int]]:
    """Return the figures of the threads and stores, for the broker's metrics."""

    def gauges() -> dict[str, int]:
        return {
            "tasks_down": len(supervisor.down),
            "task_restarts": supervisor.restarts,
            "credentials_unreadable": int(lookups.problem is not None),
        }

    return gauges
