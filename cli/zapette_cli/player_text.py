"""A player as text, for a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

from zapette_cli.language import Text
from zapette_cli.speech import said

if TYPE_CHECKING:
    from zapette.client.players.players import KnownPlayer

_ACTIVITIES: Final = {
    "offline": Text("offline", "hors ligne"),
    "unavailable": Text("unavailable", "indisponible"),
    "online": Text("online", "en ligne"),
    "error": Text("error", "erreur"),
    "gesture": Text("needs a click", "attend un clic"),
    "loading": Text("loading", "chargement"),
    "ended": Text("ended", "terminé"),
    "playing": Text("playing", "lecture"),
    "paused": Text("paused", "pause"),
}
_MUTED: Final = Text("muted", "muet")
_VOLUME: Final = Text("{level:g}%", "{level:g}\u202f%")


def summary(player: KnownPlayer) -> dict[str, Any]:
    """Return a player for JSON output."""
    return {
        "id": player.id,
        "name": player.name,
        "online": player.online,
        "available": player.available,
        "state": player.state,
    }


def activity(player: KnownPlayer) -> str:
    """Return the activity of a player in one to three words."""
    return said(_ACTIVITIES[_activity(player)])


def _activity(player: KnownPlayer) -> str:
    state = player.state
    if not player.online:
        return "offline"
    if not player.available:
        return "unavailable"
    if not state:
        return "online"
    if state.get("error"):
        return "error"
    if state.get("gesture_required"):
        return "gesture"
    if state.get("buffering"):
        return "loading"
    if state.get("ended"):
        return "ended"
    return "playing" if state.get("playing") else "paused"


def position(player: KnownPlayer, since: float = 0.0) -> str:
    """Return the position of a player, ``0:12/0:52``.

    Args:
        player: the player.
        since: seconds since it published its state.
    """
    state = player.state
    if "position" not in state:
        return ""
    at = state["position"]
    duration = state.get("duration")
    if player.available and state.get("playing") and not state.get("buffering"):
        at += since * state.get("rate", 1.0)
    if duration is None:
        return clock(at)
    return f"{clock(min(at, duration))}/{clock(duration)}"


def clock(seconds: float) -> str:
    """Return seconds as ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(int(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def volume(player: KnownPlayer) -> str:
    """Return the volume, ``40%`` or ``muted``."""
    if "volume" not in player.state:
        return ""
    muted = player.state.get("muted")
    return said(_MUTED) if muted else said(_VOLUME, level=player.state["volume"])


def row(player: KnownPlayer, since: float = 0.0) -> tuple[str, ...]:
    """Return a player's row of the table."""
    return (
        player.name or "-",
        player.id,
        activity(player),
        position(player, since),
        volume(player),
        player.state.get("title") or "",
    )


def table(rows: Sequence[Sequence[str]], titles: Sequence[Text]) -> str:
    """Return the rows of untrusted cells in columns, below their titles."""
    lines = [[said(each) for each in titles], *([one_line(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def line(player: KnownPlayer) -> str:
    """Return a player's line in ``zapette watch``."""
    cells = [time.strftime("%H:%M:%S"), one_line(player.name) or player.id, activity(player)]
    rest = (position(player), volume(player), one_line(player.state.get("title") or ""))
    return "  ".join([*cells, *(cell for cell in rest if cell and player.available)])


def one_line(text: str) -> str:
    """Return untrusted `text` without control characters, for one line of a terminal."""
    shown = (it if it.isprintable() or category(it) == "Zs" else " " for it in text)
    return "".join(shown)
