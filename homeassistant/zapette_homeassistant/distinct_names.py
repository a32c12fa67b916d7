"""Distinct names for players in announcements; no I/O."""

from __future__ import annotations

import itertools
import re
from typing import Final

from zapette.protocol.ranges import LONGEST_NAME

DEFAULTS: Final = frozenset({"Television", "Télévision"})
"""The default name of a player's page, in each of its languages."""

_NUMBERED: Final = re.compile(r".* ([2-9]|[1-9]\d+)", re.DOTALL)


class DistinctNames:
    """Numbers the second and each further player with the same name, and keeps the numbers.

    A player keeps its name until it is renamed, whichever players come and go. Names that differ
    only in case count as equal, because they sound the same.
    """

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def knows(self, player_id: str) -> bool:
        """Return whether the player has a name here."""
        return player_id in self._given

    def remember(self, player_id: str, name: str) -> None:
        """Record a name that was given earlier."""
        self._given[player_id] = name

    def forget(self, player_id: str) -> None:
        """Free the name of a player."""
        self._given.pop(player_id, None)

    def give(self, player_id: str, name: str) -> str:
        """Return the name to announce for a player whose owner calls it `name`."""
        taken = {it.casefold() for other, it in self._given.items() if other != player_id}
        given = self._given.get(player_id)
        if given is not None and given.casefold() not in taken and _is_numbered(given, name):
            return given
        numbered = (_numbered(name, number) for number in itertools.count(1))
        free = next(it for it in numbered if it.casefold() not in taken)
        self._given[player_id] = free
        return free


def _numbered(name: str, number: int) -> str:
    if number == 1:
        return name
    suffix = f" {number}"
    return name[: LONGEST_NAME - len(suffix)].rstrip() + suffix


def _is_numbered(given: str, name: str) -> bool:
    match = _NUMBERED.fullmatch(given)
    return given == name or (match is not None and given == _numbered(name, int(match[1])))
