"""What the household's stores say of tokens and accounts, and what has changed in them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from zapette.accounts import Accounts
from zapette.errors import StoreError
from zapette.registry import Registry
from zapette.visitors import Visitors

log = logging.getLogger("zapette.broker")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the stores say of a token.

    Attributes:
        generation: of the codes of its player; None if there is no such player.
        ended: whether the token itself was ended.
    """

    generation: str | None
    ended: bool


@dataclass(slots=True)
class Change:
    """What is new in the stores.

    Attributes:
        generations: of players that connections were asked for, None if they are gone.
        accounts: the fingerprints of all accounts, None if they are as before.
        ended: the client ids of all ended tokens, None if they are as before.
    """

    generations: dict[str, str | None] = field(default_factory=dict)
    accounts: dict[str, str] | None = None
    ended: frozenset[str] | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is new."""
        return bool(self.generations) or self.accounts is not None or self.ended is not None


class Records:
    """The stores themselves; every method may block."""

    def __init__(
        self, registry: Registry, visitors: Visitors, accounts: Accounts, accounts_file: Path
    ) -> None:
        self._registry = registry
        self._visitors = visitors
        self._accounts = accounts
        self._accounts_file = accounts_file
        self._known: dict[str, str | None] = {}
        self._hashes: dict[str, str] = {}
        self._registry_seen: int | None = None
        self._last_end: int | None = None
        self._accounts_seen: int | None = None
        #: Why the accounts cannot be read, in words; None if they can.
        self.problem: str | None = None

    def standings(
        self, tokens: Collection[tuple[str, str]]
    ) -> tuple[dict[tuple[str, str], Standing], Change]:
        """Return how tokens stand (by player id and client id), and what was learnt by it."""
        generations = self._registry.generations({player for player, _ in tokens})
        ended = self._visitors.ended_among([client for _, client in tokens])
        change = Change()
        standings = {}
        for player, client in tokens:
            generation = generations.get(player)
            self._note(player, generation, change)
            standings[player, client] = Standing(generation, client in ended)
        return standings, change

    def hashes(self, change: Change) -> dict[str, str]:
        """Return the hashes of the accounts by name, after reading the file if it has changed."""
        at = _changed_at(self._accounts_file)
        if at != self._accounts_seen:
            try:
                self._hashes = self._accounts.hashes()
            except StoreError as error:
                # players and phones need no account
                if self.problem != str(error):
                    self.problem = str(error)
                    log.error("%s; the accounts stay as they were", error)  # noqa: TRY400
                return self._hashes
            self.problem = None
            self._accounts_seen = at
            change.accounts = {name: fingerprint(it) for name, it in self._hashes.items()}
        return self._hashes

    def forget(self) -> None:
        """Take everything for new at the next look."""
        self._known = {}
        self._registry_seen = self._last_end = self._accounts_seen = None

    def look(self, players: Collection[str]) -> Change:
        """Return what has changed since the last look, of players those named only."""
        change = Change()
        version = self._registry.changes()
        if version != self._registry_seen or not self._known.keys() >= set(players):
            found = self._registry.generations(players)
            for player in players:
                self._note(player, found.get(player), change, new=True)
            self._known = {player: found.get(player) for player in players}
            self._registry_seen = version
        last = self._visitors.last_end()
        if last != self._last_end:
            change.ended = self._visitors.ended()
            self._last_end = last
        self.hashes(change)
        return change

    def _note(
        self, player: str, generation: str | None, change: Change, *, new: bool = False
    ) -> None:
        if player in self._known:
            new = self._known[player] != generation
        if new:
            change.generations[player] = generation
        self._known[player] = generation


def fingerprint(hashed: str) -> str:
    """Return what tells one password of an account from its next, and nothing of either."""
    return hashlib.sha256(hashed.encode()).hexdigest()[:16]


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
