"""The packets of MQTT 5, by the package `mqtt5`, and the rules that it leaves to its user."""

from __future__ import annotations

from collections.abc import Sequence

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    DisconnectPacket,
    DisconnectReasonCode,
    Packet,
    PubAckPacket,
    PubAckReasonCode,
    PubCompPacket,
    PubCompReasonCode,
    PublishPacket,
    PubRecPacket,
    PubRecReasonCode,
    PubRelPacket,
    PubRelReasonCode,
    SubAckPacket,
    SubAckReasonCode,
    UnsubAckPacket,
    UnsubAckReasonCode,
)

from zapette_broker.codec import packet_types
from zapette_broker.codec.codec311 import check_connect_flags
from zapette_broker.codec.field_reader import Reader
from zapette_broker.codec.packet_types import ConnAckProperties
from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import MalformedPacket, ProtocolViolation
from zapette_broker.message import V5, varint
from zapette_broker.routing.topics import is_topic_name


class Codec5:
    """Reads and writes MQTT 5; see `zapette_broker.codec.packet_types.Codec`.

    Attributes:
        explains: whether the client takes reason strings (Request Problem Information).
    """

    __slots__ = ("explains",)
    version = V5

    def __init__(self, explains: bool = True) -> None:
        self.explains = explains

    def read(self, first: int, body: bytes) -> Packet:
        """Return the packet, or raise MalformedPacket or ProtocolViolation."""
        kind = first >> 4
        check = _CHECKS.get(kind)
        if check is None:
            raise packet_types.not_of_a_client(kind)
        check(first, body)
        data = bytes((first,)) + varint(len(body)) + body
        try:
            packet, size = mqtt5.read(memoryview(data))
        except (ValueError, IndexError) as error:
            if kind == packet_types.PUBLISH:
                # The walk that was saved may know better which rule is broken.
                _walk_publish(first, body)
            raise MalformedPacket(str(error)) from None
        except BaseException as error:
            # The extension reports a bug of its own as an exception outside of Exception.
            if type(error).__name__ != "PanicException":
                raise
            raise MalformedPacket("cannot be read") from None
        if size != len(data):
            raise MalformedPacket("the length of the packet is wrong")
        return packet

    def connack(
        self,
        code: Reason,
        session_present: bool = False,
        properties: ConnAckProperties | None = None,
        reason: str | None = None,
    ) -> bytes:
        """Return a CONNACK; `properties` only with success."""
        if properties is None:
            return ConnAckPacket(
                reason_code=ConnAckReasonCode(code), reason_str=reason if self.explains else None
            ).write()
        return ConnAckPacket(
            session_present=session_present,
            reason_code=ConnAckReasonCode(code),
            session_expiry_interval=properties.session_expiry_interval,
            assigned_client_id=properties.assigned_client_id,
            server_keep_alive=properties.server_keep_alive,
            receive_max=properties.receive_max,
            topic_alias_max=properties.topic_alias_max,
            max_packet_size=properties.max_packet_size,
        ).write()

    def puback(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:
        """Return a PUBACK."""
        if not code:
            return b"\x40\x02" + packet_id.to_bytes(2, "big")
        return PubAckPacket(
            packet_id,
            reason_code=PubAckReasonCode(code),
            reason_str=reason if self.explains else None,
        ).write()

    def pubrec(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:
        """Return a PUBREC."""
        if not code:
            return b"\x50\x02" + packet_id.to_bytes(2, "big")
        return PubRecPacket(
            packet_id,
            reason_code=PubRecReasonCode(code),
            reason_str=reason if self.explains else None,
        ).write()

    def pubrel(self, packet_id: int, code: Reason) -> bytes:
        """Return a PUBREL."""
        if not code:
            return b"\x62\x02" + packet_id.to_bytes(2, "big")
        return PubRelPacket(packet_id, reason_code=PubRelReasonCode(code)).write()

    def pubcomp(self, packet_id: int, code: Reason) -> bytes:
        """Return a PUBCOMP."""
        if not code:
            return b"\x70\x02" + packet_id.to_bytes(2, "big")
        return PubCompPacket(packet_id, reason_code=PubCompReasonCode(code)).write()

    def suback(self, packet_id: int, codes: Sequence[Reason]) -> bytes:
        """Return a SUBACK."""
        return SubAckPacket(packet_id, [SubAckReasonCode(code) for code in codes]).write()

    def unsuback(self, packet_id: int, codes: Sequence[Reason]) -> bytes:
        """Return an UNSUBACK."""
        return UnsubAckPacket(packet_id, [UnsubAckReasonCode(code) for code in codes]).write()

    def disconnect(self, code: Reason, reason: str | None) -> bytes:
        """Return a DISCONNECT."""
        return DisconnectPacket(
            reason_code=DisconnectReasonCode(code), reason_str=reason if self.explains else None
        ).write()


def read_publish(first: int, body: bytes, codec5: Codec5) -> PublishPacket:
    """Return a PUBLISH that has properties; its topic may be empty if it has an alias."""
    packet = codec5.read(first, body)
    if not isinstance(packet, PublishPacket):
        raise MalformedPacket("not a PUBLISH")
    if first & 6 and not packet.packet_id:
        raise ProtocolViolation("packet identifier 0")
    if packet.subscription_ids:
        raise ProtocolViolation("a client sent a Subscription Identifier")  # [MQTT-3.3.4-6]
    response = packet.response_topic
    if response is not None and "\0" in response:
        raise MalformedPacket("a string holds U+0000")
    if response is not None and not is_topic_name(response):
        raise ProtocolViolation("the Response Topic is no topic name")  # [MQTT-3.3.2-14]
    if packet.content_type is not None and "\0" in packet.content_type:
        raise MalformedPacket("a string holds U+0000")
    for name, value in packet.user_properties:
        if "\0" in name or "\0" in value:
            raise MalformedPacket("a string holds U+0000")
    if packet.payload_format_indicator > 1:
        raise ProtocolViolation("Payload Format Indicator above 1")
    return packet


def _check_publish(first: int, body: bytes) -> None:
    if first & 8 and not first & 6:
        raise MalformedPacket("DUP with QoS 0")  # [MQTT-3.3.1-2]
    # All strings of an ASCII packet are UTF-8: the walk can be saved.
    if not body.isascii():
        _walk_publish(first, body)


def _walk_publish(first: int, body: bytes) -> None:
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


_CHECKS = {
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
