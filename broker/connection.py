"""One client's connection: bytes in, packets out, and its life from CONNECT to the end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from broker import acknowledging, handshake, publishing, subscribing
from broker.access import Rights
from broker.codec import (
    AUTH,
    CONNECT,
    DISCONNECT,
    PINGREQ,
    PINGRESP_PACKET,
    PUBACK,
    PUBCOMP,
    PUBREC,
    PUBREL,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Codec,
)
from broker.codec311 import Codec311
from broker.errors import MalformedPacket, PacketTooLarge, ProtocolViolation
from broker.exchange import Exchange, Will, pseudonym
from broker.message import Message, with_id
from broker.reasons import Reason
from broker.session import Outgoing, Session
from broker.timers import TICK

if TYPE_CHECKING:
    from collections.abc import Callable

    from mqtt5 import DisconnectPacket

    from broker.authenticator import Grant
    from broker.output import Output
    from broker.wire import Wire

logger = logging.getLogger("broker")

_FLUSH_AT = 65_536
_CLOSE_TIMEOUT = 2.0
_DRAIN_TURN = 256


class State(IntEnum):
    """Where a connection is in its life."""

    OPENED = 0
    AUTHENTICATING = 1
    CONNECTED = 2
    CLOSED = 3


class Connection:
    """The protocol state of one client's connection; the wire below does the I/O.

    Attributes:
        session: set while the state is CONNECTED.
        rights: what the client may do; nothing before it is authenticated.
        version: 4 for MQTT 3.1.1, 5 for MQTT 5.
        quota: QoS 1 and 2 messages that may be under way to the client.
        max_out: largest packet the client takes.
        clogged: the client reads slower than it is written to.
    """

    __slots__ = (
        "_buffer",
        "_held",
        "_held_bytes",
        "_missing",
        "_out",
        "_out_size",
        "_partial",
        "_paused",
        "aliases_in",
        "aliases_out",
        "aliases_out_max",
        "clogged",
        "codec",
        "complained",
        "due",
        "exchange",
        "expires_at",
        "keep_alive",
        "last",
        "max_in",
        "max_out",
        "output",
        "pending_acks",
        "quota",
        "rights",
        "session",
        "state",
        "version",
        "will",
        "wire",
    )

    def __init__(self, exchange: Exchange, output: Output, wire: Wire) -> None:
        self.exchange = exchange
        self.output = output
        self.wire = wire
        self.state = State.OPENED
        self.codec: Codec = Codec311()
        self.version = 0
        self.session: Session | None = None
        self.rights = _NO_RIGHTS
        self.will: Will | None = None
        self.expires_at: float | None = None
        self.keep_alive = 0
        self.quota = 0
        self.max_in = exchange.limits.max_connect_packet
        self.max_out = 0
        self.pending_acks = 0
        self.aliases_in: dict[int, str] | None = None
        self.aliases_out: dict[str, int] | None = None
        self.aliases_out_max = 0
        self.clogged = False
        self.complained = False
        self.due = 0
        self.last = exchange.wheel.now
        self._buffer = b""
        self._partial: bytearray | None = None
        self._missing = 0
        self._paused = False
        self._out: list[bytes] = []
        self._out_size = 0
        self._held: deque[tuple[Message, bool, tuple[int, ...]]] | None = None
        self._held_bytes = 0

    # -- life

    def opened(self) -> None:
        """Begin to wait for CONNECT."""
        exchange = self.exchange
        exchange.metrics.connections_opened += 1
        self.last = exchange.wheel.now
        exchange.wheel.add(self, self.last + exchange.limits.connect_timeout)

    def authenticating(self) -> None:
        """Wait for the answer of the authenticator, and for the delay of a failed login."""
        self.state = State.AUTHENTICATING
        limits = self.exchange.limits
        patience = limits.connect_timeout + limits.max_login_delay
        self.exchange.wheel.add(self, self.exchange.wheel.now + patience)

    @property
    def waiting_for_login(self) -> bool:
        """Tell whether the client is still there and not yet admitted."""
        return self.state is State.AUTHENTICATING

    def accepted(self, session: Session, grant: Grant) -> None:
        """Go on as the connection of `session`."""
        self.session = session
        self.rights = grant.rights
        self.expires_at = grant.expires_at
        self.state = State.CONNECTED
        metrics = self.exchange.metrics
        metrics.connects_accepted += 1
        metrics.clients_connected += 1
        metrics.clients_maximum = max(metrics.clients_maximum, metrics.clients_connected)
        self._schedule(self.exchange.wheel.now)

    def close(self, reason: Reason, detail: str, *, level: int = logging.INFO) -> None:
        """End the connection from the broker's side; the client's will is published.

        An MQTT 5 client is told the reason in a DISCONNECT.
        """
        if self.state is State.CLOSED:
            return
        if self.state is State.CONNECTED:
            text = detail if getattr(self.codec, "explains", False) else None
            self._write_now(self.codec.disconnect(reason, text))
        self._leave(f"{reason.name.lower()}: {detail}", level, publish_will=True)
        self._hang_up()

    def refuse(self, connack: bytes, detail: str) -> None:
        """Answer CONNECT with a refusal and end the connection."""
        if self.state is State.CLOSED:
            return
        self.exchange.metrics.connects_refused += 1
        self._write_now(connack)
        self._leave(f"refused: {detail}", logging.INFO, publish_will=False)
        self._hang_up()

    def lost(self, error: Exception | None) -> None:
        """Take note that the wire is gone."""
        self.exchange.wheel.remove(self)
        if self.state is not State.CLOSED:
            what = "connection lost" if error is None else f"connection lost: {error}"
            self._leave(what, logging.INFO, publish_will=True)

    def disconnected(self, packet: DisconnectPacket) -> None:
        """End the connection as the client asks [MQTT-3.14.4-3]."""
        session = self.session
        expiry = packet.session_expiry_interval
        if session is not None and expiry is not None:
            if expiry and not session.expiry:
                raise ProtocolViolation("DISCONNECT sets an expiry for a session without one")
            session.expiry = min(expiry, self.exchange.limits.max_session_expiry)
        with_will = int(packet.reason_code) == Reason.DISCONNECT_WITH_WILL
        self._leave("disconnected by the client", logging.INFO, publish_will=with_will)
        self._hang_up()

    def on_time(self, now: float) -> float | None:
        """End the connection if it is overdue; return when to look again."""
        if self.state is State.CLOSED:
            self.wire.abort()
            return None
        if self.state is not State.CONNECTED:
            self._leave("no CONNECT in time", logging.INFO, publish_will=False)
            self.wire.abort()
            return None
        if self.expires_at is not None and time.time() >= self.expires_at:
            self.exchange.metrics.expired_grants += 1
            self.close(Reason.NOT_AUTHORIZED, "token expired")
            return now + _CLOSE_TIMEOUT
        if self.keep_alive and now >= self.last + 1.5 * self.keep_alive + TICK:
            self.exchange.metrics.keep_alive_timeouts += 1
            self.close(Reason.KEEP_ALIVE_TIMEOUT, "nothing heard for 1.5 keep alives")
            return now + _CLOSE_TIMEOUT
        return self._next_look(now)

    def _schedule(self, now: float) -> None:
        when = self._next_look(now)
        if when is None:
            self.exchange.wheel.remove(self)
        else:
            self.exchange.wheel.add(self, when)

    def _next_look(self, now: float) -> float | None:
        """Return when the keep alive or the grant may be over (MQTT 5 section 3.1.2.10)."""
        when: float | None = None
        if self.keep_alive:
            when = self.last + 1.5 * self.keep_alive + TICK
        if self.expires_at is not None:
            expires = now + max(0.0, self.expires_at - time.time())
            when = expires if when is None else min(when, expires)
        return when

    def _leave(self, what: str, level: int, *, publish_will: bool) -> None:
        """Part with the session. Nothing the client sent has an effect any more."""
        was_connected = self.state is State.CONNECTED
        self.state = State.CLOSED
        session, self.session = self.session, None
        will, self.will = self.will, None
        self._held = None
        self._buffer = b""
        self._partial = None
        exchange = self.exchange
        if logger.isEnabledFor(level):
            logger.log(
                level,
                "event=%s peer=%s listener=%s client=%s reason=%r",
                "disconnected" if was_connected else "not_connected",
                self.wire.peer,
                self.wire.listener,
                pseudonym(session.client_id) if session is not None else "-",
                what,
            )
        if was_connected:
            exchange.metrics.clients_connected -= 1
        if was_connected and session is not None and exchange.plugins is not None:
            exchange.plugins.disconnected(session)
        if session is not None and session.connection is self:
            exchange.detach(session, will if publish_will else None)

    def _hang_up(self) -> None:
        """Close the wire, and cut it if the client does not read what is left."""
        self.wire.close()
        self.exchange.wheel.add(self, self.exchange.wheel.now + _CLOSE_TIMEOUT)

    # -- in

    def feed(self, data: bytes) -> None:
        """Take a chunk of bytes from the client and act on the packets it completes."""
        if self.state is State.CLOSED:
            return
        self.last = self.exchange.wheel.now
        self.exchange.metrics.bytes_received += len(data)
        if self._partial is not None:
            # Grows in place: a packet that comes a byte at a time must not be copied each time.
            self._partial += data
            self._missing -= len(data)
            if self._missing > 0 or self._paused:
                return
            data = bytes(self._partial)
            self._partial = None
        elif self._buffer:
            data = self._buffer + data
            self._buffer = b""
        if self._paused:
            self._buffer = data
            return
        try:
            if self.state is State.OPENED and data and data[0] != CONNECT << 4:
                raise ProtocolViolation("the first packet is not CONNECT")  # [MQTT-3.1.0-1]
            self._read(data)
        except ProtocolViolation as violation:
            self._violated(violation)

    def hold(self) -> None:
        """Act on no further packet until `release`; what comes meanwhile waits on the wire."""
        self._paused = True
        self.wire.pause_reading()

    def release(self) -> None:
        """Go on after `hold`."""
        if not self._paused or self.state is State.CLOSED:
            return
        self._paused = False
        self.wire.resume_reading()
        if self._buffer or (self._partial is not None and self._missing <= 0):
            self.feed(b"")

    def _read(self, data: bytes) -> None:  # noqa: C901 - the hot path, no calls
        """Act on all whole packets in `data`, keep the rest."""
        position = 0
        end = len(data)
        budget = self.exchange.limits.turn_packets
        metrics = self.exchange.metrics
        tap = self.exchange.tap
        while end - position >= 2:
            first = data[position]
            length = data[position + 1]
            start = position + 2
            if length & 128:
                length &= 127
                shift = 7
                while True:
                    if start >= end:
                        if start - position > 4:
                            raise MalformedPacket("the remaining length has more than four bytes")
                        self._buffer = data[position:]
                        return
                    digit = data[start]
                    start += 1
                    length |= (digit & 127) << shift
                    if not digit & 128:
                        if not digit:
                            raise MalformedPacket("the remaining length is longer than need be")
                        break
                    shift += 7
                    if shift > 21:
                        raise MalformedPacket("the remaining length has more than four bytes")
            stop = start + length
            if stop - position > self.max_in:
                raise PacketTooLarge(stop - position, self.max_in)
            if stop > end:
                self._partial = bytearray(data[position:])
                self._missing = stop - end
                return
            position = stop
            metrics.packets_received += 1
            if tap is not None:
                tap.received(self, first, data[start:stop])
            if first & 0xF0 == 0x30 and self.state is State.CONNECTED:
                publishing.receive(self, first, data, start, stop)
            else:
                self._handle(first, data[start:stop])
            if self.state is State.CLOSED:
                return
            if self._paused:
                break
            budget -= 1
            if budget <= 0 and position < end:
                self.hold()
                asyncio.get_running_loop().call_soon(self.release)
                break
        if position < end:
            self._buffer = data[position:]

    def _handle(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if self.state is not State.CONNECTED:
            handshake.connect(self, first, body)
            return
        if kind == PINGREQ and first & 15 == 0 and not body:
            self.send(PINGRESP_PACKET)
            return
        handler = _HANDLERS.get(kind)
        if handler is None:
            if kind == CONNECT:
                raise ProtocolViolation("a second CONNECT")  # [MQTT-3.1.0-2]
            raise MalformedPacket(f"a client cannot send packet type {kind}")
        handler(self, self.codec.read(first, body))

    def _violated(self, violation: ProtocolViolation) -> None:
        """End the connection for a packet that breaks a rule (MQTT 5 section 4.13)."""
        self.exchange.metrics.protocol_violations += 1
        if self.state is State.OPENED:
            handshake.reject(self, violation)
        else:
            self.close(violation.reason, violation.detail)

    # -- out

    def send(self, packet: bytes) -> None:
        """Write a packet at the end of this turn of the loop, together with others."""
        out = self._out
        if not out:
            self.output.add(self)
        out.append(packet)
        self._out_size += len(packet)
        if self._out_size > _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Write all packets at once."""
        out = self._out
        if not out or self.state is State.CLOSED:
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

    def _write_now(self, packet: bytes) -> None:
        if packet:
            self._out.append(packet)
        self.flush()

    def publish(self, message: Message, retain: bool, ids: tuple[int, ...]) -> None:
        """Send a message at QoS 0, or drop it if too much waits for the client."""
        if self.clogged or self._held is not None:
            self._hold_back(message, retain, ids)
            return
        packet = self._packet(message, 0, retain, ids)
        if packet is not None:
            self.exchange.metrics.publish_sent += 1
            self.send(packet)

    def deliver(self, outgoing: Outgoing) -> None:
        """Send a message at QoS 1 or 2 if the client's quota allows it, or let it wait."""
        session = self.session
        if session is None:
            return
        if session.waiting is None and not self.clogged and session.inflight_count < self.quota:
            self._start(session, outgoing)
            return
        limits = self.exchange.limits
        if (
            session.queued_bytes + outgoing.message.size > limits.max_queued_bytes
            or session.queued >= limits.max_queued_messages
        ):
            self._overflow()
            return
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
        """Send retained messages, as fast as the client reads; none is dropped."""
        session = self.session
        if session is None:
            return
        for message, qos, retain, ids in messages:
            if qos:
                session.wait(Outgoing(message, qos, retain, ids, counts=False))
                continue
            if self._held is None:
                self._held = deque()
            self._held.append((message, retain, ids))
        if self._held is not None:
            self._drain()
        else:
            self.pump()

    def _start(self, session: Session, outgoing: Outgoing) -> None:
        message = outgoing.message
        packet = self._packet(message, outgoing.qos, outgoing.retain, outgoing.ids)
        if packet is None:
            return
        packet_id = session.assign(outgoing)
        self.exchange.metrics.publish_sent += 1
        self.send(with_id(packet, packet_id))

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
            if alias < 0 and self.aliases_out is not None:
                del self.aliases_out[message.topic]
            self.exchange.metrics.publish_dropped += 1
            return None
        return packet

    def _alias(self, topic: str) -> int:
        """Return the alias of the topic, negative if it is used for the first time."""
        aliases = self.aliases_out
        if aliases is None:
            aliases = self.aliases_out = {}
        alias = aliases.get(topic)
        if alias is not None:
            return alias
        if len(aliases) >= self.aliases_out_max:
            return 0
        alias = aliases[topic] = len(aliases) + 1
        return -alias

    def _hold_back(self, message: Message, retain: bool, ids: tuple[int, ...]) -> None:
        limits = self.exchange.limits
        if self._held_bytes + message.size > limits.max_queued_bytes:
            self.exchange.metrics.publish_dropped += 1
            return
        if self._held is None:
            self._held = deque()
        self._held_bytes += message.size
        self._held.append((message, retain, ids))

    def _drain(self) -> None:
        """Send what was held back, some at a time so that others have their turn."""
        budget = _DRAIN_TURN
        while self._held and not self.clogged and self.state is State.CONNECTED:
            if not budget:
                asyncio.get_running_loop().call_soon(self._drain)
                return
            budget -= 1
            message, retain, ids = self._held.popleft()
            packet = self._packet(message, 0, retain, ids)
            if packet is not None:
                self.exchange.metrics.publish_sent += 1
                self.send(packet)
        if self._held is not None and not self._held:
            self._held = None
            self._held_bytes = 0
            self.pump()

    def _overflow(self) -> None:
        """Cut off a client for which too much waits, once what goes on now is done."""
        self.exchange.metrics.slow_consumers += 1
        asyncio.get_running_loop().call_soon(
            lambda: self.close(Reason.QUOTA_EXCEEDED, "too many messages wait for the client")
        )


_NO_RIGHTS = Rights.nothing()

_HANDLERS: dict[int, Callable[[Connection, Any], None]] = {
    PUBACK: acknowledging.puback,
    PUBREC: acknowledging.pubrec,
    PUBREL: acknowledging.pubrel,
    PUBCOMP: acknowledging.pubcomp,
    SUBSCRIBE: subscribing.subscribe,
    UNSUBSCRIBE: subscribing.unsubscribe,
    DISCONNECT: Connection.disconnected,
    AUTH: handshake.authenticate_again,
}
