"""Announcements: a medium that interrupts the current one."""

import asyncio
import logging
from dataclasses import dataclass, replace
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

_QUEUE: Final = {"queue/play_next", "queue/remove"}


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What an announcement interrupts.

    Attributes:
        state: the state before it.
        position: the position at its beginning, in seconds.
        added: the ids of its items in the queue; empty if it does not go through the queue.
    """

    state: PlayerState
    position: float
    added: frozenset[str] = frozenset()

    @property
    def ids(self) -> list[str]:
        """The ids of the items in the queue."""
        return _ids(self.state)

    @property
    def present(self) -> str | None:
        """The id of the item that played; None if what played is not in the queue."""
        index = self.state.queue.index
        return None if index is None or index >= len(self.ids) else self.ids[index]


class Announcer:
    """Plays announcements on one player, one after another.

    If what plays is in the queue, an announcement goes through the queue too and is removed from it
    afterwards: to load it would take the place of an item, and the next item would follow it.
    """

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
        state = self._player.state or PlayerState()
        # now, because the position advances during the announcement
        before = Interrupted(state, self._player.position.now(state))
        try:
            await self._set_volume(self._entry.options.get(CONF_ANNOUNCE_VOLUME))
            queued = await self._enqueue(medium, before)
            added = [it for it in queued if it not in before.ids]
            before = replace(before, added=frozenset(added))
            if added:
                # not `next`: that skips an announcement that cannot be played
                begun = await self._player.async_call("jump", index=queued.index(added[0]))
            else:
                begun = await self._player.async_call("load", **medium.parameters)
            if begun.gesture_required and not begun.playing:
                raise CallError("gesture_required", "")  # noqa: TRY301
        except BaseException:
            try:
                await self._restore(before)
            finally:
                self._turn.release()
            raise
        self._entry.async_create_background_task(
            self._hass, self._finish(begun, before), "zapette announcement"
        )

    async def _enqueue(self, medium: Medium, before: Interrupted) -> list[str]:
        """Put an announcement behind the present item, and return the ids in the queue.

        It adds nothing if what plays is not in the queue, or if there is no room.
        """
        if before.present is None or not before.state.can >= _QUEUE:
            return before.ids
        try:
            return _ids(await self._player.async_call("queue/play_next", **medium.parameters))
        except CallError as error:
            if error.code != "not_supported":
                raise
            return before.ids

    async def _finish(self, begun: PlayerState, before: Interrupted) -> None:
        try:
            if await self._is_over(begun):
                await self._restore(before)
            else:
                await self._unqueue(before)
        except CallError as error:
            _LOGGER.warning("Cannot clean up after an announcement: %s", error)
        finally:
            self._turn.release()

    async def _is_over(self, begun: PlayerState) -> bool:
        """Wait for the end; return False if somebody chooses another medium."""
        changed = asyncio.Event()
        ends: list[str] = []

        def on_event(name: str, _: dict[str, Any]) -> None:
            if name == "ended":
                ends.append(name)
                changed.set()

        stops = [
            self._player.async_listen(changed.set),
            self._player.async_listen_event(on_event),
        ]
        try:
            async with asyncio.timeout(LONGEST):
                while True:
                    state = self._player.state
                    if state is None:
                        return False
                    # an earlier state may arrive after the answer
                    if state.seq >= begun.seq:
                        # the queue goes on by itself: by now, the source may be another
                        if ends or state.ended or state.error is not None:
                            return True
                        if state.source != begun.source:
                            return False
                    # further announcements wait
                    async with asyncio.timeout(None if self._player.is_available else AWAY):
                        await changed.wait()
                    changed.clear()
        except TimeoutError:
            return True
        finally:
            for stop in stops:
                stop()

    async def _restore(self, before: Interrupted) -> None:
        state = before.state
        try:
            if self._entry.options.get(CONF_ANNOUNCE_VOLUME) is not None:
                await self._set_volume(state.volume)
            if before.added:
                await self._return(before)
            elif state.source is not None:
                parameters = {"source": state.source, "position": before.position}
                title = {"title": state.title} if state.title else {}
                await self._player.async_call("load", **parameters, **title)
            if state.source is not None and not state.playing:
                await self._player.async_call("pause")
        except CallError as error:
            _LOGGER.warning("Cannot continue after an announcement: %s", error)

    async def _return(self, before: Interrupted) -> None:
        """Go back to the item of the queue that was interrupted."""
        queued = self._queued
        try:
            if before.present in queued:
                await self._player.async_call("jump", index=queued.index(before.present))
                if "seek" in before.state.can:
                    await self._player.async_call("seek", position=before.position)
        finally:
            await self._unqueue(before)

    async def _unqueue(self, before: Interrupted) -> None:
        """Remove the announcement from the queue."""
        for added in before.added:
            if added in self._queued:
                index = self._queued.index(added)
                await self._player.async_call("queue/remove", index=index)

    @property
    def _queued(self) -> list[str]:
        return _ids(self._player.state or PlayerState())

    async def _set_volume(self, level: float | None) -> None:
        state = self._player.state
        if level is not None and state is not None and "volume" in state.can:
            await self._player.async_call("volume", level=level)


def _ids(state: PlayerState) -> list[str]:
    return [str(item.get("id")) for item in state.queue.items]
