"""The properties of MQTT 5 packets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import IntEnum
from typing import TypeAlias

from tests.conformance.wire.encodings import Cursor, WireError, binary, string, u16, u32, varint


class Property(IntEnum):
    """The identifier of a property."""

    PAYLOAD_FORMAT = 1
    MESSAGE_EXPIRY = 2
    CONTENT_TYPE = 3
    RESPONSE_TOPIC = 8
    CORRELATION_DATA = 9
    SUBSCRIPTION_ID = 11
    SESSION_EXPIRY = 17
    ASSIGNED_CLIENT_ID = 18
    SERVER_KEEP_ALIVE = 19
    AUTHENTICATION_METHOD = 21
    AUTHENTICATION_DATA = 22
    REQUEST_PROBLEM_INFORMATION = 23
    WILL_DELAY = 24
    REQUEST_RESPONSE_INFORMATION = 25
    RESPONSE_INFORMATION = 26
    SERVER_REFERENCE = 28
    REASON_STRING = 31
    RECEIVE_MAXIMUM = 33
    TOPIC_ALIAS_MAXIMUM = 34
    TOPIC_ALIAS = 35
    MAXIMUM_QOS = 36
    RETAIN_AVAILABLE = 37
    USER_PROPERTY = 38
    MAXIMUM_PACKET_SIZE = 39
    WILDCARD_AVAILABLE = 40
    SUBSCRIPTION_ID_AVAILABLE = 41
    SHARED_AVAILABLE = 42


Value: TypeAlias = int | str | bytes | tuple[str | bytes, str | bytes]
Pairs: TypeAlias = tuple[tuple[Property, Value], ...]

P = Property
BYTE = {
    P.PAYLOAD_FORMAT,
    P.REQUEST_PROBLEM_INFORMATION,
    P.REQUEST_RESPONSE_INFORMATION,
    P.MAXIMUM_QOS,
    P.RETAIN_AVAILABLE,
    P.WILDCARD_AVAILABLE,
    P.SUBSCRIPTION_ID_AVAILABLE,
    P.SHARED_AVAILABLE,
}
TWO_BYTES = {P.SERVER_KEEP_ALIVE, P.RECEIVE_MAXIMUM, P.TOPIC_ALIAS_MAXIMUM, P.TOPIC_ALIAS}
FOUR_BYTES = {P.MESSAGE_EXPIRY, P.SESSION_EXPIRY, P.WILL_DELAY, P.MAXIMUM_PACKET_SIZE}
BINARY = {P.CORRELATION_DATA, P.AUTHENTICATION_DATA}
NOT_ZERO = {P.SUBSCRIPTION_ID, P.RECEIVE_MAXIMUM, P.TOPIC_ALIAS, P.MAXIMUM_PACKET_SIZE}


def encode_property(name: Property, value: Value) -> bytes:
    """Encode one property; text as bytes goes out as it is."""
    return bytes([name]) + _encode_value(name, value)


def _encode_value(name: Property, value: Value) -> bytes:
    if isinstance(value, int):
        if name in BYTE:
            return bytes([value])
        if name in TWO_BYTES:
            return u16(value)
        return u32(value) if name in FOUR_BYTES else varint(value)
    if isinstance(value, tuple):
        return string(value[0]) + string(value[1])
    return binary(value) if isinstance(value, bytes) else string(value)


def encode_properties(pairs: Pairs) -> bytes:
    """Encode a property length and the properties, in the order given."""
    body = b"".join(encode_property(name, value) for name, value in pairs)
    return varint(len(body)) + body


class Properties:
    """The properties of a packet read, in their order."""

    def __init__(self, pairs: Pairs = ()) -> None:
        self.pairs = pairs

    def __iter__(self) -> Iterator[tuple[Property, Value]]:
        return iter(self.pairs)

    def __contains__(self, name: object) -> bool:
        return any(name == key for key, _ in self.pairs)

    def __repr__(self) -> str:
        return ", ".join(f"{name.name}={value!r}" for name, value in self.pairs)

    def get(self, name: Property) -> Value | None:
        """Return the first value of that name."""
        return next((value for key, value in self.pairs if key == name), None)

    def number(self, name: Property, default: int = 0) -> int:
        value = self.get(name)
        return value if isinstance(value, int) else default

    def all(self, name: Property) -> list[Value]:
        return [value for key, value in self.pairs if key == name]


def read_properties(cursor: Cursor, allowed: Collection[Property]) -> Properties:
    """Read a length and properties; WireError for one not allowed, doubled or out of range."""
    inner = Cursor(cursor.take(cursor.varint()))
    pairs: list[tuple[Property, Value]] = []
    while inner.left:
        name = _read_name(inner)
        if name not in allowed:
            raise WireError(f"{name.name} does not belong in this packet")
        if name not in (P.USER_PROPERTY, P.SUBSCRIPTION_ID) and name in dict(pairs):
            raise WireError(f"{name.name} twice")
        value = _read_value(name, inner)
        if value == 0 and name in NOT_ZERO:
            raise WireError(f"{name.name} is 0")
        if name in BYTE and value not in (0, 1):
            raise WireError(f"{name.name} is {value!r}")
        pairs.append((name, value))
    return Properties(tuple(pairs))


def _read_name(cursor: Cursor) -> Property:
    number = cursor.varint()
    try:
        return Property(number)
    except ValueError:
        raise WireError(f"no property has the identifier {number}") from None


def _read_value(name: Property, cursor: Cursor) -> Value:
    if name in BYTE:
        return cursor.u8()
    if name in TWO_BYTES:
        return cursor.u16()
    if name in FOUR_BYTES:
        return cursor.u32()
    if name is P.SUBSCRIPTION_ID:
        return cursor.varint()
    if name in BINARY:
        return cursor.binary()
    if name is P.USER_PROPERTY:
        return cursor.string(), cursor.string()
    return cursor.string()
