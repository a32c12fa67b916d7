"""A player, a phone that follows it, and a observer of what they say to each other."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.driving.observer import Observer
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.waiting import eventually

SAMPLE = "media/zapette.webm"


@dataclass(frozen=True)
class Pair:
    """They last for a module; each of its tests finds them as if they had just been opened."""

    player: PlayerPage
    phone: RemotePage
    observer: Observer

    def reset(self) -> None:
        """Stop, at full volume, with the sample loaded; forget what was said so far."""
        observer = self.observer
        if observer.status()["source"] != SAMPLE:
            observer.ask("load", SAMPLE.encode())
        observer.ask("stop")
        observer.ask("volume", b"100")
        observer.ask("mute", b"false")
        observer.ask("rename", b"Television")
        eventually(self._is_reset, "player and phone are as new")
        observer.said.clear()

    def _is_reset(self) -> bool:
        phone = self.phone
        return (
            phone.is_live
            and phone.shows("Play")
            and phone.shows("Mute")
            and phone.slider("Volume") == 100
            and phone.slider("Position") == self.player.time == 0
            and not self.player.plays()
        )

    @property
    def asked(self) -> list[str]:
        """The procedures that were asked for, in their order."""
        return [it.topic.split("/", 6)[6] for it in self.observer.on("request/")]
