"""Our sessions, messages and packets in the shape that amqtt's plugins know."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from amqtt.adapters import ReaderAdapter
from amqtt.broker import RetainedApplicationMessage
from amqtt.errors import AMQTTError, MQTTError, NoDataError
from amqtt.mqtt import MQTTPacket, packet_class
from amqtt.mqtt.packet import MQTTFixedHeader
from amqtt.mqtt.publish import PublishPacket
from amqtt.session import Session as AmqttSession

from zapette_broker.codec.codec5 import Codec5
from zapette_broker.codec.packet_types import PUBLISH
from zapette_broker.errors import ProtocolViolation
from zapette_broker.message import V5, Message
from zapette_broker.sessions.session import Session


class _State:
    """Stands for the state machine of amqtt's session, which takes half a millisecond to make."""

    __slots__ = ("_view",)

    def __init__(self, view: PluginSession) -> None:
        self._view = view

    @property
    def state(self) -> str:
        session = self._view.session
        if session is None:
            return "new"
        return "connected" if session.connection is not None else "disconnected"

    def is_connected(self) -> bool:
        return self.state == "connected"


class PluginSession(AmqttSession):
    """A session as amqtt's plugins know it.

    Attributes:
        session: ours, once the client is admitted.
    """

    session: Session | None = None

    def _init_states(self) -> None:
        self.transitions: Any = _State(self)

    @classmethod
    def of(cls, session: Session) -> PluginSession:
        """Return the view of the session, the same one each time."""
        view = session.plugin_view
        if not isinstance(view, PluginSession):
            view = session.plugin_view = cls()
            view.username = session.username
        view.client_id = session.client_id
        view.session = session
        view.clean_session = not session.expiry
        connection = session.connection
        if connection is not None:
            view.keep_alive = connection.keep_alive
            view.remote_address = connection.peer
            will = connection.will
            view.will_flag = will is not None
            if will is not None:
                view.will_topic = will.message.topic
                view.will_message = will.message.payload
                view.will_qos = will.message.qos
                view.will_retain = will.message.retain
        return view

    @property
    def inflight_in_count(self) -> int:
        """Return how many QoS 2 messages the client has not released."""
        return len(self.session.received or ()) if self.session is not None else 0

    @property
    def inflight_out_count(self) -> int:
        """Return how many messages the client has not acknowledged."""
        return self.session.inflight_count if self.session is not None else 0

    @property
    def retained_messages_count(self) -> int:
        """Return how many messages wait for the client."""
        return self.session.waiting_count if self.session is not None else 0


class RetainedView(RetainedApplicationMessage):
    """A retained message as amqtt's plugins know it."""

    @classmethod
    def of(cls, message: Message) -> RetainedView:
        """Return a view of the message."""
        return cls(None, message.topic, message.payload, message.qos)


class SessionsView(MutableMapping[str, tuple[PluginSession, None]]):
    """Our sessions by client id, as amqtt has them; the handler of each is None."""

    def __init__(self, sessions: dict[str, Session]) -> None:
        self._sessions = sessions

    def __getitem__(self, client_id: str) -> tuple[PluginSession, None]:
        return PluginSession.of(self._sessions[client_id]), None

    def __setitem__(self, client_id: str, value: tuple[PluginSession, object]) -> None:
        """Take a session that `Broker.create_offline_session` made."""
        session = value[0].session
        if session is not None:
            self._sessions[client_id] = session

    def __delitem__(self, client_id: str) -> None:
        del self._sessions[client_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sessions)

    def __len__(self) -> int:
        return len(self._sessions)


class _Bytes(ReaderAdapter):
    """What amqtt's packet classes read from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def read(self, n: int = -1) -> bytes:
        taken = self._data if n < 0 else self._data[:n]
        self._data = self._data[len(taken) :]
        return taken

    def feed_eof(self) -> None:
        """Do nothing: all bytes are there."""


async def packet_view(version: int, first: int, body: bytes) -> MQTTPacket[Any, Any, Any]:
    """Return amqtt's packet of these bytes; else an opaque one."""
    fixed = MQTTFixedHeader(first >> 4, first & 15, len(body))
    try:
        if version != V5:
            return await packet_class(fixed).from_stream(_Bytes(body), fixed)
        if first >> 4 == PUBLISH:
            return _publish_view(first, body)
    except (AMQTTError, MQTTError, NoDataError, ProtocolViolation, ValueError):
        pass
    return OpaquePacket(fixed, body)


class OpaquePacket(MQTTPacket[Any, Any, Any]):
    """A packet that amqtt cannot take apart."""

    def __init__(self, fixed: MQTTFixedHeader, body: bytes) -> None:
        super().__init__(fixed)
        self._body = body

    def to_bytes(self) -> bytes:
        """Return the packet as it was on the wire."""
        head: bytes = self.fixed_header.to_bytes()
        return head + self._body


def _publish_view(first: int, body: bytes) -> PublishPacket:
    packet: Any = Codec5().read(first, body)
    return PublishPacket.build(
        packet.topic,
        packet.payload,
        packet.packet_id,
        bool(first & 8),
        first >> 1 & 3,
        bool(first & 1),
    )
