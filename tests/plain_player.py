"""A player without a page: what the wire contract asks of one, in Python."""

from __future__ import annotations

import json
import time
from typing import Any, Self

from zapette.callee import Procedure
from zapette.client import Client
from zapette.credentials import new_player_id
from zapette.dialing import Timing
from zapette.topics import Topics
from zapette.url import BrokerUrl


class PlainPlayer:
    """A player that knows play, pause, volume and status, and says what it did.

    Attributes:
        heard: the procedures that it ran, with what they were given.
    """

    def __init__(
        self, url: BrokerUrl, name: str = "Living room", base_topic: str = "zapette"
    ) -> None:
        self.id = new_player_id()
        self.callee = Topics(base_topic).player(self.id)
        self.heard: list[tuple[str, Any]] = []
        self._state: dict[str, Any] = {
            "version": 1,
            "seq": 0,
            "name": name,
            "playing": False,
            "position": 12.0,
            "duration": 52.0,
            "volume": 100,
            "muted": False,
            "title": "A film",
            "can": ["status", "play", "pause", "volume", "volume/up"],
        }
        procedures: dict[str, Procedure] = {
            "status": self.status,
            "play": self.play,
            "pause": self.pause,
            "volume": self.volume,
            "volume/up": self.louder,
        }
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
        return dict(self._state)

    def start(self) -> Self:
        self.client.start()
        self.client.wait(10)
        return self

    def stop(self) -> None:
        """Go for good: the state is taken back."""
        if self.client.is_live:
            self.client.publish(self.callee.state, b"", qos=1, retain=True)
        self.client.stop()

    async def status(self) -> dict[str, Any]:
        return self._state | {"reported_at": time.time()}

    async def play(self) -> dict[str, Any]:
        return self._report("play", playing=True)

    async def pause(self) -> dict[str, Any]:
        return self._report("pause", playing=False)

    async def volume(self, level: float) -> dict[str, Any]:
        return self._report("volume", level, volume=level)

    async def louder(self, step: float = 5) -> dict[str, Any]:
        return self._report("volume/up", step, volume=min(100, self._state["volume"] + step))

    def _report(self, procedure: str, given: Any = None, **changed: Any) -> dict[str, Any]:
        self.heard.append((procedure, given))
        self._state |= {**changed, "seq": self._state["seq"] + 1, "reported_at": time.time()}
        self._publish()
        event = json.dumps(changed)
        self.client.publish(self.callee.event(procedure.partition("/")[0]), event)
        return self._state

    def _publish(self) -> None:
        payload = json.dumps(self._state)
        self.client.publish(self.callee.state, payload, qos=1, retain=True)
