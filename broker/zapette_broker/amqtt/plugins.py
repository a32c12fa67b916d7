"""amqtt's plugins on this broker: what they are asked and told."""

from __future__ import annotations

import asyncio
import logging
import secrets
from ssl import SSLObject
from typing import TYPE_CHECKING, Any

from amqtt.contexts import Action
from amqtt.events import BrokerEvents, Events, MQTTEvents
from amqtt.session import IncomingApplicationMessage

from zapette_broker.access.authenticator import ConnectRequest
from zapette_broker.amqtt.views import PluginSession, RetainedView, packet_view
from zapette_broker.hooks import Hooks, Operation
from zapette_broker.message import Message
from zapette_broker.sessions.session import Session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from amqtt.broker import BrokerContext
    from amqtt.plugins.manager import PluginManager

logger = logging.getLogger("broker")

_PROBE_LEVELS = 32


class Plugins(Hooks):
    """The loaded plugins of a broker.

    Each question is asked only if some plugin answers it, each event told only if some
    plugin listens: without plugins none of this costs anything.

    Attributes:
        filters: some plugin decides what clients may publish, subscribe to and receive.
        sees_packets: some plugin wants to see every packet.
        sees_messages: some plugin wants to see every message published.
    """

    def __init__(self, manager: PluginManager[BrokerContext]) -> None:
        self._manager = manager
        # amqtt offers no other way to tell which plugins it loaded.
        authenticates = bool(manager._auth_plugins)  # noqa: SLF001
        self.filters = bool(manager._topic_plugins)  # noqa: SLF001
        self.decides = authenticates or self.filters
        self._subscribed = frozenset(manager._event_plugin_callbacks)  # noqa: SLF001
        self.sees_packets = not self._subscribed.isdisjoint(MQTTEvents)
        self.sees_messages = not self._subscribed.isdisjoint(
            (BrokerEvents.MESSAGE_RECEIVED, BrokerEvents.MESSAGE_BROADCAST)
        )
        self._tasks: set[asyncio.Future[None]] = set()

    def introduce(self, request: ConnectRequest, tls: SSLObject | None) -> PluginSession:
        """Return the session of a client that asks to be let in, as plugins know it."""
        session = PluginSession()
        session.client_id = request.client_id
        session.remote_address = request.peer
        session.username = request.username
        session.ssl_object = tls
        if request.password is not None:
            session.password = request.password.decode("utf-8", "surrogateescape")
        return session

    async def permit(self, view: Any) -> bool | None:
        """Ask the authentication plugins; None if none has an opinion, else all must agree."""
        answers = await self._manager.map_plugin_auth(session=view)
        opinions = [answer for answer in answers.values() if answer is not None]
        return all(opinions) if opinions else None

    async def may_leave_will(self, view: Any, topic: str) -> bool:
        """Ask the topic plugins about the will of a client that is about to connect."""
        return await self._ask(view, topic, Action.PUBLISH)

    async def may(self, session: Session, topic: str, operation: Operation) -> bool:
        """Ask the topic plugins; one that does not say yes, or fails, denies.

        Some compare the levels of a filter as if it were a topic, and let ``a/#`` pass for
        ``a/+``. So they are asked as well for a topic that only ``#`` reaches.
        """
        view, action = PluginSession.of(session), Action(operation)
        if not await self._ask(view, topic, action):
            return False
        if action is Action.SUBSCRIBE and topic.endswith("#"):
            deep = "/".join(secrets.token_hex(8) for _ in range(_PROBE_LEVELS))
            return await self._ask(view, topic[:-1] + deep, action)
        return True

    async def _ask(self, view: Any, topic: str, action: Action) -> bool:
        try:
            answers = await self._manager.map_plugin_topic(session=view, topic=topic, action=action)
        except Exception:
            logger.exception("event=plugin_failed action=%s", action.value)
            return False
        return all(answers.values())

    def connected(self, session: Session) -> None:
        """Tell that a client has connected."""
        if BrokerEvents.CLIENT_CONNECTED in self._subscribed:
            self._tell(
                BrokerEvents.CLIENT_CONNECTED,
                client_id=session.client_id,
                client_session=PluginSession.of(session),
            )

    def disconnected(self, session: Session) -> None:
        """Tell that a client is gone."""
        if BrokerEvents.CLIENT_DISCONNECTED in self._subscribed:
            self._tell(
                BrokerEvents.CLIENT_DISCONNECTED,
                client_id=session.client_id,
                client_session=PluginSession.of(session),
            )

    def subscribed(self, session: Session, topic: str, qos: int) -> None:
        """Tell that a client has subscribed."""
        if BrokerEvents.CLIENT_SUBSCRIBED in self._subscribed:
            self._tell(
                BrokerEvents.CLIENT_SUBSCRIBED, client_id=session.client_id, topic=topic, qos=qos
            )

    def unsubscribed(self, session: Session, topic: str) -> None:
        """Tell that a client has unsubscribed."""
        if BrokerEvents.CLIENT_UNSUBSCRIBED in self._subscribed:
            self._tell(BrokerEvents.CLIENT_UNSUBSCRIBED, client_id=session.client_id, topic=topic)

    def retained(self, message: Message) -> None:
        """Tell that a message is retained; one with empty data clears its topic."""
        if BrokerEvents.RETAINED_MESSAGE in self._subscribed:
            self._tell(
                BrokerEvents.RETAINED_MESSAGE,
                client_id=None,
                retained_message=RetainedView.of(message),
            )

    def published(self, session: Session, message: Message, *, permitted: bool) -> None:
        """Tell of a message that came in, and whether it is passed on."""
        view = IncomingApplicationMessage(
            None, message.topic, message.qos, message.payload, message.retain
        )
        self._tell(BrokerEvents.MESSAGE_RECEIVED, client_id=session.client_id, message=view)
        if permitted:
            self._tell(BrokerEvents.MESSAGE_BROADCAST, client_id=session.client_id, message=view)

    def received(self, session: Session | None, version: int, first: int, body: bytes) -> None:
        """Show a packet that came in."""
        self._show(MQTTEvents.PACKET_RECEIVED, session, version, first, body)

    def sent(self, session: Session | None, version: int, packet: bytes) -> None:
        """Show a packet that goes out."""
        at = 1
        while packet[at] & 0x80:
            at += 1
        self._show(MQTTEvents.PACKET_SENT, session, version, packet[0], packet[at + 1 :])

    def _show(
        self, event: Events, session: Session | None, version: int, first: int, body: bytes
    ) -> None:
        if event not in self._subscribed:
            return
        view = PluginSession.of(session) if session is not None else None
        self._run(self._show_later(event, packet_view(version, first, body), view))

    async def _show_later(
        self, event: Events, packet: Awaitable[Any], session: PluginSession | None
    ) -> None:
        await self._manager.fire_event(event, packet=await packet, session=session)

    def _tell(self, event: Events, **details: Any) -> None:
        if event in self._subscribed:
            self._run(self._manager.fire_event(event, **details))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
