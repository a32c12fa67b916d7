"""Player ids, links and tokens, issued for the right keys."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from zapette_server.access.credentials import Keyring, new_player_id
from zapette_server.access.rights import Role
from zapette_server.engine.engine import Engine
from zapette_server.errors import CredentialsError
from zapette_server.settings.settings import Settings
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_webapp.errors import UnknownPlayer
from zapette_webapp.network.addresses import Addresses
from zapette_webapp.pages import qr


@dataclass(frozen=True, slots=True)
class PlayerCredentials:
    """Issues ids, credentials and links.

    Attributes:
        settings: the settings of the process.
        keyring: makes and checks keys and tokens.
        registry: the players and their generation of codes.
        addresses: the addresses for phones and browsers.
        engine: issues the tokens for its broker.
    """

    settings: Settings
    keyring: Keyring
    registry: PlayerRegistry
    addresses: Addresses
    engine: Engine

    def new_player(self) -> dict[str, str]:
        """Return a new id and its owner key; the first use stores them."""
        player_id = new_player_id()
        return {"id": player_id, "owner_key": self.keyring.owner_key(player_id)}

    def player(
        self, player_id: str, owner_key: str, host: str, ip: str | None, client: str
    ) -> dict[str, Any]:
        """Return a player's credentials and links, and register the player.

        Args:
            player_id: the player.
            owner_key: proves who created it.
            host: the host by which its browser reached the server.
            ip: the address for its links, if a person picked one.
            client: the client of the request, from `clients.client_of`.

        Raises:
            CredentialsError: the owner key is not the player's.
            PlayersFull: there are too many players.
        """
        self.check_owner(player_id, owner_key)
        generation = self.registry.claim(player_id, client)
        credentials = self._credentials(Role.PLAYER, f"player-{player_id}", player_id, "", host)
        return credentials | {"links": self._links(player_id, generation, ip)}

    def invited(self, player_id: str, key: str) -> tuple[Role, str]:
        """Return the role that a key gives, and the generation of the key.

        Raises:
            CredentialsError: the key is not, or no longer, the player's.
        """
        generation = self.registry.generation(player_id)
        role = self.keyring.role_of(player_id, generation, key) if generation else None
        if generation is None or role is None:
            raise CredentialsError("the key is not, or no longer, this player's")
        return role, generation

    def issue(self, player_id: str, role: Role, generation: str, host: str) -> dict[str, Any]:
        """Return the credentials of a new remote or guest."""
        client_id = f"{role}-{secrets.token_urlsafe(9)}"
        return self._credentials(role, client_id, player_id, generation, host)

    def known(self, player_id: str, owner_key: str) -> str:
        """Return the generation of codes of a player.

        Raises:
            CredentialsError: the owner key is not the player's.
            UnknownPlayer: the player is not registered, or was forgotten.
        """
        self.check_owner(player_id, owner_key)
        generation = self.registry.generation(player_id)
        if generation is None:
            raise UnknownPlayer
        return generation

    def key(self, player_id: str, role: Role, generation: str) -> str | None:
        """Return the key in a player's link; None if the generation is not the current one."""
        if self.registry.generation(player_id) != generation:
            return None
        return self.keyring.link_key(role, player_id, generation)

    def new_code(self, player_id: str, owner_key: str, ip: str | None) -> dict[str, Any]:
        """Give the player new keys and return the links; the old keys end.

        Raises:
            CredentialsError: the owner key is not the player's.
            UnknownPlayer: the player is not registered, or was forgotten.
        """
        self.known(player_id, owner_key)
        generation = self.registry.renew(player_id)
        if generation is None:
            raise UnknownPlayer
        return self._links(player_id, generation, ip)

    def forget(self, player_id: str, owner_key: str) -> bool:
        """Forget the player: its links and its announcements to other systems end.

        Return whether it was known; an unknown player costs no write.

        Raises:
            CredentialsError: the owner key is not the player's.
        """
        self.check_owner(player_id, owner_key)
        return self.registry.generation(player_id) is not None and self.registry.forget(player_id)

    def check_owner(self, player_id: str, owner_key: str) -> None:
        """Check that `owner_key` is the player's.

        Raises:
            CredentialsError: the owner key is not the player's.
        """
        if not self.keyring.owns(player_id, owner_key):
            raise CredentialsError("the owner key is not this player's")

    def _credentials(
        self, role: Role, client_id: str, player_id: str, generation: str, host: str
    ) -> dict[str, Any]:
        token, expires_at = self.engine.tokens.issue(
            role, client_id, player_id, generation, lifetime=self.settings.token_lifetime
        )
        return {
            "role": role.value,
            "url": self.engine.page_url() or self.addresses.broker(host),
            "client_id": client_id,
            "username": role.value,
            "password": token,
            "expires_at": expires_at,
            "expires_in": self.settings.token_lifetime,
            "base_topic": self.settings.base_topic,
        }

    def _links(self, player_id: str, generation: str, ip: str | None) -> dict[str, dict[str, str]]:
        page = self.addresses.pages(ip)
        links = {}
        for role in (Role.REMOTE, Role.GUEST):
            key = self.keyring.link_key(role, player_id, generation)
            url = f"{page}remote#{player_id}.{key}"
            links[role.value] = {"url": url, "qr_svg": qr.svg(url)}
        return links
