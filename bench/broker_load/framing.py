"""A client's messages in the byte stream: bare, or as masked WebSocket frames; no I/O."""

from __future__ import annotations

from typing import Final, NamedTuple

TOKEN_SIZE: Final = 8
MARK: Final = b"@" * TOKEN_SIZE
"""Stands for the token of a call in what `Framing.template` is given."""

_MASK: Final = 0x55
"""Each byte of the masking key, so that masking does not depend on the place of a byte.

It is not zero: libwebsockets (mosquitto) does not unmask then.
"""


class Template(NamedTuple):
    """A framed message that stays the same except for a token of eight digits."""

    before: bytes
    after: bytes
    masks: bytes | None

    def fill(self, token: bytes) -> bytes:
        return self.before + token.translate(self.masks) + self.after


class Framing:
    """MQTT over TCP: packets without any frame around them."""

    opening: bytes = b""  # what the client sends before its first message
    is_open: bool = True  # whether messages may be sent
    reply: bytes = b""  # what must be sent to keep the connection; the sender empties it
    _masks: bytes | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads that `data` completes; ConnectionError if the server refuses."""
        return [data]

    def wrap(self, payload: bytes) -> bytes:
        return payload

    def template(self, payload: bytes) -> Template:
        """Return the message that has a token where `payload` has `MARK`, once."""
        framed = self.wrap(payload)
        cut = len(framed) - len(payload) + payload.index(MARK)
        return Template(framed[:cut], framed[cut + TOKEN_SIZE :], self._masks)


class WebSocketFraming(Framing):
    """The client's side of RFC 6455 with a browser's headers, without compression.

    The messages of the subprotocol ``wamp.2.json`` are text, those of ``mqtt`` are binary.
    """

    _masks = bytes(byte ^ _MASK for byte in range(256))

    def __init__(self, port: int, path: str, subprotocol: str) -> None:
        self.is_open = False
        self._rest = b""
        self._first = 0x81 if subprotocol.endswith("json") else 0x82
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
        if self._rest:
            data = self._rest + data
        if not self.is_open:
            data = self._upgraded(data)
        payloads = []
        at, end = 0, len(data)
        while self.is_open and end - at >= 2:
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
        return self._frame(self._first, payload)

    def _upgraded(self, data: bytes) -> bytes:
        """Return what follows the response to the upgrade, once it has arrived."""
        head, separator, tail = data.partition(b"\r\n\r\n")
        if not separator:
            return data
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionRefusedError(head.partition(b"\r\n")[0].decode("latin-1"))
        self.is_open = True
        return tail

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == 0x8:
            raise ConnectionAbortedError(f"closed with {int.from_bytes(payload[:2])}")
        if opcode == 0x9:
            self.reply += self._frame(0x8A, payload)

    def _frame(self, first: int, payload: bytes) -> bytes:
        size = len(payload)
        if size < 126:
            head = bytes((first, 0x80 | size))
        elif size < 65536:
            head = bytes((first, 0xFE)) + size.to_bytes(2)
        else:
            head = bytes((first, 0xFF)) + size.to_bytes(8)
        return head + bytes([_MASK]) * 4 + payload.translate(self._masks)
