"""The encodings that all MQTT packets are made of, written and read strictly.

Nothing here is shared with the broker: a mistake made twice would not be seen.
"""

from __future__ import annotations

import struct
from enum import IntEnum


class Version(IntEnum):
    """A protocol level of the CONNECT packet."""

    V311 = 4
    V5 = 5


class Type(IntEnum):
    """The packet type: the high half of a packet's first byte."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14
    AUTH = 15


class WireError(Exception):
    """The server sent what the standard forbids."""


def u16(number: int) -> bytes:
    return struct.pack(">H", number)


def u32(number: int) -> bytes:
    return struct.pack(">I", number)


def varint(number: int) -> bytes:
    """Encode a variable byte integer in the fewest bytes, 0 to 268,435,455."""
    encoded = bytearray()
    while True:
        number, low = divmod(number, 128)
        encoded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def binary(data: bytes) -> bytes:
    return u16(len(data)) + data


def string(text: str | bytes) -> bytes:
    """Encode a string; bytes go out as they are, for what UTF-8 does not allow."""
    return binary(text.encode() if isinstance(text, str) else text)


def packet(first: int, body: bytes = b"") -> bytes:
    """Put the fixed header in front: `first` is the whole first byte."""
    return bytes([first]) + varint(len(body)) + body


class Cursor:
    """Reads a packet's body from front to back; raises WireError where it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise WireError(f"{count} bytes expected, {self.left} left")
        self._at += count
        return self._data[self._at - count : self._at]

    def rest(self) -> bytes:
        return self.take(self.left)

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def varint(self) -> int:
        number = 0
        for position in range(4):
            byte = self.u8()
            number |= (byte & 0x7F) << (7 * position)
            if byte < 0x80:
                if byte == 0 and position:
                    raise WireError("a variable byte integer is longer than it need be")
                return number
        raise WireError("a variable byte integer takes more than four bytes")

    def binary(self) -> bytes:
        return self.take(self.u16())

    def string(self) -> str:
        try:
            text = self.binary().decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise WireError(f"a string is not UTF-8: {error}") from error
        if "\0" in text:
            raise WireError("a string holds U+0000")
        return text

    def finish(self) -> None:
        if self.left:
            raise WireError(f"{self.left} bytes too many: {self.rest().hex()}")
