"""Which uploads are still wanted, by the states of the players; `Uploads.sweep` deletes others."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Final

from zapette.mqtt.subscriptions import Message
from zapette_webapp.library.folder.media_folder import UPLOADS

UNFINISHED: Final = 3600.0
"""Seconds for which an upload may pause."""

UNUSED: Final = 600.0
"""Seconds that a complete upload has to get to a player."""

LEFT: Final = 60.0
"""Seconds for which it stays once no player has it any more: it may be on its way to another."""

_MARK: Final = f"media/{UPLOADS}/"


class Holders:
    """The uploads that players have loaded or in their queues; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, frozenset[str]] = {}

    def on_state(self, message: Message) -> None:
        """Take the state of a player."""
        player_id = message.topic.split("/")[-2]
        held = _uploads_in(message.payload)
        with self._lock:
            if held:
                self._held[player_id] = held
            else:
                self._held.pop(player_id, None)

    @property
    def held(self) -> frozenset[str]:
        """The ids of all uploads that some player has."""
        with self._lock:
            return frozenset().union(*self._held.values())


@dataclass(frozen=True, slots=True)
class Retention:
    """How long uploads are kept.

    Attributes:
        longest: seconds after which an upload is deleted in any case.
        unfinished: seconds for which one may pause.
        unused: seconds that a complete one has to get to a player.
        left: seconds for which it stays once no player has it.
    """

    longest: float
    unfinished: float = UNFINISHED
    unused: float = UNUSED
    left: float = LEFT

    def is_over(
        self, *, now: float, began: float, touched: float, is_ready: bool, was_held: bool
    ) -> bool:
        """Return whether to delete an upload that no player has now, if `touched` says so."""
        if now - began > self.longest:
            return True
        if not is_ready:
            return now - touched > self.unfinished
        return now - touched > (self.left if was_held else self.unused)


def _uploads_in(payload: bytes) -> frozenset[str]:
    # most states name none: they need not be read
    if _MARK.encode() not in payload:
        return frozenset()
    try:
        state = json.loads(payload)
    except (ValueError, RecursionError):
        return frozenset()
    if not isinstance(state, dict):
        return frozenset()
    queue = state.get("queue")
    items = queue.get("items") if isinstance(queue, dict) else None
    sources: list[object] = [state.get("source")]
    if isinstance(items, list):
        sources += [it.get("source") for it in items if isinstance(it, dict)]
    return frozenset(
        it.removeprefix(_MARK).partition("/")[0]
        for it in sources
        if isinstance(it, str) and it.startswith(_MARK)
    )
