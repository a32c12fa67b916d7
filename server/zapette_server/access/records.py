"""The state of tokens and accounts in the household's stores, and its changes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from zapette_broker.storage.store_errors import StoreError
from zapette_server.storage.accounts import Accounts
from zapette_server.storage.tables.grants import Grants
from zapette_server.storage.tables.player_registry import PlayerRegistry

log = logging.getLogger("zapette.broker")

MOST_IN_VIEW: Final = 10_000
"""With more players than this, each token is looked up in the stores."""

Commits = tuple[bytes, bytes]


def last_commits(registry: PlayerRegistry, grants: Grants) -> Commits | None:
    """Return the last commit to each store, without waiting; None if unknown."""
    players, granted = registry.last_commit(), grants.last_commit()
    return (players, granted) if players is not None and granted is not None else None


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a token in the stores.

    Attributes:
        generation: the current one of its player; None if there is no such player.
        revoked: whether the token itself is revoked.
    """

    generation: str | None
    revoked: bool


@dataclass(slots=True)
class Change:
    """A change in the stores.

    Attributes:
        generations: the changed ones, by player; None for a player that is gone.
        accounts: the fingerprints of all accounts; None if unchanged.
        revoked: the client ids of all revoked tokens; None if unchanged.
    """

    generations: dict[str, str | None] = field(default_factory=dict)
    accounts: dict[str, str] | None = None
    revoked: frozenset[str] | None = None

    def __bool__(self) -> bool:
        """Return whether anything has changed."""
        return bool(self.generations) or self.accounts is not None or self.revoked is not None


@dataclass(frozen=True, slots=True)
class View:
    """The standings of all tokens, valid until the next commit to a store.

    Attributes:
        commits: the last commit to each store before the view was read.
        generations: the current ones of all players.
        revoked: the client ids of all revoked tokens.
    """

    commits: Commits
    generations: Mapping[str, str]
    revoked: frozenset[str]

    def standing(self, player_id: str, client_id: str) -> Standing:
        """Return the standing of a token."""
        return Standing(self.generations.get(player_id), client_id in self.revoked)


class Records:
    """The stores themselves; every method but `last_commits` may block."""

    def __init__(
        self, registry: PlayerRegistry, grants: Grants, accounts: Accounts, accounts_file: Path
    ) -> None:
        self._registry = registry
        self._grants = grants
        self._accounts = accounts
        self._accounts_file = accounts_file
        self._known: dict[str, str | None] = {}
        self._everybody: dict[str, str] | None = None
        self._revoked: frozenset[str] = frozenset()
        self._hashes: dict[str, str] = {}
        self._registry_seen: str | None = None
        self._last_revocation: int | None = None
        self._accounts_seen: tuple[int, ...] | None = None
        #: Why the accounts cannot be read; None if they can.
        self.problem: str | None = None
        #: The result of the last look; None if it may be out of date.
        self.view: View | None = None

    def last_commits(self) -> Commits | None:
        """Return the last commit to each store, without waiting; None if unknown."""
        return last_commits(self._registry, self._grants)

    def standings(
        self, tokens: Collection[tuple[str, str]]
    ) -> tuple[dict[tuple[str, str], Standing], Change]:
        """Return the standings of tokens (player id and client id), and the changes found."""
        generations = self._registry.generations({player for player, _ in tokens})
        revoked = self._grants.revoked_among([client for _, client in tokens])
        change = Change()
        standings = {}
        for player, client in tokens:
            generation = generations.get(player)
            # The next look reports players that no look has covered yet.
            if player in self._known and self._known[player] != generation:
                change.generations[player] = self._known[player] = generation
            standings[player, client] = Standing(generation, client in revoked)
        return standings, change

    def hashes(self, change: Change) -> dict[str, str]:
        """Return the hashes of the accounts by name; reads the file if it has changed."""
        version = _version(self._accounts_file)
        if version != self._accounts_seen:
            try:
                self._hashes = self._accounts.hashes()
            except StoreError as error:
                # Players and phones need no account.
                if self.problem != str(error):
                    self.problem = str(error)
                    log.error("%s; the accounts stay unchanged", error)  # noqa: TRY400
                return self._hashes
            self.problem = None
            self._accounts_seen = version
            change.accounts = {name: fingerprint(it) for name, it in self._hashes.items()}
        return self._hashes

    def forget(self) -> None:
        """Treat everything as changed at the next look."""
        self._known = {}
        self._registry_seen = self._last_revocation = self._accounts_seen = None

    def look(self, players: Collection[str]) -> Change:
        """Return the changes since the last look; of generations, only those of `players`."""
        change = Change()
        # Read before the stores: a later commit then shows that the view is out of date.
        commits = self.last_commits()
        version = self._registry.changes()
        if version != self._registry_seen:
            self._everybody = self._registry.everybody(MOST_IN_VIEW)
        if version != self._registry_seen or not self._known.keys() >= set(players):
            found = self._everybody
            if found is None:
                found = self._registry.generations(players)
            for player in players:
                generation = found.get(player)
                if player not in self._known or self._known[player] != generation:
                    change.generations[player] = generation
            self._known = {player: found.get(player) for player in players}
            self._registry_seen = version
        last = self._grants.last_revocation()
        if last != self._last_revocation:
            change.revoked = self._revoked = self._grants.revoked()
            self._last_revocation = last
        self.hashes(change)
        if commits is None or self._everybody is None:
            self.view = None
        elif self.view is None or self.view.commits != commits:
            self.view = View(commits, self._everybody, self._revoked)
        return change


def fingerprint(hashed: str) -> str:
    """Return a text that differs for each password of an account, and reveals none."""
    return hashlib.sha256(hashed.encode()).hexdigest()[:16]


def _version(file: Path) -> tuple[int, ...]:
    """Return what differs after a change; FAT knows the time to two seconds only."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return ()
    return found.st_mtime_ns, found.st_ino, found.st_size
