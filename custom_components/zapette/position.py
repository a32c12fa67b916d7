"""The reported position of a player; no I/O."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from homeassistant.util import dt as dt_util

from .player_state import PlayerState

TOLERANCE: Final = 1.0
"""Seconds of deviation above which a report counts as a jump."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position and its time.

    A report of normal playback does not change it, so that Home Assistant records one state.

    Attributes:
        seconds: the position.
        at: its time; None if unknown.
    """

    seconds: float = 0.0
    at: datetime | None = None

    def after(self, earlier: PlayerState | None, state: PlayerState, at: datetime | None) -> Self:
        """Return the position once a player that was `earlier` reported `state` at `at`."""
        reported = type(self)(state.position, at)
        if at is None or self.at is None or earlier is None:
            return reported
        if (earlier.source, _moves(earlier), earlier.rate) != (
            state.source,
            _moves(state),
            state.rate,
        ):
            return reported
        elapsed = (at - self.at).total_seconds() * state.rate if _moves(state) else 0.0
        jump = abs(self.seconds + elapsed - state.position) > TOLERANCE
        return reported if jump else self

    def now(self, state: PlayerState) -> float:
        """Return where a player that is in `state` is now, in seconds."""
        if self.at is None or not _moves(state):
            return self.seconds
        reached = self.seconds + (dt_util.utcnow() - self.at).total_seconds() * state.rate
        return reached if state.duration is None else min(reached, state.duration)


def _moves(state: PlayerState) -> bool:
    return state.playing and not state.buffering
