"""What a page may do only on a secure origin, on Zapette's own TLS: wake lock, install, share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode, urljoin

import pytest

from tests import fronts
from tests.browser.pages import Pages
from tests.browser.player_page import PlayerPage
from tests.browser.remote_page import RemotePage
from tests.system import System
from tests.waiting import eventually

pytestmark = pytest.mark.ours("it is about the server's own TLS")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("secure"))
    system.front = fronts.Tls(system.http_port)
    with system:
        yield system


@pytest.fixture(scope="module")
def both(secure: System, module_pages: Pages) -> tuple[PlayerPage, RemotePage]:
    player = module_pages.started(secure)
    return player, module_pages.remote(secure, player)


def test_a_player_keeps_the_screen_on(both: tuple[PlayerPage, RemotePage]) -> None:
    player, phone = both
    assert player.see("isSecureContext")
    player.see(
        "navigator.wakeLock.request = ((request) => async (kind) =>"
        " window.held = await request.call(navigator.wakeLock, kind))(navigator.wakeLock.request)"
    )
    phone.tap("Play")
    eventually(lambda: player.see("window.held?.type") == "screen", "the screen is kept on")
    assert player.see("window.held.released") is False
    phone.tap("Pause")
    eventually(lambda: player.see("window.held.released"), "the screen may go off")


def test_the_remote_can_be_installed(both: tuple[PlayerPage, RemotePage]) -> None:
    _, phone = both
    session = phone.page.context.new_cdp_session(phone.page)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # a private window, which the tests' are, installs nothing
    assert [it["errorId"] for it in errors] in ([], ["in-incognito"])
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    target = json.loads(manifest["data"])["share_target"]
    assert target["params"].keys() == {"title", "text", "url"}


def test_a_link_is_shared_from_another_app(
    secure: System, both: tuple[PlayerPage, RemotePage]
) -> None:
    """The browser opens the address that the manifest names, without a player's link."""
    player, phone = both
    session = phone.page.context.new_cdp_session(phone.page)
    manifest = session.send("Page.getAppManifest")
    target = json.loads(manifest["data"])["share_target"]
    film = f"{secure.url}static/none.webm"
    shared = urlencode({target["params"]["text"]: f"Look: {film}", target["params"]["title"]: "A"})
    phone.page.goto(f"{urljoin(manifest['url'], target['action'])}?{shared}")
    phone.wait_until_live()
    eventually(lambda: phone.shows(f"Play {film}"), "the link is offered")
    assert phone.page.url.endswith(f"#{player.link.partition('#')[2]}")
