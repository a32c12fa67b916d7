"""Plugins written for amqtt, as its own documentation would have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amqtt.broker import BrokerContext
from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BasePlugin, BaseTopicPlugin
from amqtt.session import Session


class Recorder(BasePlugin[BrokerContext]):
    """Notes every event it is told of."""

    def __init__(self, context: BrokerContext) -> None:
        super().__init__(context)
        self.events: list[tuple[str, Any]] = []

    async def on_broker_pre_start(self) -> None:
        self.events.append(("pre_start", None))

    async def on_broker_post_start(self) -> None:
        self.events.append(("post_start", None))
        await self.context.retain_message("from/plugin", b"kept", 1)

    async def on_broker_pre_shutdown(self) -> None:
        self.events.append(("pre_shutdown", None))

    async def on_broker_post_shutdown(self) -> None:
        self.events.append(("post_shutdown", None))

    async def on_broker_client_connected(self, client_id: str, client_session: Session) -> None:
        self.events.append(("connected", client_id))
        assert client_session.client_id == client_id
        await self.context.broadcast_message("hello", client_id.encode())

    async def on_broker_client_disconnected(self, client_id: str, client_session: Session) -> None:
        assert client_session.transitions.state == "disconnected"
        self.events.append(("disconnected", client_id))

    async def on_broker_client_subscribed(self, client_id: str, topic: str, qos: int) -> None:
        self.events.append(("subscribed", (client_id, topic, qos)))

    async def on_broker_client_unsubscribed(self, client_id: str, topic: str) -> None:
        self.events.append(("unsubscribed", (client_id, topic)))

    async def on_broker_retained_message(
        self, *, client_id: str | None, retained_message: Any
    ) -> None:
        assert client_id is None
        self.events.append(("retained", (retained_message.topic, bytes(retained_message.data))))

    async def on_broker_message_received(self, *, client_id: str, message: Any) -> None:
        self.events.append(("received", (client_id, message.topic, bytes(message.data))))

    async def on_broker_message_broadcast(self, *, client_id: str, message: Any) -> None:
        self.events.append(("broadcast", (client_id, message.topic)))

    async def on_mqtt_packet_received(self, *, packet: Any, session: Session | None) -> None:
        kind = packet.fixed_header.packet_type
        self.events.append(("in", (kind, session.client_id if session else None)))
        assert packet.bytes_length >= 2

    async def on_mqtt_packet_sent(self, *, packet: Any, session: Session | None) -> None:
        assert session is not None
        self.events.append(("out", packet.fixed_header.packet_type))


class Doorkeeper(BaseAuthPlugin):
    """Lets in who says the word; has no opinion on guests."""

    async def authenticate(self, *, session: Session) -> bool | None:
        if session.username == "guest":
            return None
        return bool(session.password == self.config.word)

    @dataclass
    class Config:
        word: str = "please"


class Reviewer(BaseTopicPlugin):
    """Keeps `secret/…` from everybody, and `mine/…` for its owner; `odd/…` is too much for it."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self.asked: list[tuple[str | None, str | None, Action | None]] = []

    async def topic_filtering(
        self,
        *,
        session: Session | None = None,
        topic: str | None = None,
        action: Action | None = None,
    ) -> bool | None:
        client_id = session.client_id if session else None
        self.asked.append((client_id, topic, action))
        if topic and topic.startswith("odd/"):
            raise ValueError(topic)
        if topic and topic.startswith("mine/") and action is Action.RECEIVE:
            return client_id == "owner"
        return not (topic and topic.startswith("secret/"))
