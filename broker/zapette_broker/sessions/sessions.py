"""The sessions of all clients: taken up, left, expired, discarded."""

from __future__ import annotations

import time
from collections.abc import Callable

from zapette_broker.access.authenticator import Grant
from zapette_broker.access.terms import Terms
from zapette_broker.codec.reasons import Reason
from zapette_broker.limits import Limits
from zapette_broker.message import Will
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.router import Router
from zapette_broker.session_budgets import Budgets
from zapette_broker.sessions.outgoing import Step
from zapette_broker.sessions.receiver import Receiver
from zapette_broker.sessions.session import NEVER, Session
from zapette_broker.sessions.wills import Wills
from zapette_broker.storage.state_store import Snapshot, StateStore, unix_end
from zapette_broker.timer_wheel import TimerWheel


class SessionExpiry:
    """A session without connection: its will may still be due, and it ends one day."""

    __slots__ = ("_sessions", "due", "ends_at", "session", "will", "will_at")

    def __init__(self, sessions: Sessions, session: Session, ends_at: float) -> None:
        self._sessions = sessions
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
            self._sessions.wills.publish(will)
        if now >= self.ends_at:
            self._sessions.expire(self.session)
            return None
        return self.next if self.next != float("inf") else None


class Sessions:
    """Gives connections their sessions, and decides what becomes of sessions without one.

    Attributes:
        by_client_id: all sessions.
        wills: publishes those that are due.
    """

    def __init__(
        self,
        limits: Limits,
        timers: TimerWheel,
        metrics: Metrics,
        store: StateStore,
        budgets: Budgets,
        router: Router,
        wills: Wills,
    ) -> None:
        self.by_client_id: dict[str, Session] = {}
        self._expiries: dict[Session, SessionExpiry] = {}
        self._limits = limits
        self._timers = timers
        self._metrics = metrics
        self._store = store
        self._budgets = budgets
        self._router = router
        self.wills = wills

    def attach(
        self,
        connection: Receiver,
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
        session = self.by_client_id.get(client_id)
        if session is not None and session.connection is not None:
            self._metrics.takeovers += 1
            session.connection.close(Reason.SESSION_TAKEN_OVER, "the client id connected again")
            session = self.by_client_id.get(client_id)
        if session is not None and not session.expiry:
            # It is there only for a will that the broker's own end has delayed.
            self._cancel_expiry(session)
            self.end(session)
            session = None
        if session is not None and (clean or session.username != grant.username):
            self.end(session)
            session = None
        present = session is not None
        if session is None:
            session = self.by_client_id[client_id] = Session(client_id)
        else:
            self._cancel_expiry(session)
        session.connection = connection
        session.username = grant.username
        session.tag = grant.tag
        session.expiry = expiry
        if present:
            self._budgets.leave(session)
        self._budgets.enter(session, terms)
        if present:
            self._keep_permitted(session, grant)
        self._store.save(session, None)
        return session, present

    def detach(self, session: Session, will: Will | None) -> None:
        """Take the connection away from the session; `will` is due now or after its delay."""
        session.connection = None
        if not session.expiry:
            # The session ends here, and with it the wait of the will [MQTT-3.1.2-8].
            self.end(session)
            if will is not None:
                self.wills.publish(will)
            return
        self._budgets.away(session)
        now = self._timers.time()
        ends_at = now + session.expiry if session.expiry != NEVER else float("inf")
        expiry = SessionExpiry(self, session, ends_at)
        if will is not None:
            if will.delay:
                expiry.will = will
                expiry.will_at = min(now + will.delay, ends_at)
            else:
                self.wills.publish(will)
        self._await_expiry(expiry)
        self._store.save(session, unix_end(session.expiry))

    def end(self, session: Session) -> None:
        """Forget the session with all it holds; a will still waiting is published."""
        self._store.drop(session)
        is_first_time = self.by_client_id.get(session.client_id) is session
        if is_first_time:
            del self.by_client_id[session.client_id]
        for subscription in session.subscriptions.values():
            self._router.unlink(subscription)
        self._budgets.leave(session)
        session.subscriptions.clear()
        if is_first_time:
            self._router.pass_on(session)
        # what it published and the broker retains still refers to it
        session.inflight = session.waiting = session.received = None
        expiry = self._expiries.pop(session, None)
        if expiry is not None:
            self._timers.remove(expiry)
            if expiry.will is not None:
                self.wills.publish(expiry.will)

    def make_room(self, client_id: str, terms: Terms) -> None:
        """End absent sessions until there is room for a new one.

        Raises:
            OverBudgetError: there is none.
        """
        if client_id in self.by_client_id:
            return
        while (session := self._budgets.session_to_end(terms)) is not None:
            self._metrics.sessions_evicted += 1
            self.end(session)

    def expire(self, session: Session) -> None:
        """End a session whose client stayed away too long."""
        self._metrics.sessions_expired += 1
        self.end(session)

    def discard(self, which: Callable[[Session], bool], reason: str) -> int:
        """End at once the connections and sessions that `which` picks, wills unpublished."""
        picked = [session for session in self.by_client_id.values() if which(session)]
        for session in picked:
            if session.connection is not None:
                session.expiry = 0
                session.connection.drop_will()
                session.connection.close(Reason.NOT_AUTHORIZED, reason)
            self._cancel_expiry(session)
            self.end(session)
        self._metrics.revoked += len(picked)
        return len(picked)

    def close_all(self) -> None:
        """End all connections, because the broker stops."""
        for session in list(self.by_client_id.values()):
            if session.connection is not None:
                session.connection.close(Reason.SERVER_SHUTTING_DOWN, "the broker stops")

    def restore(self, left: Snapshot) -> None:
        """Take up the sessions and wills of a broker that ended, in order or not.

        Clients that were connected have some seconds to come back before their wills are
        published.
        """
        now, today = self._timers.time(), time.time()
        for session, ends_at in left.sessions:
            terms = self._budgets.terms_of(session.tag)
            most = self._limits.max_session_expiry
            if terms.session_expiry is not None:
                most = min(most, terms.session_expiry)
            # as if its client had left with the expiry that it may have now
            too_long = max(0, session.expiry - most)
            session.expiry -= too_long
            if not session.expiry or (ends_at is not None and ends_at - too_long <= today):
                self.end(session)
                continue
            self.by_client_id[session.client_id] = session
            self._budgets.enter(session, terms)
            for subscription in session.subscriptions.values():
                self._router.link(subscription)
            left_for = float(session.expiry if session.expiry != NEVER else "inf")
            if ends_at is None:
                self._store.save(session, unix_end(session.expiry))
            else:
                # not above the expiry, also after the clock was set back
                left_for = min(left_for, ends_at - too_long - today)
            self._await_expiry(SessionExpiry(self, session, now + left_for))
        for client_id, (message, delay, username) in left.wills.items():
            self._restore_will(Will(client_id, message, delay), username, now)

    def _restore_will(self, will: Will, username: str | None, now: float) -> None:
        session = self.by_client_id.get(will.client_id)
        due = now + max(will.delay, self._limits.restart_will_delay)
        if session is None:
            session = self.by_client_id[will.client_id] = Session(will.client_id)
            session.username = username
            self._budgets.enter(session, self._budgets.terms_of(None))
        expiry = self._expiries.get(session) or SessionExpiry(self, session, due)
        expiry.will = will
        expiry.will_at = due
        self._await_expiry(expiry)

    def _await_expiry(self, expiry: SessionExpiry) -> None:
        self._expiries[expiry.session] = expiry
        if expiry.next != float("inf"):
            self._timers.add(expiry, expiry.next)

    def _cancel_expiry(self, session: Session) -> None:
        """Take note that the client is back: its delayed will is not published [MQTT-3.1.3-9]."""
        expiry = self._expiries.pop(session, None)
        if expiry is None:
            return
        self._timers.remove(expiry)
        if expiry.will is not None:
            self.wills.drop(expiry.will)

    def _keep_permitted(self, session: Session, grant: Grant) -> None:
        """Drop what the session holds from times when its client had more rights."""
        may_subscribe = grant.rights.may_subscribe
        for name in [name for name in session.subscriptions if not may_subscribe(name)]:
            self._router.unsubscribe(session, name)
        denied = {
            outgoing
            for outgoing in session.pending()
            if outgoing.step is not Step.RELEASED and not may_subscribe(outgoing.message.topic)
        }
        if not denied:
            return
        for outgoing in denied:
            self._store.delivered(outgoing)
        for packet_id in [p for p, o in (session.inflight or {}).items() if o in denied]:
            session.forget(packet_id)
        for outgoing in session.take_waiting():
            if outgoing not in denied:
                session.wait(outgoing)
