"""A player, and a member of the household who tells it what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tests.browser.driving.observer import Observer
from tests.browser.driving.player_page import PlayerPage


@dataclass(frozen=True)
class ControlledPlayer:
    """They last for a module; `prepare` makes the player as new."""

    player: PlayerPage
    observer: Observer

    def ask(self, procedure: str, *parameters: Any) -> dict[str, Any]:
        """Call a procedure with parameters by position; return the state that it answers."""
        answer = self.observer.ask(
            procedure, json.dumps(parameters).encode() if parameters else b""
        )
        assert "result" in answer, answer
        return dict(answer["result"])

    def refused(self, procedure: str, *parameters: Any) -> dict[str, str]:
        """Call a procedure that must fail; return its error."""
        answer = self.observer.ask(
            procedure, json.dumps(parameters).encode() if parameters else b""
        )
        assert "error" in answer, answer
        return dict(answer["error"])

    @property
    def source(self) -> str:
        """What the ``<video>`` has loaded, as the state names it."""
        return "media/" + str(self.player.video["currentSrc"]).rpartition("/media/")[2]

    def prepare(self, *names: str) -> ControlledPlayer:
        """Have these films of the cinema in the queue, the first one loaded and paused."""
        return self.prepare_loaded(*[f"media/{name}.webm" for name in names])

    def prepare_loaded(self, *sources: str) -> ControlledPlayer:
        """Have these media in the queue, the first one loaded and paused."""
        state = self.observer.status()
        for procedure, value, usual in (
            ("repeat", state["repeat"], "off"),
            ("shuffle", state["shuffle"], False),
            ("rate", state["rate"], 1),
            ("subtitles", state["subtitles"]["active"], None),
        ):
            if value != usual:
                self.ask(procedure, usual)
        if state["subtitles"]["delay"]:
            self.ask("subtitles/delay", 0)
        if state["sleep_at"] is not None:
            self.ask("sleep", 0)
        if state["queue"]["index"] != 0 or [
            (it["source"], it["title"]) for it in state["queue"]["items"]
        ] != [(it, PurePosixPath(it).stem) for it in sources]:
            self.ask("queue/clear")
            self.ask("load", sources[0])
            # before it may end, on a busy machine
            self.ask("pause")
            for source in sources[1:]:
                self.ask("queue/add", source)
        self.ask("stop")
        self.observer.said.clear()
        return self


def titles(state: dict[str, Any]) -> str:
    """Return the titles in the queue, with the present one in brackets."""
    index = state["queue"]["index"]
    items = [it["title"] for it in state["queue"]["items"]]
    return " ".join(f"[{it}]" if at == index else it for at, it in enumerate(items))
