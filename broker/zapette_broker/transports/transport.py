"""The seam between a transport, which does the I/O, and the protocol of one client."""

from __future__ import annotations

from ssl import SSLObject
from typing import Protocol


class StreamReceiver(Protocol):
    """What a transport delivers a client's bytes to."""

    def opened(self) -> None:
        """Begin to wait for the client's first packet."""

    def feed(self, data: bytes) -> None:
        """Take a chunk of bytes from the client and act on the packets it completes."""

    def pause(self) -> None:
        """Write less: the client reads slower than it is written to."""

    def resume(self) -> None:
        """Go on writing: the client has read most of what was written."""

    def cut(self, why: str) -> None:
        """End the connection for an error of the transport, which has told the client."""

    def lost(self, error: Exception | None) -> None:
        """Take note that the transport is gone."""


class Transport(Protocol):
    """A stream of MQTT bytes to one client: TCP, TLS or WebSocket."""

    peer: str
    """The address of the client, without the port."""

    @property
    def listener(self) -> str:
        """Return the name of the listener it came by."""

    kind: str
    """``tcp`` or ``ws``, for the log."""

    @property
    def tls(self) -> SSLObject | None:
        """Return the TLS state, with the client's certificate if it sent one."""

    def write(self, data: bytes) -> None:
        """Send whole MQTT packets; calls `StreamReceiver.pause` when too much is not yet sent."""

    def has_place(self, *, reserve: bool) -> bool:
        """Return whether there is a place for the client, now that it has proved who it is.

        Args:
            reserve: whether it may draw on the reserve.
        """

    def known(self, *, reserve: bool) -> None:
        """Take note that the client has proved who it is, and stays."""

    def close(self) -> None:
        """Send what was written, then end the stream."""

    def linger(self) -> None:
        """Send what was written, close the sending side, and drop input until `abort`."""

    def drop(self, size: int) -> None:
        """Count bytes that arrive after `linger` and are ignored."""

    def abort(self) -> None:
        """End the stream at once."""

    def pause_reading(self) -> None:
        """Bring no more bytes until `resume_reading`."""

    def resume_reading(self) -> None:
        """Bring bytes again."""
