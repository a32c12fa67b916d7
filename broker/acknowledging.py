"""PUBACK, PUBREC, PUBREL and PUBCOMP: the QoS flows (MQTT 5 section 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqtt5 import (
    PubAckPacket,
    PubCompPacket,
    PubRecPacket,
    PubRelPacket,
)

from broker.message import V5, with_id
from broker.reasons import Reason
from broker.session import Outgoing, Step

if TYPE_CHECKING:
    from broker.connection import Connection


def puback(connection: Connection, packet: PubAckPacket) -> None:
    """End a QoS 1 delivery; an unknown identifier is no error of the client."""
    session = connection.session
    if session is not None and session.acknowledged(packet.packet_id) is not None:
        connection.pump()


def pubrec(connection: Connection, packet: PubRecPacket) -> None:
    """Go on with a QoS 2 delivery [MQTT-4.3.3-4], or end it if the client refused it."""
    session = connection.session
    if session is None:
        return
    refused = int(packet.reason_code) >= Reason.UNSPECIFIED_ERROR
    outgoing = session.taken(packet.packet_id, refused=refused)
    if refused:
        connection.pump()
        return
    code = Reason.SUCCESS
    if outgoing is None:
        code = Reason.PACKET_ID_NOT_FOUND
    connection.send(connection.codec.pubrel(packet.packet_id, code))


def pubrel(connection: Connection, packet: PubRelPacket) -> None:
    """End the receipt of a QoS 2 message [MQTT-4.3.3-11]."""
    session = connection.session
    if session is None:
        return
    code = Reason.SUCCESS
    if session.end_receipt(packet.packet_id):
        connection.pending_acks = max(0, connection.pending_acks - 1)
    else:
        code = Reason.PACKET_ID_NOT_FOUND
    connection.send(connection.codec.pubcomp(packet.packet_id, code))


def pubcomp(connection: Connection, packet: PubCompPacket) -> None:
    """End a QoS 2 delivery."""
    session = connection.session
    if session is not None and session.completed(packet.packet_id) is not None:
        connection.pump()


def resend(connection: Connection, packet_id: int, outgoing: Outgoing) -> bytes:
    """Return the packet that was last sent for this delivery, for a new connection."""
    if outgoing.step is Step.RELEASED:
        return connection.codec.pubrel(packet_id, Reason.SUCCESS)
    packet = outgoing.message.packet(
        connection.version,
        outgoing.qos,
        outgoing.retain,
        outgoing.ids if connection.version == V5 else (),
    )
    return with_id(packet, packet_id, duplicate=True)
