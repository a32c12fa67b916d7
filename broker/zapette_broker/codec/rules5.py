"""The rules of MQTT 5 that the package `mqtt5` leaves to its user; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from zapette_broker.codec import packet_types
from zapette_broker.codec.codec311 import check_connect_flags
from zapette_broker.codec.field_reader import Reader
from zapette_broker.errors import MalformedPacket, ProtocolViolation
from zapette_broker.message import V5

_SUBSCRIPTION_IDENTIFIER = 0x0B
_USER_PROPERTY = 0x26
_TEXT = frozenset((0x03, 0x08, 0x12, 0x15, 0x1A, 0x1C, 0x1F))
_BINARY = frozenset((0x09, 0x16))
_FLAGS = frozenset((0x01, 0x17, 0x19, 0x25, 0x28, 0x29, 0x2A))
_NOT_ZERO = frozenset((0x21, 0x23, 0x27))
_SIZES = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
}


def _check_publish(first: int, body: bytes) -> None:
    if first & 8 and not first & 6:
        raise MalformedPacket("DUP with QoS 0")  # [MQTT-3.3.1-2]
    # All strings of an ASCII packet are UTF-8: the walk can be saved.
    if not body.isascii():
        walk_publish(first, body)


def walk_publish(first: int, body: bytes) -> None:
    """Check the strings of a PUBLISH, and its properties."""
    reader = Reader(body)
    reader.text()
    if first & 6:
        reader.word()
    _check_properties(reader)


def _check_connect(_: int, body: bytes) -> None:
    reader = Reader(body)
    if reader.text() != "MQTT" or reader.byte() != V5:
        raise MalformedPacket("not MQTT 5")
    flags = reader.byte()
    check_connect_flags(flags)
    reader.word()
    _check_properties(reader)
    reader.text()
    if flags & 4:
        _check_properties(reader)
        reader.text()
        reader.binary()
    if flags & 0x80:
        reader.text()
    if flags & 0x40:
        reader.binary()
    reader.finish()


def _check_ack(_: int, body: bytes) -> None:
    reader = Reader(body)
    reader.packet_id()
    if reader.left > 1:
        reader.byte()
        _check_properties(reader)


def _check_subscribe(_: int, body: bytes) -> None:
    reader = Reader(body)
    reader.packet_id()
    _check_properties(reader)
    if not reader.left:
        raise ProtocolViolation("SUBSCRIBE without a topic filter")  # [MQTT-3.8.3-2]
    while reader.left:
        pattern = reader.text()
        options = reader.byte()
        if options & 0xC0:
            raise MalformedPacket("reserved subscription options")  # [MQTT-3.8.3-5]
        if options & 3 == 3 or options & 0x30 == 0x30:
            raise ProtocolViolation("subscription options hold a value of 3")
        if options & 4 and pattern.startswith("$share/"):
            raise ProtocolViolation("No Local on a shared subscription")  # [MQTT-3.8.3-4]


def _check_unsubscribe(_: int, body: bytes) -> None:
    reader = Reader(body)
    reader.packet_id()
    _check_properties(reader)
    if not reader.left:
        raise ProtocolViolation("UNSUBSCRIBE without a topic filter")  # [MQTT-3.10.3-2]
    while reader.left:
        reader.text()


def _check_disconnect(_: int, body: bytes) -> None:
    reader = Reader(body)
    if reader.left > 1:
        reader.byte()
        _check_properties(reader)


def _check_auth(_: int, __: bytes) -> None:
    raise ProtocolViolation("AUTH without authentication method")  # [MQTT-4.12.0-6]


def _check_empty(_: int, body: bytes) -> None:
    if body:
        raise MalformedPacket("a packet that has no body has one")


def _check_properties(reader: Reader) -> None:
    """Walk over properties, so that no string that is not UTF-8 reaches the extension."""
    length = reader.varint()
    inner = Reader(reader.take(length))
    seen = set()
    while inner.left:
        kind = inner.varint()
        if kind in seen and kind != _USER_PROPERTY:
            raise ProtocolViolation(f"property {kind} comes twice")
        seen.add(kind)
        _check_property(kind, inner)


def _check_property(kind: int, reader: Reader) -> None:
    if kind in _TEXT:
        reader.text()
    elif kind in _BINARY:
        reader.binary()
    elif kind == _USER_PROPERTY:
        reader.text()
        reader.text()
    elif kind == _SUBSCRIPTION_IDENTIFIER:
        if not reader.varint():
            raise ProtocolViolation("Subscription Identifier 0")
    elif kind in _SIZES:
        value = reader.take(_SIZES[kind])
        if kind in _FLAGS and value[0] > 1:
            raise ProtocolViolation(f"property {kind} is neither 0 nor 1")
        if kind in _NOT_ZERO and not any(value):
            raise ProtocolViolation(f"property {kind} is 0")
    else:
        raise MalformedPacket(f"no property {kind}")


CHECKS: Final[Mapping[int, Callable[[int, bytes], None]]] = {
    packet_types.CONNECT: _check_connect,
    packet_types.PUBLISH: _check_publish,
    packet_types.PUBACK: _check_ack,
    packet_types.PUBREC: _check_ack,
    packet_types.PUBREL: _check_ack,
    packet_types.PUBCOMP: _check_ack,
    packet_types.SUBSCRIBE: _check_subscribe,
    packet_types.UNSUBSCRIBE: _check_unsubscribe,
    packet_types.PINGREQ: _check_empty,
    packet_types.DISCONNECT: _check_disconnect,
    packet_types.AUTH: _check_auth,
}
"""The check of each type of packet, given its first byte and its body."""
