"""How a stream is ended by the broker so that its last words arrive.

A socket that is closed with bytes unread is reset by the kernel, and what was sent last may be lost
with it. So only the writing side is shut, and what still comes is read and dropped.
"""

from __future__ import annotations

import asyncio
from typing import Final

MOST_DROPPED: Final = 16 * 1024 * 1024
"""Bytes that a client may still send; then it is not read any more."""


class Lingering:
    """The end of one stream; whoever asks for it aborts the stream some seconds later."""

    __slots__ = ("_left", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._left = MOST_DROPPED
        if transport.is_closing():
            return
        transport.resume_reading()
        # TLS has no half of a connection: the client ends it, or the time that it has
        if transport.can_write_eof():
            transport.write_eof()

    def drop(self, size: int) -> None:
        """Take note of bytes that came and are not looked at."""
        self._left -= size
        if self._left < 0 and not self._transport.is_closing():
            self._transport.pause_reading()
