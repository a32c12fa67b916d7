"""What a page may do only on a secure origin, on Zapette's own TLS: wake lock, install, share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.programs import fronts
from tests.programs.system import System
from tests.samples.pictures import png
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


HOLDING = (
    "navigator.wakeLock.request = ((request) => async (kind) =>"
    " window.held = await request.call(navigator.wakeLock, kind))(navigator.wakeLock.request)"
)
"""Keeps the page's lock on the screen where the test sees it."""


def test_a_player_keeps_the_screen_on(both: tuple[PlayerPage, RemotePage]) -> None:
    player, phone = both
    assert player.see("isSecureContext")
    player.see(HOLDING)
    phone.tap("Play")
    eventually(lambda: player.see("window.held?.type") == "screen", "the screen is kept on")
    assert player.see("window.held.released") is False
    phone.tap("Pause")
    eventually(lambda: player.see("window.held.released"), "the screen may go off")


def test_a_phone_keeps_the_screen_on_while_it_sends_files(
    both: tuple[PlayerPage, RemotePage], tmp_path: Path
) -> None:
    _, phone = both
    photo = tmp_path / "Blue.png"
    photo.write_bytes(png())
    phone.see(HOLDING)
    assert phone.see("window.held") is None
    phone.tap("Library")
    phone.page.set_input_files("input[type=file]", str(photo))
    eventually(lambda: phone.see("window.held?.type") == "screen", "the screen is kept on")
    eventually(lambda: phone.see("window.held.released"), "the screen may go off")


def test_the_remote_can_be_installed(both: tuple[PlayerPage, RemotePage]) -> None:
    _, phone = both
    session = phone.page.context.new_cdp_session(phone.page)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # a private window, which the tests' are, installs nothing
    assert [it["errorId"] for it in errors] in ([], ["in-incognito"])
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    target = json.loads(manifest["data"])["share_target"]
    assert target["params"].keys() == {"title", "text", "url", "files"}


FORM = """<form method="post" enctype="multipart/form-data" action="%s">
  <input name="%s" /><input type="file" multiple name="%s" /><button>Share</button></form>"""


@pytest.fixture
def share(
    secure: System, both: tuple[PlayerPage, RemotePage], module_pages: Pages
) -> Callable[..., RemotePage]:
    """Share as Android does: the browser sends what the manifest names to the address in it."""
    _, phone = both
    # Chromium says so when somebody has installed the page
    phone.see("void dispatchEvent(new Event('appinstalled'))")
    active = "navigator.serviceWorker.getRegistration('share').then((it) => it?.active?.state)"
    eventually(lambda: phone.see(active) == "activated", "the worker")
    manifest = phone.page.context.new_cdp_session(phone.page).send("Page.getAppManifest")
    target = json.loads(manifest["data"])["share_target"]
    assert (target["method"], target["enctype"]) == ("POST", "multipart/form-data")
    (files,) = target["params"]["files"]

    def share(text: str = "", shared: tuple[Path, ...] = ()) -> RemotePage:
        page = module_pages.page(secure, phone.page.context)
        action = urljoin(manifest["url"], target["action"])
        page.set_content(FORM % (action, target["params"]["text"], files["name"]))
        page.locator("input").first.fill(text)
        page.locator("input[type=file]").set_input_files([str(it) for it in shared])
        page.locator("button").click()
        return RemotePage(page).wait_until_live()

    return share


def test_a_link_is_shared_from_another_app(
    secure: System, both: tuple[PlayerPage, RemotePage], share: Callable[..., RemotePage]
) -> None:
    """The remote opens without a player's link."""
    player, _ = both
    film = f"{secure.url}static/none.webm"
    phone = share(f"Look: {film}")
    eventually(lambda: phone.shows(f"Play {film}"), "the link is offered")
    assert phone.page.url.endswith(f"#{player.link.partition('#')[2]}")


def test_photos_are_shared_from_another_app(
    both: tuple[PlayerPage, RemotePage], share: Callable[..., RemotePage], tmp_path: Path
) -> None:
    player, _ = both
    photos = (tmp_path / "Red.png", tmp_path / "Rouge.png")
    for photo in photos:
        photo.write_bytes(png())
    phone = share(shared=photos)
    phone.tap("Play Red.png and 1 more")
    plays = "document.querySelector('#title').textContent"
    eventually(lambda: phone.see(plays) in {"Red", "Rouge"}, "the first one plays")
    eventually(lambda: ".uploads" in player.see("document.querySelector('.slide').src"), "there")
    eventually(lambda: phone.see("document.querySelectorAll('.uploads .row').length") == 0, "sent")
    # they are offered once
    phone.page.reload()
    phone.wait_until_live()
    phone.wait_for("Play from this phone")
    assert not phone.shows("Play Red.png and 1 more")


def test_a_share_that_failed_is_told(both: tuple[PlayerPage, RemotePage]) -> None:
    """The server answers so when the browser has no worker for it; see test_share.py."""
    _, phone = both
    phone.page.goto(phone.page.url.replace("remote", "remote?view=library&shared_failed=1"))
    phone.wait_until_live()
    eventually(lambda: "What was shared did not arrive." in phone.text, "the page says so")
    assert phone.wait_for("Play from this phone")
