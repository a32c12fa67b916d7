"""A client on a system's broker by the account of the household."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.conformance.client import Client
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect
from tests.conformance.wire.stream import Stream
from tests.programs.system import System


@contextmanager
def home(system: System) -> Iterator[Client]:
    """Connect to the broker by the account of the household while the block runs."""
    client = Client(Stream(system.mqtt_port), Version.V5)
    password = (system.data / "home-password").read_text().strip()
    connect = Connect(version=Version.V5, username="home", password=password.encode())
    try:
        assert client.connect(connect).code == 0
        yield client
    finally:
        client.close()
