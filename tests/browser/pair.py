"""A player, a phone that follows it, and a witness of what they say to each other."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.player_page import PlayerPage
from tests.browser.remote_page import RemotePage
from tests.browser.witness import Witness
from tests.waiting import eventually

SAMPLE = "media/zapette.webm"


@dataclass(frozen=True)
class Pair:
    """They last for a module; each of its tests finds them as if they had just been opened."""

    player: PlayerPage
    phone: RemotePage
    witness: Witness

    def reset(self) -> None:
        """Stop, at full volume, with the sample loaded; forget what was said so far."""
        witness = self.witness
        if witness.status()["source"] != SAMPLE:
            witness.ask("load", SAMPLE.encode())
        witness.ask("stop")
        witness.ask("volume", b"100")
        witness.ask("mute", b"false")
        witness.ask("rename", b"Television")
        eventually(self._is_reset, "player and phone are as new")
        witness.said.clear()

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
        return [it.topic.split("/", 6)[6] for it in self.witness.on("request/")]
