"""Moves what plays from one player to another, by calls; no I/O (docs/decisions/0097)."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from zapette.errors import CallError, GestureRequired, InvalidArgument, MediaError, NotSupported
from zapette.protocol.ranges import LONGEST_TITLE
from zapette.protocol.state import State

NEAR: Final = 0.5
"""Seconds by which the other player may be off when the origin pauses."""


@dataclass(frozen=True, slots=True)
class Step:
    """A call to make; its answer, or its CallError, goes back into the generator.

    Attributes:
        is_origin: whether it is to the player that is left, and not to the other one.
        procedure: its name.
        parameters: by name.
    """

    is_origin: bool
    procedure: str
    parameters: dict[str, Any] = field(default_factory=dict)


Steps = Generator[Step, Any, State]


def moving() -> Steps:
    """Yield the calls that move everything; return the last state of the other player.

    The origin pauses once the other plays. If anything fails, it continues, and the other pauses.

    Raises:
        CallError: of a player; ``not_supported`` if nothing is loaded.
    """
    origin: State = yield Step(True, "status")
    if not origin.get("source"):
        raise NotSupported("nothing is loaded")
    yield Step(False, "status")
    try:
        reached: State = yield from _fill(origin)
        yield from _tolerant("seek", position=(yield Step(True, "status"))["position"])
        yield from _choose(origin)
        if origin["playing"]:
            _check(reached)
        else:
            yield Step(False, "pause")
        here: State = yield Step(True, "status")
        there: State = yield Step(False, "status")
        if abs(here["position"] - there["position"]) > NEAR:
            yield from _tolerant("seek", position=here["position"])
    except CallError:
        with suppress(CallError):
            yield Step(False, "pause")
        raise
    if origin["playing"]:
        yield Step(True, "pause")
    state: State = yield Step(False, "status")
    return state


def _fill(origin: State) -> Generator[Step, Any, State]:
    """Give the other player the queue, and let it play what the origin plays."""
    queue = origin["queue"]
    reached: State = yield Step(False, "queue/clear")
    # while there is nothing to mix
    yield Step(False, "shuffle", {"on": origin["shuffle"]})
    yield Step(False, "repeat", {"mode": origin["repeat"]})
    if queue["index"] is None:
        loaded = {"source": origin["source"], "position": 0, **_titled(origin.get("title"))}
        reached = yield Step(False, "load", loaded)
        yield Step(False, "queue/clear")
    for item in queue["items"]:
        parameters = {"source": item["source"], **_titled(item.get("title"))}
        yield Step(False, "queue/add", parameters)
    if queue["index"] is not None:
        reached = yield Step(False, "jump", {"index": queue["index"]})
    return reached


def _choose(origin: State) -> Generator[Step, Any, None]:
    """Choose tracks and speed; what the other player does not have is left out."""
    audio, subtitles = origin["audio"], origin["subtitles"]
    if audio["active"] is not None:
        yield from _tolerant("audio", track=audio["active"])
    if subtitles["tracks"]:
        yield from _tolerant("subtitles", track=subtitles["active"])
    if subtitles.get("delay"):
        yield from _tolerant("subtitles/delay", seconds=subtitles["delay"])
    yield from _tolerant("rate", factor=origin["rate"])


def _tolerant(procedure: str, **parameters: Any) -> Generator[Step, Any, None]:
    with suppress(NotSupported, InvalidArgument):
        yield Step(False, procedure, parameters)


def _check(reached: State) -> None:
    """Raise unless the other player plays."""
    if reached.get("gesture_required"):
        raise GestureRequired("a click on the player is needed first")
    error = reached.get("error")
    if error:
        raise MediaError(error.get("message", ""))


def _titled(title: str | None) -> dict[str, str]:
    short = (title or "").strip()[:LONGEST_TITLE]
    return {"title": short} if short else {}


class Move:
    """A move under way.

    Attributes:
        step: the call to make; None once everything has moved.
        state: the last state of the other player, once everything has moved.
    """

    def __init__(self) -> None:
        self._steps = moving()
        self.step: Step | None = next(self._steps)
        self.state: State = {}

    def answered(self, answer: Any) -> None:
        """Take the answer to the call; raises CallError if the move has failed."""
        self._advance(partial(self._steps.send, answer))

    def failed(self, error: CallError) -> None:
        """Take the error of the call; raises CallError if the move has failed."""
        self._advance(partial(self._steps.throw, error))

    def _advance(self, advance: Callable[[], Step]) -> None:
        try:
            self.step = advance()
        except StopIteration as end:
            self.step, self.state = None, end.value
