"""A socket between paho-mqtt and the network that handles QoS 0 messages without paho."""

from __future__ import annotations

import contextlib
import ssl
from typing import Final, Protocol

import paho.mqtt.client as paho

from zapette.mqtt.publish_packets import is_simple, read_length, read_publish
from zapette.mqtt.subscriptions import Message

_CHUNK: Final = 64 * 1024


class RawSocket(Protocol):
    """A TCP, TLS or paho WebSocket socket."""

    def recv(self, length: int, /) -> bytes:
        """Return up to `length` bytes; b"" at the end."""
        ...

    def send(self, data: bytes | bytearray, /) -> int:
        """Send; return the number of bytes sent."""
        ...

    def close(self) -> None:
        """Close it."""
        ...

    def fileno(self) -> int:
        """Return the descriptor."""
        ...

    def setblocking(self, flag: bool, /) -> None:
        """Set whether calls block."""
        ...


class PublishSocket:
    """Gives paho its packets one at a time, and buffers outgoing bytes.

    paho takes about 90 µs to write and read a message with properties; `publish_packets` takes
    3 µs (docs/decisions/0020).

    Attributes:
        out: the bytes to send.
    """

    def __init__(self, raw: RawSocket, *, is_5: bool) -> None:
        self.out = bytearray()
        self._raw = raw
        self._is_5 = is_5
        self._in = bytearray()
        self._for_paho = b""
        self._ended = False
        self._broken: OSError | None = None

    def receive(self) -> None:
        """Receive the available bytes, and find out whether there is an end behind them.

        TLS and WebSockets may buffer bytes that a selector does not see, and uvloop tells of a
        connection that was reset only once, whatever is left to read.
        """
        try:
            while data := self._raw.recv(_CHUNK):
                self._in += data
            self._ended = True
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            self._broken = error

    def next(self) -> Message | bool:
        """Return the next message, True if paho must read, or False if nothing is left.

        Raises:
            ValueError: a packet is malformed.
            OSError: nothing is left, and the connection is broken.
        """
        data = self._in
        try:
            length, start = read_length(data, 1)
        except IndexError:
            return self._is_at_end()
        end = start + length
        if end > len(data):
            return self._is_at_end()
        if is_simple(data[0]):
            message = read_publish(data[0], bytes(data[start:end]), is_5=self._is_5)
            del data[:end]
            return message
        self._for_paho = bytes(data[:end])
        del data[:end]
        return True

    def _is_at_end(self) -> bool:
        if self._broken is not None:
            raise self._broken
        return self._ended

    def flush(self) -> None:
        """Send as much of `out` as the network accepts.

        Raises:
            OSError: the connection is broken.
        """
        while self.out:
            try:
                sent = self._raw.send(self.out)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if sent == 0:
                return
            del self.out[:sent]

    def recv(self, length: int) -> bytes:
        """Return bytes of paho's packet; at most one packet, so that paho never blocks."""
        if self._for_paho:
            taken, self._for_paho = self._for_paho[:length], self._for_paho[length:]
            return taken
        if self._ended:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Buffer paho's bytes."""
        self.out += data
        return len(data)

    def close(self) -> None:
        """Flush once, and close the connection."""
        with contextlib.suppress(OSError):
            self.flush()
        self._raw.close()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def setblocking(self, flag: bool) -> None:
        """Set whether network calls block."""
        self._raw.setblocking(flag)


class PublishClient(paho.Client):
    """A paho client whose socket is a `PublishSocket`."""

    # paho creates its socket only here
    def _create_socket(self) -> PublishSocket:
        raw = super()._create_socket()
        return PublishSocket(raw, is_5=self.protocol == paho.MQTTv5)
