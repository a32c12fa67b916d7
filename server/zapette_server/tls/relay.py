"""Passes bytes on between a client, whose TLS ends here, and the web side or the broker."""

from __future__ import annotations

import asyncio
from typing import Final, cast

_HIGH_WATER: Final = 256 << 10
"""The most bytes that wait for one reader before the other side is no longer read."""

FAREWELL: Final = 30.0
"""Seconds in which what was written is to be read after `Side.close`."""


class Side(asyncio.Protocol):
    """One of two connections that pass on to each other what they read.

    Attributes:
        other: the other one; what comes before there is one waits.
        ended: set once this connection is closed.
    """

    def __init__(self) -> None:
        self.other: Side | None = None
        self._transport: asyncio.Transport | None = None
        self._early = bytearray()
        self.ended = asyncio.Event()

    def join(self, other: Side, first: bytes) -> None:
        """Pass bytes on between this, the client, and `other`, which gets `first` before them."""
        self.other, other.other = other, self
        other.write(first + bytes(self._early))
        self._early.clear()
        self.read(go_on=True)
        if self.ended.is_set():
            other.close()
        elif other.ended.is_set():
            self.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on."""
        if self.other is not None:
            self.other.write(data)
        else:
            self._early += data
            self.read(go_on=False)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the base's signature
        """Close the other connection, once it has sent what came before."""
        self.ended.set()
        if self.other is not None:
            self.other.close()

    def pause_writing(self) -> None:
        """Let the other side wait for this one."""
        if self.other is not None:
            self.other.read(go_on=False)

    def resume_writing(self) -> None:
        """Read the other side again."""
        if self.other is not None:
            self.other.read(go_on=True)

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Send what was written, then close; a peer that does not read in time loses it."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.close()
        if self._transport.get_write_buffer_size():
            # nobody reads from a side that closes: two that wait for each other would never end
            asyncio.get_running_loop().call_later(FAREWELL, self._transport.abort)

    def read(self, *, go_on: bool) -> None:
        """Read again, or stop."""
        if self._transport is None or self._transport.is_closing():
            return
        if go_on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()
