"""SUBSCRIBE and UNSUBSCRIBE (MQTT 5 sections 3.8 to 3.11)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from mqtt5 import (
    RetainHandling,
    SubscribePacket,
    TopicFilter,
    UnsubscribePacket,
)

from broker.exchange import pseudonym
from broker.message import V5
from broker.reasons import Reason
from broker.session import Session, Subscription
from broker.topics import split_share

if TYPE_CHECKING:
    from broker.connection import Connection

logger = logging.getLogger("broker")

_GRANTED = (
    Reason.SUCCESS,
    Reason.GRANTED_QOS_1,
    Reason.GRANTED_QOS_2,
)


def subscribe(connection: Connection, packet: SubscribePacket) -> None:
    """Make the subscriptions the client has a right to, then send the retained messages."""
    session = connection.session
    if session is None:
        return
    codes: list[Reason] = []
    replay: list[tuple[Subscription, bool]] = []
    for wanted in packet.topic_filters:
        made = _make(connection, session, wanted, packet.subscription_id or 0)
        if isinstance(made, Reason):
            codes.append(made)
            continue
        is_new = connection.exchange.subscribe(made)
        codes.append(_GRANTED[made.qos])
        handling = wanted.retain_handling
        if made.share is None and (
            handling == RetainHandling.SEND_ALWAYS
            or (is_new and handling == RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS)
        ):
            replay.append((made, is_new))
    connection.send(connection.codec.suback(packet.packet_id, codes))
    for subscription, _ in replay:
        _replay(connection, subscription)


def unsubscribe(connection: Connection, packet: UnsubscribePacket) -> None:
    """Remove the subscriptions; messages under way are still delivered [MQTT-3.10.4-3]."""
    session = connection.session
    if session is None:
        return
    exchange = connection.exchange
    codes = [
        Reason.SUCCESS if exchange.unsubscribe(session, pattern) else Reason.NO_SUBSCRIPTION_EXISTED
        for pattern in packet.patterns
    ]
    connection.send(connection.codec.unsuback(packet.packet_id, codes))


def _make(
    connection: Connection, session: Session, wanted: TopicFilter, identifier: int
) -> Subscription | Reason:
    """Return the subscription, not yet added, or why the client cannot have it."""
    pattern = wanted.pattern
    split = split_share(pattern)
    if split is None:
        return Reason.TOPIC_FILTER_INVALID
    if connection.version != V5 and split[0] is None and pattern.startswith("$share"):
        return Reason.TOPIC_FILTER_INVALID
    if not connection.rights.may_subscribe(pattern):
        connection.exchange.metrics.subscribe_denied += 1
        logger.info(
            "event=subscribe_denied peer=%s client=%s",
            connection.wire.peer,
            pseudonym(session.client_id),
        )
        return Reason.NOT_AUTHORIZED
    limit = connection.exchange.limits.max_subscriptions
    if pattern not in session.subscriptions and len(session.subscriptions) >= limit:
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


def _replay(connection: Connection, subscription: Subscription) -> None:
    """Send the retained messages that the filter matches [MQTT-3.3.1-9] to [MQTT-3.3.1-11]."""
    ids = (subscription.identifier,) if subscription.identifier else ()
    connection.replay(
        [
            (message, min(message.qos, subscription.qos), True, ids)
            for message in connection.exchange.retained.match(subscription.pattern)
        ]
    )
