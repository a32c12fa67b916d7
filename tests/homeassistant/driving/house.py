"""A system, a Home Assistant and player pages, all of which may be restarted."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator, Sequence

import psutil

from tests.browser.driving.player_page import PlayerPage
from tests.homeassistant.driving.entities import Entities
from tests.homeassistant.driving.instance import Instance
from tests.programs.mosquitto import run_tool
from tests.programs.system import System
from tests.waiting import eventually

PATIENCE = 60.0
"""How long everything may take to find itself again on a machine that is busy, in seconds."""


class House:
    """Player pages that all have the same name, and a Home Assistant that has added them.

    Attributes:
        log: what was restarted, in order; a page by its index.
    """

    def __init__(self, system: System, home: Instance, pages: Sequence[PlayerPage]) -> None:
        self.system = system
        self.home = home
        self.pages = list(pages)
        self.log: list[str | int] = []
        # of other tests, which have players in the same Home Assistant
        self._others = set(home.states("media_player."))
        self._levels = itertools.cycle(range(10, 90, 7))
        self._stop = itertools.cycle([signal.SIGTERM, signal.SIGKILL])
        for _ in self.pages:
            home.accept("Television")
        self.seen = [home.seen(page.id) for page in self.pages]
        eventually(
            lambda: all(page.id in home.stored("core.device_registry") for page in self.pages),
            "the players are stored",
            PATIENCE,
        )

    def restart(self, part: str) -> None:
        """Restart Home Assistant, at times by SIGKILL, or kill the broker or the bridge."""
        self.log.append(part)
        if part == "home":
            self.home.stop(next(self._stop))
            self.home.start()
            return
        pid = self.system.kill(part)

        def runs_again() -> bool:
            try:
                return self.system.pid(part) != pid and self.system.is_up()
            except (AssertionError, psutil.Error):
                return False

        eventually(runs_again, f"the {part} runs again", PATIENCE)

    def reload(self, index: int) -> None:
        """Load a player's page again."""
        self.log.append(index)
        self.pages[index].page.reload(wait_until="commit")

    def check(self) -> None:
        """See that all of them mean the same, that an action arrives, and that there is no more."""
        begin = next(self._levels)
        levels = [begin + index for index in range(len(self.pages))]
        for page, level in zip(self.pages, levels, strict=True):
            page.wait_until_live(PATIENCE)
            set_volume(self.system, page, level)
        for page, seen, level in zip(self.pages, self.seen, levels, strict=True):
            self._wait_for_volume(seen, level / 100)
            seen.do("media_seek", seek_position=level / 10)
            eventually(lambda: abs(page.time - level / 10) < 0.1, "the player seeks")  # noqa: B023
            seen.shows("paused", PATIENCE)
        own = {seen.player for seen in self.seen}
        # what is known already is offered for a moment when Home Assistant begins again
        eventually(lambda: self.home.offers() == {}, "nothing is offered", PATIENCE)
        assert set(self.home.states("media_player.")) == own | self._others
        assert len(self.home.devices()) == len(own | self._others)

    def _wait_for_volume(self, seen: Entities, level: float) -> None:
        eventually(
            lambda: seen.attributes.get("volume_level") == level,
            f"{seen.player}: {level}",
            PATIENCE,
        )

    def orders(self) -> set[tuple[str, ...]]:
        """Return the orders in which the parts and one player were restarted, each of them once."""
        parts = {each for each in self.log if isinstance(each, str)}
        return {
            order
            for index in range(len(self.pages))
            for order in _windows(self._concerning(index), len(parts) + 1)
            if len(set(order)) == len(order)
        }

    def _concerning(self, index: int) -> list[str]:
        names = (each if isinstance(each, str) else "player" for each in self.log
                 if isinstance(each, str) or each == index)  # fmt: skip
        return list(names)


def set_volume(system: System, page: PlayerPage, level: int) -> None:
    """Set a player's volume as a script of the household does, past Home Assistant."""
    topic = f"{page.root}/command/volume"
    done = run_tool("pub", system.household(), "-q", "1", "-t", topic, "-m", str(level))
    assert done.returncode == 0, done.stderr


def _windows(items: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    for begin in range(len(items) - length + 1):
        yield tuple(items[begin : begin + length])
