"""The web process: wires the application and serves it with waitress until told to stop."""

from __future__ import annotations

import logging
import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import Any, Final

from waitress.server import create_server

from webapp import Parts, create_app
from webapp.addresses import Addresses
from webapp.announcements import Announcements
from webapp.discovery import Discovery
from webapp.doorkeeper import Doorkeeper
from webapp.health import Health
from webapp.household import Household
from webapp.librarian import Librarian
from webapp.metrics import BROKER_TOPIC, BrokerFigures
from webapp.pairing import Pairing
from webapp.service import create_service, who_is_connected
from webapp.streaming import make_fair
from zapette.config import Settings
from zapette.credentials import Keyring
from zapette.data_folder import DataFolder
from zapette.registry import Registry
from zapette.topics import Topics
from zapette.visitors import Visitors

log = logging.getLogger("zapette.web")

# docs/decisions/0003-wsgi-server.md has the figures behind these.
THREADS: Final = 16
CONNECTIONS: Final = 4000
SWITCH_INTERVAL: Final = 0.001


def serve(settings: Settings) -> None:
    """Run the web side until SIGINT or SIGTERM.

    Raises:
        StoreError: the data folder cannot be used.
        OSError: the port is taken.
    """
    folder = DataFolder.open(settings.data_dir)
    registry = Registry(folder.registry)
    visitors = Visitors(folder.visitors)
    keyring = Keyring(folder.secret, Topics(settings.base_topic, settings.discovery_prefix))
    addresses = Addresses(settings)
    librarian = Librarian.of(settings.media_dir, folder.library, folder.thumbnails)
    service = create_service(settings, keyring, addresses, librarian.catalogue)
    discovery = Discovery(
        service,
        Announcements(settings.home_assistant, keyring.topics, version("zapette")),
        registry,
        addresses.pages,
        forget_after_days=settings.forget_after_days,
    )
    broker_figures = BrokerFigures(lambda: service.is_live)
    app = create_app(
        Parts(
            addresses=addresses,
            health=Health(settings, lambda: service.is_live),
            doorkeeper=Doorkeeper(
                Household(settings, keyring, registry, addresses),
                visitors,
                Pairing(),
                who_is_connected(service, keyring.topics),
            ),
            librarian=librarian,
            broker_figures=broker_figures,
        )
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    trusted: dict[str, Any] = {}
    if settings.trusted_proxy:
        trusted["trusted_proxy"] = settings.trusted_proxy
        trusted["trusted_proxy_headers"] = {"x-forwarded-for"}
    server = create_server(
        app,
        host=settings.bind,
        port=settings.http_port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        channel_timeout=60,
        clear_untrusted_proxy_headers=True,
        ident=None,
        **trusted,
    )
    make_fair(server)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    # a walk through the library is all Python: it must not make others wait for their turn
    sys.setswitchinterval(SWITCH_INTERVAL)
    librarian.start()
    service.start()
    service.subscribe(BROKER_TOPIC, lambda message: broker_figures.take(message.payload))
    discovery.start()
    log.info("listening on %s: HTTP %d", settings.bind, settings.http_port)
    try:
        server.run()
    finally:
        discovery.stop()
        service.stop()
        server.close()
        librarian.stop()
        registry.close()
        visitors.close()


def _exit(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
