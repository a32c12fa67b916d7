"""How a client's messages lie in the byte stream: bare, or as masked WebSocket frames; no I/O."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

TOKEN_SIZE: Final = 8
"""Digits of a call's token."""

MARK: Final = b"@" * TOKEN_SIZE
"""Stands for the token in what `Framing.template` is given."""

_GROUP: Final = TOKEN_SIZE // 2
_KEY: Final = b"\x9d\x2c\x51\xe6"
"""One key for every frame: what matters is that the server has to unmask."""


class Template:
    """A message that is the same but for a token of eight decimal digits."""

    __slots__ = ("_after", "_before", "_groups")

    def __init__(self, before: bytes, after: bytes, groups: Mapping[bytes, bytes]) -> None:
        self._before = before
        self._after = after
        self._groups = groups

    def fill(self, token: bytes) -> bytes:
        """Return the message with `token`, ready to be sent."""
        groups = self._groups
        return self._before + groups[token[:4]] + groups[token[4:]] + self._after


class Framing(ABC):
    """One direction each way: `wrap` what is sent, `feed` what is received.

    Attributes:
        opening: what the client sends before its first message; empty if nothing.
        is_open: whether messages may be sent by now.
        reply: what must be sent back to keep the connection; whoever sends it empties it.
    """

    opening: bytes = b""
    is_open: bool = True
    reply: bytes = b""

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads that `data` completes.

        Raises:
            ConnectionError: the server refused or ended the connection.
        """

    @abstractmethod
    def wrap(self, payload: bytes) -> bytes:
        """Return `payload` as it is sent."""

    def template(self, payload: bytes) -> Template:
        """Return the message that has a token where `payload` has `MARK`, once."""
        before, _, after = payload.partition(MARK)
        framed = self.wrap(before + MARK + after)
        cut = len(framed) - len(after) - TOKEN_SIZE
        return Template(framed[:cut], framed[cut + TOKEN_SIZE :], self._groups(len(before)))

    @abstractmethod
    def _groups(self, offset: int) -> Mapping[bytes, bytes]: ...


class TcpFraming(Framing):
    """MQTT's own: packets one after the other."""

    def feed(self, data: bytes) -> list[bytes]:
        """Return `data`."""
        return [data]

    def wrap(self, payload: bytes) -> bytes:
        """Return `payload`."""
        return payload

    def _groups(self, offset: int) -> Mapping[bytes, bytes]:  # noqa: ARG002 - nothing is masked
        return _masked_groups(bytes(_GROUP))


class WebSocketFraming(Framing):
    """The client's side of RFC 6455, as a browser speaks it, without compression.

    Args:
        port: the server's port, for the Host and Origin headers.
        path: the path of the WebSocket.
        subprotocol: ``mqtt`` or ``wamp.2.json``.
        text: whether messages are text, not binary.
    """

    def __init__(self, port: int, path: str, subprotocol: str, *, text: bool = False) -> None:
        self.is_open = False
        self._rest = b""
        self._first = 0x81 if text else 0x82
        self.opening = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/156.0.0.0 Safari/537.36\r\n"
            f"Upgrade: websocket\r\nOrigin: http://127.0.0.1:{port}\r\n"
            "Sec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n"
            "Accept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: emFwZXR0ZSBiZW5jaG1hcg==\r\n"
            f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
        ).encode()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads of the data frames that `data` completes."""
        if self._rest:
            data = self._rest + data
        if not self.is_open:
            head, separator, tail = data.partition(b"\r\n\r\n")
            if not separator:
                self._rest = data
                return []
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionRefusedError(head.partition(b"\r\n")[0].decode("latin-1"))
            self.is_open = True
            data = tail
        payloads = []
        at, end = 0, len(data)
        while end - at >= 2:
            size = data[at + 1]
            start = at + 2
            if size >= 126:
                start = at + (4 if size == 126 else 10)
                if start > end:
                    break
                size = int.from_bytes(data[at + 2 : start])
            stop = start + size
            if stop > end:
                break
            if data[at] & 0x08:
                self._control(data[at] & 0x0F, data[start:stop])
            else:
                payloads.append(data[start:stop])
            at = stop
        self._rest = data[at:]
        return payloads

    def wrap(self, payload: bytes) -> bytes:
        """Return `payload` as one masked frame."""
        return _frame(self._first, payload)

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == 0x8:
            raise ConnectionAbortedError(f"closed with {int.from_bytes(payload[:2])}")
        if opcode == 0x9:
            self.reply += _frame(0x8A, payload)

    def _groups(self, offset: int) -> Mapping[bytes, bytes]:
        turn = offset % 4
        return _masked_groups(_KEY[turn:] + _KEY[:turn])


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65536:
        head = bytes((first, 0xFE)) + size.to_bytes(2)
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8)
    return head + _KEY + _mask(payload, _KEY)


def _mask(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(keys)).to_bytes(size)


@functools.cache
def _masked_groups(key: bytes) -> Mapping[bytes, bytes]:
    """Return every group of four digits as it looks under `key`."""
    return {group: _mask(group, key) for group in (b"%04d" % n for n in range(10_000))}
