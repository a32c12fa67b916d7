"""Who comes in and who is turned out: visitors of a player, and codes to type."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from zapette.errors import CallError
from zapette_server.access.credentials import Role
from zapette_server.storage.grants import MOST_REVOKED, Grants, TokenGrant
from zapette_webapp.access import pairing
from zapette_webapp.access.pairing import Pairing
from zapette_webapp.access.player_credentials import PlayerCredentials
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts
from zapette_webapp.problems import Problem

log = logging.getLogger("zapette.web")

Connected = Callable[[str], list[str]]
"""Returns the client ids of a player's visitors that are connected; raises `CallError`."""

_CLIENT_ID: Final = re.compile(r"(remote|guest)-[A-Za-z0-9_-]{12}")


@dataclass(frozen=True, slots=True)
class Device:
    """Where a visitor comes from.

    Attributes:
        id: what the browser is known by, 22 base64url characters.
        label: what to show a person.
        address: its address.
    """

    id: str
    label: str
    address: str


def new_device_id() -> str:
    """Return what a browser that came for the first time is to be known by."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Lets visitors in, tells who is there, and turns them out.

    Attributes:
        credentials: gives credentials and checks owner keys.
        grants: which tokens were given out, and which were revoked.
        pairing: the codes that are shown now.
        connected: asks the broker who is connected.
        warn: tells a player that its code has expired because somebody guesses codes.
        refusals: counts such codes.
    """

    credentials: PlayerCredentials
    grants: Grants
    pairing: Pairing
    connected: Connected
    warn: Callable[[str], None] = lambda _: None
    refusals: RefusalCounts = field(default_factory=RefusalCounts)

    def admit(self, player_id: str, key: str, host: str, device: Device) -> dict[str, Any]:
        """Return the credentials of a remote or a guest, as the key says.

        Raises:
            CredentialsError: the key is none of the player's, or not any more.
            Problem: the device was turned out (code ``turned_out``).
        """
        role, generation = self.credentials.invited(player_id, key)
        if self.grants.is_revoked(player_id, generation, device.id):
            detail = "the player disconnected this device; a new code lets it connect again"
            raise Problem(HTTPStatus.FORBIDDEN, "turned_out", detail)
        given = self.credentials.issue(player_id, role, generation, host)
        self.grants.note(
            TokenGrant(
                client_id=given["client_id"],
                player_id=player_id,
                generation=generation,
                role=role.value,
                device=device.id,
                label=device.label,
                address=device.address,
                since=time.time(),
                expires_at=given["expires_at"],
            )
        )
        return given

    def new_code(self, player_id: str, owner_key: str, ip: str | None) -> dict[str, Any]:
        """Give the player new keys, which ends all visitors and codes to type; return the links.

        Raises:
            CredentialsError: the owner key is not the id's.
            Problem: the player is unknown or forgotten (code ``not_found``).
        """
        links = self.credentials.new_code(player_id, owner_key, ip)
        self.grants.forget(player_id)
        return links

    def forget(self, player_id: str, owner_key: str) -> None:
        """Forget the player and who had its codes; no other system is told of it any more.

        Raises:
            CredentialsError: the owner key is not the id's.
        """
        if self.credentials.forget(player_id, owner_key):
            self.grants.forget(player_id)

    def invite(self, player_id: str, owner_key: str, role: Role) -> dict[str, Any]:
        """Return a code to type and when it ends.

        Raises:
            CredentialsError: the owner key is not the id's.
            Problem: the player is unknown or forgotten (code ``not_found``).
        """
        generation = self.credentials.known(player_id, owner_key)
        code = self.pairing.invite(player_id, generation, role)
        return {"code": pairing.spelled(code), "expires_at": int(time.time() + pairing.LIFETIME)}

    def accept(self, code: str) -> dict[str, str]:
        """Return the player's id and the key that a code stands for, and end the code.

        Raises:
            Problem: there is no such code, or not any more (code ``wrong_code``).
        """
        invitation = self.pairing.accept(code)
        for ended in self.pairing.guessed():
            self.refusals.count(Reason.GUESSED)
            log.warning("a code to type has expired: somebody is guessing codes")
            self.warn(ended.player_id)
        if invitation is not None:
            player_id, role = invitation.player_id, invitation.role
            key = self.credentials.key(player_id, role, invitation.generation)
            if key is not None:
                return {"id": player_id, "key": key, "role": role.value}
        detail = "no player shows this code, or it has expired; ask for a new one"
        raise Problem(HTTPStatus.FORBIDDEN, "wrong_code", detail)

    def present(self, player_id: str, owner_key: str) -> dict[str, Any]:
        """Return who is connected to a player.

        Raises:
            CredentialsError: the owner key is not the id's.
            Problem: the player is unknown or forgotten (code ``not_found``).
        """
        self.credentials.known(player_id, owner_key)
        known = {it.client_id: it for it in self.grants.of(player_id)}
        here = self._connected(player_id)
        shown = [_described(it) for it in known.values() if here is None or it.client_id in here]
        strangers = [_stranger(it) for it in sorted(here or ()) if it not in known]
        return {"connected": here is not None, "visitors": shown + strangers}

    def revoke(self, player_id: str, owner_key: str, client_id: str) -> None:
        """End a visitor's connection, and keep its device out until there is a new code.

        Raises:
            CredentialsError: the owner key is not the id's.
            Problem: there is no such player or visitor, or too many were turned out already.
        """
        generation = self.credentials.known(player_id, owner_key)
        grant = self._grant(player_id, client_id, generation)
        if grant is None:
            detail = "this player has no such device"
            raise Problem(HTTPStatus.NOT_FOUND, "not_found", detail)
        if not self.grants.revoke(grant):
            detail = f"{MOST_REVOKED} devices are disconnected already; make a new code instead"
            raise Problem(HTTPStatus.CONFLICT, "conflict", detail)
        log.info("a player disconnected a %s", grant.role)

    def _grant(self, player_id: str, client_id: str, generation: str) -> TokenGrant | None:
        for grant in self.grants.of(player_id):
            if grant.client_id == client_id:
                return grant
        form = _CLIENT_ID.fullmatch(client_id)
        if form is None or client_id not in (self._connected(player_id) or ()):
            return None
        # so many came after it that it is not remembered, but it is there
        now = time.time()
        until = now + self.credentials.settings.token_lifetime
        return TokenGrant(client_id, player_id, generation, form[1], "", "", "", now, until)

    def _connected(self, player_id: str) -> frozenset[str] | None:
        try:
            return frozenset(self.connected(player_id))
        except CallError as error:
            log.debug("the broker does not list its clients: %s", error)
            return None


def _described(grant: TokenGrant) -> dict[str, Any]:
    return {
        "client_id": grant.client_id,
        "role": grant.role,
        "device": grant.label,
        "address": grant.address,
        "since": round(grant.since, 3),
    }


def _stranger(client_id: str) -> dict[str, Any]:
    role = client_id.partition("-")[0]
    return {"client_id": client_id, "role": role, "device": "", "address": "", "since": None}
