"""What a connection needs of the transport below it."""

from __future__ import annotations

from ssl import SSLObject
from typing import Protocol


class Wire(Protocol):
    """A stream of MQTT bytes to one client: TCP, TLS or WebSocket."""

    peer: str
    """The address of the client, without the port."""

    @property
    def listener(self) -> str:
        """Return the name of the listener it came by."""

    transport_name: str
    """``tcp`` or ``ws``, for the log."""

    @property
    def tls(self) -> SSLObject | None:
        """Return the TLS state, with the client's certificate if it sent one."""

    def write(self, data: bytes) -> None:
        """Send whole MQTT packets; calls `Connection.clog` when too much is not yet sent."""

    def has_place(self, *, reserve: bool) -> bool:
        """Tell whether there is a place for the client, now that it has proved who it is.

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
