"""Messages that come and go: one at a time, on nothing that is pressed, gone with their cause."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

import pytest

from tests.browser.checks import layout
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.player_page import PlayerPage
from tests.browser.driving.remote_page import RemotePage
from tests.browser.pages.test_phone_sizes import SIZES as PHONES
from tests.browser.pages.test_player_sizes import SIZES, TITLES
from tests.programs.system import System
from tests.waiting import eventually

SHOWN: Final = "document.querySelectorAll('message-toast .message').length"
TEXTS: Final = """Array.from(document.querySelectorAll("message-toast .message"),
  (it) => it.innerText)"""
# Lets no message go by itself from now on, however long it takes to look at it.
LAST: Final = """(() => {
  const later = window.setTimeout;
  window.setTimeout = (act, time, ...more) => (time === 6000 ? 0 : later(act, time, ...more));
})()"""

Opened = tuple[PlayerPage, RemotePage, Observer]


@pytest.fixture
def shown(opened: Opened) -> Opened:
    player, phone, observer = opened
    observer.ask("queue/clear")
    # what plays goes on to another film by itself, and a message with it
    observer.ask("pause")
    phone.page.set_viewport_size({"width": 390, "height": 844})
    phone.tap("Remote")
    phone.tap("Library")
    phone.page.locator("library-view .row").first.wait_for()
    return player, phone, observer


def added(phone: RemotePage, name: str) -> list[str]:
    """Return all messages, once one of them is that a film was added."""
    texts = list(phone.see(TEXTS))
    return texts if any(f"Added: {name}" in it for it in texts) else []


def test_one_at_a_time_and_a_tap_goes_through(shown: Opened) -> None:
    _, phone, observer = shown
    eventually(lambda: phone.shows("Add Alpha to the queue"), "the library")
    for name in ("Alpha", "Beta", "Alpha", "Beta"):
        phone.tap(f"Add {name} to the queue")
        texts = eventually(partial(added, phone, name), f"{name} is added")
        assert len(texts) == 1
    phone.tap("Queue")
    phone.tap("Shuffle")
    eventually(lambda: observer.status()["shuffle"], "the tap was taken")
    phone.tap("Shuffle")
    eventually(lambda: not observer.status()["shuffle"], "so was the other")


def test_it_is_gone_with_the_film(shown: Opened) -> None:
    player, phone, observer = shown
    for screen in (player, phone):
        screen.see(LAST)
    observer.ask("load", b"media/Beta.webm")
    title = "document.querySelector('#title').textContent"
    eventually(lambda: player.see(title) == phone.see(title) == "Beta", "both show the film")
    phone.tap("Play Alpha next")
    phone.wait_for_alert("Next: Alpha")
    player.see("document.querySelector('message-toast').tell('something', '')")
    assert player.see(SHOWN) == 1
    observer.ask("load", b"media/Series/Gamma.webm")
    # by itself none would go
    eventually(lambda: player.see(SHOWN) + phone.see(SHOWN) == 0, "nothing is said any more")


@pytest.mark.parametrize("view", ["now", "queue", "library", "more"])
@pytest.mark.parametrize("text", TITLES)
def test_it_lies_on_no_control_of_a_phone(shown: Opened, view: str, text: str) -> None:
    _, phone, observer = shown
    phone.see(LAST)
    for _ in range(4):
        observer.ask("queue/add", b"media/Beta.webm")
    phone.page.locator(f"a[data-view={view}]").dispatch_event("click")
    if view != "now":
        phone.page.locator(f"#panel {view}-view").wait_for()
    faults: list[str] = []
    for width, height in [*PHONES, (1280, 800)]:
        phone.page.set_viewport_size({"width": width, "height": height})
        # the first screen has it on the picture of what plays, and is scrolled on tiny phones only
        for top in (0,) if view == "now" else (0, 1e6):
            phone.see(f"scrollTo(0, {top})")
            words = json.dumps([TITLES[text]] * 2)
            phone.see(f"document.querySelector('message-toast').tell(...{words})")
            faults += [f"{width}x{height}: {it}" for it in layout.covered(phone)]
    assert faults == []


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_it_lies_on_no_control_of_the_player(
    shelf: System, module_pages: Pages, locale: str
) -> None:
    player = module_pages.player(shelf, locale=locale)
    eventually(lambda: player.data("gestureRequired") == "true", "the player wants a click")
    player.see(LAST)
    faults: list[str] = []
    for width, height in SIZES:
        player.page.set_viewport_size({"width": width, "height": height})
        for text in TITLES.values():
            words = json.dumps([text] * 2)
            player.see(f"document.querySelector('message-toast').tell(...{words})")
            found: list[Any] = layout.covered(player)
            found += layout.overlaps(player, ".message", "header", "qr-card", "footer")
            faults += [f"{width}x{height}: {it}" for it in found]
    assert faults == []
