"""MQTT over WebSocket (RFC 6455; MQTT 5 section 6.0).

Frames are taken apart where they arrive, in the buffer that the event loop shares among all
connections, so that a client that is silent holds no buffer at all.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from zapette_broker.transports.tcp import TcpTransport
from zapette_broker.transports.upgrade import MAX_REQUEST, BadRequest, accept

if TYPE_CHECKING:
    from zapette_broker.transports.listener import Listener
    from zapette_broker.transports.upgrade import HostRule

try:
    from websockets.speedups import apply_mask
except ImportError:  # the package was built without its C extension
    from websockets.utils import apply_mask

logger = logging.getLogger("broker")

CONTINUATION = 0
TEXT = 1
BINARY = 2
CLOSE = 8
PING = 9
PONG = 10

_MOST_UNREAD = 65_536
_NORMAL = 1000
_PROTOCOL_ERROR = 1002
_UNSUPPORTED_DATA = 1003
_TOO_BIG = 1009


class WebSocketError(Exception):
    """The client broke RFC 6455; `code` goes into the close frame."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Framer:
    """Puts packets into binary frames, the same bytes only once in a row."""

    __slots__ = ("_data", "_frame")

    def __init__(self) -> None:
        self._data = b""
        self._frame = b"\x82\x00"

    def frame(self, data: bytes) -> bytes:
        """Return a binary frame with `data`."""
        if data is self._data:
            return self._frame
        self._data = data
        self._frame = head(BINARY, len(data)) + data
        return self._frame


class WebSocketSettings:
    """What all WebSocket connections of a listener have in common."""

    __slots__ = ("framer", "hosts", "max_frame", "origins", "path")

    def __init__(
        self,
        path: str,
        origins: frozenset[str] | None,
        max_frame: int,
        hosts: HostRule | None = None,
    ) -> None:
        self.path = path
        self.origins = origins
        self.hosts = hosts
        self.max_frame = max_frame
        self.framer = Framer()


