"""PUBACK, PUBREC, PUBREL and PUBCOMP: the QoS flows (MQTT 5 section 4.3)."""

from __future__ import annotations

from dataclasses import dataclass

from mqtt5 import PubAckPacket, PubCompPacket, PubRecPacket, PubRelPacket

from zapette_broker.codec.reasons import Reason
from zapette_broker.handlers.client import Answering
from zapette_broker.sessions.outgoing import Outgoing
from zapette_broker.storage.state_store import StateStore


@dataclass(frozen=True, slots=True)
class AcknowledgeHandler:
    """Moves deliveries on as the client acknowledges them."""

    store: StateStore

    def puback(self, client: Answering, packet: PubAckPacket) -> None:
        """End a QoS 1 delivery; an unknown identifier is no error of the client."""
        session = client.session
        if session is not None:
            self._delivered(client, session.acknowledged(packet.packet_id))

    def pubrec(self, client: Answering, packet: PubRecPacket) -> None:
        """Go on with a QoS 2 delivery [MQTT-4.3.3-4], or end it if the client refused it.

        That the client has the message is made durable before PUBREL: otherwise the client gets
        the message a second time after a crash.
        """
        session = client.session
        if session is None:
            return
        packet_id = packet.packet_id
        refused = int(packet.reason_code) >= Reason.UNSPECIFIED_ERROR
        outgoing = session.taken(packet_id, refused=refused)
        if refused:
            self._delivered(client, outgoing)
            return
        code = Reason.SUCCESS if outgoing is not None else Reason.PACKET_ID_NOT_FOUND
        if outgoing is not None:
            self.store.advance(session, outgoing)
        client.after_commit(lambda: client.send(client.codec.pubrel(packet_id, code)))

    def pubrel(self, client: Answering, packet: PubRelPacket) -> None:
        """End the receipt of a QoS 2 message [MQTT-4.3.3-11].

        Durably before PUBCOMP: the client may use the identifier again after it.
        """
        session = client.session
        if session is None:
            return
        packet_id = packet.packet_id
        code = Reason.SUCCESS
        if session.end_receipt(packet_id):
            client.pending_acks = max(0, client.pending_acks - 1)
            self.store.release(session, packet_id)
        else:
            code = Reason.PACKET_ID_NOT_FOUND
        client.after_commit(lambda: client.send(client.codec.pubcomp(packet_id, code)))

    def pubcomp(self, client: Answering, packet: PubCompPacket) -> None:
        """End a QoS 2 delivery."""
        session = client.session
        if session is not None:
            self._delivered(client, session.completed(packet.packet_id))

    def _delivered(self, client: Answering, outgoing: Outgoing | None) -> None:
        """Forget a message that the client has or refuses, and send the next."""
        if outgoing is not None:
            self.store.delivered(outgoing)
            client.pump()
