"""Moves what plays from one player to another, as a phone does (docs/decisions/0097)."""

from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError

from .entity import ZapetteEntity
from .errors import CallError
from .player_state import PlayerState

NEAR: Final = 0.5
"""Seconds by which the second player may be off when the first one pauses."""

LONGEST_TITLE: Final = 200
"""Characters of a title that a queue takes."""


async def async_move(origin: ZapetteEntity, other: ZapetteEntity) -> None:
    """Let `other` continue with what `origin` plays; `origin` pauses once `other` plays.

    If anything fails, `origin` continues, and `other` pauses.

    Raises:
        HomeAssistantError: of either player, translated; ``not_supported`` if nothing is loaded.
    """
    state = await origin.async_ask("status")
    if state.source is None:
        raise origin.translated(CallError("not_supported", "nothing is loaded"))
    # whether it is there, before its queue is changed
    await other.async_ask("status")
    try:
        reached = await _fill(state, other)
        position = (await origin.async_ask("status")).position
        await _tolerant(other.async_ask("seek", position=position))
        await _choose(state, other)
        if state.playing:
            _check(reached, other)
        else:
            await other.async_ask("pause")
        here, there = await origin.async_ask("status"), await other.async_ask("status")
        if abs(here.position - there.position) > NEAR:
            await _tolerant(other.async_ask("seek", position=here.position))
    except HomeAssistantError:
        with suppress(HomeAssistantError):
            await other.async_ask("pause")
        raise
    if state.playing:
        await origin.async_ask("pause")


async def _fill(state: PlayerState, other: ZapetteEntity) -> PlayerState:
    """Give `other` the queue, let it play what is loaded, and return what it answers."""
    queue = state.queue
    reached = await other.async_ask("queue/clear")
    # while there is nothing to mix
    await other.async_ask("shuffle", on=state.shuffle)
    await other.async_ask("repeat", mode=state.repeat)
    if queue.index is None:
        reached = await other.async_ask(
            "load", source=state.source, position=0, **_titled(state.title)
        )
        await other.async_ask("queue/clear")
    for item in queue.items:
        await other.async_ask("queue/add", source=item["source"], **_titled(item.get("title")))
    if queue.index is not None:
        reached = await other.async_ask("jump", index=queue.index)
    return reached


async def _choose(state: PlayerState, other: ZapetteEntity) -> None:
    """Choose tracks and speed; what `other` does not have is left out."""
    if state.audio.active is not None:
        await _tolerant(other.async_ask("audio", track=state.audio.active))
    if state.subtitles.tracks:
        await _tolerant(other.async_ask("subtitles", track=state.subtitles.active))
    if state.subtitles.delay:
        await _tolerant(other.async_ask("subtitles/delay", seconds=state.subtitles.delay))
    await _tolerant(other.async_ask("rate", factor=state.rate))


async def _tolerant(asked: Awaitable[PlayerState]) -> None:
    try:
        await asked
    except HomeAssistantError as error:
        if error.translation_key not in {"not_supported", "invalid_argument"}:
            raise


def _check(reached: PlayerState, other: ZapetteEntity) -> None:
    """Raise unless `other` plays."""
    if reached.gesture_required:
        raise other.translated(CallError("gesture_required", ""))
    if reached.error is not None:
        raise other.translated(CallError("media_error", reached.error))


def _titled(title: Any) -> dict[str, str]:
    short = title.strip()[:LONGEST_TITLE] if isinstance(title, str) else ""
    return {"title": short} if short else {}
