"""A proxy of a player: its procedures as typed methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Generic, Literal, TypeVar, cast

from zapette.client.client import CALL_TIMEOUT, Client
from zapette.client.players.moving import Move
from zapette.errors import CallError, InvalidArgument
from zapette.protocol.state import History, Playable, State
from zapette.protocol.topics import Callee

LOADING: Final = 30.0
"""Seconds that a player has to load a medium, which may have to be converted."""

LOADS: Final = {
    *("load", "next", "previous", "jump", "play", "toggle"),
    *("seek", "seek/by", "stream", "audio", "subtitles"),
}
"""The procedures that may load a medium, or the present one again."""

Answer = TypeVar("Answer")


class PlayerProcedures(ABC, Generic[Answer]):
    """The procedures of a player; each returns the state once it has taken effect.

    Each raises CallError: the player's error, ``timeout``, or ``unavailable``.
    """

    @abstractmethod
    def call(self, procedure: str, **parameters: Any) -> Answer:
        """Call a procedure by name."""

    @abstractmethod
    def history(self) -> Any:
        """Return what was played, the latest first: `zapette.protocol.state.History`."""

    @abstractmethod
    def playable(self, types: Sequence[str]) -> Any:
        """Return which of up to 500 MIME types its browser plays (`Playable`)."""

    def status(self) -> Answer:
        """Return the state."""
        return self.call("status")

    def play(self) -> Answer:
        """Play."""
        return self.call("play")

    def pause(self) -> Answer:
        """Pause."""
        return self.call("pause")

    def toggle(self) -> Answer:
        """Pause if it plays, else play."""
        return self.call("toggle")

    def stop(self) -> Answer:
        """Pause, and go back to the beginning."""
        return self.call("stop")

    def volume(self, level: float) -> Answer:
        """Set the volume, 0 to 100."""
        return self.call("volume", level=level)

    def volume_up(self, step: float = 5) -> Answer:
        """Make it louder, by 1 to 100."""
        return self.call("volume/up", step=step)

    def volume_down(self, step: float = 5) -> Answer:
        """Make it quieter, by 1 to 100."""
        return self.call("volume/down", step=step)

    def mute(self, on: bool | None = None) -> Answer:
        """Mute or unmute; None toggles."""
        return self.call("mute", on=on)

    def seek(self, position: float) -> Answer:
        """Go to a position in seconds, 0 or more; a position beyond the end goes to the end."""
        return self.call("seek", position=position)

    def seek_by(self, offset: float) -> Answer:
        """Go forward, or back if negative, in seconds; it stays within the medium."""
        return self.call("seek/by", offset=offset)

    def rate(self, factor: float) -> Answer:
        """Set the speed, 0.25 to 4."""
        return self.call("rate", factor=factor)

    def load(self, source: str, title: str | None = None, position: float | None = None) -> Answer:
        """Load a medium or a folder of the library, or a URL.

        Args:
            source: its path or address, 1 to 4096 characters.
            title: its title, 1 to 200 characters; None for its own.
            position: where to begin, in seconds, 0 or more; None to resume a film.
        """
        return self.call("load", source=source, title=title, position=position)

    def next(self) -> Answer:
        """Go to the next item of the queue."""
        return self.call("next")

    def previous(self) -> Answer:
        """Go to the previous item."""
        return self.call("previous")

    def jump(self, index: int) -> Answer:
        """Go to an item of the queue, counted from 0."""
        return self.call("jump", index=index)

    def queue_add(self, source: str, title: str | None = None) -> Answer:
        """Add a medium, or a folder's media in order, to the end of the queue.

        Args:
            source: its path or address, 1 to 4096 characters.
            title: its title, 1 to 200 characters; None for its own.
        """
        return self.call("queue/add", source=source, title=title)

    def queue_play_next(self, source: str, title: str | None = None) -> Answer:
        """Add a medium, or a folder's media in order, right after the current item of the queue.

        Args:
            source: its path or address, 1 to 4096 characters.
            title: its title, 1 to 200 characters; None for its own.
        """
        return self.call("queue/play_next", source=source, title=title)

    def queue_remove(self, index: int) -> Answer:
        """Remove an item of the queue, counted from 0."""
        return self.call("queue/remove", index=index)

    def queue_move(self, origin: int, to: int) -> Answer:
        """Move an item of the queue from one place to another, counted from 0."""
        return self.call("queue/move", **{"from": origin, "to": to})

    def queue_clear(self) -> Answer:
        """Empty the queue."""
        return self.call("queue/clear")

    def repeat(self, mode: Literal["off", "one", "all"]) -> Answer:
        """Repeat nothing, the item, or the queue."""
        return self.call("repeat", mode=mode)

    def shuffle(self, on: bool | None = None) -> Answer:
        """Turn shuffle on or off; None toggles."""
        return self.call("shuffle", on=on)

    def subtitles(self, track: str | None) -> Answer:
        """Show the subtitles with this id; None for none."""
        return self.call("subtitles", track=_Given(track))

    def subtitles_size(self, percent: float) -> Answer:
        """Set the size of subtitles, in percent of the usual size, 50 to 300."""
        return self.call("subtitles/size", percent=percent)

    def subtitles_delay(self, seconds: float) -> Answer:
        """Show the subtitles of this medium later, by -60 to 60 seconds."""
        return self.call("subtitles/delay", seconds=seconds)

    def audio(self, track: str | None) -> Answer:
        """Play the sound track with this id; None for none."""
        return self.call("audio", track=_Given(track))

    def stream(self, kind: Literal["auto", "direct", "remux", "transcode"] = "auto") -> Answer:
        """Choose how the loaded medium reaches the player; it continues at the same place."""
        return self.call("stream", kind=kind)

    def fullscreen(self, on: bool | None = None) -> Answer:
        """Enter or leave full screen; None toggles."""
        return self.call("fullscreen", on=on)

    def message(self, text: str, seconds: float = 5) -> Answer:
        """Show a text of 1 to 1000 characters on the player for 1 to 3600 seconds."""
        return self.call("message", text=text, seconds=seconds)

    def sleep(self, minutes: float) -> Answer:
        """Pause after 0 to 1440 minutes; 0 cancels."""
        return self.call("sleep", minutes=minutes)

    def rename(self, name: str) -> Answer:
        """Rename the player, 1 to 64 characters."""
        return self.call("rename", name=name)


class Player(PlayerProcedures[State]):
    """A player whose methods wait for the answer."""

    def __init__(self, client: Client, callee: Callee, timeout: float = CALL_TIMEOUT) -> None:
        self._client = client
        self._callee = callee
        self._timeout = timeout

    @property
    def available(self) -> bool:
        """Whether it can be called: it is online, and the server is not offline.

        Raises:
            Unavailable: the client is not connected, or the broker does not answer in time.
        """
        return self._client.is_available(self._callee, self._timeout)

    def call(self, procedure: str, **parameters: Any) -> State:
        """Call a procedure by name."""
        return cast(State, self._run(procedure, _given(parameters)))

    def move_to(self, other: Player) -> State:
        """Let another player continue with the queue, place, tracks and speed; return its state.

        This one pauses once the other plays; if that fails, this one continues.

        Raises:
            CallError: of either player; ``not_supported`` if nothing is loaded here;
                ``invalid_argument`` if `other` is this one.
        """
        move = _move(self._callee, other._callee)
        while (step := move.step) is not None:
            run = (self if step.is_origin else other)._run  # noqa: SLF001 - of this class
            try:
                answer = run(step.procedure, step.parameters)
            except CallError as error:
                move.failed(error)
            else:
                move.answered(answer)
        return move.state

    def _run(self, procedure: str, parameters: dict[str, Any]) -> Any:
        timeout = _timeout(procedure, self._timeout)
        return self._client.call(self._callee, procedure, timeout=timeout, **parameters)

    def history(self) -> History:
        """Return what was played, the latest first."""
        return cast(History, self.call("history"))

    def playable(self, types: Sequence[str]) -> Playable:
        """Return which MIME types its browser plays."""
        return cast(Playable, self.call("playable", types=types))


class AsyncPlayer(PlayerProcedures[Awaitable[State]]):
    """A player whose methods are awaited."""

    def __init__(self, client: Client, callee: Callee, timeout: float = CALL_TIMEOUT) -> None:
        self._client = client
        self._callee = callee
        self._timeout = timeout

    @property
    def available(self) -> Awaitable[bool]:
        """Whether it can be called, as an awaitable; see `Player.available`.

        Raises:
            Unavailable: the client is not connected, or the broker does not answer in time.
        """
        return self._client.is_available_async(self._callee, self._timeout)

    async def call(self, procedure: str, **parameters: Any) -> State:
        """Call a procedure by name."""
        return cast(State, await self._run(procedure, _given(parameters)))

    async def move_to(self, other: AsyncPlayer) -> State:
        """Let another player continue; see `Player.move_to`."""
        move = _move(self._callee, other._callee)
        while (step := move.step) is not None:
            run = (self if step.is_origin else other)._run  # noqa: SLF001 - of this class
            try:
                answer = await run(step.procedure, step.parameters)
            except CallError as error:
                move.failed(error)
            else:
                move.answered(answer)
        return move.state

    async def _run(self, procedure: str, parameters: dict[str, Any]) -> Any:
        timeout = _timeout(procedure, self._timeout)
        return await self._client.call_async(self._callee, procedure, timeout=timeout, **parameters)

    async def history(self) -> History:
        """Return what was played, the latest first."""
        return cast(History, await self.call("history"))

    async def playable(self, types: Sequence[str]) -> Playable:
        """Return which MIME types its browser plays."""
        return cast(Playable, await self.call("playable", types=types))


def _timeout(procedure: str, usual: float) -> float:
    return max(usual, LOADING) if procedure in LOADS else usual


def _move(origin: Callee, other: Callee) -> Move:
    if origin == other:
        raise InvalidArgument("a player cannot move to itself")
    return Move()


class _Given:
    """A value that is sent even if it is None."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _given(parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.value if isinstance(value, _Given) else value
        for name, value in parameters.items()
        if value is not None
    }
