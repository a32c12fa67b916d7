"""PUBLISH from a client (MQTT 5 section 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from amqtt.contexts import Action
from mqtt5 import PublishPacket

from broker.amqtt.views import PluginSession
from broker.codec.codec5 import Codec5, read_publish
from broker.codec.reasons import Reason
from broker.errors import MalformedPacket, ProtocolViolation
from broker.message import V5, Message
from broker.storage.store_errors import StoreError, StoreFull
from broker.topics import MAX_LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.amqtt.plugins import Plugins
    from broker.connection import Connection
    from broker.session import Session

_NOT_STORED = "the broker cannot store the message now; its log says why"
_PLAIN = 0x30
"""The first byte of a PUBLISH at QoS 0, not retained: it can go on as it came."""


def receive(  # noqa: C901 - the hot path, no calls
    connection: Connection, first: int, data: bytes, begin: int, start: int, stop: int
) -> None:
    """Act on the PUBLISH ``data[begin:stop]`` whose body begins at `start`.

    A PUBLISH without properties has the same form in both versions but for one byte, and is
    read here without a packet object.
    """
    metrics = connection.exchange.metrics
    metrics.publish_received += 1
    qos = first >> 1 & 3
    if qos == 3:
        raise MalformedPacket("QoS 3")  # [MQTT-3.3.1-4]
    if start + 2 > stop:
        raise MalformedPacket("the packet ends too early")
    topic_at = start + 2
    topic_end = topic_at + (data[start] << 8 | data[start + 1])
    payload_at = topic_end + 2 if qos else topic_end
    packet_id = 0
    if connection.version == V5:
        if payload_at >= stop:
            raise MalformedPacket("the packet ends too early")
        if data[payload_at]:
            raw = data[begin:stop] if first == _PLAIN else None
            _receive_with_properties(connection, first, data[start:stop], raw)
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
    metrics.publish_bytes_received += stop - payload_at
    message = Message(topic, data[payload_at:stop], qos, first & 1 == 1, None, connection.session)
    if first == _PLAIN:
        message.raw = data[begin:stop]
        message.raw_version = connection.version
    _accept(connection, message, packet_id)


def _receive_with_properties(
    connection: Connection, first: int, body: bytes, raw: bytes | None
) -> None:
    codec = connection.codec
    if not isinstance(codec, Codec5):
        raise MalformedPacket("not MQTT 5")
    packet = read_publish(first, body, codec)
    connection.exchange.metrics.publish_bytes_received += len(packet.payload)
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
                raise ProtocolViolation(f"unknown topic alias {alias}")
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
    message = Message(
        topic, packet.payload, first >> 1 & 3, first & 1 == 1, source, connection.session
    )
    if raw is not None and alias is None and message.expires_at is None:
        message.raw = raw
        message.raw_version = V5
    _accept(connection, message, packet.packet_id or 0)


def no_topic_name(topic: str) -> ProtocolViolation:
    """Return what is wrong with a topic that is no topic name.

    0x90 is for one that is well formed and not accepted (section 3.14.2.1).
    """
    if "\0" in topic:
        return MalformedPacket("a topic name holds U+0000")  # [MQTT-1.5.4-2]
    if "#" in topic or "+" in topic or not topic:
        return ProtocolViolation("not a topic name")  # [MQTT-3.3.2-2], [MQTT-4.7.3-1]
    return ProtocolViolation("a topic of too many levels", Reason.TOPIC_NAME_INVALID)


def _accept(connection: Connection, message: Message, packet_id: int) -> None:
    """Route the message if its publisher has the right, and acknowledge it."""
    topic = message.topic
    if "#" in topic or "+" in topic or "\0" in topic or topic.count("/") >= MAX_LEVELS:
        raise no_topic_name(topic)
    exchange = connection.exchange
    qos = message.qos
    if qos and not _may_begin(connection, qos, packet_id):
        return
    rights = connection.rights
    if not (rights.may_retain(topic) if message.retain else rights.may_publish(topic)):
        _denied(connection, message, packet_id)
        return
    plugins = exchange.plugins
    if plugins is not None:
        _ask_plugins(connection, plugins, message, packet_id)
    elif qos or message.retain:
        _route(connection, message, packet_id)
    else:
        exchange.publish(message)


def _may_begin(connection: Connection, qos: int, packet_id: int) -> bool:
    """Tell whether the QoS 1 or 2 message is new; refuse more of them than was agreed."""
    session = connection.session
    if session is None:
        return False
    if qos == 2 and session.received is not None and packet_id in session.received:
        # Sent again; it was routed when it came first [MQTT-4.3.3-10].
        connection.when_durable(
            -1, lambda: connection.send(connection.codec.pubrec(packet_id, Reason.SUCCESS))
        )
        return False
    if connection.pending_acks >= connection.exchange.limits.receive_maximum:
        raise ProtocolViolation("receive maximum exceeded", Reason.RECEIVE_MAXIMUM_EXCEEDED)
    return True


def _ask_plugins(
    connection: Connection, plugins: Plugins, message: Message, packet_id: int
) -> None:
    session = connection.session
    if session is None:
        return
    if plugins.filters:
        connection.hold()
        connection.exchange.run(_ask_first(connection, session, plugins, message, packet_id))
        return
    if plugins.sees_messages:
        plugins.published(session, message, permitted=True)
    _route(connection, message, packet_id)


async def _ask_first(
    connection: Connection, session: Session, plugins: Plugins, message: Message, packet_id: int
) -> None:
    """Route the message if the topic plugins permit it; nothing else of the client meanwhile."""
    permitted = await plugins.may(PluginSession.of(session), message.topic, Action.PUBLISH)
    if plugins.sees_messages:
        plugins.published(session, message, permitted=permitted)
    if connection.session is not session:
        return
    if permitted:
        _route(connection, message, packet_id)
    else:
        _denied(connection, message, packet_id)
    connection.release()


def _route(connection: Connection, message: Message, packet_id: int) -> None:
    exchange = connection.exchange
    before = exchange.changed
    code = Reason.SUCCESS
    if message.retain and not exchange.retain(message):
        exchange.metrics.retained_refused += 1
        connection.complain("retained_full")
        code = Reason.QUOTA_EXCEEDED
    elif not exchange.publish(message):
        code = Reason.NO_MATCHING_SUBSCRIBERS
    if message.qos:
        _acknowledge(connection, message.qos, packet_id, code, before)


def _acknowledge(
    connection: Connection,
    qos: int,
    packet_id: int,
    code: Reason,
    before: int,
    detail: str | None = None,
) -> None:
    """Acknowledge a QoS 1 or 2 message, once what it changed since `before` is durable.

    One that is refused at QoS 2 ends there (MQTT 5 section 4.3.3).
    """
    session, codec = connection.session, connection.codec
    if session is None:
        return
    connection.pending_acks += 1
    if qos == 1:

        def puback() -> None:
            connection.pending_acks -= 1
            _send_ack(connection, codec.puback, packet_id, code, detail)

        def refuse(error: StoreError) -> None:
            connection.pending_acks -= 1
            _send_ack(connection, codec.puback, packet_id, _reason(error), _NOT_STORED)

        # MQTT 3.1.1 has no refusal: its client waits until the message is stored
        connection.when_durable(before, puback, refuse if connection.version == V5 else None)
    else:
        _acknowledge_receipt(connection, session, packet_id, code, before, detail)


def _acknowledge_receipt(
    connection: Connection,
    session: Session,
    packet_id: int,
    code: Reason,
    before: int,
    detail: str | None,
) -> None:
    codec, store = connection.codec, connection.exchange.store
    is_over = code.failed and connection.version == V5
    if not is_over:
        session.begin_receipt(packet_id)
        if session.stored and store is not None:
            store.receive(session, packet_id)

    def pubrec() -> None:
        if is_over:
            connection.pending_acks -= 1
        _send_ack(connection, codec.pubrec, packet_id, code, detail)

    def refuse_receipt(error: StoreError) -> None:
        connection.pending_acks -= 1
        if session.end_receipt(packet_id) and session.stored and store is not None:
            store.release(session, packet_id)
        _send_ack(connection, codec.pubrec, packet_id, _reason(error), _NOT_STORED)

    may_refuse = connection.version == V5 and not is_over
    connection.when_durable(before, pubrec, refuse_receipt if may_refuse else None)


def _reason(error: StoreError) -> Reason:
    return Reason.QUOTA_EXCEEDED if isinstance(error, StoreFull) else Reason.UNSPECIFIED_ERROR


def _send_ack(
    connection: Connection,
    make: Callable[[int, Reason, str | None], bytes],
    packet_id: int,
    code: Reason,
    detail: str | None,
) -> None:
    """Send PUBACK or PUBREC, without its Reason String if that makes it too large for the client.

    [MQTT-3.4.2-2], [MQTT-3.5.2-2].
    """
    packet = make(packet_id, code, detail)
    if detail is not None and len(packet) > connection.max_out:
        packet = make(packet_id, code, None)
    connection.send(packet)


def _denied(connection: Connection, message: Message, packet_id: int) -> None:
    """Tell the client that it has no right to the topic, as far as MQTT allows.

    MQTT 3.1.1 has no other answer than an acknowledgement [MQTT-3.3.5-2].
    """
    exchange = connection.exchange
    exchange.metrics.publish_denied += 1
    only_retained = message.retain and connection.rights.may_publish(message.topic)
    connection.complain("retain_denied" if only_retained else "publish_denied")
    if message.qos:
        detail = "no right to retained messages on this topic" if only_retained else None
        _acknowledge(
            connection, message.qos, packet_id, Reason.NOT_AUTHORIZED, exchange.changed, detail
        )
