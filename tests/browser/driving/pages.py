"""Opens players and remotes, watches all of them, and closes them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.driving.chromium import PHONE
from tests.browser.driving.page_monitor import PageMonitor
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs.system import System


class Pages:
    """The pages of one test.

    Args:
        browser: where players are opened, each with a storage of its own.
        phones: where remotes are opened; those of a module share what is stored, which does not
            matter, since each opens a link, and they load faster.
    """

    def __init__(self, browser: Browser, phones: BrowserContext) -> None:
        self.watch = PageMonitor()
        self._browser = browser
        self._phones = phones
        self._contexts: list[BrowserContext] = []
        self._pages: list[Page] = []

    def context(self, **options: Any) -> BrowserContext:
        """Return a browser context with a storage of its own."""
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        return context

    def page(self, system: System, context: BrowserContext) -> Page:
        """Return a new page that is watched."""
        self.watch.ports |= system.ports
        page = context.new_page()
        self.watch.add(page)
        self._pages.append(page)
        return page

    def player(
        self,
        system: System,
        *,
        url: str | None = None,
        context: BrowserContext | None = None,
        **options: Any,
    ) -> PlayerPage:
        """Open a player that nobody has clicked on yet."""
        page = self.page(system, context or self.context(**options))
        return PlayerPage(page).open(url or system.url)

    def started(self, system: System, **options: Any) -> PlayerPage:
        """Open a player and click on Start."""
        return self.player(system, **options).start()

    def phone(
        self, system: System, link: str, *, context: BrowserContext | None = None, **options: Any
    ) -> RemotePage:
        """Open a link on a phone; with `options` on one that nothing was ever opened on."""
        if context is None:
            context = self.context(**(PHONE | options)) if options else self._phones
        return RemotePage(self.page(system, context)).open(link)

    def remote(self, system: System, player: PlayerPage, **options: Any) -> RemotePage:
        """Open a player's code on a phone, and wait until it shows the player."""
        return self.phone(system, player.link, **options).wait_until_live()

    def close(self) -> None:
        for page in self._pages:
            page.close()
        for context in self._contexts:
            context.close()
