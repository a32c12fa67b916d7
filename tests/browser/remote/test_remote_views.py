"""The remote's first screen, and that the others are loaded only when they are opened."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from tests.browser.driving.chromium import PHONE
from tests.browser.driving.pages import Pages
from tests.browser.driving.pair import Pair
from tests.programs.system import System
from tests.waiting import eventually

MOST_USED = ("Play", "Volume up", "Volume down", "Volume", "Mute", "Back 10 seconds",
             "Forward 10 seconds", "Previous", "Next", "Position")  # fmt: skip


def test_the_first_screen_has_what_is_used_most(pair: Pair) -> None:
    page = pair.phone.page
    for size in ({"width": 390, "height": 844}, {"width": 360, "height": 640}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        boxes = {name: pair.phone.find(name) for name in MOST_USED}
        tabs = pair.phone.find("Queue")
        assert tabs is not None
        for name, box in boxes.items():
            assert box is not None, name
            # all of it is above the tabs, with no scrolling
            assert box["y"] >= 0, name
            assert box["y"] + box["height"] <= tabs["y"] + 1, (name, size)
        assert pair.phone.see("document.documentElement.scrollHeight <= innerHeight")
        play = boxes["Play"]
        assert play is not None
        assert play["width"] >= 64
    page.set_viewport_size({"width": 390, "height": 844})


def test_play_is_on_every_view(pair: Pair) -> None:
    player, phone = pair.player, pair.phone
    for view in ("Queue", "Library", "More"):
        phone.tap(view)
        phone.tap("Play")
        player.advances(by=0.1)
        phone.tap("Pause")
        phone.wait_for("Play")
    phone.tap("Remote")


def test_a_view_is_loaded_when_it_is_opened(system: System, pages: Pages, pair: Pair) -> None:
    context = pages.context(**PHONE, locale="en")
    page = pages.page(system, context)
    loaded: list[str] = []
    page.on("request", lambda it: loaded.append(it.url.rsplit("/", 1)[1]))
    page.goto(pair.player.link)
    page.locator("body[data-live=true]").wait_for()
    late = ["late-views.js", "views.css"]
    assert not set(late) & set(loaded)
    for view in ("queue", "more", "library"):
        page.get_by_role("link", name=view).tap()
        page.locator(f"{view}-view").wait_for()
        # once for all of them
        assert sorted(set(late) & set(loaded)) == late
        assert [loaded.count(it) for it in late] == [1, 1]


def test_on_a_wide_page_two_views_stand_side_by_side(
    system: System, pages: Pages, pair: Pair
) -> None:
    desk = pages.phone(
        system, pair.player.link, viewport={"width": 1280, "height": 800}, is_mobile=False
    ).wait_until_live()
    eventually(lambda: desk.see("!!document.querySelector('queue-view')"), "the queue is there")
    assert desk.shows("Volume up")
    assert not desk.shows("Remote")
    desk.click("More")
    desk.wait_for("Rename")
    assert desk.shows("Volume up")


def test_a_view_opens_once_the_network_is_back(system: System, pages: Pages, pair: Pair) -> None:
    pages.watch.expect("Failed to load resource")
    phone = pages.phone(system, pair.player.link, locale="en").wait_until_live()
    away = r"**/{late-views.js,views.css}*"
    phone.page.route(away, lambda route: route.abort())
    phone.tap("More")
    phone.wait_for_alert("Something went wrong")
    phone.page.unroute(away)
    phone.tap("Library")
    eventually(lambda: phone.see("!!document.querySelector('library-view')"), "the view is open")
    eventually(
        lambda: phone.see("!!document.querySelector('#view-styles').sheet"), "with its style"
    )


@pytest.mark.not_on_nats("Chromium lets a page that the test answers reach no other port")
def test_a_view_opens_after_the_server_was_upgraded(
    system: System, pages: Pages, pair: Pair
) -> None:
    pages.watch.expect("Failed to load resource|Refused to apply style")
    present = re.findall(r"/(v-[0-9a-f]{16})/", system.get("remote").body.decode())[0]
    earlier = "v-0123456789abcdef"

    def as_earlier(route: Route) -> None:
        answer = route.fetch(url=route.request.url.replace(earlier, present))
        route.fulfill(response=answer, body=answer.text().replace(present, earlier))

    phone = pages.phone(system, "about:blank", locale="en")
    phone.page.route("**/{remote,v-0123456789abcdef/**}", as_earlier)
    phone.open(pair.player.link).wait_until_live()
    phone.page.unroute("**/{remote,v-0123456789abcdef/**}")
    phone.tap("Library")
    eventually(lambda: phone.see("!!document.querySelector('library-view')"), "the view is open")
    assert phone.see(f"document.scripts[1].src.includes({present!r})")
