"""Corrects availabilities after a node of the cluster has ended or returned.

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
from zapette.protocol.topics import SERVICE_CLIENT

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
    """The availability of a player or a service.

    Attributes:
        client: its client id.
        payload: as it was heard last.
        left_at: when an ``offline`` that is no correction was heard last.
        came_at: when an ``online`` was heard last: after the nodes were asked, maybe.
        seen_at: when a node listed its client last.
        corrected: whether it is a correction to ``offline``, which may have overtaken its own.
    """

    client: str
    payload: bytes
    left_at: float = _NEVER
    came_at: float = _NEVER
    seen_at: float = _NEVER
    corrected: bool = False

    @property
    def may_differ(self) -> bool:
        """Whether its client may have another id: a program may choose its own."""
        return self.client.startswith(SERVICE_CLIENT) and self.seen_at == _NEVER


def corrections(
    known: dict[str, Availability], connected: set[str], doubted_at: float, now: float
) -> Iterator[tuple[str, bytes]]:
    """Yield the topics of availabilities that must be published, with what they are.

    Args:
        known: by topic; `seen_at` is updated.
        connected: the client ids that were connected when the nodes were asked.
        doubted_at: when the nodes changed.
        now: the time, by the same clock.
    """
    for topic, it in known.items():
        # others may have heard it in another order, or it is not retained
        has_left = it.left_at >= doubted_at - _NOTICE
        if it.client in connected:
            it.seen_at = now
            is_wrong = it.payload == OFFLINE or has_left
            if it.corrected or (is_wrong and now - it.left_at >= _SETTLE):
                yield topic, ONLINE
        elif it.may_differ:
            continue
        elif it.payload == ONLINE:
            if now - max(it.seen_at, it.came_at, doubted_at) >= PATIENCE:
                yield topic, OFFLINE
        elif has_left:
            yield topic, OFFLINE


class Presence:
    """Follows the availability of all players and services, on one event loop.

    Args:
        nodes: returns something that differs after each loss or return of a node.
        connected: returns the connected client ids; Unavailable if a node does not tell.
    """

    def __init__(
        self, nodes: Callable[[], object], connected: Callable[[], Awaitable[set[str]]]
    ) -> None:
        self._nodes = nodes
        self._connected = connected
        self._known: dict[str, Availability] = {}
        self._is_new = False

    def take(self, topic: str, client: str, payload: bytes, retained: bool) -> None:
        """Note an availability that was heard.

        Args:
            topic: its topic.
            client: the client id of the player or service.
            payload: empty if it was cleared.
            retained: whether it is the one of an earlier time.
        """
        known = self._known.setdefault(topic, Availability(client, b""))
        if not payload:
            del self._known[topic]
        elif not (known.corrected and payload == OFFLINE):
            is_change = payload != known.payload
            known.payload = payload
            if payload == OFFLINE:
                if not retained:
                    known.left_at = time.monotonic()
                return
            # all are heard again when the web side connects again
            if is_change or not retained:
                known.came_at = time.monotonic()
            if is_change and client.startswith(SERVICE_CLIENT):
                known.seen_at, self._is_new = _NEVER, True

    async def run(self, publish: Callable[[str, bytes], None]) -> None:
        """Correct for a minute after each change of the nodes, until cancelled.

        Args:
            publish: publishes an availability on a topic; Unavailable if it cannot.
        """
        nodes: object = None
        doubted_at = until = _NEVER
        while True:
            now = time.monotonic()
            if self._nodes() != nodes:
                nodes, doubted_at, until = self._nodes(), now, now + _DOUBT
            in_doubt = now < until
            if in_doubt or self._is_new:
                try:
                    must_look_again = await self._look(publish if in_doubt else None, doubted_at)
                except Unavailable as error:
                    log.debug("availabilities cannot be corrected: %s", error)
                    must_look_again, self._is_new = in_doubt, True
                if must_look_again:
                    until = max(until, time.monotonic() + 2 * _INTERVAL)
            await asyncio.sleep(_INTERVAL)

    async def _look(self, publish: Callable[[str, bytes], None] | None, doubted_at: float) -> bool:
        """Note who is connected, publish what is wrong, and return whether anything was."""
        # one that comes meanwhile is not listed yet
        self._is_new = False
        connected = await self._connected()
        found = list(corrections(self._known, connected, doubted_at, time.monotonic()))
        if publish is None or not found:
            return False
        for topic, payload in found:
            publish(topic, payload)
            known = self._known[topic]
            known.payload, known.left_at, known.corrected = payload, _NEVER, payload == OFFLINE
        log.info("corrected %d availabilities", len(found))
        return True