class WebSocketTransport(TcpTransport):
    """One client on a WebSocket: the upgrade, then frames both ways; no compression."""

    __slots__ = ("_closing", "_fragmented", "_missing", "_opened", "_partial", "_settings")

    kind = "ws"

    def __init__(self, listener: Listener, settings: WebSocketSettings) -> None:
        super().__init__(listener)
        self._settings = settings
        self._opened = False
        self._partial: bytearray | None = None
        self._missing = 0
        self._fragmented = False
        self._closing = False

    def data_received(self, data: bytes) -> None:
        """Take a chunk: part of the upgrade request, or of frames."""
        if self._connection is None or self._closing:
            self.drop(len(data))
            return
        if self._partial is not None:
            self._partial += data
            self._missing -= len(data)
            if self._missing > 0:
                return
            data = bytes(self._partial)
            self._partial = None
        try:
            if self._opened:
                self._frames(data)
            else:
                self._upgrade(data)
        except WebSocketError as error:
            self._fail(error)
        except BadRequest as error:
            # A page of a foreign origin is worth knowing of; a look at the port is not.
            foreign = error.status.startswith(("403", "421"))
            level = logging.INFO if foreign else logging.DEBUG
            logger.log(
                level, "event=upgrade_refused peer=%s status=%.3s reason=%r",
                self.peer, error.status, error.detail,
            )  # fmt: skip
            self._closing = True
            self._send(error.response)
            self._end(error.detail)

    def write(self, data: bytes) -> None:
        """Send packets in a frame."""
        if self._stream is not None and not self._closing:
            self._stream.write(self._settings.framer.frame(data))

    def close(self) -> None:
        """Send what was written and a close frame, then close."""
        if not self._closing:
            self._say_goodbye(_NORMAL)
        super().close()

    def linger(self) -> None:
        """Send what was written and a close frame, close the sending side, and drop input."""
        if not self._closing:
            self._say_goodbye(_NORMAL)
        super().linger()

    def _send(self, data: bytes) -> None:
        """Send bytes that are no packets."""
        super().write(data)

    def _wait_for(self, rest: bytes, missing: int) -> None:
        """Keep the beginning of something until `missing` more bytes are there."""
        self._partial = bytearray(rest)
        self._missing = missing

    def _upgrade(self, data: bytes) -> None:
        end = data.find(b"\r\n\r\n")
        if end > MAX_REQUEST or (end < 0 and len(data) > MAX_REQUEST):
            raise BadRequest("431 Request Header Fields Too Large", "the request is too long")
        if end < 0:
            self._wait_for(data, 1)
            return
        settings = self._settings
        self._send(accept(data[:end], settings.path, settings.origins, settings.hosts))
        self._opened = True
        if len(data) > end + 4:
            self._frames(data[end + 4 :])

    def _frames(self, data: bytes) -> None:  # noqa: C901 - the hot path, no calls
        """Act on all whole frames in `data`, keep the rest (RFC 6455 section 5.2)."""
        position = 0
        end = len(data)
        while position < end:
            if end - position < 6:
                self._wait_for(data[position:], 1)
                return
            first = data[position]
            size = data[position + 1]
            if not size & 0x80:
                raise WebSocketError(_PROTOCOL_ERROR, "a frame is not masked")
            size &= 0x7F
            mask_at = position + 2
            if size == 126:
                mask_at += 2
                size = data[position + 2] << 8 | data[position + 3]
                if size < 126:
                    raise WebSocketError(_PROTOCOL_ERROR, "a length is longer than necessary")
            elif size == 127:
                mask_at += 8
                if mask_at > end:
                    self._wait_for(data[position:], 1)
                    return
                size = int.from_bytes(data[position + 2 : mask_at], "big")
                if size < 65_536 or size >> 63:
                    raise WebSocketError(_PROTOCOL_ERROR, "a length is longer than necessary")
            if size > self._settings.max_frame:
                raise WebSocketError(_TOO_BIG, f"a frame of {size} bytes")
            payload_at = mask_at + 4
            stop = payload_at + size
            if stop > end:
                _check_head(first)
                self._wait_for(data[position:], stop - end)
                return
            payload = apply_mask(data[payload_at:stop], data[mask_at:payload_at]) if size else b""
            position = stop
            if first == 0x82 and not self._fragmented:
                if self._connection is not None:
                    self._connection.feed(payload)
            else:
                self._other_frame(first, payload)
            if self._closing or self._connection is None:
                return

    def _other_frame(self, first: int, payload: bytes) -> None:
        _check_head(first)
        opcode = first & 0x0F
        final = first & 0x80
        if opcode >= CLOSE:
            self._control(opcode, payload, final=bool(final))
            return
        if opcode == TEXT:
            raise WebSocketError(_UNSUPPORTED_DATA, "a text frame")  # [MQTT-6.0.0-1]
        if (opcode == CONTINUATION) is not self._fragmented:
            raise WebSocketError(_PROTOCOL_ERROR, "fragments out of order")
        self._fragmented = not final
        # MQTT packets need not fit frames: a fragment is just more of the stream [MQTT-6.0.0-2].
        if payload and self._connection is not None:
            self._connection.feed(payload)

    def _control(self, opcode: int, payload: bytes, *, final: bool) -> None:
        if not final or len(payload) > 125:
            raise WebSocketError(_PROTOCOL_ERROR, "a control frame is fragmented or too long")
        if opcode == PING:
            # an endpoint may answer the latest only: one that does not read gets no more answers
            if self._stream is not None and self._stream.get_write_buffer_size() < _MOST_UNREAD:
                self._send(head(PONG, len(payload)) + payload)
        elif opcode == CLOSE:
            self._say_goodbye(_checked_close(payload))
            super().close()

    def _say_goodbye(self, code: int) -> None:
        self._closing = True
        if self._opened:
            self._send(head(CLOSE, 2) + code.to_bytes(2, "big"))

    def _fail(self, error: WebSocketError) -> None:
        self._say_goodbye(error.code)
        self._end(str(error))

    def _end(self, why: str) -> None:
        """Let the connection end after the client has had some time to read the last answer."""
        if self._connection is not None:
            self._connection.cut(why)


def head(opcode: int, size: int) -> bytes:
    """Return the head of a final frame from the server, which masks nothing."""
    if size < 126:
        return bytes((0x80 | opcode, size))
    if size < 65_536:
        return bytes((0x80 | opcode, 126, size >> 8, size & 255))
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big")


def _check_head(first: int) -> None:
    """Refuse reserved bits and opcodes before the payload has come."""
    if first & 0x70 or first & 0x0F not in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG):
        raise WebSocketError(_PROTOCOL_ERROR, f"reserved bits or opcode: {first:#x}")


def _checked_close(payload: bytes) -> int:
    """Return the code to answer a close frame with (RFC 6455 sections 5.5.1 and 7.4)."""
    if not payload:
        return _NORMAL
    if len(payload) == 1:
        raise WebSocketError(_PROTOCOL_ERROR, "a close code of one byte")
    code = payload[0] << 8 | payload[1]
    if not ((1000 <= code <= 1014 and code not in (1004, 1005, 1006)) or 3000 <= code <= 4999):
        raise WebSocketError(_PROTOCOL_ERROR, f"close code {code}")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise WebSocketError(1007, "a close reason that is not UTF-8") from None
    return code
