"""Ends the connections and sessions whose credentials the stores revoke."""

from __future__ import annotations

import logging

from zapette_broker import Broker
from zapette_server.access.authentication import HouseholdAuthenticator, player_of
from zapette_server.access.lookups import Lookups
from zapette_server.access.records import Change

log = logging.getLogger("zapette.broker")


class RevokedConnections:
    """Ends what the stores revoke, and forgets players without sessions."""

    def __init__(
        self, broker: Broker, authenticator: HouseholdAuthenticator, lookups: Lookups
    ) -> None:
        self._broker = broker
        self._authenticator = authenticator
        self._lookups = lookups

    def take(self, change: Change) -> None:
        """End the connections and sessions whose credentials a change revokes."""
        self._authenticator.learn(change)
        ended = self._broker.disconnect(
            lambda client: self._authenticator.is_revoked(client.tag, client.client_id)
        )
        for player, generation in change.generations.items():
            if generation is None:
                self._broker.forget_owner(player)
        if ended:
            log.info("ended %d connections whose credentials were revoked", ended)

    def players(self) -> set[str]:
        """Return the players that sessions belong to."""
        return {player for tag in self._broker.tags() if (player := player_of(tag)) is not None}

    def trim(self) -> None:
        """Watch only the players that sessions belong to."""
        players = self.players()
        self._lookups.watch_only(players)
        self._authenticator.remember_only(players)
