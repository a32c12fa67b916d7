"""One client connection on the loop: opens, says who it is, and hands on what arrives."""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Final, cast

from bench.broker_load.framing import Framing

_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux's IP_BIND_ADDRESS_NO_PORT: the port is chosen when the destination is known."""


class Peer(asyncio.Protocol):
    """A client of a server under load; a subclass speaks MQTT or WAMP.

    Attributes:
        arrived: called with nothing for each message that was published to this client.
    """

    def __init__(self, framing: Framing) -> None:
        self.arrived: Callable[[], None] | None = None
        self._framing = framing
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._ended: Exception | None = None

    async def open(self, port: int, source: str | None = None) -> None:
        """Connect, and return once the server has accepted the credentials.

        Raises:
            ConnectionError: it did not.
        """
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        connection = socket.socket()
        connection.setblocking(False)
        try:
            if source is not None:
                connection.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
                connection.bind((source, 0))
            await loop.sock_connect(connection, ("127.0.0.1", port))
            await loop.create_connection(lambda: self, sock=connection)
            await self._waiter
        except BaseException:
            self.abort()
            connection.close()
            raise

    async def prepare(self) -> None:
        """Get ready for the client's part; one that calls nobody needs nothing."""

    @abstractmethod
    async def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribe to all of `topics`, and return once the server has confirmed it."""

    @abstractmethod
    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish a message, unacknowledged."""

    @abstractmethod
    async def ping(self) -> None:
        """Ask the server for a sign of life, and return when it came."""

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._transport is not None and self._ended is None

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def send(self, payload: bytes) -> None:
        """Send one message."""
        self.write(self._framing.wrap(payload))

    def write(self, data: bytes) -> None:
        """Send what is framed already."""
        if self._transport is None or self._ended is not None:
            raise ConnectionResetError("the connection is gone")
        self._transport.write(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first message of the framing, else of the dialect."""
        self._transport = cast(asyncio.Transport, transport)
        if self._framing.is_open:
            self._greet()
        else:
            self._transport.write(self._framing.opening)

    def data_received(self, data: bytes) -> None:
        """Hand on the payloads; whatever is wrong with them ends the connection."""
        was_open = self._framing.is_open
        try:
            payloads = self._framing.feed(data)
            if self._framing.reply:
                self.write(self._framing.reply)
                self._framing.reply = b""
            if not was_open and self._framing.is_open:
                self._greet()
            self._received(payloads)
        except OSError as error:
            self._end(error)
            self.abort()
        except (ValueError, KeyError, IndexError) as error:
            self._end(ConnectionAbortedError(f"the server sent what was not expected: {error!r}"))
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who waits."""
        self._end(ConnectionResetError(f"the server ended the connection ({exc or 'no reason'})"))

    @abstractmethod
    def _greet(self) -> None:
        """Say who this is."""

    @abstractmethod
    def _received(self, payloads: list[bytes]) -> None:
        """Handle what came in."""

    def _wait(self) -> asyncio.Future[None]:
        """Return what `_confirm` will complete."""
        self._waiter = asyncio.get_running_loop().create_future()
        if self._ended is not None:
            self._waiter.set_exception(self._ended)
        return self._waiter

    def _confirm(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self, error: Exception) -> None:
        if self._ended is None:
            self._ended = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
