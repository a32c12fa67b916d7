"""MQTT over TCP, and over TLS: what WebSockets are made of as well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from zapette_broker.transports.lingering import Lingering

if TYPE_CHECKING:
    from ssl import SSLObject

    from zapette_broker.transports.listener import Listener
    from zapette_broker.transports.transport import StreamReceiver


class TcpTransport(asyncio.Protocol):
    """One client on a stream socket: one callback for each chunk, no coroutine."""

    __slots__ = ("_connection", "_lingering", "_listener", "_stream", "peer")

    kind = "tcp"

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._stream: asyncio.Transport | None = None
        self._connection: StreamReceiver | None = None
        self._lingering: Lingering | None = None
        self.peer = "-"

    @property
    def listener(self) -> str:
        """Return the name of the listener."""
        return self._listener.name

    @property
    def tls(self) -> SSLObject | None:
        """Return the TLS state."""
        return self._stream.get_extra_info("ssl_object") if self._stream else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the client, if the listener has room for it."""
        stream = cast("asyncio.Transport", transport)
        self.peer = self._address_of(stream)
        if not self._listener.admit(self.peer):
            self._refuse(stream)
            return
        self._stream = stream
        self._connection = self._listener.open(self)

    def _address_of(self, stream: asyncio.Transport) -> str:
        """Return the address of the client, without the port."""
        return peer_of(stream)

    def _refuse(self, stream: asyncio.Transport) -> None:
        """End the stream of a client that the listener has no room for."""
        stream.abort()

    def data_received(self, data: bytes) -> None:
        """Hand on what came in."""
        if self._connection is not None:
            self._connection.feed(data)

    def eof_received(self) -> bool:
        """Close when the client does."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the connection that the client is gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._listener.closed(self)
            self._stream = None
            connection.lost(exc)

    def pause_writing(self) -> None:
        """Tell the connection that the client reads too slowly."""
        if self._connection is not None:
            self._connection.pause()

    def resume_writing(self) -> None:
        """Tell the connection that the client has caught up."""
        if self._connection is not None:
            self._connection.resume()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._stream is not None:
            self._stream.write(data)

    def has_place(self, *, reserve: bool) -> bool:
        """Return whether the listener has a place for a client that proved who it is."""
        return self._listener.has_place(self, reserve=reserve)

    def known(self, *, reserve: bool) -> None:
        """Take note that the client has proved who it is, and stays."""
        self._listener.known(self, reserve=reserve)

    def close(self) -> None:
        """Send what was written, then close."""
        if self._stream is not None:
            self._stream.close()

    def linger(self) -> None:
        """Send what was written, close the sending side, and drop further input."""
        if self._stream is not None:
            self._lingering = Lingering(self._stream)

    def drop(self, size: int) -> None:
        """Count bytes that arrive after the end and are ignored."""
        if self._lingering is not None:
            self._lingering.drop(size)

    def abort(self) -> None:
        """Close at once."""
        if self._stream is not None:
            self._stream.abort()

    def pause_reading(self) -> None:
        """Stop the flow of incoming bytes."""
        if self._stream is not None and not self._stream.is_closing():
            self._stream.pause_reading()

    def resume_reading(self) -> None:
        """Let bytes come in again."""
        if self._stream is not None and not self._stream.is_closing():
            self._stream.resume_reading()


def peer_of(transport: asyncio.Transport) -> str:
    """Return the address of the client, without the port."""
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) and name else "local"
