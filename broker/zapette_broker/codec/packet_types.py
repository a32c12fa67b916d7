"""What both versions of the protocol share: packet types and the form of a codec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mqtt5 import Packet

from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import ProtocolViolation

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

PINGRESP_PACKET = b"\xd0\x00"

NEVER_FROM_CLIENTS = frozenset((0, CONNACK, SUBACK, UNSUBACK, PINGRESP))


def not_of_a_client(kind: int) -> ProtocolViolation:
    """Return what is wrong with a packet of a type that no client sends (section 2.1.2)."""
    return ProtocolViolation(f"a client cannot send packet type {kind}")


class ConnAckProperties(Protocol):
    """What the broker tells an accepted MQTT 5 client about itself and the connection."""

    session_expiry_interval: int | None
    assigned_client_id: str | None
    server_keep_alive: int | None
    receive_max: int
    topic_alias_max: int
    max_packet_size: int


class Codec(Protocol):
    """Reads and writes the packets of one version of MQTT.

    Both versions read into the packet classes of the package `mqtt5`, so that all that
    follows is written once. What 3.1.1 cannot say is left out when it is written.
    """

    version: int

    def read(self, first: int, body: bytes) -> Packet:
        """Return the packet with this first byte and body; MalformedPacket or ProtocolViolation."""

    def connack(
        self,
        code: Reason,
        session_present: bool = False,
        properties: ConnAckProperties | None = None,
        reason: str | None = None,
    ) -> bytes:
        """Return a CONNACK."""

    def puback(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:
        """Return a PUBACK."""

    def pubrec(self, packet_id: int, code: Reason, reason: str | None = None) -> bytes:
        """Return a PUBREC."""

    def pubrel(self, packet_id: int, code: Reason) -> bytes:
        """Return a PUBREL."""

    def pubcomp(self, packet_id: int, code: Reason) -> bytes:
        """Return a PUBCOMP."""

    def suback(self, packet_id: int, codes: Sequence[Reason]) -> bytes:
        """Return a SUBACK."""

    def unsuback(self, packet_id: int, codes: Sequence[Reason]) -> bytes:
        """Return an UNSUBACK."""

    def disconnect(self, code: Reason, reason: str | None) -> bytes:
        """Return a DISCONNECT; nothing for 3.1.1, where a server sends none."""
