"""The packets of MQTT 3.1.1, strictly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mqtt5 import (
    ConnectPacket,
    DisconnectPacket,
    Packet,
    PingReqPacket,
    PubAckPacket,
    PubCompPacket,
    PublishPacket,
    PubRecPacket,
    PubRelPacket,
    SubscribePacket,
    TopicFilter,
    UnsubscribePacket,
    Will,
)

from zapette_broker.codec import packet_types
from zapette_broker.codec.field_reader import Reader
from zapette_broker.codec.packet_types import ConnAckProperties
from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import MalformedPacket
from zapette_broker.message import QOS, V311, varint

_NOT_IN_V311 = 0xFFFF_FFFF


class Codec311:
    """Reads and writes MQTT 3.1.1 (protocol level 4); see `Codec`."""

    __slots__ = ()
    version = V311

    def read(self, first: int, body: bytes) -> Packet:
        """Return the packet with this first byte and body, or raise MalformedPacket."""
        try:
            return self._read(first, body)
        except ValueError as error:
            # The packet classes refuse topics that are none.
            raise MalformedPacket(str(error)) from None

    def _read(self, first: int, body: bytes) -> Packet:
        kind = first >> 4
        if kind == packet_types.PUBLISH:
            return _read_publish(first, body)
        entry = _READERS.get(kind)
        if entry is None:
            raise packet_types.not_of_a_client(kind)
        flags, read = entry
        if first & 15 != flags:
            raise MalformedPacket(f"flags {first & 15} in packet type {kind}")
        reader = Reader(body)
        packet = read(reader)
        reader.finish()
        return packet

    def connack(
        self,
        code: Reason,
        session_present: bool = False,
        properties: ConnAckProperties | None = None,  # noqa: ARG002 - 3.1.1 has none
        reason: str | None = None,  # noqa: ARG002
    ) -> bytes:
        """Return a CONNACK with the return code that comes nearest."""
        returned = _RETURN_CODES.get(code, 3)
        return bytes((0x20, 2, session_present and not returned, returned))

    def puback(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:  # noqa: ARG002
        """Return a PUBACK, which in 3.1.1 cannot tell a refusal."""
        return b"\x40\x02" + packet_id.to_bytes(2, "big")

    def pubrec(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:  # noqa: ARG002
        """Return a PUBREC, which in 3.1.1 cannot tell a refusal."""
        return b"\x50\x02" + packet_id.to_bytes(2, "big")

    def pubrel(self, packet_id: int, code: Reason) -> bytes:  # noqa: ARG002
        """Return a PUBREL."""
        return b"\x62\x02" + packet_id.to_bytes(2, "big")

    def pubcomp(self, packet_id: int, code: Reason) -> bytes:  # noqa: ARG002
        """Return a PUBCOMP."""
        return b"\x70\x02" + packet_id.to_bytes(2, "big")

    def suback(self, packet_id: int, codes: Sequence[Reason]) -> bytes:
        """Return a SUBACK; every refusal is 0x80 [MQTT-3.9.3-2]."""
        body = packet_id.to_bytes(2, "big") + bytes(min(code, 0x80) for code in codes)
        return b"\x90" + varint(len(body)) + body

    def unsuback(self, packet_id: int, codes: Sequence[Reason]) -> bytes:  # noqa: ARG002
        """Return an UNSUBACK, which has no payload."""
        return b"\xb0\x02" + packet_id.to_bytes(2, "big")

    def disconnect(self, code: Reason, reason: str | None) -> bytes:  # noqa: ARG002
        """Return nothing: a 3.1.1 server sends no DISCONNECT."""
        return b""


def _read_publish(first: int, body: bytes) -> PublishPacket:
    qos = first >> 1 & 3
    if qos == 3:
        raise MalformedPacket("QoS 3")
    if first & 8 and not qos:
        raise MalformedPacket("DUP with QoS 0")
    reader = Reader(body)
    topic = reader.text()
    if not topic:
        raise MalformedPacket("empty topic name")
    packet_id = reader.packet_id() if qos else None
    return PublishPacket(
        topic,
        reader.take(reader.left),
        qos=QOS[qos],
        retain=bool(first & 1),
        packet_id=packet_id,
        duplicate=bool(first & 8),
    )


def _read_connect(reader: Reader) -> ConnectPacket:
    if reader.text() != "MQTT" or reader.byte() != V311:
        raise MalformedPacket("not MQTT 3.1.1")
    flags = reader.byte()
    check_connect_flags(flags)
    if flags & 0x40 and not flags & 0x80:
        raise MalformedPacket("password without user name")
    keep_alive = reader.word()
    client_id = reader.text()
    will = None
    if flags & 4:
        topic = reader.text()
        will = Will(
            topic, payload=reader.binary(), qos=QOS[flags >> 3 & 3], retain=bool(flags & 0x20)
        )
    clean = bool(flags & 2)
    return ConnectPacket(
        client_id,
        username=reader.text() if flags & 0x80 else None,
        password=reader.binary() if flags & 0x40 else None,
        clean_start=clean,
        will=will,
        keep_alive=keep_alive,
        session_expiry_interval=0 if clean else _NOT_IN_V311,
    )


def check_connect_flags(flags: int) -> None:
    """Refuse connect flags that contradict each other [MQTT-3.1.2-3] to [MQTT-3.1.2-15]."""
    if flags & 1:
        raise MalformedPacket("the reserved connect flag is set")
    if flags & 0x18 == 0x18:
        raise MalformedPacket("will QoS 3")
    if not flags & 4 and flags & 0x38:
        raise MalformedPacket("will flags without a will")


def _read_subscribe(reader: Reader) -> SubscribePacket:
    packet_id = reader.packet_id()
    filters = []
    while reader.left:
        pattern = reader.text()
        qos = reader.byte()
        if qos > 2:
            raise MalformedPacket(f"requested QoS byte {qos}")
        filters.append(TopicFilter(pattern, max_qos=QOS[qos], retain_as_published=False))
    if not filters:
        raise MalformedPacket("SUBSCRIBE without a topic filter")
    return SubscribePacket(packet_id, filters)


def _read_unsubscribe(reader: Reader) -> UnsubscribePacket:
    packet_id = reader.packet_id()
    patterns = []
    while reader.left:
        patterns.append(reader.text())
    if not patterns:
        raise MalformedPacket("UNSUBSCRIBE without a topic filter")
    return UnsubscribePacket(packet_id, patterns)


_READERS: dict[int, tuple[int, Callable[[Reader], Packet]]] = {
    packet_types.CONNECT: (0, _read_connect),
    packet_types.PUBACK: (0, lambda reader: PubAckPacket(reader.packet_id())),
    packet_types.PUBREC: (0, lambda reader: PubRecPacket(reader.packet_id())),
    packet_types.PUBREL: (2, lambda reader: PubRelPacket(reader.packet_id())),
    packet_types.PUBCOMP: (0, lambda reader: PubCompPacket(reader.packet_id())),
    packet_types.SUBSCRIBE: (2, _read_subscribe),
    packet_types.UNSUBSCRIBE: (2, _read_unsubscribe),
    packet_types.PINGREQ: (0, lambda _: PingReqPacket()),
    packet_types.DISCONNECT: (0, lambda _: DisconnectPacket()),
}

_RETURN_CODES = {
    Reason.SUCCESS: 0,
    Reason.UNSUPPORTED_PROTOCOL_VERSION: 1,
    Reason.CLIENT_ID_NOT_VALID: 2,
    Reason.BAD_USER_NAME_OR_PASSWORD: 4,
    Reason.NOT_AUTHORIZED: 5,
    Reason.RETAIN_NOT_SUPPORTED: 5,
}
