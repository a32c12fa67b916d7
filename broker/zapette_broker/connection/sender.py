"""Messages to one client, no faster than it takes them."""

from __future__ import annotations

from collections import deque

from zapette_broker.codec.reasons import Reason
from zapette_broker.connection.packet_writer import PacketWriter, WriterContext
from zapette_broker.message import V5, Message, with_id
from zapette_broker.sessions.outgoing import Outgoing, Step
from zapette_broker.sessions.session import Session
from zapette_broker.transports.transport import Transport

_DRAIN_TURN = 256


class Sender(PacketWriter):
    """Sends messages, and keeps what the client cannot take yet.

    Attributes:
        quota: QoS 1 and 2 messages that may be under way to the client.
        aliases_out_max: how many topic aliases the client takes.
    """

    __slots__ = (
        "_aliases", "_held", "_held_bytes", "aliases_out_max", "quota",
    )  # fmt: skip

    def __init__(self, context: WriterContext, transport: Transport) -> None:
        super().__init__(context, transport)
        self.quota = 0
        self.aliases_out_max = 0
        self._aliases: dict[str, int] | None = None
        self._held: deque[tuple[Message, bool, tuple[int, ...]]] | None = None
        self._held_bytes = 0

    def publish(self, message: Message, retain: bool, ids: tuple[int, ...]) -> None:
        """Send a message at QoS 0, or drop it if too much waits for the client."""
        if self.writing_paused or self._held is not None:
            self._hold_back(message, retain, ids)
            return
        if message.raw_version == self.version and not (retain or ids or self.aliases_out_max):
            packet: bytes | None = message.raw
        else:
            packet = self._packet(message, 0, retain, ids)
        if packet is not None:
            self._count(message)
            self.send(packet)

    def _count(self, message: Message) -> None:
        metrics = self.context.metrics
        metrics.publish_sent += 1
        metrics.publish_bytes_sent += len(message.payload)

    def deliver(self, outgoing: Outgoing) -> None:
        """Send a message at QoS 1 or 2 if the client's quota allows it, or let it wait."""
        session = self.session
        if session is None:
            return
        context = self.context
        if (
            session.waiting is None
            and not self.writing_paused
            and session.inflight_count < self.quota
        ):
            context.store.queue(session, outgoing)
            self._start(session, outgoing)
            return
        limits = context.limits
        size = outgoing.message.size
        if (
            session.queued_bytes + size > limits.max_queued_bytes
            or session.queued >= limits.max_queued_messages
            or not context.budgets.may_queue(session, size)
        ):
            self.overflow()
            return
        context.store.queue(session, outgoing)
        session.wait(outgoing)

    def pump(self) -> None:
        """Send as many waiting messages as the client's quota allows (MQTT 5 section 4.9)."""
        session = self.session
        while (
            session is not None and not self.writing_paused and session.inflight_count < self.quota
        ):
            outgoing = session.next_waiting()
            if outgoing is None:
                break
            self._start(session, outgoing)

    def resend(self) -> None:
        """Send again what was under way when the last connection ended [MQTT-4.4.0-1]."""
        session = self.session
        if session is None:
            return
        if session.inflight is not None:
            for packet_id, outgoing in list(session.inflight.items()):
                packet = self._again(packet_id, outgoing)
                if len(packet) <= self.max_out:
                    self.send(packet)
                else:
                    # it takes less than when it was here last: as if sent [MQTT-3.1.2-25]
                    session.forget(packet_id)
                    self.context.store.delivered(outgoing)
                    self.context.metrics.publish_dropped += 1
        self._drain()

    def resume(self) -> None:
        """Go on writing: the client has read most of what was written."""
        self.writing_paused = False
        self._drain()

    def replay(self, messages: list[tuple[Message, int, bool, tuple[int, ...]]]) -> None:
        """Send retained messages, as fast as the client reads; none is dropped.

        One that asks for all of them again and again, and does not read, is cut off.
        """
        session = self.session
        if session is None:
            return
        context = self.context
        waiting = session.waiting_count + (len(self._held) if self._held is not None else 0)
        most = len(context.retained) + context.limits.max_queued_messages
        if waiting + len(messages) > most:
            self.overflow()
            return
        for message, qos, retain, ids in messages:
            if qos:
                outgoing = Outgoing(message, qos, retain, ids, counts=False)
                context.store.queue(session, outgoing)
                session.wait(outgoing)
                continue
            if self._held is None:
                self._held = deque()
            self._held.append((message, retain, ids))
        self._drain()

    def _start(self, session: Session, outgoing: Outgoing) -> None:
        store = self.context.store
        packet = self._packet(outgoing.message, outgoing.qos, outgoing.retain, outgoing.ids)
        if packet is None:
            store.delivered(outgoing)
            return
        packet_id = session.assign(outgoing)
        self._count(outgoing.message)
        whole = with_id(packet, packet_id)
        if outgoing.row:
            store.advance(session, outgoing)
            if outgoing.qos == 2:
                # After a crash it must come again with the same identifier, else it comes twice.
                self.after_commit(lambda: self.send(whole))
                return
        self.send(whole)

    def _again(self, packet_id: int, outgoing: Outgoing) -> bytes:
        """Return the packet that was last sent for a delivery, for a new connection."""
        if outgoing.step is Step.RELEASED:
            return self.codec.pubrel(packet_id, Reason.SUCCESS)
        packet = outgoing.message.packet(
            self.version,
            outgoing.qos,
            outgoing.retain,
            outgoing.ids if self.version == V5 else (),
        )
        return with_id(packet, packet_id, duplicate=True)

    def _packet(
        self, message: Message, qos: int, retain: bool, ids: tuple[int, ...]
    ) -> bytes | None:
        """Return the PUBLISH for this client, None if it cannot have it."""
        if message.expires_at is not None and message.expired:
            self.context.metrics.publish_dropped += 1
            return None
        # one at QoS 2 may go out later than others of its topic, and so defines no alias
        alias = self._alias(message.topic) if self.aliases_out_max and qos < 2 else 0
        packet = message.packet(self.version, qos, retain, ids, alias)
        if len(packet) > self.max_out:
            # As if it had been sent [MQTT-3.1.2-25].
            if alias < 0 and self._aliases is not None:
                del self._aliases[message.topic]
            self.context.metrics.publish_dropped += 1
            return None
        return packet

    def _alias(self, topic: str) -> int:
        """Return the alias of the topic, negative if it is used for the first time."""
        aliases = self._aliases
        if aliases is None:
            aliases = self._aliases = {}
        alias = aliases.get(topic)
        if alias is not None:
            return alias
        if len(aliases) >= self.aliases_out_max:
            return 0
        alias = aliases[topic] = len(aliases) + 1
        return -alias

    def _hold_back(self, message: Message, retain: bool, ids: tuple[int, ...]) -> None:
        limits = self.context.limits
        size, session = message.size, self.session
        if (
            session is None
            or self._held_bytes + size > limits.max_queued_bytes
            or not self.context.budgets.may_queue(session, size)
        ):
            self.context.metrics.publish_dropped += 1
            self.log_once("reads_too_slowly")
            return
        if self._held is None:
            self._held = deque()
        self._held_bytes += size
        session.charge(size)
        self._held.append((message, retain, ids))

    def _drain(self) -> None:
        """Send what was held back, some at a time so that others have their turn, and then pump."""
        budget = _DRAIN_TURN
        while self._held and not self.writing_paused and not self.over:
            if not budget:
                self.context.later(self._drain)
                return
            budget -= 1
            message, retain, ids = self._held.popleft()
            packet = self._packet(message, 0, retain, ids)
            if packet is not None:
                self._count(message)
                self.send(packet)
        if not self._held:
            self.drop_held()
            self.pump()

    def drop_held(self) -> None:
        """Forget what was held back, and release its share of the budgets."""
        self._held = None
        if self.session is not None:
            self.session.charge(-self._held_bytes)
        self._held_bytes = 0
