"""PUBLISH from a client (MQTT 5 section 3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mqtt5 import PublishPacket

from zapette_broker.codec.codec5 import Codec5, read_publish
from zapette_broker.codec.reasons import Reason
from zapette_broker.errors import MalformedPacket, ProtocolViolation
from zapette_broker.handlers.client import Answering, Client
from zapette_broker.hooks import Hooks
from zapette_broker.limits import Limits
from zapette_broker.message import V5, Message
from zapette_broker.monitoring.metrics import Metrics
from zapette_broker.routing.retention import Retention
from zapette_broker.routing.router import Router
from zapette_broker.routing.topics import MAX_LEVELS, no_topic_name
from zapette_broker.sessions.session import Session
from zapette_broker.storage.state_store import StateStore
from zapette_broker.storage.store_errors import StoreError, StoreFull
from zapette_broker.tasks import Tasks

_NOT_STORED = "the broker cannot store the message now; its log says why"
_PLAIN = 0x30
"""The first byte of a PUBLISH at QoS 0, not retained: it can go on as it came."""


@dataclass(frozen=True, slots=True)
class PublishHandler:
    """Routes what clients publish, if they have the right to."""

    limits: Limits
    metrics: Metrics
    store: StateStore
    hooks: Hooks
    tasks: Tasks
    router: Router
    retention: Retention

    def receive(  # noqa: C901 - the hot path, no calls
        self, client: Client, first: int, data: bytes, begin: int, start: int, stop: int
    ) -> None:
        """Act on the PUBLISH ``data[begin:stop]`` whose body begins at `start`.

        A PUBLISH without properties has the same form in both versions but for one byte, and is
        read here without a packet object.
        """
        metrics = self.metrics
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
        if client.version == V5:
            if payload_at >= stop:
                raise MalformedPacket("the packet ends too early")
            if data[payload_at]:
                raw = data[begin:stop] if first == _PLAIN else None
                self._receive_with_properties(client, first, data[start:stop], raw)
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
        message = Message(topic, data[payload_at:stop], qos, first & 1 == 1, None, client.session)
        if first == _PLAIN:
            message.raw = data[begin:stop]
            message.raw_version = client.version
        self._accept(client, message, packet_id)

    def _receive_with_properties(
        self, client: Client, first: int, body: bytes, raw: bytes | None
    ) -> None:
        codec = client.codec
        if not isinstance(codec, Codec5):
            raise MalformedPacket("not MQTT 5")
        packet = read_publish(first, body, codec)
        self.metrics.publish_bytes_received += len(packet.payload)
        topic = packet.topic
        alias = packet.topic_alias
        if alias is not None:
            if alias > self.limits.max_topic_alias:
                raise ProtocolViolation(f"topic alias {alias}", Reason.TOPIC_ALIAS_INVALID)
            if client.aliases_in is None:
                client.aliases_in = {}
            if topic:
                client.aliases_in[alias] = topic
            else:
                known = client.aliases_in.get(alias)
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
            topic, packet.payload, first >> 1 & 3, first & 1 == 1, source, client.session
        )
        if raw is not None and alias is None and message.expires_at is None:
            message.raw = raw
            message.raw_version = V5
        self._accept(client, message, packet.packet_id or 0)

    def _accept(self, client: Client, message: Message, packet_id: int) -> None:
        """Route the message if its publisher has the right, and acknowledge it."""
        topic = message.topic
        if "#" in topic or "+" in topic or "\0" in topic or topic.count("/") >= MAX_LEVELS:
            raise no_topic_name(topic)
        qos = message.qos
        if qos and not self._may_begin(client, qos, packet_id):
            return
        rights = client.rights
        if not (rights.may_retain(topic) if message.retain else rights.may_publish(topic)):
            self._denied(client, message, packet_id)
            return
        hooks = self.hooks
        if hooks.filters or hooks.sees_messages:
            self._ask_hooks(client, message, packet_id)
        elif qos or message.retain:
            self._route(client, message, packet_id)
        else:
            self.router.publish(message)

    def _may_begin(self, client: Client, qos: int, packet_id: int) -> bool:
        """Return whether the QoS 1 or 2 message is new; refuse more of them than was agreed."""
        session = client.session
        if session is None:
            return False
        client.begin_changes()
        if qos == 2 and session.received is not None and packet_id in session.received:
            # Sent again; it was routed when it came first [MQTT-4.3.3-10].
            client.after_commit(
                lambda: client.send(client.codec.pubrec(packet_id, Reason.SUCCESS)),
                all_changes=True,
            )
            return False
        if client.pending_acks >= self.limits.receive_maximum and client.version == V5:
            raise ProtocolViolation("receive maximum exceeded", Reason.RECEIVE_MAXIMUM_EXCEEDED)
        return True

    def _ask_hooks(self, client: Client, message: Message, packet_id: int) -> None:
        session = client.session
        if session is None:
            return
        if self.hooks.filters:
            client.hold()
            self.tasks.run(self._ask_first(client, session, message, packet_id))
            return
        self.hooks.published(session, message, permitted=True)
        self._route(client, message, packet_id)

    async def _ask_first(
        self, client: Client, session: Session, message: Message, packet_id: int
    ) -> None:
        """Route the message if the hooks permit it; nothing else of the client meanwhile."""
        permitted = await self.hooks.may(session, message.topic, "publish")
        if self.hooks.sees_messages:
            self.hooks.published(session, message, permitted=permitted)
        if client.session is not session:
            return
        client.begin_changes()
        if permitted:
            self._route(client, message, packet_id)
        else:
            self._denied(client, message, packet_id)
        self._go_on(client)

    def _route(self, client: Client, message: Message, packet_id: int) -> None:
        code = Reason.SUCCESS
        if message.retain and not self.retention.put(message):
            self.metrics.retained_refused += 1
            client.log_once("retained_full")
            code = Reason.QUOTA_EXCEEDED
        elif not self.router.publish(message):
            code = Reason.NO_MATCHING_SUBSCRIBERS
        if message.qos:
            self._acknowledge(client, message.qos, packet_id, code)

    def _acknowledge(
        self,
        client: Client,
        qos: int,
        packet_id: int,
        code: Reason,
        detail: str | None = None,
    ) -> None:
        """Acknowledge a QoS 1 or 2 message, once what it changed is durable.

        One that is refused at QoS 2 ends there (MQTT 5 section 4.3.3).
        """
        session, codec = client.session, client.codec
        if session is None:
            return
        client.pending_acks += 1
        if qos == 1:

            def puback() -> None:
                client.pending_acks -= 1
                _send_ack(client, codec.puback, packet_id, code, detail)

            def refuse(error: StoreError) -> None:
                client.pending_acks -= 1
                _send_ack(client, codec.puback, packet_id, _reason(error), _NOT_STORED)

            # MQTT 3.1.1 has no refusal: its client waits until the message is stored
            client.after_commit(puback, refuse if client.version == V5 else None)
        else:
            self._acknowledge_receipt(client, session, packet_id, code, detail)
        if not self.hooks.filters:
            self._go_on(client)

    def _go_on(self, client: Client) -> None:
        """Take the next packet of the client, after a commit if many of its acts wait for one.

        MQTT 3.1.1 has no receive maximum: its client may send any number of messages at once.
        """
        if client.waiting_acts >= self.limits.receive_maximum and client.version != V5:
            client.hold()
            client.after_commit(client.release)
        else:
            client.release()

    def _acknowledge_receipt(
        self,
        client: Client,
        session: Session,
        packet_id: int,
        code: Reason,
        detail: str | None,
    ) -> None:
        codec = client.codec
        is_over = code.failed and client.version == V5
        if not is_over:
            session.begin_receipt(packet_id)
            self.store.receive(session, packet_id)

        def pubrec() -> None:
            if is_over:
                client.pending_acks -= 1
            _send_ack(client, codec.pubrec, packet_id, code, detail)

        def refuse_receipt(error: StoreError) -> None:
            client.pending_acks -= 1
            if session.end_receipt(packet_id):
                self.store.release(session, packet_id)
            _send_ack(client, codec.pubrec, packet_id, _reason(error), _NOT_STORED)

        may_refuse = client.version == V5 and not is_over
        client.after_commit(pubrec, refuse_receipt if may_refuse else None)

    def _denied(self, client: Client, message: Message, packet_id: int) -> None:
        """Tell the client that it has no right to the topic, as far as MQTT allows.

        MQTT 3.1.1 has no other answer than an acknowledgement [MQTT-3.3.5-2].
        """
        self.metrics.publish_denied += 1
        only_retained = message.retain and client.rights.may_publish(message.topic)
        client.log_once("retain_denied" if only_retained else "publish_denied")
        if message.qos:
            detail = "no right to retained messages on this topic" if only_retained else None
            self._acknowledge(client, message.qos, packet_id, Reason.NOT_AUTHORIZED, detail)


def _reason(error: StoreError) -> Reason:
    return Reason.QUOTA_EXCEEDED if isinstance(error, StoreFull) else Reason.UNSPECIFIED_ERROR


def _send_ack(
    client: Answering,
    make: Callable[[int, Reason, str | None], bytes],
    packet_id: int,
    code: Reason,
    detail: str | None,
) -> None:
    """Send PUBACK or PUBREC, without its Reason String if that makes it too large for the client.

    [MQTT-3.4.2-2], [MQTT-3.5.2-2].
    """
    packet = make(packet_id, code, detail)
    if detail is not None and len(packet) > client.max_out:
        packet = make(packet_id, code, None)
    client.send(packet)
