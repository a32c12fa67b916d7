"""A phone on which every control is pressed, and whose network is bad."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from playwright.sync_api import Error

from tests.browser.driving.remote_page import RemotePage
from tests.browser.driving.wire import Wire

# All that can be pressed now, except what needs a text or opens what is not compared.
_PRESSABLE: Final = r"""((wanted) => Array.from(document.querySelectorAll("button, a"))
  .filter((it) => !it.disabled && it.checkVisibility({ visibilityProperty: true }))
  .map((it) => it.getAttribute("aria-label") || it.innerText.trim())
  .filter((name) => wanted.test(name))
)(/^(Play|Pause|Mute|Unmute|Volume up|Volume down|Back 10|Forward 10|Next|Previous|Shuffle|Repeat|Remove|Add|Move|Up$|Down$|Remote$|Queue$|Library$)/)"""  # noqa: E501

_WEIGHTS: Final = {
    "press": 120, "volume": 20, "seek": 15, "reload": 8,
    "sleep": 5, "cut": 5, "offline": 5, "drop": 5,
}  # fmt: skip
_LONGEST: Final = {"sleep": 40.0, "cut": 20.0, "offline": 15.0}
"""Seconds that an absence lasts at most."""


class Phone:
    """One phone, `page`, and its network, `wire`; `done` counts what it does.

    Seed and number decide everything it does.
    """

    def __init__(self, number: int, page: RemotePage, wire: Wire, seed: int) -> None:
        self.number = number
        self.page = page
        self.done: Counter[str] = Counter()
        self._wire = wire
        self._random = random.Random(f"{seed}/{number}")
        self._away = ""
        self._until = 0.0
        self._devtools = page.page.context.new_cdp_session(page.page)
        self._acts: dict[str, Callable[[], None]] = {
            "press": self._press,
            "volume": lambda: self._touch("Volume", self._random.uniform(0.02, 0.98)),
            "seek": lambda: self._touch("Position", self._random.uniform(0.02, 0.98)),
            "reload": self._reload,
            "drop": wire.drop,
        }

    def act(self) -> None:
        """Do one thing, or come back if it is time to."""
        if self._away and time.monotonic() > self._until:
            self.come_back()
        if self._away == "sleep":
            return
        (what,) = self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        # one absence at a time; and a browser would wait long for a page it cannot load
        if self._away and what not in {"press", "volume", "seek"}:
            return
        if what in _LONGEST:
            self._leave(what)
        else:
            self._acts[what]()
        self.done[what] += 1

    def come_back(self) -> None:
        """Be awake, with a network that works."""
        if self._away == "sleep":
            # a page that did nothing meanwhile was to pause at its next step
            with suppress(Error):
                self._devtools.send("Debugger.resume")
            self._devtools.send("Debugger.disable")
        if self._away == "cut":
            self._wire.mend()
        if self._away == "offline":
            self.page.page.context.set_offline(False)
        self._away = ""

    def _leave(self, how: str) -> None:
        if how == "sleep":
            # Chromium freezes no page that it considers visible, as all are without a screen: now
            # no timer runs, nothing is read, and nothing tells the page when that is over
            self._devtools.send("Debugger.enable")
            self._devtools.send("Debugger.pause")
        if how == "cut":
            self._wire.cut()
        if how == "offline":
            self.page.page.context.set_offline(True)
        self._away = how
        self._until = time.monotonic() + self._random.uniform(1, _LONGEST[how])

    def _press(self) -> None:
        names = self.page.see(_PRESSABLE)
        if names:
            self._touch(self._random.choice(names), 0.5)

    def _reload(self) -> None:
        self.page.page.reload(wait_until="commit")

    def _touch(self, name: str, part: float) -> None:
        box = self.page.find(name)
        if box is not None and box["usable"]:
            x, y = box["x"] + part * box["width"], box["y"] + box["height"] / 2
            self.page.page.touchscreen.tap(x, y)
