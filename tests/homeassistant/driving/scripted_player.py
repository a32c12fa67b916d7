"""A player that is a program: it keeps the contract for every procedure, and plays nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.clients.mqtt_clients import Household
from tests.contract.vector_files import vectors
from tests.waiting import eventually

EVERYTHING = list(vectors("procedures")["player"])
_FIRST = {"volume": "level", "mute": "on"}


def of_household(household: Household, name: str, base: str = "zapette") -> ScriptedPlayer:
    """Return a player of a running system."""
    given = household.given
    return ScriptedPlayer(
        "127.0.0.1", household.system.mqtt_port, household.id, username=given["username"],
        password=given["password"], base=base, name=name,
    )  # fmt: skip


class ScriptedPlayer:
    """One player on a broker.

    Attributes:
        asked: the procedures that were called, with their parameters, in order.
        fails: the error that each procedure named here answers with.
        silent: the procedures that are not answered at all.
    """

    def __init__(
        self,
        host: str,
        port: int,
        player_id: str,
        *,
        username: str | None = None,
        password: str | None = None,
        base: str = "zapette",
        name: str = "Living room",
        can: list[str] | None = None,
    ) -> None:
        self.root = f"{base}/players/{player_id}"
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.fails: dict[str, tuple[str, str]] = {}
        self.silent: set[str] = set()
        self.state: dict[str, Any] = {
            "version": 1, "seq": 0, "name": name, "playing": False, "buffering": False,
            "ended": False, "position": 0.0, "reported_at": time.time(), "duration": 52.2,
            "rate": 1.0, "volume": 40, "muted": False, "title": "Film", "source": "media/film.webm",
            "artist": None, "album": None, "kind": "video", "poster": None,
            "queue": {"index": None, "items": []}, "repeat": "off",
            "shuffle": False, "subtitles": {"active": None, "tracks": [], "size": 100, "delay": 0},
            "audio": {"active": None, "tracks": []}, "stream": None, "chapters": [],
            "fullscreen": False, "sleep_at": None,
            "gesture_required": False, "error": None, "skipped": None, "can": can or EVERYTHING,
        }  # fmt: skip
        self._begun = time.monotonic()
        self._address = (host, port)
        self._live = threading.Event()
        self._mqtt = paho.Client(
            CallbackAPIVersion.VERSION2,
            f"player-{player_id}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        if username is not None:
            self._mqtt.username_pw_set(username, password)
        self._mqtt.will_set(f"{self.root}/availability", b"offline", 1, retain=True)
        self._mqtt.on_connect = lambda mqtt, *_: mqtt.subscribe(
            [(f"{self.root}/request/#", 1), (f"{self.root}/command/#", 1)]
        )
        self._mqtt.on_subscribe = lambda *_: self._become_live()
        self._mqtt.on_message = self._on_message

    def __enter__(self) -> Self:
        self._mqtt.connect(*self._address)
        self._mqtt.loop_start()
        eventually(self._live.is_set, "the player is live")
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Close the page, unless it is closed."""
        if not self._mqtt.is_connected():
            return
        for leaf, payload in (("state", b""), ("availability", b"offline")):
            self._mqtt.publish(f"{self.root}/{leaf}", payload, 1, retain=True).wait_for_publish(10)
        self._mqtt.disconnect()
        self._mqtt.loop_stop()

    def change(self, **changes: Any) -> None:
        """Be in another state, and say so."""
        if changes.get("playing") and not self.state["playing"]:
            self._begun = time.monotonic() - self.state["position"]
        self.state |= changes | {"seq": self.state["seq"] + 1, "reported_at": time.time()}
        self._mqtt.publish(f"{self.root}/state", json.dumps(self.state), 1, retain=True)

    def elapsed(self) -> float:
        """Return the seconds since it began to play."""
        return time.monotonic() - self._begun

    def happen(self, event: str, **data: Any) -> None:
        """Publish an event."""
        self._mqtt.publish(f"{self.root}/event/{event}", json.dumps(data), 0)

    @property
    def last(self) -> tuple[str, dict[str, Any]] | None:
        """The last call but `status`."""
        calls = [call for call in self.asked if call[0] != "status"]
        return calls[-1] if calls else None

    def _become_live(self) -> None:
        self._mqtt.publish(f"{self.root}/availability", b"online", 1, retain=True)
        self.change()
        self._live.set()

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        if message.retain:
            return
        kind, _, rest = message.topic.removeprefix(f"{self.root}/").partition("/")
        answer_to = ""
        if kind == "request":
            caller, call, rest = rest.split("/", 2)
            answer_to = f"{self.root}/response/{caller}/{call}"
        parameters = _bind(rest, message.payload.decode())
        self.asked.append((rest, parameters))
        if rest in self.silent:
            return
        if rest in self.fails:
            code, said = self.fails[rest]
            answer: dict[str, Any] = {"error": {"code": code, "message": said}}
        else:
            self._act(rest, parameters)
            answer = {"result": self.state}
        if answer_to:
            self._mqtt.publish(answer_to, json.dumps(answer))

    def _act(self, procedure: str, given: dict[str, Any]) -> None:
        state = self.state
        queue = state["queue"]["items"]
        item = {"id": f"i{len(self.asked)}", **given}
        changes: dict[str, Callable[[], dict[str, Any]]] = {
            "play": lambda: {"playing": True, "ended": False},
            "pause": lambda: {"playing": False},
            "toggle": lambda: {"playing": not state["playing"]},
            "stop": lambda: {"playing": False, "position": 0.0},
            "volume": lambda: {"volume": given["level"]},
            "volume/up": lambda: {"volume": min(100, state["volume"] + given["step"])},
            "volume/down": lambda: {"volume": max(0, state["volume"] - given["step"])},
            "mute": lambda: {"muted": given["on"]},
            "seek": lambda: {"position": given["position"]},
            "seek/by": lambda: {"position": max(0, state["position"] + given["offset"])},
            "rate": lambda: {"rate": given["factor"]},
            "load": lambda: {
                "source": given["source"],
                "title": given.get("title"),
                "position": given.get("position", 0.0),
                "playing": True,
                "ended": False,
            },
            "jump": lambda: {
                "source": queue[given["index"]]["source"],
                "queue": {"index": given["index"], "items": queue},
                "playing": True,
            },
            "queue/add": lambda: {"queue": {"index": 0, "items": [*queue, item]}},
            "queue/play_next": lambda: {"queue": {"index": 0, "items": [item, *queue]}},
            "queue/clear": lambda: {"queue": {"index": None, "items": []}},
            "repeat": lambda: {"repeat": given["mode"]},
            "shuffle": lambda: {"shuffle": given["on"]},
            "subtitles": lambda: {"subtitles": state["subtitles"] | {"active": given["track"]}},
            "subtitles/delay": lambda: {
                "subtitles": state["subtitles"] | {"delay": given["seconds"]}
            },
            "audio": lambda: {"audio": state["audio"] | {"active": given["track"]}},
            "fullscreen": lambda: {"fullscreen": not state["fullscreen"]},
        }
        if procedure in changes:
            self.change(**changes[procedure]())


def _bind(procedure: str, text: str) -> dict[str, Any]:
    """Return the parameters by name; one alone is the procedure's first."""
    if text.startswith("{"):
        return dict(json.loads(text))
    if text in {"", "[]"}:
        return {}
    return {_FIRST[procedure]: json.loads(text)}
