"""What Home Assistant shows of one player."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.waiting import eventually

if TYPE_CHECKING:
    from tests.homeassistant.driving.instance import Instance

PROMPT = 1.0
"""Seconds in which what happens on a player must show in Home Assistant."""


@dataclass(frozen=True)
class Entities:
    """The entities of a player, named by what Home Assistant called the first of them."""

    home: Instance
    slug: str
    took: list[float] = field(default_factory=list)

    def entity(self, kind: str, name: str = "") -> str:
        """Return an entity id: ``media_player``, or another domain and what the entity is.

        That is so for the first player of a name only.
        """
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

    def shows(self, state: str, timeout: float = 30) -> None:
        eventually(lambda: self.state == state, f"{self.player} is {state}", timeout)

    def promptly(self, look: Callable[[], object], what: str) -> None:
        """Wait for what must show within a second, and note how long that took in `took`.

        One that takes longer is no failure: the machine may be busy. Their median tells.
        """
        begun = time.monotonic()
        eventually(look, what, timeout=20)
        self.took.append(time.monotonic() - begun)

    def position(self) -> float:
        """Return where the player is by now, as a dashboard counts."""
        shown = self.attributes
        at = datetime.fromisoformat(shown["media_position_updated_at"])
        return float(shown["media_position"]) + (datetime.now(UTC) - at).total_seconds()


def said(home: Instance, language: str, error: dict[str, object]) -> str:
    """Return what Home Assistant shows of an error to a user of a language."""
    found = home.api.ask(
        "frontend/get_translations", language=language, category="exceptions",
        integration=["zapette"],
    )["resources"]  # fmt: skip
    text = str(found[f"component.zapette.exceptions.{error['translation_key']}.message"])
    placeholders = error["translation_placeholders"]
    assert isinstance(placeholders, dict)
    return text.format(**placeholders)
