"""Announcements: a medium that interrupts the current one."""

import asyncio
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .const import CONF_ANNOUNCE_VOLUME
from .data import ZapetteConfigEntry
from .errors import CallError
from .media_id import Medium
from .player_state import PlayerState

_LOGGER = logging.getLogger(__name__)

LONGEST: Final = 300.0
"""Seconds after which an announcement counts as over."""

AWAY: Final = 15.0
"""Seconds after which an announcement on an unavailable player counts as over."""


class Announcer:
    """Plays announcements on one player, one after another."""

    def __init__(self, hass: HomeAssistant, entry: ZapetteConfigEntry) -> None:
        """Set it up."""
        self._hass = hass
        self._entry = entry
        self._player = entry.runtime_data.player
        self._turn = asyncio.Lock()

    async def async_announce(self, medium: Medium) -> None:
        """Play an announcement after earlier ones; return once it plays.

        Raises:
            CallError: it cannot be played; the interrupted medium continues.
        """
        await self._turn.acquire()
        before = self._player.state or PlayerState()
        # now, because the position advances during the announcement
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
        """Wait for the end; return False if somebody loads another medium."""
        changed = asyncio.Event()
        stop = self._player.async_listen(changed.set)
        try:
            async with asyncio.timeout(LONGEST):
                while True:
                    state = self._player.state
                    if state is None:
                        return False
                    # an earlier state may arrive after the answer
                    if state.seq >= begun.seq:
                        if state.source != begun.source:
                            return False
                        if state.ended or state.error is not None:
                            return True
                    # further announcements wait
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
            _LOGGER.warning("Cannot continue after an announcement: %s", error)

    async def _set_volume(self, level: float | None) -> None:
        state = self._player.state
        if level is not None and state is not None and "volume" in state.can:
            await self._player.async_call("volume", level=level)

    def _position(self, state: PlayerState) -> float:
        return self._player.position.now(state)
