"""The way out of a connection: packets to one client, no faster than it takes them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sized
from dataclasses import dataclass

from zapette_broker.budgets import Budgets
from zapette_broker.codec.codec import Codec
from zapette_broker.codec.codec311 import Codec311
from zapette_broker.codec.reasons import Reason
from zapette_broker.delivery import Outgoing, Step
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.message import V5, Message, with_id
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.session import NEVER, Session, pseudonym
from zapette_broker.storage.state_store import StateStore
from zapette_broker.storage.store_errors import StoreError
from zapette_broker.transports.transport import Transport
from zapette_broker.transports.write_batch import WriteBatch

logger = logging.getLogger("broker")

_FLUSH_AT = 65_536
_DRAIN_TURN = 256
_FIRST_CODEC = Codec311()
"""What writes a refusal before CONNECT says which version the client speaks."""


@dataclass(frozen=True, slots=True)
class SenderContext:
    """What all senders of a broker share.

    Attributes:
        retained: how many messages are retained.
        batch: where packets wait for the end of a turn of the loop.
        later: calls a function in the next turn of the loop.
    """

    limits: Limits
    metrics: Metrics
    store: StateStore
    hooks: Hooks
    budgets: Budgets
    retained: Sized
    batch: WriteBatch
    later: Callable[[Callable[[], None]], None]


class Sender:
    """Sends packets, and keeps what the client cannot take yet.

    Attributes:
        session: set while the client is admitted.
        version: 4 for MQTT 3.1.1, 5 for MQTT 5; 0 before CONNECT.
        quota: QoS 1 and 2 messages that may be under way to the client.
        max_out: largest packet the client takes.
        aliases_out_max: how many topic aliases the client takes.
        writing_paused: the client reads slower than it is written to.
        over: nothing is written any more.
    """

    __slots__ = (
        "_aliases", "_changed", "_held", "_held_bytes", "_logged", "_out", "_out_size",
        "_waiting_acts", "aliases_out_max", "codec", "context", "max_out", "over", "quota",
        "session", "transport", "version", "writing_paused",
    )  # fmt: skip

    def __init__(self, context: SenderContext, transport: Transport) -> None:
        self.context = context
        self.transport = transport
        self.codec: Codec = _FIRST_CODEC
        self.version = 0
        self.session: Session | None = None
        self.quota = 0
        self.max_out = NEVER
        self.aliases_out_max = 0
        self.writing_paused = False
        self.over = False
        self._aliases: dict[str, int] | None = None
        self._out: list[bytes] | None = None
        self._out_size = 0
        self._held: deque[tuple[Message, bool, tuple[int, ...]]] | None = None
        self._held_bytes = 0
        self._logged: set[str] | None = None
        self._changed = 0
        self._waiting_acts = 0

    @property
    def peer(self) -> str:
        """Return the address of the client, without the port."""
        return self.transport.peer

    def log_once(self, event: str) -> None:
        """Log what the client is refused: once for each connection and kind of event."""
        logged = self._logged
        if logged is None:
            logged = self._logged = set()
        if event in logged or self.session is None:
            return
        logged.add(event)
        client = pseudonym(self.session.client_id)
        logger.info("event=%s peer=%s client=%s", event, self.transport.peer, client)

    def send(self, packet: bytes) -> None:
        """Write a packet at the end of this turn of the loop, together with others.

        One that is larger than the client takes is left out [MQTT-3.1.2-24].
        """
        size = len(packet)
        if size > self.max_out:
            return
        out = self._out
        if out is None:
            out = self._out = []
            self.context.batch.add(self)
        out.append(packet)
        self._out_size += size
        if self._out_size > _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write all packets at once."""
        out = self._out
        if out is None or self.over:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        context = self.context
        if context.hooks.sees_packets:
            for packet in out:
                context.hooks.sent(self.session, self.version, packet)
        metrics = context.metrics
        metrics.packets_sent += len(out)
        metrics.bytes_sent += len(data)
        self._out = None
        self._out_size = 0
        self.transport.write(data)

    def write_now(self, packet: bytes) -> None:
        """Write all packets, this one last."""
        if packet and len(packet) <= self.max_out:
            self._out = [*(self._out or ()), packet]
        self.flush()

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
            self._overflow()
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
        for packet_id, outgoing in list((session.inflight or {}).items()):
            self.send(self._again(packet_id, outgoing))
        self.pump()

    def pause(self) -> None:
        """Write less: the client reads slower than it is written to."""
        self.writing_paused = True

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
            self._overflow()
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
        if self._held is not None:
            self._drain()
        else:
            self.pump()

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

    def begin_changes(self) -> None:
        """Begin to note what is changed in the store: `after_commit` waits for that."""
        self._changed = self.context.store.changed

    def after_commit(
        self,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,
        *,
        all_changes: bool = False,
    ) -> None:
        """Act once all that was changed since `begin_changes` would survive a crash.

        While the store fails, `on_failure` is called instead; without it, the act keeps waiting.

        What is asked for one after the other is done in that order [MQTT-4.6.0-2], and not
        done at all if the connection is over by then.

        Args:
            act: what to do.
            on_failure: what to do instead.
            all_changes: whether earlier changes count as well.
        """
        store = self.context.store
        if not (all_changes or self._waiting_acts) and store.changed == self._changed:
            act()
            return
        self._waiting_acts += 1

        def act_now() -> None:
            self._waiting_acts -= 1
            if not self.over:
                act()

        def act_otherwise(error: StoreError) -> None:
            self._waiting_acts -= 1
            if not self.over and on_failure is not None:
                on_failure(error)

        store.after_commit(act_now, None if on_failure is None else act_otherwise)

    def after_commit_or_failure(self, act: Callable[[], None]) -> None:
        """Act as `after_commit` does, or at once when the store fails: it holds until a crash."""
        self.after_commit(act, lambda _: act())

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
        alias = self._alias(message.topic) if self.aliases_out_max else 0
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
        """Send what was held back, some at a time so that others have their turn."""
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
        if self._held is not None and not self._held:
            self.drop_held()
            self.pump()

    def drop_held(self) -> None:
        """Forget what was held back, and release its share of the budgets."""
        self._held = None
        if self.session is not None:
            self.session.charge(-self._held_bytes)
        self._held_bytes = 0

    def _overflow(self) -> None:
        """Cut off a client for which too much waits, once what goes on now is done."""
        self.context.later(self.overflowed)

    def overflowed(self) -> None:
        """End the connection; see `Connection`."""
        raise NotImplementedError
