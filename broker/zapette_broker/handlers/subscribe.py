"""SUBSCRIBE and UNSUBSCRIBE (MQTT 5 sections 3.8 to 3.11)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import partial

from mqtt5 import RetainHandling, SubscribePacket, TopicFilter, UnsubscribePacket

from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import MalformedPacket
from zapette_broker.handlers.client import Client
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.message import V5
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.retention import Retention
from zapette_broker.routing.router import Router
from zapette_broker.routing.topics import MAX_LEVELS, is_topic_filter, split_share
from zapette_broker.session_budgets import Budgets
from zapette_broker.sessions.session import Session, Subscription
from zapette_broker.tasks import Tasks

_GRANTED = (
    Reason.SUCCESS,
    Reason.GRANTED_QOS_1,
    Reason.GRANTED_QOS_2,
)


@dataclass(frozen=True, slots=True)
class SubscribeHandler:
    """Makes and removes the subscriptions of clients."""

    limits: Limits
    metrics: Metrics
    hooks: Hooks
    tasks: Tasks
    budgets: Budgets
    router: Router
    retention: Retention

    def subscribe(self, client: Client, packet: SubscribePacket) -> None:
        """Make the subscriptions the client has a right to, then send the retained messages.

        Raises:
            MalformedPacket: one of the filters is none.
        """
        session = client.session
        if session is None:
            return
        for wanted in packet.topic_filters:
            self._check_form(client, wanted.pattern)
        if self.hooks.filters:
            client.hold()
            self.tasks.run(self._ask_first(client, session, packet))
            return
        self._subscribe(client, session, packet, frozenset())

    async def _ask_first(self, client: Client, session: Session, packet: SubscribePacket) -> None:
        """Ask the hooks for each filter; nothing else of the client goes on meanwhile."""
        denied = set()
        for wanted in packet.topic_filters:
            split = split_share(wanted.pattern)
            if split is not None and not await self.hooks.may(session, split[1], "subscribe"):
                denied.add(wanted.pattern)
        if client.session is not session:
            return
        client.begin_changes()
        made = self._subscribe(client, session, packet, denied)
        for subscription in made:
            permitted = {
                message.topic
                for message in self.retention.match(subscription.pattern)
                if await self.hooks.may(session, message.topic, "receive")
            }
            if client.session is not session:
                return
            self._replay(client, subscription, permitted)
        client.release()

    def _subscribe(
        self, client: Client, session: Session, packet: SubscribePacket, denied: Container[str]
    ) -> list[Subscription]:
        """Make what is not denied, answer, and return those that want retained messages.

        With hooks that filter, the retained messages are left to the caller.
        """
        codes: list[Reason] = []
        made: list[Subscription] = []
        eager: list[Subscription] = []
        for wanted in packet.topic_filters:
            subscription = self._make(client, session, wanted, packet.subscription_id or 0, denied)
            if isinstance(subscription, Reason):
                codes.append(subscription)
                continue
            is_new = self.router.subscribe(subscription)
            codes.append(_GRANTED[subscription.qos])
            made.append(subscription)
            handling = wanted.retain_handling
            if subscription.share is None and (
                handling == RetainHandling.SEND_ALWAYS
                or (is_new and handling == RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS)
            ):
                eager.append(subscription)
        suback = client.codec.suback(packet.packet_id, codes)
        client.after_commit_or_failure(partial(client.send, suback))
        for subscription in made:
            self.hooks.subscribed(session, subscription.name, subscription.qos)
        if self.hooks.filters:
            return eager
        for subscription in eager:
            self._replay(client, subscription)
        return []

    def unsubscribe(self, client: Client, packet: UnsubscribePacket) -> None:
        """Remove the subscriptions; messages under way are still delivered [MQTT-3.10.4-3].

        Raises:
            MalformedPacket: one of the filters is none.
        """
        session = client.session
        if session is None:
            return
        for pattern in packet.patterns:
            self._check_form(client, pattern)
        codes = []
        for pattern in packet.patterns:
            existed = self.router.unsubscribe(session, pattern)
            codes.append(Reason.SUCCESS if existed else Reason.NO_SUBSCRIPTION_EXISTED)
            if existed:
                self.hooks.unsubscribed(session, pattern)
        unsuback = client.codec.unsuback(packet.packet_id, codes)
        client.after_commit_or_failure(partial(client.send, unsuback))

    def _check_form(self, client: Client, pattern: str) -> None:
        """Refuse what is no filter [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.8.2-1].

        One of too many levels is well formed and not accepted, as MQTT 5 has it in section 3.9.3.
        """
        if split_share(pattern) is not None or pattern.count("/") >= MAX_LEVELS:
            return
        if client.version == V5 or not is_topic_filter(pattern):
            raise MalformedPacket("not a topic filter")

    def _make(
        self,
        client: Client,
        session: Session,
        wanted: TopicFilter,
        identifier: int,
        denied: Container[str],
    ) -> Subscription | Reason:
        """Return the subscription, not yet added, or why the client cannot have it."""
        pattern = wanted.pattern
        split = split_share(pattern)
        if split is None:
            return Reason.TOPIC_FILTER_INVALID
        if client.version != V5 and split[0] is None and pattern.startswith("$share"):
            return Reason.TOPIC_FILTER_INVALID
        if pattern in denied or not client.rights.may_subscribe(pattern):
            self.metrics.subscribe_denied += 1
            client.log_once("subscribe_denied")
            return Reason.NOT_AUTHORIZED
        limit = self.limits.max_subscriptions
        if pattern not in session.subscriptions and (
            len(session.subscriptions) >= limit or not self.budgets.may_subscribe(session)
        ):
            client.log_once("too_many_subscriptions")
            return Reason.QUOTA_EXCEEDED
        return Subscription(
            session,
            split[1],
            int(wanted.max_qos),
            share=split[0],
            no_local=wanted.no_local,
            retain_as_published=wanted.retain_as_published,
            identifier=identifier,
        )

    def _replay(
        self, client: Client, subscription: Subscription, permitted: Container[str] | None = None
    ) -> None:
        """Send the retained messages that the filter matches [MQTT-3.3.1-9] to [MQTT-3.3.1-11].

        They are looked up when it is their turn, behind SUBACK: by then the client may have newer
        messages. Only those on `permitted` topics are sent; None is all.
        """
        ids: tuple[int, ...] = (subscription.identifier,) if subscription.identifier else ()

        def replay() -> None:
            client.replay(
                [
                    (message, min(message.qos, subscription.qos), True, ids)
                    for message in self.retention.match(subscription.pattern)
                    if permitted is None or message.topic in permitted
                ]
            )

        client.after_commit_or_failure(replay)
