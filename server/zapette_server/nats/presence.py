"""Corrects the availability of players after a node of the cluster has ended or returned.

A node that ends publishes no wills, and none are retained during an election. A node that returns
from a cut may publish the will of a player that is connected to another node by now. The nodes'
lists of connections tell who is there (docs/decisions/0111).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from zapette.errors import Unavailable

log = logging.getLogger("zapette.nats")

OFFLINE: Final = b"offline"
ONLINE: Final = b"online"

PATIENCE: Final = 15.0
"""Seconds that a player has to come back after a node was lost: longer than an election."""

_DOUBT: Final = 60.0
_INTERVAL: Final = 5.0
_NOTICE: Final = 5.0
_SETTLE: Final = 2.0
_NEVER: Final = float("-inf")


@dataclass(slots=True)
class Availability:
    """The availability of a player.

    Attributes:
        payload: as it was heard last.
        left_at: when an ``offline`` that is no correction was heard last.
        seen_at: when the player was connected last.
        corrected: whether it is a correction to ``offline``, which may have overtaken the player.
    """

    payload: bytes
    left_at: float = _NEVER
    seen_at: float = _NEVER
    corrected: bool = False


def corrections(
    known: dict[str, Availability], connected: set[str], doubted_at: float, now: float
) -> Iterator[tuple[str, bytes]]:
    """Yield the players whose availability must be published, with what it is.

    Args:
        known: by player; `seen_at` is updated.
        connected: the players that are connected.
        doubted_at: when the nodes changed.
        now: the time, by the same clock.
    """
    for player, it in known.items():
        # others may have heard it in another order, or it is not retained
        has_left = it.left_at >= doubted_at - _NOTICE
        if player in connected:
            it.seen_at = now
            is_wrong = it.payload == OFFLINE or has_left
            if it.corrected or (is_wrong and now - it.left_at >= _SETTLE):
                yield player, ONLINE
        elif it.payload == ONLINE:
            if now - max(it.seen_at, doubted_at) >= PATIENCE:
                yield player, OFFLINE
        elif has_left:
            yield player, OFFLINE


class Presence:
    """Follows the availability of all players, on one event loop.

    Args:
        nodes: returns something that differs after each loss or return of a node.
        connected: returns the ids of the connected players; Unavailable if a node does not tell.
    """

    def __init__(
        self, nodes: Callable[[], object], connected: Callable[[], Awaitable[set[str]]]
    ) -> None:
        self._nodes = nodes
        self._connected = connected
        self._known: dict[str, Availability] = {}

    def take(self, player: str, payload: bytes, retained: bool) -> None:
        """Note the availability of a player that was heard; empty if it was cleared."""
        known = self._known.setdefault(player, Availability(payload))
        if not payload:
            del self._known[player]
        elif not (known.corrected and payload == OFFLINE):
            known.payload = payload
            if payload == OFFLINE and not retained:
                known.left_at = time.monotonic()

    async def run(self, publish: Callable[[str, bytes], None]) -> None:
        """Correct for a minute after each change of the nodes, until cancelled.

        Args:
            publish: publishes the availability of a player; Unavailable if it cannot.
        """
        nodes: object = None
        doubted_at = until = _NEVER
        while True:
            now = time.monotonic()
            if self._nodes() != nodes:
                nodes, doubted_at, until = self._nodes(), now, now + _DOUBT
            if now < until:
                try:
                    if await self._correct(publish, doubted_at):
                        until = max(until, now + 2 * _INTERVAL)
                except Unavailable as error:
                    log.debug("availabilities cannot be corrected: %s", error)
                    until = max(until, now + 2 * _INTERVAL)
            await asyncio.sleep(_INTERVAL)

    async def _correct(self, publish: Callable[[str, bytes], None], doubted_at: float) -> bool:
        """Correct what is wrong, and return whether anything was."""
        connected = await self._connected()
        found = list(corrections(self._known, connected, doubted_at, time.monotonic()))
        for player, payload in found:
            publish(player, payload)
            known = self._known[player]
            known.payload, known.left_at, known.corrected = payload, _NEVER, payload == OFFLINE
        if found:
            log.info("corrected the availability of %d players", len(found))
        return bool(found)
