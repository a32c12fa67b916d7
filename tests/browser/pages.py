"""Opens players and remotes, each in a browser context of its own, and watches all of them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.browser.chromium import PHONE
from tests.browser.player_page import PlayerPage
from tests.browser.remote_page import RemotePage
from tests.browser.watch import Watch
from tests.system import System


class Pages:
    """The pages of one test.

    Args:
        browser: where they are opened.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.watch = Watch()

    def context(self, system: System, **options: Any) -> BrowserContext:
        """Return a browser context with a storage of its own."""
        context = self._browser.new_context(**options)
        self.adopt(system, context)
        return context

    def adopt(self, system: System, context: BrowserContext) -> None:
        """Watch and later close a context that was made elsewhere."""
        self.watch.ports |= {system.http_port, system.ws_port}
        self.watch.add(context)

    def player(self, system: System, *, url: str | None = None, **options: Any) -> PlayerPage:
        """Open a player that nobody has clicked on yet."""
        page = self.context(system, **options).new_page()
        return PlayerPage(page).open(url or system.url)

    def started(self, system: System, **options: Any) -> PlayerPage:
        """Open a player and click on Start."""
        return self.player(system, **options).start()

    def phone(self, system: System, link: str, **options: Any) -> RemotePage:
        """Open a link on a new phone."""
        page = self.context(system, **PHONE, **options).new_page()
        return RemotePage(page).open(link)

    def remote(self, system: System, player: PlayerPage, **options: Any) -> RemotePage:
        """Open a player's code on a new phone, and wait until it shows the player."""
        return self.phone(system, player.link, **options).wait_until_live()

    def close(self) -> None:
        for context in self.watch.contexts:
            context.close()
