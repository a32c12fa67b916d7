"""Who becomes a player: the setting ``new_players``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from zapette.errors import InvalidArgument
from zapette_broker.storage.store_errors import StoreError
from zapette_server.settings.settings import Settings
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_server.storage.tables.waiting_players import WaitingPlayer
from zapette_webapp.access.access_control import Device
from zapette_webapp.access.players import admission
from zapette_webapp.access.players.admission import Admission
from zapette_webapp.access.token_buckets import EVERYBODY, TokenBuckets
from zapette_webapp.errors import PlayerWaiting, WrongCode
from zapette_webapp.network.network import Interface, is_local, own_interfaces
from zapette_webapp.status.prometheus import Family, family

log = logging.getLogger("zapette.web")

OPEN: Final = "open"
LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class NewPlayers:
    """Lets new players in, or lets them wait; a known player is in.

    Attributes:
        settings: the settings of the process.
        registry: the players that are in.
        admission: those that wait.
        interfaces: returns this machine's addresses with their networks.
        logged: limits the lines in the log.
    """

    settings: Settings
    registry: PlayerRegistry
    admission: Admission
    interfaces: Callable[[], list[Interface]] = own_interfaces
    logged: TokenBuckets = field(default_factory=lambda: TokenBuckets(burst=10, per_second=0.1))

    def check(self, player_id: str, client: str, device: Device, host: str) -> None:
        """Raise an error if a player is neither known nor may become one now.

        Args:
            player_id: the player; its owner key was checked.
            client: the client of the request, from `clients.client_of`.
            device: the device of the request.
            host: the host by which the browser reached the server.

        Raises:
            PlayerWaiting: it must wait; the error holds its code.
            TooManyWaiting: too many wait already.
            StoreError: the database cannot be used.
        """
        if self.registry.generation(player_id) is not None or self._may_enter(device.address, host):
            return
        code, left = self.admission.wait(player_id, client, device.address, device.label)
        if self.logged.take(EVERYBODY) == 0:
            log.info("a page at %s waits to be let in as a player", device.address)
        raise PlayerWaiting(admission.spelled(code), left)

    def _may_enter(self, address: str, host: str) -> bool:
        if self.settings.new_players == LOCAL:
            return not self._is_hidden_by_proxy(host) and is_local(address, self.interfaces())
        return self.settings.new_players == OPEN

    def _is_hidden_by_proxy(self, host: str) -> bool:
        """Return whether the address is a proxy's: only one can have answered https."""
        public = urlsplit(self.settings.public_url)
        is_public = public.scheme == "https" and host == public.hostname
        return is_public and not self.settings.trusted_proxy

    def allow(self, code: object) -> WaitingPlayer:
        """Let in the player whose page shows `code`.

        Raises:
            InvalidArgument: the code is malformed.
            WrongCode: no waiting page shows it.
            PlayersFull: there are too many players.
            StoreError: the database cannot be used.
        """
        read = admission.read(str(code) if isinstance(code, int) else code)
        if read is None:
            raise InvalidArgument(f"code: {admission.DIGITS} digits are needed")
        found = self.admission.take(read)
        if found is None:
            raise WrongCode
        self.registry.claim(found.player_id, found.client)
        log.info("a new player at %s was let in", found.address)
        return found

    def waiting(self) -> list[dict[str, Any]]:
        """Return the codes of the pages that wait, with their devices and addresses.

        Raises:
            StoreError: the database cannot be used.
        """
        return [_described(it) for it in self.admission.all()]

    def families(self) -> Iterator[Family]:
        """Return the figures; none while the database cannot be used."""
        meaning = "Pages that wait to be let in as players."
        with suppress(StoreError):
            yield family("zapette_players_waiting", "gauge", meaning, len(self.admission.all()))


def _described(it: WaitingPlayer) -> dict[str, Any]:
    return {"code": admission.spelled(it.code), "device": it.device, "address": it.address}
