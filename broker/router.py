"""Sessions, subscriptions and retained messages together: who gets what."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from amqtt.contexts import Action

from broker.access.logins import FailedLogins
from broker.amqtt.views import PluginSession
from broker.budgets import Budgets
from broker.limits import Limits
from broker.message import Message
from broker.monitoring.metrics import Metrics
from broker.session import Outgoing, Session, ShareGroup, Subscription, pseudonym
from broker.sessions import Registry
from broker.subscriptions import RetainedMessages, SubscriptionTree
from broker.timers import TimerWheel

if TYPE_CHECKING:
    from collections.abc import Coroutine, Hashable

    from broker.access.authorizer import Gate
    from broker.amqtt.plugins import Plugins
    from broker.budgets import TermsOf
    from broker.storage.store import Left, Store
    from broker.subscriptions import OwnerOf

logger = logging.getLogger("broker")


class Exchange:
    """All state of a broker that is not a socket; runs in one event loop."""

    def __init__(
        self,
        limits: Limits,
        wheel: TimerWheel,
        metrics: Metrics,
        gate: Gate,
        plugins: Plugins | None = None,
        store: Store | None = None,
        *,
        terms_of: TermsOf | None = None,
        owner_of: OwnerOf | None = None,
    ) -> None:
        self.limits = limits
        self.wheel = wheel
        self.metrics = metrics
        self.gate = gate
        self.plugins = plugins
        self.store = store
        #: The plugins, if they want to see every packet.
        self.tap = plugins if plugins is not None and plugins.taps else None
        #: Whether plugins are asked before each message goes to each receiver.
        self._filters = plugins is not None and plugins.filters
        self._in_order = asyncio.Lock()
        self._tasks: set[asyncio.Future[None]] = set()
        self.logins = FailedLogins(limits)
        self.sessions: dict[str, Session] = {}
        self.budgets = Budgets(limits, terms_of)
        self.registry = Registry(self)
        self.subscriptions: SubscriptionTree[Subscription | ShareGroup] = SubscriptionTree()
        self.retained = RetainedMessages(owner_of)
        self._groups: dict[tuple[str, str], ShareGroup] = {}

    @property
    def changed(self) -> int:
        """Return a number that every change of what survives a crash changes."""
        return self.store.changed if self.store is not None else 0

    @property
    def shared_count(self) -> int:
        """Return how many subscriptions are shared."""
        return sum(len(group.members) for group in self._groups.values())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task that ends with the broker."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Cancel all tasks."""
        for task in list(self._tasks):
            task.cancel()

    def subscribe(self, subscription: Subscription) -> bool:
        """Add the subscription, or replace that of the same filter; True if it is new."""
        session = subscription.session
        name = subscription.name
        is_new = name not in session.subscriptions
        session.subscriptions[name] = subscription
        if is_new:
            for usage in session.usages:
                usage.subscriptions += 1
        if session.stored and self.store is not None:
            self.store.subscribe(subscription)
        self.link(subscription)
        return is_new

    def link(self, subscription: Subscription) -> None:
        """Let messages find the subscription."""
        if subscription.share is None:
            self.subscriptions.add(subscription.pattern, subscription)
            return
        group = self._groups.get((subscription.share, subscription.pattern))
        if group is None:
            group = ShareGroup(subscription.share)
            self._groups[subscription.share, subscription.pattern] = group
            self.subscriptions.add(subscription.pattern, group)
        group.members[subscription.key] = subscription

    def unsubscribe(self, session: Session, name: str) -> bool:
        """Remove the subscription to the filter as the client spelled it; False if none."""
        subscription = session.subscriptions.pop(name, None)
        if subscription is None:
            return False
        for usage in session.usages:
            usage.subscriptions -= 1
        self.unlink(subscription)
        if session.stored and self.store is not None:
            self.store.unsubscribe(session, name)
        return True

    def unlink(self, subscription: Subscription) -> None:
        """Let messages find the subscription no more."""
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
            if message.raw_version and entry.__class__ is Subscription:
                # Most messages: at QoS 0, to one client.
                session = entry.session
                if session.connection is not None and not (
                    entry.no_local and session is message.origin
                ):
                    identifier = entry.identifier
                    session.connection.publish(message, False, (identifier,) if identifier else ())
                return True
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
        if self.has_room(session, message):
            if session.stored and self.store is not None:
                self.store.queue(session, outgoing)
            session.wait(outgoing)

    def has_room(self, session: Session, message: Message) -> bool:
        """Tell whether the message may be queued for a client that is away; count it if not."""
        limits = self.limits
        size = message.size
        if (
            session.queued_bytes + size <= limits.max_queued_bytes
            and session.queued < limits.max_queued_messages
            and self.budgets.may_queue(session, size)
        ):
            return True
        self.metrics.publish_dropped += 1
        if not session.warned:
            session.warned = True
            logger.warning("event=queue_full client=%s", pseudonym(session.client_id))
        return False

    def retain(self, message: Message) -> bool:
        """Keep the message as its topic's retained one, an empty one clears; False if no room."""
        topic = message.topic
        old = self.retained.get(topic)
        if not message.payload:
            if old is not None:
                self.forget_retained(old)
                if self.plugins is not None:
                    self.plugins.retained(message)
            return True
        if not self._may_retain(message, old):
            return False
        self.retained.put(message)
        if message.expires_at is not None:
            self.wheel.add(*Fading.of(self, message))
        if self.store is not None and topic[0] != "$":
            self.store.retain(message)
        if self.plugins is not None:
            self.plugins.retained(message)
        return True

    def _may_retain(self, message: Message, old: Message | None) -> bool:
        """Tell whether there is room for a retained message in place of `old`."""
        limits = self.limits
        more = message.size - (old.size if old is not None else 0)
        most, most_bytes = limits.max_retained, limits.max_retained_bytes
        publisher = message.origin
        if isinstance(publisher, Session) and not publisher.reserve:
            most -= most // 10
            most_bytes -= most_bytes // 10
            count, size = self.retained.of_owner(message.topic)
            if size + more > limits.max_retained_bytes_of_owner or (
                old is None and count >= limits.max_retained_of_owner
            ):
                return False
        return self.retained.size + more <= most_bytes and (
            old is not None or len(self.retained) < most
        )

    def forget_owner(self, owner: Hashable) -> int:
        """Forget the retained messages on an owner's topics; return their number."""
        messages = self.retained.owned_by(owner)
        for message in messages:
            self.forget_retained(message)
        return len(messages)

    def forget_retained(self, message: Message) -> None:
        """Forget the message if it is still the retained one of its topic."""
        if self.retained.get(message.topic) is message:
            self.retained.remove(message.topic)
            if self.store is not None and message.topic[0] != "$":
                self.store.clear(message.topic)

    def restore(self, left: Left) -> None:
        """Take up what the broker left in the store when it ended."""
        for message in left.retained:
            if message.expired:
                if self.store is not None:
                    self.store.clear(message.topic)
                continue
            self.retained.put(message)
            if message.expires_at is not None:
                self.wheel.add(*Fading.of(self, message))
        self.registry.restore(left)


class Fading:
    """A retained message that expires."""

    __slots__ = ("_exchange", "_message", "due")

    def __init__(self, exchange: Exchange, message: Message) -> None:
        self._exchange = exchange
        self._message = message
        self.due = 0

    @classmethod
    def of(cls, exchange: Exchange, message: Message) -> tuple[Fading, float]:
        """Return it, and the time of the loop at which it is over."""
        left = (message.expires_at or 0.0) - time.time()
        return cls(exchange, message), exchange.wheel.time() + left

    def on_time(self, now: float) -> None:  # noqa: ARG002
        """Forget the message."""
        self._exchange.forget_retained(self._message)
