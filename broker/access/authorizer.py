"""Who may come in: the program's authenticator and amqtt's authentication plugins, all of them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.access.acl import Rights
from broker.access.authenticator import Authenticator, ConnectRequest, Grant

if TYPE_CHECKING:
    from broker.amqtt.plugins import Plugins
    from broker.amqtt.views import PluginSession
    from broker.transports.transport import Wire


@dataclass(frozen=True, slots=True)
class Admission:
    """A grant, and the session as amqtt's plugins saw it."""

    grant: Grant
    view: PluginSession | None = None


class Gate:
    """Grants what the authenticator grants, if the plugins do not object; else nothing.

    Without authenticator the plugins decide alone, and what they let in has all rights but
    those that topic plugins take away. Without either nobody comes in.
    """

    def __init__(self, authenticator: Authenticator | None, plugins: Plugins | None) -> None:
        self._authenticator = authenticator
        self._plugins = plugins

    def ask(
        self, request: ConnectRequest, wire: Wire
    ) -> Admission | Awaitable[Admission | None] | None:
        """Return the admission, None to refuse, or an awaitable of these."""
        if self._plugins is not None:
            return self._ask_all(request, self._plugins.view(request, wire), self._plugins)
        if self._authenticator is None:
            return None
        answer = self._authenticator.authenticate(request)
        if isinstance(answer, Awaitable):
            return _later(answer)
        return Admission(answer) if answer is not None else None

    async def _ask_all(
        self, request: ConnectRequest, view: PluginSession, plugins: Plugins
    ) -> Admission | None:
        grant: Grant | None = None
        if self._authenticator is not None:
            answer = self._authenticator.authenticate(request)
            grant = await answer if isinstance(answer, Awaitable) else answer
            if grant is None:
                return None
        permitted = await plugins.permit(view)
        if permitted is False:
            return None
        if grant is None:
            if not permitted:
                return None
            grant = Grant(Rights.everything(), username=request.username)
        return Admission(grant, view)


async def _later(answer: Awaitable[Grant | None]) -> Admission | None:
    grant = await answer
    return Admission(grant) if grant is not None else None
