"""How a phone comes to a player: typed codes, guests' links, the players it knows, bookmarks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.driving.chromium import PHONE
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.programs.system import System
from tests.waiting import eventually


@pytest.fixture(scope="module")
def player(shelf: System, module_pages: Pages) -> PlayerPage:
    module_pages.watch.expect("Failed to load resource")
    return module_pages.started(shelf)


@pytest.fixture
def pages(pages: Pages) -> Pages:
    # a thumbnail that is still being made, and refused codes
    pages.watch.expect("Failed to load resource")
    return pages


def invite(system: System, player: PlayerPage, role: str = "remote") -> str:
    """Return a code that stands for a link, as the player shows it."""
    body = {"owner_key": player.owner_key, "role": role}
    return str(system.post(f"api/players/{player.id}/pairing", body).json["code"])


def test_a_code_is_typed_where_there_is_no_link(
    shelf: System, pages: Pages, player: PlayerPage
) -> None:
    code = invite(shelf, player)
    phone = pages.phone(shelf, f"{shelf.url}remote", locale="en")
    phone.tap("Code shown by the player")
    phone.page.keyboard.type("0000 0000")
    phone.tap("Open")
    eventually(lambda: "No player shows this code now." in phone.text, "a wrong code is told")
    phone.tap("Code shown by the player")
    phone.page.keyboard.press("Control+a")
    phone.page.keyboard.type(code.replace("-", " "))
    phone.page.keyboard.press("Enter")
    phone.wait_until_live()
    phone.tap("Mute")
    eventually(lambda: player.video["muted"], "it is the remote")
    phone.tap("Unmute")
    eventually(lambda: not player.video["muted"], "and both ways")
    # the address can be bookmarked, and opens the same player
    assert phone.see("location.hash").startswith(f"#{player.id}.")


def test_the_code_of_the_player_that_is_open(
    shelf: System, pages: Pages, player: PlayerPage
) -> None:
    phone = pages.remote(shelf, player)
    phone.tap("More")
    phone.see("window.marked = true")
    phone.tap("Code shown by the player")
    phone.page.keyboard.type(invite(shelf, player))
    phone.page.keyboard.press("Enter")
    eventually(lambda: not phone.see("window.marked"), "the page opens it again")
    phone.wait_until_live()


def test_a_link_that_has_ended_leaves_room_for_a_code(
    shelf: System, pages: Pages, player: PlayerPage
) -> None:
    phone = pages.phone(shelf, f"{shelf.url}remote#{player.id}.{'x' * 22}", locale="en")
    phone.wait_for_notice("no longer valid")
    phone.tap("Code shown by the player")
    phone.page.keyboard.type(invite(shelf, player))
    phone.tap("Open")
    phone.wait_until_live()


def test_a_guest_sees_what_plays_and_adds_to_the_queue(
    shelf: System, pages: Pages, player: PlayerPage
) -> None:
    code = invite(shelf, player, "guest")
    link = shelf.post("api/pairing", {"code": code}).json
    with Observer(shelf.household(), player.root) as observer:
        observer.ask("queue/clear")
        guest = pages.phone(
            shelf, f"{shelf.url}remote#{link['id']}.{link['key']}", locale="en"
        ).wait_until_live()
        guest.wait_for_notice("You are a guest")
        for name in ("Play", "Pause", "Volume up", "Next", "Mute", "Volume"):
            assert not guest.shows(name), name
        title = observer.status()["title"]
        eventually(lambda: title in guest.text, "what plays")
        guest.tap("Library")
        guest.tap("Add Beta to the queue")
        guest.wait_for_alert("Added: Beta")
        assert [it["title"] for it in observer.status()["queue"]["items"]] == ["Beta"]
        guest.tap("Play Alpha next")
        eventually(lambda: len(observer.status()["queue"]["items"]) == 2, "it is next")
        assert guest.find("Play Beta")["usable"] is False  # type: ignore[index]
        guest.tap("Queue")
        eventually(lambda: "Beta" in guest.text, "the guest sees the queue")
        for name in ("Clear", "Shuffle", "Repeat"):
            assert not guest.shows(name), name
        guest.tap("More")
        eventually(lambda: "Players" in guest.text, "more")
        for name in ("Rename", "Show", "1.5 ×"):  # noqa: RUF001
            assert not guest.shows(name), name
        # keys are no way round
        guest.page.keyboard.press("m")
        # what a guest may ask comes after it
        guest.tap("Library")
        guest.tap("Add Beta to the queue")
        eventually(lambda: len(observer.status()["queue"]["items"]) == 3, "it is queued")
        assert player.video["muted"] is False
        observer.ask("queue/clear")
        assert not [it for it in observer.requests("/mute") if "guest" in it.topic]


def test_the_players_that_a_phone_knows(shelf: System, pages: Pages, player: PlayerPage) -> None:
    kitchen = pages.player(shelf)
    with Observer(shelf.household(), kitchen.root) as observer:
        observer.ask("rename", b"Kitchen")
    context = pages.context(**PHONE, locale="en")
    pages.remote(shelf, kitchen, context=context).close()
    phone = pages.remote(shelf, player, context=context)
    phone.tap("More")
    # the name, the state and the link of the other one
    other = eventually(lambda: _player(phone, "Kitchen"), "the other player is listed")
    assert other["href"] == kitchen.link
    eventually(lambda: "On" in _player(phone, "Kitchen")["text"], "it is on")
    kitchen.close()
    eventually(lambda: "Off" in _player(phone, "Kitchen")["text"], "it is off")
    # switch to it, and back
    phone.page.get_by_role("link", name="Kitchen").tap()
    eventually(lambda: phone.player == "offline", "the remote of the other one")
    assert phone.see("location.href") == kitchen.link
    phone.tap("More")
    eventually(lambda: len(_players(phone)) == 2, "both are listed")
    phone.page.go_back()
    phone.page.go_back()
    phone.wait_until_live()
    phone.tap("More")
    phone.tap("Forget Kitchen")
    eventually(lambda: len(_players(phone)) == 1, "it is forgotten")
    phone.page.reload()
    phone.wait_until_live()
    eventually(lambda: len(_players(phone)) == 1, "for good")


def _players(phone: Any) -> list[dict[str, str]]:
    return list(
        phone.see("""Array.from(document.querySelectorAll(".players a"), (it) =>
      ({ href: it.href, text: it.innerText }))""")
    )


def _player(phone: Any, name: str) -> dict[str, str]:
    return next((it for it in _players(phone) if name in it["text"]), {})


def test_the_installed_remote_opens_the_last_player(
    shelf: System, pages: Pages, player: PlayerPage
) -> None:
    phone = pages.remote(shelf, player)
    devtools = phone.page.context.new_cdp_session(phone.page)
    answer = devtools.send("Page.getAppManifest")
    assert answer["errors"] == []
    # Chromium installs nothing without a start address, which cannot have the link in it
    start = answer["manifest"]["startUrl"]
    assert start == player.link.partition("#")[0]
    eventually(lambda: "last" in str(phone.see("localStorage['zapette.remote']")), "it is noted")
    later = pages.phone(shelf, start).wait_until_live()
    eventually(lambda: later.page.url == player.link, "the address has the link again")
    for icon in answer["manifest"]["icons"]:
        path = urlsplit(icon["url"]).path.removeprefix(urlsplit(shelf.url).path)
        assert shelf.get(path.lstrip("/")).headers["Content-Type"] == "image/png"


def test_an_iphone_s_home_screen_keeps_the_link(
    shelf: System, pages: Pages, player: PlayerPage
) -> None:
    """It shares no storage with the browser: without a manifest it keeps the whole address."""
    context = pages.context(**PHONE)
    context.add_init_script("navigator.standalone = false")
    phone = pages.phone(shelf, player.link, context=context).wait_until_live()
    eventually(lambda: not phone.see("!!document.querySelector('[rel=manifest]')"), "none is there")
    assert phone.page.url == player.link


def test_a_view_can_be_bookmarked(shelf: System, pages: Pages, player: PlayerPage) -> None:
    phone = pages.remote(shelf, player)
    phone.tap("Library")
    phone.tap("Series, 2 inside")
    eventually(lambda: phone.shows("Play Gamma"), "the folder")
    address = str(phone.see("location.href"))
    assert address.endswith(player.link.split("#")[1])
    later = pages.phone(shelf, address)
    eventually(lambda: later.shows("Play Gamma"), "the folder, at once")
    phone.page.go_back()
    eventually(lambda: phone.shows("Play Beta"), "the folder above")
    phone.page.go_back()
    eventually(lambda: phone.data("view") == "now", "the first screen")
