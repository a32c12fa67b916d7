"""How long a page takes to show something live, and what it weighs on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import BrowserContext, Page

from tests.browser.screen import Screen

# A promise, because to ask the page again and again would keep it from getting there.
_WATCH: Final = """window.live = new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("the page is not live within 30 s")), 30000);
  new MutationObserver(() => {
    const { live, connection } = document.body.dataset;
    const isLive = live === "true" || (live === undefined && connection === "live");
    if (isLive) resolve(performance.now());
  }).observe(document, {
    attributeFilter: ["data-live", "data-connection"], subtree: true,
  });
});"""


@dataclass(frozen=True)
class Weight:
    """What a page made the browser load.

    Attributes:
        requests: to the web server; media are not counted.
        wire: bytes received for them, headers included.
        unpacked: bytes of their bodies after decompression.
    """

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


def live(context: BrowserContext, url: str) -> float:
    """Open `url` in a new tab; return the seconds from the navigation until it is live."""
    page = context.new_page()
    try:
        return _live(page, url)
    finally:
        page.close()


def weigh(context: BrowserContext, url: str) -> Weight:
    """Open `url` in a new tab, and return what it weighs."""
    page = context.new_page()
    try:
        meter = _Meter(page)
        _live(page, url)
        wire, unpacked = sum(meter.wire.values()), sum(meter.unpacked.values())
        return Weight(len(meter.wire), round(wire), round(unpacked))
    finally:
        page.close()


def _live(page: Page, url: str) -> float:
    page.add_init_script(_WATCH)
    screen = Screen(page)
    page.goto(url, wait_until="commit")
    seconds = float(screen.see("window.live")) / 1000
    page.wait_for_load_state("networkidle")
    return seconds
