"""How long a page takes to show something live, and how much it loads."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

from playwright.sync_api import BrowserContext, Page

from tests.browser.driving.page_driver import PageDriver

# A promise, because asking the page again and again would delay it.
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


class Weight(NamedTuple):
    """What a page made the browser load from the web server, without media."""

    requests: int
    wire: int  # bytes received, headers included
    unpacked: int  # bytes of the bodies after decompression


def live(context: BrowserContext, url: str) -> float:
    """Open `url` in a new tab and return the milliseconds from navigation until it is live."""
    page = context.new_page()
    try:
        return _live(page, url)
    finally:
        page.close()


def weigh(context: BrowserContext, url: str) -> Weight:
    """Open `url` in a new tab and return what it loads."""
    page = context.new_page()
    received: Counter[str] = Counter()
    unpacked: Counter[str] = Counter()
    requests: set[str] = set()

    def sent(event: dict[str, Any]) -> None:
        if event.get("type") != "Media" and event["request"]["url"].startswith("http"):
            requests.add(event["requestId"])

    devtools = page.context.new_cdp_session(page)
    devtools.on("Network.requestWillBeSent", sent)
    devtools.on(
        "Network.dataReceived",
        lambda event: unpacked.update({event["requestId"]: event["dataLength"]}),
    )
    devtools.on(
        "Network.loadingFinished",
        lambda event: received.update({event["requestId"]: event["encodedDataLength"]}),
    )
    devtools.send("Network.enable")
    try:
        _live(page, url)
    finally:
        page.close()
    wire, size = (sum(it[key] for key in requests) for it in (received, unpacked))
    return Weight(len(requests & received.keys()), round(wire), round(size))


def _live(page: Page, url: str) -> float:
    page.add_init_script(_WATCH)
    screen = PageDriver(page)
    page.goto(url, wait_until="commit")
    found = float(screen.see("window.live"))
    page.wait_for_load_state("networkidle")
    return found
