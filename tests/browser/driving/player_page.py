"""The player's page, as the person before the television has it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from tests.browser.driving.page_driver import PageDriver
from tests.waiting import eventually

_VIDEO: Final = """(({ currentTime, paused, ended, volume, muted, currentSrc, duration }) =>
  ({ currentTime, paused, ended, volume, muted, currentSrc, duration }))(
  document.querySelector("video"))"""
# what is known where no picture comes
_PICTURE: Final = """(({ readyState, networkState, error, currentSrc, paused }) => ({
  readyState, networkState, error: error && error.message, currentSrc, paused,
  visible: document.visibilityState, at: Math.round(performance.now()) }))(
  document.querySelector("video"))"""


class PlayerPage(PageDriver):
    """A player that is connected, and may have been clicked on."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.link = ""
        self._requested: list[str] = []
        page.on("request", self._on_request)

    @property
    def requested(self) -> list[str]:
        """The addresses of all media that the page has asked for."""
        # what the browser has done is only handed over while it is asked something
        self.see("0")
        return self._requested

    def _on_request(self, request: Request) -> None:
        if request.resource_type == "media":
            self._requested.append(request.url)

    @property
    def id(self) -> str:
        return urlsplit(self.link).fragment.split(".")[0]

    @property
    def root(self) -> str:
        """The topic that everything about the player stands under."""
        return f"zapette/players/{self.id}"

    @property
    def video(self) -> dict[str, Any]:
        """What the ``<video>`` really does."""
        return dict(self.see(_VIDEO))

    @property
    def time(self) -> float:
        return float(self.video["currentTime"])

    @property
    def owner_key(self) -> str:
        """What proves that the player is its own."""
        stored = self.see("Object.values(localStorage).find((it) => it.includes('owner_key'))")
        return str(json.loads(stored)["owner_key"])

    @property
    def level(self) -> int:
        """The volume of the ``<video>``, in percent."""
        return round(float(self.video["volume"]) * 100)

    def plays(self) -> bool:
        return not self.video["paused"]

    def open(self, url: str) -> PlayerPage:
        self.page.goto(url, wait_until="commit")
        # Chromium loads no film in a tab that nobody has seen yet
        self.page.bring_to_front()
        return self.wait_until_live()

    def wait_until_live(self, timeout: float = 30) -> PlayerPage:
        eventually(lambda: self.connection == "live", "the player is connected", timeout)
        self.link = eventually(self._shown_link, "the player shows its code")
        eventually(self._has_picture, "a picture")
        return self

    def _has_picture(self) -> bool:
        found = self.see(_PICTURE)
        if found["readyState"] < 2:
            raise LookupError(found)
        return True

    def start(self) -> PlayerPage:
        """Give the browser the one click that it wants before it plays sound."""
        eventually(lambda: self.data("gestureRequired") == "true", "the player wants a click")
        self.click("Start")
        eventually(lambda: self.data("gestureRequired") == "false", "the click is enough")
        return self

    def point(self) -> None:
        """Move the mouse, which brings the controls back."""
        for x in (300, 320):
            self.page.mouse.move(x, 240)

    def _usable(self, name: str) -> dict[str, Any] | None:
        """Look for a control, and move the mouse if it is not there: while it rests, all may go."""
        found = super()._usable(name)
        if found is None:
            self.point()
        return found

    def advances(self, by: float = 0.3) -> None:
        """Wait until the picture has really moved on; it may begin again meanwhile."""
        begun = self.time

        def has_moved() -> bool:
            nonlocal begun
            now = self.time
            begun = min(begun, now)
            return now > begun + by

        eventually(has_moved, f"the video moves on from {begun}")

    def _shown_link(self) -> str:
        return str(self.see('(document.querySelector("a.qr[href]") || {}).href || ""'))
