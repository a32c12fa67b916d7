"""The remote on phones of every size, upright and lying, and with text twice as large."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import pytest

from tests.browser.checks import layout
from tests.browser.driving.chromium import PHONE
from tests.browser.driving.observer import Observer
from tests.browser.driving.pages import Pages
from tests.browser.driving.remote_page import RemotePage
from tests.browser.pages.test_player_sizes import TITLES
from tests.programs.system import System
from tests.waiting import eventually

# a phone of 390 pixels at 200% has 195
SIZES: Final = [(180, 360), (195, 422), (320, 568), (360, 640), (390, 844), (480, 320), (568, 320),
                (640, 360), (844, 390)]  # fmt: skip
VIEWS: Final = ("now", "queue", "library", "more")
# where the first one of them is to be seen without scrolling
FIRST: Final = {"queue": ".handle", "library": ".row", "more": ".card"}
# How many rows nothing covers.
FREE: Final = """Array.from(document.querySelectorAll("#panel .row")).filter((it) => {
  const { left, top, bottom, width } = it.getBoundingClientRect();
  return [top + 4, bottom - 4].every((y) => {
    const hit = document.elementFromPoint(left + width / 2, y);
    return hit && it.contains(hit);
  });
}).length"""

Shown = tuple[RemotePage, RemotePage, Observer]


@pytest.fixture(scope="module", params=["en", "fr"])
def shown(request: pytest.FixtureRequest, shelf: System, module_pages: Pages) -> Iterator[Shown]:
    """Return a phone and one of a guest."""
    module_pages.watch.expect("Failed to load resource")
    player = module_pages.player(shelf)
    player.see("document.body.click()")
    links = [player.link]
    player.page.locator("qr-card .row button").nth(0).click()
    shown = "document.querySelector('a.qr').href"
    eventually(lambda: player.see(shown) != player.link, "the guests' link")
    links.append(str(player.see(shown)))
    phones = [
        module_pages.phone(
            shelf, link, context=module_pages.context(**PHONE, locale=request.param)
        ).wait_until_live()
        for link in links
    ]
    with Observer(shelf.household(), player.root) as observer:
        for title in ("words", "one word"):
            item = json.dumps(["media/Beta.webm", TITLES[title]]).encode()
            assert "result" in observer.ask("queue/add", item)
        observer.ask("jump", b"0")
        observer.ask("rename", json.dumps(["W" * 64]).encode())
        yield phones[0], phones[1], observer


def _open(phone: RemotePage, view: str) -> None:
    phone.page.locator(f"a[data-view={view}]").dispatch_event("click")
    if view != "now":
        phone.page.locator(f"{view}-view").wait_for()
    if view in FIRST:
        phone.page.locator(f"#panel {FIRST[view]}").first.wait_for(state="attached")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("role", ["remote", "guest"])
def test_all_can_be_reached(shown: Shown, role: str, view: str) -> None:
    phone = shown[0] if role == "remote" else shown[1]
    _open(phone, view)
    faults = []
    for width, height in SIZES:
        phone.page.set_viewport_size({"width": width, "height": height})
        found = layout.faults(phone, scrolls=True)
        faults += [f"{width}x{height}: {it}" for it in found]
    assert faults == []


@pytest.mark.parametrize("size", [(568, 320), (640, 360), (844, 390)])
def test_a_phone_that_lies_shows_two_rows_of_each_list(shown: Shown, size: tuple[int, int]) -> None:
    phone, _, observer = shown
    phone.page.set_viewport_size({"width": size[0], "height": size[1]})
    for view in ("queue", "library"):
        _open(phone, view)
        phone.see("scrollTo(0, 0)")
        # without scrolling, above the bar with what plays
        eventually(lambda: phone.see(FREE) >= 2, f"two rows: {view}")
    _open(phone, "now")
    # all of the first screen, with no scrolling
    observer.ask("play")
    eventually(lambda: phone.shows("Pause") or phone.shows("Mettre en pause"), "it plays")
    assert layout.faults(phone) == []
    observer.ask("pause")


@pytest.mark.parametrize("size", SIZES)
def test_a_code_can_be_typed(shelf: System, module_pages: Pages, size: tuple[int, int]) -> None:
    phone = module_pages.phone(shelf, f"{shelf.url}remote", locale="fr")
    phone.page.locator(".pairing button").wait_for()
    phone.page.set_viewport_size({"width": size[0], "height": size[1]})
    assert layout.faults(phone, scrolls=True) == []
    phone.page.locator(".pairing input").fill("0000-0000")
    assert phone.see("(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)("
                     "document.querySelector('.pairing input'))")  # fmt: skip
