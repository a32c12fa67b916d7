"""SUBSCRIBE and UNSUBSCRIBE (MQTT 5 sections 3.8 to 3.11)."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from typing import TYPE_CHECKING

from amqtt.contexts import Action
from mqtt5 import (
    RetainHandling,
    SubscribePacket,
    TopicFilter,
    UnsubscribePacket,
)

from broker.amqtt.views import PluginSession
from broker.codec.reasons import Reason
from broker.errors import MalformedPacket
from broker.message import V5, Message
from broker.session import Session, Subscription
from broker.topics import MAX_LEVELS, is_topic_filter, split_share

if TYPE_CHECKING:
    from broker.amqtt.plugins import Plugins
    from broker.connection import Connection

_GRANTED = (
    Reason.SUCCESS,
    Reason.GRANTED_QOS_1,
    Reason.GRANTED_QOS_2,
)


def subscribe(connection: Connection, packet: SubscribePacket) -> None:
    """Make the subscriptions the client has a right to, then send the retained messages.

    Raises:
        MalformedPacket: one of the filters is none.
    """
    session = connection.session
    if session is None:
        return
    for wanted in packet.topic_filters:
        _check_form(connection, wanted.pattern)
    plugins = connection.exchange.plugins
    if plugins is not None and plugins.filters:
        connection.hold()
        connection.exchange.run(_ask_first(connection, session, plugins, packet))
        return
    _subscribe(connection, session, packet, frozenset())


async def _ask_first(
    connection: Connection, session: Session, plugins: Plugins, packet: SubscribePacket
) -> None:
    """Ask the topic plugins for each filter; nothing else of the client goes on meanwhile."""
    view = PluginSession.of(session)
    denied = set()
    for wanted in packet.topic_filters:
        split = split_share(wanted.pattern)
        if split is not None and not await plugins.may(view, split[1], Action.SUBSCRIBE):
            denied.add(wanted.pattern)
    if connection.session is not session:
        return
    made = _subscribe(connection, session, packet, denied)
    for subscription in made:
        permitted = [
            message
            for message in connection.exchange.retained.match(subscription.pattern)
            if await connection.exchange.may_receive(session, message.topic)
        ]
        if connection.session is not session:
            return
        _replay(connection, subscription, permitted)
    connection.release()


def _subscribe(
    connection: Connection, session: Session, packet: SubscribePacket, denied: Container[str]
) -> list[Subscription]:
    """Make what is not denied, answer, and return the subscriptions that want retained messages.

    With topic plugins the retained messages are left to the caller.
    """
    exchange = connection.exchange
    before = exchange.changed
    codes: list[Reason] = []
    made: list[Subscription] = []
    eager: list[Subscription] = []
    for wanted in packet.topic_filters:
        subscription = _make(connection, session, wanted, packet.subscription_id or 0, denied)
        if isinstance(subscription, Reason):
            codes.append(subscription)
            continue
        is_new = exchange.subscribe(subscription)
        codes.append(_GRANTED[subscription.qos])
        made.append(subscription)
        handling = wanted.retain_handling
        if subscription.share is None and (
            handling == RetainHandling.SEND_ALWAYS
            or (is_new and handling == RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS)
        ):
            eager.append(subscription)
    suback = connection.codec.suback(packet.packet_id, codes)
    connection.when_settled(before, partial(connection.send, suback))
    plugins = exchange.plugins
    if plugins is not None:
        for subscription in made:
            plugins.subscribed(session, subscription.name, subscription.qos)
        if plugins.filters:
            return eager
    for subscription in eager:
        _replay(connection, subscription, exchange.retained.match(subscription.pattern))
    return []


def unsubscribe(connection: Connection, packet: UnsubscribePacket) -> None:
    """Remove the subscriptions; messages under way are still delivered [MQTT-3.10.4-3].

    Raises:
        MalformedPacket: one of the filters is none.
    """
    session = connection.session
    if session is None:
        return
    for pattern in packet.patterns:
        _check_form(connection, pattern)
    exchange = connection.exchange
    before = exchange.changed
    codes = []
    for pattern in packet.patterns:
        existed = exchange.unsubscribe(session, pattern)
        codes.append(Reason.SUCCESS if existed else Reason.NO_SUBSCRIPTION_EXISTED)
        if existed and exchange.plugins is not None:
            exchange.plugins.unsubscribed(session, pattern)
    unsuback = connection.codec.unsuback(packet.packet_id, codes)
    connection.when_settled(before, partial(connection.send, unsuback))


def _check_form(connection: Connection, pattern: str) -> None:
    """Refuse what is no filter [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.8.2-1].

    One of too many levels is well formed and not accepted, as MQTT 5 has it in section 3.9.3.
    """
    if split_share(pattern) is not None or pattern.count("/") >= MAX_LEVELS:
        return
    if connection.version == V5 or not is_topic_filter(pattern):
        raise MalformedPacket("not a topic filter")


def _make(
    connection: Connection,
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
    if connection.version != V5 and split[0] is None and pattern.startswith("$share"):
        return Reason.TOPIC_FILTER_INVALID
    if pattern in denied or not connection.rights.may_subscribe(pattern):
        connection.exchange.metrics.subscribe_denied += 1
        connection.complain("subscribe_denied")
        return Reason.NOT_AUTHORIZED
    limit = connection.exchange.limits.max_subscriptions
    if pattern not in session.subscriptions and (
        len(session.subscriptions) >= limit
        or not connection.exchange.budgets.may_subscribe(session)
    ):
        connection.complain("too_many_subscriptions")
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


def _replay(connection: Connection, subscription: Subscription, messages: list[Message]) -> None:
    """Send the retained messages that the filter matches [MQTT-3.3.1-9] to [MQTT-3.3.1-11]."""
    ids: tuple[int, ...] = (subscription.identifier,) if subscription.identifier else ()
    retained = [(message, min(message.qos, subscription.qos), True, ids) for message in messages]
    # Behind SUBACK, if that has to wait.
    connection.when_settled(connection.exchange.changed, partial(connection.replay, retained))
