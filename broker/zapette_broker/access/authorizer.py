"""Who may come in: the program's authenticator and amqtt's authentication plugins, all of them."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from zapette_broker.access.acl import Rights
from zapette_broker.access.authenticator import Authenticator, ConnectRequest, Grant
from zapette_broker.hooks import Hooks
from zapette_broker.transports.transport import Transport

_EVERYTHING = Rights.everything()


@dataclass(frozen=True, slots=True)
class Admission:
    """A grant, and what stood for the client when the hooks were asked."""

    grant: Grant
    view: object = None


class Authorizer:
    """Grants what the authenticator grants, if the plugins do not object; else nothing.

    Without authenticator the plugins decide alone, and what they let in has all rights but
    those that topic plugins take away. Without either nobody comes in.
    """

    def __init__(self, authenticator: Authenticator | None, hooks: Hooks) -> None:
        self._authenticator = authenticator
        self._hooks = hooks

    def ask(
        self, request: ConnectRequest, transport: Transport
    ) -> Admission | Awaitable[Admission | None] | None:
        """Return the admission, None to refuse, or an awaitable of these."""
        if self._hooks.decides:
            return self._ask_all(request, self._hooks.introduce(request, transport.tls))
        if self._authenticator is None:
            return None
        answer = self._authenticator.authenticate(request)
        if isinstance(answer, Awaitable):
            return _later(answer)
        return Admission(answer) if answer is not None else None

    async def _ask_all(self, request: ConnectRequest, view: object) -> Admission | None:
        grant: Grant | None = None
        if self._authenticator is not None:
            answer = self._authenticator.authenticate(request)
            grant = await answer if isinstance(answer, Awaitable) else answer
            if grant is None:
                return None
        permitted = await self._hooks.permit(view)
        if permitted is False:
            return None
        if grant is None:
            if not permitted:
                return None
            grant = Grant(_EVERYTHING, username=request.username)
        return Admission(grant, view)


async def _later(answer: Awaitable[Grant | None]) -> Admission | None:
    grant = await answer
    return Admission(grant) if grant is not None else None
