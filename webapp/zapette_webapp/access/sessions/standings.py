"""Whether sessions are still valid, by the household's stores."""

from __future__ import annotations

import threading
from typing import Final

from zapette_server.access.records import Commits, Standing, last_commits
from zapette_server.access.rights import Role
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry
from zapette_webapp.access.sessions.sessions import Session

_KEPT: Final = 10_000


class Standings:
    """Looks up sessions in the stores, once for each until something is written to a store.

    Revocation, a new code and a forgotten player therefore end a session at its next request.
    """

    def __init__(self, registry: PlayerRegistry, grants: Grants) -> None:
        self._registry = registry
        self._grants = grants
        self._lock = threading.Lock()
        self._commits: Commits | None = None
        self._found: dict[tuple[str, str], Standing] = {}

    def is_good(self, session: Session) -> bool:
        """Return whether a session has not been revoked; its expiry is checked elsewhere.

        Raises:
            StoreError: the stores cannot be read.
        """
        if session.role is Role.SERVER:
            return True
        standing = self._standing(session.player_id, session.client_id)
        wanted = standing.generation if session.role is Role.PLAYER else session.generation
        return (
            not standing.revoked
            and standing.generation is not None
            and standing.generation == wanted
        )

    def _standing(self, player_id: str, client_id: str) -> Standing:
        # Read before the stores: a later commit then shows that the result is out of date.
        commits = last_commits(self._registry, self._grants)
        with self._lock:
            if commits is None or commits != self._commits or len(self._found) >= _KEPT:
                self._commits, self._found = commits, {}
            elif (known := self._found.get((player_id, client_id))) is not None:
                return known
        standing = Standing(
            self._registry.generation(player_id),
            bool(self._grants.revoked_among([client_id])),
        )
        with self._lock:
            if commits is not None and commits == self._commits:
                self._found[player_id, client_id] = standing
        return standing
