"""One client's connection: its life from CONNECT to the end."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from mqtt5 import DisconnectPacket

from zapette_broker.access.acl import Rights
from zapette_broker.access.authenticator import Grant
from zapette_broker.codec.reasons import Reason
from zapette_broker.connection.packet_reader import PacketReader, ReaderContext, State
from zapette_broker.errors import ProtocolViolation
from zapette_broker.message import Will
from zapette_broker.sessions.pseudonym import pseudonym
from zapette_broker.sessions.session import Session
from zapette_broker.sessions.wills import Wills
from zapette_broker.transports.transport import Transport

logger = logging.getLogger("broker")

_CLOSE_TIMEOUT = 2.0


class SessionOwner(Protocol):
    """What becomes of a session when its connection ends."""

    def detach(self, session: Session, will: Will | None) -> None:
        """Take the connection away from the session; `will` is due now or after its delay."""


@dataclass(frozen=True, slots=True)
class ConnectionContext(ReaderContext):
    """What all connections of a broker share."""

    sessions: SessionOwner
    wills: Wills


class Connection(PacketReader):
    """The protocol state of one client's connection; the transport below does the I/O.

    Bytes come in by `feed`, and go out by `Transport.write`.

    Attributes:
        rights: what the client may do; nothing before it is authenticated.
        will: what to publish if the connection ends without DISCONNECT.
        expires_at: Unix time at which the grant ends, None for never.
        keep_alive: seconds, 0 for none.
        max_expiry: how long its session may outlive it at most, in seconds.
        pending_acks: QoS 2 messages of the client that it has not released.
        aliases_in: the topic aliases that the client has set.
        welcomed: CONNACK was sent; nothing may be before it.
    """

    __slots__ = (
        "aliases_in", "due", "expires_at", "keep_alive", "max_expiry", "pending_acks", "rights",
        "welcomed", "will",
    )  # fmt: skip

    context: ConnectionContext

    def __init__(self, context: ConnectionContext, transport: Transport) -> None:
        super().__init__(context, transport)
        self.rights = _NO_RIGHTS
        self.will: Will | None = None
        self.expires_at: float | None = None
        self.keep_alive = 0
        self.max_expiry = 0
        self.pending_acks = 0
        self.aliases_in: dict[int, str] | None = None
        self.welcomed = False
        self.due = 0

    def opened(self) -> None:
        """Begin to wait for CONNECT."""
        context = self.context
        context.metrics.connections_opened += 1
        self.last = context.timers.time()
        context.timers.add(self, self.last + context.limits.connect_timeout)

    def authenticating(self) -> None:
        """Wait for the answer of the authenticator, and for the delay of a failed login."""
        self.state = State.AUTHENTICATING
        limits, timers = self.context.limits, self.context.timers
        timeout = limits.connect_timeout + limits.max_login_delay
        timers.add(self, timers.time() + timeout)

    @property
    def waiting_for_login(self) -> bool:
        """Return whether the client is still there and not yet admitted."""
        return self.state is State.AUTHENTICATING

    def accepted(self, session: Session, grant: Grant) -> None:
        """Go on as the connection of `session`."""
        self.session = session
        self.pending_acks = len(session.received or ())
        self.rights = grant.rights
        self.expires_at = grant.expires_at
        self.state = State.CONNECTED
        self.transport.known(reserve=session.reserve)
        metrics = self.context.metrics
        metrics.connects_accepted += 1
        metrics.clients_connected += 1
        metrics.clients_maximum = max(metrics.clients_maximum, metrics.clients_connected)
        self._schedule(self.context.timers.time())

    def begin(self, connack: bytes) -> None:
        """Answer CONNECT, once what it changed would survive a crash.

        Until then nothing else is sent to the client, and nothing it sends is acted on.
        """
        self.writing_paused = True
        # a full disk locks nobody out: only if the broker dies, the session is lost
        self.after_commit_or_failure(partial(self._begin, connack))
        if self.writing_paused and not self.over:
            self.hold()

    def _begin(self, connack: bytes) -> None:
        self.send(connack)
        self.welcomed = True
        self.writing_paused = False
        self.resend()
        self.release()

    def close(self, reason: Reason, detail: str, *, level: int = logging.INFO) -> None:
        """End the connection from the broker's side; the client's will is published.

        An MQTT 5 client gets the reason in a DISCONNECT, if it had its CONNACK [MQTT-3.2.0-1].
        """
        if self.state is State.CLOSED:
            return
        if self.welcomed:
            farewell = self.codec.disconnect(reason, detail)
            if len(farewell) > self.max_out:
                farewell = self.codec.disconnect(reason, None)
            self.write_now(farewell)
        self._leave(f"{reason.name.lower()}: {detail}", level, publish_will=True)
        self._linger()

    def refuse(self, connack: bytes, detail: str) -> None:
        """Answer CONNECT with a refusal and end the connection."""
        if self.state is State.CLOSED:
            return
        self.context.metrics.connects_refused += 1
        self.write_now(connack)
        self._leave(f"refused: {detail}", logging.INFO, publish_will=False)
        self._linger()

    def cut(self, why: str) -> None:
        """End the connection for an error of the transport, which has told the client."""
        if self.state is not State.CLOSED:
            self._leave(f"transport: {why}", logging.INFO, publish_will=True)
            self._linger()

    def drop_will(self) -> None:
        """See to it that the will is never published."""
        will, self.will = self.will, None
        if will is not None:
            self.context.wills.drop(will)

    def overflowed(self) -> None:
        """End the connection because too much waits for the client."""
        if self.over:
            return
        self.context.metrics.slow_consumers += 1
        self.close(Reason.QUOTA_EXCEEDED, "too many messages wait for the client")

    def lost(self, error: Exception | None) -> None:
        """Take note that the transport is gone."""
        self.context.timers.remove(self)
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
            session.expiry = min(expiry, self.max_expiry)
        # only the code of a normal disconnection drops the will [MQTT-3.1.2-8]
        with_will = int(packet.reason_code) != Reason.SUCCESS
        self._leave("disconnected by the client", logging.INFO, publish_will=with_will)
        self._hang_up()

    def on_time(self, now: float) -> float | None:
        """End the connection if it is overdue; return when to look again."""
        if self.state is State.CLOSED:
            self.transport.abort()
            return None
        if self.state is not State.CONNECTED:
            self._leave("no CONNECT in time", logging.INFO, publish_will=False)
            self.transport.abort()
            return None
        if self.expires_at is not None and time.time() >= self.expires_at:
            self.context.metrics.expired_grants += 1
            self.close(Reason.NOT_AUTHORIZED, "token expired")
            return now + _CLOSE_TIMEOUT
        if self.keep_alive and now >= self.last + 1.5 * self.keep_alive:
            self.context.metrics.keep_alive_timeouts += 1
            self.close(Reason.KEEP_ALIVE_TIMEOUT, "no packet for 1.5 keep alives")
            return now + _CLOSE_TIMEOUT
        return self._next_look(now)

    def _schedule(self, now: float) -> None:
        when = self._next_look(now)
        if when is None:
            self.context.timers.remove(self)
        else:
            self.context.timers.add(self, when)

    def _next_look(self, now: float) -> float | None:
        """Return when the keep alive or the grant may be over (MQTT 5 section 3.1.2.10)."""
        when: float | None = None
        if self.keep_alive:
            when = self.last + 1.5 * self.keep_alive
        if self.expires_at is not None:
            expires = now + max(0.0, self.expires_at - time.time())
            when = expires if when is None else min(when, expires)
        return when

    def _leave(self, what: str, level: int, *, publish_will: bool) -> None:
        """Part with the session. Nothing the client sent has an effect any more."""
        was_connected = self.state is State.CONNECTED
        if not was_connected and not self._heard:
            level = logging.DEBUG  # a probe of the port: it said nothing, and nor does the log
        self.state = State.CLOSED
        self.over = True
        self.drop_held()
        session, self.session = self.session, None
        will, self.will = self.will, None
        self._buffer = b""
        self._partial = None
        context = self.context
        if logger.isEnabledFor(level):
            logger.log(
                level,
                "event=%s peer=%s listener=%s client=%s reason=%r",
                "disconnected" if was_connected else "not_connected",
                self.transport.peer,
                self.transport.listener,
                pseudonym(session.client_id) if session is not None else "-",
                what,
            )
        if was_connected:
            context.metrics.clients_connected -= 1
            if session is not None:
                context.hooks.disconnected(session)
        if session is not None and session.connection is self:
            if will is not None and not publish_will:
                context.wills.drop(will)
            context.sessions.detach(session, will if publish_will else None)

    def _linger(self) -> None:
        """Close the sending side, and all once the client has closed or had time to read."""
        self.transport.linger()
        self.context.timers.add(self, self.context.timers.time() + _CLOSE_TIMEOUT)

    def _hang_up(self) -> None:
        """Close the transport, and cut it if the client does not read what is left."""
        self.transport.close()
        self.context.timers.add(self, self.context.timers.time() + _CLOSE_TIMEOUT)


_NO_RIGHTS = Rights.nothing()
