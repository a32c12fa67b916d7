"""Who may come in: the program's authenticator and amqtt's authentication plugins, all of them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from broker.access import Rights
from broker.authenticator import Authenticator, ConnectRequest, Grant


class PluginLogins(Protocol):
    """The authentication plugins; see `broker.plugins`."""

    async def permit(self, request: ConnectRequest) -> bool | None:
        """Return what the plugins say, None if none of them has an opinion."""


class Gate:
    """Grants what the authenticator grants, if the plugins do not object; else nothing.

    Without authenticator the plugins decide alone, and what they let in has all rights but
    those that topic plugins take away. Without either nobody comes in.
    """

    def __init__(self, authenticator: Authenticator | None, plugins: PluginLogins | None) -> None:
        self._authenticator = authenticator
        self._plugins = plugins

    def authenticate(self, request: ConnectRequest) -> Grant | Awaitable[Grant | None] | None:
        """Return the grant, None to refuse, or an awaitable of these."""
        if self._plugins is not None:
            return self._ask_both(request, self._plugins)
        if self._authenticator is None:
            return None
        return self._authenticator.authenticate(request)

    async def _ask_both(self, request: ConnectRequest, plugins: PluginLogins) -> Grant | None:
        grant: Grant | None = None
        if self._authenticator is not None:
            answer = self._authenticator.authenticate(request)
            grant = await answer if isinstance(answer, Awaitable) else answer
            if grant is None:
                return None
        permitted = await plugins.permit(request)
        if permitted is False:
            return None
        if grant is not None:
            return grant
        return Grant(Rights.everything(), username=request.username) if permitted else None
