"""How long a page takes to show something live, and how much it loads."""

from __future__ import annotations

from typing import Final, NamedTuple

from playwright.sync_api import BrowserContext, Page, Request

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
    finished: list[Request] = []
    # Playwright sets an attribute of what it calls
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108
    try:
        _live(page, url)
        loaded = [it for it in finished if it.resource_type != "media" and it.url[:4] == "http"]
        sizes = [it.sizes() for it in loaded]
        wire = sum(it["responseHeadersSize"] + it["responseBodySize"] for it in sizes)
        bodies = (response.body() for it in loaded if (response := it.response()))
        return Weight(len(loaded), wire, sum(map(len, bodies)))
    finally:
        page.close()


def _live(page: Page, url: str) -> float:
    page.add_init_script(_WATCH)
    screen = PageDriver(page)
    page.goto(url, wait_until="commit")
    found = float(screen.see("window.live"))
    page.wait_for_load_state("networkidle")
    return found
