"""What a page weighs on the wire, and how long it takes to show something live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import BrowserContext, Page

from tests.browser.screen import Screen
from tests.waiting import eventually

_WATCH: Final = """new MutationObserver(() => {
  const { live, connection } = document.body ? document.body.dataset : {};
  const isLive = live === "true" || (live === undefined && connection === "live");
  if (isLive && window.liveAt === undefined) window.liveAt = performance.now();
}).observe(document, { attributes: true, childList: true, subtree: true })"""


@dataclass(frozen=True)
class Load:
    """One opening of a page.

    Attributes:
        seconds: from the navigation until the page shows a live state.
        requests: to the web server; media are not counted.
        wire: bytes received for them, headers included.
        unpacked: bytes of their bodies after decompression.
    """

    seconds: float
    requests: int
    wire: int
    unpacked: int


class _Meter:
    """Adds up what the browser says it received over HTTP."""

    def __init__(self, page: Page) -> None:
        self._ids: dict[str, str] = {}
        self.wire: dict[str, float] = {}
        self.unpacked: dict[str, float] = {}
        devtools = page.context.new_cdp_session(page)
        devtools.on("Network.requestWillBeSent", self._sent)
        devtools.on("Network.dataReceived", self._received)
        devtools.on("Network.loadingFinished", self._finished)
        devtools.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        if event.get("type") != "Media" and event["request"]["url"].startswith("http"):
            self._ids[event["requestId"]] = event["request"]["url"]

    def _received(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._ids:
            total = self.unpacked.get(event["requestId"], 0)
            self.unpacked[event["requestId"]] = total + event["dataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._ids:
            self.wire[event["requestId"]] = event["encodedDataLength"]


def load(context: BrowserContext, url: str) -> Load:
    """Open `url` in a new tab, wait until it is live, and close it."""
    page = context.new_page()
    try:
        meter = _Meter(page)
        page.add_init_script(_WATCH)
        screen = Screen(page)
        page.goto(url, wait_until="commit")
        seconds = eventually(lambda: screen.see("window.liveAt"), "the page is live") / 1000
        page.wait_for_load_state("networkidle")
        wire, unpacked = sum(meter.wire.values()), sum(meter.unpacked.values())
        return Load(seconds, len(meter.wire), round(wire), round(unpacked))
    finally:
        page.close()
