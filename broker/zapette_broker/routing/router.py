"""Subscriptions and messages together: who gets what."""

from __future__ import annotations

import asyncio
import logging

from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.message import Message
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.subscriptions import ShareGroup, SubscriptionTree
from zapette_broker.session_budgets import Budgets
from zapette_broker.sessions.outgoing import Outgoing
from zapette_broker.sessions.pseudonym import pseudonym
from zapette_broker.sessions.session import Session, Subscription
from zapette_broker.storage.state_store import StateStore
from zapette_broker.tasks import Tasks

logger = logging.getLogger("broker")


class Router:
    """Finds the sessions that a message is for, and delivers it to them."""

    def __init__(
        self,
        limits: Limits,
        metrics: Metrics,
        budgets: Budgets,
        store: StateStore,
        hooks: Hooks,
        tasks: Tasks,
    ) -> None:
        self.subscriptions: SubscriptionTree[Subscription | ShareGroup] = SubscriptionTree()
        self._limits = limits
        self._metrics = metrics
        self._budgets = budgets
        self._store = store
        self._hooks = hooks
        self._tasks = tasks
        self._filters = hooks.filters
        self._in_order = asyncio.Lock()
        self._groups: dict[tuple[str, str], ShareGroup] = {}

    @property
    def shared_count(self) -> int:
        """Return how many subscriptions are shared."""
        return sum(len(group.members) for group in self._groups.values())

    def subscribe(self, subscription: Subscription) -> bool:
        """Add the subscription, or replace that of the same filter; True if it is new."""
        session = subscription.session
        name = subscription.name
        is_new = name not in session.subscriptions
        session.subscriptions[name] = subscription
        if is_new:
            for usage in session.usages:
                usage.subscriptions += 1
        self._store.subscribe(subscription)
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
        self._store.unsubscribe(session, name)
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
        """Send the message to the subscribers of its topic; False if there is nobody."""
        matched = self.subscriptions.match(message.topic)
        if not matched:
            return False
        if self._filters:
            self._tasks.run(self._publish_filtered(message))
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
                if chosen is not None and await self._hooks.may(
                    chosen.session, message.topic, "receive"
                ):
                    permitted.append(chosen)
            if permitted:
                self._deliver_all(permitted, message)

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
            None if subscription.share is None else (subscription.share, subscription.pattern),
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
        self,
        session: Session,
        message: Message,
        qos: int,
        retain: bool,
        ids: tuple[int, ...],
        share: tuple[str, str] | None = None,
    ) -> None:
        """Send the message to one session, or queue it there."""
        connection = session.connection
        if not qos:
            if connection is not None:
                connection.publish(message, retain, ids)
            return
        outgoing = Outgoing(message, qos, retain, ids, share=share)
        if connection is not None:
            connection.deliver(outgoing)
            return
        if self.has_room(session, message):
            self._store.queue(session, outgoing)
            session.wait(outgoing)

    def pass_on(self, session: Session) -> None:
        """Give the QoS 1 messages of a session that has ended to other members of their shares.

        MQTT 5 section 4.8.2. With topic plugins, which would have to agree, they are dropped.
        """
        for outgoing in () if self._filters else session.pending():
            if outgoing.share is not None and outgoing.qos == 1:
                group = self._groups.get(outgoing.share)
                member = group.choose() if group is not None else None
                if member is not None:
                    self._deliver_one(member, outgoing.message)

    def has_room(self, session: Session, message: Message) -> bool:
        """Return whether the message may be queued for a client that is away; count it if not."""
        limits = self._limits
        size = message.size
        if (
            session.queued_bytes + size <= limits.max_queued_bytes
            and session.queued < limits.max_queued_messages
            and self._budgets.may_queue(session, size)
        ):
            return True
        self._metrics.publish_dropped += 1
        if not session.warned:
            session.warned = True
            logger.warning("event=queue_full client=%s", pseudonym(session.client_id))
        return False
