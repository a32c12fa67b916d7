"""The packets that a server sends, read strictly: whatever the standard forbids is a WireError."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from tests.conformance.wire.encodings import Cursor, Type, Version, WireError
from tests.conformance.wire.properties import Properties, Property, read_properties

P = Property
REASON = (P.REASON_STRING, P.USER_PROPERTY)
ACKNOWLEDGED = frozenset({0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99})
RELEASED = frozenset({0x00, 0x92})


@dataclass(frozen=True)
class ConnAck:
    CODES: ClassVar = {
        Version.V311: frozenset(range(6)),
        Version.V5: frozenset(
            {0, *range(0x80, 0x8B), 0x8C, 0x90, 0x95, 0x97, *range(0x99, 0x9E), 0x9F}
        ),
    }
    PROPERTIES: ClassVar = (
        *REASON,
        P.SESSION_EXPIRY,
        P.RECEIVE_MAXIMUM,
        P.MAXIMUM_QOS,
        P.RETAIN_AVAILABLE,
        P.MAXIMUM_PACKET_SIZE,
        P.ASSIGNED_CLIENT_ID,
        P.TOPIC_ALIAS_MAXIMUM,
        P.WILDCARD_AVAILABLE,
        P.SUBSCRIPTION_ID_AVAILABLE,
        P.SHARED_AVAILABLE,
        P.SERVER_KEEP_ALIVE,
        P.RESPONSE_INFORMATION,
        P.SERVER_REFERENCE,
        P.AUTHENTICATION_METHOD,
        P.AUTHENTICATION_DATA,
    )
    session_present: bool
    code: int
    properties: Properties = field(default_factory=Properties)


@dataclass(frozen=True)
class Publish:
    PROPERTIES: ClassVar = (
        P.PAYLOAD_FORMAT,
        P.MESSAGE_EXPIRY,
        P.TOPIC_ALIAS,
        P.RESPONSE_TOPIC,
        P.CORRELATION_DATA,
        P.USER_PROPERTY,
        P.SUBSCRIPTION_ID,
        P.CONTENT_TYPE,
    )
    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    packet_id: int
    properties: Properties = field(default_factory=Properties)


@dataclass(frozen=True)
class Acknowledgement:
    CODES: ClassVar = ACKNOWLEDGED
    packet_id: int
    code: int = 0
    properties: Properties = field(default_factory=Properties)


class PubAck(Acknowledgement):
    pass


class PubRec(Acknowledgement):
    pass


class PubRel(Acknowledgement):
    CODES: ClassVar = RELEASED


class PubComp(Acknowledgement):
    CODES: ClassVar = RELEASED


@dataclass(frozen=True)
class SubAck:
    CODES: ClassVar = {
        Version.V311: frozenset({0, 1, 2, 0x80}),
        Version.V5: frozenset({0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2}),
    }
    packet_id: int
    codes: tuple[int, ...]
    properties: Properties = field(default_factory=Properties)


@dataclass(frozen=True)
class UnsubAck:
    CODES: ClassVar = frozenset({0, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91})
    packet_id: int
    codes: tuple[int, ...]
    properties: Properties = field(default_factory=Properties)


@dataclass(frozen=True)
class PingResp:
    pass


@dataclass(frozen=True)
class Disconnect:
    # What only a client may say (0x04), or only in CONNACK, is not among them.
    CODES: ClassVar = frozenset(
        {0, *range(0x80, 0x84), 0x87, 0x89, 0x8B, *range(0x8D, 0x91), *range(0x93, 0xA3)}
    )
    code: int
    properties: Properties = field(default_factory=Properties)


Answer: TypeAlias = ConnAck | Publish | Acknowledgement | SubAck | UnsubAck | PingResp | Disconnect


def read_answer(first: int, body: bytes, version: Version) -> Answer:
    """Read one packet from the server; WireError says what is wrong with it."""
    kind, flags = divmod(first, 16)
    reader = READERS.get(kind)
    if reader is None or (kind == Type.DISCONNECT and version is Version.V311):
        raise WireError(f"a server sends no packet of type {kind}")
    if kind != Type.PUBLISH and flags != (2 if kind == Type.PUBREL else 0):
        raise WireError(f"flags {flags:04b} on a packet of type {kind}")
    cursor = Cursor(body)
    answer = reader(flags, cursor, version)
    cursor.finish()
    return answer


def _properties(cursor: Cursor, version: Version, allowed: tuple[Property, ...]) -> Properties:
    return read_properties(cursor, allowed) if version is Version.V5 else Properties()


def _code(code: int, allowed: frozenset[int], packet: str) -> int:
    if code not in allowed:
        raise WireError(f"{packet} has no code 0x{code:02x}")
    return code


def _connack(_flags: int, cursor: Cursor, version: Version) -> ConnAck:
    present, code = cursor.u8(), cursor.u8()
    if present > 1:
        raise WireError(f"acknowledge flags {present:08b}")
    if code and present:
        raise WireError("session present in a refusal")
    if version is Version.V5 and not cursor.left and code:
        # A server that does not serve the client's version may not know its form either.
        return ConnAck(bool(present), code)
    _code(code, ConnAck.CODES[version], "CONNACK")
    return ConnAck(bool(present), code, _properties(cursor, version, ConnAck.PROPERTIES))


def _publish(flags: int, cursor: Cursor, version: Version) -> Publish:
    dup, qos, retain = bool(flags & 8), flags >> 1 & 3, bool(flags & 1)
    if qos == 3 or (dup and not qos):
        raise WireError(f"PUBLISH with the flags {flags:04b}")
    topic = cursor.string()
    if "+" in topic or "#" in topic:
        raise WireError(f"wildcards in the topic name {topic}")
    packet_id = cursor.u16() if qos else 0
    if qos and not packet_id:
        raise WireError("packet identifier 0")
    properties = _properties(cursor, version, Publish.PROPERTIES)
    if not topic and P.TOPIC_ALIAS not in properties:
        raise WireError("neither topic nor topic alias")
    return Publish(topic, cursor.rest(), qos, retain, dup, packet_id, properties)


def _acknowledgement(kind: type[Acknowledgement]) -> Callable[[int, Cursor, Version], Answer]:
    def read(_flags: int, cursor: Cursor, version: Version) -> Acknowledgement:
        packet_id = cursor.u16()
        if version is Version.V311 or not cursor.left:
            return kind(packet_id)
        code = _code(cursor.u8(), kind.CODES, kind.__name__)
        properties = read_properties(cursor, REASON) if cursor.left else Properties()
        return kind(packet_id, code, properties)

    return read


def _suback(_flags: int, cursor: Cursor, version: Version) -> SubAck:
    packet_id = cursor.u16()
    properties = _properties(cursor, version, REASON)
    codes = tuple(_code(code, SubAck.CODES[version], "SUBACK") for code in cursor.rest())
    return SubAck(packet_id, codes, properties)


def _unsuback(_flags: int, cursor: Cursor, version: Version) -> UnsubAck:
    packet_id = cursor.u16()
    if version is Version.V311:
        return UnsubAck(packet_id, ())
    properties = read_properties(cursor, REASON)
    codes = tuple(_code(code, UnsubAck.CODES, "UNSUBACK") for code in cursor.rest())
    return UnsubAck(packet_id, codes, properties)


def _pingresp(_flags: int, _cursor: Cursor, _version: Version) -> PingResp:
    return PingResp()


def _disconnect(_flags: int, cursor: Cursor, _version: Version) -> Disconnect:
    if not cursor.left:
        return Disconnect(0)
    code = _code(cursor.u8(), Disconnect.CODES, "DISCONNECT")
    allowed = (*REASON, P.SERVER_REFERENCE)
    return Disconnect(code, read_properties(cursor, allowed) if cursor.left else Properties())


READERS: dict[int, Callable[[int, Cursor, Version], Answer]] = {
    Type.CONNACK: _connack,
    Type.PUBLISH: _publish,
    Type.PUBACK: _acknowledgement(PubAck),
    Type.PUBREC: _acknowledgement(PubRec),
    Type.PUBREL: _acknowledgement(PubRel),
    Type.PUBCOMP: _acknowledgement(PubComp),
    Type.SUBACK: _suback,
    Type.UNSUBACK: _unsuback,
    Type.PINGRESP: _pingresp,
    Type.DISCONNECT: _disconnect,
}
