"""The packets that a client sends, valid ones and, with the right arguments, others."""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.wire.encodings import Type, Version, binary, packet, string, u16
from tests.conformance.wire.properties import Pairs, encode_properties

PINGREQ = packet(Type.PINGREQ << 4)


@dataclass(frozen=True)
class Will:
    """A will, with `properties` for MQTT 5 only."""

    topic: str | bytes
    payload: bytes = b"gone"
    qos: int = 0
    retain: bool = False
    properties: Pairs = ()


@dataclass(frozen=True)
class Connect:
    """The fields of CONNECT; `flags`, `name` and `level` are for wrong ones.

    `flags` is mixed into the connect flags by exclusive or.
    """

    client_id: str | bytes = ""
    version: Version = Version.V311
    clean: bool = True
    keep_alive: int = 60
    will: Will | None = None
    username: str | bytes | None = None
    password: bytes | None = None
    properties: Pairs = ()
    flags: int = 0
    name: bytes = b"MQTT"
    level: int | None = None
    tail: bytes = b""

    def encode(self) -> bytes:
        level = self.version if self.level is None else self.level
        head = string(self.name) + bytes([level, self._flags() ^ self.flags])
        head += u16(self.keep_alive) + self._properties(self.properties)
        return packet(Type.CONNECT << 4, head + self._payload() + self.tail)

    def _flags(self) -> int:
        flags = 0x02 if self.clean else 0
        if self.will:
            flags |= 0x04 | self.will.qos << 3 | (0x20 if self.will.retain else 0)
        flags |= 0x40 if self.password is not None else 0
        return flags | (0x80 if self.username is not None else 0)

    def _properties(self, pairs: Pairs) -> bytes:
        return encode_properties(pairs) if self.version is Version.V5 else b""

    def _payload(self) -> bytes:
        payload = string(self.client_id)
        if self.will:
            payload += self._properties(self.will.properties)
            payload += string(self.will.topic) + binary(self.will.payload)
        if self.username is not None:
            payload += string(self.username)
        if self.password is not None:
            payload += binary(self.password)
        return payload


def publish(
    topic: str | bytes,
    payload: bytes = b"",
    *,
    version: Version,
    qos: int = 0,
    retain: bool = False,
    dup: bool = False,
    packet_id: int | None = None,
    properties: Pairs = (),
) -> bytes:
    """Encode PUBLISH; the packet identifier is written whenever it is given."""
    first = Type.PUBLISH << 4 | (8 if dup else 0) | qos << 1 | (1 if retain else 0)
    body = string(topic) + (b"" if packet_id is None else u16(packet_id))
    if version is Version.V5:
        body += encode_properties(properties)
    return packet(first, body + payload)


def acknowledgement(kind: Type, packet_id: int, code: int = 0) -> bytes:
    """Encode PUBACK, PUBREC, PUBREL or PUBCOMP, in the short form for code 0."""
    body = u16(packet_id) + (bytes([code]) if code else b"")
    return packet(kind << 4 | (2 if kind is Type.PUBREL else 0), body)


def subscribe(
    packet_id: int, *filters: tuple[str | bytes, int], version: Version, properties: Pairs = ()
) -> bytes:
    """Encode SUBSCRIBE; the number with each filter is its whole options byte."""
    body = u16(packet_id) + (encode_properties(properties) if version is Version.V5 else b"")
    body += b"".join(string(name) + bytes([options]) for name, options in filters)
    return packet(Type.SUBSCRIBE << 4 | 2, body)


def unsubscribe(packet_id: int, *filters: str | bytes, version: Version) -> bytes:
    body = u16(packet_id) + (b"\0" if version is Version.V5 else b"")
    return packet(Type.UNSUBSCRIBE << 4 | 2, body + b"".join(map(string, filters)))


def disconnect(code: int | None = None, properties: Pairs = ()) -> bytes:
    """Encode DISCONNECT, without a body if there is no code."""
    if code is None:
        return packet(Type.DISCONNECT << 4)
    tail = encode_properties(properties) if properties else b""
    return packet(Type.DISCONNECT << 4, bytes([code]) + tail)
