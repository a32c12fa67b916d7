"""Sessions, subscriptions and retained messages together: who gets what."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from amqtt.contexts import Action

from broker.authenticator import Grant
from broker.limits import Limits
from broker.logins import FailedLogins
from broker.message import Message
from broker.metrics import Metrics
from broker.plugin_views import PluginSession
from broker.reasons import Reason
from broker.routing import RetainedMessages, SubscriptionTree
from broker.session import NEVER, Outgoing, Session, ShareGroup, Subscription
from broker.timers import TimerWheel

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from broker.connection import Connection
    from broker.gate import Gate
    from broker.plugins import Plugins

logger = logging.getLogger("broker")


@dataclass(frozen=True, slots=True)
class Will:
    """The will of a connection: what to publish, and seconds to wait before (MQTT 5 3.1.3.2.2)."""

    message: Message
    delay: float = 0.0


class Departure:
    """A session without connection: its will may still be due, and it ends one day."""

    __slots__ = ("_exchange", "due", "ends_at", "session", "will", "will_at")

    def __init__(self, exchange: Exchange, session: Session) -> None:
        self._exchange = exchange
        self.session = session
        self.due = 0
        self.ends_at = 0.0
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
            self._exchange.publish_will(will)
        if now >= self.ends_at:
            self._exchange.end_session(self.session)
            return None
        return self.next


class Exchange:
    """All state of a broker that is not a socket; runs in one event loop."""

    def __init__(
        self,
        limits: Limits,
        wheel: TimerWheel,
        metrics: Metrics,
        gate: Gate,
        plugins: Plugins | None = None,
    ) -> None:
        self.limits = limits
        self.wheel = wheel
        self.metrics = metrics
        self.gate = gate
        self.plugins = plugins
        #: The plugins, if they want to see every packet.
        self.tap = plugins if plugins is not None and plugins.taps else None
        #: Whether plugins are asked before each message goes to each receiver.
        self._filters = plugins is not None and plugins.filters
        self._in_order = asyncio.Lock()
        self._tasks: set[asyncio.Future[None]] = set()
        self.logins = FailedLogins(limits)
        self.sessions: dict[str, Session] = {}
        self.subscriptions: SubscriptionTree[Subscription | ShareGroup] = SubscriptionTree()
        self.retained = RetainedMessages()
        self._groups: dict[tuple[str, str], ShareGroup] = {}

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task that ends with the broker."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Cancel all tasks."""
        for task in list(self._tasks):
            task.cancel()

    # -- sessions

    def attach(
        self, connection: Connection, client_id: str, grant: Grant, *, clean: bool, expiry: int
    ) -> tuple[Session, bool]:
        """Give the connection its session, and tell whether it was there before.

        A connection that the client id has already is ended [MQTT-3.1.4-3]. A session that
        someone else left under this client id is not taken up.
        """
        session = self.sessions.get(client_id)
        if session is not None and session.connection is not None:
            self.metrics.takeovers += 1
            session.connection.close(Reason.SESSION_TAKEN_OVER, "the client id connected again")
            session = self.sessions.get(client_id)
        if session is not None and (clean or session.username != grant.username):
            self.end_session(session)
            session = None
        present = session is not None
        if session is None:
            session = self.sessions[client_id] = Session(client_id)
        elif session.departure is not None:
            # The client is back in time: its delayed will is not published [MQTT-3.1.3-9].
            self.wheel.remove(session.departure)
            session.departure = None
        session.connection = connection
        session.username = grant.username
        session.tag = grant.tag
        session.expiry = expiry
        if present:
            self._keep_permitted(session, grant)
        return session, present

    def detach(self, session: Session, will: Will | None) -> None:
        """Take the connection away from the session; `will` is due now or after its delay."""
        session.connection = None
        if not session.expiry:
            # The session ends here, and with it the wait of the will [MQTT-3.1.2-8].
            self.end_session(session)
            if will is not None:
                self.publish_will(will)
            return
        now = self.wheel.now
        departure = session.departure = Departure(self, session)
        departure.ends_at = now + session.expiry if session.expiry != NEVER else float("inf")
        if will is not None:
            if will.delay:
                departure.will = will
                departure.will_at = min(now + will.delay, departure.ends_at)
            else:
                self.publish_will(will)
        if departure.next != float("inf"):
            self.wheel.add(departure, departure.next)

    def end_session(self, session: Session) -> None:
        """Forget the session with all it holds; a will still waiting is published."""
        if self.sessions.get(session.client_id) is session:
            del self.sessions[session.client_id]
        for subscription in session.subscriptions.values():
            self._withdraw(subscription)
        session.subscriptions.clear()
        departure = session.departure
        if departure is not None:
            session.departure = None
            self.wheel.remove(departure)
            if departure.will is not None:
                self.publish_will(departure.will)

    def discard(self, which: Callable[[Session], bool], reason: str) -> int:
        """End at once the connections and sessions that `which` picks, wills unpublished."""
        picked = [session for session in self.sessions.values() if which(session)]
        for session in picked:
            if session.connection is not None:
                session.expiry = 0
                session.connection.will = None
                session.connection.close(Reason.NOT_AUTHORIZED, reason)
            if session.departure is not None:
                session.departure.will = None
            self.end_session(session)
        self.metrics.revoked += len(picked)
        return len(picked)

    def close_all(self) -> None:
        """End all connections, because the broker stops."""
        for session in list(self.sessions.values()):
            if session.connection is not None:
                session.connection.close(Reason.SERVER_SHUTTING_DOWN, "the broker stops")

    # -- subscriptions

    def subscribe(self, subscription: Subscription) -> bool:
        """Add the subscription, or replace that of the same filter; True if it is new."""
        session = subscription.session
        name = subscription.name
        is_new = name not in session.subscriptions
        session.subscriptions[name] = subscription
        if subscription.share is None:
            self.subscriptions.add(subscription.pattern, subscription)
            return is_new
        group = self._groups.get((subscription.share, subscription.pattern))
        if group is None:
            group = ShareGroup(subscription.share)
            self._groups[subscription.share, subscription.pattern] = group
            self.subscriptions.add(subscription.pattern, group)
        group.members[session.client_id] = subscription
        return is_new

    def unsubscribe(self, session: Session, name: str) -> bool:
        """Remove the subscription to the filter as the client spelled it; False if none."""
        subscription = session.subscriptions.pop(name, None)
        if subscription is None:
            return False
        self._withdraw(subscription)
        return True

    def _withdraw(self, subscription: Subscription) -> None:
        if subscription.share is None:
            self.subscriptions.remove(subscription.pattern, subscription.key)
            return
        place = (subscription.share, subscription.pattern)
        group = self._groups.get(place)
        if group is None:
            return
        group.members.pop(subscription.key, None)
        if not group.members:
            del self._groups[place]
            self.subscriptions.remove(subscription.pattern, group.key)

    def _keep_permitted(self, session: Session, grant: Grant) -> None:
        """Drop what the session holds from times when its client had more rights."""
        may_subscribe = grant.rights.may_subscribe
        for name in [n for n in session.subscriptions if not may_subscribe(n)]:
            self.unsubscribe(session, name)
        if session.waiting:
            kept = [o for o in session.waiting if may_subscribe(o.message.topic)]
            session.waiting = None
            session.queued = session.queued_bytes = 0
            for outgoing in kept:
                session.wait(outgoing)

    # -- messages

    def publish(self, message: Message) -> bool:
        """Send the message to whoever subscribes to its topic; False if there is nobody."""
        matched = self.subscriptions.match(message.topic)
        if not matched:
            return False
        if self._filters:
            self.run(self._publish_filtered(message))
            return True
        if len(matched) == 1:
            entry = matched[0]
            subscription = entry.choose() if isinstance(entry, ShareGroup) else entry
            if subscription is not None:
                self._deliver_one(subscription, message)
            return True
        self._deliver_all(matched, message)
        return True

    async def _publish_filtered(self, message: Message) -> None:
        """Send the message to those subscribers that the topic plugins let receive it."""
        async with self._in_order:
            permitted: list[Subscription | ShareGroup] = []
            for entry in self.subscriptions.match(message.topic):
                chosen = entry.choose() if isinstance(entry, ShareGroup) else entry
                if chosen is not None and await self.may_receive(chosen.session, message.topic):
                    permitted.append(chosen)
            if permitted:
                self._deliver_all(permitted, message)

    async def may_receive(self, session: Session, topic: str) -> bool:
        """Ask the topic plugins whether a message may go to the session."""
        plugins = self.plugins
        if plugins is None:
            return True
        return await plugins.may(PluginSession.of(session), topic, Action.RECEIVE)

    def _deliver_one(self, subscription: Subscription, message: Message) -> None:
        session = subscription.session
        if subscription.no_local and session is message.origin:
            return
        qos = message.qos
        if qos > subscription.qos:
            qos = subscription.qos
        identifier = subscription.identifier
        self.deliver(
            session,
            message,
            qos,
            message.retain and subscription.retain_as_published,
            (identifier,) if identifier else (),
        )

    def _deliver_all(self, matched: list[Subscription | ShareGroup], message: Message) -> None:
        """Deliver once to each session, by the best of its subscriptions [MQTT-3.3.4-2]."""
        plain: dict[Session, Subscription | list[Subscription]] = {}
        for entry in matched:
            if isinstance(entry, ShareGroup):
                chosen = entry.choose()
                if chosen is not None:
                    self._deliver_one(chosen, message)
                continue
            session = entry.session
            if entry.no_local and session is message.origin:
                continue
            other = plain.get(session)
            if other is None:
                plain[session] = entry
            elif isinstance(other, list):
                other.append(entry)
            else:
                plain[session] = [other, entry]
        for session, found in plain.items():
            if not isinstance(found, list):
                self._deliver_one(found, message)
                continue
            self.deliver(
                session,
                message,
                min(message.qos, max(subscription.qos for subscription in found)),
                message.retain and any(s.retain_as_published for s in found),
                tuple(s.identifier for s in found if s.identifier),
            )

    def deliver(
        self, session: Session, message: Message, qos: int, retain: bool, ids: tuple[int, ...]
    ) -> None:
        """Send the message to one session, or queue it there."""
        connection = session.connection
        if not qos:
            if connection is not None:
                connection.publish(message, retain, ids)
            return
        outgoing = Outgoing(message, qos, retain, ids)
        if connection is not None:
            connection.deliver(outgoing)
            return
        if self._has_room(session, message):
            session.wait(outgoing)

    def _has_room(self, session: Session, message: Message) -> bool:
        limits = self.limits
        if (
            session.queued_bytes + message.size <= limits.max_queued_bytes
            and session.queued < limits.max_queued_messages
        ):
            return True
        self.metrics.publish_dropped += 1
        if not session.warned:
            session.warned = True
            logger.warning("event=queue_full client=%s", pseudonym(session.client_id))
        return False

    def retain(self, message: Message) -> bool:
        """Keep the message as its topic's retained one, an empty one clears; False if no room."""
        if not message.payload:
            if self.retained.remove(message.topic) is not None and self.plugins is not None:
                self.plugins.retained(message)
            return True
        old = self.retained.get(message.topic)
        size = self.retained.size + message.size - (old.size if old is not None else 0)
        if size > self.limits.max_retained_bytes or (
            old is None and len(self.retained) >= self.limits.max_retained
        ):
            return False
        self.retained.put(message)
        if self.plugins is not None:
            self.plugins.retained(message)
        return True

    def publish_will(self, will: Will) -> None:
        """Publish a will message, whose rights were checked when its client connected."""
        self.metrics.wills_published += 1
        if will.message.retain:
            self.retain(will.message)
        self.publish(will.message)


def pseudonym(client_id: str) -> str:
    """Return what stands for a client id in the log, where no player's id may be read."""
    return blake2s(client_id.encode(), digest_size=5).hexdigest()
