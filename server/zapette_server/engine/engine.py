"""What an MQTT broker must do for the household; each kind of broker does it by its own means.

Revocation has no method: the stores say what is revoked, and each engine follows them within a
second, whichever process writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from zapette.client.client import Client
from zapette_server.access.credentials import TOKEN_LIFETIME, Token
from zapette_server.access.rights import Role


class Tokens(Protocol):
    """Issues tokens and reads them; `Keyring` does so for the embedded broker."""

    def issue(
        self,
        role: Role,
        client_id: str,
        player_id: str = "",
        generation: str = "",
        *,
        lifetime: float = TOKEN_LIFETIME,
    ) -> tuple[str, int]:
        """Return a signed token and when it expires, in Unix seconds."""

    def read(self, token: str | bytes) -> Token:
        """Return the content of a token; CredentialsError if it is not valid, or has expired."""


class Engine(Protocol):
    """The broker that the household runs on."""

    @property
    def tokens(self) -> Tokens:
        """What issues and reads its tokens."""

    @property
    def problem(self) -> str | None:
        """Why the engine does not work, for people; None if it works."""

    @property
    def informed(self) -> Mapping[str, bool]:
        """Whether each node of a cluster, by its address, knows the latest revocations."""

    def start(self, service: Client) -> None:
        """Begin, given the server's own client."""

    def stop(self) -> None:
        """End; the broker goes on."""

    def connected(self, player_id: str) -> list[str]:
        """Return the client ids of a player's connected remotes and guests.

        Raises:
            CallError: the broker does not say.
        """

    def page_url(self) -> str | None:
        """Return a node that works, for a browser; None if the broker is at the pages' host."""
