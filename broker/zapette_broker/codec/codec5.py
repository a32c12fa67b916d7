"""The packets of MQTT 5, by the package `mqtt5`."""

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
from zapette_broker.codec.packet_types import ConnAckProperties
from zapette_broker.codec.reasons import Reason
from zapette_broker.codec.rules5 import CHECKS, walk_publish
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
        check = CHECKS.get(kind)
        if check is None:
            raise packet_types.not_of_a_client(kind)
        check(first, body)
        data = bytes((first,)) + varint(len(body)) + body
        try:
            packet, size = mqtt5.read(memoryview(data))
        except (ValueError, IndexError) as error:
            if kind == packet_types.PUBLISH:
                # The walk that was saved may know better which rule is broken.
                walk_publish(first, body)
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
