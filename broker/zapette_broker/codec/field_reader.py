"""A cursor over the bytes of one packet, for both versions of the protocol."""

from __future__ import annotations

from zapette_broker.errors import MalformedPacket


class Reader:
    """Reads the fields of MQTT 5 section 1.5 in order, or raises MalformedPacket."""

    __slots__ = ("_at", "_body", "_end")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._end = len(body)

    @property
    def left(self) -> int:
        """Return how many bytes have not been read."""
        return self._end - self._at

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        start, stop = self._at, self._at + count
        if stop > self._end:
            raise MalformedPacket("the packet ends too early")
        self._at = stop
        return self._body[start:stop]

    def byte(self) -> int:
        """Return a byte as a number."""
        return self.take(1)[0]

    def word(self) -> int:
        """Return a Two Byte Integer."""
        return int.from_bytes(self.take(2), "big")

    def binary(self) -> bytes:
        """Return Binary Data: a length of two bytes and as many bytes."""
        return self.take(self.word())

    def text(self) -> str:
        """Return a UTF-8 string without U+0000 or surrogates [MQTT-1.5.4-1], [MQTT-1.5.4-2]."""
        raw = self.binary()
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise MalformedPacket("a string is not UTF-8") from None
        if "\0" in text:
            raise MalformedPacket("a string holds U+0000")
        return text

    def packet_id(self) -> int:
        """Return a packet identifier, which is not zero [MQTT-2.2.1-3]."""
        value = self.word()
        if not value:
            raise MalformedPacket("packet identifier 0")
        return value

    def varint(self) -> int:
        """Return a Variable Byte Integer of the fewest bytes [MQTT-1.5.5-1]."""
        value = shift = 0
        while True:
            digit = self.byte()
            value |= (digit & 127) << shift
            if not digit & 128:
                if shift and not digit:
                    raise MalformedPacket("a variable byte integer is longer than necessary")
                return value
            shift += 7
            if shift > 21:
                raise MalformedPacket("a variable byte integer has more than four bytes")

    def finish(self) -> None:
        """Refuse bytes after the last field."""
        if self.left:
            raise MalformedPacket(f"{self.left} bytes too many")
