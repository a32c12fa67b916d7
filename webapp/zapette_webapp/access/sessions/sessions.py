"""The cookies by which a page proves that it was let in; no I/O.

A browser may show several players and remotes at once. Each has a cookie of its own, and any valid
one admits. A cookie carries the rights to the library only: it is no token for the broker, because
browsers send cookies to every port of a host.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from zapette.protocol.topics import is_player_id, is_token
from zapette_server.access.credentials import Keyring, Token, is_generation
from zapette_server.access.rights import Role
from zapette_server.engine.engine import Tokens
from zapette_server.errors import CredentialsError

MOST: Final = 8
"""The most sessions of one browser; the one that ends first makes room."""

_PURPOSE: Final = "session"
_PARTS: Final = 6
_ROLES: Final = frozenset({Role.PLAYER, Role.REMOTE, Role.GUEST})


@dataclass(frozen=True, slots=True)
class Session:
    """A client that was let in, by its token or by its cookie.

    Attributes:
        role: player, remote or guest; or server, by a token only.
        player_id: its player; empty for the server.
        generation: the generation of its key; empty for a player and the server.
        client_id: the MQTT client id of its token.
        expires_at: when it ends, in Unix seconds.
    """

    role: Role
    player_id: str
    generation: str
    client_id: str
    expires_at: int

    @classmethod
    def of(cls, token: Token) -> Session:
        """Return the session of a verified token."""
        return cls(token.role, token.player_id, token.generation, token.client_id, token.expires_at)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes and reads the cookies of one household.

    Attributes:
        keyring: signs the cookies.
        tokens: reads the tokens that programs show instead.
    """

    keyring: Keyring
    tokens: Tokens

    @property
    def prefix(self) -> str:
        """The beginning of the cookies' names; another server on this host has another one."""
        return f"zapette_session_{self.keyring.seal('cookies')[:8]}_"

    def name(self, session: Session) -> str:
        """Return the cookie's name: the same for each session of one role of one player."""
        return self.prefix + self.keyring.seal("cookie", session.role, session.player_id)[:8]

    def value(self, session: Session) -> str:
        """Return the cookie's value."""
        parts = (
            session.role.value,
            session.player_id,
            session.generation,
            session.client_id,
            str(session.expires_at),
        )
        return ".".join((*parts, self.keyring.seal(_PURPOSE, *parts)))

    def read(self, value: str) -> Session:
        """Return the session of a cookie.

        Raises:
            CredentialsError: it is malformed, of another issuer, or expired.
        """
        parts = value.split(".")
        if len(parts) != _PARTS or not self.keyring.is_sealed(parts[-1], _PURPOSE, *parts[:-1]):
            raise CredentialsError("the session is not valid")
        role, player_id, generation, client_id, expires_at = parts[:-1]
        if role not in _ROLES or not is_player_id(player_id) or not is_token(client_id):
            raise CredentialsError("the session is not valid")
        if generation and not is_generation(generation):
            raise CredentialsError("the session is not valid")
        if int(expires_at) <= time.time():
            raise CredentialsError("the session has expired")
        return Session(Role(role), player_id, generation, client_id, int(expires_at))
