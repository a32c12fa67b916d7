"""What Home Assistant shows of one player."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.homeassistant.instance import Instance
from tests.waiting import eventually

PROMPT = 1.0
"""Seconds in which what happens on a player must show in Home Assistant."""


@dataclass(frozen=True)
class Seen:
    """The entities of a player, named by what Home Assistant called the first of them."""

    home: Instance
    slug: str

    def entity(self, kind: str, name: str = "") -> str:
        """Return an entity id: ``media_player``, or another domain and what the entity is."""
        return f"{kind}.{self.slug}{'_' + name if name else ''}"

    @property
    def player(self) -> str:
        return self.entity("media_player")

    @property
    def state(self) -> str:
        return str(self.home.state(self.player)["state"])

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.home.state(self.player)["attributes"])

    def do(self, action: str, **data: Any) -> None:
        """Perform an action of media players."""
        self.home.do(f"media_player.{action}", self.player, **data)

    def shows(self, state: str, timeout: float = 10) -> None:
        eventually(lambda: self.state == state, f"{self.player} is {state}", timeout)

    def promptly(self, look: Callable[[], object], what: str) -> None:
        """Wait for what must show within a second."""
        begun = time.monotonic()
        eventually(look, what, timeout=10)
        took = time.monotonic() - begun
        assert took < PROMPT, f"{what}: after {took:.2f} s"
