"""PUBACK, PUBREC, PUBREL and PUBCOMP: the QoS flows (MQTT 5 section 4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqtt5 import PubAckPacket, PubCompPacket, PubRecPacket, PubRelPacket

from broker.codec.reasons import Reason
from broker.message import V5, with_id
from broker.session import Outgoing, Step

if TYPE_CHECKING:
    from broker.connection import Connection
    from broker.sender import Outbound


def puback(connection: Connection, packet: PubAckPacket) -> None:
    """End a QoS 1 delivery; an unknown identifier is no error of the client."""
    session = connection.session
    if session is not None:
        _delivered(connection, session.acknowledged(packet.packet_id))


def pubrec(connection: Connection, packet: PubRecPacket) -> None:
    """Go on with a QoS 2 delivery [MQTT-4.3.3-4], or end it if the client refused it.

    That the client has the message is made durable before PUBREL: after a crash it would get
    the message a second time else.
    """
    session = connection.session
    if session is None:
        return
    exchange = connection.exchange
    before = exchange.changed
    packet_id = packet.packet_id
    refused = int(packet.reason_code) >= Reason.UNSPECIFIED_ERROR
    outgoing = session.taken(packet_id, refused=refused)
    if refused:
        _delivered(connection, outgoing)
        return
    code = Reason.SUCCESS if outgoing is not None else Reason.PACKET_ID_NOT_FOUND
    if outgoing is not None and exchange.store is not None:
        exchange.store.advance(session, outgoing)
    connection.when_durable(
        before, lambda: connection.send(connection.codec.pubrel(packet_id, code))
    )


def pubrel(connection: Connection, packet: PubRelPacket) -> None:
    """End the receipt of a QoS 2 message [MQTT-4.3.3-11].

    Durably before PUBCOMP: the client may use the identifier again after it.
    """
    session = connection.session
    if session is None:
        return
    exchange = connection.exchange
    before = exchange.changed
    packet_id = packet.packet_id
    code = Reason.SUCCESS
    if session.end_receipt(packet_id):
        connection.pending_acks = max(0, connection.pending_acks - 1)
        if session.stored and exchange.store is not None:
            exchange.store.release(session, packet_id)
    else:
        code = Reason.PACKET_ID_NOT_FOUND
    connection.when_durable(
        before, lambda: connection.send(connection.codec.pubcomp(packet_id, code))
    )


def pubcomp(connection: Connection, packet: PubCompPacket) -> None:
    """End a QoS 2 delivery."""
    session = connection.session
    if session is not None:
        _delivered(connection, session.completed(packet.packet_id))


def _delivered(connection: Connection, outgoing: Outgoing | None) -> None:
    """Forget a message that the client has or refuses, and send the next."""
    if outgoing is None:
        return
    if connection.exchange.store is not None:
        connection.exchange.store.delivered(outgoing)
    connection.pump()


def resend(connection: Outbound, packet_id: int, outgoing: Outgoing) -> bytes:
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
