"""An application message, and its PUBLISH packets, each encoded once."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mqtt5 import PublishPacket, QoS
from mqtt5 import Will as WillPacket

V311 = 4
V5 = 5

OVERHEAD = 200
"""Approximate size of a message without its topic and payload, in bytes."""

QOS = (QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE)


class Message:
    """One application message on its way through the broker; not changed once routed.

    Attributes:
        topic: the topic name.
        payload: the application data.
        qos: as published; what a subscriber gets is lower if it asked for less.
        retain: as published.
        source: the PUBLISH that carries MQTT 5 properties to forward; None if there are none.
        expires_at: Unix time after which it is no longer delivered; None for never.
        origin: the session that published it; None for the broker itself.
        raw: the packet it came in, if it can go out again as it is to a client of `raw_version`.
        row: its place in the store; 0 if it has none.
    """

    __slots__ = (
        "_packets",
        "expires_at",
        "origin",
        "payload",
        "qos",
        "raw",
        "raw_version",
        "retain",
        "row",
        "source",
        "topic",
    )

    def __init__(
        self,
        topic: str,
        payload: bytes,
        qos: int = 0,
        retain: bool = False,
        source: PublishPacket | None = None,
        origin: object = None,
    ) -> None:
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.source = source
        self.origin = origin
        self.expires_at: float | None = None
        self.raw = b""
        self.raw_version = 0
        self.row = 0
        self._packets: dict[object, bytes] | None = None
        if source is not None and source.message_expiry_interval is not None:
            self.expires_at = time.time() + source.message_expiry_interval

    @classmethod
    def of_will(cls, will: WillPacket) -> Message:
        """Return the message that a will asks for, without its origin."""
        source = None
        if (
            will.message_expiry_interval is not None
            or will.payload_format_indicator
            or will.content_type is not None
            or will.response_topic is not None
            or will.correlation_data is not None
            or will.user_properties
        ):
            source = PublishPacket(
                will.topic,
                b"",
                payload_format_indicator=will.payload_format_indicator,
                message_expiry_interval=will.message_expiry_interval,
                content_type=will.content_type,
                response_topic=will.response_topic,
                correlation_data=will.correlation_data,
                user_properties=will.user_properties,
            )
        return cls(will.topic, will.payload or b"", int(will.qos), will.retain, source)

    @property
    def size(self) -> int:
        """Return about how many bytes the message holds."""
        size = len(self.payload) + len(self.topic) + OVERHEAD
        source = self.source
        if source is not None:
            size += len(source.correlation_data or b"") + len(source.response_topic or "")
            size += sum(200 + len(name) + len(text) for name, text in source.user_properties)
        return size

    @property
    def expired(self) -> bool:
        """Return whether its Message Expiry Interval has passed [MQTT-3.3.2-5]."""
        return self.expires_at is not None and time.time() >= self.expires_at

    def properties(self) -> bytes:
        """Return an MQTT 5 PUBLISH without payload that holds the properties."""
        return Message(self.topic, b"", source=self.source).packet(V5, 0, False)

    def packet(
        self, version: int, qos: int, retain: bool, ids: tuple[int, ...] = (), alias: int = 0
    ) -> bytes:
        """Return a PUBLISH with packet identifier 0 for QoS 1 and 2; see `with_id`.

        `alias` > 0 stands for the topic (MQTT 5 section 3.3.2.3.4); < 0 defines the alias.
        """
        key: object = version << 3 | qos << 1 | retain
        if ids or alias:
            key = (key, ids, alias)
        packets = self._packets
        if packets is None:
            packets = self._packets = {}
        else:
            found = packets.get(key)
            if found is not None:
                return found
        if version == V5 and (self.source is not None or ids or alias):
            packet = self._encode5(qos, retain, ids, alias)
            if self.expires_at is not None:
                return packet
        else:
            packet = self._encode(version, qos, retain)
        packets[key] = packet
        return packet

    def _encode(self, version: int, qos: int, retain: bool) -> bytes:
        """Encode without properties: MQTT 5 differs from 3.1.1 by one byte only."""
        topic = self.topic.encode()
        length = len(topic)
        middle = _MIDDLES[version == V5, qos > 0]
        payload = self.payload
        remaining = length + 2 + len(middle) + len(payload)
        head = 0x30 | qos << 1 | retain
        if remaining < 128:
            return b"%c%c%c%c%b%b%b" % (
                head,
                remaining,
                length >> 8,
                length & 255,
                topic,
                middle,
                payload,
            )
        return b"%c%b%c%c%b%b%b" % (
            head,
            varint(remaining),
            length >> 8,
            length & 255,
            topic,
            middle,
            payload,
        )

    def _encode5(self, qos: int, retain: bool, ids: tuple[int, ...], alias: int) -> bytes:
        source = self.source
        topic = "" if alias > 0 else self.topic
        packet_id = 1 if qos else None
        if source is None:
            packet = PublishPacket(
                topic,
                self.payload,
                qos=QOS[qos],
                retain=retain,
                packet_id=packet_id,
                subscription_ids=list(ids),
                topic_alias=abs(alias) or None,
            )
        else:
            expiry = source.message_expiry_interval
            if expiry is not None and self.expires_at is not None:
                left = round(self.expires_at - time.time())
                # not above the interval, also after the clock was set back
                if left < expiry:
                    expiry = max(0, left)
            packet = PublishPacket(
                topic,
                self.payload,
                qos=QOS[qos],
                retain=retain,
                packet_id=packet_id,
                payload_format_indicator=source.payload_format_indicator,
                message_expiry_interval=expiry,
                content_type=source.content_type,
                response_topic=source.response_topic,
                correlation_data=source.correlation_data,
                subscription_ids=list(ids),
                topic_alias=abs(alias) or None,
                user_properties=source.user_properties,
            )
        return packet.write()


@dataclass(frozen=True, slots=True)
class Will:
    """The will of a connection: what to publish, and seconds to wait before (MQTT 5 3.1.3.2.2)."""

    client_id: str
    message: Message
    delay: float = 0.0


_MIDDLES = {
    (False, False): b"",
    (False, True): b"\0\0",
    (True, False): b"\0",
    (True, True): b"\0\0\0",
}


def with_id(packet: bytes, packet_id: int, duplicate: bool = False) -> bytes:
    """Return the QoS 1 or 2 PUBLISH `packet` with its packet identifier, and DUP if asked."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    at += 1
    at += 2 + (packet[at] << 8 | packet[at + 1])
    head = bytes((packet[0] | 0x08,)) if duplicate else packet[:1]
    return b"".join((head, packet[1:at], packet_id.to_bytes(2, "big"), packet[at + 2 :]))


def varint(value: int) -> bytes:
    """Encode a Variable Byte Integer (MQTT 5 section 1.5.5), 0 to 268,435,455."""
    if value < 128:
        return bytes((value,))
    if value < 16_384:
        return bytes((value & 127 | 128, value >> 7))
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
