"""A socket between paho-mqtt and the network, through which QoS 0 messages go without paho."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import Final, Protocol

import paho.mqtt.client as paho

from zapette.mqtt.publish_packets import is_simple, read_length, read_publish
from zapette.mqtt.subscriptions import Message

_CHUNK: Final = 64 * 1024


class RawSocket(Protocol):
    """What paho and this module need of a socket: TCP, TLS, or paho's WebSocket."""

    def recv(self, length: int, /) -> bytes:
        """Return what is there, at most `length` bytes; b"" at the end."""
        ...

    def send(self, data: bytes | bytearray, /) -> int:
        """Send, and return how much was taken."""
        ...

    def close(self) -> None:
        """Close it."""
        ...

    def fileno(self) -> int:
        """Return the descriptor."""
        ...

    def setblocking(self, flag: bool, /) -> None:
        """Say whether calls may block."""
        ...


class PublishSocket:
    """Hands paho the packets that are its, one at a time, and gathers what is to be sent.

    paho needs some 90 µs to write one message with properties and to read it; for the packets that
    there are most of 3 µs are enough. docs/decisions/0020 has the figures.

    Attributes:
        out: what is to be sent.
    """

    def __init__(self, raw: RawSocket, *, is_5: bool) -> None:
        self.out = bytearray()
        self._raw = raw
        self._is_5 = is_5
        self._in = bytearray()
        self._for_paho = b""
        self._ended = False
        # Only a selector's word that plain TCP is readable can be relied on.
        self._is_plain = isinstance(raw, socket.socket) and not isinstance(raw, ssl.SSLSocket)

    def receive(self) -> None:
        """Take in what the network has.

        Raises:
            OSError: the connection is broken.
        """
        try:
            while data := self._raw.recv(_CHUNK):
                self._in += data
                if self._is_plain and len(data) < _CHUNK:
                    return
            self._ended = True
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return

    def next(self) -> Message | bool:
        """Return the next message, True if paho has a packet to read, or False at the end.

        Raises:
            ValueError: a packet is malformed.
        """
        data = self._in
        try:
            length, start = read_length(data, 1)
        except IndexError:
            return self._ended
        end = start + length
        if end > len(data):
            return self._ended
        if is_simple(data[0]):
            message = read_publish(data[0], bytes(data[start:end]), is_5=self._is_5)
            del data[:end]
            return message
        self._for_paho = bytes(data[:end])
        del data[:end]
        return True

    def flush(self) -> None:
        """Send what is to be sent, as far as the network takes it.

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
        """Return what paho is to read: of one packet at most, so that it never waits for more."""
        if self._for_paho:
            taken, self._for_paho = self._for_paho[:length], self._for_paho[length:]
            return taken
        if self._ended:
            return b""
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Take what paho sends."""
        self.out += data
        return len(data)

    def close(self) -> None:
        """Send what the network takes at once, and close the connection."""
        with contextlib.suppress(OSError):
            self.flush()
        self._raw.close()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def setblocking(self, flag: bool) -> None:
        """Say whether calls to the network may block."""
        self._raw.setblocking(flag)


class PublishClient(paho.Client):
    """A paho client whose socket is a `PublishSocket`."""

    # paho's one place where a socket is made; it hands it to nobody before it is returned
    def _create_socket(self) -> PublishSocket:
        raw = super()._create_socket()
        return PublishSocket(raw, is_5=self.protocol == paho.MQTTv5)
