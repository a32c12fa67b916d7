"""The application on a media folder that the environment names, for any WSGI server."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from webapp import Parts, create_app
from webapp.addresses import Addresses
from webapp.doorkeeper import Doorkeeper
from webapp.health import create_checks
from webapp.household import Household
from webapp.librarian import Librarian
from webapp.metrics import BrokerFigures
from webapp.pairing import Pairing
from webapp.rates import Rates
from webapp.throttle import Throttle
from zapette.config import Settings
from zapette.credentials import Keyring
from zapette.registry import Registry
from zapette.topics import Topics
from zapette.visitors import Visitors

_settings = Settings()
_addresses = Addresses(_settings)
_data = Path(tempfile.mkdtemp())
_registry = Registry(_data / "players.db")
app = create_app(
    Parts(
        _addresses,
        create_checks(_settings, lambda: False),
        Doorkeeper(
            Household(_settings, Keyring(b"0" * 32, Topics()), _registry, _addresses),
            Visitors(_data / "visitors.db"),
            Pairing(),
            lambda _: [],
        ),
        Librarian.of(Path(os.environ["BENCH_MEDIA"]), _data / "library.db", _data / "thumbnails"),
        BrokerFigures(lambda: False),
        rates=Rates(*(Throttle(burst=10**9, per_second=10**9) for _ in range(2))),
    )
)
