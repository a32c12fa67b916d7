"""The parts of the web side, wired."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final

from zapette.protocol.topics import Topics
from zapette_broker.storage.store_errors import StoreDamaged
from zapette_cli.processes.web.http_server import create_http_server
from zapette_cli.processes.web.web_duty import create_duty
from zapette_homeassistant.announcer import Announcer
from zapette_homeassistant.discovery_messages import DiscoveryMessages
from zapette_server import health_checks
from zapette_server.access.credentials import Keyring
from zapette_server.duty import Duty
from zapette_server.engine.create import create_engine
from zapette_server.settings.settings import Settings
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.data_folder import DataFolder
from zapette_server.storage.stores import Stores
from zapette_server.supervisor import Supervisor
from zapette_webapp.access.access_control import AccessControl
from zapette_webapp.access.household_accounts import HouseholdAccounts
from zapette_webapp.access.library_access import LibraryAccess
from zapette_webapp.access.pairing import Pairing
from zapette_webapp.access.players.admission import Admission
from zapette_webapp.access.players.new_players import OPEN, NewPlayers
from zapette_webapp.access.players.player_credentials import PlayerCredentials
from zapette_webapp.access.sessions.sessions import Sessions
from zapette_webapp.access.sessions.signatures import Signatures
from zapette_webapp.access.sessions.standings import Standings
from zapette_webapp.application import Parts, create_app
from zapette_webapp.http.refusal_counts import RefusalCounts
from zapette_webapp.http.responses.transfers import Transfers
from zapette_webapp.library.library import Library
from zapette_webapp.links.resolver import Resolver
from zapette_webapp.network import mdns_services, network
from zapette_webapp.network.addresses import Addresses
from zapette_webapp.network.mdns import Mdns
from zapette_webapp.network.network_watch import NetworkWatch
from zapette_webapp.procedures import (
    announce_addresses,
    create_admission_service,
    create_link,
    create_links_service,
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

_JOIN: Final = 1.0


class WebSide:
    """The parts of the web side, wired.

    Args:
        settings: of the household.
        stores: open; they stay so after `stop`.

    Raises:
        SettingsError: the port is taken, or may not be used.
    """

    def __init__(self, settings: Settings, stores: Stores) -> None:
        folder, registry = stores.folder, stores.registry
        self._settings = settings
        self._stores = stores
        self._shared = stores.shared if stores.is_shared else None
        self._keyring = Keyring(
            folder.secret, Topics(settings.base_topic, settings.discovery_prefix)
        )
        topics = self._topics = self._keyring.topics
        self._signatures = Signatures(self._keyring)
        self._mdns = Mdns(mdns_services.offers(settings, mdns_services.server_id(folder.secret)))
        self._addresses = Addresses(settings, lambda: self._mdns.name)
        self._engine = create_engine(settings, self._keyring, registry, stores.grants)
        self._library = _create_library(settings, folder, self._signatures)
        self._uploads = _create_uploads(settings, self._library)
        self._streams = StreamConverter.of(settings, folder.streams)
        self._links = Resolver(private=settings.links_private)
        self._new_players = NewPlayers(settings, registry, Admission(self._shared))
        tokens = self._engine.tokens
        self._service = create_service(
            settings, topics, tokens, self._addresses, self._library.queries
        )
        # several web sides have a client each, and one of them has the server's own
        self._link = create_link(settings, tokens) if stores.is_shared else self._service
        self._announcer = Announcer(
            self._service,
            DiscoveryMessages(settings.home_assistant, topics, version("zapette")),
            registry,
            self._addresses.pages,
            forget_after_days=settings.forget_after_days,
        )
        self._duty = self._create_duty()
        self._watch = self._create_watch()
        self._broker_checks = BrokerChecks(self._link, topics.service(BROKER))
        self._bridge_check = BridgeCheck(self._link, topics.service(BRIDGE))
        self._broker_figures = BrokerFigures(lambda: self._link.is_live)
        self._supervisor = Supervisor(log)
        self._transfers = Transfers()
        self._ended = threading.Event()
        refusals = RefusalCounts()
        self._server = create_http_server(
            create_app(self._parts(refusals)),
            settings,
            refusals,
            self._transfers,
            self._uploads,
            self._end_waits,
        )

    def _create_duty(self) -> Duty:
        settings, topics, tokens = self._settings, self._topics, self._engine.tokens
        others = []
        if self._links.present:
            others.append(create_links_service(settings, topics, tokens, self._links))
        if settings.new_players != OPEN:
            others.append(create_admission_service(settings, topics, tokens, self._new_players))
        return create_duty(self._stores, topics, self._link, self._service, *others)

    def _create_watch(self) -> NetworkWatch:
        settings, mdns = self._settings, self._mdns
        watch = NetworkWatch(lambda: network.candidates(settings.bind), self._addresses.pages)
        watch.on_first_and_change(
            lambda found: mdns.follow(mdns_services.published(settings, found))
        )
        watch.on_first_and_change(lambda _: self._announcer.refresh())
        watch.on_first_and_change(lambda _: announce_addresses(self._service, self._topics))
        return watch

    def _parts(self, refusals: RefusalCounts) -> Parts:
        """Return what the application consists of."""
        settings, stores = self._settings, self._stores
        owners = (self._announcer, self._watch, self._mdns, self._streams, self._uploads)
        supervisors = (
            self._supervisor,
            self._duty.supervisor,
            *(it.supervisor for it in (*owners, *self._library.workers)),
        )
        access = AccessControl(
            PlayerCredentials(
                settings, self._keyring, stores.registry, self._addresses, self._engine
            ),
            stores.grants,
            Pairing(self._shared, self._keyring.pairing_key),
            warn_of_guesses(self._link, self._topics),
            refusals,
        )
        library_access = LibraryAccess(
            settings.anonymous or settings.library == "open",
            Sessions(self._keyring, self._engine.tokens),
            self._signatures,
            Standings(stores.registry, stores.grants),
            HouseholdAccounts(Accounts(stores.folder.accounts), stores.folder.home_password),
        )
        return Parts(
            addresses=self._addresses,
            checks=self._create_checks(supervisors),
            access=access,
            new_players=self._new_players,
            library_access=library_access,
            library=self._library,
            streams=self._streams,
            links=self._links,
            uploads=self._uploads,
            broker_figures=self._broker_figures,
            informed=lambda: self._engine.informed,
            refusals=refusals,
            owners=supervisors,
        )

    def _create_checks(self, supervisors: Sequence[Supervisor]) -> health_checks.Checks:
        health = create_checks(
            self._settings, lambda: self._link.is_live, lambda: self._engine.problem
        )
        health.add("disk", health_checks.disk(self._stores.folder.path))
        for name, check in self._stores.checks().items():
            health.add(name, health_checks.store(check))
        health.add("store_library", health_checks.store(self._library.index.check))
        health.add_several(self._broker_checks)
        if self._settings.bridge.url:
            # an outage of the home's broker is none of ours
            health.add("bridge", self._bridge_check, vital=False)
        health.add(
            "tasks", lambda: "; ".join(filter(None, (it.problem for it in supervisors))) or None
        )
        return health

    def start(self) -> None:
        """Start everything but the HTTP server."""
        link = self._link
        self._mdns.start()
        self._watch.start()
        self._library.start()
        self._uploads.start()
        self._streams.start()
        self._engine.start(link)
        link.start()
        self._duty.start(alone=not self._stores.is_shared)
        self._broker_checks.start()
        self._bridge_check.start()
        link.subscribe(BROKER_TOPIC, lambda it: self._broker_figures.take(it.payload))
        link.subscribe(f"{self._topics.base}/players/+/state", self._uploads.holders.on_state)
        self._announcer.start()

    def watch(self, found: Callable[[StoreDamaged], None]) -> None:
        """Watch the stores and the rights of transfers; damage to a store is given to `found`."""
        ended, transfers = self._ended, self._transfers
        self._supervisor.thread("stores", lambda: self._stores.watch(found, ended))
        self._supervisor.thread("transfers", lambda: transfers.watch(ended))

    def run(self) -> None:
        """Serve HTTP until a signal."""
        if not self._settings.is_tls:
            log.info("listening on %s: HTTP %d", self._settings.bind, self._settings.http_port)
        self._server.run()

    def stop(self) -> None:
        """Stop everything."""
        self._supervisor.stop()
        self._watch.stop()
        self._announcer.stop()
        self._duty.stop()
        self._link.stop()
        self._engine.stop()
        # the goodbye takes a while, in which the broker ends too
        self._mdns.stop()
        self._server.close()
        self._end_waits()
        self._uploads.stop()
        self._library.stop()
        self._ended.set()
        self._supervisor.stop(_JOIN)

    def _end_waits(self) -> None:
        """End what requests may wait for; it may be called again."""
        self._streams.stop()
        self._links.stop()


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
