"""A client that the embedding program accepted itself, as amqtt's external listeners have it."""

from __future__ import annotations

import asyncio
from ssl import SSLObject
from typing import TYPE_CHECKING

from amqtt.errors import NoDataError

if TYPE_CHECKING:
    from amqtt.adapters import ReaderAdapter, WriterAdapter

    from zapette_broker.transports.listener import Listener
    from zapette_broker.transports.transport import StreamReceiver


class ExternalTransport:
    """One client on a pair of amqtt's adapters; `serve` runs until it is gone."""

    kind = "external"

    def __init__(self, listener: Listener, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        self._listener = listener
        self._reader = reader
        self._writer = writer
        self._readable = asyncio.Event()
        self._readable.set()
        self._written = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        info = writer.get_peer_info()
        self.peer = str(info[0]) if info else "-"

    @property
    def listener(self) -> str:
        """Return the name of the listener."""
        return self._listener.name

    @property
    def tls(self) -> SSLObject | None:
        """Return the TLS state."""
        return self._writer.get_ssl_info()

    async def serve(self) -> None:
        """Bring the client's bytes to its connection, if the listener has room for it."""
        if not self._listener.admit(self.peer):
            await self._writer.close()
            return
        connection = self._listener.open(self)
        self._task = asyncio.create_task(self._drain())
        error: Exception | None = None
        try:
            while not self._closing:
                await self._readable.wait()
                await self._read_packet(connection)
        except (EOFError, NoDataError):
            pass
        except OSError as lost:
            error = lost
        finally:
            self._listener.closed(self)
            connection.lost(error)
            self._closing = True
            self._written.set()
            await self._task
            await self._writer.close()

    async def _read_packet(self, connection: StreamReceiver) -> None:
        """Read one packet: the adapters return exactly as many bytes as they are asked for."""
        head = await self._take(1)
        length = shift = 0
        while True:
            digit = await self._take(1)
            head += digit
            length |= (digit[0] & 127) << shift
            shift += 7
            if digit[0] < 128 or shift > 21:
                break
        # The connection looks at the head first, and closes if the packet is too large.
        connection.feed(head)
        if length and not self._closing:
            connection.feed(await self._take(length))

    async def _take(self, count: int) -> bytes:
        data = await self._reader.read(count)
        if not data:
            raise EOFError
        return bytes(data)

    async def _drain(self) -> None:
        """Let the writer send what was written."""
        while not self._closing:
            await self._written.wait()
            self._written.clear()
            try:
                await self._writer.drain()
            except OSError:
                return

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if not self._closing:
            self._writer.write(data)
            self._written.set()

    def has_place(self, *, reserve: bool) -> bool:
        """Return whether the listener has a place for a client that proved who it is."""
        return self._listener.has_place(self, reserve=reserve)

    def known(self, *, reserve: bool) -> None:
        """Take note that the client has proved who it is, and stays."""
        self._listener.known(self, reserve=reserve)

    def close(self) -> None:
        """Send what was written, then close."""
        self._closing = True
        self._written.set()
        self._reader.feed_eof()

    def linger(self) -> None:
        """Send what was written, then close."""
        self.close()

    def drop(self, size: int) -> None:
        """Ignore bytes that arrive after the end."""

    def abort(self) -> None:
        """Close at once."""
        self.close()
        if self._task is not None:
            self._task.cancel()

    def pause_reading(self) -> None:
        """Take no more bytes."""
        self._readable.clear()

    def resume_reading(self) -> None:
        """Take bytes again."""
        self._readable.set()
