"""PUBLISH from a client (MQTT 5 section 3.3)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from amqtt.contexts import Action
from mqtt5 import PublishPacket

from broker.codec5 import Codec5, read_publish
from broker.errors import MalformedPacket, ProtocolViolation
from broker.exchange import pseudonym
from broker.message import V5, Message
from broker.plugin_views import PluginSession
from broker.reasons import Reason
from broker.topics import MAX_LEVELS

if TYPE_CHECKING:
    from broker.connection import Connection
    from broker.plugins import Plugins
    from broker.session import Session

logger = logging.getLogger("broker")


def receive(  # noqa: C901 - the hot path, no calls
    connection: Connection, first: int, data: bytes, start: int, stop: int
) -> None:
    """Act on the PUBLISH whose body is ``data[start:stop]``; `first` is its first byte.

    A PUBLISH without properties has the same form in both versions but for one byte, and is
    read here without a packet object.
    """
    connection.exchange.metrics.publish_received += 1
    qos = first >> 1 & 3
    if qos == 3:
        raise MalformedPacket("QoS 3")  # [MQTT-3.3.1-4]
    if start + 2 > stop:
        raise MalformedPacket("the packet ends too early")
    topic_at = start + 2
    topic_end = topic_at + (data[start] << 8 | data[start + 1])
    payload_at = topic_end + 2 if qos else topic_end
    packet_id = 0
    source: PublishPacket | None = None
    if connection.version == V5:
        if payload_at >= stop:
            raise MalformedPacket("the packet ends too early")
        if data[payload_at]:
            _receive_with_properties(connection, first, data[start:stop])
            return
        payload_at += 1
    elif payload_at > stop:
        raise MalformedPacket("the packet ends too early")
    if qos:
        packet_id = data[topic_end] << 8 | data[topic_end + 1]
        if not packet_id:
            raise MalformedPacket("packet identifier 0")
    elif first & 8:
        raise MalformedPacket("DUP with QoS 0")  # [MQTT-3.3.1-2]
    try:
        topic = data[topic_at:topic_end].decode()
    except UnicodeDecodeError:
        raise MalformedPacket("the topic name is not UTF-8") from None
    if not topic:
        raise ProtocolViolation("neither topic name nor alias")
    _accept(connection, topic, data[payload_at:stop], qos, first & 1, packet_id, source)


def _receive_with_properties(connection: Connection, first: int, body: bytes) -> None:
    codec = connection.codec
    if not isinstance(codec, Codec5):
        raise MalformedPacket("not MQTT 5")
    packet = read_publish(first, body, codec)
    topic = packet.topic
    alias = packet.topic_alias
    if alias is not None:
        if alias > connection.exchange.limits.max_topic_alias:
            raise ProtocolViolation(f"topic alias {alias}", Reason.TOPIC_ALIAS_INVALID)
        if connection.aliases_in is None:
            connection.aliases_in = {}
        if topic:
            connection.aliases_in[alias] = topic
        else:
            known = connection.aliases_in.get(alias)
            if known is None:
                raise ProtocolViolation(f"unknown topic alias {alias}", Reason.TOPIC_ALIAS_INVALID)
            topic = known
    source: PublishPacket | None = packet
    if (
        packet.message_expiry_interval is None
        and packet.response_topic is None
        and packet.correlation_data is None
        and packet.content_type is None
        and not packet.user_properties
        and not packet.payload_format_indicator
    ):
        source = None
    _accept(
        connection, topic, packet.payload, first >> 1 & 3, first & 1, packet.packet_id or 0, source
    )


def _accept(  # noqa: C901 - the hot path, no calls
    connection: Connection,
    topic: str,
    payload: bytes,
    qos: int,
    retain: int,
    packet_id: int,
    source: PublishPacket | None,
) -> None:
    """Route the message if its publisher has the right, and acknowledge it."""
    if "#" in topic or "+" in topic or "\0" in topic or topic.count("/") >= MAX_LEVELS:
        raise ProtocolViolation("not a topic name", Reason.TOPIC_NAME_INVALID)  # [MQTT-3.3.2-2]
    session = connection.session
    if session is None:
        return
    if qos == 2 and session.received is not None and packet_id in session.received:
        # Sent again; it was routed when it came first [MQTT-4.3.3-10].
        connection.when_durable(
            -1, lambda: connection.send(connection.codec.pubrec(packet_id, Reason.SUCCESS))
        )
        return
    exchange = connection.exchange
    if qos and connection.pending_acks >= exchange.limits.receive_maximum:
        raise ProtocolViolation("receive maximum exceeded", Reason.RECEIVE_MAXIMUM_EXCEEDED)
    if not connection.rights.may_publish(topic):
        _denied(connection, session)
        if qos:
            _acknowledge(
                connection, session, qos, packet_id, Reason.NOT_AUTHORIZED, exchange.changed
            )
        return
    message = Message(topic, payload, qos, bool(retain), source, session)
    plugins = exchange.plugins
    if plugins is not None:
        if plugins.filters:
            connection.hold()
            exchange.run(_ask_first(connection, session, plugins, message, packet_id))
            return
        if plugins.sees_messages:
            plugins.published(session, message, permitted=True)
    if not qos:
        _route(connection, message)
        return
    before = exchange.changed
    code = _route(connection, message)
    _acknowledge(connection, session, qos, packet_id, code, before)


async def _ask_first(
    connection: Connection, session: Session, plugins: Plugins, message: Message, packet_id: int
) -> None:
    """Route the message if the topic plugins permit it; nothing else of the client meanwhile."""
    permitted = await plugins.may(PluginSession.of(session), message.topic, Action.PUBLISH)
    if plugins.sees_messages:
        plugins.published(session, message, permitted=permitted)
    if connection.session is not session:
        return
    before = connection.exchange.changed
    code = Reason.NOT_AUTHORIZED
    if permitted:
        code = _route(connection, message)
    else:
        _denied(connection, session)
    if message.qos:
        _acknowledge(connection, session, message.qos, packet_id, code, before)
    connection.release()


def _route(connection: Connection, message: Message) -> Reason:
    exchange = connection.exchange
    if message.retain and not exchange.retain(message):
        logger.warning("event=retained_full topics=%d", len(exchange.retained))
        return Reason.QUOTA_EXCEEDED
    if not exchange.publish(message):
        return Reason.NO_MATCHING_SUBSCRIBERS
    return Reason.SUCCESS


def _acknowledge(
    connection: Connection, session: Session, qos: int, packet_id: int, code: Reason, before: int
) -> None:
    """Acknowledge a QoS 1 or 2 message, once what it changed since `before` is durable.

    One that is refused at QoS 2 ends there (MQTT 5 section 4.3.3).
    """
    codec = connection.codec
    connection.pending_acks += 1
    if qos == 1:

        def puback() -> None:
            connection.pending_acks -= 1
            connection.send(codec.puback(packet_id, code))

        connection.when_durable(before, puback)
        return
    is_over = code.failed and connection.version == V5
    if not is_over:
        session.begin_receipt(packet_id)
        if session.stored and connection.exchange.store is not None:
            connection.exchange.store.receive(session, packet_id)

    def pubrec() -> None:
        if is_over:
            connection.pending_acks -= 1
        connection.send(codec.pubrec(packet_id, code))

    connection.when_durable(before, pubrec)


def _denied(connection: Connection, session: Session) -> None:
    metrics = connection.exchange.metrics
    metrics.publish_denied += 1
    if not connection.complained:
        connection.complained = True
        logger.info(
            "event=publish_denied peer=%s client=%s",
            connection.wire.peer,
            pseudonym(session.client_id),
        )
