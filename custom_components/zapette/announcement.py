"""Announcements: something is played in between, then what was playing goes on."""

import asyncio
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .const import CONF_ANNOUNCE_VOLUME
from .data import ZapetteConfigEntry
from .errors import CallError
from .media_id import Medium
from .state import PlayerState

_LOGGER = logging.getLogger(__name__)

LONGEST: Final = 300.0
"""Seconds after which an announcement counts as over."""

AWAY: Final = 15.0
"""Seconds after which a player that is away does not come back to end it."""


class Announcer:
    """Plays announcements on one player, one after another."""

    def __init__(self, hass: HomeAssistant, entry: ZapetteConfigEntry) -> None:
        """Set it up."""
        self._hass = hass
        self._entry = entry
        self._player = entry.runtime_data.player
        self._turn = asyncio.Lock()

    async def async_announce(self, medium: Medium) -> None:
        """Begin an announcement, after those that are under way; return once it plays.

        Raises:
            CallError: it cannot be played; what was playing goes on.
        """
        await self._turn.acquire()
        before = self._player.state or PlayerState()
        # taken now: the player's clock goes on while it speaks
        position = self._position(before)
        try:
            await self._set_volume(self._entry.options.get(CONF_ANNOUNCE_VOLUME))
            state = await self._player.async_call("load", **medium.parameters)
            if state.gesture_required and not state.playing:
                raise CallError("gesture_required", "")  # noqa: TRY301
        except BaseException:
            await self._restore(before, position)
            self._turn.release()
            raise
        self._entry.async_create_background_task(
            self._hass, self._finish(state, before, position), "zapette announcement"
        )

    async def _finish(self, begun: PlayerState, before: PlayerState, position: float) -> None:
        try:
            if await self._is_over(begun):
                await self._restore(before, position)
        finally:
            self._turn.release()

    async def _is_over(self, begun: PlayerState) -> bool:
        """Wait for the end of the announcement; tell whether nobody loaded something else."""
        changed = asyncio.Event()
        stop = self._player.async_listen(changed.set)
        try:
            async with asyncio.timeout(LONGEST):
                while True:
                    state = self._player.state
                    if state is None:
                        return False
                    # an earlier state may still be under way when the answer is here already
                    if state.seq >= begun.seq:
                        if state.source != begun.source:
                            return False
                        if state.ended or state.error is not None:
                            return True
                    # others wait for their turn
                    async with asyncio.timeout(None if self._player.is_available else AWAY):
                        await changed.wait()
                    changed.clear()
        except TimeoutError:
            return True
        finally:
            stop()

    async def _restore(self, before: PlayerState, position: float) -> None:
        try:
            if self._entry.options.get(CONF_ANNOUNCE_VOLUME) is not None:
                await self._set_volume(before.volume)
            if before.source is None:
                return
            parameters: dict[str, Any] = {"source": before.source, "position": position}
            if before.title:
                parameters["title"] = before.title
            await self._player.async_call("load", **parameters)
            if not before.playing:
                await self._player.async_call("pause")
        except CallError as error:
            _LOGGER.warning("What played before an announcement does not go on: %s", error)

    async def _set_volume(self, level: float | None) -> None:
        state = self._player.state
        if level is not None and state is not None and "volume" in state.can:
            await self._player.async_call("volume", level=level)

    def _position(self, state: PlayerState) -> float:
        return self._player.position.now(state)
