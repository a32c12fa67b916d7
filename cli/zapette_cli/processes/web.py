"""The web process: wires the application and serves it with waitress until SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from importlib.metadata import version
from types import FrameType
from typing import Final

from zapette.protocol.topics import Topics
from zapette_broker.storage.store_errors import StoreDamaged
from zapette_cli.processes.http_server import create_http_server
from zapette_cli.processes.web_duty import create_duty
from zapette_homeassistant.announcements import Announcements
from zapette_homeassistant.discovery import Discovery
from zapette_server import checks
from zapette_server.access.credentials import Keyring
from zapette_server.engine.create import create_engine
from zapette_server.settings import Settings
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import DataFolder
from zapette_server.storage.player_registry import RECENT
from zapette_server.storage.stores import WEB, Stores
from zapette_server.supervisor import Supervisor
from zapette_webapp import discovery_services, network, store_limiter
from zapette_webapp.access.access_control import AccessControl
from zapette_webapp.access.admission import Admission
from zapette_webapp.access.household import HouseholdAccounts
from zapette_webapp.access.library_access import LibraryAccess
from zapette_webapp.access.new_players import OPEN, NewPlayers
from zapette_webapp.access.pairing import Pairing
from zapette_webapp.access.player_credentials import PlayerCredentials
from zapette_webapp.access.sessions import Sessions
from zapette_webapp.access.signatures import Signatures
from zapette_webapp.access.standings import Standings
from zapette_webapp.addresses import Addresses
from zapette_webapp.application import Parts, create_app
from zapette_webapp.http.refusal_counts import RefusalCounts
from zapette_webapp.http.transfers import Transfers
from zapette_webapp.library.library import Library
from zapette_webapp.links.resolver import Resolver
from zapette_webapp.mdns import Mdns
from zapette_webapp.network_watch import NetworkWatch
from zapette_webapp.procedures import (
    announce_addresses,
    create_admission_service,
    create_link,
    create_service,
    warn_of_guesses,
)
from zapette_webapp.status.health import BRIDGE, BROKER, BridgeCheck, BrokerChecks, create_checks
from zapette_webapp.status.metrics import BROKER_TOPIC, BrokerFigures
from zapette_webapp.streams.converter import StreamConverter
from zapette_webapp.uploads.budget import Budget
from zapette_webapp.uploads.retention import Retention
from zapette_webapp.uploads.uploads import Uploads

log = logging.getLogger("zapette.web")

SWITCH_INTERVAL: Final = 0.001
"""Seconds between switches of threads (docs/decisions/0003-wsgi-server.md)."""

_JOIN: Final = 1.0


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
    folder, registry, grants = stores.folder, stores.registry, stores.grants
    keyring = Keyring(folder.secret, Topics(settings.base_topic, settings.discovery_prefix))
    mdns = Mdns(discovery_services.offers(settings, discovery_services.server_id(folder.secret)))
    addresses = Addresses(settings, lambda: mdns.name)
    engine = create_engine(settings, keyring, registry, grants)
    tokens = engine.tokens
    signatures = Signatures(keyring)
    library = _create_library(settings, folder, signatures)
    uploads = _create_uploads(settings, library)
    streams = StreamConverter.of(settings, folder.streams)
    links = Resolver(private=settings.links_private)
    shared = stores.shared if stores.is_shared else None
    new_players = NewPlayers(settings, registry, Admission(shared))
    admission = create_admission_service(settings, keyring.topics, tokens, new_players)
    service = create_service(settings, keyring.topics, tokens, addresses, library.queries)
    # several web sides have a client each, and one of them has the server's own
    link = create_link(settings, tokens) if stores.is_shared else service
    discovery = Discovery(
        service,
        Announcements(settings.home_assistant, keyring.topics, version("zapette")),
        registry,
        addresses.pages,
        forget_after_days=settings.forget_after_days,
    )
    broker_checks = BrokerChecks(link, keyring.topics.service(BROKER))
    bridge_check = BridgeCheck(link, keyring.topics.service(BRIDGE))
    health = create_checks(settings, lambda: link.is_live, lambda: engine.problem)
    _add_checks(health, stores, library)
    health.add_several(broker_checks)
    if settings.bridge.url:
        # an outage of the home's broker is none of ours
        health.add("bridge", bridge_check, vital=False)
    watch = NetworkWatch(lambda: network.candidates(settings.bind), addresses.pages)
    watch.on_first_and_change(
        lambda found: mdns.follow(discovery_services.published(settings, found))
    )
    watch.on_first_and_change(lambda _: discovery.refresh())
    watch.on_first_and_change(lambda _: announce_addresses(service, keyring.topics))

    others = (admission,) if settings.new_players != OPEN else ()
    duty = create_duty(stores, keyring.topics, link, service, *others)
    supervisor = Supervisor(log)
    owners = (
        supervisor,
        duty.supervisor,
        *(it.supervisor for it in (discovery, watch, mdns, streams, uploads, *library.workers)),
    )
    health.add("tasks", lambda: "; ".join(filter(None, (it.problem for it in owners))) or None)
    broker_figures = BrokerFigures(lambda: link.is_live)
    refusals = RefusalCounts()
    access = AccessControl(
        PlayerCredentials(settings, keyring, registry, addresses, engine),
        grants,
        Pairing(shared, keyring.pairing_key),
        warn_of_guesses(link, keyring.topics),
        refusals,
    )
    library_access = LibraryAccess(
        settings.anonymous or settings.library == "open",
        Sessions(keyring, tokens),
        signatures,
        Standings(registry, grants),
        HouseholdAccounts(Accounts(folder.accounts), folder.home_password),
    )
    app = create_app(
        Parts(
            addresses=addresses,
            checks=health,
            access=access,
            new_players=new_players,
            library_access=library_access,
            library=library,
            streams=streams,
            links=links,
            uploads=uploads,
            broker_figures=broker_figures,
            refusals=refusals,
            owners=owners,
        )
    )
    transfers = Transfers()
    server = create_http_server(app, settings, refusals, transfers, uploads)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    # a walk through the library is all Python: it must not make others wait for their turn
    sys.setswitchinterval(SWITCH_INTERVAL)
    mdns.start()
    watch.start()
    library.start()
    uploads.start()
    streams.start()
    engine.start(link)
    link.start()
    duty.start(alone=not stores.is_shared)
    broker_checks.start()
    bridge_check.start()
    link.subscribe(BROKER_TOPIC, lambda message: broker_figures.take(message.payload))
    link.subscribe(f"{keyring.topics.base}/players/+/state", uploads.holders.on_state)
    discovery.start()
    damage: list[StoreDamaged] = []
    ended = threading.Event()

    def found(error: StoreDamaged) -> None:
        damage.append(error)
        os.kill(os.getpid(), signal.SIGTERM)

    supervisor.thread("stores", lambda: stores.watch(found, ended))
    supervisor.thread("transfers", lambda: transfers.watch(ended))
    if not settings.is_tls:
        log.info("listening on %s: HTTP %d", settings.bind, settings.http_port)
    try:
        server.run()
    finally:
        supervisor.stop()
        watch.stop()
        discovery.stop()
        duty.stop()
        link.stop()
        engine.stop()
        # the goodbye takes a while, in which the broker ends too
        mdns.stop()
        server.close()
        streams.stop()
        links.stop()
        uploads.stop()
        library.stop()
        ended.set()
        supervisor.stop(_JOIN)
        stores.close()
    if damage:
        # the manager repairs the file and starts this process again
        raise damage[0]


def _create_library(settings: Settings, folder: DataFolder, signatures: Signatures) -> Library:
    return Library.of(
        settings.media_dir,
        folder.library,
        folder.thumbnails,
        folder.subtitles,
        signatures.signed,
        uploads=folder.uploads,
    )


def _create_uploads(settings: Settings, library: Library) -> Uploads:
    return Uploads(
        library.media_folder,
        library.upload_index,
        Budget(settings.uploads_max << 20),
        Retention(settings.uploads_hours * 3600.0),
    )


def _add_checks(health: checks.Checks, stores: Stores, library: Library) -> None:
    health.add("disk", checks.disk(stores.folder.path))
    for name, check in stores.checks().items():
        health.add(name, checks.store(check))
    health.add("store_library", checks.store(library.index.check))


def _exit(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
