"""Access of remotes and guests to a player: admission, pairing codes and revocation."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from zapette.errors import CallError
from zapette_server.access.rights import Role
from zapette_server.storage.tables.grants import MOST_REVOKED, Grants, TokenGrant
from zapette_webapp.access import pairing
from zapette_webapp.access.pairing import Pairing
from zapette_webapp.access.players.player_credentials import PlayerCredentials
from zapette_webapp.errors import DeviceRevoked, TooManyRevocations, UnknownDevice, WrongCode
from zapette_webapp.http.refusal_counts import Reason, RefusalCounts

log = logging.getLogger("zapette.web")

_CLIENT_ID: Final = re.compile(r"(remote|guest)-[A-Za-z0-9_-]{12}")


@dataclass(frozen=True, slots=True)
class Device:
    """The device of a remote or guest.

    Attributes:
        id: the id of its browser, 22 base64url characters.
        label: the device as people know it.
        address: its IP address.
    """

    id: str
    label: str
    address: str


def new_device_id() -> str:
    """Return an id for a new browser."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class AccessControl:
    """Admits remotes and guests, lists them, and revokes their access.

    Attributes:
        credentials: issues credentials and checks owner keys.
        grants: the issued tokens, and the revoked ones.
        pairing: the current codes.
        warn: shows on a player that its code has expired because of guesses.
        refusals: counts these codes.
    """

    credentials: PlayerCredentials
    grants: Grants
    pairing: Pairing
    warn: Callable[[str], None] = lambda _: None
    refusals: RefusalCounts = field(default_factory=RefusalCounts)

    def admit(self, player_id: str, key: str, host: str, device: Device) -> dict[str, Any]:
        """Return the credentials of a remote or a guest; the key decides which.

        Raises:
            CredentialsError: the key is not, or no longer, the player's.
            DeviceRevoked: the player disconnected the device.
        """
        role, generation = self.credentials.invited(player_id, key)
        if self.grants.is_revoked(player_id, generation, device.id):
            raise DeviceRevoked
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
        """Give the player new keys and return the links; all grants and pairing codes end.

        Raises:
            CredentialsError: the owner key is not the player's.
            UnknownPlayer: the player is not registered, or was forgotten.
        """
        links = self.credentials.new_code(player_id, owner_key, ip)
        self.grants.forget(player_id)
        return links

    def forget(self, player_id: str, owner_key: str) -> None:
        """Forget the player and its grants; its announcements to other systems end.

        Raises:
            CredentialsError: the owner key is not the player's.
        """
        if self.credentials.forget(player_id, owner_key):
            self.grants.forget(player_id)

    def invite(self, player_id: str, owner_key: str, role: Role) -> dict[str, Any]:
        """Return a pairing code and its expiry.

        Raises:
            CredentialsError: the owner key is not the player's.
            UnknownPlayer: the player is not registered, or was forgotten.
        """
        generation = self.credentials.known(player_id, owner_key)
        code = self.pairing.invite(player_id, generation, role)
        return {"code": pairing.spelled(code), "expires_at": int(time.time() + pairing.LIFETIME)}

    def accept(self, code: str) -> dict[str, str]:
        """Return the player id and the key of a pairing code, which ends.

        Raises:
            WrongCode: no player shows the code, or it has expired.
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
        raise WrongCode

    def present(self, player_id: str, owner_key: str) -> dict[str, Any]:
        """Return the connected remotes and guests of a player.

        Raises:
            CredentialsError: the owner key is not the player's.
            UnknownPlayer: the player is not registered, or was forgotten.
        """
        self.credentials.known(player_id, owner_key)
        known = {it.client_id: it for it in self.grants.of(player_id)}
        here = self._connected(player_id)
        shown = [_described(it) for it in known.values() if here is None or it.client_id in here]
        others = (here or frozenset()) - known.keys()
        # the broker cuts off what is revoked, but only within a second
        strangers = [_stranger(it) for it in sorted(others - self.grants.revoked_among(others))]
        return {"connected": here is not None, "visitors": shown + strangers}

    def revoke(self, player_id: str, owner_key: str, client_id: str) -> None:
        """Disconnect a remote or guest, and refuse its device until the player has a new code.

        Raises:
            CredentialsError: the owner key is not the player's.
            UnknownPlayer: the player is not registered, or was forgotten.
            UnknownDevice: the player has no such remote or guest.
            TooManyRevocations: only a new code can disconnect further devices.
        """
        generation = self.credentials.known(player_id, owner_key)
        grant = self._grant(player_id, client_id, generation)
        if grant is None:
            raise UnknownDevice
        if not self.grants.revoke(grant):
            raise TooManyRevocations(MOST_REVOKED)
        log.info("a player disconnected a %s", grant.role)

    def _grant(self, player_id: str, client_id: str, generation: str) -> TokenGrant | None:
        for grant in self.grants.of(player_id):
            if grant.client_id == client_id:
                return grant
        form = _CLIENT_ID.fullmatch(client_id)
        if form is None or client_id not in (self._connected(player_id) or ()):
            return None
        # It is connected, but later grants have replaced its own.
        now = time.time()
        until = now + self.credentials.settings.token_lifetime
        return TokenGrant(client_id, player_id, generation, form[1], "", "", "", now, until)

    def _connected(self, player_id: str) -> frozenset[str] | None:
        try:
            return frozenset(self.credentials.engine.connected(player_id))
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
