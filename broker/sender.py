"""The way out of a connection: packets to one client, no faster than it takes them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from broker.codec.codec311 import Codec311
from broker.handlers import acknowledge as acknowledging
from broker.message import Message, with_id
from broker.session import NEVER, Outgoing, Session, pseudonym

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.codec.codec import Codec
    from broker.router import Exchange
    from broker.storage.store_errors import StoreError
    from broker.transports.transport import Wire
    from broker.transports.write_batch import Output

logger = logging.getLogger("broker")

_FLUSH_AT = 65_536
_DRAIN_TURN = 256


class Outbound:
    """Sends packets, and keeps what the client cannot take yet.

    Attributes:
        session: set while the client is admitted.
        version: 4 for MQTT 3.1.1, 5 for MQTT 5; 0 before CONNECT.
        quota: QoS 1 and 2 messages that may be under way to the client.
        max_out: largest packet the client takes.
        aliases_out_max: how many topic aliases the client takes.
        clogged: the client reads slower than it is written to.
        over: nothing is written any more.
    """

    __slots__ = (
        "_aliases", "_complaints", "_held", "_held_bytes", "_out", "_out_size", "aliases_out_max",
        "clogged", "codec", "exchange", "max_out", "output", "over", "quota", "session", "version",
        "wire",
    )  # fmt: skip

    def __init__(self, exchange: Exchange, output: Output, wire: Wire) -> None:
        self.exchange = exchange
        self.output = output
        self.wire = wire
        self.codec: Codec = Codec311()
        self.version = 0
        self.session: Session | None = None
        self.quota = 0
        self.max_out = NEVER
        self.aliases_out_max = 0
        self.clogged = False
        self.over = False
        self._aliases: dict[str, int] | None = None
        self._out: list[bytes] = []
        self._out_size = 0
        self._held: deque[tuple[Message, bool, tuple[int, ...]]] | None = None
        self._held_bytes = 0
        self._complaints: set[str] | None = None

    def complain(self, event: str) -> None:
        """Log what the client is refused: once for each connection and kind of event."""
        complaints = self._complaints
        if complaints is None:
            complaints = self._complaints = set()
        if event in complaints or self.session is None:
            return
        complaints.add(event)
        client = pseudonym(self.session.client_id)
        logger.info("event=%s peer=%s client=%s", event, self.wire.peer, client)

    def send(self, packet: bytes) -> None:
        """Write a packet at the end of this turn of the loop, together with others.

        One that is larger than the client takes is left out [MQTT-3.1.2-24].
        """
        size = len(packet)
        if size > self.max_out:
            return
        out = self._out
        if not out:
            self.output.add(self)
        out.append(packet)
        self._out_size += size
        if self._out_size > _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write all packets at once."""
        out = self._out
        if not out or self.over:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        metrics = self.exchange.metrics
        if self.exchange.tap is not None:
            for packet in out:
                self.exchange.tap.sent(self, packet)
        metrics.packets_sent += len(out)
        metrics.bytes_sent += len(data)
        out.clear()
        self._out_size = 0
        self.wire.write(data)

    def write_now(self, packet: bytes) -> None:
        """Write all packets, this one last."""
        if packet and len(packet) <= self.max_out:
            self._out.append(packet)
        self.flush()

    def publish(self, message: Message, retain: bool, ids: tuple[int, ...]) -> None:
        """Send a message at QoS 0, or drop it if too much waits for the client."""
        if self.clogged or self._held is not None:
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
        metrics = self.exchange.metrics
        metrics.publish_sent += 1
        metrics.publish_bytes_sent += len(message.payload)

    def deliver(self, outgoing: Outgoing) -> None:
        """Send a message at QoS 1 or 2 if the client's quota allows it, or let it wait."""
        session = self.session
        if session is None:
            return
        store = self.exchange.store
        if session.waiting is None and not self.clogged and session.inflight_count < self.quota:
            if session.stored and store is not None:
                store.queue(session, outgoing)
            self._start(session, outgoing)
            return
        limits = self.exchange.limits
        size = outgoing.message.size
        if (
            session.queued_bytes + size > limits.max_queued_bytes
            or session.queued >= limits.max_queued_messages
            or not self.exchange.budgets.may_queue(session, size)
        ):
            self._overflow()
            return
        if session.stored and store is not None:
            store.queue(session, outgoing)
        session.wait(outgoing)

    def pump(self) -> None:
        """Send as many waiting messages as the client's quota allows (MQTT 5 section 4.9)."""
        session = self.session
        while session is not None and not self.clogged and session.inflight_count < self.quota:
            outgoing = session.next_waiting()
            if outgoing is None:
                break
            self._start(session, outgoing)

    def resume(self) -> None:
        """Send again what was under way when the last connection ended [MQTT-4.4.0-1]."""
        session = self.session
        if session is None:
            return
        for packet_id, outgoing in list((session.inflight or {}).items()):
            self.send(acknowledging.resend(self, packet_id, outgoing))
        self.pump()

    def clog(self) -> None:
        """Take note that the client does not read as fast as it is written to."""
        self.clogged = True

    def unclog(self) -> None:
        """Go on writing: the client has read most of what was written."""
        self.clogged = False
        self._drain()

    def replay(self, messages: list[tuple[Message, int, bool, tuple[int, ...]]]) -> None:
        """Send retained messages, as fast as the client reads; none is dropped.

        One that asks for all of them again and again, and does not read, is cut off.
        """
        session = self.session
        if session is None:
            return
        exchange = self.exchange
        waiting = session.waiting_count + (len(self._held) if self._held is not None else 0)
        most = len(exchange.retained) + exchange.limits.max_queued_messages
        if waiting + len(messages) > most:
            self._overflow()
            return
        for message, qos, retain, ids in messages:
            if qos:
                outgoing = Outgoing(message, qos, retain, ids, counts=False)
                if session.stored and self.exchange.store is not None:
                    self.exchange.store.queue(session, outgoing)
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
        store = self.exchange.store
        packet = self._packet(outgoing.message, outgoing.qos, outgoing.retain, outgoing.ids)
        if packet is None:
            if store is not None:
                store.delivered(outgoing)
            return
        before = self.exchange.changed
        packet_id = session.assign(outgoing)
        self._count(outgoing.message)
        whole = with_id(packet, packet_id)
        if store is not None and outgoing.row:
            store.advance(session, outgoing)
            if outgoing.qos == 2:
                # After a crash it must come again with the same identifier, or it came twice.
                self.when_durable(before, lambda: self.send(whole))
                return
        self.send(whole)

    def when_durable(
        self,
        before: int,
        act: Callable[[], None],
        on_failure: Callable[[StoreError], None] | None = None,
    ) -> None:
        """Act once all changes since `before` would survive a crash; see `Connection`."""
        raise NotImplementedError

    def when_settled(self, before: int, act: Callable[[], None]) -> None:
        """Act as `when_durable` does, or at once when the store fails: it holds until a crash."""
        self.when_durable(before, act, lambda _: act())

    def _packet(
        self, message: Message, qos: int, retain: bool, ids: tuple[int, ...]
    ) -> bytes | None:
        """Return the PUBLISH for this client, None if it cannot have it."""
        if message.expires_at is not None and message.expired:
            self.exchange.metrics.publish_dropped += 1
            return None
        alias = self._alias(message.topic) if self.aliases_out_max else 0
        packet = message.packet(self.version, qos, retain, ids, alias)
        if len(packet) > self.max_out:
            # As if it had been sent [MQTT-3.1.2-25].
            if alias < 0 and self._aliases is not None:
                del self._aliases[message.topic]
            self.exchange.metrics.publish_dropped += 1
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
        limits = self.exchange.limits
        size, session = message.size, self.session
        if (
            session is None
            or self._held_bytes + size > limits.max_queued_bytes
            or not self.exchange.budgets.may_queue(session, size)
        ):
            self.exchange.metrics.publish_dropped += 1
            self.complain("reads_too_slowly")
            return
        if self._held is None:
            self._held = deque()
        self._held_bytes += size
        session.charge(size)
        self._held.append((message, retain, ids))

    def _drain(self) -> None:
        """Send what was held back, some at a time so that others have their turn."""
        budget = _DRAIN_TURN
        while self._held and not self.clogged and not self.over:
            if not budget:
                asyncio.get_running_loop().call_soon(self._drain)
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
        asyncio.get_running_loop().call_soon(self.overflowed)

    def overflowed(self) -> None:
        """End the connection; see `Connection`."""
        raise NotImplementedError
