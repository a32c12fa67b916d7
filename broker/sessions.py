"""The sessions of all clients: taken up, left, expired, discarded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.codec.reasons import Reason
from broker.session import NEVER, Session, Step
from broker.storage.store import unix_end

if TYPE_CHECKING:
    from broker.access.authenticator import Grant
    from broker.budgets import Terms
    from broker.connection import Connection
    from broker.message import Message
    from broker.router import Exchange
    from broker.storage.store import Left


@dataclass(frozen=True, slots=True)
class Will:
    """The will of a connection: what to publish, and seconds to wait before (MQTT 5 3.1.3.2.2)."""

    client_id: str
    message: Message
    delay: float = 0.0


class Departure:
    """A session without connection: its will may still be due, and it ends one day."""

    __slots__ = ("_registry", "due", "ends_at", "session", "will", "will_at")

    def __init__(self, registry: Registry, session: Session, ends_at: float) -> None:
        self._registry = registry
        self.session = session
        self.due = 0
        self.ends_at = ends_at
        self.will: Will | None = None
        self.will_at = 0.0

    @property
    def next(self) -> float:
        """Return when something is to happen."""
        return min(self.will_at, self.ends_at) if self.will is not None else self.ends_at

    def on_time(self, now: float) -> float | None:
        """Publish the will or end the session, whichever is due."""
        if self.will is not None and now >= self.will_at:
            will, self.will = self.will, None
            self._registry.publish_will(will)
        if now >= self.ends_at:
            self._registry.expire(self.session)
            return None
        return self.next if self.next != float("inf") else None


class Registry:
    """Gives connections their sessions, and decides what becomes of sessions without one."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sessions = exchange.sessions
        self._budgets = exchange.budgets

    def attach(
        self,
        connection: Connection,
        client_id: str,
        grant: Grant,
        terms: Terms,
        *,
        clean: bool,
        expiry: int,
    ) -> tuple[Session, bool]:
        """Give the connection its session, and tell whether it was there before.

        A connection that the client id has already is ended [MQTT-3.1.4-3]. A session that
        someone else left under this client id is not taken up.
        """
        session = self._sessions.get(client_id)
        if session is not None and session.connection is not None:
            self._exchange.metrics.takeovers += 1
            session.connection.close(Reason.SESSION_TAKEN_OVER, "the client id connected again")
            session = self._sessions.get(client_id)
        if session is not None and not session.expiry:
            # It is there only for a will that the broker's own end has delayed.
            self._cancel_departure(session)
            self.end(session)
            session = None
        if session is not None and (clean or session.username != grant.username):
            self.end(session)
            session = None
        present = session is not None
        if session is None:
            session = self._sessions[client_id] = Session(client_id)
        else:
            self._cancel_departure(session)
        session.connection = connection
        session.username = grant.username
        session.tag = grant.tag
        session.expiry = expiry
        if present:
            self._budgets.leave(session)
        self._budgets.enter(session, terms)
        if present:
            self._keep_permitted(session, grant)
        self._save(session, None)
        return session, present

    def detach(self, session: Session, will: Will | None) -> None:
        """Take the connection away from the session; `will` is due now or after its delay."""
        session.connection = None
        if not session.expiry:
            # The session ends here, and with it the wait of the will [MQTT-3.1.2-8].
            self.end(session)
            if will is not None:
                self.publish_will(will)
            return
        self._budgets.away(session)
        now = self._exchange.wheel.time()
        departure = Departure(
            self, session, now + session.expiry if session.expiry != NEVER else float("inf")
        )
        if will is not None:
            if will.delay:
                departure.will = will
                departure.will_at = min(now + will.delay, departure.ends_at)
            else:
                self.publish_will(will)
        self._depart(departure)
        self._save(session, unix_end(session.expiry))

    def end(self, session: Session) -> None:
        """Forget the session with all it holds; a will still waiting is published."""
        if session.stored and self._exchange.store is not None:
            self._exchange.store.drop(session)
        if self._sessions.get(session.client_id) is session:
            del self._sessions[session.client_id]
        for subscription in session.subscriptions.values():
            self._exchange.unlink(subscription)
        self._budgets.leave(session)
        session.subscriptions.clear()
        departure = session.departure
        if departure is not None:
            session.departure = None
            self._exchange.wheel.remove(departure)
            if departure.will is not None:
                self.publish_will(departure.will)

    def make_room(self, client_id: str, terms: Terms) -> None:
        """End absent sessions until there is room for a new one.

        Raises:
            OverBudgetError: there is none.
        """
        if client_id in self._sessions:
            return
        while (session := self._budgets.session_to_end(terms)) is not None:
            self._exchange.metrics.sessions_evicted += 1
            self.end(session)

    def expire(self, session: Session) -> None:
        """End a session whose client stayed away too long."""
        self._exchange.metrics.sessions_expired += 1
        self.end(session)

    def discard(self, which: Callable[[Session], bool], reason: str) -> int:
        """End at once the connections and sessions that `which` picks, wills unpublished."""
        picked = [session for session in self._sessions.values() if which(session)]
        for session in picked:
            if session.connection is not None:
                session.expiry = 0
                session.connection.drop_will()
                session.connection.close(Reason.NOT_AUTHORIZED, reason)
            self._cancel_departure(session)
            self.end(session)
        self._exchange.metrics.revoked += len(picked)
        return len(picked)

    def close_all(self) -> None:
        """End all connections, because the broker stops."""
        for session in list(self._sessions.values()):
            if session.connection is not None:
                session.connection.close(Reason.SERVER_SHUTTING_DOWN, "the broker stops")

    def publish_will(self, will: Will) -> None:
        """Publish a will message, whose rights were checked when its client connected."""
        exchange = self._exchange
        exchange.metrics.wills_published += 1
        self.forget_will(will)
        if will.message.retain:
            exchange.retain(will.message)
        exchange.publish(will.message)

    def keep_will(self, session: Session, will: Will) -> None:
        """See to it that the will is published even if the broker dies first."""
        if self._exchange.store is not None:
            self._exchange.store.set_will(session, will.message, will.delay)

    def forget_will(self, will: Will) -> None:
        """Take note that the will is not to be published any more."""
        if self._exchange.store is not None:
            self._exchange.store.clear_will(will.client_id)

    def restore(self, left: Left) -> None:
        """Take up the sessions and wills of a broker that ended, in order or not.

        Clients that were connected have some seconds to come back before their wills are
        published.
        """
        limits = self._exchange.limits
        now, today = self._exchange.wheel.time(), time.time()
        for session, ends_at in left.sessions:
            terms = self._budgets.terms_of(session.tag)
            most = limits.max_session_expiry
            if terms.session_expiry is not None:
                most = min(most, terms.session_expiry)
            # as if its client had left with the expiry that it may have now
            too_long = max(0, session.expiry - most)
            session.expiry -= too_long
            if not session.expiry or (ends_at is not None and ends_at - too_long <= today):
                self.end(session)
                continue
            self._sessions[session.client_id] = session
            self._budgets.enter(session, terms)
            for subscription in session.subscriptions.values():
                self._exchange.link(subscription)
            left_for = float(session.expiry if session.expiry != NEVER else "inf")
            if ends_at is None:
                self._save(session, unix_end(session.expiry))
            else:
                left_for = ends_at - too_long - today
            self._depart(Departure(self, session, now + left_for))
        for client_id, (message, delay, username) in left.wills.items():
            self._restore_will(Will(client_id, message, delay), username, now)

    def _restore_will(self, will: Will, username: str | None, now: float) -> None:
        session = self._sessions.get(will.client_id)
        due = now + max(will.delay, self._exchange.limits.restart_will_delay)
        if session is None:
            session = self._sessions[will.client_id] = Session(will.client_id)
            session.username = username
            self._budgets.enter(session, self._budgets.terms_of(None))
            departure = Departure(self, session, due)
        else:
            departure = session.departure or Departure(self, session, due)
        departure.will = will
        departure.will_at = due
        self._depart(departure)

    def _depart(self, departure: Departure) -> None:
        departure.session.departure = departure
        if departure.next != float("inf"):
            self._exchange.wheel.add(departure, departure.next)

    def _cancel_departure(self, session: Session) -> None:
        """Take note that the client is back: its delayed will is not published [MQTT-3.1.3-9]."""
        departure = session.departure
        if departure is None:
            return
        session.departure = None
        self._exchange.wheel.remove(departure)
        if departure.will is not None:
            self.forget_will(departure.will)

    def _save(self, session: Session, ends_at: float | None) -> None:
        """Keep in the store what outlives its connection, and only that."""
        store = self._exchange.store
        if store is None:
            return
        if session.expiry:
            store.save(session, ends_at)
        elif session.stored:
            store.drop(session)

    def _keep_permitted(self, session: Session, grant: Grant) -> None:
        """Drop what the session holds from times when its client had more rights."""
        may_subscribe = grant.rights.may_subscribe
        for name in [name for name in session.subscriptions if not may_subscribe(name)]:
            self._exchange.unsubscribe(session, name)
        denied = {
            outgoing
            for outgoing in session.pending()
            if outgoing.step is not Step.RELEASED and not may_subscribe(outgoing.message.topic)
        }
        if not denied:
            return
        store = self._exchange.store
        if store is not None:
            for outgoing in denied:
                store.delivered(outgoing)
        for packet_id in [p for p, o in (session.inflight or {}).items() if o in denied]:
            session.forget(packet_id)
        for outgoing in session.take_waiting():
            if outgoing not in denied:
                session.wait(outgoing)
