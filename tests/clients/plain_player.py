"""A player without a page: what the wire contract asks of one, in Python; its film is a clock."""

from __future__ import annotations

import json
import time
from typing import Any, Final, Self

from tests.waiting import HANG_TIMEOUT
from zapette.client.calls.procedures import Procedure
from zapette.client.client import Client
from zapette.mqtt.dialing import Timing
from zapette.mqtt.url import BrokerUrl
from zapette.protocol.topics import Topics
from zapette_server.access.credentials import new_player_id

_EVENTS: Final = {
    "play": ("position",),
    "pause": ("position",),
    "seek": ("position",),
    "volume": ("volume", "muted"),
    "load": ("source", "duration"),
    "message": ("text", "seconds"),
}


class PlainPlayer:
    """A player that plays nothing, but says where it is, and what it did.

    Attributes:
        heard: the procedures that it ran, with what they were given.
    """

    def __init__(
        self,
        url: BrokerUrl,
        name: str = "Living room",
        base_topic: str = "zapette",
        player_id: str = "",
    ) -> None:
        self.id = player_id or new_player_id()
        self.callee = Topics(base_topic).player(self.id)
        self.heard: list[tuple[str, Any]] = []
        self._at = time.monotonic()
        self._state: dict[str, Any] = {
            "version": 1,
            "seq": 0,
            "name": name,
            "playing": False,
            "position": 12.0,
            "duration": 52.0,
            "rate": 1.0,
            "volume": 100,
            "muted": False,
            "title": "A film",
        }
        procedures: dict[str, Procedure] = {
            "status": self.status,
            "play": self.play,
            "pause": self.pause,
            "toggle": self.toggle,
            "seek": self.seek,
            "seek/by": self.seek_by,
            "rate": self.rate,
            "load": self.load,
            "volume": self.volume,
            "volume/up": self.louder,
            "volume/down": self.quieter,
            "message": self.message,
        }
        self._state["can"] = list(procedures)
        self.client = Client(
            url,
            client_id=f"player-{self.id}",
            callee=self.callee,
            procedures=procedures,
            timing=Timing(longest_delay=1),
        )
        self.client.on_live = self._publish

    @property
    def root(self) -> str:
        return self.callee.root

    @property
    def state(self) -> dict[str, Any]:
        """What it said last."""
        return dict(self._state)

    @property
    def position(self) -> float:
        """Where it is now."""
        state = self._state
        gone = (time.monotonic() - self._at) * state["rate"] if state["playing"] else 0.0
        return float(state["position"] + gone)

    def start(self) -> Self:
        self.client.start()
        self.client.wait(30)
        return self

    def stop(self) -> None:
        """Go for good: the state is taken back."""
        if self.client.is_live:
            self.client.publish(self.callee.state, b"", qos=1, retain=True)
        self.client.stop()

    def end(self) -> None:
        """Come to the end of the film."""
        self.client.run(self._report("ended", None, playing=False)).result(HANG_TIMEOUT)

    async def status(self) -> dict[str, Any]:
        return self._state | {"position": self.position, "reported_at": time.time()}

    async def play(self) -> dict[str, Any]:
        return await self._report("play", playing=True)

    async def pause(self) -> dict[str, Any]:
        return await self._report("pause", playing=False)

    async def toggle(self) -> dict[str, Any]:
        return await self._report("toggle", playing=not self._state["playing"])

    async def seek(self, position: float) -> dict[str, Any]:
        return await self._report("seek", position, position=position)

    async def seek_by(self, offset: float) -> dict[str, Any]:
        return await self._report("seek/by", offset, position=max(0, self.position + offset))

    async def rate(self, factor: float) -> dict[str, Any]:
        return await self._report("rate", factor, rate=factor)

    async def load(self, source: str, title: str | None = None) -> dict[str, Any]:
        given = {} if title is None else {"title": title}
        return await self._report("load", source, source=source, position=0.0, **given)

    async def volume(self, level: float) -> dict[str, Any]:
        return await self._report("volume", level, volume=level)

    async def louder(self, step: float = 5) -> dict[str, Any]:
        return await self._report("volume/up", step, volume=min(100, self._state["volume"] + step))

    async def quieter(self, step: float = 5) -> dict[str, Any]:
        return await self._report("volume/down", step, volume=max(0, self._state["volume"] - step))

    async def message(self, text: str, seconds: float = 5) -> dict[str, Any]:
        del seconds
        return await self._report("message", text)

    async def _report(self, procedure: str, given: Any = None, **changed: Any) -> dict[str, Any]:
        self.heard.append((procedure, given))
        was = self.position if self._state["playing"] else self._state["position"]
        self._at = time.monotonic()
        self._state |= {"position": was, "reported_at": time.time()} | changed
        self._state["seq"] += 1
        self._publish()
        name = procedure.partition("/")[0]
        self.client.publish(self.callee.event(name), _compact(self._members(name, given)))
        return self._state

    def _members(self, name: str, given: Any) -> dict[str, Any]:
        """Return the members of an event (docs/protocol.md, "Events")."""
        known = {"text": given, "seconds": 5, "source": None, **self._state}
        return {member: known[member] for member in _EVENTS.get(name, ())}

    def _publish(self) -> None:
        self.client.publish(self.callee.state, _compact(self._state), qos=1, retain=True)


def _compact(value: dict[str, Any]) -> str:
    """Return the JSON of a value as a page writes it."""
    return json.dumps(value, separators=(",", ":"))
