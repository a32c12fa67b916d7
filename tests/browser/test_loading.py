"""How a page comes: in few requests, those for credentials and to the broker before its modules."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext

from tests.browser.pages import Pages
from tests.browser.remote_page import RemotePage
from tests.system import System


def test_a_remote_asks_for_its_credentials_and_the_broker_early_and_once(
    system: System, pages: Pages, phones: BrowserContext
) -> None:
    player = pages.started(system)
    page = pages.page(system, phones)
    asked: list[dict[str, Any]] = []
    sockets: list[dict[str, Any]] = []
    devtools = page.context.new_cdp_session(page)

    def note(event: dict[str, Any]) -> None:
        asked.append(event)

    def note_socket(event: dict[str, Any]) -> None:
        sockets.append(event)

    devtools.on("Network.requestWillBeSent", note)
    devtools.on("Network.webSocketCreated", note_socket)
    devtools.send("Network.enable")
    RemotePage(page).open(player.link).wait_until_live()
    credentials = [event for event in asked if event["request"]["url"].endswith("credentials")]
    assert len(credentials) == 1
    assert "early.js" in credentials[0]["initiator"]["stack"]["callFrames"][0]["url"]
    (socket,) = sockets
    assert "early.js" in socket["initiator"]["stack"]["callFrames"][0]["url"]
    scripts = [event["request"]["url"] for event in asked if event.get("type") == "Script"]
    assert sum(url.endswith("remote.bundle.js") for url in scripts) == 1
    assert len(scripts) <= 3
