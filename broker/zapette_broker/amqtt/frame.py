"""amqtt's broker as its plugins see it through `BrokerContext`, on top of our sessions."""

from __future__ import annotations

from ssl import SSLContext

import amqtt.broker
from amqtt.broker import RetainedApplicationMessage
from amqtt.contexts import ListenerConfig, ListenerType
from amqtt.session import Session as AmqttSession

from zapette_broker.amqtt.plugins import Plugins
from zapette_broker.amqtt.views import PluginSession, RetainedView, SessionsView
from zapette_broker.codec.reasons import Reason
from zapette_broker.core import Core
from zapette_broker.limits import Limits
from zapette_broker.message import Message
from zapette_broker.routing.topics import split_share
from zapette_broker.sessions.session import Session, Subscription

_DEFAULT_PORTS = {ListenerType.TCP: 1883, ListenerType.WS: 8083}


class Frame(amqtt.broker.Broker):
    """What remains of amqtt's broker: its configuration, its states, and its face to plugins."""

    _core: Core
    _plugins: Plugins
    limits: Limits

    def _show(self, core: Core, plugins: Plugins) -> None:
        """Let plugins see the core."""
        self._core = core
        self._plugins = plugins
        self._sessions = SessionsView(core.sessions.by_client_id)  # type: ignore[assignment]

    def _address_of(self, config: ListenerConfig) -> tuple[str | None, int]:
        """Return the host and the port of a listener; ValueError if there is no port."""
        host, port = self._split_bindaddr_port(str(config.bind), _DEFAULT_PORTS[config.type])
        if not 0 <= port <= 65535:
            raise ValueError(f"{port} is not a port (0 to 65535)")
        return host.strip("[]") if host else None, port

    def _tls_context_of(self, config: ListenerConfig) -> SSLContext | None:
        """Return what a listener needs for TLS; None without TLS."""
        return self._create_ssl_context(config) if config.ssl else None

    @property
    def sessions(self) -> SessionsView:  # type: ignore[override]
        """Return all sessions by client id, as plugins know them."""
        return SessionsView(self._core.sessions.by_client_id)

    @property
    def retained_messages(self) -> dict[str, RetainedApplicationMessage]:
        """Return all retained messages by topic, as plugins know them."""
        return {
            message.topic: RetainedView.of(message) for message in self._core.retention.messages
        }

    @property
    def subscriptions(self) -> dict[str, list[tuple[AmqttSession, int]]]:
        """Return all subscriptions by filter, as plugins know them."""
        found: dict[str, list[tuple[AmqttSession, int]]] = {}
        for session in self._core.sessions.by_client_id.values():
            for name, subscription in session.subscriptions.items():
                found.setdefault(name, []).append((PluginSession.of(session), subscription.qos))
        return found

    async def internal_message_broadcast(
        self, topic: str, data: bytes, qos: int | None = None
    ) -> None:
        """Publish a message on behalf of the broker, `$…` topics included."""
        self._core.router.publish(Message(topic, bytes(data), qos or 0))

    async def retain_message(
        self,
        source_session: AmqttSession | None,  # noqa: ARG002 - amqtt's signature
        topic_name: str | None,
        data: bytes | bytearray | None,
        qos: int | None = None,
    ) -> None:
        """Keep a retained message on behalf of the broker; empty data clears it."""
        if topic_name is not None:
            self._core.retention.put(Message(topic_name, bytes(data or b""), qos or 0, True))

    def create_offline_session(  # type: ignore[override]
        self, client_id: str
    ) -> tuple[None, AmqttSession]:
        """Make the session of a client that has not connected yet."""
        session = Session(client_id)
        session.expiry = self.limits.max_session_expiry
        return None, PluginSession.of(session)

    async def add_subscription(self, subscription: tuple[str, int], session: AmqttSession) -> int:
        """Subscribe a session to a filter; return the granted QoS, 0x80 if refused."""
        pattern, qos = subscription
        split = split_share(pattern)
        ours = self._core.sessions.by_client_id.get(session.client_id or "")
        if split is None or ours is None or qos not in (0, 1, 2):
            return int(Reason.UNSPECIFIED_ERROR)
        if not await self._plugins.may(ours, split[1], "subscribe"):
            return int(Reason.UNSPECIFIED_ERROR)
        self._core.router.subscribe(Subscription(ours, split[1], qos, share=split[0]))
        return qos
