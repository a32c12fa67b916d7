"""Makes the clients of one test, on identifiers and topics that no other test has."""

from __future__ import annotations

import itertools

from tests.conformance.client import Client
from tests.conformance.servers import Server
from tests.conformance.wire.encodings import Version
from tests.conformance.wire.packets import Connect, Will
from tests.conformance.wire.properties import Pairs, Property
from tests.conformance.wire.stream import Stream

LONG = 300
_numbers = itertools.count(1)


class Clients:
    """The connections of one test to one server; leaving the context ends them all."""

    def __init__(self, server: Server, version: Version) -> None:
        self.server = server
        self.version = version
        self._number = next(_numbers)
        self._open: list[Client] = []

    def id(self, label: str) -> str:
        """Return a client identifier: letters and digits, 23 at the most."""
        return f"c{self._number}{label}"

    def topic(self, rest: str = "topic") -> str:
        return f"t{self._number}/{rest}"

    def open(self, version: Version | None = None) -> Client:
        """Open a connection without sending anything."""
        return self.adopt(Stream(self.server.port), version)

    def adopt(self, stream: Stream, version: Version | None = None) -> Client:
        """Make a client of a stream, which ends with the others."""
        client = Client(stream, version or self.version)
        self._open.append(client)
        return client

    def connect(
        self,
        label: str = "client",
        *,
        version: Version | None = None,
        clean: bool = True,
        keep_alive: int = 60,
        will: Will | None = None,
        properties: Pairs = (),
    ) -> Client:
        """Connect and see that the server accepts."""
        client = self.open(version)
        connack = client.connect(
            Connect(
                self.id(label),
                client.version,
                clean=clean,
                keep_alive=keep_alive,
                will=will,
                properties=properties,
            )
        )
        assert connack.code == 0, f"refused with 0x{connack.code:02x}"
        return client

    def persist(
        self,
        label: str = "client",
        *,
        version: Version | None = None,
        expiry: int = LONG,
        will: Will | None = None,
        properties: Pairs = (),
    ) -> Client:
        """Connect to the label's session, which outlives the connection (`expiry` in seconds)."""
        version = version or self.version
        if version is Version.V5:
            properties = ((Property.SESSION_EXPIRY, expiry), *properties)
        return self.connect(label, version=version, clean=False, will=will, properties=properties)

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._open:
            client.close()
