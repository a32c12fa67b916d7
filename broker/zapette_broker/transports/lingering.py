"""Ends a stream so that the broker's last bytes arrive.

If a socket is closed with unread bytes, the kernel resets the connection, and the last bytes sent
may be lost. So only the sending side is closed, and further input is read and dropped.
"""

from __future__ import annotations

import asyncio
from typing import Final

MOST_DROPPED: Final = 16 * 1024 * 1024
"""Bytes that a client may still send; after that, reading stops."""


class Lingering:
    """The end of one stream; the caller aborts the stream some seconds later."""

    __slots__ = ("_left", "_stream")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._stream = transport
        self._left = MOST_DROPPED
        if transport.is_closing():
            return
        transport.resume_reading()
        # TLS cannot close one side: the client or the time-out ends the connection
        if transport.can_write_eof():
            transport.write_eof()

    def drop(self, size: int) -> None:
        """Count bytes that arrive and are ignored."""
        self._left -= size
        if self._left < 0 and not self._stream.is_closing():
            self._stream.pause_reading()
