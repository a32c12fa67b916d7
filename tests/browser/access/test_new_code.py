"""A new code makes the old one worthless at once; the player's id lives on whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.browser.driving.chromium import PHONE, launch_profile
from tests.browser.driving.page_monitor import BROKEN_CONNECTION
from tests.browser.driving.pages import Pages
from tests.programs.system import System
from tests.waiting import SLACK, eventually

NO_LONGER_VALID = "This code is no longer valid"


@pytest.mark.ours("no other broker is told that a code is void")
def test_a_new_code(system: System, pages: Pages) -> None:
    player = pages.started(system)
    old = player.link
    phones = [pages.remote(system, player, locale="en-GB"), pages.remote(system, player)]
    # the server answers an old key with 403, which the browser writes on the console
    pages.watch.expect("403")
    player.click("New code")
    pressed_at = time.monotonic()
    for phone in phones:
        phone.wait_for_notice(NO_LONGER_VALID)
    eventually(lambda: not any(it.is_live for it in phones), "they show nothing as live")
    assert time.monotonic() - pressed_at < 2 + SLACK
    eventually(lambda: "There is a new code" in player.text, "the player says what it did")
    eventually(lambda: player.wait_until_live().link != old, "another link")
    new = player.link
    assert new.split(".")[-2] == old.split(".")[-2]
    # the old link opens nothing any more, the new one does
    late = pages.phone(system, old, locale="en-US")
    late.wait_for_notice(NO_LONGER_VALID)
    phone = pages.remote(system, player)
    phone.tap("Play")
    player.advances()
    assert player.connection == "live"
    # and the old phone becomes a good one by scanning the new code
    phones[0].page.goto(new)
    phones[0].wait_until_live().wait_for("Pause")


def test_the_id_lives_on_over_a_restart_of_everything(
    playwright: Playwright, new_system: Callable[..., System], pages: Pages, tmp_path: Path
) -> None:
    system = new_system()
    context = launch_profile(playwright, tmp_path / "profile")
    player = pages.started(system, context=context)
    link = player.link
    player.point()
    phone = pages.remote(system, player)
    phone.tap("Volume down")
    phone.wait_for_volume(95)

    player.see("void (window.old = setTimeout(() => location.reload()))")
    eventually(lambda: player.see("window.old === undefined"), "the page is a new one")
    assert player.wait_until_live().link == link

    context.close()
    system.stop()
    pages.watch.expect(BROKEN_CONNECTION)
    eventually(lambda: not phone.is_live, "the phone notices")
    system.start()
    context = launch_profile(playwright, tmp_path / "profile")
    try:
        again = pages.player(system, context=context)
        assert again.link == link
        # the sound is as it was, too
        assert again.level == 95
        phone.wait_until_live()
        phone.wait_for_volume(95)
    finally:
        context.close()


def test_a_phone_remembers_its_link(system: System, pages: Pages) -> None:
    player = pages.player(system)
    context = pages.context(**PHONE)
    phone = pages.remote(system, player, context=context)
    phone.page.reload()
    phone.wait_until_live()
    address = player.link.split("#")[0]
    later = pages.phone(system, address, context=context).wait_until_live()
    # and its address is one that can be kept
    kept = f"#{player.id}."
    eventually(lambda: str(later.see("location.hash")).startswith(kept), "the link")
    # a phone that never had one is told what to do
    other = pages.phone(system, address, locale="en-US")
    other.wait_for_notice("Scan the QR code")
    # as is one whose link is damaged
    damaged = pages.phone(system, player.link[:-4], locale="en-US")
    damaged.wait_for_notice("Scan the QR code")


def test_a_click_on_the_code_opens_the_remote(system: System, pages: Pages) -> None:
    player = pages.player(system)
    with player.page.context.expect_page() as opened:
        player.page.mouse.click(*player.middle("QR code that opens the remote"))
    eventually(lambda: opened.value.url == player.link, "the remote opens")
    opened.value.locator("body[data-live=true]").wait_for()
    # the address is there as text, too
    text = str(player.see("document.querySelector('qr-card').innerText")).replace("\n", "")
    assert player.link.partition("://")[2] in text


def test_no_id_and_no_key_is_sent_to_the_web_server_in_an_address(
    system: System, pages: Pages
) -> None:
    player = pages.player(system)
    urls: list[str] = []
    context = pages.context(**PHONE)
    context.on("request", lambda it: urls.append(it.url.split("#")[0]))
    pages.remote(system, player, context=context)
    player_id, key = player.link.split("#")[1].split(".")
    assert urls
    assert not [it for it in urls if player_id in it or key in it]
    assert player_id not in system.log
    assert key not in system.log
