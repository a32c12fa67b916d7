"""amqtt's plugins on this broker: what they are asked, told and shown."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from amqtt.session import Session as AmqttSession

if TYPE_CHECKING:
    from amqtt.broker import BrokerContext
    from amqtt.plugins.manager import PluginManager

    from broker.authenticator import ConnectRequest

logger = logging.getLogger("broker")


class _State:
    """Stands for the state machine of amqtt's session, which takes half a millisecond to make."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state

    def is_connected(self) -> bool:
        return self.state == "connected"


class PluginSession(AmqttSession):
    """A session as amqtt's plugins know it."""

    transitions: Any

    def _init_states(self) -> None:
        self.transitions = _State("new")


class Plugins:
    """The loaded plugins of a broker."""

    def __init__(self, manager: PluginManager[BrokerContext]) -> None:
        self._manager = manager

    @property
    def authenticate(self) -> bool:
        """Tell whether there are authentication plugins."""
        return bool(self._manager._auth_plugins)  # noqa: SLF001 - amqtt has no other way

    async def permit(self, request: ConnectRequest) -> bool | None:
        """Ask the authentication plugins: all that have an opinion must agree."""
        session = PluginSession()
        session.client_id = request.client_id
        session.remote_address = request.peer
        session.username = request.username
        if request.password is not None:
            session.password = request.password.decode("utf-8", "surrogateescape")
        answers = await self._manager.map_plugin_auth(session=session)
        opinions = [answer for answer in answers.values() if answer is not None]
        return all(opinions) if opinions else None
